"""Every kind of question by itself, numbers that nobody shares, pools, and attempts; the questions are those of `every_kind.py`."""
import json
import math
from collections import Counter
from functools import cache

import pytest
from every_kind import FILE, WHICH

from course_lib.questionnaire.asking.answers import read_answers, save_answer
from course_lib.questionnaire.asking.page import sealed_questions
from course_lib.questionnaire.asking.sources import NoAttemptLeft, ReleasedQuestions, StudyQuestions
from course_lib.questionnaire.asking.terminal import question_text, quiz
from course_lib.questionnaire.assignment.question_cells import Course, submission_marker, submission_table
from course_lib.questionnaire.assignment.release import release_questionnaire, seat_class
from course_lib.questionnaire.self_test import disagreements
from course_lib.questionnaire.draws import Draws, grid, places
from course_lib.questionnaire.model import TYPES
from course_lib.questionnaire.numbers import near
from course_lib.questionnaire.proofreading import find_problems
from course_lib.questionnaire.question_files import packaged_questionnaires, read_questions
from course_lib.questionnaire.scoring import mark
from course_lib.questionnaire.variants import draw, draw_variant, self_study, study_variant
from course_lib.questionnaire.widget import Questionnaire

KINDS = read_questions("every_kind.yaml", json.dumps(FILE)).questions
DRAWN = [q for path in packaged_questionnaires().values() for q in read_questions(path).questions if q.vary]
NAMES = [f"student{i}" for i in range(60)]


def written(folder, questions, **more):
    file = folder / "made.yaml"
    file.write_text(json.dumps({"questionnaire": "made", "title": "Made", "questions": [{**WHICH, **q} for q in questions], **more}))
    return file


# ---- each kind

def test_nothing_is_wrong_with_them(tmp_path):
    (tmp_path / "every_kind.yaml").write_text(json.dumps(FILE))
    assert find_problems(tmp_path / "every_kind.yaml") == []
    assert {q.type for q in KINDS} == set(TYPES)


@pytest.mark.parametrize("question", KINDS, ids=lambda q: f"{q.id} {q.type}")
def test_each_grades_itself_in_every_variant(question):
    for asked in [self_study(question), *(draw(question, b"key", name) for name in NAMES[:4])]: assert disagreements(asked) == []


BLANKS = KINDS[0]


@pytest.mark.parametrize(("given", "score", "said"), [
    ({"rows": "{n}", "columns": "0.1429", "what": "picture", "kind": "{right}"}, 1.0, "Right."),
    ({"rows": "{n}", "columns": "0.143", "what": "picture", "kind": "{right}"}, 0.8, "`columns`: The number is right, and rounded"),
    ({"rows": "{n}", "columns": "1/7", "what": "pixel", "kind": "{half}"}, 0.7, "`what`: A pixel is one number."),
    ({"rows": "about {n}", "columns": "1/7"}, 0.4, "`rows`: A number is asked for"),
    ({"rows": "a few"}, 0.0, "`rows`: A number is asked for")], ids=str)
def test_a_gap_earns_its_part(given, score, said):
    asked = self_study(BLANKS)
    kinds = {option.text[0]: id for id, option in dict(asked.parts)["kind"].options}
    filled = {k: v.format(n=asked.values["n"], right=kinds["$"], half=kinds["b"]) for k, v in given.items()}
    found = mark(asked, filled)
    assert math.isclose(found.score, score) and said in found.feedback
    assert found.status == ("invalid" if len(given) == 1 else "ok")
    shown = asked.shown()
    told = type(BLANKS).unreadable(shown, filled)  # without the key, as in an assignment
    assert ("rows: " in told) == given["rows"].startswith(("a few", "about")), told
    assert BLANKS.entered("; ".join(filled.values())) == filled == BLANKS.entered("; ".join(f"{k} = {v}" for k, v in filled.items()))


def test_the_key_of_a_gap_is_not_shown():
    text = json.dumps(self_study(BLANKS).shown())
    for secret in ("One too many", "picture", "pixel", "tolerance", "correct", "accept", "share"): assert secret not in text, secret
    assert "[[rows]]" in text and "b2" in text.replace(str(self_study(BLANKS).values["n"]), "2")


@pytest.mark.parametrize(("change", "said"), [
    ({"text": "[[a]]"}, "no gap [[b]] in the text"), ({"text": "[[a]] [[b]] [[a]]"}, "[[a]] is there 2 times"), ({"text": "[[a]] [[b]] [[c]]"}, "nothing of the gap [[c]]"),
    ({"blanks": {"a": {"type": "numeric", "answer": 1, "vary": {"n": {"integer": [1, 2]}}}, "b": {"type": "numeric", "answer": 1}}}, "belongs to the whole question"),
    ({"blanks": {"a": {"type": "numeric", "answer": 1, "mistakes": [{"answer": 1, "feedback": "f"}]}, "b": {"type": "numeric", "answer": 1}}}, "as good as the answer"),
    ({"blanks": {"a": {"type": "numeric", "anwser": 1}, "b": {"type": "numeric", "answer": 1}}}, "did you mean `answer`?")], ids=lambda x: x if type(x) is str else "")
def test_a_mistake_in_a_gap_has_a_place(tmp_path, change, said):
    gaps = {"a": {"type": "numeric", "answer": 1}, "b": {"type": "numeric", "answer": 2}}
    assert said in " ".join(map(str, find_problems(written(tmp_path, [{"id": "ga-01", "type": "blanks", "text": "[[a]] [[b]]", "blanks": gaps, **change}]))))


# ---- numbers that nobody shares

@cache
def seats(id):
    "A question as 60 students of a class have it; drawn once for all tests."
    question = next(q for q in DRAWN if q.id == id)
    return [draw_variant(question, b"key", place, 0) for place in range(60)]


def numbers_of(question):
    "What was drawn for each of 60 seats."
    return [str([asked.values[name] for name in question.vary]) for asked in seats(question.id)]


def allowed(question):
    "How many combinations of values there are, as far as 60."
    return len(set(numbers_of(question)))


@pytest.mark.parametrize("question", [q for q in DRAWN if math.prod(len(grid(v)) for v in q.vary.values()) < 600], ids=lambda q: q.id)
def test_no_numbers_come_back_before_all_have_been_there(question):
    "60 seats share none where the grid has 60 that its conditions allow; else each is there as often as any other, give or take one."
    counts = set(Counter(numbers_of(question)).values())
    assert max(counts) - min(counts) <= 1


def test_places_are_all_and_each_once(): assert [sorted(places(Draws(b"", "", "tt-01", 1), n)) for n in (1, 2, 50)] == [list(range(n)) for n in (1, 2, 50)]


@pytest.mark.parametrize("question", DRAWN, ids=lambda q: q.id)
def test_again_asks_with_other_numbers_and_distinct_mistakes(question):
    seen = set()
    for again in range(40):
        asked = study_variant(question, again)
        seen.add(asked.text)
        if again == 1: assert asked.values != self_study(question).values
        tolerance = getattr(question, "tolerance", None)
        for wrong, _ in asked.mistakes: assert not any(near(wrong, right, tolerance) for right in (asked.answer, *asked.also)), (again, asked.values)
        assert disagreements(asked) == [] if again < 3 else True
    assert len(seen) == min(40, allowed(question))


@pytest.fixture
def course(tmp_path):
    question = {"id": "se-01", "type": "numeric", "text": "{{a}} + {{b}}", "answer": "a + b", "vary": {"a": {"integer": [1, 9]}, "b": {"integer": [1, 9]}}, "where": ["a != b"]}
    release_questionnaire(written(tmp_path, [question, {"id": "se-02", "type": "numeric", "answer": 3}]), tmp_path / "course")
    return tmp_path / "course"


def numbers(course, students): return {s: Course(course).asked("questionnaire_made", "se-01", s)[0].text for s in students}


def test_nobody_of_a_class_shares_numbers_and_a_larger_class_changes_nobodys(course, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = numbers(course, NAMES[:1])
    first = tmp_path / "old.json"
    first.write_bytes((course / "source" / "questionnaire_made" / "questions.json").read_bytes())
    assert seat_class(course, "questionnaire_made", NAMES[:40]) == 40
    some = numbers(course, NAMES[:40])
    assert seat_class(course, "questionnaire_made", ["a new one", *reversed(NAMES)]) == 21 and seat_class(course, "questionnaire_made", NAMES) == 0
    everybody = numbers(course, [*NAMES, "a new one"])
    assert len(set(everybody.values())) == 61 and {s: everybody[s] for s in NAMES[:40]} == some
    release = course / "source" / "questionnaire_made" / "questions.json"
    for student in NAMES: assert ReleasedQuestions(release, student).shown["se-01"]["text"] == everybody[student]
    assert not any(student in release.read_text() for student in NAMES)
    assert ReleasedQuestions(first, NAMES[0]).shown["se-01"]["text"] == before[NAMES[0]]  # handed out before there was a class


def test_an_answer_to_the_numbers_from_before_the_seat_is_marked_by_them(course, tmp_path):
    asked, k = Course(course).asked("questionnaire_made", "se-01", "ada")
    seat_class(course, "questionnaire_made", ["alan", "ada"])
    now, seat = Course(course).asked("questionnaire_made", "se-01", "ada")
    alans = Course(course).asked("questionnaire_made", "se-01", "alan")[1]
    for variant, response, score in ((k, asked.answer, 1), (seat, now.answer, 1), (seat, now.answer + 1, 0), (alans, asked.answer, 0)):
        save_answer(tmp_path / "answers.json", "se-01", str(response), 1, variant, "ada", 2)
        verdict = submission_marker(course, "questionnaire_made", "ada", tmp_path)("question-se-01", 1)
        assert verdict.score == score, (variant, verdict)
    assert verdict.status == "invalid"


# ---- pools

POOL = [{"id": f"po-0{i}", "type": "numeric", "text": f"{i} + {i}", "answer": 2 * i, "points": 2} for i in range(1, 6)]


def test_each_student_gets_some_questions_of_a_pool_and_all_the_same_cells(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = written(tmp_path, [*POOL, {"id": "po-09", "type": "numeric", "answer": 3}], pools=[{"name": "sums", "take": 2, "of": [q["id"] for q in POOL]}])
    assert find_problems(file) == []
    folder = release_questionnaire(file, tmp_path / "course")
    cells = [c["metadata"]["nbgrader"] for c in json.loads((folder / f"{folder.name}.ipynb").read_text())["cells"]]
    assert {c["grade_id"]: c["points"] for c in cells if c["grade"]} == {"question-pool-sums-1": 2.0, "question-pool-sums-2": 2.0, "question-po-09": 1.0}
    had, course = [], Course(tmp_path / "course")
    for student in NAMES[:20]:
        (tmp_path / student).mkdir()
        quiz = Questionnaire(str(folder / "questions.json"), student=student, answers=f"{student}/answers.json")
        mine = [id for id in quiz._source.shown if id != "po-09"]
        had.append(tuple(mine))
        for id in mine: quiz.answer(id, str(2 * int(id[-1])))
        assert repr(quiz.answered("pool-sums-1")) == "0.0" and "answered" in quiz.answered("pool-sums-2")._repr_html_()
        verdict_of = submission_marker(course.folder, folder.name, student, tmp_path / student)
        verdicts = [verdict_of(f"question-pool-sums-{i}", 2) for i in (1, 2)]
        assert sorted(v.name.removeprefix("question ") for v in verdicts) == mine and all(v.score == 1 for v in verdicts)
        rows = submission_table(course, folder.name, student, tmp_path / student)
        assert sum(row["possible"] for row in rows) == 5
    assert all(len(mine) == 2 for mine in had) and len(set(had)) > 5 and {id for mine in had for id in mine} == {q["id"] for q in POOL}
    written(tmp_path, [*POOL, {"id": "po-09", "type": "numeric", "answer": 3}], pools=[{"name": "sums", "take": 3, "of": [q["id"] for q in POOL]}])
    with pytest.raises(ValueError, match="pools have changed"): release_questionnaire(file, tmp_path / "course")


@pytest.mark.parametrize(("pool", "said"), [({"take": 5}, "that is no choice"), ({"of": ["po-01", "po-77"]}, "no question po-77"), ({"of": ["po-01", "po-08"]}, "not as many points"),
                                            ({"of": ["po-01", "po-07"]}, "a cell that everybody has"), ({"of": ["po-01"]}, "at least 2")])
def test_a_pool_that_could_not_be_fair_is_refused(tmp_path, pool, said):
    others = [{"id": "po-08", "type": "numeric", "answer": 3}, {"id": "po-07", "type": "essay", "rubric": "r"}]
    file = written(tmp_path, [*POOL, *others], pools=[{"name": "sums", "take": 1, "of": ["po-01", "po-02", "po-03"], **pool}])
    assert said in " ".join(map(str, find_problems(file)))


# ---- attempts, in self-study

def test_attempts_are_counted_and_cost(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = written(tmp_path, [{"id": "at-01", "type": "numeric", "answer": "a", "vary": {"a": {"integer": [1, 9]}}, "attempts": 3, "cost": "0.25"}])
    asked = Questionnaire(str(file))
    right = str(asked._source.asked["at-01"].answer)
    assert [asked.answer("at-01", r).score for r in ("77", "77", "no number", right)] == [0, 0, 0, 0.75]  # the second is the first again
    assert asked.marks["at-01"]["left"] == 1 and "Attempt 2: each one before it costs 25 %" in asked.marks["at-01"]["feedback"]
    asked = Questionnaire(str(file))  # a restart forgets nothing
    assert asked.marks["at-01"]["score"] == 0.75 and asked.answer("at-01", "78").score == 0 and asked.marks["at-01"]["explanation"]
    with pytest.raises(NoAttemptLeft, match="New numbers make a new start"): asked.answer("at-01", right)
    asked.again("at-01")
    again = Questionnaire(str(file))
    assert again.answers == {} and again._source.asked["at-01"].answer != int(right)
    assert again.answer("at-01", str(again._source.asked["at-01"].answer)).score == 1
    entry = read_answers("answers.json")["answers"]["at-01"]
    assert (entry["variant"], entry["attempt"]) == (1, 1)


def test_a_terminal_counts_them_and_asks_again(tmp_path):
    file = written(tmp_path, [{"id": "at-01", "type": "numeric", "text": "{{a}}", "answer": "a", "vary": {"a": {"integer": [1, 9]}}, "attempts": 1}])
    other, said = str(study_variant(read_questions(file)["at-01"], 1).answer), []
    lines = iter(["77", "78", "n", other])
    marks = quiz(str(file), answers=tmp_path / "answers.json", ask=lambda prompt: next(lines), say=said.append)
    assert marks["at-01"].score == 1 and any("all 1 attempts" in line for line in said)


def test_an_assignment_has_no_attempts(tmp_path):
    file = written(tmp_path, [{"id": "at-01", "type": "numeric", "answer": 3, "attempts": 3}])
    with pytest.raises(ValueError, match="at-01: `attempts` and `cost` are for self-study"): release_questionnaire(file, tmp_path / "course")


def test_a_page_has_further_numbers_and_the_same_rules(tmp_path):
    file = written(tmp_path, [{"id": "at-01", "type": "numeric", "text": "{{a}}", "answer": "a", "vary": {"a": {"integer": [1, 9]}}, "attempts": 3, "cost": "0.25"}])
    data = sealed_questions(file)["questions"][0]
    assert (data["attempts"], data["cost"], data["varies"]) == (3, 0.25, True)
    assert len({q["html"] for q in (data, *data["others"])}) == 4


def test_a_terminal_shows_what_is_to_be_filled_in():
    text = question_text(self_study(BLANKS), "1")
    assert "[[rows]]  a number rows" in text and "[[kind]]  a " in text


def test_a_source_knows_its_questions():
    source = StudyQuestions("mnist_basics", "03_binary_loss")
    assert source.count("mb-30", "one half", None) == 0  # what cannot be read is no attempt


# ---- what is counted over a class

@pytest.mark.parametrize(("number", "given", "chosen", "cause"), [
    (10, "b", [2], "option-2"), (10, "a", [1], ""), (6, ["p", "r"], [1, 3], ""), (3, ["r", "s"], [3, 4], ""), (11, {"1": "r", "3": "p"}, {"1": 3, "3": 1}, ""),
    (14, "accuracy", "accuracy", "reject-1"), (14, "x" * 400, "x" * 200, ""), (16, "x / s", "x / s", "mistake-1"),
    (1, {"rows": "4", "kind": "c"}, {"rows": "4", "kind": [3]}, ""), (13, "three", "three", ""), (10, {"a": "b"}, [], "")], ids=str)
def test_a_verdict_says_what_was_chosen_without_a_students_letters(tmp_path, number, given, chosen, cause):
    file = written(tmp_path, [q for q in FILE["questions"] if q["id"] == f"ek-{number:02}"])
    release_questionnaire(file, tmp_path / "course")
    asked, k = Course(tmp_path / "course").asked("questionnaire_made", f"ek-{number:02}", "ada")
    parts = [*asked.options, *(dict(asked.parts)["kind"].options if asked.parts else ())]
    letters = {**{o.text: id for id, o in parts}, **{t: id for id, t in (*asked.items, *asked.choices)}}

    def lettered(value):
        if isinstance(value, dict): return {k: lettered(v) for k, v in value.items()}
        return [letters[v] for v in value] if isinstance(value, list) else letters.get(value, value)
    save_answer(tmp_path / "answers.json", asked.question.id, lettered(given), 1, k, "ada", 2)
    verdict = submission_marker(tmp_path / "course", "questionnaire_made", "ada", tmp_path)(f"question-{asked.question.id}", 1)
    about = json.loads(json.dumps(verdict.to_dict()))["asked"]
    if asked.parts or number == 14: assert str(about["chosen"])[:50] == str(chosen)[:50]
    else: assert about["chosen"] == chosen
    assert (about["id"], about["version"], about["variant"], about["attempt"], about["cause"]) == (asked.question.id, 1, k, 2, cause)
    assert verdict.cause == (f"{asked.question.id}/{cause}" if cause else "")


@pytest.mark.parametrize("question", [q for q in DRAWN if q.type in ("numeric", "text", "blanks")], ids=lambda q: q.id)
def test_one_student_does_not_tell_all(question):
    "No answer is that of nearly everybody."
    found = [str(question.solution(asked)) for asked in seats(question.id)[:40]]
    assert len(set(found)) > 1 and max(map(found.count, found)) <= 24, set(found)
