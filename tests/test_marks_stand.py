"""Marks stand: what nobody can mark is never points, what a person marked stays, and whatever a mark depends on makes it anew."""
import json
import os
import shutil
import subprocess
import sys
import time

import pytest
from course_dir import NEEDS_SANDBOX, _cell, make_course, marks, nbgrader, notebook, released, source_notebook, submit, with_answers
from nbgrader.api import Gradebook
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from near_marker import NearMarker

from course_lib.checks.verdict import Verdict
from course_lib.grading import stamps
from course_lib.grading.course import changes, course_config, grade, gradebook_table, summary
from course_lib.grading.autograde import CourseAutograde
from course_lib.grading.generating import CourseGenerate
from course_lib.grading.judging import taken_over
from course_lib.grading.marker_process import GRACE, MarkerError, MarkerProcess
from course_lib.grading.handed_in import Marked, texts_seen
from course_lib.grading.preprocessors import points_of
from course_lib.grading.records import Outcome
from course_lib.grading.reading import Cell
from course_lib.grading.submissions import ReleasedCell, code_to_run, restore

pytestmark = [NEEDS_SANDBOX, pytest.mark.usefixtures("near")]
SIGMOID = "def sigmoid(x): return 1 / (1 + torch.exp(-x))"
SGD = """class SGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocities = [torch.zeros_like(p) for p in self.params]
    def step(self):
        for p, v in zip(self.params, self.velocities):
            if p.grad is None: continue
            v.mul_(self.momentum).add_(p.grad)
            p.data -= self.lr * v
    def zero_grad(self):
        for p in self.params: p.grad = None"""


def _solution(name, code): return _cell(f"### BEGIN SOLUTION\n{code}\n### END SOLUTION", name)


def _essay(name="why", points=6):
    cell = _cell("*Your answer here.*", name, points, kind="markdown")
    cell["metadata"]["nbgrader"] |= {"solution": True, "locked": False}
    return cell


def _sheet():
    "A sheet of an instructor's own: our checks under ids of Formgrader's, and cells with asserts."
    return notebook(_cell("import torch\nfrom course_lib.exercises.checking import check"), _solution("sigmoid", SIGMOID), _cell('check("sigmoid")', "cell-4f2d", 2),
                    _solution("cell-sgd", SGD), _cell('check("SGD")', "cell-77", 3), _solution("add", "def add(a, b): return a + b"),
                    _cell("assert add(1, 2) == 3", "test_add", 1), _cell("assert add(1, 1) == 2", "check-add", 1))


def _generate(root, assignment, force=False):
    config = course_config(root)
    coursedir = CourseDirectory(config=config)
    coursedir.assignment_id = assignment
    generator = CourseGenerate(coursedir=coursedir, config=config)
    generator.force = force
    generator.start()


def _by_hand(root, student, cell, points, assignment="loss_functions"):
    "What Formgrader does when a person marks."
    with Gradebook(course_config(root).CourseDirectory.db_url) as gb:
        grade = gb.find_grade(cell, assignment, assignment, student)
        grade.manual_score, grade.needs_manual_grade = points, False
        gb.db.commit()


@pytest.mark.parametrize("command, said", [("generate_assignment hw1", "did you mean 'sigmoid'?"), ("autograde nosuch", "There is no assignment 'nosuch'")])
def test_nbgraders_commands_say_what_they_refuse(tmp_path, command, said):
    root = make_course(tmp_path / "course", _sheet(), assignment="hw1", seconds=20)
    file = root / "source" / "hw1" / "hw1.ipynb"
    file.write_text(file.read_text().replace('check(\\"sigmoid', 'check(\\"sigmiod'))
    status, told = nbgrader(root, *command.split())
    assert status == 1 and said in told and "Traceback" not in told, told


def test_a_check_is_found_by_its_name_in_any_sheet(tmp_path):
    root = make_course(tmp_path / "course", _sheet(), assignment="hw1", seconds=20)
    nb = released(root, "hw1")
    solved = with_answers(nb, **{"sigmoid": SIGMOID, "cell-sgd": SGD, "add": "def add(a, b): return a + b"})
    submit(root, "right", solved, "hw1")
    submit(root, "blank", nb, "hw1")
    submit(root, "one", with_answers(solved, sigmoid=SIGMOID.replace("1 +", "2 +"), add="def add(a, b): return 3"), "hw1")
    found = {o.student: o for o in grade("hw1", root, quiet=True)}
    assert {s: o.score for s, o in found.items()} == {"right": 7, "blank": 0, "one": 4}
    assert found["blank"].verdicts["hw1"]["cell-4f2d"].status == "blank" and not any(o.by_hand for o in found.values())


@pytest.mark.parametrize(("source", "said"), [('check("sigmiod")', "sigmoid"), ('check("sigmoid", "gradient")', "gradients"), ("# nothing", "nothing in it"),
                                              ('check("sigmoid")\nassert True', "other code"), ('%%time\ncheck("sigmoid")', "magic")])
def test_what_nobody_can_mark_is_refused_and_never_points(tmp_path, source, said):
    root = make_course(tmp_path / "course", source_notebook(check_sigmoid='check("sigmoid")'))
    (root / "source" / "other").mkdir()
    (root / "source" / "other" / "other.ipynb").write_text(json.dumps(source_notebook(check_sigmoid=source)))
    with pytest.raises(NbGraderException, match=said) as error: _generate(root, "other")
    assert "check-sigmoid" in str(error.value) and not (root / "release" / "other").exists()
    slipped = make_course(tmp_path / "slipped", notebook(_cell(source, "check-sigmoid", 3)))  # by another nbgrader, past the refusal
    submit(slipped, "ada", released(slipped))
    outcome, = grade("loss_functions", slipped, quiet=True)
    assert outcome.by_hand and outcome.score == 0 and marks(slipped)["ada"]["check-sigmoid"] == (None, None, True)
    assert "needs a person" in summary([outcome])


@pytest.fixture
def essays(tmp_path):
    root = make_course(tmp_path / "course", notebook(*source_notebook()["cells"], _essay()))
    submit(root, "ada", with_answers(released(root), sigmoid=SIGMOID, why="Because."))
    grade("loss_functions", root, quiet=True)
    _by_hand(root, "ada", "why", 4.5)
    return root


def test_what_a_person_marked_stays(essays, monkeypatch):
    "Through --force, a new version of the checks, a grader that fails in between, and a resubmission with the same text."
    assert not grade("loss_functions", essays, quiet=True)[0].by_hand
    assert not grade("loss_functions", essays, force=True, quiet=True)[0].by_hand and marks(essays)["ada"]["why"] == (None, 4.5, False)
    monkeypatch.setattr(NearMarker, "mark", lambda *a: (_ for _ in ()).throw(MarkerError("the lights went out")))
    found, = grade("loss_functions", essays, force=True, quiet=True)
    assert found.failed and marks(essays)["ada"]["why"] == (0, 4.5, True)
    monkeypatch.undo()
    monkeypatch.setattr("course_lib.grading.autograde.MarkerProcess", NearMarker)
    assert not grade("loss_functions", essays, quiet=True)[0].by_hand and marks(essays)["ada"]["why"] == (None, 4.5, False)
    submit(essays, "ada", with_answers(released(essays), sigmoid="def sigmoid(x): return x", why="Because."))
    found, = grade("loss_functions", essays, quiet=True)
    assert not found.by_hand and found.score == 4.5 and "check-sigmoid: 1 → 0" in found.changes and "a new submission" in found.why


def test_where_the_text_changed_it_waits_again(essays):
    submit(essays, "ada", with_answers(released(essays), sigmoid=SIGMOID, why="For another reason."))
    found, = grade("loss_functions", essays, quiet=True)
    assert found.by_hand and marks(essays)["ada"]["why"] == (None, None, True) and "why: 4.5 → waits" in found.changes
    assert grade("loss_functions", essays, force=True, quiet=True)[0].by_hand
    _by_hand(essays, "ada", "why", 4.5)  # the same number again is enough
    assert not grade("loss_functions", essays, force=True, quiet=True)[0].by_hand


def test_an_override_of_a_check_stays_as_long_as_the_work_is_the_same(essays):
    _by_hand(essays, "ada", "check-mnist_loss", 3)
    grade("loss_functions", essays, force=True, quiet=True)
    assert marks(essays)["ada"]["check-mnist_loss"] == (0, 3, False)
    submit(essays, "ada", with_answers(released(essays), sigmoid=SIGMOID + "  # another thought", why="Because."))
    grade("loss_functions", essays, quiet=True)
    assert marks(essays)["ada"]["check-mnist_loss"] == (0, None, True) and marks(essays)["ada"]["why"] == (None, 4.5, False)


def test_a_mark_that_is_more_than_the_points_now_is_no_points(essays):
    "An essay and an override, after the points were lowered: they wait, and no total is more than what can be had."
    _by_hand(essays, "ada", "check-mnist_loss", 4)
    grade("loss_functions", essays, quiet=True)
    source = json.loads((file := essays / "source" / "loss_functions" / "loss_functions.ipynb").read_text())
    for cell in source["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") in ("why", "check-mnist_loss"): cell["metadata"]["nbgrader"]["points"] = 2
    file.write_text(json.dumps(source))
    _generate(essays, "loss_functions", force=True)
    for force in (False, True):
        found, = grade("loss_functions", essays, quiet=True, force=force)
        assert found.by_hand and (found.score, found.max_score) == (1, 5)
        assert marks(essays)["ada"] | {"check-sigmoid": None} == {"check-sigmoid": None, "check-mnist_loss": (0, None, True), "why": (None, None, True)}
        assert force or {"why: 4.5 → waits", "check-mnist_loss: 4 → waits"} <= set(found.changes)


def test_what_waits_for_a_person_again_waits_until_one_has_marked_it(essays, monkeypatch):
    "A person gave 0 for a right check, as it was copied; no comment in the code, no further run and no failure makes the points final."
    _by_hand(essays, "ada", "check-sigmoid", 0)
    grade("loss_functions", essays, quiet=True)
    for thought in ("another", "a third"):
        submit(essays, "ada", with_answers(released(essays), sigmoid=f"{SIGMOID}  # {thought} thought", why="Because."))
        assert grade("loss_functions", essays, quiet=True)[0].by_hand and marks(essays)["ada"]["check-sigmoid"] == (1, None, True)
    assert grade("loss_functions", essays, force=True, quiet=True)[0].by_hand and marks(essays)["ada"]["check-sigmoid"] == (1, None, True)
    with monkeypatch.context() as patch:
        patch.setattr(NearMarker, "mark", lambda *a: (_ for _ in ()).throw(MarkerError("the lights went out")))
        grade("loss_functions", essays, force=True, quiet=True)
    assert grade("loss_functions", essays, quiet=True)[0].by_hand and marks(essays)["ada"]["check-sigmoid"] == (1, None, True)
    _by_hand(essays, "ada", "check-sigmoid", 0)
    assert not grade("loss_functions", essays, force=True, quiet=True)[0].by_hand and marks(essays)["ada"]["check-sigmoid"] == (1, 0, False)


@pytest.mark.parametrize(("part", "change"), [
    ("the checks changed", lambda root, patch: patch.setattr("course_lib.grading.standing.checks_state", lambda course: "mended")),
    ("the limits changed", lambda root, patch: (root / "settings.ini").write_text((root / "settings.ini").read_text().replace("seconds = 9", "seconds = 12"))),
    ("the release changed", lambda root, patch: (root / "source" / "loss_functions" / "data.csv").write_text("1,2")),
    ("a new submission", lambda root, patch: (root / "submitted" / "ada" / "loss_functions" / "notes.txt").write_text("more"))])
def test_marks_are_made_anew_when_what_they_depend_on_changes(tmp_path, monkeypatch, part, change):
    root = make_course(tmp_path / "course", source_notebook())
    submit(root, "ada", with_answers(released(root), sigmoid=SIGMOID))
    assert grade("loss_functions", root, quiet=True)[0].why == ["not graded before"]
    assert grade("loss_functions", root, quiet=True)[0].skipped
    change(root, monkeypatch)
    assert grade("loss_functions", root, quiet=True)[0].why == [part]
    assert grade("loss_functions", root, quiet=True)[0].skipped


def test_the_state_of_the_checks_is_that_of_the_code_that_marks(tmp_path):
    package = tmp_path / "course_lib"
    shutil.copytree(stamps.course_lib.__path__[0], package, ignore=shutil.ignore_patterns("static", "__pycache__"))
    state = lambda: stamps._hash(*(f.read_bytes() for f in stamps.marking_files.__wrapped__(package)))
    before = state()
    (package / "classroom" / "lab.py").write_text("# another start page")
    assert state() == before
    kind = package / "questionnaire" / "types" / "choice.py"  # it is imported by its folder
    kind.write_text(kind.read_text() + "# marked otherwise")
    assert state() != before
    before = state()
    (package / "checks" / "compare.py").write_text((package / "checks" / "compare.py").read_text().replace("1e-4", "1e-3"))
    assert state() != before


def test_one_cell_of_a_class_is_marked_again(tmp_path):
    root = make_course(tmp_path / "course", source_notebook())
    nb = released(root)
    for student in ("ada", "ben"): submit(root, student, with_answers(nb, sigmoid=SIGMOID))
    grade("loss_functions", root, quiet=True)
    with Gradebook(course_config(root).CourseDirectory.db_url) as gb:
        for cell in ("check-sigmoid", "check-mnist_loss"): gb.find_grade(cell, "loss_functions", "loss_functions", "ada").auto_score = 0.5
        gb.db.commit()
    submit(root, "chloe", with_answers(nb, sigmoid=SIGMOID))  # not graded yet: whole
    graded = root / "autograded" / "ada" / "loss_functions" / "loss_functions.ipynb"
    with open(graded) as as_it_was:  # what is read only is not written into: root may do that, an instructor may not
        found = {o.student: o for o in grade("loss_functions", root, cell="check-sigmoid", quiet=True)}
        assert os.fstat(as_it_was.fileno()).st_nlink == 0 and graded.stat().st_mode & 0o222 == 0
    assert found["ada"].changes == ["check-sigmoid: 0.5 → 1"] and not found["ben"].changes and found["chloe"].score == 1
    assert changes(list(found.values())) == ["changed  ada: check-sigmoid: 0.5 → 1 (it was asked for)"]
    assert marks(root)["ada"]["check-mnist_loss"][0] == 0.5 and found["ada"].verdicts["loss_functions"].keys() == found["ben"].verdicts["loss_functions"].keys()
    shown = (root / "autograded" / "ada" / "loss_functions" / "loss_functions.ipynb").read_text()
    assert shown.count("sigmoid: <span") == shown.count("mnist_loss: <span") == 1
    with pytest.raises(ValueError, match="did you mean check-sigmoid"): grade("loss_functions", root, cell="check-sigmod", quiet=True)


def test_a_missing_or_torn_notebook_waits_essays_included(tmp_path):
    root = make_course(tmp_path / "course", notebook(_essay()))
    nb = with_answers(released(root), why="Because.")
    for student, data in {"torn": json.dumps(nb)[:-20], "utf16": json.dumps(nb).encode("utf-16"), "merge": "<<<<<<< HEAD\n" + json.dumps(nb)}.items(): submit(root, student, data)
    (root / "submitted" / "empty" / "loss_functions").mkdir(parents=True)
    for student, name in {"copy": "loss_functions-Copy1.ipynb", "two": "a.ipynb"}.items():
        (folder := root / "submitted" / student / "loss_functions").mkdir(parents=True)
        (folder / name).write_text(json.dumps(nb))
    (root / "submitted" / "two" / "loss_functions" / "b.ipynb").write_text(json.dumps(nb))  # which of the two?
    found = {o.student: o for o in grade("loss_functions", root, quiet=True)}
    assert all(o.by_hand for o in found.values())
    texts = {s: json.loads((root / "autograded" / s / "loss_functions" / "loss_functions.ipynb").read_text()) for s in ("copy", "two")}
    assert "Because." in str(texts["copy"]) and "Because." not in str(texts["two"]) and "was taken for" in found["copy"].notes[0]
    assert {s for s, o in found.items() if "missing" in summary([o])} == {"two", "empty"} and {s for s, o in found.items() if "does not run" in summary([o])} == {"torn", "utf16", "merge"}


def test_an_answer_that_may_stand_elsewhere_waits(tmp_path):
    "All of nbgrader's metadata lost, another notebook under the right name, or an essay written beside its deleted cell: none of them is a zero."
    root = make_course(tmp_path / "course", notebook(_cell("# Sums", kind="markdown"), _solution("add", "def add(a, b): return a + b"), _cell("assert add(1, 2) == 3", "t_add", 1), _essay()))
    nb = with_answers(released(root), add="def add(a, b): return a + b", why="Because.")
    bare, beside = json.loads(json.dumps(nb)), json.loads(json.dumps(nb))
    for cell in bare["cells"]: cell["metadata"] = {}
    beside["cells"][-1]["metadata"] = {}
    for student, handed_in in {"bare": bare, "other": notebook(_cell("x = 1", "x")), "beside": beside, "blank": released(root)}.items(): submit(root, student, handed_in)
    found = {o.student: o for o in grade("loss_functions", root, quiet=True)}
    assert {s for s, o in found.items() if o.by_hand} == {"bare", "other", "beside"}
    assert all("None of the released cells" in found[s].notes[0] and found[s].score == 0 for s in ("bare", "other"))
    assert marks(root)["beside"]["t_add"][0] == 1 and marks(root)["beside"]["why"][2] and marks(root)["bare"]["t_add"][2]


@pytest.mark.parametrize(("more", "cell"), [("from torch.nn.functional import cross_entropy", 2), ("from torch.nn.functional import *", 2), ("cross_entropy = F.cross_entropy", 2),
                                            ("for cross_entropy in (F.cross_entropy,): pass", 2), ("x = cross_entropy(1, 2)", 0), ("def f(): cross_entropy = 1", 0),
                                            ("import torch.nn.functional as cross_entropy\ndef cross_entropy(a, b): return a", 0), ("cross_entropy(", 0)])
def test_a_name_that_was_taken_over_is_for_a_person(more, cell):
    assert taken_over(["def cross_entropy(activations, targets): return 1", more], "cross_entropy") == cell
    assert taken_over([more], "cross_entropy") == 0


def test_a_comparison_under_the_functions_own_name_is_no_final_forbidden(tmp_path):
    root = make_course(tmp_path / "course", source_notebook())
    nb = with_answers(released(root), sigmoid=SIGMOID)
    submit(root, "compares", {**nb, "cells": [*nb["cells"], _cell("from torch import sigmoid")]})
    submit(root, "takes", with_answers(nb, sigmoid="from torch import sigmoid"))
    found = {o.student: o.verdicts["loss_functions"]["check-sigmoid"] for o in grade("loss_functions", root, quiet=True)}
    assert found["compares"].status == "review" and "code cell" in found["compares"].why and found["takes"].status == "forbidden"


def test_a_copy_beside_an_untouched_original_is_no_zero(tmp_path):
    root = make_course(tmp_path / "course", source_notebook())
    nb = released(root)
    for student, copy in {"forgot": with_answers(nb, sigmoid=SIGMOID), "kept": nb}.items():
        submit(root, student, nb)
        (root / "submitted" / student / "loss_functions" / "loss_functions-Copy1.ipynb").write_text(json.dumps(copy))
    (folder := root / "submitted" / "deep" / "loss_functions" / "mine").mkdir(parents=True)
    (folder / "loss_functions.ipynb").write_text(json.dumps(nb))
    found = {o.student: o for o in grade("loss_functions", root, quiet=True)}
    assert found["forgot"].by_hand and "which one counts" in found["forgot"].notes[0]
    assert not found["kept"].by_hand and found["kept"].verdicts["loss_functions"]["check-sigmoid"].status == "blank"
    assert "mine/" in found["deep"].notes[0]


def test_the_reasons_name_what_a_person_has_to_look_at():
    found = {"lab": {"c1": Verdict("sigmoid", "review", "It uses `getattr` (code cell 6, line 8).", hint="The exercise can be solved without."),
                     "c2": Verdict("softmax", "wrong", "the value is 3, expected 2", hint="The sum is missing.")}}
    said = gradebook_table([Outcome("ada", found, score=1, max_score=4)])
    assert "`getattr`" in said and "The sum is missing." in said


def test_points_never_exceed_the_cell(tmp_path):
    assert points_of(Verdict("q", "right"), 0.6666667) == 0.6666667 and points_of(Verdict("q", "wrong", score=0.9999999), 0.6666667) <= 0.6666667
    root = make_course(tmp_path / "course", notebook(*source_notebook()["cells"][:3], _cell('check("sigmoid")', "check-sigmoid", 0.6666667)))
    submit(root, "ada", with_answers(released(root), sigmoid=SIGMOID))
    outcome, = grade("loss_functions", root, quiet=True)
    assert not outcome.failed and outcome.score == 0.6666667


def test_every_student_has_inputs_of_their_own(tmp_path):
    from course_lib.exercises.checking import find_check
    from course_lib.checks.trials import Trial
    from course_lib.grading.marking import seed_of
    ada, ben, again = (Trial(find_check("sigmoid"), seed_of(7, student)) for student in ("ada", "ben", "ada"))
    one = lambda trial: str([c.inputs for c in trial.cases])
    assert one(ada) == one(again) != one(ben)


def test_another_picture_is_another_text():
    "A mark for one plot does not stand for the next."
    release = [ReleasedCell("essay", "markdown", "write", "", False, True, True, points=5.0), ReleasedCell("task", "markdown", "do", "", True, False, False, True, 5.0)]
    seen = lambda picture: texts_seen(Marked(restore([Cell("markdown", "![](attachment:p.png)", "essay", {"p.png": {"image/png": picture}} if picture else {})], release)))
    assert seen("AAAA") == seen("AAAA") and all(seen("AAAA")[name] != seen(other)[name] for name in ("essay", "task") for other in ("BBBB", ""))


def test_reading_magics_costs_a_bounded_time():
    "Five cells, each of dense Python with a hundred magics below: parsed again for each magic they would take twice the time."
    cell = Cell("code", "\n".join(["a[0],b[0]"] * 4_800 + ["%x"] * 100))
    begun = time.process_time()
    sources, _ = code_to_run(restore([cell] * 5, []))
    assert time.process_time() - begun < 20 and len(sources) == 5
    assert code_to_run(restore([Cell("code", "x = 1\n%matplotlib inline\ny = 2")], []))[0] == ["x = 1\npass\ny = 2"]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_those_who_are_marked_at_the_same_time_do_not_share_processors(tmp_path, monkeypatch, count):
    "Or thirty busy processes beside it make an honest function too slow."
    monkeypatch.setattr("course_lib.grading.autograde.MarkerProcess", lambda start, seconds: start["processors"])
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {2, 3, 5, 7})
    root = make_course(tmp_path / "course", source_notebook())
    config = course_config(root)
    grader = CourseAutograde(coursedir=CourseDirectory(config=config), config=config)
    grader.kind, grader.workers = "bwrap", count
    own = grader.boxes(9, {"release": {}})
    assert sorted(n for numbers in own for n in numbers) == [2, 3, 5, 7] and all(own)
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {4})
    assert grader.boxes(9, {"release": {}}) == [[4]] * count


def test_marking_that_takes_too_long_costs_only_itself(tmp_path):
    "A marker that hangs is ended at its deadline, with what it started, and the next submission has a fresh one."
    root = make_course(tmp_path / "course", source_notebook())
    submit(root, "ada", with_answers(released(root), sigmoid=SIGMOID))
    release = {"release": {"loss_functions": [{"name": "check-sigmoid", "kind": "code", "source": 'check("sigmoid")', "checksum": "", "locked": True, "grade": True, "points": 1.0}]}}
    marker = MarkerProcess({"assignment": "loss_functions", "kernelspecs": {"loss_functions": None}, "seed": 1, "sandbox": "bwrap", "limits": {"seconds": 9}, "course": str(root), "source": str(root / "source" / "loss_functions"),
                            "ignore": [], "processors": [], "timeout": None, "hidden": [str(root)], **release}, seconds=9)
    folder = str(root / "submitted" / "ada" / "loss_functions")
    assert marker.mark("ada", folder)["loss_functions"]["verdicts"]["check-sigmoid"]["status"] == "right"
    marker.seconds, began, first = 0.001 - GRACE, time.monotonic(), marker._process.pid
    with pytest.raises(MarkerError, match="given up"): marker.mark("ada", folder)
    assert time.monotonic() - began < 10
    marker.seconds = 9
    assert marker.mark("ada", folder)["loss_functions"]["verdicts"]["check-sigmoid"]["status"] == "right" and marker._process.pid != first
    marker.close()


def test_an_answer_that_nobody_waited_for_is_not_the_next_ones(monkeypatch):
    "The marker is ended where asking it is broken off."
    monkeypatch.setattr(MarkerProcess, "code", "import json, os, struct\nfor i in range(9):\n    os.read(0, 10 ** 6)\n    text = json.dumps({'marked': i}).encode()\n    os.write(1, struct.pack('<Q', len(text)) + text)")
    marker = MarkerProcess({}, seconds=9)
    assert marker.mark("ada", "") == 1

    def broken_off(*args): raise KeyboardInterrupt
    with monkeypatch.context() as patch:
        patch.setattr("course_lib.grading.marker_process.receive", broken_off)
        with pytest.raises(KeyboardInterrupt): marker.mark("ben", "")
    assert marker.mark("cy", "") == 1  # of a new process; 2 would be ben's
    marker.close()


def test_a_text_that_takes_long_to_read_costs_only_itself(tmp_path, monkeypatch):
    "The trusted side's own time has a bound that does not grow with the limit for the student's code."
    root = make_course(tmp_path / "course", source_notebook())
    nb = with_answers(released(root), sigmoid=SIGMOID)
    submit(root, "ada", nb)
    folder = str(root / "submitted" / "ada" / "loss_functions")
    start = {"assignment": "loss_functions", "kernelspecs": {"loss_functions": None}, "seed": 1, "sandbox": "bwrap", "limits": {"seconds": 9}, "course": str(root), "source": str(root),
             "ignore": [], "processors": [], "timeout": None, "hidden": [], "release": {"loss_functions": []}}
    hanging = "import course_lib.grading.marker as m, course_lib.grading.first_steps as f\nm.PROCESSOR = 1\nm.Marker.mark = lambda *a: [None for _ in iter(int, 1)]\nf.main()"
    monkeypatch.setattr(MarkerProcess, "code", hanging)
    marker, began = MarkerProcess(start, seconds=60), time.monotonic()
    with pytest.raises(MarkerError, match="too much of the processor"): marker.mark("ada", folder)
    assert time.monotonic() - began < 30
    marker.close()


def test_a_class_list_as_spreadsheets_write_it(tmp_path):
    root = make_course(tmp_path / "course", source_notebook())
    names = lambda: {s.id: (s.first_name, s.last_name) for s in Gradebook(course_config(root).CourseDirectory.db_url).students}
    (root / "excel.csv").write_bytes("\ufeffid;first_name;last_name\r\nada;Ada;Lovelace\r\nben;Ben;Smith, Jr\r\n".encode())
    assert nbgrader(root, "db", "student", "import", "excel.csv")[0] == 0 and names() == {"ada": ("Ada", "Lovelace"), "ben": ("Ben", "Smith, Jr")}
    (root / "twice.csv").write_text("id,first_name\nchloe,Chloé\nada,Adam\nada,Ada\n")
    done = subprocess.run([sys.executable, "-m", "nbgrader", "db", "student", "import", "twice.csv"], cwd=root, capture_output=True, text=True)  # as people do
    said = done.stdout + done.stderr
    assert done.returncode and "line 4" in said and "line 3 already" in said and "Traceback" not in said and set(names()) == {"ada", "ben"}


@pytest.mark.parametrize("id", ["DOM\\cat", "o'neil", "a/b", "x<y"])
def test_an_id_that_could_not_be_graded_is_refused_with_the_class_list(tmp_path, id):
    root = make_course(tmp_path / "course", source_notebook())
    (root / "list.csv").write_text(f"id,first_name\nada,Ada\n{id},Ben\n")
    rc, said = nbgrader(root, "db", "student", "import", "list.csv")
    assert rc and "line 3" in said and id in said and "nobody was imported" in said and "Traceback" not in said
    assert not Gradebook(course_config(root).CourseDirectory.db_url).students


@pytest.mark.parametrize("name", ["hw[1]", "hw*", "h?1"])
def test_a_name_that_nbgrader_takes_for_a_pattern_is_refused(tmp_path, name):
    "Before, it said that it found nothing, or went on to the assignments that the pattern fits."
    root = make_course(tmp_path / "course", source_notebook(), assignment="hw1")
    shutil.copytree(root / "source" / "hw1", root / "source" / name)
    rc, said = nbgrader(root, "generate_assignment", name)
    assert rc and "rename the folder" in said and "Traceback" not in said and not (root / "release" / name).exists()


def test_cells_are_not_added_or_removed_under_submissions(tmp_path):
    root = make_course(tmp_path / "course", source_notebook())
    submit(root, "ada", with_answers(released(root), sigmoid=SIGMOID))
    grade("loss_functions", root, quiet=True)
    source = notebook(*(c for c in source_notebook()["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") != "check-sigmoid"))
    (root / "source" / "loss_functions" / "loss_functions.ipynb").write_text(json.dumps(source))
    rc, said = nbgrader(root, "generate_assignment", "loss_functions", "--force")
    assert rc and "gone: check-sigmoid" in said and "0 points" in said and "Traceback" not in said
    assert "check-sigmoid" in str(released(root))
