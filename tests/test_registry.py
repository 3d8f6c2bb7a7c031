"""Checks from an installed package and from a course's folder: found, named where they clash, shipped with their probes and without their solutions."""
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from course_dir import NEEDS_SANDBOX, _cell, make_course, marks, notebook, released, submit, with_answers
from nbgrader.converters.base import NbGraderException

from course_lib import courses
from course_lib.checks import allowed, anywhere, registry
from course_lib.checks.probing import PROBES
from course_lib.checks.trials import Trial
from course_lib.checks.trying import find_check, probe_modules
from course_lib.checks.use import read_use
from course_lib.grading import stamps
from course_lib.grading.course import grade
from course_lib.sandbox.jobs import Job, Limits, Sandbox
from course_lib.sandbox.shelter import SandboxError, refuse_unshippable
from course_lib.sandbox.visible import what_is_seen

PACKAGE = {
    "__init__.py": "",
    "data.py": "def load(): return [1, 2]\n",
    "halves.py": "from .data import load\n\ndef half(x): return x / 2\n",
    "probes.py": "from course_lib.checks import probe\n\n@probe\ndef at_four(f): return f(4)\n",
    "half_checks.py": '''
from course_lib.checks import Case, Check, Mistakes
from . import probes
from .halves import half

def cases(g): yield Case("four", "at_four", {})

mistakes = Mistakes()

@mistakes("You doubled it.")
def _doubles(x): return x * 2

CHECKS = [Check("half", half, cases, mistakes)]
''',
}
OWN = {
    "probes.py": "from course_lib.checks import probe\n\n@probe\ndef at_five(f): return f(5)\n",
    "double.py": '''
from course_lib.checks import Case, Check
from . import probes

def double(x): return 2 * x
def cases(g): yield Case("five", "at_five", {})

CHECKS = [Check("double", double, cases)]
''',
}


def write(folder: Path, files: dict[str, str]):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items(): (folder / name).write_text(text)


def announce(site: Path, package: str, name: str, version="0.1", **groups):
    "What pip writes for an installed package."
    lines = [line for group, entries in groups.items() for line in (f"[course_lib.{group}]", *(f"{k} = {v}" for k, v in entries.items()))]
    write(site / f"{package}-{version}.dist-info", {"METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", "entry_points.txt": "\n".join(lines) + "\n",
                                                    "RECORD": f"{package}/__init__.py,,\n{package}/halves.py,,\nhidden_{package}.py,,\n"})


def forget():
    for cached in (courses._announced, courses.installed, courses.course_packages, registry.installed_checks, stamps.marking_files, anywhere.is_strange, allowed._builds_on): cached.cache_clear()
    for module in [m for m in sys.modules if m.partition(".")[0] in ("linear_models", "other_models")]: del sys.modules[module]
    for probe in [n for n, f in PROBES.items() if f.__module__.startswith(("linear_models", "other_models", "course_checks_"))]: del PROBES[probe]


@pytest.fixture
def site(tmp_path, monkeypatch):
    "A folder with an installed package of another course, as this process and those that it starts see it."
    site = tmp_path / "site-packages"
    write(site / "linear_models", PACKAGE)
    write(site, {"hidden_linear_models.py": "KEY = 5\n"})
    announce(site, "linear_models", "linear-models", checks={"half": "linear_models.half_checks"}, courses={"linear_models": "linear_models"})
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", str(site), prepend=os.pathsep)
    forget()
    yield site
    forget()


def source(name, solution, call=None):
    return notebook(_cell("# About", kind="markdown"), _cell("from course_lib.exercises.checking import check"), _cell(f"### BEGIN SOLUTION\n{solution}\n### END SOLUTION", name),
                    _cell(call or f'check("{name}")', f"check-{name}", 2))


def handed_in(course, assignment, **answers):
    for student, answer in answers.items(): submit(course, student, with_answers(released(course, assignment), **answer), assignment)


def verdicts(course, assignment): return {o.student: next(iter(next(iter(o.verdicts.values())).values())) for o in grade(assignment, course, quiet=True)}


# ---- found by name

def test_a_check_of_an_installed_package_is_found(site):
    found = find_check("half")
    assert registry.place_of("half").provider == "linear-models 0.1" and "half" in registry.check_names() and "sigmoid" in registry.check_names()
    assert Trial(found, 1).verdict(Trial(found, 1).expected).status == "right" and probe_modules(found) == ["linear_models.probes"]


def test_check_in_a_students_notebook_finds_it(site, tmp_path):
    code = "from course_lib.exercises.checking import check\ndef half(x): return x * 2\nv = check('half')\nprint(v.status, v.hint)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert told.stdout == "wrong You doubled it.\n", told.stderr


def test_what_nobody_has_is_told_to_a_student_with_what_there_is(site):
    with pytest.raises(KeyError, match=r"no check 'halve'; did you mean 'half'\? there are: .*half.*made when you have handed in"): find_check("halve")


def test_two_packages_with_one_name_are_both_named(site, tmp_path):
    write(site / "other_models", {"__init__.py": ""})
    announce(site, "other_models", "other-models", "2.0", checks={"half": "other_models.checks"})
    forget()
    with pytest.raises(ValueError, match=r"2 checks named 'half': from (linear-models 0.1 and from other-models 2.0|other-models 2.0 and from linear-models 0.1)"): find_check("half")
    told = subprocess.run([sys.executable, "-c", "from course_lib.exercises.checking import check\ncheck('half')"], capture_output=True, text=True, cwd=tmp_path)
    assert "linear-models 0.1" in told.stderr and "other-models 2.0" in told.stderr
    with pytest.raises(NbGraderException, match=r"(?s)check-half: there are 2 checks named 'half'.*linear-models 0.1.*other-models 2.0|other-models 2.0.*linear-models 0.1"):
        make_with_generate(tmp_path / "course", source("half", "def half(x): return x / 2"), "halves")


def make_with_generate(root, nb, assignment):
    "A course whose assignment is generated by the course's own generator, as `nbgrader generate_assignment` does."
    from nbgrader.coursedir import CourseDirectory

    from course_lib.grading.course import course_config
    from course_lib.grading.generating import CourseGenerate
    make_course(root, notebook(_cell("# Nothing", kind="markdown")), "nothing")
    write(root / "source" / assignment, {f"{assignment}.ipynb": json.dumps(nb)})
    coursedir = CourseDirectory(config=(config := course_config(root)))
    coursedir.assignment_id = assignment
    CourseGenerate(coursedir=coursedir, config=config).start()


def test_a_package_and_the_course_with_one_name_are_both_named(site, tmp_path):
    write(tmp_path / "checks", {**OWN, "half.py": OWN["double.py"].replace("double", "half")})
    with pytest.raises(ValueError, match=r"2 checks named 'half': from linear-models 0.1 and from checks/half.py of the course"): find_check("half", tmp_path)
    assert find_check("half").reference.__module__ == "linear_models.halves"


def test_one_name_twice_in_one_list_is_refused(tmp_path):
    write(tmp_path / "checks", {"twice.py": OWN["double.py"].replace('cases)]', 'cases), Check("double", double, cases)]').replace("from . import probes", "").replace("at_five", "call")})
    with pytest.raises(ValueError, match=r"2 checks named 'double': from checks/twice.py"): find_check("double", tmp_path)


# ---- files of the course that are wrong, or that change

BROKEN = {"syntax": "def f(:", "import": "import nothing_of_this_name", "ends the process": "import sys; sys.exit(3)", "no list": "CHECKS = 3", "texts": "CHECKS = ['double']", "nameless": "CHECKS = [object()]"}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_file_is_told_where_its_check_is_asked_for_and_harms_no_other(how, tmp_path):
    write(tmp_path / "checks", {**OWN, "adam.py": BROKEN[how]})
    with pytest.raises(ValueError, match=r"no check 'adam' is found, and checks/adam.py of the course cannot be read: "): find_check("adam", tmp_path)
    assert find_check("double", tmp_path).name == "double" and find_check("sigmoid", tmp_path).name == "sigmoid"


def test_a_changed_file_is_read_again_and_leaves_no_compiled_one(tmp_path):
    write(tmp_path / "checks", OWN)
    assert Trial(find_check("double", tmp_path), 1).expected == [10]
    write(tmp_path / "checks", {"double.py": OWN["double.py"].replace("2 * x", "3 * x")})
    assert Trial(find_check("double", tmp_path), 1).expected == [15]
    write(tmp_path / "checks", {"probes.py": OWN["probes.py"].replace("f(5)", "f(6)")})
    assert Trial(find_check("double", tmp_path), 1).expected == [18] and not (tmp_path / "checks" / "__pycache__").exists()


def test_the_folder_is_read_once_for_each_state_of_it(tmp_path, monkeypatch):
    reads, read = [], Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda file: reads.append(file.name) or read(file))
    write(tmp_path / "checks", OWN)
    for _ in range(20): assert find_check("double", tmp_path) and find_check("sigmoid", tmp_path)
    assert reads.count("double.py") == 1
    write(tmp_path / "checks", {"double.py": OWN["double.py"].replace("2 * x", "4 * x")})
    os.utime(tmp_path / "checks" / "double.py", (0, 0))
    assert Trial(find_check("double", tmp_path), 1).expected == [20] and reads.count("double.py") == 2


def test_two_courses_in_one_process_do_not_mix(tmp_path):
    write(tmp_path / "a" / "checks", OWN)
    write(tmp_path / "b" / "checks", {**OWN, "probes.py": OWN["probes.py"].replace("f(5)", "f(7)")})
    for folder, expected in (("a", 10), ("b", 14), ("a", 10)): assert Trial(find_check("double", tmp_path / folder), 1).expected == [expected]


def test_marks_depend_on_everything_in_the_folder(tmp_path, site):
    write(tmp_path / "checks", OWN)
    states = [stamps.checks_state(tmp_path)]
    for change in (lambda: write(tmp_path / "checks", {"probes.py": "#"}), lambda: write(tmp_path / "checks" / "data", {"numbers.csv": "1,2"}),
                   lambda: write(site / "linear_models", {"halves.py": "def half(x): return x / 2.0\n"})):
        change()
        states.append(stamps.checks_state(tmp_path))
    assert len(set(states)) == 4 and stamps.checks_state(tmp_path) == states[-1]


def test_marks_depend_on_what_a_package_of_checks_imports_from_beside_it(tmp_path, site):
    write(site / "linear_models" / "tests_of", {"__init__.py": PACKAGE["half_checks.py"].replace("from .", "from ..")})
    announce(site, "linear_models", "linear-models", checks={"half": "linear_models.tests_of"})
    forget()
    assert find_check("half") and {p.name for p in stamps.marking_files() if "linear_models" in str(p)} >= {"halves.py", "probes.py", "data.py"}


def test_a_package_that_cannot_be_imported_stops_nobody_else(site, tmp_path):
    write(site / "linear_models", {"__init__.py": "raise RuntimeError('half installed')"})
    with pytest.raises(ValueError, match=r"linear-models 0.1 cannot be read: RuntimeError: half installed"): find_check("half")
    assert stamps.checks_state(tmp_path) and find_check("sigmoid")


# ---- probes go into the sandbox, and nothing else

def test_a_probe_beside_a_solution_is_refused(tmp_path):
    write(tmp_path / "checks", {"double.py": OWN["double.py"].replace("from . import probes", OWN["probes.py"])})
    with pytest.raises(ValueError, match=r"one file with checks or solutions \(double.py\).*a file of their own"): probe_modules(find_check("double", tmp_path))
    write(tmp_path / "checks", {"double.py": OWN["double.py"].replace("at_five", "at_six"), "probes.py": OWN["probes.py"]})
    with pytest.raises(ValueError, match=r"names a probe 'at_six', and there is none; there are: .*at_five"): probe_modules(find_check("double", tmp_path))


@pytest.mark.parametrize("line", ["from .double import double", "from . import double", "import course_lib.scratch.training", "from course_lib.exercises import probes"])
def test_a_module_of_probes_that_imports_solutions_is_refused(tmp_path, line):
    write(tmp_path / "checks", {"probes.py": f"{OWN['probes.py']}\ndef later():\n    {line}\n", "double.py": OWN["double.py"]})
    with pytest.raises(SandboxError, match="which students' code must not see"): refuse_unshippable(probe_modules(find_check("double", tmp_path)))


@NEEDS_SANDBOX
def test_only_probes_are_seen(site, tmp_path):
    write(tmp_path / "checks", OWN)
    probes = [*probe_modules(find_check("double", tmp_path)), *probe_modules(find_check("half"))]
    look = """
import importlib, os, sys
def f(names):
    found = []
    for name in names:
        try: found.append(importlib.import_module(name).__name__)
        except ImportError: pass
    places = [(folder, name) for path in sys.path if 'site-packages' in path or path == '/course' for folder, _, files in os.walk(path) for name in files]
    return found, [os.path.join(*place) for place in places if place[1] in ('halves.py', 'half_checks.py', 'double.py', 'hidden_linear_models.py', 'data.py') and 'linear' in os.path.join(*place)], \\
        sorted(os.path.relpath(os.path.join(*place), '/course') for place in places if place[0].startswith('/course/') and 'course_lib' not in place[0])
"""
    package = probes[0].partition(".")[0]
    job = Job("f", [{"probe": "call", "inputs": {"args": ([*probes, f"{package}.double", "linear_models.halves", "linear_models.half_checks", "linear_models.data", "hidden_linear_models"],)}}])
    with Sandbox(limits=Limits(seconds=20), hidden=[tmp_path / "checks"], probes=probes) as box: assert not box.run([look], [job])
    assert job.seen == [(probes, [], [f"{package}/__init__.py", f"{package}/probes.py", "linear_models/__init__.py", "linear_models/probes.py"])]


def test_a_course_package_is_covered_wherever_it_lies(site):
    assert {"linear_models", "hidden_linear_models"} <= courses.course_packages()
    assert str((site / "linear_models").resolve()) in what_is_seen_with(site).covers


def what_is_seen_with(site):
    "What is seen where Python needs the folder that the package lies in."
    from course_lib.sandbox import visible
    before = visible._PLACES
    visible._PLACES = (*before, str(site))
    try: return what_is_seen()
    finally: visible._PLACES = before


# ---- a class is graded

@NEEDS_SANDBOX
def test_a_class_is_graded_by_a_check_of_the_course(tmp_path):
    course = tmp_path / "course"
    write(course / "checks", OWN)
    make_course(course, source("double", "def double(x): return 2 * x"), "doubles")
    handed_in(course, "doubles", ada={}, ben={"double": "def double(x): return 2 * x"}, cem={"double": "def double(x): return x ** 2"}, dan={"double": "def double(x): return x + x"})
    told = verdicts(course, "doubles")
    assert {s: v.status for s, v in told.items()} == {"ada": "blank", "ben": "right", "cem": "wrong", "dan": "right"}
    assert {s: m["check-double"][0] for s, m in marks(course, "doubles").items()} == {"ada": 0, "ben": 2, "cem": 0, "dan": 2}
    write(course / "checks", {"double.py": OWN["double.py"].replace("2 * x", "x ** 2")})  # the check changes, and the marks with it
    assert {s: v.status for s, v in verdicts(course, "doubles").items()}["cem"] == "right"


@NEEDS_SANDBOX
def test_a_class_is_graded_by_a_check_of_an_installed_package(site, tmp_path):
    course = make_course(tmp_path / "course", source("half", "def half(x): return x / 2"), "halves")
    handed_in(course, "halves", ben={"half": "def half(x): return x / 2"}, cem={"half": "def half(x): return x * 2"},
              eve={"half": "from linear_models.halves import half"}, fay={"half": "import linear_models.halves\ndef half(x): return linear_models.halves.half(x)"},
              gil={"half": "from numpy_of_mine import half"}, hal={"half": "raise ModuleNotFoundError(\"No module named 'linear_models'\")\ndef half(x): return x / 2"})
    told = verdicts(course, "halves")
    assert told["ben"].status == "right" and told["cem"].hint == "You doubled it."
    assert {s: m["check-half"][0] for s, m in marks(course, "halves").items()} == {"ben": 2, "cem": 0, "eve": 0, "fay": 0, "gil": 0, "hal": 0}
    assert {s: told[s].status for s in ("eve", "fay", "gil", "hal")} == {"eve": "forbidden", "fay": "forbidden", "gil": "invalid", "hal": "invalid"}
    for s, module in (("eve", "linear_models"), ("fay", "linear_models"), ("gil", "numpy_of_mine")):
        assert f"imports `{module}" in told[s].why and "which is not there where answers are marked" in told[s].why and "torch and numpy, but no solution of a course" in told[s].hint
    assert "yourself" in told["eve"].hint and "yourself" not in told["gil"].hint


@NEEDS_SANDBOX
@pytest.mark.parametrize("how", ["ends the process", "cases"])
def test_a_broken_check_waits_for_a_person_and_stops_nobody(how, tmp_path):
    course = tmp_path / "course"
    make_course(course, notebook(*source("double", "def double(x): return 2 * x")["cells"], *source("sigmoid", "import torch\ndef sigmoid(x): return 1 / (1 + torch.exp(-x))")["cells"][2:]), "doubles")
    broken = OWN["double.py"].replace("def cases(g):", "def cases(g):\n    raise KeyError(3)\n   ") if how == "cases" else BROKEN[how]
    write(course / "checks", {**OWN, "double.py": broken})
    handed_in(course, "doubles", ben={"double": "def double(x): return 2 * x", "sigmoid": "import torch\ndef sigmoid(x): return 1 / (1 + torch.exp(-x))"})
    outcome, = grade("doubles", course, quiet=True)
    found = outcome.verdicts["doubles"]
    assert not outcome.failed and outcome.by_hand and found["check-double"].status == "review" and found["check-sigmoid"].status == "right"
    assert "checks/double.py of the course cannot be read" in found["check-double"].why if how != "cases" else "cases stop with KeyError: 3" in found["check-double"].why
    assert marks(course, "doubles")["ben"]["check-double"][2] and marks(course, "doubles")["ben"]["check-sigmoid"][0] == 2


def test_generate_refuses_what_cannot_be_shipped(tmp_path):
    write(tmp_path / "course" / "checks", {"double.py": OWN["double.py"].replace("from . import probes", OWN["probes.py"])})
    with pytest.raises(NbGraderException, match=r"check-double: the probes of the check 'double' stand in one file with checks or solutions"):
        make_with_generate(tmp_path / "course", source("double", "def double(x): return 2 * x"), "doubles")


# ---- ready-made

READY = {
    "its solution": ("from linear_models.halves import half", "forbidden"),
    "by another name": ("import linear_models.halves as h\nhalf = h.half", "forbidden"),
    "inside": ("from linear_models import halves\ndef half(x): return halves.half(x)", "forbidden"),
    "from the check": ("from linear_models.half_checks import CHECKS\nhalf = CHECKS[0].reference", "forbidden"),
    "what it builds on": ("from linear_models.data import load\ndef half(x): return x / load()[1]", ""),
    "nothing": ("def half(x): return x / 2", ""),
}


@pytest.mark.parametrize("how", READY)
def test_a_course_packages_own_solution_is_ready_made(how, site):
    code, expected = READY[how]
    found = read_use([code], find_check("half"))
    assert bool(found.forbidden) == (expected == "forbidden"), found
    if not expected: assert not found.doubtful


def test_what_an_exercise_hands_over_may_be_used(site):
    write(site / "linear_models", {"half_checks.py": PACKAGE["half_checks.py"].replace("mistakes)]", "mistakes, handed=('linear_models.tools.two',))]"), "tools.py": "def two(): return 2\ndef three(): return 3\n"})
    importlib.invalidate_caches()
    assert not read_use(["from linear_models.tools import two\ndef half(x): return x / two()"], find_check("half")).forbidden
    assert read_use(["from linear_models.tools import three\ndef half(x): return x / three()"], find_check("half")).forbidden
