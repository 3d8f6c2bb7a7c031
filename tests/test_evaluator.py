"""One evaluator, three algebras: what each refuses, and that decimals and arrays mean the same."""
import ast
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.questionnaire.arithmetic import BadExpression
from course_lib.questionnaire.evaluator import Algebra, evaluate
from course_lib.questionnaire.expressions import Tensors
from course_lib.questionnaire.formulas import PRECISION, Decimals, FormulaError, compute
from course_lib.questionnaire.sweep import Arrays

NAMES = {"a": Decimal("0.5"), "b": Decimal(3)}
ALGEBRAS = [(Decimals, NAMES, FormulaError), (Arrays, {n: np.full(4, float(v)) for n, v in NAMES.items()}, ValueError),
            (Tensors, {n: np.full((2, 2), float(v)) for n, v in NAMES.items()}, BadExpression)]


def parsed(text): return ast.parse(text, mode="eval").body


@pytest.mark.parametrize("text", [
    "a.__class__", "().__class__", "a.real", "a.tolist()", "__import__('os')", "open('x')", "print(a)", "eval('a')", "getattr(a, 'b')",
    "(lambda: a)()", "lambda: a", "[x for x in a]", "{x for x in a}", "{x: x for x in a}", "(x for x in a)", "{a: b}", "{a, b}", "f'{a}'",
    "(x := a)", "exp(*[a])", "exp(**a)", "[*a]", "a if a in b else b", "a is b", "a & b", "a | b", "a ^ b", "a << b", "a >> b", "~a", "b'x'", "...",
    "1j", "unknown", "unknown(a)", "exp(a)(b)", "exp[a](b)", "os.exp(a)", "torch.unknown(a)", "a[b:b, b:b].x", "(yield a)"])
@pytest.mark.parametrize(("algebra", "names", "error"), ALGEBRAS, ids=["decimals", "arrays", "tensors"])
def test_what_no_formula_may_contain_is_refused_by_each_algebra(algebra, names, error, text):
    "Also without the list of names that a student's text is held against before it is evaluated."
    with pytest.raises((error, TypeError) if algebra is Arrays else error): evaluate(parsed(text), names, algebra())


def test_an_algebra_that_says_nothing_knows_nothing():
    "One expression for each kind of part: whatever is not said is refused."
    for text in ("1", "x", "-y", "y + y", "y and y", "y < y", "y if y else y", "y[y]", "y[y:y]", "y.T", "exp(y)", "y.exp()", "torch.exp(y)"):
        with pytest.raises(ValueError, match="is not allowed in a formula"): evaluate(parsed(text), {"y": 1}, Algebra())
    assert evaluate(parsed("[y, (y, y)]"), {"y": 1}, Algebra()) == [1, [1, 1]]


def test_only_the_branch_that_is_asked_for_is_computed():
    assert compute("a if a > 0 else 1 / 0", {"a": Decimal(2)}) == 2
    with pytest.raises(FormulaError, match="divides by 0"): compute("a if a < 0 else 1 / 0", {"a": Decimal(2)})


FORMULAS = ["a + b * c", "a - b / (c + 10)", "-a + +b", "abs(a) // 1", "(a + 10) % 3", "(a + 9) ** 2", "mean([a, b, c])", "median([a, b, c])",
            "median([a, b])", "sum([a, b, c])", "len([a, b])", "sorted([c, a, b])[1]", "max(a, b, c)", "min([a, b])", "relu(a)", "sigmoid(a)",
            "softmax([a, b, c])[2]", "round(a, 2)", "floor(a)", "ceil(b)", "exp(a / 10)", "log(abs(a) + 1)", "sqrt(abs(b))",
            "a if a > b else c", "1 if a < b < c else 0", "1 if not a > b and (b > c or a == b) else 2", "[a, b, c][2 if a > b else 0]"]


@given(st.lists(st.tuples(*[st.decimals(-9, 9, places=3)] * 3), min_size=1, max_size=5), st.sampled_from(FORMULAS))
def test_arrays_mean_what_decimals_mean(rows, text):
    "The functions are made once for both; what is left to each of them gives the same numbers, up to rounding."
    columns = {name: np.array([float(row[i]) for row in rows]) for i, name in enumerate("abc")}
    many = np.broadcast_to(evaluate(parsed(text), columns, Arrays()), len(rows))
    for row, found in zip(rows, many, strict=True):
        exact = compute(text, dict(zip("abc", row, strict=True)))
        assert float(exact) == pytest.approx(float(found), rel=1e-9, abs=1e-9), (text, row)


def test_every_function_of_authors_is_known_to_both():
    assert set(Decimals.functions) == set(Arrays.functions)
    used = {node.func.id for text in FORMULAS for node in ast.walk(parsed(text)) if isinstance(node, ast.Call)}
    assert used == set(Decimals.functions), "each of them is compared above"


@pytest.mark.parametrize(("text", "value"), [("median([4, 1])", "2.5"), ("median([5, 1, 4, 2, 3])", "3"), ("mean([1, 2])", "1.5"), ("relu(-1)", "0"),
    ("relu(2)", "2"), ("sigmoid(0)", "0.5"), ("softmax([1, 1])[0]", "0.5"), ("len([1, 2])", "2"), ("sum([1, 2, 3])", "6")])
def test_what_the_composed_functions_give(text, value):
    found = compute(text, {})
    assert found == Decimal(value) and type(found) is Decimal


def test_decimals_stay_exact():
    assert compute("0.1 + 0.2 == 0.3", {}) is True and compute("mean([0.1, 0.2])", {}) == Decimal("0.15")
    assert len(str(compute("1 / 3", {})).lstrip("0.")) == PRECISION.prec
    with pytest.raises(FormulaError, match="Overflow"): compute("9 ** 9 ** 9 ** 9", {})


def test_one_answer_cannot_compute_without_end():
    "The work of an answer is that of all its parts together, wherever they stand."
    algebra, x = Tensors(), np.zeros(50_000)
    with pytest.raises(BadExpression, match="more than any answer needs"):
        for _ in range(100): evaluate(parsed("exp(x) + exp(x)"), {"x": x}, algebra)
