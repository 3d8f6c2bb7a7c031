"""The table of the manual: what came of each attack here, on a weakened build, and in nbgrader's own autograder.

Run this, and it grades the class, keeps the rows in attacks_table.json beside it and writes the table into the manual. The column of the stock autograder is kept:
`attacks_in_stock.py` makes it.
"""
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from attacked import NAMES, as_account
from attacks import ATTACKS, TARGETS
from manual_table import ManualTable

HERE = Path(__file__).parent
ROWS = HERE / "attacks_table.json"
TABLE = ManualTable("08_security", "## What was tried against it")
HEAD = "| family | attack | here | weakened build | stock nbgrader |\n|---|---|---|---|---|\n"
OF = {"question": 2}  # points, where they are not 4


def _here(run: dict, attack) -> str:
    assignment, _, cells = TARGETS[attack.target]
    mine = run["students"][f"{assignment} {NAMES[attack]}"]
    points, waits = sum(mine["points"][c][0] or 0 for c in cells), any(mine["points"][c][2] for c in cells)
    return f"{points:g} of {OF.get(attack.target, 4)}" + (", a person looks" if waits else "")


def _weakened(run: dict, attack) -> str:
    tried = run["controls"].get(attack.family, {})
    if attack.name in tried: return "**succeeds**" if tried[attack.name] else "fails"
    return "by its family" if tried else "—"


def rows(run: dict, stock: dict[str, str]) -> list[list[str]]:
    "A row for each attack; `stock` is what the stock autograder did, by the attack's name."
    return [[a.family, a.name, _here(run, a), _weakened(run, a), stock.get(a.name, "—")] for a in ATTACKS]


def kept() -> dict[str, str]:
    "What the stock autograder did, as it was kept."
    return {name: stock for _, name, _, _, stock in json.loads(ROWS.read_text())} if ROWS.exists() else {}


def as_markdown(found: list[list[str]]) -> str:
    "The rows as a table."
    return HEAD + "".join(f"| {' | '.join(cells)} |\n" for cells in found)


def table(run: dict) -> str:
    "The table that this run gives."
    return as_markdown(rows(run, kept()))


def main():
    "Grade the class, keep the rows, write the table."
    with as_account(os.getuid()) as run: found = rows(run, kept())
    ROWS.write_text("[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in found) + "\n]\n")
    TABLE.write(as_markdown(found))


if __name__ == "__main__": main()
