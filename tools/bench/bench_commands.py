"""How long a command keeps a person waiting before it does what it was asked: more than `python -c pass`, in processor seconds."""
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from course_dir import make_course, released, source_notebook, submit, with_answers

from course_lib.grading.class_marks import example_class

NAME = "loss_functions"
PYTHON = (sys.executable, "-c")
COURSE = "from course_lib.cli import main; raise SystemExit(main())"
FIRST = """
import sys, time
began = time.time()
from course_lib.grading import marker_process
start, told = marker_process.MarkerProcess.start, []
def start_and_tell(self):
    took = start(self)
    if not told: told.append(print(f"FIRST {time.time() - began:.3f}", flush=True))
    return took
marker_process.MarkerProcess.start = start_and_tell
from course_lib.cli import main
raise SystemExit(main())
"""


def processor_seconds(*words: str) -> float:
    "What a command and its children take of the processor."
    before = os.times()
    subprocess.run([*PYTHON, *words], check=True, capture_output=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def starts(root: Path, times: int):
    "The commands that need no torch."
    nothing = min(processor_seconds("pass") for _ in range(times))
    commands = "--help", f"due --course {root}", f"marks --to moodle --out {root}/marks.csv --course {root}", "questions schema"
    for words in commands if times > 1 else commands[1:2]:
        taken = statistics.median(processor_seconds(COURSE, *words.split()) for _ in range(times))
        yield f"course {' '.join(w for w in words.split() if '/' not in w)}: processor seconds more than python -c pass", taken - nothing, 0.5


def first_submission(root: Path, times: int):
    "From the call of `course grade` to the moment in which the first sandbox is ready for the first submission."
    make_course(root, source_notebook())
    for student in "ada", "ben": submit(root, student, with_answers(released(root), sigmoid="def sigmoid(x): return 1 / (1 + torch.exp(-x))"))
    command = [*PYTHON, FIRST, "grade", NAME, "--force", "--course", str(root)]
    taken = [float(re.search(r"FIRST (\S+)", subprocess.run(command, check=True, capture_output=True, text=True).stdout)[1]) for _ in range(times)]
    yield "course grade: seconds until the first submission runs", statistics.median(taken), 2


def rows(short: bool = False):
    "The rows for tools/bench/bench.py."
    times = 1 if short else 5
    with tempfile.TemporaryDirectory() as folder:
        yield from starts(example_class(Path(folder) / "small"), times)
        yield from first_submission(Path(folder) / "course", times)
