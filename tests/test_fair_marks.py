"""Marks that stand: no student's answer changes another's, nothing is computed that could grow, a wrong key can be mended."""
import argparse
import json
import random
import re
import time
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course_lib.questionnaire.asking import answers
from course_lib.questionnaire import expressions
from course_lib.questionnaire.asking.answers import MAX_BYTES, AnswersDamaged, read_answers, save_answer
from course_lib.questionnaire.arithmetic import FUNCTIONS
from course_lib.questionnaire.self_test import cases
from course_lib.questionnaire.proofreading import find_problems
from course_lib.questionnaire.expressions import BadExpression, values_of
from course_lib.questionnaire.assignment.question_cells import Course, mark_question, marking_state, needs_a_look, question_states, rubric_of, \
    submission_marker, submission_table
from course_lib.questionnaire.scoring import mark
from course_lib.questionnaire.model import TYPES
from course_lib.questionnaire.patterns import BadPattern, matches_whole, pattern_problem
from course_lib.questionnaire.question_files import QuestionErrors, packaged_questionnaires, read_questions
from course_lib.questionnaire.versions import earlier_fingerprint, fingerprint, record_versions
from course_lib.questionnaire.assignment.release import course_key, release_questionnaire
from course_lib.questionnaire.variants import draw, self_study

ABOUT = {"id": "tt-01", "topic": "t", "section": "01_data#x", "text": "t", "hint": "h", "explanation": "e"}


def make(type, **keys): return TYPES[type].model_validate({**ABOUT, "type": type, **keys})


def formula(answer, id="tt-01", **variables):
    return make("expression", id=id, answer=answer, variables={n: v for n, v in (variables or {"x": {"shape": ["n"]}}).items()})


# ---- one student's answer and another's mark

EXPRESSIONS = [formula("(x - m) / s", "tt-11", x={"shape": ["n"]}, m={}, s={"between": [1, 3]}), formula("x @ y", "tt-12", x={"shape": ["n", "k"]}, y={"shape": ["k"]}),
               formula("samples + 1", "tt-13", samples={}), formula("clamp(x, -1, 1)", "tt-14", x={}), formula("expected * grids", "tt-15", expected={}, grids={})]
WRITERS = ["exp({0}, {0})", "log({0}, {0})", "sqrt({0}, {0})", "abs({0}, {1})", "square({0}, {0})", "tanh({0}, {0})", "maximum({0}, {1}, {0})", "minimum({0}, {1}, {0})",
           "matmul({0}, {1}, {0})", "maximum({0}*0, {0}*0, {0}).sum() + maximum({1}*0, {1}*0, {1}).sum()", "exp({0}, out={0})", "exp({0}, where={0})",
           "clamp({0}, 0, 0, {0})", "where({0}, {0}, {0}, {0})", "[{0}, {1}]", "({0}, {0})[0]", "{0}.T", "{0}[:]", "{0}.sum(0, True, {0})", "amax({0}, 0, {0})",
           "t({0}, {0})", "relu({0}, {0})", "float({0}, {0})", "len({0}, {0})", "{0}.view({0}.shape)", "{0}", "{0} * 0", "pow({0}, {0}, {0})", "{0}.squeeze({0})"]
QUESTIONS = [q for path in packaged_questionnaires().values() for q in read_questions(path).questions]


def attempts(asked):
    "Responses of every sort to a question, those that write into what they are given among them."
    found = [case.response for case in cases(asked) if case.what not in ("too long", "too long in parts", "wrong type")]
    if asked.question.type == "expression":
        names = list(asked.question.variables) * 2
        found += [writer.format(*names) for writer in WRITERS] * 2 + [asked.question.answer] * 5
    return found


def alone(question, key, student, response):
    "The mark where nobody has ever been marked before."
    for cache in (expressions._points, expressions._float_points, expressions._kept_values): cache.cache_clear()
    return mark(draw(type(question).model_validate(question.model_dump(exclude_unset=True)), key, student), response)


def interleavings(count, seed, length=30):
    "Random rows of 20 students' responses to all questions; the marks that differ from the mark alone, and how many were compared."
    rng, students = random.Random(seed), [f"student{i}" for i in range(20)]
    questions = QUESTIONS + EXPRESSIONS * 4  # the hostile ones are among formulas, so these come often
    pool = []
    for _ in range(1500):
        question, student = rng.choice(questions), rng.choice(students)
        response = rng.choice(attempts(draw(question, b"key", student)))
        pool.append((question, student, response, alone(question, b"key", student, response)))
    shared = {(id(q), s): draw(q, b"key", s) for q, s, _, _ in pool}
    wrong, compared = [], 0
    for _ in range(count):
        for question, student, response, expected in rng.choices(pool, k=length):
            found = mark(shared[id(question), student], response)
            compared += 1
            if found != expected: wrong.append((question.id, student, response, found, expected))
    return wrong, compared


def test_every_mark_is_the_mark_alone():
    wrong, compared = interleavings(500, seed=1, length=20)
    assert wrong == [] and compared == 10_000


@pytest.mark.parametrize("question", [q for q in QUESTIONS if q.type == "expression"] + EXPRESSIONS, ids=lambda q: q.id)
def test_no_answer_reaches_what_the_next_one_is_compared_with(question):
    names = list(question.variables) * 2
    right = mark(question, question.answer)
    assert right.score == 1
    for writer in WRITERS:
        mark(question, writer.format(*names))
        assert mark(question, question.answer) == right, writer
    bought = "maximum({0}*0, {0}*0, {0}) + maximum({1}*0, {1}*0, {1})".format(*names)
    assert mark(question, bought).score == 0 and mark(question, question.answer) == right


@pytest.mark.parametrize("text", ["exp(x, x)", "maximum(x, y, x)", "abs(x, y)", "exp(x, out=x)", "maximum(None, -1, 1)", "matmul(x, y, x)", "where(x, y)", "sum(x, 0, True, x)"])
def test_a_function_takes_what_its_parameters_name(text):
    question = formula("x + y", x={"shape": [3]}, y={"shape": [3]})
    assert mark(question, text).status == "invalid"


def test_samples_cannot_be_written_to():
    for question in EXPRESSIONS:
        for row in expressions.samples(question):
            for value in row.values():
                with pytest.raises(ValueError, match="read-only"): value[...] = 0
        for value in expressions.known_values(question.answer, question):
            with pytest.raises(ValueError, match="read-only"): value[...] = 0


@pytest.mark.parametrize("name", ["samples", "grids", "self_study", "expected", "self", "x"])
def test_a_variable_may_have_any_name(name):
    question = formula(name, **{name: {"shape": ["n"]}})
    assert mark(question, name).score == 1 and mark(question, f"{name} + 1").score == 0


# ---- bounded before it is computed

BOMBS = ["torch.pow(999999999, 999999999)", "9**9**9", "9**9**9**9", "(-1)**0.5", "pow(2, pow(2, pow(2, 99)))", "x.unsqueeze(0)" + ".unsqueeze(0)" * 9,
         "[" * 40 + "1" + "]" * 40, "[[x, x], [x, x]]", "len(1)", "x[999999999]", "x[0:999999999]", "x[999999999:-999999999:-1]", "-" * 100 + "x", "- " * 240 + "x",
         "x.sum(dim=x)", "x.softmax(dim=x)", "x.view(x)", "x.sum(dim=[x, x])", "x[0.5]", "x[x]", "x[1e9]", "arange(1000).view(1000, 1) + arange(1000)",
         "arange(1000).view(1000, 1) @ arange(1000).view(1, 1000)", "(arange(300).view(300, 1) + arange(300))[[0] * 9]",
         "(torch.arange(150).view(150,1)+torch.arange(150)).view(1,22500)[torch.arange(100).view(100,1)*torch.arange(150)*0]",
         "arange(1000)[arange(1000).view(1000, 1) * 0]", "arange(0).view(1000000000, 0).sum(1)", "arange(0).view(99999, 0) @ arange(0).view(0, 99999)",
         "arange(0).view(1000, 1, 0) + arange(0).view(1, 1000, 0)", "x[None, None, None, None, None, None, None]", "x.view(1)" + ".softmax(0)" * 27,
         "x" + ".sigmoid()" * 36, "arange(1000)" + " ** x" * 25, "arange(1000)" + ".logsumexp(0, True)" * 20, "1_000_000_000_0", "1e999", "1j", "...", "x[...]", "x[True]",
         "x[None > 0]", "exp", "torch", "torch.exp", "F", "x.mean.sum()", "arange(0).mean()", "x[1:1].amax()", "x[arange(0)].mean()", "0 / 0", "x % 2", "x // 2", "~x",
         "x if 1 else x", "*x", "x[1:2, 3:4]", "(x)(x)", "x()", "1(2)", "exp(*x)", "exp(**x)", "x.shape[x]", "x.shape[9]", "x.shape + x.shape", "[] + x", "[].sum()", "x[[]]",
         "\\", "'x'", "\ud800", "\x00", "x\x00", "１＋x", "x[x > 0][x > 0]", "True + True", "None + 1", "-None", "-[1, 2]", "True.sum()", "x.t(x)", "where(None, 1, 2)"]


def process_seconds(what):
    start = time.process_time()
    what()
    return time.process_time() - start


@pytest.mark.parametrize("shape", [[], ["n"], ["n", "m"], [40, 50]], ids=str)
def test_no_bomb_goes_off(shape):
    question = formula("exp(x)", x={"shape": shape})
    mark(question, "x")
    for text in BOMBS:
        taken = min(process_seconds(lambda: mark(question, text)) for _ in range(2))  # noqa: B023
        assert mark(question, text).score == 0, text
        assert taken < 0.1, (text, taken)  # 0.05 on a machine that does nothing else


def test_an_index_or_a_power_takes_no_memory():
    import resource
    question = formula("x * 1", x={})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for text in BOMBS: mark(question, text)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KB


SMALL = st.sampled_from(["x", "y", "m", "1", "2", "0.5", "999999999", "None", "True", "[0, 1]", "[]", "arange(5)", "arange(1000)", "x.shape", "y.T"])


def _larger(inner):
    binary = st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "**", "@", "<", "=="]), inner).map(lambda t: f"({' '.join(t)})")
    index = st.tuples(inner, st.one_of(inner, st.tuples(inner, inner).map(", ".join), st.tuples(inner, inner).map(":".join), st.just(":, None")))
    call = st.tuples(st.sampled_from(sorted(FUNCTIONS)), st.lists(inner, max_size=3), st.sampled_from(["", "dim=", "keepdim=", "out=", "min="]))
    return st.one_of(binary, index.map("{0[0]}[{0[1]}]".format), inner.map("-{}".format), st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]"),
                     call.map(lambda c: f"{c[0]}({', '.join([*c[1][:-1], *(c[2] + part for part in c[1][-1:])])})"))


@pytest.mark.filterwarnings("error")
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.recursive(SMALL, _larger, max_leaves=12))
def test_any_formula_is_computed_soon_or_refused(text):
    question = formula("x @ y", x={"shape": ["n", "k"]}, y={"shape": ["k", 3]}, m={})
    def compute():
        try: values_of(text, question)
        except BadExpression: pass
    assert min(process_seconds(compute) for _ in range(2)) < 0.1, text


def test_forbidden_names_are_found_however_they_are_written():
    question = make("expression", answer="exp(x) / exp(x).sum(1, True)", variables={"x": {"shape": ["n", 3]}}, forbid=["softmax"])
    for text in ("x.softmax(1)", "(x.softmax)(1)", "torch.softmax (x, 1)", "F.softmax\t(x, dim=1)", "x.ſoftmax(1)"): assert mark(question, text).status == "invalid", text


LONG = ["9" * 9_998 + "x", "." * 9_999, "-" * 9_999, " " * 9_998 + "x", "a" * 9_999, "a " * 4_999, "(" * 9_999, "9," * 4_999, "9." * 4_999, "1e" + "9" * 9_990, "\u0130" * 9_999,
        "\u1680" * 9_998 + "x", "9" * 9_000 + "e" + "9" * 900, "[" * 9_000, ["a"] * 9_999, {str(i): "a" for i in range(3_000)}, "{{a}}" * 1_999]


@pytest.mark.parametrize("question", [next(q for q in QUESTIONS if q.type == type and bool(q.vary) == vary) for type in TYPES for vary in (False, True)
                                      if any(q.type == type and bool(q.vary) == vary for q in QUESTIONS)], ids=lambda q: q.id)
def test_a_long_answer_is_marked_soon(question):
    self_study(question)
    for response in LONG: assert min(process_seconds(lambda: mark(question, response)) for _ in range(2)) < 0.1, str(response)[:20]  # noqa: B023


AS_TORCH = """x.sum(1)|x.sum(0, True)|x.mean(dim=-1, keepdim=True)|x.amax(1)|amin(x, 0)|softmax(x, 1)|F.log_softmax(x, dim=0)|logsumexp(x, 1)|x.logsumexp(-1, keepdim=True)
x @ v|v @ v|x.T @ x|x.t().shape[0] * v|x.view(-1, 1)|x.reshape(1, -1, 1).squeeze()|x.squeeze(0)|v.unsqueeze(-1) + v|x[:, 1]|x[t]|x[range(len(t)), t]|x[x > 1]|x[t == 1]
x[:, None]|x[-1, -1]|x[0:2, 1:]|where(x > 1, x, s)|clamp(x, 0.5, 1)|x.clamp(min=1)|x.clamp_min(1)|x ** 0.5|2 ** x|(x > 1).float().mean()|maximum(v, -v)|arange(3) * s
x[[0, 1], [1, 0]]|x.sum(dim=(0, 1))|x.mean((0, 1), True)|x.shape[0] / x.shape[1] * s|x[0][1]|x[t, t]|torch.pow(x, 3)|F.relu(v)|v.sigmoid().tanh().abs().square()"""


def test_what_is_computed_is_what_torch_computes():
    import torch
    question = formula("x", x={"shape": ["n", "m"], "between": [0.1, 3]}, v={"shape": ["m"]}, t={"shape": ["n"], "between": [0, 1], "integer": True}, s={})
    names = {n: getattr(torch, n) for n in ("softmax", "logsumexp", "amin", "where", "clamp", "maximum", "arange")}
    for text in re.split(r"[|\n]", AS_TORCH):
        for row, found in zip(expressions.samples(question), values_of(text, question), strict=True):
            expected = eval(text, {**names, "torch": torch, "F": torch.nn.functional, "range": range, "len": len, **{k: torch.tensor(v) for k, v in row.items()}})
            expected = torch.as_tensor(expected).double()
            assert expected.shape == found.shape and torch.allclose(expected, torch.tensor(found).double()), text


# ---- enough points

@pytest.mark.parametrize(("answer", "wrong", "variable"), [
    ("clamp(x, -1, 1)", "minimum(x, 1)", {}), ("clamp(x, -1, 1)", "maximum(x, -1)", {}), ("clamp(x, -2.5, 2.5)", "x", {}), ("where(x > 2.9, 1, 0)", "0*x", {}),
    ("where(x < -2.9, 1, 0)", "0*x", {}), ("relu(x)", "x", {}), ("abs(x)", "relu(x)", {}), ("where(x >= 3, 1, 0)", "0*x", {}),
    ("clamp(x, 0.05, 0.95)", "x", {"between": [0, 1]}), ("where(x == 9, 1, 0)", "0*x", {"between": [0, 9], "integer": True}),
    ("clamp(x, -2.9, 2.9)", "x", {"shape": ["n"]}), ("minimum(x, 2.9)", "x", {"shape": ["n", 3]}), ("x.sum(0)", "x.sum(1)", {"shape": ["n", "m"]})])
def test_what_differs_somewhere_in_the_range_is_told_apart(answer, wrong, variable):
    for id in ("tt-01", "tt-02", "ab-77"):
        question = formula(answer, id, x=variable)
        assert mark(question, answer).score == 1 and mark(question, wrong).score == 0


def test_the_points_belong_to_the_whole_id():
    def first(id): return expressions.samples(formula("x", id, x={}))[20]["x"].item()
    assert len({first(f"tt-{i:02}") for i in range(50)}) == 50 and first("tt-01") == first("tt-01")
    shapes = {row["x"].shape for row in expressions.samples(formula("x", x={"shape": ["n", "m"]}))}
    assert len(shapes) > 6 and all(n != m for n, m in shapes)


@pytest.mark.parametrize(("answer", "variable"), [("log(x)", {}), ("sqrt(x)", {"shape": ["n"]}), ("(2 * x) ** 0.5", {}), ("exp(x).sum()", {"shape": ["n"], "between": [800, 900]}),
                                                  ("x / 0", {}), ("0 * x / 0", {})])
def test_a_key_without_finite_values_is_refused_and_gives_nobody_zero(answer, variable):
    question = formula(answer, x=variable)
    body = f"    type: expression\n    variables: {json.dumps({'x': variable})}\n    answer: {answer}\n"
    assert any("no finite number" in p for p in problems(body))
    for response in (answer, "exp(x).mean()", "x"): assert mark(question, response).status == "review"


def test_a_foreseen_mistake_must_be_finite_too():
    body = "    type: expression\n    variables: {x: {}}\n    answer: x\n    mistakes: [{answer: log(x), feedback: f}]\n"
    assert any(":13:25: ex-01: this gives no finite number" in p for p in problems(body)), problems(body)
    at_the_end = "    type: expression\n    variables: {x: {between: [0, 3]}}\n    answer: log(x)\n"
    assert problems(at_the_end) == []  # log(0) is the end of the range, and nobody's mistake
    assert mark(formula("log(x)", x={"between": [0, 3]}), "log(x)").score == 1


# ---- patterns

@pytest.mark.parametrize("pattern", ["(a+)+b", "a*a*a*a*a*a*a*b", "(a|aa)+b", ".*.*.*.*x", "(a?){60}a{60}b", r"(\w+\s?)*!", "(?:a*)*b", "([a-z]+)*[0-9]", "(.*)(.*)(.*)(.*)c"])
def test_no_pattern_takes_long(pattern):
    for text in ("a" * 300, "a " * 150, "ab" * 150, "x" * 300):
        assert process_seconds(lambda: matches_whole(pattern, text)) < 0.5  # noqa: B023
    question = make("text", accept=[{"pattern": pattern, "example": "a"}])
    assert process_seconds(lambda: mark(question, "a" * 300)) < 0.5


PATTERN = st.recursive(st.sampled_from(["a", "b", "ß", ".", r"\d", r"\w", "[ab]", "[^a]", r"\b", "^", "$", " ", r"\.", "É", "x{2}"]),
                       lambda p: st.one_of(st.tuples(p, p).map("".join), st.tuples(p, p).map("(?:{0[0]}|{0[1]})".format), p.map("({})*".format), p.map("(?:{})?".format),
                                           p.map("(?:{}){{1,3}}".format), p.map("(?:{})+?".format)), max_leaves=6)


@settings(max_examples=250, deadline=None)
@given(PATTERN, st.text("abxs1. É\u00e9", max_size=6))
def test_a_pattern_means_what_it_means_to_python(pattern, text):
    expected = re.fullmatch(pattern.replace("ß", "ss"), text, re.IGNORECASE) is not None  # a text is compared in folded case
    assert matches_whole(pattern, text) == expected


@pytest.mark.parametrize("pattern", ["(?=a)b", "(?<!a)b", r"(a)\1", "(?>a)", "a*+", "(?-i:a)", "(a{1000}){1000}", "(a", "^(?i)relu$"])
def test_what_a_pattern_may_not_have_is_said_by_the_check_and_never_a_zero(pattern):
    assert pattern_problem(pattern)
    with pytest.raises(BadPattern): matches_whole(pattern, "a")
    assert mark(make("text", accept=[{"pattern": pattern, "example": "a"}]), "a").status == "review"


def test_a_drawn_number_in_a_pattern():
    keys = {"type": "text", "vary": {"n": {"choice": [Decimal("0.5"), 12, 7]}}, "accept": [{"pattern": r"\[{{n}}, *3\]", "example": "[{{n}}, 3]"}],
            "reject": [{"pattern": r"\[3, *{{n}}\]", "example": "[3, {{n}}]", "feedback": "the other way round"}]}
    question = make(**keys)
    for i in range(20):
        asked = draw(question, b"key", str(i))
        n = asked.fill("{{n}}")
        assert mark(asked, f"[{n},   3]").score == 1 and mark(asked, f"[3, {n}]").feedback == "the other way round"
        assert mark(asked, f"[{n.replace('.', 'x')}, 3]").score == (1 if "." not in n else 0)
    ignoring = draw(make(**{**keys, "spaces": "ignore", "vary": {"n": {"choice": ["two words", "one"]}}}), b"key", "ada")
    assert mark(ignoring, ignoring.fill("[{{n}},3]")).score == 1
    body = "    type: text\n    vary: {n: {integer: [1, 9]}}\n    accept: [{pattern: '\\[{{n}}, *3\\]', example: '[%s, 3]'}]\n"
    assert problems(body % "{{n}}") == [] and any("the example is not accepted, with n = " in p for p in problems(body % "5"))


# ---- one bounded read

HEAD = "questionnaire: example\ntitle: An example\nquestions:\n"
BODY = "  - id: ex-01\n    topic: a topic\n    section: 01_data#broadcasting\n    text: A text\n    hint: A hint\n    explanation: An explanation\n"


def problems(body): return [str(p) for p in find_problems("my.yaml", text=HEAD + BODY + body)]


def padded(text, char=" "): return text + char * (MAX_BYTES - len(text) - 10)


HOSTILE = {"twins": '{"answers": {' + '"a": {}, ' * 100_000 + '"b": {}}}', "different": '{"answers": {' + ",".join(f'"{i}": {{}}' for i in range(70_000)) + "}}",
           "deep": "[" * 999_000, "deep objects": '{"a":' * 190_000, "open string": padded('{"answers": "', '"'), "quotes": '"' + '\\"' * 490_000,
           "backslashes": '"' + "\\" * 999_000, "digits": '{"answers": {"mb-01": {"response": ' + "[" + ",".join(["9" * 4000] * 240) + "]}}}", "blank": padded(""),
           "brackets": '{"answers": {}, "a": [' + ",".join(["[]"] * 300_000) + "]}"}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_costs_one_short_look(name, tmp_path):
    (tmp_path / "answers.json").write_text(HOSTILE[name])
    assert len(HOSTILE[name]) <= MAX_BYTES
    def look():
        try: read_answers(tmp_path / "answers.json")
        except AnswersDamaged as error: assert len(str(error)) < 200
    assert process_seconds(look) < 2


def test_a_file_larger_than_answers_need_is_not_read(tmp_path):
    path = tmp_path / "answers.json"
    path.write_text('{"answers": {}}' + " " * MAX_BYTES)
    with pytest.raises(AnswersDamaged, match="more than 1 MB"): read_answers(path)
    path.unlink()
    save_answer(path, "mb-01", "an essay, " * 9_000)
    with pytest.raises(ValueError, match="more than 1 MB"): save_answer(path, "mb-02", "x" * MAX_BYTES)
    assert list(read_answers(path)["answers"]) == ["mb-01"]  # what was there is there


def test_only_an_ordinary_file_is_opened(tmp_path):
    import os
    path, secret = tmp_path / "answers.json", tmp_path / "secret"
    secret.write_text('{"answers": {}}')
    for place in (lambda: path.symlink_to(secret), lambda: os.mkfifo(path), path.mkdir):
        place()
        with pytest.raises(AnswersDamaged, match="not an ordinary file"): read_answers(path)
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


NAME = "questionnaire_mnist_basics"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    root = tmp_path_factory.mktemp("course")
    release_questionnaire("mnist_basics", root)
    return Course(root)


def hand_in(course, student, text, name=NAME):
    folder = course.folder / "submitted" / student / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "answers.json").write_text(text)
    return folder


def test_answers_are_read_once_for_all_questions(course, monkeypatch):
    folder, reads = hand_in(course, "ada", '{"answers": {"mb-01": {"response": "a"}}}'), []
    real = answers._plain_bytes
    monkeypatch.setattr(answers, "_plain_bytes", lambda path: reads.append(path) or real(path))
    marker = submission_marker(course.folder, NAME, "ada", folder)
    verdicts = [marker(f"question-{q.id}", float(q.points)) for q in course.questions(NAME).questions if q.type != "essay"]
    assert len(verdicts) > 50 and len(reads) == 1
    submission_table(course, NAME, "ada", folder)
    assert len(reads) == 2


PLACES = ['{"answers": {"%s": {"response": "\\ud800"}}}', '{"answers": {"%s": {"response": ["\\udfff", "a\\ud800"]}}}', '{"answers": {"%s": {"response": {"\\ud800": "\\udc00"}}}}',
          '{"student": "\\ud800", "answers": {"%s": {"response": "a"}}}', '{"answers": {"\\ud800": {"response": "a"}, "%s": {"response": "a", "version": "\\ud800"}}}',
          '{"answers": {"%s": {"response": "a", "variant": "\\udead"}}}']


@pytest.mark.parametrize("text", PLACES)
def test_half_a_character_anywhere_is_no_reason_to_stop(course, text, capsys):
    for question in {q.type: q for q in course.questions(NAME).questions}.values():
        folder = hand_in(course, "emil", text.replace("%s", question.id))
        if question.type != "essay": json.dumps(submission_marker(course.folder, NAME, "emil", folder)(f"question-{question.id}").to_dict(), ensure_ascii=False).encode()
    print(needs_a_look(course, NAME))
    capsys.readouterr().out.encode()


def test_one_submission_that_cannot_be_looked_at_does_not_hide_the_others(course, monkeypatch):
    hand_in(course, "ada", '{"student": "bob", "answers": {"mb-01": {"response": "a"}}}')
    hand_in(course, "zoe", "{")
    real = read_answers
    def failing(path):
        if "ada" in path.parts: raise RuntimeError("no reason at all")
        return real(path)
    monkeypatch.setattr("course_lib.questionnaire.assignment.question_cells.read_answers", failing)
    found = needs_a_look(course, NAME)
    assert found["ada"] == "cannot be looked at: RuntimeError: no reason at all" and "answers.json, line 1" in found["zoe"]


def test_what_nobody_knows_is_raised_and_no_zero(course, tmp_path):
    folder = hand_in(course, "ada", '{"answers": {}}')
    with pytest.raises(KeyError, match="no question mb-99"): submission_marker(course.folder, NAME, "ada", folder)("question-mb-99")
    with pytest.raises(FileNotFoundError): submission_marker(course.folder, "another", "ada", folder)("question-mb-01")
    with pytest.raises(FileNotFoundError): submission_marker(tmp_path, NAME, "ada", tmp_path)


# ---- a wrong key in a running course

FILE = HEAD + """  - id: ex-01
    topic: t
    section: 01_data#broadcasting
    type: single
    text: Which is it?
    options:
      - {text: one, correct: true}
      - {text: two, feedback: not two}
      - {text: three, feedback: not three}
    hint: h
    explanation: e
  - id: ex-02
    topic: t
    section: 01_data#broadcasting
    type: numeric
    text: What is {{a}} + {{b}}?
    vary: {a: {integer: [1, 50]}, b: {integer: [60, 99]}}
    answer: a + b
    mistakes: [{answer: a - b, feedback: minus}]
    hint: h
    explanation: e
  - id: ex-03
    topic: t
    section: 01_data#broadcasting
    type: essay
    text: Why?
    rubric: because
    hint: h
    explanation: e
"""
EXAMPLE = "questionnaire_example"


@pytest.fixture
def running(tmp_path):
    "A course in which `example` was released and ada handed in `two` and the difference."
    (tmp_path / "example.yaml").write_text(FILE)
    course = Course(release_questionnaire(tmp_path / "example.yaml", tmp_path / "course").parents[1])
    folder = course.folder / "submitted" / "ada" / EXAMPLE
    folder.mkdir(parents=True)
    option, k = course.asked(EXAMPLE, "ex-01", "ada")
    save_answer(folder / "answers.json", "ex-01", next(id for id, o in option.options if o.text == "two"), 1, k, "ada")
    number, k = course.asked(EXAMPLE, "ex-02", "ada")
    save_answer(folder / "answers.json", "ex-02", str(number.values["a"] - number.values["b"]), 1, k, "ada")
    return SimpleNamespace(course=course, folder=folder, file=course.folder / "questions" / "example.yaml", original=tmp_path / "example.yaml")


def mend(running, *changes):
    text = running.file.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    running.file.write_text(text)


def now(running, id): return mark_question(running.course, EXAMPLE, id, "ada", running.folder)[1]


NEW_KEY = ("{text: one, correct: true}", "{text: one, feedback: no}"), ("two, feedback: not two", "two, correct: true")


@pytest.mark.parametrize("changes", [NEW_KEY, [("two, feedback: not two", "two, accept_also: true, feedback: not two")], [("    type: single", "    everybody: true\n    type: single")]],
                         ids=["new key", "accept also", "everybody"])
@pytest.mark.parametrize("raised", [False, True])
def test_a_mended_key_reaches_the_answers_that_were_given(running, changes, raised):
    assert now(running, "ex-01").score == 0
    before, states = marking_state(running.course.folder, EXAMPLE), question_states(running.course.folder, EXAMPLE)
    mend(running, *changes, *([("    type: single", "    version: 2\n    type: single")] if raised else []))
    assert now(running, "ex-01").score == 1 and now(running, "ex-01").status == "ok"
    assert marking_state(running.course.folder, EXAMPLE) != before
    changed = {id for id, state in question_states(running.course.folder, EXAMPLE).items() if state != states[id]}
    assert changed == {"question-ex-01"} and set(states) == {"question-ex-01", "question-ex-02"}
    if raised:  # and again after what the new version was raised for: a second release
        release_questionnaire(running.file, running.course.folder)
        assert now(running, "ex-01").score == 1 and now(running, "ex-02").score == 0


def test_the_same_for_numbers(running):
    mend(running, ("answer: a + b\n    mistakes", "answer: a + b\n    accept_also: [a - b]\n    version: 3\n    mistakes"))
    assert now(running, "ex-02").score == 1


@pytest.mark.parametrize("change", [("Which is it?", "Which is it not?"), ("text: three", "text: four")])
def test_where_what_was_asked_has_changed_a_person_looks(running, change):
    mend(running, change, ("    type: single", "    version: 2\n    type: single"))
    found = now(running, "ex-01")
    assert found.status == "review" and "version 1" in found.feedback
    verdict = submission_marker(running.course.folder, EXAMPLE, "ada", running.folder)("question-ex-01", 1.0)
    assert verdict.status == "review" and "has changed since" in verdict.why
    release_questionnaire(running.file, running.course.folder)
    assert now(running, "ex-01").status == "review"


def test_numbers_that_changed_under_the_same_version_are_not_marked_by_program(running):
    mend(running, ("integer: [1, 50]", "integer: [1, 40]"))
    assert now(running, "ex-02").status == "review"
    with pytest.raises(ValueError, match="what students see has changed since version 1"): release_questionnaire(running.file, running.course.folder)


@pytest.mark.parametrize("version", [True, "1", [1], 1.0, 0, -1, 10**400, {"a": 1}])
def test_a_version_that_is_none(running, version):
    save_answer(running.folder / "answers.json", "ex-01", "a", version, None, "ada")
    assert now(running, "ex-01").status == "invalid"


def test_a_version_of_which_nothing_is_recorded_needs_a_person(running):
    record = running.course.folder / "questions" / f"{EXAMPLE}.json"
    record.write_text(json.dumps({k: v for k, v in json.loads(record.read_text()).items() if k != "versions"}))  # as of an earlier release of this course
    assert now(running, "ex-01").status == "ok"
    mend(running, ("    type: single", "    version: 2\n    type: single"))
    assert now(running, "ex-01").status == "review"


def test_everybody_is_whoever_handed_in(running):
    mend(running, ("    type: single", "    everybody: true\n    type: single"))
    for text in ("{", '{"answers": {}}', '{"answers": {"ex-01": {"response": "zz", "version": 9}}}', None):
        (running.folder / "answers.json").write_text(text) if text else (running.folder / "answers.json").unlink()
        verdict = submission_marker(running.course.folder, EXAMPLE, "ada", running.folder)("question-ex-01", 2.0)
        assert verdict.status == "right" and verdict.score == 1 and "Everybody" in verdict.why
        assert now(running, "ex-02").score == 0


@pytest.mark.parametrize(("type", "keys", "response"), [
    ("numeric", {"answer": 3, "accept_also": [4, "2 + 3"], "mistakes": [{"answer": 4, "feedback": "f"}]}, "4"),
    ("numeric", {"answer": 3, "accept_also": [4, "2 + 3"]}, "5"),
    ("text", {"accept": ["mean"], "accept_also": ["average"], "reject": [{"text": "average", "feedback": "f"}]}, "Average"),
    ("text", {"accept": ["mean"], "accept_also": [{"pattern": "avg.?", "example": "avg"}]}, "avg."),
    ("expression", {"answer": "x", "variables": {"x": {}}, "accept_also": ["x + 1"], "mistakes": [{"answer": "x + 1", "feedback": "f"}]}, "1 + x")])
def test_what_is_accepted_besides(type, keys, response): assert mark(make(type, **keys), response).score == 1


def test_accepted_besides_in_orders_pairs_and_choices():
    order = self_study(make("order", items=["p", "q", "r"], accept_also=[[2, 1, 3]]))
    a, b, c = order.solution
    assert mark(order, [b, a, c]).score == mark(order, [a, b, c]).score == 1 and mark(order, [c, b, a]).score < 1
    match = self_study(make("match", pairs=[{"left": "1", "right": "p", "accept_also": ["r"]}, {"left": "2", "right": "q"}], extra=["r"]))
    r = next(id for id, text in match.choices if text == "r")
    assert mark(match, {"1": r, "2": match.solution["2"]}).score == 1 and mark(match, {"1": match.solution["1"], "2": r}).score == 0.5
    options = [{"text": t, "id": t, "correct": t == "a", "accept_also": t == "c", "feedback": "" if t == "a" else "no"} for t in "abc"]
    for marking in ("net_correct", "all_or_nothing", "each_answer"):
        multi = make("multi", options=options, marking=marking)
        assert mark(multi, ["a"]).score == mark(multi, ["a", "c"]).score == 1 and mark(multi, ["c"]).score < 1 and mark(multi, []).status == "blank"


@pytest.mark.parametrize(("type", "keys"), [("order", {"items": ["p", "q", "r"], "accept_also": [[1, 2]]}), ("order", {"items": ["p", "q", "r"], "accept_also": [[1, 2, 4]]}),
                                            ("match", {"pairs": [{"left": "1", "right": "p", "accept_also": ["z"]}, {"left": "2", "right": "q"}]})])
def test_accept_also_names_what_there_is(type, keys):
    with pytest.raises(ValueError, match="accept_also"): make(type, **keys)


def test_check_asks_for_a_new_version_only_where_students_see_something_else(tmp_path):
    file = tmp_path / "example.yaml"
    file.write_text(FILE)
    record_versions([file])
    for changes in (NEW_KEY, [("answer: a + b", "answer: a + 2 * b")], [("hint: h", "hint: look")], [("rubric: because", "rubric: why not")], [("feedback: minus", "feedback: no")],
                    [("    type: single", "    everybody: true\n    points: 2\n    type: single")]):
        text = FILE
        for old, new in changes: text = text.replace(old, new)
        assert text != FILE and [str(p) for p in find_problems(file, text=text)] == [], changes
    for old, new in (("Which is it?", "Which?"), ("text: three", "text: four"), ("[1, 50]", "[1, 51]"), ("Why?", "Why not?")):
        assert "its version is still 1" in str(find_problems(file, text=FILE.replace(old, new))[0])
    record = json.loads((tmp_path / "versions.json").read_text())  # records of earlier releases are understood
    for q in read_questions(file).questions: record[q.id]["fingerprint"] = earlier_fingerprint(q)
    (tmp_path / "versions.json").write_text(json.dumps(record))
    assert find_problems(file) == [] and fingerprint(q) != earlier_fingerprint(q)


# ---- what is released

def contents(folder): return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def command(*words):
    from course_lib.questionnaire.commands import add_commands
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers(required=True))
    args = parser.parse_args([str(w) for w in words])
    args.run(args)


BAD = [("{text: one, correct: true}", "{text: one, feedback: f}"), ("#broadcasting", "#nowhere"), ("answer: a + b", "answer: a + c"), ("a - b, feedback", "a + b, feedback")]


@pytest.mark.parametrize("change", BAD, ids=lambda c: c[1][:16])
def test_nothing_wrong_is_released_or_exported(change, tmp_path, capsys):
    from course_lib.courses import this_course
    (tmp_path / "bad.yaml").write_text(FILE.replace(*change))
    course = tmp_path / "course"
    course.mkdir()
    for words in (("release", tmp_path / "bad.yaml", "--course", course), ("export", tmp_path / "bad.yaml", "--to", "moodle", "--out", course / "x.xml")):
        with pytest.raises(ValueError, match=r"\d+ problems? in the questions"): command("questions", *words, "--chapters", this_course().notebooks)
        assert "bad.yaml:" in capsys.readouterr().out and contents(course) == {}
    if change[1] != "#nowhere":
        with pytest.raises(QuestionErrors): release_questionnaire(tmp_path / "bad.yaml", course)
    assert list(course.iterdir()) == []


def test_a_release_that_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    (tmp_path / "example.yaml").write_text(FILE)
    (tmp_path / "course" / "source").mkdir(parents=True)
    def full(*args): raise OSError("no space left on device")
    for name in ("assignment_notebook", "released", "_keep"):
        with monkeypatch.context() as m:
            m.setattr(f"course_lib.questionnaire.assignment.release.{name}", full)
            with pytest.raises(OSError, match="no space"): release_questionnaire(tmp_path / "example.yaml", tmp_path / "course")
        assert [p.name for p in (tmp_path / "course").rglob("*")] == ["source"], name
    release_questionnaire(tmp_path / "example.yaml", tmp_path / "course")
    before = contents(tmp_path / "course")
    with monkeypatch.context() as m:
        m.setattr("course_lib.questionnaire.assignment.release.released", full)
        with pytest.raises(OSError, match="no space"): release_questionnaire(tmp_path / "example.yaml", tmp_path / "course")
    assert contents(tmp_path / "course") == before


def test_an_essay_with_drawn_numbers_is_released_and_marked_with_the_same(tmp_path):
    text = FILE.replace("text: Why?", "text: Why {{n}}?\n    vary: {n: {integer: [1, 99]}}").replace("rubric: because", "rubric: because of {{n}}")
    (tmp_path / "example.yaml").write_text(text)
    folder = release_questionnaire(tmp_path / "example.yaml", tmp_path / "course")
    cell = next(c for c in json.loads((folder / f"{EXAMPLE}.ipynb").read_text())["cells"] if c["metadata"]["nbgrader"]["grade_id"] == "text-ex-03")
    n = re.search(r"Why (\d+)\?", "".join(cell["source"]))[1]
    assert rubric_of("essay-ex-03", EXAMPLE, folder) == f"because of {n}"


def test_ids_and_files_of_another_questionnaire_are_refused(running, tmp_path):
    other = FILE.replace("questionnaire: example", "questionnaire: other")
    (tmp_path / "other.yaml").write_text(other)
    before = contents(running.course.folder)
    with pytest.raises(ValueError, match=r"ex-01, ex-02, ex-03: of these ids questionnaire_example has questions"): release_questionnaire(tmp_path / "other.yaml", running.course.folder)
    running.original.write_text(other.replace("ex-0", "ox-0"))
    with pytest.raises(ValueError, match="also the name of the file"): release_questionnaire(running.original, running.course.folder)
    with pytest.raises(ValueError, match="problem"): command("questions", "check", running.file, tmp_path / "other.yaml")
    assert contents(running.course.folder) == before


def test_a_copy_that_was_mended_in_the_course_is_not_overwritten(running):
    mend(running, *NEW_KEY)
    with pytest.raises(ValueError, match="was edited in this course"): release_questionnaire(running.original, running.course.folder)
    release_questionnaire(running.file, running.course.folder)
    assert now(running, "ex-01").score == 1
    with pytest.raises(ValueError, match="was edited in this course"): release_questionnaire(running.original, running.course.folder)
    with pytest.raises(ValueError, match="20 variants"): release_questionnaire(running.file, running.course.folder, count=30)


def test_a_second_release_leaves_everybody_their_numbers(running):
    before = contents(running.course.folder)
    release_questionnaire(running.original, running.course.folder)
    release_questionnaire(running.file, running.course.folder)
    assert contents(running.course.folder) == before and course_key(running.course.folder) == running.course.key


def test_other_assignments_have_no_state(running, tmp_path):
    assert marking_state(running.course.folder, "loss_functions") == "" == marking_state(tmp_path / "nowhere", EXAMPLE)
    before = marking_state(running.course.folder, EXAMPLE)
    running.file.write_text("# a remark\n" + running.file.read_text())
    assert marking_state(running.course.folder, EXAMPLE) == before  # a remark is no key
