"Answers as people write them are marked as a fair teacher would mark them on paper; the table is `fair_answers.py`."
import pytest
from fair_answers import CHOICES, FORMULAS, NUMBERS, ORDERS, PAIRS, TEXTS

from course_lib.questionnaire.model import TYPES
from course_lib.questionnaire.scoring import mark
from course_lib.questionnaire.variants import self_study

KINDS = {"numeric": NUMBERS, "text": TEXTS, "expression": FORMULAS, "single": CHOICES, "match": PAIRS, "order": ORDERS}
GROUPS = [(kind, what) for kind, groups in KINDS.items() for what in groups]
ABOUT = {"id": "fa-01", "topic": "t", "text": "Which?", "hint": "h", "explanation": "So."}


def question(kind, what): return TYPES[kind](type=kind, **ABOUT, **KINDS[kind][what][0])


def verdict(found):
    if found.status == "invalid": return "told"
    return "right" if found.score == 1 else "partly" if found.score else "wrong"


def as_shown(asked, response):
    "A response with A for what the author wrote first: the letters of pairs and orders are drawn."
    if not (asked.items or asked.prompts): return response
    texts = [*dict.fromkeys(pair.right for pair in asked.question.pairs), *asked.question.extra] if asked.prompts else asked.question.items
    drawn = {text: id for id, text in (asked.choices or asked.items)}
    letters = {chr(ord("A") + i): drawn[text] for i, text in enumerate(texts)}
    if isinstance(response, dict): return {left: letters.get(right, "?") for left, right in response.items()}
    return [letters[id] for id in response] if isinstance(response, list) else response


@pytest.mark.parametrize(("kind", "what"), GROUPS)
def test_each_answer_is_marked_as_on_paper(kind, what):
    asked, groups = self_study(question(kind, what)), zip(("right", "wrong", "told", "partly"), KINDS[kind][what][1:], strict=False)
    expected = [(response, name) for name, responses in groups for response in responses]
    assert [(response, verdict(mark(asked, as_shown(asked, response)))) for response, _ in expected] == expected


@pytest.mark.parametrize(("kind", "what"), [g for g in GROUPS if g[0] in ("numeric", "expression")])
def test_what_cannot_be_read_is_told_without_the_key(kind, what):
    "In an assignment there is only what the student sees; a text can always be read."
    q, (_, right, wrong, told, *_) = question(kind, what), KINDS[kind][what]
    shown = self_study(q).shown()
    for response in right + wrong: assert not type(q).unreadable(shown, response), response
    heard = {response: type(q).unreadable(shown, response) for response in told}
    assert all(words.endswith((".", "?")) for words in heard.values() if words), heard
    # what fails only when it is computed (shapes) needs values; all else is heard at once
    assert [r for r, words in heard.items() if not words] in ([], ["w @ X"])


def test_the_table_is_not_small(): assert sum(len(part) for groups in KINDS.values() for _, *parts in groups.values() for part in parts) > 300
