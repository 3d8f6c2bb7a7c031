"""How long the classroom lets a person wait: the start page, in a student's folder in which everything has been run and answered."""
import json
import tempfile
import time
from pathlib import Path

from course_lib.classroom.chapters import course_chapters
from course_lib.classroom.lab import LESSON, copy_notebooks, course_files
from course_lib.classroom.progress import packaged_questions
from course_lib.classroom.start_page import student_page
from course_lib.questionnaire.answers import save_answer
from course_lib.settings import Settings


def busy_student(folder: Path):
    "A folder with all chapters, every cell run, and an answer to every question."
    copy_notebooks(course_files(*LESSON), folder)
    asked = packaged_questions()
    for chapter in course_chapters():
        file = folder / chapter.path
        nb = json.loads(file.read_text())
        for cell in nb["cells"]:
            if cell["cell_type"] == "code": cell["execution_count"] = 1
        file.write_text(json.dumps(nb))
        for id in chapter.questions: save_answer(file.parent / "answers.json", id, "a", asked[id].question.version, student="ada")


def rows():
    "The page's first making, with everything to be read, and one more, as on each return to the tab."
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        busy_student(folder)
        for what in "the first time", "again":
            start = time.perf_counter()
            page = student_page(folder, Settings(exchange=folder / "exchange"))
            yield f"start page, everything run and answered, {what}: seconds", time.perf_counter() - start, 2
        assert page.count("course-done") > 10
