"""Builds in which a submission is judged as nbgrader's own autograder and many others do it, for the attacks that only work there.

The tests run in the process in which the student's code ran, and the mark is what that process says; or the notebook's own cells, tags and metadata are believed;
or the submission is a script that is started in its folder. For each the plain wrong answer must fail there, too.
"""
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from attacks import ATTACKS, FILES, WRONG, Attack
from attacks_in_stock import TEST

_NUMBERS = "predictions, targets = torch.randn(64, 1), (torch.rand(64, 1) > 0.5).float()\np = 1 / (1 + torch.exp(-predictions))\nexpected = (p - targets).abs().mean()\n"
PLAIN_WRONG = "the wrong answer alone"  # what must not succeed on any build
USUAL_TESTS = {  # what instructors write; an attack comes through where one of them passes
    "assert_close": TEST, "allclose": _NUMBERS + "assert torch.allclose(mnist_loss(predictions, targets), expected)",
    "the chapter's example": "assert abs(mnist_loss(torch.tensor([0.9, 0.4, 0.2]), torch.tensor([1., 0., 1.])) - 0.4460) < 1e-3",
    "all of a few": _NUMBERS + "assert all([abs(mnist_loss(predictions, targets) - expected) < 1e-3 for _ in range(3)])"}

IN_THIS_PROCESS = """
import os, sys
from IPython.core.interactiveshell import InteractiveShell
from course_lib.checks import trying
from course_lib.exercises import binary_losses, checking
from course_lib.sandbox import worker
os.environ["NBGRADER_EXECUTION"] = "autograde"        # then check(...) raises where the answer is wrong
trying.judge_use = lambda *args, **more: ([], [])  # and nobody asks what was used
def passes(shell, test):
    if shell.run_cell(test).success: return True
    try: exec(test, shell.user_ns)
    except BaseException: return False
    return True
def run_submission(request, out):
    os.dup2(out, 1)
    shell = InteractiveShell.instance()
    shell.showtraceback = lambda *args, **more: None  # it would take most of the time
    for source in request["cells"]: shell.run_cell(source)
    status = "wrong" if request["tests"] else "right"
    for test in request["tests"]:
        if passes(shell, test):
            status = "right"
            break
    print('{"status": "%s"}' % status)
    sys.stdout.flush()
worker.run_submission = run_submission
"""


def weak_worker(patch: pytest.MonkeyPatch, code: str):
    "Run this in the sandbox's process before it serves."
    from course_lib.sandbox import shelter
    real, code = shelter._START, repr(code).replace("{", "{{").replace("}", "}}")
    start = real.replace("from course_lib.sandbox.worker import main;", f"exec({code}, dict()); from course_lib.sandbox.worker import main;")
    assert start != real, "the sandbox starts in another way than this weakening knows"
    patch.setattr(shelter, "_START", start)


def _taking_its_word(tests: dict[str, str]):
    "Marks a notebook by what its process prints; these tests are tried beside the graded cell."
    from course_lib.checks.verdict import Verdict
    from course_lib.grading.submissions import code_to_run

    def mark_checks(marked, found, checks, calls, seed, sandbox):
        for grade_id, call in checks.items():
            if call.name != "mnist_loss": continue  # the other answer is right in all of them
            graded = [c.source for c, r in marked.restored.cells if r and r.name == grade_id]
            said = sandbox._ask({"cells": code_to_run(marked.restored)[0], "tests": [*tests.values(), *graded]}, sandbox.limits.seconds).data
            marked.verdicts[grade_id] = Verdict(call.name, "right" if b'{"status": "right"' in said else "wrong", "what its process says")
    return mark_checks


def _with_tests(patch: pytest.MonkeyPatch, tests: dict[str, str]):
    from course_lib.grading import marking
    from course_lib.sandbox import shelter
    package = shelter._package()
    patch.setattr(shelter, "SHIPPED", tuple(str(p.relative_to(package)) for p in sorted(package.rglob("*.py"))))
    weak_worker(patch, IN_THIS_PROCESS)
    patch.setattr(marking, "_mark_checks", _taking_its_word(tests))


def judges_in_its_process(patch: pytest.MonkeyPatch):
    "The tests, the expected values and the course's own check are where the student's code is, and the mark is a line that it prints."
    _with_tests(patch, USUAL_TESTS)


def believes_the_notebook(patch: pytest.MonkeyPatch):
    "The cells count as they were handed in, tests, tags and metadata included."
    from course_lib.grading import marking
    from course_lib.grading.reading import Cell
    from course_lib.grading.submissions import Restored

    def read(root, notebook, release, known=()):
        known, cells = {r.name: r for r in release}, []
        for raw in json.loads((root / f"{notebook}.ipynb").read_text())["cells"]:
            mark = raw["metadata"].get("nbgrader", {})
            released = known.get(mark.get("grade_id"))
            if released and released.grade: released = replace(released, points=mark["points"]) if mark["grade"] else None
            if "skip-execution" not in raw["metadata"].get("tags", ()): cells.append((Cell(raw["cell_type"], "".join(raw["source"])), released))
        return marking.Marked(Restored(cells))
    _with_tests(patch, {})
    patch.setattr(marking, "read_submission", read)


# ---- files beside the notebook

_SCRIPT = "import random, torch\n{code}\n{test}"


def _exit_status(folder: Path, code: str) -> int:
    "How a submission's script ends that is started in its folder, which is also where Python looks for what it imports."
    from course_lib.sandbox.shelter import bwrap_command
    (folder / "answer.py").write_text(_SCRIPT.format(code=code, test=USUAL_TESTS["the chapter's example"]))
    run = bwrap_command([sys.executable, "/course/answer.py"], [(str(folder), "/course")])
    run[-2:-2] = ["--setenv", "PYTHONPATH", "/course"]
    return subprocess.run(run, env={}, capture_output=True, timeout=60).returncode


def starts_in_its_folder(root: Path) -> dict[str, bool]:
    "For each attack with files, and before them for the wrong answer alone, whether the script ends without a complaint."
    found = {}
    for attack in [Attack(FILES, PLAIN_WRONG, WRONG), *(a for a in ATTACKS if a.family == FILES)]:
        folder = root / "weakened" / f"files{len(found)}"
        for name, text in attack.files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        found[attack.name] = _exit_status(folder, attack.code) == 0
    return found
