"""The questions in a page without a kernel: the same marks as Python's, kept in the browser, fast, and readable."""
import math

import pytest
from browser import CONTRAST, NEEDS_CHROMIUM, OUT, expect, open_page, running_chromium

from course_lib.questionnaire.cases import cases
from course_lib.questionnaire.marking import mark
from course_lib.questionnaire.page import sealed_questions, write_page
from course_lib.questionnaire.reading import packaged_questionnaires, read_questions
from course_lib.questionnaire.variants import self_study
from course_lib.questionnaire.widget import STATIC

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


def enterable(question, response):
    "Whether the page's widget could send this response at all."
    kind = question.type
    if kind in ("numeric", "text"): return type(response) is str and len(response) < 300 and response.isprintable()
    if kind == "single": return type(response) is str and len(response) == 1
    if kind in ("multi", "order"): return type(response) is list and all(type(r) is str and len(r) == 1 for r in response) and \
        len(set(response)) == len(response) and (kind == "multi" or len(response) == len(question.items))
    return kind == "match" and type(response) is dict and all(type(v) is str and len(v) == 1 for v in response.values()) and "99" not in response


def test_the_page_marks_as_python_does(page, tmp_path):
    page.goto("about:blank")
    page.add_script_tag(type="module", content=(STATIC / "page.js").read_text() + "\nwindow.mark = mark;")
    page.wait_for_function("() => Boolean(window.mark)")
    compared = 0
    for name, path in packaged_questionnaires().items():
        data = {q["id"]: q for q in sealed_questions(name)["questions"]}
        rows, expected = [], []
        for question in read_questions(path).questions:
            asked = self_study(question)
            for case in cases(asked):
                if not enterable(question, case.response): continue
                rows.append([data[question.id], case.response])
                expected.append((question.id, case.response, mark(asked, case.response)))
        found = page.evaluate("rows => rows.map(([q, r]) => { const m = mark(q, r); return [m.score, m.status]; })", rows)
        for (id, response, m), (score, status) in zip(expected, found, strict=True):
            assert math.isclose(m.score, score, abs_tol=1e-9), (id, response, m, score)
            assert status == m.status, (id, response, m, status)
        compared += len(rows)
    assert compared > 800


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


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_question_fits_and_can_be_read(page, tmp_path, theme):
    "No text hangs over, and every text has the contrast that WCAG AA asks for, in both themes; pictures of the pages are kept."
    OUT.mkdir(exist_ok=True)
    for name in packaged_questionnaires():
        page.emulate_media(color_scheme=theme)
        page.goto(write_page(name, tmp_path / f"{name}.html").as_uri())
        page.locator("button", has_text="Show all").click()
        for index in range(min(6, page.locator(".cq-card").count())): page.locator(".cq-main").nth(index).click()
        page.locator(".cq").screenshot(path=OUT / f"page_{name}_{theme}.png")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate(CONTRAST, '.cq') == []
        assert page.evaluate("""[...document.querySelectorAll('.cq input, .cq select, .cq textarea, .cq button')]
            .filter((e) => !(e.labels?.length || e.getAttribute('aria-label') || e.textContent.trim())).length""") == 0
