"""The constraints that `make setup VERSIONS=...` installs with: known (constraints.txt), oldest (the lower bounds of
pyproject.toml), newest (none, so that pip takes the newest that the ranges allow)."""
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def oldest(project: dict) -> str:
    "The lower bound of each requirement as the only version allowed."
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    bounds = [re.match(r"([\w.-]+)[^>=]*[>=]=([\w.]+)", requirement) for group in groups for requirement in group]
    return "".join(f"{bound[1]}=={bound[2]}\n" for bound in bounds if bound)


def constraints(which: str) -> str:
    "What pip is to be given by `-c`."
    match which:
        case "known": return (ROOT / "constraints.txt").read_text()
        case "oldest": return oldest(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"])
        case "newest": return ""
        case _: sys.exit(f"VERSIONS must be known, oldest or newest, not {which!r}")


if __name__ == "__main__": print(constraints(sys.argv[1]), end="")
