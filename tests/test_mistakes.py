"""What people really write is told what is wrong with it: the corpus in tests/mistakes, the known mistakes in further spellings, and the steps of help."""
import json
import sys
from pathlib import Path

import pytest
import torch
from assignments import drawn
from rewriting import rewritten
from spellings import SPELLINGS

from course_lib.checks import steps
from course_lib.checks.probing import observe
from course_lib.checks.verdict import Verdict
from course_lib.exercises.checking import check, find_check
from course_lib.settings import Settings, parse_settings
from mistakes import BEFORE, EXERCISES, TRANSFER, of_people, snippets

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
import mistakes_table
import spellings_count as spellings_tool

FAST = [name for name in EXERCISES if name != "pet_block"]  # it paints pictures: `tools/mistakes_table.py` measures it


@pytest.mark.parametrize("name", FAST)
def test_what_people_publish_is_told_its_mistake_and_right_ones_are_accepted(name):
    said = [(s, mistakes_table.judge(s)) for s in snippets(name) if not (s.mistake and s.kept_back)]
    for snippet, verdict in said:
        answer = mistakes_table.answer(snippet, verdict) if snippet.mistake else verdict.status
        assert answer in ("right",) if not snippet.mistake else answer not in ("accepted", "misleading"), f"{snippet.code}\n{verdict}"
    wrong = [(s, v) for s, v in said if s.mistake]
    assert sum(mistakes_table.answer(s, v) == "named" for s, v in wrong) >= 0.8 * len(wrong)


@pytest.mark.parametrize("name", [*FAST, *TRANSFER])
def test_what_people_wrote_who_had_not_read_the_checks_keeps_its_cause(name):
    for snippet, cause in of_people(name):
        verdict = mistakes_table.judge(snippet)
        assert (verdict.status == "right") == (not snippet.mistake) and verdict.cause in cause.split(" or "), f"{snippet.code}\n{verdict}\n{verdict.cause}"


SPELLED = [(name, mistake, code) for name, mistakes in SPELLINGS.items() for mistake, codes in mistakes.items() for code in codes]


@pytest.mark.parametrize("name", list(SPELLINGS))
def test_known_mistakes_are_named_in_every_spelling(name):
    trial, known = drawn(name, 5), {m.name for m in find_check(name).mistakes}
    for mistake, codes in SPELLINGS[name].items():
        assert mistake in known
        for code in codes:
            space = {}
            for cell in (*BEFORE[name], code): exec(cell, space)
            verdict = trial.verdict([observe(c.probe, space[name], c.inputs) for c in trial.cases])
            assert verdict.mistake == mistake, f"{code}\n{verdict}"


def test_a_tenth_of_the_known_mistakes_keeps_its_name_in_two_further_spellings():
    "Programs that are rewritten and do the same: `tools/spellings_count.py` tries them for all of them, and counts."
    tried = 0
    for name in spellings_tool.NAMES:
        spelled = spellings_tool.Spelled(name)
        for mistake in list(spelled.trial.check.mistakes)[::10]:
            found = spelled.spellings(mistake)
            tried += len(found) >= 3
            assert all(cause == f"{name}/{mistake.id}" or cause.startswith("hint/") for cause in found.values()), found
    assert tried >= 50


def test_a_program_in_other_words_does_the_same():
    source = "def f(x, y):\n    x = x + 1\n    return torch.mean((x - y) * 2) if x.sum() > y.sum() else [v for v in x]"
    texts = list(rewritten(source))
    assert len(texts) >= 6 and any("torch.sum(x)" in t for t in texts) and any(".mean()" in t and "torch.mean" not in t for t in texts)
    made = {"torch": torch}
    for text in (source, *texts):
        exec(text, made)
        assert made["f"](torch.ones(2), torch.tensor([0.5, 0.25])).item() == 3.25 and made["f"](torch.full((2,), -1.), torch.ones(2)) == [0, 0]


@pytest.mark.parametrize("name", FAST)
def test_each_form_of_a_known_mistake_is_named(name):
    trial = drawn(name, 7)
    for mistake in trial.check.mistakes:
        for form in mistake.codes[1:]:
            assert trial.verdict(trial.observe(form)).mistake == mistake.name, form.__name__


@pytest.mark.parametrize("name", EXERCISES)
def test_every_case_can_be_worked_by_hand_and_shows_parameters_by_name(name):
    trial = drawn(name, 3)
    wrong = trial.verdict([None] * len(trial.cases))
    for case in trial.cases: assert 10 < len(trial.check.worked(case)) < 900 and "def " not in trial.check.worked(case)
    assert "args" not in dict(wrong.details)["input"]
    assert "by hand" in dict(steps.helped(wrong, 2, trial, [None] * len(trial.cases), None, Settings()).details)


def test_a_solution_is_shown_where_the_course_allows_it_after_honest_attempts_and_never_for_points(tmp_path, monkeypatch):
    (tmp_path / "softmax.py").write_text("def softmax(x): ...  # the instructor's")
    allowed = parse_settings(f"[help]\nsolutions = {tmp_path}\nattempts = 2")
    monkeypatch.setattr(steps, "_attempts", {})
    wrong = Verdict("softmax", "wrong")
    steps.note_attempt("softmax", "one", wrong)
    steps.note_attempt("softmax", "one", wrong)
    assert steps.solution("softmax", allowed, tmp_path) == ("", "A solution is shown after 2 attempts of your own: 1 more to go.")
    steps.note_attempt("softmax", "another", wrong)
    assert "the instructor's" in steps.solution("softmax", allowed, tmp_path)[0]
    assert steps.solution("softmax", Settings(), tmp_path)[0] == steps.solution("sigmoid", allowed, tmp_path)[0] == ""
    cell = {"cell_type": "code", "source": "", "metadata": {"nbgrader": {"grade": True}}}
    (tmp_path / "sheet.ipynb").write_text(json.dumps({"cells": [cell]}))
    assert steps.solution("softmax", allowed, tmp_path)[0] == ""


softmax = None


def test_check_gives_more_help_when_it_is_asked_for():
    global softmax
    def softmax(x): return x.exp() / x.exp().sum()
    assert "by hand" not in str(check("softmax")) and "by hand" in str(check("softmax", hint=2))
    assert "This course shows no solutions." in str(check("softmax", hint=3))


def test_the_table_of_the_manual_is_that_of_the_last_measurement():
    counts = json.loads(mistakes_table.ROWS.read_text())
    assert mistakes_table.TABLE.text() == mistakes_table.as_markdown(counts)
    total = {name: sum(1 for e in EXERCISES for s in snippets(e) if s.mistake and mistakes_table.belongs_to(s) == name) for name in counts}
    assert total == {name: of["wrong"] for name, of in counts.items()}, "run: python tools/mistakes_table.py"
