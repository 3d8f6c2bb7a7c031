"""The table of the manual: what the checks say to the implementations of tests/mistakes, which are written as people publish them.

Run this, and each snippet is run in a sandbox as a student's is, judged, and counted; the rows are kept in mistakes_table.json beside this file, and the table is
written into the manual. With names of exercises it only shows what is said to theirs (`--all`: the good answers too; `--kept-back`: what is kept back, which is
otherwise counted and not shown, so that nobody tunes the checks for it).
"""
import argparse
import contextlib
import io
import json
import re
import sys
import warnings
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from assignments import drawn
from manual_table import ManualTable
from mistakes import EXERCISES, Snippet, snippets

from course_lib.checks.forbidden import record
from course_lib.checks.probing import observe
from course_lib.checks.student_code import Code
from course_lib.checks.trials import Trial
from course_lib.checks.trying import find_check, probe_modules
from course_lib.checks.use import judge_use, settle
from course_lib.checks.verdict import Verdict
from course_lib.sandbox import wire
from course_lib.sandbox.jobs import Job, Sandbox

HERE = Path(__file__).parent
ROWS = HERE / "mistakes_table.json"
TABLE = ManualTable("02_cells_and_checks", "## How often a mistake is named")
ANSWERS = ("named", "plain", "number only", "misleading", "accepted")
SETS = {"review": "met in a review", "tuned": "beside which the checks were written", "kept back": "kept back"}
HEAD = f"| implementations | wrong | {' | '.join(ANSWERS)} | right | accepted |\n|{'---|' * (len(ANSWERS) + 4)}\n"


def judge(snippet: Snippet, seed: int = 1, sandbox: Sandbox | None = None) -> Verdict:
    "What a student who wrote this is told; without a sandbox it runs in this process, which is enough for code of our own, and faster."
    trial, cells = drawn(snippet.exercise, seed), snippet.cells()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own, on what people write
        seen, used, stopped = _in_a_sandbox(sandbox, trial, cells) if sandbox else _here(trial, cells)
    forbidden, doubtful = judge_use(cells, trial.check, used, unsure=stopped)
    code = Code({f"code cell {i}": source for i, source in enumerate(cells, 1)}, snippet.exercise)
    return settle(trial.verdict(seen, used=forbidden, code=code), doubtful)


def _in_a_sandbox(sandbox: Sandbox, trial: Trial, cells: list[str]):
    job = Job(trial.check.name, [{"probe": c.probe, "inputs": c.inputs} for c in trial.cases], trial.check.forbidden)
    errors = sandbox.run(cells, [job])
    return job.seen, job.used, errors


def _here(trial: Trial, cells: list[str]):
    names = {"__name__": "answer"}
    with contextlib.redirect_stdout(io.StringIO()):
        for i, source in enumerate(cells, 1): exec(compile(source, f"code cell {i}", "exec"), names)
        with record(trial.check.forbidden) as met: seen = [observe(c.probe, names[trial.check.name], c.inputs) for c in trial.cases]
    return [wire.loads(wire.dumps(value)) for value in seen], met, {}


def answer(snippet: Snippet, verdict: Verdict) -> str:
    "How good this answer to a wrong implementation is: one of ANSWERS."
    said = f"{verdict.why}\n{verdict.hint}\n{verdict.mistake}"
    met = lambda pattern: bool(pattern) and re.search(pattern, said, re.IGNORECASE) is not None
    if verdict.status == "right": return "accepted"
    if met(snippet.misleading): return "misleading"
    if met(snippet.named): return "named"
    if met(snippet.plain): return "plain"
    if verdict.hint: return "misleading"  # advice that is none of those that help
    return "plain" if "line" in dict(verdict.details) else "number only"


def belongs_to(snippet: Snippet) -> str:
    "The set that it is counted in."
    return "review" if snippet.review else "kept back" if snippet.kept_back else "tuned"


def sandbox_for(exercises) -> Sandbox:
    "A sandbox with what the checks of these exercises need."
    checks = list(map(find_check, exercises))
    return Sandbox(imports=sorted({m for c in checks for m in c.imports}), probes=sorted({m for c in checks for m in probe_modules(c)}))


def measure(exercises=EXERCISES, seed: int = 1, here: bool = False):
    "Each snippet of these exercises with its verdict."
    with contextlib.nullcontext() if here else sandbox_for(exercises) as sandbox:
        for exercise in exercises:
            for snippet in snippets(exercise): yield snippet, judge(snippet, seed, sandbox)


def counted(found) -> dict[str, Counter]:
    "For each set, how many there are of each answer, and how many right ones were accepted."
    counts: dict[str, Counter] = {name: Counter() for name in SETS}
    for snippet, verdict in found:
        of = counts[belongs_to(snippet)]
        if snippet.mistake: of.update(["wrong", answer(snippet, verdict)])
        else: of.update(["right"] + ["right accepted"] * (verdict.status == "right"))
    return counts


def as_markdown(counts: dict[str, dict]) -> str:
    "The counts as a table."
    lines = []
    for name, of in counts.items():
        cells = [SETS[name], of.get("wrong", 0), *(of.get(a, 0) for a in ANSWERS), of.get("right", 0), of.get("right accepted", 0)]
        lines.append(f"| {' | '.join(map(str, cells))} |\n")
    return HEAD + "".join(lines)


def show(found, everything: bool, kept_back: bool):
    "Print what is said, where it does not name the mistake."
    for snippet, verdict in found:
        good = answer(snippet, verdict) == "named" if snippet.mistake else verdict.status == "right"
        if (good and not everything) or snippet.kept_back != kept_back: continue
        print(f"\n{'─' * 100}\n{snippet.exercise}: {snippet.mistake or 'right'} [{answer(snippet, verdict)}]\n{snippet.code}\n{verdict}", flush=True)


def main():
    "Count everything and write the table, or show what is said to some."
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("exercises", nargs="*", choices=[*EXERCISES, []])
    options.add_argument("--all", action="store_true")
    options.add_argument("--kept-back", action="store_true")
    options.add_argument("--quiet", action="store_true", help="only the counts")
    options.add_argument("--only-count", action="store_true", help="do not write the table into the manual")
    options.add_argument("--here", action="store_true", help="run the snippets in this process: faster")
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    found = list(measure(asked.exercises or EXERCISES, asked.seed, asked.here))
    if not (asked.kept_back or asked.only_count or not asked.here): found = [(s, v) for s, v in found if not s.kept_back]
    counts = counted(found)
    if not asked.quiet: show(found, asked.all, asked.kept_back)
    print(as_markdown(counts))
    if asked.exercises or asked.here or asked.only_count: return
    ROWS.write_text(json.dumps(counts, indent=1) + "\n")
    TABLE.write(as_markdown(counts))


if __name__ == "__main__": main()
