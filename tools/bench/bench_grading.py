"""Figures of the grader: against nbgrader's own autograder, a thousand submissions, and a check in a warm notebook."""
import inspect
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch
from attacks import ATTACKS, BUDGET, EATING, SIGMOID
from bench import Spread
from course_dir import make_course, marks, released, source_notebook, submit, with_answers

from course_lib.exercises import checking
from course_lib.checks.compare import Raised
from course_lib.checks.trials import Trial
from course_lib.grading.course import grade
from course_lib.sandbox.jobs import Job, Sandbox

NAME = "loss_functions"
MNIST_LOSS = "def mnist_loss(predictions, targets):\n    p = sigmoid(predictions)\n    return torch.where(targets == 1, 1 - p, p)"
RIGHT = {"sigmoid": SIGMOID, "mnist_loss": MNIST_LOSS + ".mean()"}
STOCK_CONFIG = "c = get_config()\nc.CourseDirectory.course_id = 'stock'\n"
ASSERTS = """\
from torch.testing import assert_close
for shape in ((1,), (3,), (1, 1), (5, 1), (64,), (64, 1)):
    predictions, targets = torch.randn(shape, requires_grad=True), (torch.rand(shape) > 0.5).float()
    p = 1 / (1 + torch.exp(-predictions))
    expected = torch.where(targets == 1, 1 - p, p).mean()
    assert_close(mnist_loss(predictions, targets), expected)
    assert_close(torch.autograd.grad(mnist_loss(predictions, targets), predictions), torch.autograd.grad(expected, predictions))
"""
STOCK_SIGMOID = "from torch.testing import assert_close\nfor x in (torch.tensor([0.5]), torch.randn(6, 1), torch.randn(3, 4)): assert_close(sigmoid(x), 1 / (1 + torch.exp(-x)))"


def _stock(root: Path, count: int) -> float:
    "Seconds for each of `count` submissions with nbgrader's own autograde, its start-up included."
    make_course(root, source_notebook(ASSERTS, STOCK_SIGMOID))
    (root / "nbgrader_config.py").write_text(STOCK_CONFIG)
    for i in range(count): submit(root, f"s{i}", with_answers(released(root), **RIGHT))
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "from nbgrader.apps.nbgraderapp import main; main()", "autograde", NAME], cwd=root, check=True, capture_output=True)
    return (time.perf_counter() - started) / count


def against_stock(folder: Path, stock: float, count: int):
    "`course grade` of a class against nbgrader's own autograde of 50, both with their start-up."
    ours = make_course(folder / "ours", source_notebook())
    for i in range(count): submit(ours, f"s{i}", with_answers(released(ours), **RIGHT))
    started = time.perf_counter()
    subprocess.run([Path(sys.executable).parent / "course", "grade", NAME, "--course", ours], check=True, capture_output=True)
    each, memory = (time.perf_counter() - started) / count, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2 ** 20
    yield f"grading {count} submissions of {NAME}: a submission, against nbgrader's own autograde", each / stock, 0.025
    yield "seconds for a submission (at this moment, on this machine)", each, None
    yield "GB of memory of the largest process while grading", memory, 1.5


def _thousand(count: int) -> list[tuple[dict, float]]:
    "Generated submissions and the points they must get, of 5: right, every known mistake, 2 % hostile."
    draw, checks = random.Random(0), {"mnist_loss": checking.find_check("mnist_loss")}
    hostile = [a for a in ATTACKS if a.family not in (BUDGET, EATING) and a.edit.__name__ == "_same"]
    made = []
    for i in range(count):
        if i % 50 == 49: made.append(({"sigmoid": SIGMOID, "mnist_loss": draw.choice(hostile).code}, None))
        elif i % 3 == 0: made.append((RIGHT, 5))
        else:
            code = draw.choice([m.code for m in checks["mnist_loss"].mistakes if m.name.replace(" ", "_") in m.code.__name__])  # written as a student's
            source = "class binary_loss:\n    sigmoid = sigmoid\n" + inspect.getsource(code).partition("\n")[2].replace(f"def {code.__name__}(", "def mnist_loss(")
            made.append(({"sigmoid": SIGMOID, "mnist_loss": source}, 1))
    return [({**answers}, points) for answers, points in made]


def a_thousand(folder: Path, stock: float, count: int):
    "All graded with the marks they were generated for; killed in the middle and run again: the same gradebook."
    root = make_course(folder / "thousand", source_notebook())
    made, nb = _thousand(count), released(root)
    for i, (answers, _) in enumerate(made): submit(root, f"s{i:04}", with_answers(nb, **answers))
    run = [sys.executable, "-c", f"from course_lib.grading.course import grade; grade({NAME!r}, {str(root)!r}, quiet=True)"]
    process, records = subprocess.Popen(run), root / "verdicts" / NAME
    while process.poll() is None and len(list(records.glob("*.json"))) < count // 2: time.sleep(0.2)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    subprocess.run(run, check=True)
    found = marks(root)
    lost = count - len(found)
    wrong = sum(sum(auto for auto, _, _ in found[f"s{i:04}"].values()) != points if points is not None else bool(found[f"s{i:04}"]["check-mnist_loss"][0])  # 0, or left to a person
                for i, (_, points) in enumerate(made))
    yield f"of {count} generated submissions, killed in the middle and resumed: lost", lost, 0
    yield f"of {count} generated submissions: marked other than generated for", wrong, 0
    again = marks(root)
    shutil.rmtree(root / "verdicts")
    started = time.perf_counter()
    grade(NAME, root, quiet=True)
    each = (time.perf_counter() - started) / count
    yield "marks that differ after grading all of them once more", sum(again[s] != m for s, m in marks(root).items()), 0
    yield f"grading {count} submissions, of which two thirds are wrong: a submission, against nbgrader's own autograde of 50", each / stock, 0.02


def a_check(times: int):
    "Seconds for check(\"mnist_loss\"), wrong and diagnosed, the median after the first."
    space = {"torch": torch, "check": checking.check}
    exec(SIGMOID + MNIST_LOSS + ".sum()", space)
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        exec('verdict = check("mnist_loss")', space)
        taken.append(time.perf_counter() - started)
    assert space["verdict"].mistake == "takes the sum"
    yield "seconds for check(\"mnist_loss\") in a warm notebook", Spread(taken[1:]), 1.0


def told_apart(count: int):
    "Running and judging a class of which half is wrong, in several ways, against the same without any relation; judging in processor seconds."
    check = checking.find_check("mnist_loss")
    p = "def mnist_loss(predictions, targets):\n    p = sigmoid(predictions)\n    return "
    wrong = ["torch.where(targets == 1, 1 - p, p).sum()", "torch.where(targets == 1, p, 1 - p).mean()", "(targets - p).mean()", "(p ** 3).mean()", "torch.where(targets == 1, 1 - p, p).mean() * 7", "p.mean().item()"]
    made = [RIGHT["mnist_loss"] if i % 2 == 0 else p + wrong[i // 2 % len(wrong)] for i in range(count)]
    seconds = {"running": 0., "": 0., "relations": 0.}
    with Sandbox() as box:
        for i, source in enumerate(made):
            trials = {"": Trial(replace(check, kind=""), i), "relations": Trial(check, i)}
            job = Job("mnist_loss", [{"probe": c.probe, "inputs": c.inputs} for c in trials[""].cases])
            started = time.perf_counter()
            box.run(["import torch", SIGMOID, source], [job])
            seconds["running"] += time.perf_counter() - started
            for name, trial in trials.items():
                started = time.process_time()
                trial.verdict(job.seen)
                seconds[name] += time.process_time() - started
    yield "processor milliseconds to judge a submission, half of them wrong, with the relations", 1000 * seconds["relations"] / count, 50
    yield "running and judging a class, half of it wrong: with the relations, against without", (seconds["running"] + seconds["relations"]) / (seconds["running"] + seconds[""]), 1.05


def a_submission(times: int):
    "Milliseconds that a submission costs beside its own code: namespaces, relay and all."
    jobs, taken = [Job("nothing", [{"probe": "call", "inputs": {}}])], []
    with Sandbox() as box:
        for _ in range(times + 1):
            started = time.perf_counter()
            box.run(["x = 1"], jobs)
            taken.append(1000 * (time.perf_counter() - started))
    assert jobs[0].seen == [Raised("NameError", "there is no `nothing`")]
    yield "milliseconds for a submission that does nothing: its processes, namespaces, relay", Spread(taken[1:]), 18


def rows(short: bool = False):
    "The rows for tools/bench/bench.py."
    with tempfile.TemporaryDirectory() as folder:
        yield from a_check(2 if short else 10)
        yield from told_apart(2 if short else 40)
        yield from a_submission(1 if short else 40)
        stock = _stock(Path(folder) / "stock", 1 if short else 50)
        yield from against_stock(Path(folder), stock, 1 if short else 50)
        yield from a_thousand(Path(folder), stock, 2 if short else 1000)

