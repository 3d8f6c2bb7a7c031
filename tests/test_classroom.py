"""A student's hour and an instructor's hour in JupyterLab, from a fresh profile: chapter, questions, exercise, grading, feedback."""
import contextlib
import csv
import itertools
import json
import re
import urllib.error
import urllib.request

import pytest
from browser import CONTRAST, NEEDS_CHROMIUM, OUT, barriers, expect, open_page, playwright, running_chromium
from classroom import Classroom, ask, set_theme
from course_dir import NEEDS_SANDBOX
from test_widget import answer_by_keyboard

from course_lib.classroom.chapters import course_chapters
from course_lib.questionnaire.question_files import packaged_questionnaires, read_questions
from course_lib.questionnaire.variants import self_study

pytestmark = [NEEDS_CHROMIUM, NEEDS_SANDBOX]
EXERCISE, QUESTIONNAIRE = "loss_functions", "questionnaire_mnist_basics"
WRONG = "def mnist_loss(predictions, targets):\n    p = sigmoid(predictions)\n    return torch.where(targets == 1, 1 - p, p).sum()"
ESSAY = "Somebody who always says healthy is right in 99 cases of 100 and has found no one who is ill."
SIZES = {1280: 900, 1920: 1080}


def fits(page, root):
    "Nothing that the page shows hangs over its edge."
    return page.evaluate("""root => { const box = document.querySelector(root); return box.scrollWidth <= box.clientWidth + 1; }""", root)


def photograph(page, name, width=1280):
    "A picture of the page under out/, to be looked at."
    OUT.mkdir(exist_ok=True)
    page.set_viewport_size({"width": width, "height": SIZES[width]})
    page.screenshot(path=OUT / f"lab_{name}_{width}.png")


def open_start(page, address):
    "JupyterLab on the start page."
    page.goto(f"{address}/lab")
    page.locator(".course-page h1").wait_for()


def choose(page, menu, entry):
    "An entry of a menu in JupyterLab's bar."
    page.get_by_role("menuitem", name=menu, exact=True).click()
    page.get_by_role("menuitem", name=entry).first.click()


def save(page):
    page.keyboard.press("Control+s")
    page.wait_for_function("() => !document.querySelector('#jp-main-dock-panel .lm-TabBar-tab.jp-mod-current.jp-mod-dirty')")


def start_tab(page): page.locator(".lm-TabBar-tab", has_text="Start here").click()
def kernel_is_ready(page): page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']:visible").wait_for()
def until_it_runs(page, cell, begin):
    "Begin to run something until a cell's prompt changes: JupyterLab may lose a request that a kernel gets while it starts."
    before = cell.locator(".jp-InputPrompt").inner_text()
    changed = """([cell, before]) => { const prompt = cell.querySelector('.jp-InputPrompt').textContent.trim();
                                       return /^\\[(\\*|\\d+)\\]:$/.test(prompt) && prompt !== before.trim(); }"""
    for _ in range(6):
        begin()
        try: return page.wait_for_function(changed, arg=[cell.element_handle(), before], timeout=10_000)
        except playwright.TimeoutError: continue
    raise AssertionError("the cell does not run")


def notebook(page): return page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")


def chapter_questions():
    "Those of the chapter in the stories."
    return [q for q in read_questions(packaged_questionnaires()["mnist_basics"]).questions if q.chapter == "03_binary_loss"]


def reads_a_chapter(page, address, folder):
    "Story 1, the chapter: from the start page to chapter 3, all cells run, one question answered by keyboard."
    open_start(page, address)
    expect(page.locator("tr[data-chapter]")).to_have_count(len(course_chapters()))
    expect(page.locator(".course-next")).to_contain_text("Read chapter 1")
    assert fits(page, ".course-start")
    page.locator("tr[data-chapter='03_binary_loss'] a[data-open$='03_binary_loss.ipynb']").click()
    notebook(page).locator(".jp-CodeCell").first.wait_for()
    page.locator(".jp-TableOfContents-content", has_text="Sigmoid").wait_for()  # the table of contents is open
    kernel_is_ready(page)
    until_it_runs(page, notebook(page).locator(".jp-CodeCell").first, lambda: choose(page, "Run", re.compile("Run All Cells$")))
    card = notebook(page).locator(".cq-card")
    card.wait_for(timeout=180_000)
    assert page.locator(".jp-Dialog").count() == 0  # nobody was asked for a kernel
    card.locator("h4").focus()
    first = chapter_questions()[0]
    answer_by_keyboard(page, self_study(first))
    expect(card).to_have_attribute("data-verdict", "right")
    photograph(page, "chapter")
    photograph(page, "chapter", 1920)
    notebook(page).locator(".jp-CodeCell").first.click(position={"x": 5, "y": 5})
    save(page)
    assert first.id in json.loads((folder / "1_scratch" / "answers.json").read_text())["answers"]
    start_tab(page)
    row = page.locator("tr[data-chapter='03_binary_loss']")
    expect(row).to_contain_text(f"1 of {len(chapter_questions())} questions, 1 right")
    cells, run = map(int, re.search(r"(\d+) of (\d+) cells", row.inner_text()).group(2, 1))
    assert cells == run > 20


def fill(address, folder, name, but=()):
    "The right answers in all of an assignment's cells but some, as the student's earlier work."
    source = json.loads((folder / "source" / name / f"{name}.ipynb").read_text())
    right = {c["metadata"]["nbgrader"]["grade_id"]: "".join(c["source"]) for c in source["cells"] if c["metadata"].get("nbgrader", {}).get("solution")}
    path = f"api/contents/{name}/{name}.ipynb"
    content = ask(address, path)["content"]
    for cell in content["cells"]:
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if grade_id in right and grade_id not in but: cell["source"] = right[grade_id]
    ask(address, path, "PUT", {"type": "notebook", "format": "json", "content": content})
    return right


def write_cell(page, text, source):
    "Type a new source into the code cell that holds a text, and run it."
    cell = notebook(page).locator(".jp-CodeCell").filter(has=page.locator(".jp-InputArea-editor", has_text=text)).first
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.evaluate("text => document.execCommand('insertText', false, text)", source)
    until_it_runs(page, cell, lambda: (cell.locator(".cm-content").click(), page.keyboard.press("Shift+Enter")))


def run_check(page, source):
    "Run the cell with a check; its output, once it is there."
    cell = notebook(page).locator(".jp-CodeCell").filter(has=page.locator(".jp-InputArea-editor", has_text=re.compile(f"^{re.escape(source)}$")))
    until_it_runs(page, cell, lambda: (cell.locator(".cm-content").click(), page.keyboard.press("Shift+Enter")))
    output = cell.locator(".jp-OutputArea-output")
    page.wait_for_function("cell => /^\\[\\d+\\]:$/.test(cell.querySelector('.jp-InputPrompt').textContent.trim())", arg=cell.element_handle())
    output.first.wait_for()
    return output.first.inner_text()


def does_the_exercise(page, address, course):
    "Story 1, the exercise: fetched, written wrongly, told which mistake it is, mended, validated, submitted."
    choose(page, "Course", "Assignment List")
    item = page.locator("#released_assignments_list .list_item", has_text=EXERCISE)
    item.get_by_role("button", name="Fetch").click()
    page.locator("#fetched_assignments_list .list_item", has_text=EXERCISE).first.wait_for()
    photograph(page, "assignments")
    right = fill(address, course, EXERCISE, but=["mnist_loss"])
    page.locator("#fetched_assignments_list .assignment-notebooks-link", has_text=EXERCISE).click()
    page.locator("#fetched_assignments_list .nested_list_item a", has_text=EXERCISE).click()
    notebook(page).locator(".jp-CodeCell .cm-content").first.wait_for()
    kernel_is_ready(page)
    write_cell(page, "def mnist_loss", WRONG)
    choose(page, "Run", "Run All Above Selected Cell")
    said = run_check(page, 'check("mnist_loss")')
    assert "You took the sum" in said and "mean" in said, said
    photograph(page, "mistake")
    write_cell(page, "def mnist_loss", right["mnist_loss"].replace("### BEGIN SOLUTION\n    ", "").replace("\n    ### END SOLUTION", ""))
    assert "right" in run_check(page, 'check("mnist_loss")').lower()
    save(page)
    notebook(page).get_by_role("button", name="Validate").click()
    dialog = page.locator(".jp-Dialog")
    dialog.wait_for(timeout=180_000)
    photograph(page, "validated")
    expect(dialog).to_contain_text("passes all the tests")
    dialog.locator("button").last.click()
    submit(page, EXERCISE)


def submit(page, name):
    "The Assignment List's button."
    choose(page, "Course", "Assignment List")
    page.locator("#fetched_assignments_list .list_item", has_text=name).first.get_by_role("button", name="Submit").click()
    page.locator("#submitted_assignments_list .list_item", has_text=name).first.wait_for()


def hands_in_the_questionnaire(page, address):
    "Story 1, the graded questionnaire: fetched, one question answered in the widget, the essay written, submitted."
    choose(page, "Course", "Assignment List")
    page.locator("#released_assignments_list .list_item", has_text=QUESTIONNAIRE).get_by_role("button", name="Fetch").click()
    page.locator("#fetched_assignments_list .list_item", has_text=QUESTIONNAIRE).first.wait_for()
    path = f"api/contents/{QUESTIONNAIRE}/{QUESTIONNAIRE}.ipynb"
    content = ask(address, path)["content"]
    for cell in content["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "essay-mb-56": cell["source"] = ESSAY
    ask(address, path, "PUT", {"type": "notebook", "format": "json", "content": content})
    start_tab(page)
    page.locator(f"tr[data-assignment='{QUESTIONNAIRE}'] a[data-open]").click()
    quiz = notebook(page).locator(".jp-CodeCell .cm-content", has_text="Questionnaire(")
    quiz.first.wait_for()
    kernel_is_ready(page)
    until_it_runs(page, notebook(page).locator(".jp-CodeCell").first, lambda: (quiz.first.click(), page.keyboard.press("Shift+Enter")))
    card = notebook(page).locator(".cq-card")
    card.wait_for()
    card.locator("input[type=radio]").first.check()
    card.locator(".cq-main").click()
    card.locator(".cq-verdict", has_text="Saved").wait_for()
    notebook(page).locator(".jp-CodeCell").first.click(position={"x": 5, "y": 5})
    save(page)
    submit(page, QUESTIONNAIRE)


def formgrader(page):
    "Formgrader's frame, opened from the start page."
    page.locator(".course-button", has_text="Open Formgrader").click()
    frame = page.frame_locator("iframe.jp-mod-formgrader, .formgrader iframe, iframe")
    frame.locator("td.name", has_text=EXERCISE).first.wait_for()
    return frame


def press(frame, name, column, timeout=180_000):
    "One of formgrader's buttons in an assignment's row; what its dialog says."
    frame.locator("tr", has=frame.locator("td.name", has_text=re.compile(f"^{name}$"))).locator(f"td.{column} a").click()
    return close_dialog(frame, timeout)


def close_dialog(frame, timeout=180_000):
    dialog = frame.locator(".modal.in")
    dialog.locator(".modal-title", has_text="Success").wait_for(timeout=timeout)
    said = dialog.inner_text()
    dialog.locator("button", has_text="OK").click()
    dialog.wait_for(state="hidden")
    return said


def grades_the_class(page, address):
    "Story 2: collected, graded, the essay marked, feedback written and released, marks exported."
    open_start(page, address)
    expect(page.locator("tr[data-assignment]")).to_have_count(11)
    assert fits(page, ".course-start")
    frame = formgrader(page)
    photograph(page, "formgrader")
    for name in EXERCISE, QUESTIONNAIRE: press(frame, name, "collect")
    for name in EXERCISE, QUESTIONNAIRE:
        frame.locator("tr", has=frame.locator("td.name", has_text=re.compile(f"^{name}$"))).locator("td.num-submissions a").click()
        frame.locator("td.autograde a").first.click()
        close_dialog(frame)
        frame.locator("a", has_text="Manage Assignments").first.click()
        frame.locator("td.name", has_text=EXERCISE).first.wait_for()
    looks_at_a_submission(page, address)
    marks_the_essay(page, frame)
    frame.locator("a", has_text="Manage Assignments").first.click()
    frame.locator("td.name", has_text=EXERCISE).first.wait_for()
    for name in EXERCISE, QUESTIONNAIRE:
        for column in "generate-feedback", "release-feedback": press(frame, name, column)
    start_tab(page)
    page.locator(f"tr[data-assignment='{EXERCISE}']", has_text="100 %").wait_for()
    expect(page.locator(f"tr[data-assignment='{QUESTIONNAIRE}'] td").nth(5), "the essay is marked, so nothing waits for a person").to_have_text("0")
    photograph(page, "instructor")
    photograph(page, "instructor", 1920)
    exports(page)
    sees_what_was_understood(page)


def sees_what_was_understood(page):
    "The report as a tab beside Formgrader, from the files that were just graded; and the page of the student."
    page.get_by_role("button", name="What the class has understood").click()
    report = page.locator("#course-report")
    report.locator(f"[data-report='{EXERCISE}']").click()
    expect(report.locator("h1")).to_contain_text(EXERCISE)
    expect(report.locator(".tomorrow li").first).to_be_visible()
    report.locator("[data-report='']").click()
    report.locator("input[name=student]").fill(ask_student(page))
    page.keyboard.press("Enter")
    expect(report.locator("h2").first).to_be_visible()


def ask_student(page):
    "The id of the one student who handed in."
    return page.evaluate("fetch('/formgrader/api/students').then(r => r.json()).then(all => all[0].id)")


def looks_at_a_submission(page, address):
    "What formgrader shows of the exercise: the verdicts, and formulas that are drawn without a network."
    (submission,) = ask(address, f"formgrader/api/submitted_notebooks/{EXERCISE}/{EXERCISE}")
    shown = page.context.new_page()
    shown.goto(f"{address}/formgrader/submissions/{submission['id']}/")
    expect(shown.locator("math").first).to_be_visible()
    expect(shown.locator("body")).to_contain_text("mnist_loss: right")
    photograph(shown, "submission")
    shown.close()


def marks_the_essay(page, frame):
    "Manual grading: the way to the submission, the essay's points, and a comment."
    frame.locator("a", has_text="Manual Grading").first.click()
    for text in QUESTIONNAIRE, QUESTIONNAIRE, "Submission #1": frame.locator("td a", has_text=text).first.click()
    expect(frame.locator("body")).to_contain_text("What earns points")
    answer = frame.locator(".panel", has=frame.locator("textarea.comment")).last
    score, comment = answer.locator("input.score"), answer.locator("textarea.comment")
    score.scroll_into_view_if_needed()
    listens_to_marks(page)
    for field, text in (score, "2"), (comment, "A good example. Say also what would be a better measure."):
        with page.expect_response(lambda r: r.request.method == "PUT" and "/formgrader/api/" in r.url):
            field.fill(text)
            field.press("Tab")
    photograph(page, "essay")
    frame.locator("a", has_text="Manual Grading").first.click()
    frame.locator("a", has_text="Manage Assignments").first.wait_for()


def listens_to_marks(page):
    "Formgrader shows its fields before it listens to them: what is entered earlier is lost."
    frame = next(f for f in page.frames if "/formgrader/submissions/" in f.url)
    frame.wait_for_function("() => formgrader.grades?.loaded && formgrader.comments?.loaded")


def exports(page):
    "The three files of marks, downloaded by their links."
    for to, column in ("moodle", "Username"), ("canvas", "SIS Login ID"), ("nbgrader", "student_id"):
        with page.expect_download() as download: page.locator(f"a[download='marks_{to}.csv']").click()
        with open(download.value.path(), newline="", encoding="utf-8-sig") as file: rows = list(csv.DictReader(file))
        assert column in rows[0] and any(EXERCISE in str(row) for row in rows), (to, rows)


def reads_the_feedback(page, address):
    "Story 3: fetched from the Assignment List, opened from the start page; the verdict and the instructor's words are there."
    page.goto(f"{address}/lab")
    start_tab(page)  # JupyterLab opens as it was left, with the questionnaire in front
    page.locator(".course-page h1").wait_for()
    expect(page.locator(".course-next")).to_contain_text("Fetch the feedback")
    page.locator(".course-button").click()
    listed = page.locator("#submitted_assignments_list")
    for fetched in 1, 2:
        listed.get_by_role("button", name="Fetch Feedback").nth(fetched - 1).click()
        listed.get_by_text("view feedback").nth(fetched - 1).wait_for()
    for name, words in (EXERCISE, "right"), (QUESTIONNAIRE, "a better measure"):
        start_tab(page)
        page.locator(f"tr[data-assignment='{name}'] a", has_text="Read the feedback").click()
        frame = page.frame_locator(".jp-Document:not(.lm-mod-hidden) iframe")
        frame.locator("body", has_text=words).wait_for()
        photograph(page, f"feedback_{name}")


def finds_the_chapter_again(page):
    "The chapter of the first day: its outputs are there, and where its questions were stands how to get them back, with the answer given then."
    start_tab(page)
    page.locator("tr[data-chapter='03_binary_loss'] a[data-open$='03_binary_loss.ipynb']").click()
    asks = notebook(page).locator(".jp-CodeCell").filter(has=page.locator(".jp-InputArea-editor", has_text="Questionnaire("))
    page.locator(".jp-tocItem-content", has_text="Questions and exercise").first.click()  # JupyterLab makes only the cells that are near
    expect(asks.locator(".jp-OutputArea-output")).to_contain_text("Run this cell to see the questions. Your answers are kept.")
    photograph(page, "chapter_again")
    kernel_is_ready(page)
    until_it_runs(page, asks, lambda: (asks.locator(".cm-content").click(), page.keyboard.press("Shift+Enter")))
    expect(notebook(page).locator(".cq-head")).to_contain_text(f"1 of {len(chapter_questions())} answered")


@contextlib.contextmanager
def visit(chromium, errors):
    "A page in a profile of its own; where a story fails, its picture is kept."
    page = open_page(chromium, errors, accept_downloads=True)
    try: yield page
    except BaseException:
        page.screenshot(path=OUT / "lab_failed.png")
        raise
    finally: page.context.close()


def test_three_stories(tmp_path):
    room, errors = Classroom(tmp_path), []
    OUT.mkdir(exist_ok=True)
    with running_chromium() as chromium:
        with room.instructor_lab() as instructor:
            for name in EXERCISE, QUESTIONNAIRE:
                for step in "assign", "release": assert ask(instructor, f"formgrader/api/assignment/{name}/{step}", "POST", {})["success"]
            with room.student_lab() as address, visit(chromium, errors) as page:
                reads_a_chapter(page, address, room.student)
                does_the_exercise(page, address, room.course)
                hands_in_the_questionnaire(page, address)
            with visit(chromium, errors) as page: grades_the_class(page, instructor)
        with room.student_lab() as address, visit(chromium, errors) as page:
            reads_the_feedback(page, address)
            finds_the_chapter_again(page)
            with pytest.raises(urllib.error.HTTPError, match="404"): urllib.request.urlopen(f"{address}/course/marks/moodle.csv")
    assert not errors, errors


def begins_a_chapter_anew(page, part):
    "One that is lost, and one that was worked with, whose former notebook is kept; after F5 the page is still in front."
    (part / "02_gradient_descent.ipynb").unlink(missing_ok=True)
    ask_for = part / "03_binary_loss.ipynb"
    ask_for.write_text(re.sub('"execution_count": null', '"execution_count": 1', ask_for.read_text()))
    page.reload()
    expect(page.locator("tr[data-chapter='02_gradient_descent']")).to_contain_text("deleted, moved or renamed")
    for name in "02_gradient_descent", "03_binary_loss":
        page.locator(f"tr[data-chapter='{name}'] [data-begin]").click()
        expect(page.locator(".course-said")).to_contain_text(f"{name}.ipynb is there anew.")
        expect(page.locator(f"tr[data-chapter='{name}']")).to_contain_text("0 of ")
    assert (part / "02_gradient_descent.ipynb").exists() and (part / "03_binary_loss_before_1.ipynb").exists()
    page.wait_for_timeout(1500)  # JupyterLab writes down which tabs there are
    page.reload()
    expect(page.locator(".course-page h1")).to_be_visible()
    expect(page.locator(".lm-TabBar-tab", has_text="Start here")).to_have_count(1)


def test_the_start_page_in_both_themes(tmp_path):
    "It fits, it can be read, and what is found at the bottom has room, on a small and on a large screen."
    room, errors = Classroom(tmp_path), []
    with running_chromium() as chromium, room.student_lab() as address, visit(chromium, errors) as page:
        for theme, (width, height) in itertools.product(("light", "dark"), (*SIZES.items(), (640, 450))):  # the last: the first at a zoom of 200 %
            set_theme(address, theme == "dark")
            page.set_viewport_size({"width": width, "height": height})
            if width != 1920: open_start(page, address)  # a window that is made larger is not opened again; in a small one JupyterLab begins otherwise
            expect(page.locator("body")).to_have_attribute("data-jp-theme-light", str(theme == "light").lower())
            page.wait_for_timeout(500)  # colours fade over
            assert page.evaluate(CONTRAST, ".course-start") == [] and fits(page, ".course-start"), (theme, width)
            assert barriers(page, ".course-start") == [], (theme, width)
            if width in SIZES: photograph(page, f"start_{theme}", width)
        begins_a_chapter_anew(page, room.student / "1_scratch")
        page.locator(".lm-TabBar-addButton:visible").first.click()
        card = page.locator(".jp-LauncherCard", has_text="Start here")
        card.wait_for()
        card.click()
        page.locator(".course-page h1").wait_for()
        expect(page.locator("#jp-MainMenu .lm-MenuBar-itemLabel")).to_have_text(["Course", "File", "Edit", "View", "Run", "Kernel", "Settings", "Help"])
    assert not errors, errors
