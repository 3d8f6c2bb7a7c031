"""The figures of the questionnaire, as rows for tests/bench.py: what, the figure measured, the limit it must keep."""
import re
import statistics
import tempfile
import time
from pathlib import Path

from course_lib.questionnaire.cases import cases
from course_lib.questionnaire.checking import find_problems
from course_lib.questionnaire.marking import mark
from course_lib.questionnaire.reading import packaged_questionnaires, read_questions
from course_lib.questionnaire.variants import self_study


def seconds(what, times=5):
    "The median time of a call."
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        what()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def marks_a_second():
    "Marks of generated responses of all questions and types, hostile and overlong ones included; at least 5,000 a second."
    asked = [self_study(q) for path in packaged_questionnaires().values() for q in read_questions(path).questions]
    responses = [(a, c.response) for a in asked for c in cases(a)]
    for a, response in responses: mark(a, response)
    rate = len(responses) / seconds(lambda: [mark(a, r) for a, r in responses])
    return f"marks a second ({len(responses):,} generated responses): 5,000 against {rate:,.0f}", 5000 / rate, 1.0


def validation():
    "Checking a file of 100 questions made of the course's own, with a thousand draws of each question that has drawn numbers: under 1 s."
    with tempfile.TemporaryDirectory() as folder:
        blocks = [b for path in packaged_questionnaires().values() for b in re.split(r"(?m)^(?=  - id: )", path.read_text())[1:]]
        blocks = [re.sub(r"\(pictures/[^)]*\)", "", re.sub(r"(?m)^  # -+.*\n", "", b)) for b in blocks]
        file = Path(folder) / "hundred.yaml"
        file.write_text("questionnaire: hundred\ntitle: A hundred\nquestions:\n" +
                        "".join(re.sub(r"id: \S+", f"id: hq-{i:03}", (blocks + blocks)[i], count=1) for i in range(100)))
        if problems := find_problems(file): raise ValueError(f"the file for the figure is not right: {problems[0]}")
        return "checking a file of 100 questions, seconds", seconds(lambda: find_problems(file), 5), 1.0


def rows():
    "All the rows."
    return [marks_a_second(), validation()]


if __name__ == "__main__":
    for what, ratio, limit in rows(): print(f"{what}: {ratio:.2f} (at most {limit})")
