"""From release to feedback: three students with different numbers, one without answers, one with a damaged file."""
import json
import re
import shutil

import nbformat
import pytest
from course_dir import NEEDS_SANDBOX
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from course_lib.grading.course import course_config, grade, init_course
from course_lib.questionnaire.asking.answers import save_answer
from course_lib.questionnaire.asking.formula_text import formula_text
from course_lib.questionnaire.asking.rendering import mathml
from course_lib.questionnaire.assignment.question_cells import Course, needs_a_look, submission_table
from course_lib.questionnaire.question_files import read_questions
from course_lib.questionnaire.assignment.release import course_key, release_all
from course_lib.questionnaire.widget import Questionnaire

NAME = "questionnaire_mnist_basics"
pytestmark = NEEDS_SANDBOX


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    "A course directory with both questionnaires generated and released."
    root = init_course(tmp_path_factory.mktemp("course") / "dl")
    release_all(root)
    config = course_config(root)
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    for name in (NAME, "questionnaire_pet_breeds"):
        found = api.generate_assignment(name)
        assert found["success"], found
    api.root = root
    return api


def secrets_of(question):
    "Texts that only somebody who marks may see."
    found = [question.explanation]
    for gap in getattr(question, "blanks", {}).values(): found += secrets_of(gap)
    for option in getattr(question, "options", []): found.append(option.feedback)
    for mistake in (*getattr(question, "mistakes", []), *getattr(question, "reject", [])): found.append(mistake.feedback)
    if isinstance(getattr(question, "answer", None), str) and len(question.answer) > 6: found.append(question.answer)
    found.append(getattr(question, "rubric", ""))
    return [re.sub(r"\{\{.*", "", text.strip().splitlines()[0]).strip() for text in found if text.strip()]


def test_nothing_that_marks_is_released(api):
    checked = 0
    for name in (NAME, "questionnaire_pet_breeds"):
        files = [f for f in (api.root / "release" / name).rglob("*") if f.is_file()]
        assert {f.name for f in files} == {f"{name}.ipynb", "questions.json"}
        text = "\n".join(f.read_text() for f in files)
        plain = text.encode().decode("unicode_escape", "ignore") + text
        assert course_key(api.root).hex() not in plain and "correct" not in json.loads((api.root / "release" / name / "questions.json").read_text())
        for question in read_questions(api.root / "questions" / f"{name.removeprefix('questionnaire_')}.yaml").questions:
            for secret in secrets_of(question):
                if len(secret) > 24:
                    assert secret not in plain, (question.id, secret)
                    checked += 1
        for entry in json.loads((api.root / "release" / name / "questions.json").read_text())["questions"]:
            keys = {*entry["common"], *(key for variant in entry["variants"] for key in variant)}
            assert keys <= {"id", "version", "type", "points", "section", "topic", "text", "hint", "unit", "options", "items", "prompts",
                            "choices", "variables", "fractions", "forbid", "gaps", "varies", "leave_out"}
            for shown in (entry["common"], *entry["variants"]):
                for gap in shown.get("gaps", {}).values(): assert set(gap) <= {"type", "unit", "options", "fractions"}
    assert checked > 200


def test_one_graded_cell_for_each_question(api):
    nb = nbformat.read(api.root / "release" / NAME / f"{NAME}.ipynb", 4)
    graded = {c.metadata.nbgrader.grade_id: c.metadata.nbgrader.points for c in nb.cells if c.metadata.nbgrader.grade}
    questions = read_questions(api.root / "questions" / "mnist_basics.yaml").questions
    order = [c.metadata.nbgrader.grade_id for c in nb.cells]  # the essay, then one heading, under which the others are folded away
    fold = order.index("your-answers")
    assert order.index("essay-mb-56") < fold and nb.cells[fold].metadata["jp-MarkdownHeadingCollapsed"]
    assert all(c.metadata.jupyter.source_hidden and c.metadata.nbgrader.grade for c in nb.cells[fold + 1:])
    assert graded == {f"{'essay' if q.type == 'essay' else 'question'}-{q.id}": float(q.points) for q in questions}


def right_response(asked):
    match asked.question.type:
        case "single": return next(id for id, o in asked.options if o.correct)
        case "multi": return [id for id, o in asked.options if o.correct]
        case "numeric": return f"{asked.answer:f}"
        case "text": return asked.fill(asked.question.accept[0])
        case "order": return list(asked.solution)
        case "match": return dict(asked.solution)
        case "blanks": return {name: right_response(part) for name, part in asked.parts}
    return asked.question.answer


def hand_in(api, student):
    folder = api.root / "submitted" / student / NAME
    shutil.copytree(api.root / "release" / NAME, folder)
    return folder


@pytest.fixture(scope="module")
def graded(api):
    course = Course(api.root)
    questions = [q for q in course.questions(NAME).questions if q.type != "essay"]
    ada, alan, grace, _dora, emil = (hand_in(api, s) for s in ("ada", "alan", "grace", "dora", "emil"))
    quiz = Questionnaire(str(ada / "questions.json"), answers=ada / "answers.json", student="ada")
    for q in questions: quiz.answer(q.id, right_response(course.asked(NAME, q.id, "ada")[0]))
    quiz = Questionnaire(str(alan / "questions.json"), answers=alan / "answers.json", student="alan")
    for q in questions:  # a foreseen mistake wherever there is one
        asked = course.asked(NAME, q.id, "alan")[0]
        assert quiz._source.shown[q.id] == asked.shown()  # what the student sees is what is marked
        quiz.answer(q.id, f"{asked.mistakes[0][0]:f}" if asked.mistakes else right_response(asked))
    shutil.copy(ada / "answers.json", grace / "answers.json")  # copied from her neighbour
    (emil / "answers.json").write_text('{"answers": {\n "mb-01": {"response": "a"},,\n}}')
    outcomes = {o.student: o for o in grade(NAME, api.root, quiet=True)}
    return course, outcomes


def scores(api, student):
    with Gradebook(api.coursedir.db_url, api.coursedir.course_id) as gradebook:
        submission = gradebook.find_submission(NAME, student)
        return {g.cell.name: (g.auto_score, g.max_score) for n in submission.notebooks for g in n.grades}


def test_the_gradebook_is_right_question_by_question(api, graded):
    course, outcomes = graded
    assert not any(o.failed for o in outcomes.values())
    ada, alan, grace = (scores(api, s) for s in ("ada", "alan", "grace"))
    questions = {q.id: q for q in course.questions(NAME).questions if q.type != "essay"}
    for id, q in questions.items():
        assert ada[f"question-{id}"] == (float(q.points), float(q.points)), id
        assert alan[f"question-{id}"][0] == (0 if q.type == "numeric" else float(q.points)), id
        if q.vary and course.asked(NAME, id, "ada")[1] != course.asked(NAME, id, "grace")[1]: assert grace[f"question-{id}"][0] == 0, id
    for student in ("ada", "alan", "grace"):  # and the marks can be computed again
        rows = submission_table(course, NAME, student, api.root / "submitted" / student / NAME)
        assert {f"question-{r['id']}": r["points"] for r in rows} == pytest.approx(
            {k: v[0] for k, v in scores(api, student).items() if k.startswith("question-")})


def test_missing_and_damaged_are_told_apart(api, graded):
    course, outcomes = graded
    status = {s: {v.status for found in o.verdicts.values() for k, v in found.items() if k.startswith("question-")} for s, o in outcomes.items()}
    assert status["dora"] == {"missing"} and status["emil"] == {"invalid"}
    look = needs_a_look(course, NAME)
    assert look["dora"] == "no answers.json" and "answers.json, line 2, column" in look["emil"] and "answered as ada" in look["grace"]
    assert set(look) == {"dora", "emil", "grace"}


def test_feedback_shows_question_answer_mark_and_explanation(api, graded):
    course, _ = graded
    for student in ("ada", "alan"):
        found = api.generate_feedback(NAME, student)
        assert found["success"], found
        page = (api.root / "feedback" / student / NAME / f"{NAME}.html").read_text()
        asked = course.asked(NAME, "mb-21", student)[0]
        assert f"A weight is {asked.fill('{{w}}')}" in page and "your answer" in page and "Explanation." in page
        assert ("against the gradient, and only a small part of it" in page)
    assert "steps uphill" in page  # what alan did wrong


def test_feedback_shows_formulas_code_and_pictures_as_their_author_wrote_them(api, graded):
    course, _ = graded
    assert api.generate_feedback(NAME, "ada")["success"]
    page = (api.root / "feedback" / "ada" / NAME / f"{NAME}.html").read_text()
    asked = {q.id: course.asked(NAME, q.id, "ada")[0] for q in course.questions(NAME).questions if q.type != "essay"}
    with_formulas = [one for one in asked.values() if "$" in one.text]
    with_pictures = [one for one in asked.values() if "![" in one.text]
    assert len(with_formulas) > 2 and with_pictures
    drawn = {formula_text(one) for one in re.findall(r"(?s)<math\b.*?</math>", page)}
    for one in with_formulas:
        for latex in re.findall(r"(?<!\$)\$([^$\n]+)\$(?!\$)", one.text): assert formula_text(mathml(latex)) in drawn, (one.question.id, latex)
    assert page.count('src="data:image/png;base64,') == len(with_pictures) and "[picture:" not in page
    assert page.count("<td") and "$" not in re.sub(r"(?s)<(script|style|pre|code)\b.*?</\1>", "", page).partition("<body")[2]
    for id in ("mb-26", "mb-15"):  # options in the student's order; code as a block
        for letter, option in asked[id].options: assert f"<strong>{letter}</strong>: " in page, (letter, option)
    assert re.search(r"<pre><code[^>]*>print\(list\(threes", page)


def test_cells_that_are_marked_again_get_the_text_of_today(api, graded, near):
    "An explanation that was mended reaches the feedback together with the marks of its cell, once."
    file = api.root / "questions" / "mnist_basics.yaml"
    before = file.read_text()
    file.write_text(before.replace("There are ${{n}} \\cdot 784$ numbers", "In all there are ${{n}} \\cdot 784$ numbers"))
    try:
        assert file.read_text() != before
        grade(NAME, api.root, quiet=True)
        nb = nbformat.read(api.root / "autograded" / "ada" / NAME / f"{NAME}.ipynb", 4)
        told = [c for c in nb.cells if c.metadata.get("course_lib", {}).get("of") == "question-mb-15"]
        assert [c.metadata.course_lib.rows for c in told] == [["question"], ["explanation"]]
        assert "In all there are" in told[1].source
    finally:
        file.write_text(before)
        grade(NAME, api.root, quiet=True)


def test_a_second_run_gives_the_same_gradebook(api, graded, near):
    before = {s: scores(api, s) for s in ("ada", "alan", "grace")}
    grade(NAME, api.root, force=True, quiet=True)
    assert before == {s: scores(api, s) for s in before}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"answers": []}', '{"answers": {"mb-01": 3}}', '{"answers": {"mb-01": {"response": NaN}}}',
                                  "[" * 100_000, '{"answers": {"a": {}, "a": {}}}', "\x00", '{"answers": {"mb-01": {"response": 1' + "0" * 5000 + "}}}"])
def test_hostile_answer_files(api, graded, tmp_path, text):
    course, _ = graded
    (tmp_path / "answers.json").write_text(text)
    for row in submission_table(course, NAME, "ada", tmp_path): assert row["points"] == 0


def test_links_and_other_people_s_files_are_not_read(api, graded, tmp_path):
    course, _ = graded
    (tmp_path / "answers.json").symlink_to(api.root / "submitted" / "ada" / NAME / "answers.json")
    assert {r["status"] for r in submission_table(course, NAME, "ada", tmp_path)} == {"invalid"}


def test_an_older_version_is_invalid(api, graded, tmp_path):
    course, _ = graded
    asked, k = course.asked(NAME, "mb-30", "ada")
    save_answer(tmp_path / "answers.json", "mb-30", f"{asked.answer:f}", version=7, variant=k, student="ada")
    row = next(r for r in submission_table(course, NAME, "ada", tmp_path) if r["id"] == "mb-30")
    assert row["status"] == "invalid" and row["points"] == 0


def test_releasing_again_says_that_nbgrader_needs_force(tmp_path, capsys):
    from argparse import Namespace

    from course_lib.questionnaire.commands import run_release
    course = init_course(tmp_path / "course")
    args = Namespace(name="pet_breeds", course=course, chapters=None)
    run_release(args)
    assert capsys.readouterr().out.strip().endswith("nbgrader generate_assignment questionnaire_pet_breeds")
    (course / "release" / "questionnaire_pet_breeds").mkdir(parents=True)
    run_release(args)
    assert "generate_assignment questionnaire_pet_breeds --force" in capsys.readouterr().out
