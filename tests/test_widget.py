"""The widget in JupyterLab and Chromium, by keyboard alone: ten questions of all types, closed and reopened."""
import json
import re
import sys
import urllib.request
from pathlib import Path

import pytest
from browser import CONTRAST, NEEDS_CHROMIUM, OPEN, OUT, expect, free_port, fresh_profile, open_page, playwright, running_chromium, serving

from course_lib.questionnaire.scoring import mark
from course_lib.questionnaire.question_files import find_questionnaire, read_questions
from course_lib.questionnaire.variants import self_study

TEN = ["mb-01", "mb-12", "mb-02", "mb-15", "mb-17", "mb-34", "mb-31", "mb-56", "mb-29", "mb-21"]
PICTURES = """from torch import tensor, manual_seed, randn, rand, ones
from course_lib.pictures import Kinks, LearningRate, MatrixProduct, OwnDigit, SoftmaxBars, Staircase
manual_seed(0)
weights = randn(784, 10)
first, second = tensor([[1., 2, 3, 4], [5, 6, 7, 8], [0, 1, 0, 1]]), tensor([[1., 0], [0, 1], [2, 0], [1, -1]])
display(LearningRate(), MatrixProduct(first, second), Staircase(5 * randn(50), rand(50), ones(50)), Kinks(drawn=(1,)), SoftmaxBars(a=0., b=1.), OwnDigit(lambda x: x @ weights))"""
pytestmark = NEEDS_CHROMIUM


def ten_questions(folder: Path) -> Path:
    "A question file of ten questions of all types, cut out of the course's own."
    text = find_questionnaire("mnist_basics").read_text()
    blocks = {re.search(r"id: (\S+)", b)[1]: b for b in re.split(r"(?m)^(?=  - id: )", text)[1:]}
    file = folder / "ten.yaml"
    file.write_text("questionnaire: ten\ntitle: Ten questions\nquestions:\n" +
                    "".join(re.sub(r"(?m)^  # -+.*\n", "", blocks[id]) for id in TEN))
    return file


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    "A JupyterLab on a folder with one notebook, its address and the folder."
    folder = tmp_path_factory.mktemp("lab")
    ten_questions(folder)
    source = "from course_lib.questionnaire.widget import Questionnaire\nquiz = Questionnaire('ten.yaml')\nquiz"
    cell = {"cell_type": "code", "id": "quiz", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
    heading = {"cell_type": "markdown", "id": "heading", "metadata": {}, "source": "## A picture is a table of numbers\n" + 60 * "\nText.\n"}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    pictures = {**cell, "id": "pictures", "source": PICTURES}
    for name, cells in ("quiz", [heading, cell]), ("pictures", [pictures]):
        (folder / f"{name}.ipynb").write_text(json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}))
    port = free_port()
    command = [sys.executable, "-m", "jupyterlab", f"--port={port}", f"--ServerApp.root_dir={folder}", *OPEN,
               "--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    with serving(command, port, folder / "lab.log", fresh_profile(folder), folder) as address: yield address, folder


@pytest.fixture(scope="module")
def chromium():
    with running_chromium() as chromium: yield chromium


@pytest.fixture()
def browser(chromium):
    "The same Chromium for all tests, without the pages of the test before."
    yield chromium
    for context in chromium.contexts: context.close()


def opened(browser, address, errors, theme="light", notebook="quiz", shown=".cq-card, .cq-summary"):
    page = open_page(browser, errors)
    page.add_locator_handler(page.locator(".jp-Dialog"),  # JupyterLab may ask which kernel to start: the default one
                             lambda: page.locator(".jp-Dialog .jp-mod-accept").first.click())
    page.goto(f"{address}/lab/tree/{notebook}.ipynb?reset")
    page.locator(".jp-CodeCell .cm-content").first.wait_for()
    if theme == "dark":
        page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").wait_for()
    page.keyboard.press("Shift+Enter")
    try: page.locator(shown).first.wait_for(timeout=45_000)
    except playwright.TimeoutError:  # a kernel that was still starting may lose the first request
        page.locator(".jp-CodeCell .cm-content").first.click()
        page.keyboard.press("Shift+Enter")
        page.locator(shown).first.wait_for(timeout=45_000)
    return page


def press_until(page, key, reached, limit=40):
    "Press a key until the focused element fulfils the condition, as somebody without a mouse does."
    for _ in range(limit):
        if page.evaluate(f"(() => {{ const a = document.activeElement; return Boolean({reached}); }})()"): return
        page.keyboard.press(key)
    raise AssertionError(f"{reached} was not reached with {key}: {page.evaluate('document.activeElement.outerHTML.slice(0, 200)')}")


def answer_by_keyboard(page, asked):
    "Enter the right answer of one question with the keyboard and send it."
    kind = asked.question.type
    if kind == "single":
        right = next(id for id, o in asked.options if o.correct)
        press_until(page, "Tab", "a.type === 'radio'")
        page.keyboard.press("Space")
        press_until(page, "ArrowDown", f"a.checked && a.value === '{right}'")
    elif kind == "multi":
        for id, option in asked.options:
            if option.correct:
                press_until(page, "Tab", f"a.type === 'checkbox' && a.value === '{id}'")
                page.keyboard.press("Space")
    elif kind in ("numeric", "text", "expression"):
        press_until(page, "Tab", "a.tagName === 'INPUT' && a.type === 'text'")
        page.keyboard.type({"numeric": lambda: f"{asked.answer:f}", "text": lambda: asked.fill(asked.question.accept[0]),
                            "expression": lambda: asked.question.answer}[kind]())
    elif kind == "order":
        shown = [id for id, _ in asked.items]
        for place, id in enumerate(asked.solution):
            if shown[place] == id: continue
            # come from the list's start; Shift+Tab leads back to it
            press_until(page, "Shift+Tab", "a.tagName === 'H4' || a.closest('.cq-order li') === a.closest('ol')?.firstElementChild", 60)
            press_until(page, "Tab", f"a.classList.contains('cq-handle') && a.parentElement.dataset.id === '{id}'", 60)
            for _ in range(shown.index(id) - place): page.keyboard.press("Alt+ArrowUp")
            shown.remove(id)
            shown.insert(place, id)
    elif kind == "match":
        for id, choice in asked.solution.items():
            press_until(page, "Tab", f"a.tagName === 'SELECT' && a.id.endsWith('-{id}')")
            press_until(page, "ArrowDown", f"a.value === '{choice}'")
    else:
        press_until(page, "Tab", "a.tagName === 'TEXTAREA'")
        page.keyboard.type("A model that always says healthy is as accurate.")
    press_until(page, "Tab", "a.classList.contains('cq-main')")
    page.keyboard.press("Enter")
    page.locator(".cq-verdict").wait_for()


def test_ten_questions_by_keyboard_closed_and_reopened(lab, browser):
    (address, folder), errors = lab, []
    OUT.mkdir(exist_ok=True)
    questions = {q.id: self_study(q) for q in read_questions(folder / "ten.yaml").questions}
    page = opened(browser, address, errors)
    page.locator(".cq h4").first.focus()
    page.screenshot(path=OUT / "widget_light.png")
    cells = page.locator(".jp-Cell").count()
    for number, id in enumerate(TEN, 1):
        expect(page.locator(".cq h4").first).to_contain_text(f"Question {number} of 10")
        answer_by_keyboard(page, questions[id])
        expect(page.locator(".cq-card"), id).to_have_attribute("data-verdict", "saved" if id == "mb-56" else "right")
        press_until(page, "Tab", "/^(Next|To the summary)$/.test(a.textContent)")
        page.keyboard.press("Enter")
    for words in "10 of 10 answered", "Nothing to review": expect(page.locator(".cq-summary")).to_contain_text(words)
    assert page.locator(".jp-Cell").count() == cells  # no letter typed became a command of the notebook
    page.screenshot(path=OUT / "widget_summary_light.png")
    kept = json.loads((folder / "answers.json").read_text())["answers"]
    assert set(kept) == set(TEN)
    assert all(mark(questions[id], entry["response"]).score == (id != "mb-56") for id, entry in kept.items())
    page.close()

    page = opened(browser, address, errors, "dark")
    expect(page.locator(".cq-head")).to_contain_text("10 of 10 answered")
    page.locator(".cq button", has_text="Show all").click()  # all is answered, so it opened on the summary
    expect(page.locator(".cq-card")).to_have_count(10)
    assert page.locator("input[type=radio]:checked").count() > 0
    page.locator(".cq").screenshot(path=OUT / "widget_all_dark.png")
    assert not errors, errors


def test_a_restarted_kernel_swallows_no_answer(lab, browser):
    (address, folder), errors = lab, []
    (folder / "answers.json").unlink(missing_ok=True)
    page = opened(browser, address, errors)
    with urllib.request.urlopen(f"{address}/api/kernels") as kernels: kernel = json.load(kernels)[0]["id"]
    page.locator(".cq input").first.check()
    restart = urllib.request.Request(f"{address}/api/kernels/{kernel}/restart", method="POST")
    urllib.request.urlopen(restart).close()
    page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").wait_for()
    page.locator(".cq-main").click()
    expect(page.locator(".cq-said")).to_contain_text(re.compile("Run this cell again|Waiting for the kernel"))
    expect(page.locator(".cq input").first).to_be_checked()
    assert not (folder / "answers.json").exists() and not errors, errors


def test_a_wrong_answer_is_told_why_and_where_to_read(lab, browser):
    (address, folder), errors = lab, []
    (folder / "answers.json").unlink(missing_ok=True)
    question = self_study(read_questions(folder / "ten.yaml")["mb-01"])
    page = opened(browser, address, errors)
    wrong, option = next((id, o) for id, o in question.options if not o.correct)
    page.locator(f".cq input[value={wrong}]").check()
    page.locator(".cq-main").click()
    for words in "Not right", option.feedback[:30], "Read again": expect(page.locator(".cq-said")).to_contain_text(words)
    page.locator(".cq button", has_text="Show the explanation").click()
    page.locator(".cq-why").wait_for()
    page.screenshot(path=OUT / "widget_wrong_light.png")
    page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    page.screenshot(path=OUT / "widget_wrong_dark.png")
    page.locator(".cq input").last.press("Control+s")
    expect(page.locator(".lm-DockPanel-tabBar .jp-mod-dirty")).to_have_count(0)
    page.locator(".cq-read").click()
    expect(page.locator("h2:focus")).to_contain_text("A picture is a table of numbers")
    page.locator(".cq button", has_text="Summary").click()
    expect(page.locator(".cq-summary")).to_contain_text("To review")
    assert not errors, errors


def test_pictures_are_moved_by_keyboard_and_a_drawn_digit_is_read(lab, browser):
    (address, _), errors = lab, []
    page = opened(browser, address, errors, notebook="pictures", shown=".cp-canvas")
    picture = lambda title: page.get_by_role("group", name=title, exact=True)
    cells = page.locator(".jp-Cell").count()
    assert page.locator(".cp").count() == 6
    for title, words in (("Descending on the loss p²", "learning rate 0.11"), ("A row meets a column", "Row 2 and column 1"), ("Accuracy and loss while one weight changes", "Change 3.1"),
                         ("A line with kinks", "4 units"), ("Softmax", "0.99 ahead")):
        slider = picture(title).locator("input").first
        slider.focus()
        assert slider.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
        page.keyboard.press("ArrowRight")
        expect(picture(title).locator(".cp-said")).to_contain_text(re.compile(words))
    digit = picture("Draw a digit")
    digit.locator("button", has_text="Clear").click()
    expect(digit.locator(".cp-said")).to_have_text("Nothing is drawn yet.")
    digit.locator(".cp-canvas").focus()
    for key in ["Space", *["ArrowDown"] * 12]: page.keyboard.press(key)
    expect(digit.locator(".cp-said")).to_contain_text("It says")
    expect(digit.locator(".cp-pixels")).to_have_count(2)
    assert page.locator(".jp-Cell").count() == cells and not errors, errors  # no arrow became a command of the notebook
    assert page.evaluate(CONTRAST, ".cp") == []
    digit.screenshot(path=OUT / "pictures_lab_light.png")
    for item in "Settings", "Theme", "JupyterLab Dark": page.locator(".lm-Menu-itemLabel, .lm-MenuBar-itemLabel").get_by_text(item, exact=True).click()
    expect(page.locator(".cp.cp-dark")).to_have_count(6)
    expect(page.locator("body")).to_have_attribute("data-jp-theme-name", "JupyterLab Dark")
    page.wait_for_function("getComputedStyle(document.querySelector('.cp')).color.includes('255, 255, 255')")
    assert page.evaluate(CONTRAST, ".cp") == []
    for number, title in enumerate(("Descending on the loss p²", "A line with kinks", "Softmax", "Draw a digit")): picture(title).screenshot(path=OUT / f"pictures_lab_dark_{number}.png")
