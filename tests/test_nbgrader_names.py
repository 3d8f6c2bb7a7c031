"What is used of nbgrader's private names is named in one module, is there, and is missed in a sentence."
import ast
import importlib
import io
import sqlite3
from pathlib import Path

import alembic.command
import alembic.config
import pytest
from nbgrader import dbutil
from nbgrader.converters.base import BaseConverter

from course_lib.classroom import doctor
from course_lib.grading import nbgrader_names
from course_lib.grading.course import init_course
from course_lib.grading.nbgrader_names import NAMES, missing_names, version_of_tables

ROOT = Path(__file__).parents[1]
HERE = ROOT / "course_lib" / "grading" / "nbgrader_names.py"


def test_nothing_is_missing(): assert missing_names() == []


@pytest.mark.parametrize("name", NAMES, ids=lambda n: f"{n.module}.{n.path}")
def test_a_name_that_nbgrader_changes_is_told_in_a_sentence(name, monkeypatch):
    module = importlib.import_module(name.module)
    *owner, last = name.path.split(".")
    holder = module
    for part in owner: holder = getattr(holder, part)
    for kind in (holder.__mro__ if isinstance(holder, type) else [holder]):  # it may be inherited
        if last in vars(kind): monkeypatch.delattr(kind, last)
    said = [s for s in missing_names() if f"{name.module}.{name.path}," in s]
    assert len(said) == 1 and name.used_for in said[0] and "Use a version that pyproject.toml allows" in said[0]


def test_a_text_that_a_template_loses_is_told(monkeypatch):
    monkeypatch.setitem(nbgrader_names.IN_TEMPLATES, "nothing has this", "to see it missed")
    assert len(missing_names()) == 1 and "nothing has this" in missing_names()[0]


def test_the_doctor_tells_what_is_missing(monkeypatch):
    monkeypatch.setattr(doctor, "CHECKS", [check for check in doctor.CHECKS if getattr(check, "__name__", "") == "names_of_nbgrader"])
    assert doctor.examine() == []
    monkeypatch.setitem(nbgrader_names.IN_TEMPLATES, "nothing has this", "to see it missed")
    found, = doctor.examine()
    assert not found.good and "nothing has this" in found.found and "pip install" in found.remedy and found.needed_for == "handing in and grading"


def test_a_gradebook_has_the_version_that_nbgrader_would_write():
    "What the program prints that nbgrader starts."
    printed = io.StringIO()
    with dbutil._temp_alembic_ini("sqlite://") as ini: alembic.command.heads(alembic.config.Config(ini, stdout=printed))
    assert printed.getvalue() == f"{version_of_tables()} (head)\n"


def test_a_course_is_made_without_another_process(tmp_path, monkeypatch):
    "nbgrader starts a program by its name for each gradebook, which takes longer than all the rest."
    def started(*command): raise AssertionError(command)
    monkeypatch.setattr("nbgrader.api.sp.check_output", started)
    root = init_course(tmp_path / "course")
    with sqlite3.connect(root / "gradebook.db") as database: assert database.execute("select version_num from alembic_version").fetchall() == [(version_of_tables(),)]


def _underscored() -> set[str]:
    "The names that begin with _ of nbgrader's classes."
    from nbgrader.api import Gradebook
    from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
    from nbgrader.exchange.default import ExchangeCollect, ExchangeList, ExchangeReleaseAssignment, ExchangeReleaseFeedback
    kinds = (BaseConverter, Autograde, GenerateAssignment, GenerateFeedback, ExchangeCollect, ExchangeList, ExchangeReleaseAssignment, ExchangeReleaseFeedback, Gradebook)
    mine = {n for kind in kinds for k in kind.__mro__ if k.__module__.startswith("nbgrader.") for n in vars(k)}
    return {n for n in mine if n.startswith("_") and not n.startswith("__")} | {"_sanitizing", "_preprocessors"}


def test_no_other_module_uses_a_private_name_of_nbgraders():
    private, found = _underscored(), []
    for file in sorted((ROOT / "course_lib").rglob("*.py")):
        if file == HERE or file.name == "_modidx.py": continue
        tree = ast.parse(file.read_text())
        functions = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
        attributes = [n for n in ast.walk(tree) if isinstance(n, ast.Attribute)]
        stored = {n.attr for n in attributes if isinstance(n.ctx, ast.Store)}
        taken = {n.attr for n in attributes} & private - functions - stored
        defined = functions & {n.path.split(".")[-1] for n in NAMES if "._" in n.path}
        found += [f"{file.name}: {name}" for name in sorted(taken | defined)]
    assert found == []
