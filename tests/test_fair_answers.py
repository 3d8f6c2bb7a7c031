"Answers as people write them are marked as a fair teacher would mark them on paper; the table is `fair_answers.py`."
import pytest
from fair_answers import FORMULAS, NUMBERS, TEXTS

from course_lib.questionnaire.model import TYPES
from course_lib.questionnaire.scoring import mark
from course_lib.questionnaire.variants import self_study

KINDS = {"numeric": NUMBERS, "text": TEXTS, "expression": FORMULAS}
GROUPS = [(kind, what) for kind, groups in KINDS.items() for what in groups]
ABOUT = {"id": "fa-01", "topic": "t", "text": "Which?", "hint": "h", "explanation": "So."}


def question(kind, what): return TYPES[kind](type=kind, **ABOUT, **KINDS[kind][what][0])


def verdict(found): return "told" if found.status == "invalid" else "right" if found.score == 1 else "wrong"


@pytest.mark.parametrize(("kind", "what"), GROUPS)
def test_each_answer_is_marked_as_on_paper(kind, what):
    asked, groups = question(kind, what), zip(("right", "wrong", "told"), KINDS[kind][what][1:], strict=True)
    expected = {response: name for name, responses in groups for response in responses}
    assert {response: verdict(mark(asked, response)) for response in expected} == expected


@pytest.mark.parametrize(("kind", "what"), [g for g in GROUPS if g[0] != "text"])
def test_what_cannot_be_read_is_told_without_the_key(kind, what):
    "In an assignment there is only what the student sees; a text can always be read."
    q, (_, right, wrong, told) = question(kind, what), KINDS[kind][what]
    shown = self_study(q).shown()
    for response in right + wrong: assert not type(q).unreadable(shown, response), response
    heard = {response: type(q).unreadable(shown, response) for response in told}
    assert all(words.endswith((".", "?")) for words in heard.values() if words), heard
    # what fails only when it is computed (shapes) needs values; all else is heard at once
    assert [r for r, words in heard.items() if not words] in ([], ["w @ X"])


def test_the_table_is_not_small(): assert sum(len(part) for groups in KINDS.values() for _, *parts in groups.values() for part in parts) > 300
