"""The door: `course new` writes a course, and everything that this course can do works with it, installed beside ours."""
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from course_dir import NEEDS_SANDBOX, marks
from lxml import html

from course_lib.new_course import PLACES, new_course
from course_lib.new_course import TEMPLATES

ROOT = Path(__file__).parents[1]
ANSWERS = {"right": "def mse_loss(predictions, targets): return ((predictions - targets) ** 2).mean()",
           "wrong": "def mse_loss(predictions, targets): return ((predictions - targets) ** 2).sum()",
           "ready": "from linear_models.losses import mse_loss",
           "torch": "def mse_loss(predictions, targets): return torch.nn.functional.mse_loss(predictions, targets)", "blank": None}


class Door:
    "A course that has just been made, and an environment in which it is installed."

    def __init__(self, folder: Path):
        self.repository, self.site = folder / "linear_models", folder / "installed"
        self.environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(self.site), str(ROOT), os.environ.get("PYTHONPATH", "")]), "COURSE_SETTINGS": "",
                            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}

    def run(self, *words, at: Path | None = None, fails=False) -> str:
        done = subprocess.run([sys.executable, *map(str, words)], cwd=at or self.repository, env=self.environment, capture_output=True, text=True)
        assert (done.returncode != 0) == fails, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def course(self, *words, **more) -> str: return self.run("-c", "import sys; from course_lib.cli import main; sys.exit(main(sys.argv[1:]))", *words, **more)


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    door = Door(tmp_path_factory.mktemp("door"))
    said = door.course("new", door.repository, "--title", "Linear models", at=door.repository.parent)
    assert "git init; make test; make lab" in said
    copy = shutil.copytree(door.repository, door.repository.parent / "copy")
    door.run("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--target", door.site, copy)
    return door


# ---- what is written

@pytest.mark.parametrize(("folder", "more", "said"), [
    ("Übung", {}, "cannot be the name of a course"), ("9lives", {}, "cannot be"), ("json", {}, "'json' is taken"), ("torch", {}, "'torch' is taken"), ("class", {}, "'class' is taken"),
    ("course_lib", {}, "taken"), ("tests", {}, "taken"), ("fine", {"name": "no/where"}, "cannot be"), ("fine", {"title": 'a "quote"'}, "a title is one line"), ("fine", {"title": "two\nlines"}, "a title is one line")])
def test_a_bad_name_is_refused_before_anything_is_written(tmp_path, folder, more, said):
    with pytest.raises(ValueError, match=said): new_course(tmp_path / "below" / folder, **more)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_empty_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ValueError, match="not empty"): new_course(tmp_path, name="linear_models")
    with pytest.raises(ValueError, match="not empty"): new_course(tmp_path / "mine.txt", name="linear_models")
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]
    (tmp_path / "empty").mkdir()
    assert (new_course(tmp_path / "empty", name="linear-models") / "linear_models" / "__init__.py").is_file()


def test_every_template_has_its_place():
    assert {str(p.relative_to(TEMPLATES)).removesuffix(".jinja") for p in TEMPLATES.rglob("*") if p.is_file()} == set(PLACES)


def test_nothing_of_this_machine_and_nothing_unfilled_is_written(door):
    for file in door.repository.rglob("*"):
        if not file.is_file() or file.suffix == ".pyc": continue
        text = file.read_text()
        assert "<<" not in text and ">>" not in text and str(Path.home()) not in text and str(ROOT) not in text, file


# ---- its own tests

CHANGES = [  # a change by which two things do not agree any more, and what the course's own tests say
    ("linear_models/losses.py", "squared differences", "squares", "older than its notebook"), ("questionnaires/linear_models.yaml", "#why-the-square", "#why-the-cube", "no section #why-the-cube"),
    ("linear_models/loss_checks.py", "mean() ** 2", "pow(2).mean()", "FAILED tests/test_course.py::test_known_mistakes"), ("linear_models/__init__.py", "0.1.0", "0.2.0", "test_versions_agree"),
    ("nbs/1_lines/01_mse_loss.ipynb", "11 / 3", "12 / 3", "FAILED tests/test_course.py::test_chapters_run"), ("nbs/assignments/losses/losses.ipynb", "nbgrader", "nbgrade", "test_assignments_have")]


def test_its_own_tests_pass_by_make(door):
    done = subprocess.run(["make", "test", f"BIN={Path(sys.executable).parent}"], cwd=door.repository, env=door.environment, capture_output=True, text=True)
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout + done.stderr


def test_its_own_tests_see_what_does_not_agree(door, tmp_path):
    changed = shutil.copytree(door.repository, tmp_path / "changed")
    for place, old, new, _ in CHANGES:
        text = (changed / place).read_text()
        assert old in text, place
        (changed / place).write_text(text.replace(old, new))
    told = door.run("-m", "pytest", "-q", "-p", "no:cacheprovider", at=changed, fails=True)
    for *_, said in CHANGES: assert said in told, told


# ---- a class

@pytest.fixture(scope="module")
def graded(door):
    "Its assignment and its questionnaire, released, answered and graded."
    course = door.repository.parent / "class"
    told = door.run("-c", CLASS, course, json.dumps(ANSWERS))
    assert "losses" in told and "questionnaire_linear_models" in told and "loss_functions" not in told
    assert "BEGIN SOLUTION" not in (course / "release" / "losses" / "losses.ipynb").read_text()
    return course, told


# In one process and not in one for each command: importing takes most of the time. The questionnaire is answered as students do,
# each in a folder of their own, with the option that is right or with another.
CLASS = f"""
import contextlib, json, shutil, sys
from pathlib import Path
sys.path.append({str(ROOT / "tests")!r})
from course_dir import nbgrader, released, submit, with_answers
from course_lib.cli import main
from course_lib.questionnaire.widget import Questionnaire

course, answers = Path(sys.argv[1]), json.loads(sys.argv[2])
assert main(["init", str(course)]) == 0
for assignment in "losses", "questionnaire_linear_models":
    status, said = nbgrader(course, "generate_assignment", assignment)
    assert status == 0, said
blank = released(course, "losses")
for student, answer in answers.items(): submit(course, student, with_answers(blank, mse_loss=answer) if answer else blank, "losses")
for student in "right", "wrong":
    folder = shutil.copytree(course / "release" / "questionnaire_linear_models", course / "submitted" / student / "questionnaire_linear_models")
    quiz = Questionnaire(str(folder / "questions.json"), answers=str(folder / "answers.json"), student=student)
    options = dict(quiz._source.shown["ml-01"]["options"])
    quiz.answer("ml-01", next(id for id, text in options.items() if ("nine" in text) == (student == "right")))
    assert quiz.questions[0]["read"] == {{"path": "1_lines/01_mse_loss", "section": "why-the-square"}}, quiz.questions[0]
with contextlib.chdir(course): assert main(["grade", "losses", "--reasons"]) == main(["grade", "questionnaire_linear_models"]) == 0
"""


@NEEDS_SANDBOX
def test_a_class_is_graded(graded):
    course, told = graded
    assert {s: m["check-mse_loss"][0] for s, m in marks(course, "losses").items()} == {"right": 4, "wrong": 0, "blank": 0, "ready": 0, "torch": 0}
    assert "You took the sum" in told and "It uses `torch.nn.functional.mse_loss`" in told and "1  blank: blank" in told
    assert "but no solution of a course" in told  # the student also hears which import it was


@NEEDS_SANDBOX
def test_its_questionnaire_is_graded(graded):
    found = marks(graded[0], "questionnaire_linear_models")
    assert {s: m["question-ml-01"][0] for s, m in found.items()} == {"right": 1, "wrong": 0}


# ---- a student, and the site

def test_a_student_sees_this_course(door, tmp_path):
    told = door.run("-c", f"""
from pathlib import Path
from course_lib.classroom.lab import prepare_student
from course_lib.classroom.start_page import student_page
from course_lib.settings import load_settings
from course_lib.questionnaire.widget import Questionnaire
folder = Path({str(tmp_path)!r})
print(prepare_student(folder), Questionnaire("linear_models", chapter="01_mse_loss").title)
page = student_page(folder, load_settings())
print("How far off is a line?" in page, "A loss for yes or no" in page, "Linear models" in page)
""")
    assert told.splitlines() == ["['1_lines/01_mse_loss.ipynb'] Questions on How far off is a line?", "True False True"]


def test_its_site_is_built(door, tmp_path):
    said = door.course("docs", "--out", tmp_path / "site")
    assert "pages of" in said
    page = html.parse(str(tmp_path / "site" / "1_lines" / "01_mse_loss.html")).getroot()
    assert page.xpath("//*[@id='why-the-square']") and "1_lines/01_mse_loss" in html.tostring(page).decode() and "Linear models" in page.findtext(".//title")
    assert "mean of the squared differences" in (tmp_path / "site" / "api" / "linear_models.losses.html").read_text()
    assert not [p for p in (tmp_path / "site").rglob("*") if p.suffix == ".html" and "BEGIN SOLUTION" in p.read_text()]
