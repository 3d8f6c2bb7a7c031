"""The questions in a page without a kernel: the same marks as Python's, kept in the browser, fast, and readable."""
import io
import itertools
import json
import math
import zipfile
from xml.etree import ElementTree as ET

import pytest
from every_kind import FILE
from fair_answers import FORMULAS, NUMBERS, TEXTS
from browser import CONTRAST, NEEDS_CHROMIUM, OUT, barriers, expect, open_page, running_chromium

from course_lib.questionnaire.self_test import cases
from course_lib.questionnaire.scoring import mark
from course_lib.questionnaire.asking.page import page_module, sealed_questions, write_page
from course_lib.questionnaire.exchange.qti import QTI, qti_package
from course_lib.questionnaire.question_files import packaged_questionnaires, read_questions
from course_lib.questionnaire.variants import self_study

pytestmark = NEEDS_CHROMIUM


@pytest.fixture(scope="module")
def browser():
    with running_chromium() as chromium: yield chromium


@pytest.fixture()
def page(browser):
    errors = []
    page = open_page(browser, errors)
    yield page
    page.context.close()
    assert not errors, errors


ABOUT = {"questionnaire": "mended", "title": "Mended keys"}
OPTIONS = [{"text": t, "correct": t in "ab", "accept_also": t == "d", "feedback": "" if t in "ab" else "no"} for t in "abcd"]
MENDED = [  # what the course's own copy of a question may say once students have answered
    *({"type": "multi", "options": OPTIONS, "marking": marking} for marking in ("net_correct", "all_or_nothing", "each_answer")),
    {"type": "multi", "options": OPTIONS, "everybody": True},
    {"type": "single", "options": [o | {"correct": o["text"] == "a"} for o in OPTIONS]},
    {"type": "order", "items": ["p", "q", "r"], "accept_also": [[2, 1, 3]]},
    {"type": "order", "items": ["p", "q", "r", "s"], "ties": [[2, 3]]},
    {"type": "single", "options": [{"text": "a", "correct": True}, {"text": "b", "share": "0.5", "feedback": "f"}, {"text": "c", "last": True, "feedback": "f"}]},
    {"type": "match", "pairs": [{"left": "1", "right": "p", "accept_also": ["r"]}, {"left": "2", "right": "q"}], "extra": ["r"]},
    {"type": "numeric", "answer": 3, "accept_also": [4, "2 + 3"], "mistakes": [{"answer": 4, "feedback": "f"}]},
    {"type": "numeric", "answer": 3, "everybody": True},
    {"type": "text", "accept": ["mean"], "accept_also": ["average"], "reject": [{"text": "average", "feedback": "f"}]}]


def mended(folder):
    "A question file with these questions."
    more = {"section": "03_binary_loss#questions-and-exercise", "topic": "t", "text": "Which?", "explanation": "So.", "version": 1, "points": 1, "hint": "h"}
    file = folder / "mended.yaml"
    file.write_text(json.dumps(ABOUT | {"questions": [{"id": f"me-{i:02}", **more, **q} for i, q in enumerate(MENDED)]}))
    return file


def given(asked):
    "Every response to such a question that a page could send."
    if asked.options: return [[*c] for n in range(1, 5) for c in itertools.combinations([i for i, _ in asked.options], n)] if asked.question.type == "multi" else [i for i, _ in asked.options]
    if asked.items: return [[*p] for p in itertools.permutations([i for i, _ in asked.items])]
    if asked.prompts: return [{"1": a, "2": b} for a in "abc" for b in "abc"]
    return ["3", "4", "5", "6", "mean", "average"][slice(4) if asked.question.type == "numeric" else slice(4, None)]


def enterable(question, response):
    "Whether the page's widget could send this response at all."
    kind = question.type
    if kind == "blanks": return type(response) is dict and set(response) <= set(question.blanks) and all(type(r) is str and len(r) < 300 and r.isprintable() for r in response.values())
    if kind in ("numeric", "text", "expression", "essay"): return type(response) is str and len(response) < 300 and response.isprintable()
    if kind == "single": return type(response) is str and len(response) == 1
    if kind in ("multi", "order"): return type(response) is list and all(type(r) is str and len(r) == 1 for r in response) and \
        len(set(response)) == len(response) and (kind == "multi" or bool(question.extra) or len(response) == len(question.items))
    return kind == "match" and type(response) is dict and all(type(v) is str and len(v) == 1 for v in response.values()) and "99" not in response


def with_marks(page):
    "A page that can do nothing but mark."
    page.goto("about:blank")
    page.add_script_tag(type="module", content=page_module() + "\nwindow.mark = mark;")
    page.wait_for_function("() => Boolean(window.mark)")


def marks_in(page, data, rows):
    "The score and the status that a page gives for rows of (id, response); as one text, which reaches the browser faster than as many values."
    code = "(text) => { const [data, rows] = JSON.parse(text); return JSON.stringify(rows.map(([id, r]) => { const m = mark(data[id], r); return [m.score, m.status]; })); }"
    return json.loads(page.evaluate(code, json.dumps([data, rows])))


def test_the_page_marks_as_python_does(page, tmp_path):
    with_marks(page)
    (tmp_path / "every_kind.yaml").write_text(json.dumps(FILE))
    compared = 0
    for name, path in [*packaged_questionnaires().items(), (tmp_path / "every_kind.yaml",) * 2]:
        data = {q["id"]: q for q in sealed_questions(name)["questions"]}
        rows, expected, other = [], [], []
        for question in read_questions(path).questions:
            asked = self_study(question)
            for case in cases(asked):
                if not enterable(question, case.response): continue
                rows.append([question.id, case.response])
                expected.append((question.id, case.response, mark(asked, case.response)))
        found = marks_in(page, data, rows)
        for (id, response, m), (score, status) in zip(expected, found, strict=True):
            if not (math.isclose(m.score, score, abs_tol=1e-9) and status == m.status): other.append((id, response, m, score, status))
        compared += len(rows)
        assert not other, f"{len(other)} of {len(rows)}: {other[:20]}"
    assert compared > 1500


def test_the_page_reads_what_people_type_as_python_does(page, tmp_path):
    groups = [(kind, *group) for kind, all_groups in (("numeric", NUMBERS), ("text", TEXTS), ("expression", FORMULAS)) for group in all_groups.values()]
    questions = [{"type": kind, "topic": "t", "text": "Which?", "hint": "h", "explanation": "So.", **keys} for kind, keys, *_ in groups]
    file = tmp_path / "typed.yaml"
    file.write_text(json.dumps({"questionnaire": "typed", "title": "Typed", "questions": [{"id": f"ty-{i:02}", **q} for i, q in enumerate(questions)]}))
    data = {q["id"]: q for q in sealed_questions(file)["questions"]}
    with_marks(page)
    for question, (_, keys, *responses) in zip(read_questions(file).questions, groups, strict=True):
        asked, given = self_study(question), [r for part in responses for r in part]
        found = marks_in(page, {question.id: data[question.id]}, [[question.id, r] for r in given])
        expected = {r: [m.score, m.status] for r in given if (m := mark(asked, r))}
        assert dict(zip(given, found, strict=True)) == expected, keys


def test_the_page_knows_a_mended_key(page, tmp_path):
    file = mended(tmp_path)
    data = {q["id"]: q for q in sealed_questions(file)["questions"]}
    with_marks(page)
    for question in read_questions(file).questions:
        responses = given(asked := self_study(question))
        found = [score for score, _ in marks_in(page, {question.id: data[question.id]}, [[question.id, r] for r in responses])]
        assert found == pytest.approx([mark(asked, r).score for r in responses]), (question.id, responses)


def qti_scores(item, responses):
    "What an item of QTI gives for responses that are one word, by its own rules."
    ns = {"q": QTI}
    mapping = {e.get("mapKey"): float(e.get("mappedValue")) for e in item.iterfind(".//q:mapEntry", ns)}
    correct = [v.text for v in item.iterfind(".//q:correctResponse/q:value", ns)]
    texts = [v.text for v in item.iterfind(".//q:stringMatch/q:baseValue", ns)]
    numbers = [float(v.text) for v in item.iterfind(".//q:equal/q:baseValue", ns)]
    if mapping: return [mapping.get(r, 0.0) for r in responses]
    if texts: return [float(r.casefold() in map(str.casefold, (*correct, *texts))) for r in responses]
    return [float(float(r) in (float(correct[0]), *numbers)) for r in responses]



def test_an_exported_key_takes_what_is_accepted_besides(tmp_path):
    file = mended(tmp_path)
    package = zipfile.ZipFile(io.BytesIO(qti_package(file)))
    for question in read_questions(file).questions:
        if question.type not in ("single", "numeric", "text") or question.everybody: continue
        responses = given(asked := self_study(question))
        item = ET.fromstring(package.read(f"items/{question.id}.xml"))
        assert qti_scores(item, [f"O{r}" if asked.options else r for r in responses]) == [mark(asked, r).score for r in responses], question.id


def test_answers_in_a_page_are_told_and_kept(page, tmp_path):
    OUT.mkdir(exist_ok=True)
    target = write_page("mnist_basics", tmp_path / "page.html", "03_binary_loss")
    page.goto(target.as_uri())
    page.locator(".cq-card").first.wait_for()
    asked = [self_study(q) for q in read_questions(packaged_questionnaires()["mnist_basics"]).questions if q.chapter == "03_binary_loss"]
    wrong, option = next((id, o) for id, o in asked[0].options if not o.correct)
    page.locator(f"input[value={wrong}]").check()
    page.locator(".cq-main").click()
    for words in "Not right", option.feedback[:25]: expect(page.locator(".cq-said")).to_contain_text(words)
    expect(page.locator(".cq-read")).to_have_attribute("href", f"../1_scratch/03_binary_loss.html#{asked[0].question.section.partition('#')[2]}")
    page.locator("button", has_text="Show the explanation").click()
    expect(page.locator(".cq-why")).to_contain_text(asked[0].question.explanation[:25])
    page.reload()
    page.locator(".cq-card").first.wait_for()
    expect(page.locator(".cq-head")).to_contain_text(f"1 of {len(asked)} answered")
    expect(page.locator(f"input[value={wrong}]")).to_be_checked()


def test_a_verdict_stands_beside_the_answer_that_it_is_about(page, tmp_path):
    file = tmp_path / "three.yaml"
    common = {"topic": "t", "text": "Which?", "hint": "h", "explanation": "So.", "section": "05_training#one-step"}
    questions = [{"type": "text", "accept": ["batch"]}, {"type": "numeric", "answer": 3}, {"type": "order", "items": ["p", "q", "r"]}]
    file.write_text(json.dumps({"questionnaire": "three", "title": "Three", "questions": [{"id": f"th-0{i}", **common, **q} for i, q in enumerate(questions)]}))
    page.goto(write_page(file, tmp_path / "three.html", "05_training").as_uri())
    said, card, line, number = page.locator(".cq-said"), page.locator(".cq-card"), page.locator(".cq input"), page.locator(".cq-card h4")
    expect(page.locator(".cq-title")).to_contain_text("Questions on ")
    for wrong in "net", "epoch":  # told twice, each time beside its own answer
        line.fill(wrong)
        expect(card).to_have_attribute("data-verdict", "draft")
        expect(said).to_have_text("Not sent yet.")
        line.press("Enter")
        expect(said).to_contain_text("Not right")
    line.fill("batch")
    page.locator("button", has_text="Next").click()
    expect(number).to_contain_text("Question 2")
    page.locator("button", has_text="Previous").click()
    expect(line).to_have_value("batch")
    expect(said).to_have_text("Not sent yet.")
    line.press("Enter")
    expect(card).to_have_attribute("data-verdict", "right")
    line.press("Enter")  # the main button now leads on
    expect(number).to_contain_text("Question 2")
    page.locator("button", has_text="Next").click()
    page.locator(".cq-down").first.click()
    expect(said).to_have_text("Not sent yet.")
    page.locator("button", has_text="To the summary").click()
    expect(page.locator(".cq-summary")).to_contain_text("a draft not sent")
    expect(page.locator(".cq-summary a", has_text="optimizer")).to_have_attribute("href", "../1_scratch/06_optimizers.html#")
    page.reload()
    expect(number).to_contain_text("Question 2")  # the first one that is open


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    "A page of each questionnaire."
    folder = tmp_path_factory.mktemp("pages")
    return {name: write_page(name, folder / f"{name}.html") for name in packaged_questionnaires()}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_question_fits_and_can_be_read(page, pages, theme):
    "No text hangs over, and every text has the contrast that WCAG AA asks for, in both themes; pictures of the pages are kept."
    OUT.mkdir(exist_ok=True)
    for name, written in pages.items():
        page.emulate_media(color_scheme=theme)
        page.goto(written.as_uri())
        page.locator("button", has_text="Show all").click()
        for index in range(min(6, page.locator(".cq-card").count())): page.locator(".cq-main").nth(index).click()
        page.locator(".cq").screenshot(path=OUT / f"page_{name}_{theme}.png")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate(CONTRAST, '.cq') == [] and barriers(page) == []
        assert page.evaluate("""[...document.querySelectorAll('.cq input, .cq select, .cq textarea, .cq button')]
            .filter((e) => !(e.labels?.length || e.getAttribute('aria-label') || e.textContent.trim())).length""") == 0
