"""How long the classroom lets a person wait for the start page: to make it, when everything has been run and answered, and to see it in JupyterLab."""
import json
import statistics
import tempfile
import time
from pathlib import Path

from browser import CHROMIUM, open_page, playwright, running_chromium
from classroom import Classroom

from course_lib.classroom.chapters import course_chapters
from course_lib.classroom.copies import copy_notebooks, course_files
from course_lib.classroom.progress import packaged_questions
from course_lib.classroom.start_page import student_page
from course_lib.courses import this_course
from course_lib.questionnaire.asking.answers import save_answer
from course_lib.settings import Settings


def busy_student(folder: Path):
    "A folder with all chapters, every cell run, and an answer to every question."
    copy_notebooks(course_files(this_course(), *this_course().parts), folder)
    asked = packaged_questions()
    for chapter in course_chapters():
        file = folder / chapter.path
        nb = json.loads(file.read_text())
        for cell in nb["cells"]:
            if cell["cell_type"] == "code": cell["execution_count"] = 1
        file.write_text(json.dumps(nb))
        for id in chapter.questions: save_answer(file.parent / "answers.json", id, "a", asked[id].question.version, student="ada")


def made():
    "The page's first making, with everything to be read, and one more, as on each return to the tab."
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        busy_student(folder)
        for what in "the first time", "again":
            start = time.perf_counter()
            page = student_page(folder, Settings(exchange=folder / "exchange"))
            yield f"start page, everything run and answered, {what}: seconds", time.perf_counter() - start, 2
        assert page.count("data-chapter=") > 10


def shown():
    "From the address to the page in JupyterLab: in a browser that has never been there, and in one that has."
    seconds = {"a new browser": [], "the same browser again": []}
    with tempfile.TemporaryDirectory() as place, Classroom(Path(place)).student_lab() as address, running_chromium() as chromium:
        for _ in range(5):
            page = open_page(chromium, [])
            for taken in seconds.values():
                start = time.perf_counter()
                page.goto(f"{address}/lab")
                page.locator(".course-page h1").wait_for()
                taken.append(time.perf_counter() - start)
            page.context.close()
    for what, taken in seconds.items(): yield f"start page, shown in JupyterLab, {what}: seconds", statistics.median(taken), 2


def rows(short: bool = False):
    "All the rows; the browser's only where there is one, and not in the short form: a JupyterLab takes its time."
    yield from made()
    if CHROMIUM and playwright and not short: yield from shown()
