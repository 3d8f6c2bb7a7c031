"The course's assignments, and the checks that each of them calls, as their notebooks say; a check with its inputs drawn once for many tests."
import json
import re
from functools import cache
from pathlib import Path

from course_lib.checks.trials import Trial
from course_lib.checks.trying import find_check

FOLDER = Path(__file__).parents[1] / "nbs" / "assignments"


def _checks(notebook: Path) -> tuple[str, ...]:
    cells = json.loads(notebook.read_text())["cells"]
    graded = ("".join(c["source"]) for c in cells if c["metadata"].get("nbgrader", {}).get("grade"))
    return tuple(dict.fromkeys(name for source in graded for name in re.findall(r'check\("(\w+)"', source)))


PRACTICE = ("rmse", "mse")  # checks of exercises inside the text of chapters 1 and 2, which belong to no assignment
ASSIGNMENTS = {p.stem: names for p in sorted(FOLDER.glob("*/*.ipynb")) if (names := _checks(p))}


def codes_told(trial: Trial, cause: str) -> list:
    "The programs that are told this cause: of a relation the changed reference, of a known mistake all its forms."
    found = trial.check
    codes = [r.change(found.reference, found.relation_kind()) for r in found.relations() if f"relation/{r.id}" == cause]
    return codes + [code for m in found.mistakes if f"{found.name}/{m.id}" == cause for code in m.codes]


@cache
def drawn(name: str, seed: int) -> Trial:
    "The check with its inputs drawn, for all tests of this process: as in a class, what the reference and the known mistakes give is found out once."
    return Trial(find_check(name), seed)
