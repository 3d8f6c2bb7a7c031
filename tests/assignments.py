"The course's assignments, and the checks that each of them calls, as their notebooks say."
import json
import re
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "nbs" / "assignments"


def _checks(notebook: Path) -> tuple[str, ...]:
    cells = json.loads(notebook.read_text())["cells"]
    graded = ("".join(c["source"]) for c in cells if c["metadata"].get("nbgrader", {}).get("grade"))
    return tuple(dict.fromkeys(name for source in graded for name in re.findall(r'check\("(\w+)"', source)))


PRACTICE = ("rmse", "mse")  # checks of exercises inside the text of chapters 1 and 2, which belong to no assignment
ASSIGNMENTS = {p.stem: names for p in sorted(FOLDER.glob("*/*.ipynb")) if (names := _checks(p))}
