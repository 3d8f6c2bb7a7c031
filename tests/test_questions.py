"""Question files: what authors are told about their mistakes, the course's own questions, exports, the wheel."""
import io
import itertools
import json
import re
import zipfile
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from course_lib.questionnaire.numbers import margin
from course_lib.questionnaire.parts import Tolerance
from course_lib.questionnaire.proofreading import find_problems
from course_lib.questionnaire.model import json_schema
from course_lib.questionnaire.exchange.moodle import moodle_xml
from course_lib.questionnaire.asking.page import page_html
from course_lib.questionnaire.patterns import pattern_problem
from course_lib.questionnaire.exchange.qti import QTI, qti_package
from course_lib.questionnaire.question_files import QuestionErrors, Source, packaged_questionnaires, read_questions
from course_lib.questionnaire.sweep import _margins
from course_lib.questionnaire.versions import fingerprint, record_versions, slug
from course_lib.questionnaire.asking.rendering import to_html
from course_lib.questionnaire.asking.terminal import quiz
from course_lib.questionnaire.variants import self_study

ROOT = Path(__file__).parents[1]
HEAD = "questionnaire: example\ntitle: An example\nquestions:\n"
ABOUT = """  - id: ex-01
    topic: a topic
    section: 01_data#broadcasting
    text: A text
    hint: A hint
    explanation: An explanation
"""
SINGLE = ABOUT + """    type: single
    options:
      - {text: one, correct: true}
      - {text: two, feedback: no}
"""
NUMERIC = ABOUT + """    type: numeric
    vary:
      a: {integer: [1, 9]}
      b: {integer: [1, 9]}
    answer: a + b
    mistakes:
      - {answer: a - b - 20, feedback: minus}
"""


def problems(body, **more): return [str(p) for p in find_problems("my.yaml", text=HEAD + body, **more)]


def test_good_ones_have_no_problems(): assert problems(SINGLE) == problems(NUMERIC) == []


@pytest.mark.parametrize(("body", "change", "line", "column", "said"), [
    (SINGLE, ("feedback: no", "feedbak: no"), 13, 21, "did you mean `feedback`?"),
    (SINGLE, ("    hint:", "    hints:"), 8, 5, "did you mean `hint`?"),
    (SINGLE, ("type: single", "type: singel"), 10, 11, "did you mean `single`?"),
    (SINGLE, (", correct: true", ", feedback: x"), 12, 7, "no option is `correct: true`"),
    (SINGLE, ("two, feedback: no", "two, correct: true"), 12, 7, "2 options are correct"),
    (SINGLE, ("text: two", "text: ' ONE '"), 13, 16, "the same text as option 1"),
    (SINGLE, (", feedback: no", ""), 13, 9, "says not why"),
    (SINGLE, ("    hint: A hint\n", ""), 4, 5, "`hint` is missing"),
    (SINGLE, ("id: ex-01", "id: Example"), 4, 9, "is not an id"),
    (SINGLE, ("#broadcasting", ""), 6, 14, "is not a link"),
    (SINGLE, ("text: A text", "text: 'A {{number}}'"), 7, 11, "`{{number}}` is not drawn or computed"),
    (SINGLE, ("text: A text", "text: '![a picture of something](no.png)'"), 7, 11, "no picture no.png"),
    (SINGLE, ("hint: A hint", "hint: A hint: with a colon"), 8, 17, "needs quotes"),
    (SINGLE, ("    hint: A hint\n", "    hint: A hint\n    hint: Another\n"), 9, 5, "a second time (the first is in line 8)"),
    (SINGLE, ("topic: a topic", "version: 0\n    topic: a topic"), 5, 14, "version"),
    (NUMERIC, ("a - b - 20", "a + 2 * b - 5"), 16, 18, "is as good as the answer"),
    (NUMERIC, ("answer: a + b", "answer: a + bb"), 14, 13, "`bb` is not drawn or computed"),
    (NUMERIC, ("answer: a + b", "answer: a +* b"), 14, 13, "is not a formula"),
    (NUMERIC, ("answer: a + b", "answer: a / b"), 14, 13, "endless decimals"),
    (NUMERIC, ("answer: a + b\n", "answer: a - b\n    tolerance: {rel: 0.1}\n"), 15, 16, "nothing is within a share of 0"),
    (NUMERIC, ("answer: a + b\n", "answer: a + b\n    tolerance: {abs: 0.1, rel: 0.1}\n"), 15, 16, "exactly one of"),
    (NUMERIC, ("a: {integer: [1, 9]}", "a: {integer: [9, 1]}"), 12, 10, "smaller than the second"),
    (NUMERIC, ("a: {integer: [1, 9]}", "a: {uniform: [0, 1]}"), 12, 10, "needs a step"),
    (NUMERIC, ("answer: a + b\n", "answer: a + b\n    where: [a > 10]\n"), 15, 12, "met the conditions"),
    (ABOUT, ("A text\n", "A text\n    type: text\n    accept: [mean]\n    reject: [{text: Mean, feedback: x}]\n"), 10, 14, "is also accepted"),
    (ABOUT, ("A text\n", "A text\n    type: text\n    accept: [{pattern: '(a+)+', example: aa}]\n"), 9, 24, "could take for ever"),
    (ABOUT, ("A text\n", "A text\n    type: text\n    accept: [{pattern: '(a', example: aa}]\n"), 9, 24, "not a regular expression"),
    (ABOUT, ("A text\n", "A text\n    type: text\n    accept: [{pattern: 'a', example: b}]\n"), 9, 38, "the example is not accepted"),
    (ABOUT, ("A text\n", "A text\n    type: order\n    items: [one, two, One]\n"), 9, 12, "there twice"),
    (ABOUT, ("A text\n", "A text\n    type: expression\n    variables: {x: {shape: [n]}}\n    answer: foo(x)\n"), 10, 13, "foo"),
    (ABOUT, ("A text\n", "A text\n    type: expression\n    variables: {x: {shape: [n]}}\n    answer: exp(x)\n"
             "    mistakes: [{answer: torch.exp(x), feedback: f}]\n"), 11, 25, "computes the same"),
    (SINGLE + SINGLE, ("", ""), 14, 9, "also the id of question 1")])
def test_authors_errors_have_a_place_and_a_proposal(body, change, line, column, said):
    text = body.replace(*change, 1)
    assert text != body or change == ("", "")
    found = problems(text)
    assert any(p.startswith(f"my.yaml:{line}:{column}: ") and said in p for p in found), found


@pytest.mark.parametrize("pattern", ["(a+)+", "(ab|cd)*c", "((ab)*)*", "(?:x+y?)+", "(a*){2,}"])
def test_patterns_that_could_take_for_ever(pattern): assert "for ever" in pattern_problem(pattern)


@pytest.mark.parametrize("pattern", ["a+", "(a|b)c*", "torch\\.Size\\(\\[\\d+\\]\\)", "(abc){1,2}d", "[a-z]+ ?[0-9]{2,4}"])
def test_patterns_that_are_fine(pattern): assert pattern_problem(pattern) == ""


def test_links_are_checked_and_the_nearest_is_proposed(tmp_path):
    nb = {"cells": [{"cell_type": "markdown", "source": ["# Data\n", "## What is `F.relu`?\n", "```\n", "# no heading\n", "```"]}]}
    (tmp_path / "01_data.ipynb").write_text(json.dumps(nb))
    assert problems(SINGLE.replace("#broadcasting", "#what-is-frelu"), notebooks=tmp_path) == []
    assert "did you mean `what-is-frelu`?" in problems(SINGLE.replace("#broadcasting", "#what-is-relu"), notebooks=tmp_path)[0]
    assert "did you mean `01_data`?" in problems(SINGLE.replace("01_data", "01_dat"), notebooks=tmp_path)[0]
    assert slug("A loss: for *yes* or no?") == "a-loss-for-yes-or-no"


def test_a_changed_question_needs_a_new_version(tmp_path):
    file = tmp_path / "my.yaml"
    file.write_text(HEAD + SINGLE)
    record_versions([file])
    assert find_problems(file) == []
    file.write_text((HEAD + SINGLE).replace("A text", "Another text"))
    assert "has changed and its version is still 1 (`version: 2`)" in str(find_problems(file)[0])
    file.write_text((HEAD + SINGLE).replace("A text", "Another text").replace("    topic:", "    version: 2\n    topic:"))
    assert find_problems(file) == []
    file.write_text((HEAD + SINGLE).replace("#broadcasting", "#elsewhere"))  # a mended link is no new question
    assert find_problems(file) == []


def test_yaml_is_read_as_it_is_written():
    values = Source("x", 'a: 1e-3\nb: no\nc: 1:30\nd: "1"\ne: 0o7\nf: ~\ng: true\n').values
    assert values | {"a": str(values["a"])} == {"a": "0.001", "b": "no", "c": "1:30", "d": "1", "e": "0o7", "f": None, "g": True}


@pytest.mark.parametrize("text", ["", "[]", "a", "questions: 3", "a: &x [1]\nb: *x", "a: b: c", "\t- a", "{", "a: !!python/object:os.system x", "? [a]\n: b"])
def test_anything_but_questions_is_a_problem_with_a_place(text):
    with pytest.raises(QuestionErrors, match=r"my\.yaml:\d+:\d+: ") as raised: read_questions("my.yaml", text)
    assert all(p.line >= 1 and p.column >= 1 for p in raised.value.problems)


@pytest.mark.parametrize("count", [1, 7, 40])
def test_a_coincidence_in_one_draw_of_many_is_found(count):
    "A mistake that is right for a single value of the grid, or only at the edge of the tolerance."
    body = ABOUT + f"""    type: numeric
    vary:
      a: {{integer: [1, {count * 10}]}}
    answer: a
    tolerance: {{abs: 0.5}}
    mistakes:
      - {{answer: {count * 5} + 0.5 if a == {count * 5} else a + 10, feedback: almost}}
"""
    assert "is as good as the answer" in problems(body)[0] and f"a = {count * 5}" in problems(body)[0]


def test_many_draws_at_once_are_computed_as_single_ones():
    from course_lib.questionnaire.formulas import compute
    from course_lib.questionnaire.sweep import Sweep
    compared = 0
    for q in ALL:
        if q.type != "numeric" or not q.vary: continue
        sweep = Sweep(q, 50)
        for formula in [f for f in (q.answer, *(m.answer for m in q.mistakes)) if isinstance(f, str)]:
            many = sweep.all_of(formula)
            for i in sweep.chosen:
                if values := sweep.exact(int(i)):
                    found = many[int(i)] if getattr(many, "ndim", 0) else many
                    assert float(found) == pytest.approx(float(compute(formula, values)), rel=1e-9, abs=1e-9), (q.id, formula)
                    compared += 1
    assert compared > 3000


# ---- the course's own questions

FILES = {name: read_questions(path) for name, path in packaged_questionnaires().items()}
ALL = [q for file in FILES.values() for q in file.questions]


@pytest.mark.parametrize("name", FILES)
def test_the_courses_questions_have_nothing_wrong(name):
    assert [str(p) for p in find_problems(packaged_questionnaires()[name], ROOT / "nbs")] == []


def test_all_questions_are_recorded():
    record = json.loads((ROOT / "questionnaires" / "versions.json").read_text())
    assert {q.id: fingerprint(q) for q in ALL} == {id: entry["fingerprint"] for id, entry in record.items()}


def test_there_are_enough_questions_of_each_kind():
    def count(test): return sum(map(bool, map(test, ALL)))
    assert len(FILES["mnist_basics"].questions) >= 48 and len(FILES["pet_breeds"].questions) >= 32
    assert count(lambda q: q.vary) >= len(ALL) / 3
    assert count(lambda q: "```" in q.text and ("print" in q.text or "shape" in q.text)) >= 8
    assert count(lambda q: q.type == "order") >= 4 and count(lambda q: q.type == "match") >= 4 and count(lambda q: q.type == "multi") >= 8
    assert {q.type for q in ALL} == {"blanks", "single", "multi", "numeric", "text", "order", "match", "expression", "essay"}
    assert len({q.text for q in ALL}) == len(ALL) == len({q.id for q in ALL})


def test_every_wrong_choice_and_number_is_answered():
    for q in ALL:
        if q.type in ("single", "multi"): assert all(o.correct or o.feedback for o in q.options), q.id
        if q.type in ("numeric", "expression"): assert q.mistakes, q.id
        if q.type == "text": assert q.reject, q.id


def test_right_options_are_not_given_away_by_their_place_or_length():
    first = longest = 0
    singles = [self_study(q) for q in ALL if q.type == "single"]
    for asked in singles:
        texts = [len(o.text) for _, o in asked.options]
        right = next(i for i, (_, o) in enumerate(asked.options) if o.correct)
        first += right == 0
        longest += texts[right] == max(texts)
    assert first < len(singles) / 2


def test_mathematics_of_every_question_is_understood():
    for q in ALL:
        asked = self_study(q)
        for text in (asked.text, asked.fill(q.hint), asked.fill(q.explanation), *(o.text for _, o in asked.options)):
            page = to_html(text)
            assert "$" not in re.sub(r"<pre>.*?</pre>|<code>.*?</code>|<annotation.*?</annotation>", "", page, flags=re.DOTALL), q.id
            assert "{{" not in page, q.id


def test_html_in_a_text_is_shown_and_not_obeyed():
    page = to_html("<script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1)) $\\text{<b>}$")
    assert not re.search(r'<script|<img|="javascript:|<b>', page)


# ---- exports and other front ends

def test_schema_accepts_the_courses_files():
    import jsonschema
    import yaml
    validator = jsonschema.Draft202012Validator(json_schema())
    for path in packaged_questionnaires().values(): assert list(validator.iter_errors(yaml.safe_load(path.read_text()))) == []
    assert list(validator.iter_errors({"questionnaire": "x", "title": "y", "questions": [{"type": "single"}]}))


@pytest.mark.parametrize("name", FILES)
def test_moodle_xml(name):
    root = ET.fromstring(moodle_xml(name))
    kinds = {"category", "multichoice", "numerical", "shortanswer", "ordering", "matching", "essay", "cloze"}
    assert {q.get("type") for q in root} <= kinds
    numbers = [q.findtext("idnumber") for q in root if q.get("type") != "category"]
    assert len(set(numbers)) == len(numbers) >= len(FILES[name].questions)
    for q in root:
        if q.get("type") in ("multichoice", "numerical", "shortanswer"):
            fractions = [float(a.get("fraction")) for a in q.findall("answer")]
            assert max(fractions) > 0 and (q.findtext("single") != "false" or sum(f for f in fractions if f > 0) == pytest.approx(100, abs=0.1))


@pytest.mark.parametrize("name", FILES)
def test_qti(name):
    package = zipfile.ZipFile(io.BytesIO(qti_package(name)))
    manifest = ET.fromstring(package.read("imsmanifest.xml"))
    hrefs = {n.get("href") for n in manifest.iter() if n.tag.endswith("file")}
    assert hrefs == set(package.namelist()) - {"imsmanifest.xml"}
    order = ["responseDeclaration", "outcomeDeclaration", "itemBody", "responseProcessing"]  # several gaps have several of the first two
    refs = {n.get("href") for n in ET.fromstring(package.read("test.xml")).iter(f"{{{QTI}}}assessmentItemRef")}
    assert refs == {h for h in hrefs if h.startswith("items/") and h.endswith(".xml")}
    for href in refs:
        item = ET.fromstring(package.read(href))
        tags = [child.tag.removeprefix(f"{{{QTI}}}") for child in item]
        assert item.tag == f"{{{QTI}}}assessmentItem" and [t for t, _ in itertools.groupby(tags) if t != "modalFeedback"] in (order, order[:-1]), href
        identifiers = {n.get("identifier") for n in item.iter() if n.tag.endswith(("simpleChoice", "simpleAssociableChoice", "inlineChoice"))}
        for value in item.findall(f".//{{{QTI}}}correctResponse/{{{QTI}}}value"):
            if identifiers: assert set(value.text.split()) <= identifiers
        assert all((n.get("src") or "") in {"", *(h.removeprefix("items/") for h in hrefs)} for n in item.iter())


def test_anki(tmp_path):
    from course_lib.questionnaire.exchange.anki import anki_deck
    assert anki_deck("pet_breeds", tmp_path / "a.apkg") == len(FILES["pet_breeds"].questions)
    assert "collection.anki2" in zipfile.ZipFile(tmp_path / "a.apkg").namelist()


def test_a_page_does_not_tell_the_answers():
    for name, file in FILES.items():
        html = page_html(name)
        for q in file.questions:
            secrets = [q.explanation, *(o.feedback for o in getattr(q, "options", [])),
                       *(m.feedback for m in (*getattr(q, "mistakes", []), *getattr(q, "reject", [])))]
            for secret in secrets:
                line = re.split(r"[{`*$\n]", secret)[0]
                if len(line) > 25: assert line not in html, (q.id, line)


def test_terminal_quiz(tmp_path):
    asked = {q.id: self_study(q) for q in FILES["mnist_basics"].questions if q.chapter == "03_binary_loss"}
    typed = []
    for a in asked.values():
        match a.question.type:
            case "single": typed.append(next(id for id, o in a.options if o.correct))
            case "multi": typed.append(" ".join(id for id, o in a.options if o.correct))
            case "numeric": typed += ["?", "wrong", f"{a.answer:f}"]
            case "text": typed.append(a.fill(a.question.accept[0]))
            case "match": typed.append(" ".join(f"{k}{v}" for k, v in a.solution.items()))
            case "expression": typed.append(a.question.answer)
            case "essay": typed.append("my text")
    said, lines = [], iter(typed)
    marks = quiz("mnist_basics", "03_binary_loss", tmp_path / "answers.json", ask=lambda prompt: next(lines), say=said.append)
    assert all(m.score == 1 or m.status == "review" for m in marks.values()) and set(marks) == set(asked)
    assert f"{len(asked)} of {len(asked)} answered" in said[-1]
    quiz("mnist_basics", "03_binary_loss", tmp_path / "answers.json", ask=lambda prompt: pytest.fail("nothing is open"), say=said.append)


def test_commands(tmp_path, monkeypatch, capsys):
    import argparse

    from course_lib.questionnaire.commands import add_commands
    monkeypatch.chdir(tmp_path)
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers(required=True))
    def course(*words):
        args = parser.parse_args(words)
        args.run(args)
        return capsys.readouterr().out
    assert "nothing wrong" in course("questions", "check", "--chapters", str(ROOT / "nbs"))
    assert json.loads(course("questions", "schema"))["title"] == "QuestionFile"
    for kind in ("moodle", "qti", "anki"): assert "written" in course("questions", "export", "mnist_basics", "--to", kind)
    course("questions", "show", "pet_breeds")
    assert {p.name for p in tmp_path.iterdir()} == {"mnist_basics.moodle.xml", "mnist_basics.qti.zip", "mnist_basics.apkg", "questions.html"}
    (tmp_path / "my.yaml").write_text(HEAD + SINGLE.replace("feedback", "feedbak"))
    with pytest.raises(ValueError, match="1 problem in"): course("questions", "check", "my.yaml")
    assert "my.yaml:13:21" in capsys.readouterr().out


@pytest.mark.parametrize("tolerance", [None, {"abs": "0.05"}, {"rel": "0.01"}, {"decimals": 2}, {"sigfigs": 1}, {"sigfigs": 3}], ids=str)
def test_the_margins_of_many_answers_are_that_of_each(tolerance):
    "The float that chooses the draws to be looked at, and the exact one that marks: powers of ten and their neighbours included."
    within = tolerance and Tolerance(**{key: Decimal(value) if isinstance(value, str) else value for key, value in tolerance.items()})
    answers = [Decimal(text) for text in ("0", "1", "-1", "999", "1000", "-1001", "0.001", "0.00099", "9.995", "123456.789", "1e-9", "-2.5e12")]
    many = _margins(np.array([float(answer) for answer in answers]), within)
    assert np.broadcast_to(many, len(answers)) == pytest.approx([float(margin(answer, within)) for answer in answers], rel=1e-9)
