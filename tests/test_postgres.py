"""The gradebook in a real PostgreSQL server: a class, two graders at once, a server that goes away, and the way there."""
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from course_dir import SETTINGS, make_course, marks, released, source_notebook, submit, with_answers
from nbgrader.api import Gradebook
from postgres import MISSING, running_server
from sqlalchemy import create_engine, text

from course_lib.cli import main
from course_lib.grading import parallel
from course_lib.grading.class_marks import example_class, marks_table
from course_lib.grading.course import grade
from course_lib.grading.entering import withdraw
from course_lib.grading.gradebook import with_driver
from course_lib.grading.gradebook_copy import copy_gradebook
from course_lib.grading.writing import Entries

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)
NAME = "loss_functions"
SIGMOID = "def sigmoid(x): return 1 / (1 + torch.exp(-x))"
LOSS = "def mnist_loss(predictions, targets):\n    p = sigmoid(predictions)\n    return torch.where(targets == 1, 1 - p, p)"


@pytest.fixture(scope="module")
def server():
    with running_server() as found: yield found


def in_postgres(root, url, assignments=(NAME,)):
    "A course directory whose gradebook is at the url."
    settings = SETTINGS.format(seconds=9) + f"[gradebook]\nurl = {url}\n[late]\npolicy = per_day\n"
    for name in assignments:
        make_course(root, source_notebook(), name, settings=settings)
    return root


def hand_in(root, count, assignment=NAME):
    "Everybody has sigmoid, every second one a right loss."
    nb = released(root, assignment)
    for i in range(count):
        answers = with_answers(nb, sigmoid=SIGMOID, mnist_loss=LOSS + (".mean()" if i % 2 else ".sum()"))
        submit(root, f"s{i}", answers, assignment, files=[("timestamp.txt", "2026-12-02 10:00:00 UTC")])
    return {f"s{i}": 5.0 if i % 2 else 1.0 for i in range(count)}


def points(root, assignment=NAME): return {s: sum(auto for auto, _, _ in cells.values()) for s, cells in marks(root, assignment).items()}


def test_a_class(server, tmp_path, near, capsys):
    "Graded, graded again, late, exported; the doctor knows the server."
    root = in_postgres(tmp_path / "course", server.url("a_class"))
    expected = hand_in(root, 4)
    assert main(["due", NAME, "2026-12-01 12:00", "--course", str(root)]) == 0
    assert len(grade(NAME, root, quiet=True)) == 4 and points(root) == expected
    assert all(o.skipped for o in grade(NAME, root, quiet=True))
    assert {m.student: m.points for m in marks_table(root)} == {s: p - 0.5 for s, p in expected.items()}


GRADER = """
import json, sys, time
from pathlib import Path
from course_lib.checks.verdict import Verdict
from course_lib.grading import autograde, parallel
from course_lib.grading.course import grade
from course_lib.grading.writing import Entries
root, name, other = Path(sys.argv[1]), *sys.argv[2:]
nb = json.loads((root / "release" / name / f"{name}.ipynb").read_text())
for cell in nb["cells"]: cell["source"] = "".join(cell["source"])

class Marker:
    def __init__(self, start, seconds): pass
    def start(self): return 0.0
    def mark(self, student, folder, only):
        verdicts = {f"check-{check}": Verdict(check, "right", "").to_dict() for check in ("sigmoid", "mnist_loss")}
        return {name: {"notebook": nb, "verdicts": verdicts, "notes": [], "readable": True, "texts": {}}}
    def close(self): pass

def entering(self, ready, enter=Entries.enter):
    for one in ready: (root / f"{one.student}-{name}").touch()
    end = time.monotonic() + 30
    while not all((root / f"{one.student}-{other}").exists() for one in ready) and time.monotonic() < end: time.sleep(0.005)
    return enter(self, ready)

autograde.MarkerProcess, Entries.enter, parallel.MOST = Marker, entering, 2
sys.exit("; ".join(o.failed for o in grade(name, root, quiet=True, workers=1) if o.failed) or 0)
"""


def test_two_grade_at_once(server, tmp_path):
    "Different assignments of the same new students, each student of both at the same moment: nobody is left out."
    root = in_postgres(tmp_path / "course", server.url("two"), ("first", "second"))
    for name in ("first", "second"): hand_in(root, 6, name)
    graders = [subprocess.Popen([sys.executable, "-c", GRADER, root, *names], stderr=subprocess.PIPE, text=True) for names in (("first", "second"), ("second", "first"))]
    assert [(grader.communicate(timeout=100)[1], grader.returncode) for grader in graders] == [("", 0)] * 2
    assert points(root, "first") == points(root, "second") == {f"s{i}": 5.0 for i in range(6)}


def test_a_student_whom_another_enters_meanwhile(server, tmp_path, capfd):
    "One whose work cannot be marked: who comes second waits for the other, and then the student is there."
    url = with_driver(server.url("meanwhile"))
    with Gradebook(url, "one") as here, Gradebook(url, "two") as there, ThreadPoolExecutor(1) as pool:
        here.add_assignment("quiz")
        here.db.connection().execute(text("insert into student (id) values ('ada')"))
        waiting = pool.submit(withdraw, there, "quiz", "ada", tmp_path / "none")
        asked, end = text("select count(*) from pg_locks where not granted"), time.monotonic() + 30
        while not here.db.connection().execute(asked).scalar() and time.monotonic() < end: time.sleep(0.01)
        assert not waiting.done()
        here.db.commit()
        waiting.result(timeout=30)
        assert [s.student_id for s in here.assignment_submissions("quiz")] == ["ada"] and capfd.readouterr().err == ""


def test_the_server_goes_away(server, tmp_path, near, monkeypatch, capsys):
    "In the middle of a class: a sentence without Python; the next run goes on."
    root, enter, entered = in_postgres(tmp_path / "course", server.url("away")), Entries.enter, []
    expected = hand_in(root, 5)

    def entering(self, ready):
        entered.extend(ready)
        if len(entered) == 3: server.end()
        return enter(self, ready)

    monkeypatch.setattr(Entries, "enter", entering)
    monkeypatch.setattr(parallel, "MOST", 1)
    assert main(["grade", NAME, "--course", str(root)]) == 2
    error = capsys.readouterr().err
    assert "course: the gradebook cannot be read: " in error and "Traceback" not in error
    server.start()
    outcomes = grade(NAME, root, quiet=True)
    assert points(root) == expected and sum(o.skipped for o in outcomes) == 2


def test_a_gradebook_moves(server, tmp_path, capsys):
    "Row by row, with what a database of another kind keeps otherwise; not into one that has marks; not with a row that arrives as another."
    root = example_class(tmp_path / "small")
    here, there = f"sqlite:///{root}/gradebook.db", server.url("moved")
    with create_engine(here).begin() as db:
        db.execute(text("update submitted_assignment set extension = '1970-01-03 00:00:00.000000'"))
        db.execute(text("update comment set manual_comment = 'Schön: \"½\" 🙂\n;'"))
    by_name = lambda mark: (mark.assignment, mark.student)
    before = sorted(marks_table(root), key=by_name)
    assert main(["gradebook", "copy", here, there]) == 0
    assert "Copied and compared" in capsys.readouterr().out
    settings = (root / "settings.ini").read_text()
    (root / "settings.ini").write_text(f"{settings}[gradebook]\nurl = {there}\n")
    assert sorted(marks_table(root), key=by_name) == before
    assert main(["gradebook", "copy", here, there]) == 2
    assert "is not empty: there are rows in student" in capsys.readouterr().err


def test_a_row_that_arrives_as_another_is_no_copy(server, tmp_path):
    root, there = example_class(tmp_path / "small"), server.url("otherwise")
    engine = create_engine(with_driver(there))
    copy_gradebook(f"sqlite:///{root}/gradebook.db", there)
    with engine.begin() as db:
        db.execute(text("truncate student, submitted_assignment, assignment, base_cell cascade"))
        db.execute(text("create function other() returns trigger language plpgsql as $$ begin new.last_name = upper(new.last_name); return new; end $$"))
        db.execute(text("create trigger other before insert on student for each row execute function other()"))
    with pytest.raises(ValueError, match="nothing was copied: the row 'ada' of student arrives as another"): copy_gradebook(f"sqlite:///{root}/gradebook.db", there)
    with engine.connect() as db: assert db.execute(text("select count(*) from student")).scalar() == 0
    engine.dispose()
