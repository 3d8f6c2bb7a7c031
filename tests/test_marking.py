"""The marking contract: the rules one by one, and Hypothesis with anything at all."""
import json
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course_lib.questionnaire.self_test import cases, disagreements
from course_lib.questionnaire.scoring import MAX_RESPONSE, Mark, mark
from course_lib.questionnaire.model import TYPES
from course_lib.questionnaire.question_files import packaged_questionnaires, read_questions
from course_lib.questionnaire.variants import Draws, draw, self_study, variant_of

QUESTIONS = [q for path in packaged_questionnaires().values() for q in read_questions(path).questions]
ABOUT = {"id": "tt-01", "topic": "t", "section": "01_data#x", "text": "t", "hint": "h", "explanation": "e"}


def make(type, **keys): return TYPES[type].model_validate({**ABOUT, "type": type, **keys})


def numeric(answer="0.35", **keys): return make("numeric", answer=Decimal(answer), **keys)


WITHIN = {"abs": Decimal("0.001")}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.id)
def test_every_question_grades_itself(question):
    for asked in [self_study(question), *(draw(question, b"a key", str(i)) for i in range(4))]:
        assert disagreements(asked) == []


def test_there_are_cases_of_every_kind():
    kinds = {case.what for q in QUESTIONS for case in cases(self_study(q))}
    assert {"a foreseen mistake", "hostile", "wrong type", "blank", "too long", "a comma", "a bound"} <= kinds


@pytest.mark.parametrize("response", ["0.351", "0.349", "0,35", " 0.35 ", "\u00a00.35\u00a0", ".35", "3.5e-1", "+0.35", 0.35, "0.3500"])
def test_numbers_that_are_right(response): assert mark(numeric(tolerance=WITHIN), response) == Mark(1.0, "ok", "Right.")


@pytest.mark.parametrize("response", ["1,234", "nan", "NaN", "inf", "-inf", "1e400", 1e309, float("nan"), True, False, "1.5²", "٣", "1_0",
                                      "1/3", "0x1", "1,2,3", "1.2.3", "12e", "e3", [0.35], {"a": 1}, 10**400, "1e999999999"])
def test_what_is_not_a_number(response): assert mark(numeric(tolerance=WITHIN), response).status == "invalid"


@pytest.mark.parametrize("response", [None, "", "  ", "\n"])
def test_blank(response):
    for question in QUESTIONS: assert mark(question, response).status == "blank"


def test_just_outside_is_wrong():
    assert mark(numeric(tolerance=WITHIN), "0.3510000000000000000000001").score == 0
    assert mark(numeric(), "0.35000001").score == 0 and mark(numeric(), "0.350").score == 1


def test_minus_signs(): assert mark(numeric("-2"), "\u22122").score == mark(numeric("-2"), "-2.0").score == 1


@pytest.mark.parametrize(("answer", "tolerance", "right", "wrong"), [
    ("0.43333", {"sigfigs": 3}, ["0.433", "0.43383", "0.43283"], ["0.434", "0.4328"]),
    ("1234", {"sigfigs": 2}, ["1200", "1284", "1184"], ["1285", "1183"]),
    ("0.43333", {"decimals": 2}, ["0.43", "0.43833"], ["0.44", "0.42"]),
    ("200", {"rel": Decimal("0.01")}, ["198", "202"], ["197.99", "202.01"])])
def test_tolerances(answer, tolerance, right, wrong):
    question = numeric(answer, tolerance=tolerance)
    assert all(mark(question, r).score == 1 for r in right) and all(mark(question, w).score == 0 for w in wrong)


def test_a_foreseen_number_gets_its_own_feedback():
    question = numeric("3", mistakes=[{"answer": 6, "feedback": "That is the sum."}])
    assert mark(question, "6").feedback == "That is the sum." and mark(question, "7").feedback == "Not right."


OPTIONS = [{"text": "a", "correct": True, "id": "a"}, {"text": "b", "correct": True, "id": "b"},
           {"text": "c", "feedback": "no c", "id": "c"}, {"text": "d", "feedback": "no d", "id": "d"}]


@pytest.mark.parametrize(("marking", "response", "score"), [
    ("net_correct", ["a", "b"], 1), ("net_correct", ["a"], 0.5), ("net_correct", ["a", "b", "c"], 0.5), ("net_correct", ["a", "c"], 0),
    ("net_correct", ["c", "d"], 0), ("net_correct", ["a", "a", "a"], 0.5), ("all_or_nothing", ["a"], 0), ("all_or_nothing", ["b", "a"], 1),
    ("each_answer", ["a"], 0.75), ("each_answer", ["a", "b", "c", "d"], 0.5), ("each_answer", ["c", "d"], 0)])
def test_multi(marking, response, score):
    question = make("multi", options=OPTIONS, marking=marking)
    assert mark(question, response).score == mark(question, set(response)).score == score


def test_multi_invalid_and_blank():
    question = make("multi", options=OPTIONS)
    assert mark(question, []).status == "blank" and mark(question, ["a", "z"]).status == mark(question, {"a": 1}).status == "invalid"
    nothing = make("multi", options=[{**o, "correct": False} for o in OPTIONS], nothing_correct=True)
    assert mark(nothing, []) == Mark(1.0, "ok", "Right.") and mark(nothing, ["a"]).score == 0


def test_single():
    question = make("single", options=[{"text": "x", "correct": True}, {"text": "y", "feedback": "no"}], shuffle=False)
    assert mark(question, "a").score == 1 and mark(question, "b") == Mark(0.0, "ok", "no")
    assert all(mark(question, r).status == "invalid" for r in ("c", "A", ["a"], 0, True, b"a"))


def test_text():
    question = make("text", accept=["mean squared error", {"pattern": "ms?e", "example": "mse"}],
                    reject=[{"text": "mean square error", "feedback": "squared"}, {"pattern": "m.e", "example": "mae", "feedback": "which?"}])
    assert mark(question, "  Mean\u00a0 SQUARED error ").score == 1 and mark(question, "me").score == 1
    assert mark(question, "mean square error") == Mark(0.0, "ok", "squared")
    assert mark(question, "MSE") == Mark(0.0, "ok", "which?")  # reject is looked at first


def test_misspellings():
    allowed = make("text", accept=["gradient of 12345", "the relu"], misspellings=True)
    assert all(mark(allowed, r).score == 1 for r in ("gradiant of 12345", "gradent of 12345", "graddient of 12345", "rgadient of 12345"))
    assert all(mark(allowed, r).score == 0 for r in ("gradient of 12346", "gradnt of 12345", "the rellu", "the rolu", "gradient off 12345"))
    assert mark(make("text", accept=["gradient"]), "gradiant").score == 0


@pytest.mark.parametrize(("order", "score"), [("abcde", 1), ("bcdea", 0.75), ("edcba", 0), ("bacde", 0.75), ("acebd", 0.5)])
def test_order(order, score):
    question = make("order", items=list("vwxyz"))
    asked = self_study(question)
    assert mark(asked, [asked.solution["abcde".index(c)] for c in order]).score == score


def test_order_and_match_invalid():
    order = self_study(make("order", items=list("vwxyz")))
    assert all(mark(order, r).status == "invalid" for r in (["a", "b"], [*order.solution, "a"], ["a"] * 5, "abcde", [1, 2, 3, 4, 5]))
    match = self_study(make("match", pairs=[{"left": str(i), "right": f"r{i}"} for i in range(4)], extra=["x"]))
    assert mark(match, {"1": match.solution["1"]}).score == 0.25 and mark(match, {"1": ""}).status == "blank"
    assert mark(match, {**match.solution, "5": "a"}).status == mark(match, {"1": "zz"}).status == mark(match, []).status == "invalid"


@pytest.mark.parametrize("response", ["__import__('os').system('touch /tmp/pwned')", "x.__class__.__mro__", "(lambda: x)()", "[y for y in x]",
                                      "open('f')", "exp.__globals__", "x if x else x", "f'{x}'", "x.sum.__self__", "torch.load('f')", "x[...]",
                                      "x + 'a'", "print(x)", "eval('1')", "x; x", "import os", "x := 1", "arange(10**9)", "x" * 600])
def test_expressions_outside_the_list(response):
    question = make("expression", answer="exp(x)", variables={"x": {"shape": ["n"]}})
    assert mark(question, response).status == "invalid"


@pytest.mark.parametrize("response", ["reshape(x, -1, 1) * x * 9.9 ** 9 ** 9", "x ** 10 ** 10 ** 10", "x @ x * 1e308 * 10", "(x > 0) ** -1"])
def test_expressions_that_would_be_large_end_soon(response):
    question = make("expression", answer="exp(x)", variables={"x": {"shape": ["n"]}})
    assert mark(question, response).score == 0


@pytest.mark.parametrize("question", [q for q in QUESTIONS if q.type == "expression"], ids=lambda q: q.id)
def test_the_expressions_are_torchs(question):
    "What the evaluator computes for the right answer is what torch computes, written with torch's own functions."
    import torch

    from course_lib.questionnaire.expressions import samples, values_of
    names = {n: getattr(torch, n) for n in ("exp", "sqrt", "where", "relu", "log", "sigmoid")}
    for row, found in zip(samples(question), values_of(question.answer, question), strict=True):
        tensors = {k: torch.tensor(v) for k, v in row.items()}
        expected = eval(question.answer, {**names, "range": range, "len": len, **tensors})  # the author's text, in a test
        assert torch.allclose(expected.double(), torch.tensor(found).double())


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.sampled_from(["a", "b", "1", "1,5", "x", "exp(x)", "−3"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.tuples(inner, inner) | st.sets(st.text()), max_leaves=20)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ANYTHING, st.sampled_from(QUESTIONS))
def test_anything_at_all(response, question):
    found = mark(question, response)
    assert type(found.score) is float and 0 <= found.score <= 1
    assert found.status in ("ok", "blank", "invalid", "review") and isinstance(found.feedback, str)
    assert found == mark(question, response)
    if found.status != "ok": assert found.score == 0


@settings(max_examples=300, deadline=None)
@given(st.text(min_size=1), st.sampled_from([q for q in QUESTIONS if q.type in ("text", "expression", "numeric")]))
def test_feedback_never_repeats_hostile_text(response, question):
    found = mark(question, f"<b>{response}</b>")
    assert "<b>" not in found.feedback


class Liar(str):
    def __eq__(self, other): return True
    def __hash__(self): return hash("a")
    def __len__(self): raise RuntimeError
    def strip(self): raise RuntimeError


class Strange:
    def __getattribute__(self, name): raise RuntimeError(name)
    def __eq__(self, other): return True


DEEP, LOOP = [], []
for _ in range(20_000): DEEP = [DEEP]
LOOP.append(LOOP)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.id)
def test_objects_that_lie(question):
    for strange in (Liar("a"), Strange(), [Strange()], {"a": Liar("b")}, type, mark, DEEP, LOOP, {Liar("1"): "a"}, 3j):
        assert mark(question, strange).status == "invalid"


def test_too_long():
    for question in QUESTIONS:
        assert mark(question, "1" * (MAX_RESPONSE + 1)).status == "invalid"
        assert mark(question, ["a"] * (MAX_RESPONSE + 1)).status == "invalid"


def test_marking_ignores_the_callers_decimal_context():
    from decimal import Context, localcontext
    with localcontext(Context(prec=2)): assert mark(numeric(tolerance=WITHIN), "0.352").score == 0


def test_variants_are_the_same_everywhere():
    draws = Draws(b"key", "ada", "mb-01", 1)
    assert [draws.below(1000) for _ in range(5)] == [130, 346, 82, 151, 847]  # computed once; it must never change
    assert [variant_of(s, "mb-01", 1, "salt", 20) for s in ("ada", "alan", "grace")] == [6, 0, 6]


def test_variants_differ_between_students_and_stay_for_one():
    for question in (q for q in QUESTIONS if q.vary):
        texts = [json.dumps(draw(question, b"key", f"s{i}").shown()) for i in range(30)]
        assert len(set(texts)) > 5 and texts == [json.dumps(draw(question, b"key", f"s{i}").shown()) for i in range(30)]


def test_orders_are_never_shown_solved():
    for question in (q for q in QUESTIONS if q.type == "order"):
        for i in range(200):
            asked = draw(question, b"key", str(i))
            assert [id for id, _ in asked.items] != list(asked.solution)
