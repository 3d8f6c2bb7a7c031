"""No attack gains a point or does harm; the honest submissions beside them get all theirs."""
import hashlib
import json
import os
import re
from pathlib import Path

import lxml.html
import psutil
import pytest
from attacks import ATTACKS, BROWSER, READY_MADE, SIGMOID
from course_dir import NEEDS_SANDBOX, make_course, marks, released, source_notebook, submit, with_answers

from course_lib.grading.course import grade

RIGHT = {"sigmoid": SIGMOID, "mnist_loss": "def mnist_loss(predictions, targets):\n    p = sigmoid(predictions)\n    return torch.where(targets == 1, 1 - p, p).mean()"}
pytestmark = NEEDS_SANDBOX
NAMES = [f"attack{i:02}" for i in range(len(ATTACKS))]


def _state(root: Path) -> dict:
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for folder in (root / "source", root / "submitted", root / "release") for p in folder.rglob("*") if p.is_file()} \
        | {"config": (root / "nbgrader_config.py").read_text()}


def _others(process: psutil.Process) -> bool:
    "Whether a process belongs to tests that run beside these: it comes from where this one comes from, but not from this one. An orphan is nobody's."
    try: above = {p.pid for p in process.parents()}
    except psutil.NoSuchProcess: return True
    return os.getppid() in above and os.getpid() not in above


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    root = make_course(tmp_path_factory.mktemp("attacks") / "course", source_notebook())
    release = released(root)
    for name, attack in zip(NAMES, ATTACKS): submit(root, name, attack.edit(with_answers(release, sigmoid=SIGMOID, mnist_loss=attack.code)), files=attack.files)
    for name in ("aaa_honest", "zzz_honest"): submit(root, name, with_answers(release, **RIGHT))
    os.environ["SECRET_OF_THE_INSTRUCTOR"] = "not for students"
    before, processes = _state(root), {p.pid for p in psutil.process_iter()}
    outcomes = {o.student: o for o in grade("loss_functions", root, workers=2, quiet=True)}
    del os.environ["SECRET_OF_THE_INSTRUCTOR"]
    left = [p for p in psutil.process_iter(["cmdline"]) if p.pid not in processes and re.search(r"['\"]/course['\"]", " ".join(p.info["cmdline"] or []))  # as in the worker's and the kernel's own code
            and not _others(p)]
    return root, outcomes, marks(root), before, left


def test_there_are_enough(): assert len(ATTACKS) >= 25 and len({a.family for a in ATTACKS}) >= 14


@pytest.mark.parametrize(("student", "attack"), zip(NAMES, ATTACKS), ids=[a.name for a in ATTACKS])
def test_attack_gains_nothing(attacked, student, attack):
    _, outcomes, found, _, _ = attacked
    assert not outcomes[student].failed
    assert outcomes[student].score <= 1 and outcomes[student].max_score == 5  # the point for the right sigmoid may stay
    auto, manual, _ = found[student]["check-mnist_loss"]
    assert auto == 0 and manual is None
    verdict = outcomes[student].verdicts["loss_functions"]["check-mnist_loss"]
    assert verdict.status != "right" and verdict.why
    assert "LEAKED" not in str(verdict) and "NETWORK" not in str(verdict)
    if attack.family == READY_MADE: assert verdict.status in ("forbidden", "invalid")  # torch compiles nothing while the record is on


def test_the_others_are_not_harmed(attacked):
    _, outcomes, found, _, _ = attacked
    for student in ("aaa_honest", "zzz_honest"):
        assert outcomes[student].score == 5
        assert {auto for auto, _, _ in found[student].values()} == {1, 4}


def test_nothing_is_left_or_changed(attacked):
    root, _, _, before, left = attacked
    assert not left
    assert _state(root) == before


def harmful(page):
    "What a browser would run, or what could lie over the page, below the part that shows the submission."
    shown = lxml.html.fromstring(page).get_element_by_id("notebook-container")
    found = [(e.tag, name, value) for e in shown.iter("*") for name, value in e.attrib.items()
             if name.startswith("on") or re.match(r"(javascript|vbscript|data):", re.sub(r"[\x00-\x20]", "", value), re.IGNORECASE)]
    return found + [(e.tag, dict(e.attrib)) for math in shown.iter("math") for e in math.iter("*") if {"href", "style", "class", "src"} & set(e.attrib)]


def test_nothing_active_reaches_the_instructors_browser(attacked):
    root = attacked[0]
    from nbgrader.converters import GenerateFeedback
    from nbgrader.coursedir import CourseDirectory

    from course_lib.grading.course import course_config
    config = course_config(root)
    coursedir = CourseDirectory(config=config)
    coursedir.assignment_id = "loss_functions"
    students = [n for n, a in zip(NAMES, ATTACKS) if a.family == BROWSER]
    for student in students:
        coursedir.student_id = student
        GenerateFeedback(coursedir=coursedir, config=config).start()
        html = (root / "feedback" / student / "loss_functions" / "loss_functions.html").read_text()
        body = html.partition("<body")[2]
        assert "document.title" in body  # it is shown, as text
        assert not re.search(r"<script>document|<img[^>]*onerror|<a[^>]*javascript:", body)
        assert harmful(html) == []
        assert "owned" not in json.dumps(re.findall(r"<script[^>]*>.*?</script>", body, re.DOTALL))
