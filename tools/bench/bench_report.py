"""What a report on a large class takes: time, and memory of the process that makes it."""
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from course_lib.grading import records
from course_lib.insight.report import make_report
from course_lib.insight.simulated import answered, draw_answers, write_class

STUDENTS, QUESTIONS = 10_000, 60
TEXT = "The sum over the classes is missing: what comes back does not sum to 1 in each row, and it should. "


def large_class(root: Path, students: int, questions: int) -> Path:
    "A graded class whose records are as long as real ones: a hint, a reason and a table for each verdict."
    drawn = answered(draw_answers(np.linspace(-2, 2, questions), np.full(questions, 1.2), students))
    for gradings in drawn.values():
        for id, verdict in gradings[0].items():
            verdict |= {"hint": TEXT, "why": TEXT, "details": [["question", 3 * TEXT], ["your answer", TEXT], ["explanation", 3 * TEXT]]}
            verdict["asked"] = {**verdict["asked"], "chosen": [1 if verdict["score"] else 2]}
            if not verdict["score"]: verdict["cause"] = f"{id.removeprefix('question-')}/option-2"
    records.write_file = lambda path, data, **more: path.write_bytes(data)  # ten thousand files need no fsync here
    return write_class(root, "quiz", {f"question-q-{j + 1:02}": 1.0 for j in range(questions)}, drawn)


def measured(root: str):
    "Print seconds and the peak of memory in MB of one report, made in this process."
    start = time.perf_counter()
    report = make_report(root, "quiz")
    from course_lib.insight.class_page import report_page
    page = report_page(report)
    print(json.dumps({"seconds": time.perf_counter() - start, "processor": time.process_time(), "students": report["students"], "page": len(page),
                      "memory": int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1]) / 1024}))


def rows(short: bool = False):
    "The rows for tools/bench/bench.py."
    with tempfile.TemporaryDirectory() as place:
        root = large_class(Path(place) / "course", 20 if short else STUDENTS, 6 if short else QUESTIONS)
        told = subprocess.run([sys.executable, __file__, str(root)], capture_output=True, text=True, check=True)
        found = json.loads(told.stdout.splitlines()[-1])
        yield f"report on {found['students']:,} students and {QUESTIONS} questions: seconds", found["seconds"], 30
        yield "the same: seconds of the processor, with the imports", found["processor"], 30
        yield "the same: peak of memory, GB", found["memory"] / 1024, 1


if __name__ == "__main__": measured(sys.argv[1])
