"""What was answered wrongly comes back after 1, 3, 7 and 21 days, in the widget and in a terminal, and the start page says how much."""
import json
from datetime import date, timedelta

import pytest
from every_kind import WHICH

from course_lib.classroom.progress import to_review
from course_lib.questionnaire.asking import sources
from course_lib.questionnaire.asking.answers import read_answers, save_answer
from course_lib.questionnaire.asking.terminal import quiz
from course_lib.questionnaire.widget import Questionnaire

FIRST = date(2026, 11, 27)
FILE = {"questionnaire": "made", "title": "Made", "questions": [
    {**WHICH, "id": "rv-01", "type": "numeric", "text": "{{a}}?", "answer": "a", "vary": {"a": {"integer": [1, 99]}}, "attempts": 2},
    {**WHICH, "id": "rv-02", "type": "numeric", "answer": 3}, {**WHICH, "id": "rv-03", "type": "essay", "rubric": "r"}]}


@pytest.fixture
def on(tmp_path, monkeypatch):
    "Makes it a day so many days after the first one."
    (tmp_path / "made.yaml").write_text(json.dumps(FILE))
    monkeypatch.chdir(tmp_path)
    return lambda days: monkeypatch.setattr(sources, "today", lambda: FIRST + timedelta(days))


def kept(id="rv-01"): return read_answers("answers.json")["answers"][id].get("review")


def test_a_wrong_answer_comes_back_with_other_numbers_and_then_later(on):
    on(0)
    today = Questionnaire("made.yaml")
    first = str(today._source.asked["rv-01"].answer)
    today.answer("rv-01", "no number")
    assert kept() is None
    for response in "1000", first: today.answer("rv-01", response)  # mended at once: it comes back all the same
    today.answer("rv-02", "3")
    today.answer("rv-03", "a text")
    assert kept() == {"box": 1, "due": "2026-11-28"} and kept("rv-02") is None and kept("rv-03") is None
    assert Questionnaire("made.yaml", review=True).title == "Nothing to review today; something on 2026-11-28"
    day = 0
    for waits, next_box in (1, 2), (3, 3), (7, 4), (21, None):
        on(day := day + waits)
        again = Questionnaire("made.yaml", review=True)
        assert (again.title, list(again._source.shown), again.answers, again.marks) == ("To review today: 1", ["rv-01"], {}, {})
        before = read_answers("answers.json")["answers"]["rv-01"]["variant"]
        assert again.answer("rv-01", str(again._source.asked["rv-01"].answer)).score == 1
        entry = read_answers("answers.json")["answers"]["rv-01"]
        assert entry["variant"] == (before or 0) + 1 and (entry.get("review") or {}).get("box") == next_box
    assert Questionnaire("made.yaml", review=True).title == "Nothing to review today"
    assert Questionnaire("made.yaml").answers["rv-01"] == entry["response"]


def test_a_terminal_reviews_and_a_wrong_answer_goes_back_to_the_first_box(on):
    save_answer("answers.json", "rv-02", "3", review={"box": 3, "due": "2026-11-27"})
    save_answer("answers.json", "rv-01", "3", review={"box": "many", "due": None})
    on(0)
    typed, said = iter(["4", "3", "q"]), []
    assert list(quiz("made.yaml", ask=lambda prompt: next(typed), say=said.append, review=True)) == ["rv-02"]
    assert said[0].startswith("To review today: 1\n") and kept("rv-02") == {"box": 1, "due": "2026-11-28"}


def test_the_start_page_counts_them(tmp_path, monkeypatch):
    monkeypatch.setattr("course_lib.classroom.progress.today", lambda: FIRST)
    (tmp_path / "1_scratch").mkdir()
    for id, due in ("mb-01", "2026-11-27"), ("mb-02", "2026-11-20"), ("mb-03", "2026-11-28"), ("zz-01", "2026-11-01"):
        save_answer(tmp_path / "1_scratch" / "answers.json", id, "a", version=None, review={"box": 1, "due": due})
    assert to_review(tmp_path) == [("1_scratch", "mnist_basics", 2)]
