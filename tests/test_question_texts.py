"""Pictures, formulas and code in every text of a question, in every place where it is read; and what is read where there are no widgets."""
import json
import re
from types import SimpleNamespace

import pytest
from every_kind import FILE as EVERY_KIND
from IPython.lib.pretty import pretty

from course_lib.questionnaire.asking import page
from course_lib.questionnaire.asking.answers import save_answer
from course_lib.questionnaire.asking.terminal import quiz
from course_lib.questionnaire.assignment.question_cells import Course, submission_marker
from course_lib.questionnaire.assignment.release import release_questionnaire
from course_lib.questionnaire.proofreading import find_problems
from course_lib.questionnaire.widget import NotAnswered, Questionnaire

PIXEL = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082")
SEEN = "A curve that rises and then falls again"


def rich(kind): return f"{kind} ![{SEEN}](pictures/curve.png) $\\frac{{a}}{{b+1}}$ `x[0] * 2`"


COMMON = {"topic": "t", "text": "Which?", "hint": "h", "explanation": "So."}
QUESTIONS = [
    {"type": "single", "text": rich("text"), "hint": rich("hint"), "explanation": rich("explanation"),
     "options": [{"text": rich("wrong-option"), "feedback": rich("option-feedback")}, {"text": rich("right-option"), "correct": True}]},
    {"type": "numeric", "answer": 3, "mistakes": [{"answer": 4, "feedback": rich("mistake-feedback")}]},
    {"type": "match", "pairs": [{"left": rich("left"), "right": rich("right")}, {"left": "2", "right": "q"}], "extra": [rich("extra")]},
    {"type": "order", "items": [rich("item"), "q", "r"]},
    {"type": "blanks", "text": rich("gapped-text") + " [[a]] [[b]]",
     "blanks": {"a": {"type": "single", "options": [{"text": rich("gap-option"), "feedback": rich("gap-feedback")}, {"text": "c", "correct": True}]}, "b": {"type": "numeric", "answer": 3}}},
    {"type": "essay", "text": rich("essay-text"), "rubric": "r"}]
QUESTIONS = [{"id": f"ri-{i:02}", **COMMON, **q} for i, q in enumerate(QUESTIONS, 1)]
ASKED = ["text", "hint", "wrong-option", "right-option", "left", "right", "extra", "item", "gapped-text", "gap-option"]
TOLD = ["explanation", "option-feedback", "mistake-feedback", "gap-feedback"]


def letter(shown, text): return next(id for id, said in shown if text in said)


def wrong(shown):
    "For each question a wrong answer, in the letters of whoever is asked."
    return {"ri-01": letter(shown["ri-01"]["options"], "wrong"), "ri-02": "4", "ri-03": {"1": letter(shown["ri-03"]["choices"], "extra"), "2": letter(shown["ri-03"]["choices"], "right")},
            "ri-04": [id for id, _ in shown["ri-04"]["items"]], "ri-05": {"a": letter(shown["ri-05"]["gaps"]["a"]["options"], "gap"), "b": "3"}}


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    "What is read in each place: all of it, as one text."
    folder = tmp_path_factory.mktemp("rich")
    (folder / "pictures").mkdir()
    (folder / "pictures" / "curve.png").write_bytes(PIXEL)
    file = folder / "rich.yaml"
    file.write_text(json.dumps({"questionnaire": "rich", "title": "Rich", "questions": QUESTIONS}))
    assert find_problems(file) == []
    study = Questionnaire(str(file), answers=folder / "answers.json", student="ada")
    for id, response in wrong(study._source.shown).items(): study.answer(id, response)
    study._explain("ri-01")
    found = {"widget": [study.questions, study.marks], "text": [study.as_text(), *(f(id) for id in study._source.shown for f in (study.hint, study.explanation))]}
    sealed, seal = [], page.seal
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "seal", lambda salt, response, outcome: sealed.append(outcome) or seal(salt, response, outcome))
        found["page"] = [page.sealed_questions(file), sealed]
    said, typed = [], iter(["?", wrong(study._source.shown)["ri-01"], "", "4", "", "", "", ""])
    quiz(str(file), answers=folder / "terminal.json", ask=lambda prompt: next(typed, "q"), say=said.append)
    found["terminal"] = said
    released = release_questionnaire(file, folder / "course")
    handed = Questionnaire(str(released / "questions.json"), answers=released / "answers.json", student="ada")
    found["release"] = [handed.questions]
    notebook = json.loads((released / f"{released.name}.ipynb").read_text())
    found["notebook"] = [c for c in notebook["cells"] if c["id"] == "text-ri-06"]
    course = Course(folder / "course")
    for id, response in wrong(handed._source.shown).items(): save_answer(folder / "handed_in.json", id, response, 1, handed._source.variant(id), "ada")
    (folder / "handed_in").mkdir()
    (folder / "handed_in.json").rename(folder / "handed_in" / "answers.json")
    verdict_of = submission_marker(course.folder, released.name, "ada", folder / "handed_in")
    found["feedback"] = [str(dict(verdict_of(f"question-{q['id']}", 1).rows())) for q in QUESTIONS[:-1]]
    return found


def in_html(kind):
    return rf'{kind} <img src=\\?"data:image/png;base64,[\w+/=]+\\?" alt=\\?"{SEEN}\\?"> <math .*?<mfrac>(?:(?!</math>).)*</math> <code>x\[0\] \* 2</code>'


def in_text(kind): return re.escape(f"{kind} [picture: {SEEN}] a/(b + 1) x[0] * 2")


PLACES = [
    *(("widget", kind, in_html) for kind in [*ASKED, "essay-text", *TOLD]), *(("page", kind, in_html) for kind in [*ASKED, "essay-text", *TOLD]),
    *(("release", kind, in_html) for kind in ASKED), *(("text", kind, in_text) for kind in [*ASKED, "essay-text", *TOLD]),
    *(("terminal", kind, in_text) for kind in [*ASKED, "essay-text", "explanation", "option-feedback", "mistake-feedback"]),
    *(("feedback", kind, in_text) for kind in ["text", "wrong-option", "left", "extra", "item", "gapped-text", "gap-option", *TOLD]),
    # a menu, and what a screen reader is told of an item, are lines of text in the widget, too
    *(("widget", kind, in_text) for kind in ["right", "extra", "item", "gap-option"])]


@pytest.mark.parametrize(("place", "kind", "shape"), PLACES, ids=lambda x: x if type(x) is str else x.__name__)
def test_pictures_formulas_and_code_are_shown(read, place, kind, shape):
    assert re.search(shape(kind), json.dumps(read[place], ensure_ascii=False), re.DOTALL)


def test_an_essay_brings_its_picture_along(read):
    cell, = read["notebook"]
    assert f"essay-text ![{SEEN}](attachment:picture-1.png) $\\frac" in "".join(cell["source"])
    assert cell["attachments"]["picture-1.png"]["image/png"].startswith("iVBORw0KGgo")


# ---- where there are no widgets

@pytest.fixture(scope="module")
def every_kind(tmp_path_factory):
    "The questionnaire in self-study and as an assignment, by what they are."
    folder = tmp_path_factory.mktemp("kinds")
    file = folder / "every_kind.yaml"
    file.write_text(json.dumps(EVERY_KIND))
    released = release_questionnaire(file, folder / "course") / "questions.json"
    return {name: Questionnaire(str(path), answers=folder / f"{name}.json", student="ada") for name, path in (("study", file), ("assignment", released))}


@pytest.mark.parametrize("mode", ["study", "assignment"])
def test_what_is_to_be_typed_can_be_typed_and_is_told_in_a_sentence(every_kind, mode):
    quiz = every_kind[mode]
    typed = dict(re.findall(r'  Type .*: quiz\.answer\("(ek-\d\d)", (.*)\)\n  Not answered yet', quiz.as_text()))
    assert set(typed) == set(quiz._source.shown)
    for id, form in typed.items():
        found = quiz.answer(id, json.loads(form))
        assert found.status != "invalid", (id, found)
        assert re.match(r"(Right|Not right|Partly right \(\d+ %\)|Saved)\.".replace(" %", "%"), pretty(found)), pretty(found)
    assert "Not answered yet" not in quiz.as_text() and '  Your answer: ["a", "b"]. ' in quiz.as_text()
    assert pretty(quiz.hint("ek-01")) == "h" and pretty(quiz.explanation("ek-01")) == ("So." if mode == "study" else "The explanations come with the feedback.")


def test_an_output_says_by_which_name_it_is_called(every_kind, monkeypatch):
    class Shell: user_ns, displayhook = {"_": every_kind["study"]}, SimpleNamespace(prompt_count=7)
    monkeypatch.setattr("course_lib.questionnaire.widget.get_ipython", lambda: Shell)
    data = every_kind["study"]._repr_mimebundle_()
    data = data[0] if isinstance(data, tuple) else data
    for kind in "text/plain", "text/html": assert "quiz = Out[7]" in data[kind] and "quiz.answer(" in data[kind].replace("&quot;", '"')
    Shell.user_ns["mine"] = every_kind["study"]
    assert "Out[" not in every_kind["study"].as_text() and 'mine.answer("ek-03", ["a", ' in every_kind["study"].as_text()


def test_validate_says_what_is_unanswered_and_nothing_else(every_kind, monkeypatch, tmp_path):
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    quiz = Questionnaire(str(every_kind["assignment"]._path.parent / "course" / "source" / "questionnaire_every_kind" / "questions.json"), answers=tmp_path / "answers.json", student="ada")
    quiz.answer("ek-13", "about five")
    assert repr(quiz.answered("ek-13")) == "ek-13: answered"
    with pytest.raises(NotAnswered) as stopped: quiz.answered("ek-14")
    assert stopped.value._render_traceback_() == ["ek-14 is not answered yet."]
