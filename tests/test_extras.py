"""What is installed without extras carries the lesson by hand and the checks; a command that needs more says how to get it."""
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from course_lib import cli

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
# no finder finds a module of these names, as where they are not installed
BLOCKED = """
import sys

class Without:
    def __init__(self, finder): self.finder = finder
    def __getattr__(self, name): return getattr(self.finder, name)
    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in {hidden!r} else self.finder.find_spec(name, path, target)

sys.meta_path[:] = map(Without, sys.meta_path)
"""


def plain(name): return re.sub(r"[-_.]+", "-", name).lower()


def asked_for(extra: str) -> list[str]:
    "The requirements of an extra with those of the extras that it takes in; of '' those of the package itself."
    found = []
    for text in EXTRAS[extra] if extra else PROJECT["dependencies"]:
        requirement = Requirement(text)
        if requirement.name == "course_lib": found += [r for more in sorted(requirement.extras) for r in asked_for(more)]
        else: found.append(text)
    return found


def installed_by(texts) -> set[str]:
    "All distributions that these requirements bring, as far as they are installed here."
    found, left = set(), [Requirement(text) for text in texts]
    while left:
        requirement = left.pop()
        name = plain(requirement.name)
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})): continue
        try: requires = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError: continue
        found.add(name)
        left += [r for r in map(Requirement, requires) if not r.marker or any(r.marker.evaluate({"extra": e}) for e in ("", *requirement.extras))]
    return found


@cache
def hidden() -> tuple[str, ...]:
    "The modules of all distributions here that the package itself does not bring."
    kept = installed_by(asked_for(""))
    return tuple(sorted(top for top, dists in importlib.metadata.packages_distributions().items()
                        if top != "course_lib" and not any(plain(d) in kept for d in dists)))


def run_without_extras(code, cwd):
    return subprocess.run([sys.executable, "-c", BLOCKED.format(hidden=set(hidden())) + code], capture_output=True, text=True, cwd=cwd)


def test_what_is_hidden_is_what_the_extras_bring():
    assert {"fastai", "torchvision", "sklearn", "nbgrader", "jupyterlab", "pydantic", "anywidget", "pandas", "nbformat"} <= set(hidden())
    assert not {"torch", "numpy", "IPython", "matplotlib", "fastcore", "PIL", "tqdm"} & set(hidden())


def test_the_lesson_and_the_checks_need_no_extra(tmp_path):
    names = [".".join(p.relative_to(ROOT).with_suffix("").parts) for room in ("scratch", "checks", "exercises", "sandbox")
             for p in sorted((ROOT / "course_lib" / room).glob("*.py")) if not p.name.startswith("_")]
    code = f"import importlib\nfor name in {names}: importlib.import_module(name)\n" + """
from course_lib.checks import Trial, find_check
from course_lib.scratch import SGD
trial = Trial(find_check("SGD"), seed=1)
print(trial.verdict(trial.observe(SGD)).status)
"""
    result = run_without_extras(code, tmp_path)
    assert (result.returncode, result.stdout) == (0, "right\n"), result.stderr


@pytest.mark.parametrize("command, extra", [("init class", "grading"), ("grade NAME", "grading"), ("marks --to moodle", "grading"), ("due", "grading"),
                                            ("lab", "classroom"), ("quiz mnist_basics", "questions"), ("questions check", "grading"),
                                            ("data --from .", "pets"), ("demo", "all"), ("new linear_models", "classroom"), ("docs", "docs")])
def test_a_command_says_which_extra_it_needs(command, extra, tmp_path):
    result = run_without_extras(f"from course_lib.cli import main\nsys.exit(main({command.split()}))", tmp_path)
    said = rf"course: course {command.split()[0]} needs \w+, which is not installed: pip install 'course_lib\[{extra}\]'\n"
    assert result.returncode == 2 and re.fullmatch(said, result.stderr), result.stderr


def test_a_module_of_the_course_that_is_missing_stays_an_error(monkeypatch):
    def broken(args): import course_lib.nowhere  # noqa: F401
    monkeypatch.setattr(cli, "run_doctor", broken)
    with pytest.raises(ModuleNotFoundError, match="nowhere"): cli.main(["doctor"])


def test_the_doctor_without_extras(tmp_path):
    "It says what is not here and how to get it, and that the lesson can begin."
    result = run_without_extras("from course_lib.cli import main\nsys.exit(main(['doctor']))", tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "pip install 'course_lib[all]'" in result.stdout and "Error" not in result.stdout


def test_every_extra_is_taken_by_make_setup():
    "Except a database's driver and the hub, which have commands of their own."
    assert not {plain(Requirement(r).name) for e in EXTRAS if e not in ("postgres", "hub") for r in asked_for(e)} - {plain(Requirement(r).name) for r in [*asked_for("dev"), *asked_for("")]}
    assert "'.[dev]'" in (ROOT / "Makefile").read_text()
