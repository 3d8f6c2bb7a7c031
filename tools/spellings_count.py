"""How many spellings of each known mistake are told by its name: programs of people, written ones, and those that are rewritten from them.

    python tools/spellings_count.py [EXERCISE …]

Each rewritten program is tried beside its original, and counts only where it does the same in all cases. The figure stands in the manual; a fixed tenth is among
the tests.
"""
import contextlib
import io
import sys
import warnings
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from assignments import ASSIGNMENTS, drawn
from mistakes import BEFORE, of_people
from rewriting import rewritten, source_of
from spellings import SPELLINGS

from course_lib.checks.probing import observe
from course_lib.checks.student_code import Code

WANTED = 3
NAMES = [name for names in ASSIGNMENTS.values() for name in names if name != "pet_block"]  # it paints pictures


def texts(name: str, mistake) -> list[tuple[str, dict | None]]:
    "What is known of a mistake as text: each with the names that it needs besides those of the cells, if any."
    found = [source_of(form, name) for form in mistake.codes]
    found += [(text, None) for text in SPELLINGS.get(name, {}).get(mistake.name, ())]
    return found + [(s.code, None) for s, cause in of_people(name) if cause == f"{name}/{mistake.id}"]


class Spelled:
    "What programs of an exercise give, and what is said to them."

    def __init__(self, name: str): self.name, self.trial = name, drawn(name, 5)

    def seen(self, text: str, names: dict | None):
        "What comes in each case; None where the text cannot be run."
        cells = text.split("\n# next cell\n")
        space = {**(names or {}), "__name__": "answer"}
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                for cell in [*(BEFORE[self.name] if names is None else ()), *cells]: exec(compile(cell, "code cell 1", "exec"), space)
                return [observe(c.probe, space[self.name], c.inputs) for c in self.trial.cases]
        except Exception: return None

    def cause(self, text: str, got) -> str: return self.trial.verdict(got, code=Code({"code cell 1": text}, self.name)).cause

    def alike(self, one, other) -> bool: return all(c.alike(e, a, b) for c, e, a, b in zip(self.trial.cases, self.trial.expected, one, other, strict=True))

    def spellings(self, mistake, wanted: int = WANTED):
        "Texts of a mistake with what is said to them: those that are there, and as many that are rewritten as are wanted."
        whole = f"{self.name}/{mistake.id}"
        found = {}
        for text, names in texts(self.name, mistake):
            got = self.seen(text, names)
            if not text or got is None or self.cause(text, got).split("/")[0] not in (self.name, "hint"): continue
            if names is None and self.cause(text, got) != whole: continue
            found[text] = self.cause(text, got)
            for other in rewritten(text) if "# next cell" not in text else ():
                if len(found) >= wanted: return found
                new = self.seen(other, names)
                if new is not None and self.alike(got, new): found[other] = self.cause(other, new)
        return found


def main():
    "Count them all, and show those that are not told by their name."
    count = Counter()
    for name in sys.argv[1:] or NAMES:
        spelled = Spelled(name)
        for mistake in spelled.trial.check.mistakes:
            found = spelled.spellings(mistake)
            lost = {t: c for t, c in found.items() if c != f"{name}/{mistake.id}" and not c.startswith("hint/")}
            count.update(["mistakes", f"with {min(len(found), WANTED)} spellings"])
            count.update(spellings=len(found), lost=len(lost))
            if len(found) < WANTED: print(f"{name}/{mistake.id}: {len(found)}")
            for text, cause in lost.items(): print(f"{name}/{mistake.id}, told {cause or 'nothing'}:\n{text}\n")
    print(dict(count))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
