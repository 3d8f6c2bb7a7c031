"""The figures of the questionnaire, as rows for tools/bench/bench.py: what, the figure measured, the limit it must keep."""
import json
import re
import statistics
import tempfile
import time
from pathlib import Path

from browser import CHROMIUM, playwright, running_chromium

from course_lib.questionnaire.self_test import cases
from course_lib.questionnaire.proofreading import find_problems
from course_lib.questionnaire.scoring import mark
from course_lib.questionnaire.question_files import packaged_questionnaires, read_questions
from course_lib.questionnaire.variants import self_study


def seconds(what, times=5):
    "The median time of a call."
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        what()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def marks_a_second(times: int):
    "Marks of generated responses of all questions and types, hostile and overlong ones included; at least 5,000 a second."
    asked = [self_study(q) for path in packaged_questionnaires().values() for q in read_questions(path).questions]
    responses = [(a, c.response) for a in (asked if times > 1 else asked[:9]) for c in cases(a)]
    for a, response in responses: mark(a, response)
    rate = len(responses) / seconds(lambda: [mark(a, r) for a, r in responses], times)
    return f"marks a second ({len(responses):,} generated responses): 5,000 against {rate:,.0f}", 5000 / rate, 1.0


def validation(times: int):
    "Checking a file of 100 questions made of the course's own, with a thousand draws of each question that has drawn numbers: under 1 s."
    with tempfile.TemporaryDirectory() as folder:
        blocks = [b for path in packaged_questionnaires().values() for b in re.split(r"(?m)^(?=  - id: )", path.read_text())[1:]]
        blocks = [re.sub(r"\(pictures/[^)]*\)", "", re.sub(r"(?m)^  # -+.*\n", "", b)) for b in blocks]
        file = Path(folder) / "hundred.yaml"
        file.write_text("questionnaire: hundred\ntitle: A hundred\nquestions:\n" +
                        "".join(re.sub(r"id: \S+", f"id: hq-{i:03}", (blocks + blocks)[i], count=1) for i in range(100)))
        if problems := find_problems(file): raise ValueError(f"the file for the figure is not right: {problems[0]}")
        return "checking a file of 100 questions, seconds", seconds(lambda: find_problems(file), times), 1.0


def first_paint(times: int):
    "From the widget's module being loaded to the painted first question, all 60 MNIST questions at hand: under 1 s; needs Chromium."
    from course_lib.questionnaire.asking.page import page_module, sealed_questions
    data = json.dumps({**sealed_questions("mnist_basics"), "page": "../"}).replace("<", "\\u003c")
    taken = []
    with running_chromium() as browser:
        for _ in range(times):
            page = browser.new_page()
            page.add_script_tag(type="module", content=f"""{page_module()}
                const data = {data}, start = performance.now();
                render({{ model: pageModel(data), el: document.body }});
                requestAnimationFrame(() => setTimeout(() => {{ window.painted = performance.now() - start; }}));""")
            page.wait_for_function("() => window.painted")
            taken.append(page.evaluate("window.painted") / 1000)
            page.close()
    return "the widget's first paint, seconds", statistics.median(taken), 1.0


def rows(short: bool = False):
    "All the rows; the browser's only where there is one."
    times = 1 if short else 5
    return [marks_a_second(times), validation(times), *([first_paint(times)] if CHROMIUM and playwright else [])]
