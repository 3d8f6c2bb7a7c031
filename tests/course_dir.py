"""A small course directory for tests: two functions, a class of submissions."""
import contextlib
import io
import json
import shutil
import sys
import tempfile
import traceback
from copy import deepcopy
from functools import cache
from pathlib import Path

import pytest

from course_lib.grading.course import CONFIG, course_config

# Elsewhere there is no bubblewrap, and students' code is not run at all. On Linux its absence is a failure, not a reason to skip.
NEEDS_SANDBOX = pytest.mark.skipif(sys.platform != "linux", reason="grading students' code needs Linux")
SETTINGS = "[course]\nid = test\n[grading]\nseconds = {seconds}\nmemory_mb = 1024\nprocesses = 16\n"


def _cell(source, grade_id=None, points=None, kind="code"):
    cell = {"cell_type": kind, "id": f"c-{grade_id or abs(hash(source)) % 10 ** 6}", "metadata": {}, "source": source}
    if kind == "code": cell |= {"outputs": [], "execution_count": None}
    if grade_id:
        cell["metadata"]["nbgrader"] = {"schema_version": 3, "grade_id": grade_id, "grade": points is not None, "solution": points is None, "locked": points is not None, "task": False}
        if points is not None: cell["metadata"]["nbgrader"]["points"] = points
    return cell


def notebook(*cells):
    "A notebook of these cells."
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}}, "cells": list(cells)}


def source_notebook(check_mnist='check("mnist_loss")', check_sigmoid='check("sigmoid")'):
    "sigmoid and mnist_loss with a graded cell for each."
    return notebook(_cell("# Losses", kind="markdown"), _cell("import torch\nfrom course_lib.exercises.checking import check"),
                    _cell("### BEGIN SOLUTION\ndef sigmoid(x): return 1 / (1 + torch.exp(-x))\n### END SOLUTION", "sigmoid"), _cell(check_sigmoid, "check-sigmoid", 1),
                    _cell("### BEGIN SOLUTION\ndef mnist_loss(predictions, targets):\n    p = sigmoid(predictions)\n    return torch.where(targets == 1, 1 - p, p).mean()\n### END SOLUTION", "mnist_loss"),
                    _cell(check_mnist, "check-mnist_loss", 4))


def make_course(root: Path, source: dict, assignment="loss_functions", seconds=9, settings=SETTINGS) -> Path:
    "A course directory with one assignment, released (in the gradebook): a copy, where its folder is new and such a one was made before."
    if root.exists() or settings != SETTINGS: return _generate(root, source, assignment, settings.format(seconds=seconds))
    shutil.copytree(_generated(json.dumps(source), assignment), root)
    (root / "settings.ini").write_text(settings.format(seconds=seconds))
    return root


@cache
def _generated(source: str, assignment: str) -> Path:
    _kept.append(folder := tempfile.TemporaryDirectory(prefix="course-"))
    return _generate(Path(folder.name) / "course", json.loads(source), assignment, SETTINGS.format(seconds=9))


_kept: list[tempfile.TemporaryDirectory] = []  # as long as this process


def _generate(root: Path, source: dict, assignment: str, settings: str) -> Path:
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    root.mkdir(parents=True, exist_ok=True)
    (root / "settings.ini").write_text(settings)
    (root / "nbgrader_config.py").write_text(CONFIG)
    folder = root / "source" / assignment
    folder.mkdir(parents=True)
    (folder / f"{assignment}.ipynb").write_text(json.dumps(source))
    config = course_config(root)
    coursedir = CourseDirectory(config=config)
    coursedir.assignment_id = assignment
    GenerateAssignment(coursedir=coursedir, config=config).start()
    return root


def nbgrader(root: Path, *words) -> tuple[int, str]:
    "The exit status of one of nbgrader's commands, and what it says. It is run in this process: in one of its own it would import for seconds."
    from jupyter_core.application import NoStart
    from nbgrader.apps import NbGraderApp
    said, status = io.StringIO(), 0
    with contextlib.chdir(root), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        app = NbGraderApp()
        try:
            app.initialize(list(map(str, words)))
            app.start()
        except NoStart: pass
        except SystemExit as end: status = end.code if isinstance(end.code, int) else int(bool(end.code))
        except Exception:
            traceback.print_exc()
            status = 1
        finally:
            while app:
                type(app).clear_instance()
                app = app.subapp
    return status, said.getvalue()


def released(root: Path, assignment="loss_functions") -> dict:
    "The released notebook."
    return json.loads((root / "release" / assignment / f"{assignment}.ipynb").read_text())


def with_answers(nb: dict, **answers) -> dict:
    "The notebook with these solutions in their cells."
    nb = deepcopy(nb)
    for cell in nb["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") in answers: cell["source"] = answers[cell["metadata"]["nbgrader"]["grade_id"]]
    return nb


def submit(root: Path, student: str, nb: dict | str | bytes, assignment="loss_functions", files=()):
    "Hand in a notebook (or whatever is to stand in its file) with files beside it."
    folder = root / "submitted" / student / assignment
    folder.mkdir(parents=True, exist_ok=True)
    data = nb if isinstance(nb, bytes) else (nb if isinstance(nb, str) else json.dumps(nb)).encode()
    (folder / f"{assignment}.ipynb").write_bytes(data)
    for name, text in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def marks(root: Path, assignment="loss_functions") -> dict[str, dict[str, tuple]]:
    "What the gradebook holds: for each student, by cell, (auto_score, manual_score, needs_manual_grade)."
    from nbgrader.api import Gradebook
    with Gradebook(course_config(root).CourseDirectory.db_url) as gb:
        return {s.student.id: {g.name: (g.auto_score, g.manual_score, g.needs_manual_grade) for n in s.notebooks for g in n.grades} for s in gb.assignment_submissions(assignment)}
