"""An instructor's own assignment with a cell of each kind, a class that does everything to it, and what each cell must be worth.

Run this, and it prints what nbgrader's own autograder gives: the column STOCK below was made that way.
"""
import io
import json
import re
import subprocess
import sys
import tempfile
from copy import deepcopy
from pathlib import Path

from course_dir import SETTINGS, _cell, marks, notebook, submit

NAME = "own"
STOCK_CONFIG = "c = get_config()\nc.CourseDirectory.course_id = 'stock'\nc.CourseDirectory.root = {root!r}\nc.CourseDirectory.db_url = 'sqlite:///{root}/gradebook.db'\nc.Execute.timeout = 6\n"


def npy() -> bytes:
    "A file of numpy's with 1, 2, 3."
    import numpy as np
    np.save(file := io.BytesIO(), np.array([1, 2, 3]))
    return file.getvalue()


def png() -> bytes:
    "A red picture, 3 by 7."
    from PIL import Image
    Image.new("RGB", (3, 7), "red").save(file := io.BytesIO(), "png")
    return file.getvalue()


FILES = {"data.csv": b"3\n7\n", "helper.py": b"def twice(x): return 2 * x\n", "numbers.npy": npy(), "pictures/dot.png": png()}
TABLE = [("table.csv", "x,y\n1,2\n")]


def answer(name, source): return _cell(f"### BEGIN SOLUTION\n{source}\n### END SOLUTION", name)


def manual(name, source, points, kind="code"):
    "A cell that a person marks."
    cell = _cell(source, name, points, kind)
    cell["metadata"]["nbgrader"] |= {"solution": True, "locked": False}
    return cell


def task(name, text, points):
    "A task, beside which students put cells of their own."
    cell = _cell(text, name, points, "markdown")
    cell["metadata"]["nbgrader"] |= {"grade": False, "solution": False, "locked": False, "task": True}
    return cell


HIDDEN = "assert add(0, 0) == 0\n### BEGIN HIDDEN TESTS\nassert add(2, 3) == 5, 'THE SECRET'\n### END HIDDEN TESTS"
POINTS = "points = 0\nif add(1, 1) == 2: points += 1\nif mul(2, 3) == 6: points += 3\npoints"
ASSERTS = notebook(
    _cell("# Sums", kind="markdown"), _cell("import warnings, sys"), answer("add", "def add(a, b): return a + b"), _cell("assert add(1, 2) == 3", "t_add", 2), _cell(HIDDEN, "t_hidden", 3),
    answer("mul", "def mul(a, b): return a * b"), _cell("assert mul(2, 3) == 6", "t_mul", 2), _cell("print(mul(1, 7))", "t_prints", 1), _cell(POINTS, "t_points", 4),
    _cell("result = mul(1, 3)\nresult", "t_value", 3), _cell("import matplotlib.pyplot as plt\nplt.plot([add(1, 1), 3])", "t_draws", 1))
BESIDE = notebook(
    _cell("import csv\nimport numpy as np"), answer("total", "def total(rows): return sum(int(r[0]) for r in rows)"), _cell("assert total(csv.reader(open('data.csv'))) == 10", "t_csv", 1),
    _cell("from helper import twice\nassert twice(2) == 4", "t_helper", 1), _cell("assert np.load('numbers.npy').sum() == 6", "t_npy", 1),
    _cell("from PIL import Image\nassert Image.open('pictures/dot.png').size == (3, 7)", "t_png", 1), _cell("assert open('table.csv').read().startswith('x')", "t_table", 1))
BY_HAND = notebook(
    manual("plot", "# draw the line", 3), task("study", "Study something of your own.", 2), manual("essay", "*Your answer here.*", 2, "markdown"))
NOTEBOOKS = {"asserts": ASSERTS, "beside": BESIDE, "by_hand": BY_HAND}
RIGHT = {"add": "def add(a, b): return a + b", "mul": "def mul(a, b): return a * b", "total": "def total(rows): return sum(int(r[0]) for r in rows)"}


def answered(nb, *more, first=False, **answers):
    "The notebook with the right answers, but for these, and with more cells."
    nb, given = deepcopy(nb), {**RIGHT, **answers}
    for cell in nb["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in given: cell["source"] = given[name]
    at = 1 if first else len(nb["cells"])
    nb["cells"][at:at] = [_cell(source) for source in more]
    for i, cell in enumerate(nb["cells"]): cell["id"] = f"c{i}"
    return nb


def _split(nb):
    at = next(i for i, c in enumerate(nb["cells"]) if c["metadata"].get("nbgrader", {}).get("grade_id") == "add")
    nb["cells"].insert(at + 1, {**deepcopy(nb["cells"][at]), "source": "# and the other half", "id": "half"})
    return nb


def _moved(nb):
    at = next(i for i, c in enumerate(nb["cells"]) if c["metadata"].get("nbgrader", {}).get("grade_id") == "t_mul")
    nb["cells"].insert(1, nb["cells"].pop(at))
    return nb


def _gone(nb):
    nb["cells"] = [c for c in nb["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") != "t_mul"]
    return nb


def _older(nb, version):
    for cell in nb["cells"]:
        if mark := cell["metadata"].get("nbgrader"):
            mark["schema_version"] = version
            for name in ("task", *(("cell_type",) if version < 2 else ())): mark.pop(name, None)
    return nb


PLOT = "%matplotlib inline\nimport matplotlib.pyplot as plt\nprint('a line')\nplt.plot([3, 7]);"
ALL = {"t_add": 2, "t_hidden": 3, "t_mul": 2, "t_prints": 1, "t_points": 4, "t_value": 3, "t_draws": 1}
NONE = dict.fromkeys(ALL, 0)
REVIEW = "a person"  # no points, and it waits

# For each student: how the notebook `asserts` is made from the released one, what its cells are worth here, what stock nbgrader gives where that
# differs (FAILS: no mark at all), and why we differ.
FAILS = "fails"
CLASS = {
    "model": (lambda nb: answered(nb), ALL, {}, ""),
    "blank": (lambda nb: nb, {**NONE, "t_value": 0}, {}, ""),
    "half": (lambda nb: answered(nb, mul="def mul(a, b): return a - b"), {**ALL, "t_mul": 0, "t_points": 1, "t_value": REVIEW}, {"t_value": 3}, "-2 is no number of points"),
    "only visible": (lambda nb: answered(nb, add="def add(a, b): return 3 if a == 1 and b == 2 else 0"), {**ALL, "t_hidden": 0, "t_points": 3}, {}, ""),
    "too much": (lambda nb: answered(nb, mul="def mul(a, b): return a + b"), {**ALL, "t_mul": 0, "t_points": 1, "t_value": REVIEW}, dict.fromkeys(ALL, FAILS), "4 of 3 points make stock end"),
    "not a number": (lambda nb: answered(nb, mul="def mul(a, b): return float('nan')"), {**ALL, "t_mul": 0, "t_points": 1, "t_value": REVIEW}, {"t_value": 3}, "NaN is full marks in stock"),
    "nothing": (lambda nb: answered(nb, mul="def mul(a, b): a * b"), {**ALL, "t_mul": 0, "t_points": 1, "t_value": REVIEW}, {"t_value": 3}, "no value where one is asked for is full marks in stock"),
    "a word": (lambda nb: answered(nb, mul="def mul(a, b): return 'six'"), {**ALL, "t_mul": 0, "t_points": 1, "t_value": REVIEW}, {"t_value": 3}, "a word is full marks in stock"),
    "warns": (lambda nb: answered(nb, add="def add(a, b):\n    print('careful', file=sys.stderr)\n    return a + b"), ALL, {"t_add": 0, "t_hidden": 0, "t_points": 0, "t_draws": 0}, "a line on stderr is no error"),
    "magics": (lambda nb: answered(nb, "!echo hello", "files = !ls\nfiles", "%timeit -n 1 -r 1 add(1, 2)", add="%%time\ndef add(a, b): return a + b", mul="%%capture\ndef mul(a, b): return a * b"), ALL, {}, ""),
    "asks": (lambda nb: answered(nb, "name = input('Who are you?')", first=True), ALL, {}, ""),
    "debugs": (lambda nb: answered(nb, "1 / 0", "%debug", "breakpoint()", "import pdb; pdb.set_trace()", first=True), ALL, {}, ""),
    "loops in a function": (lambda nb: answered(nb, mul="def mul(a, b):\n    while (a, b) == (2, 3): pass\n    return a * b"), {**ALL, "t_mul": 0, "t_points": 0}, {}, ""),
    "loops in a cell": (lambda nb: answered(nb, "while True: pass", first=True), ALL, {}, ""),
    "exits in a function": (lambda nb: answered(nb, mul="import os\ndef mul(a, b): os._exit(0)"), {"t_add": 2, "t_hidden": 3, "t_mul": REVIEW, "t_prints": REVIEW, "t_points": REVIEW, "t_value": REVIEW, "t_draws": REVIEW}, dict.fromkeys(ALL, FAILS), "the cells before it have run"),
    "exits politely": (lambda nb: answered(nb, "exit()", first=True), ALL, dict.fromkeys(ALL, FAILS), "exit() is an error of its own cell"),
    "split": (lambda nb: _split(answered(nb)), ALL, dict.fromkeys(ALL, FAILS), "JupyterLab's split cell makes the same id twice"),
    "moved": (lambda nb: _moved(answered(nb)), {**ALL, "t_mul": 0}, {}, ""),
    "deleted": (lambda nb: _gone(answered(nb)), ALL, {"t_mul": None}, "a test that a student deletes is put back"),
    **{f"schema {v}": (lambda nb, v=v: _older(answered(nb), v), ALL, dict.fromkeys(ALL, FAILS) if v < 3 else {}, "stock asks to run nbgrader update" if v < 3 else "") for v in range(4)},
}


def make_own(root: Path, config: str, notebooks: dict = NOTEBOOKS, files: dict = FILES, name: str = NAME) -> Path:
    "A course with this assignment, released."
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory

    from course_lib.grading.course import course_config
    (folder := root / "source" / name).mkdir(parents=True)
    (root / "settings.ini").write_text(SETTINGS.format(seconds=12))
    (root / "nbgrader_config.py").write_text(config)
    for file, nb in notebooks.items(): (folder / f"{file}.ipynb").write_text(json.dumps(nb))
    for file, data in files.items():
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_bytes(data)
    coursedir = CourseDirectory(config=course_config(root))
    coursedir.assignment_id = name
    GenerateAssignment(coursedir=coursedir, config=course_config(root)).start()
    return root


def released_own(root: Path, file: str, name: str = NAME) -> dict:
    "One of its released notebooks."
    return json.loads((root / "release" / name / f"{file}.ipynb").read_text())


def hand_in(root: Path, student: str, notebooks: dict, files=(), name: str = NAME):
    "Hand in these notebooks, with files beside them."
    for file, nb in notebooks.items():
        submit(root, student, nb, name, files)
        folder = root / "submitted" / student / name
        (folder / f"{name}.ipynb").rename(folder / f"{file}.ipynb")


def main():
    "Print what stock nbgrader gives each student for each cell."
    with tempfile.TemporaryDirectory() as folder:
        root = make_own(Path(folder), STOCK_CONFIG.format(root=folder))
        for student, (change, _, _, _) in CLASS.items(): hand_in(root, student.replace(" ", "_"), {"asserts": change(released_own(root, "asserts"))})
        hand_in(root, "files", {"beside": answered(released_own(root, "beside"))}, TABLE)
        hand_in(root, "fakes", {"beside": answered(released_own(root, "beside"))}, [*TABLE, ("data.csv", "1\n"), ("helper.py", "raise ValueError")])
        for student in sys.argv[1:] or sorted(p.name for p in (root / "submitted").iterdir()):
            command = [sys.executable, "-c", "from nbgrader.apps.nbgraderapp import main; main()", "autograde", NAME, "--student", student]
            done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=200)
            found = marks(root, NAME).get(student, {}) if done.returncode == 0 else {}
            print(student, done.returncode, {c: m[0] for c, m in found.items() if c.startswith("t_")} or [line[:200] for line in done.stderr.split("\n") if re.search(r"^\w*(Error|Exception)\b|nbgrader update", line)][-2:], flush=True)


if __name__ == "__main__": main()
