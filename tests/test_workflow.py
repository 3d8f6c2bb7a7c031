"""CI does what a maintainer can type, and the ranges of versions that it tries are those that pyproject.toml states."""
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from browser import ROOT
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

JOBS = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
COMMANDS = sorted({step["run"] for job in JOBS.values() for step in job["steps"] if "run" in step})
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def versions(which):
    return subprocess.run([sys.executable, ROOT / "tools" / "versions.py", which], capture_output=True, text=True)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_step_is_a_make_command_that_exists(command):
    words = shlex.split(re.sub(r"\$\{\{.*?\}\}", "known", command))
    assert words[0] == "make" and "\n" not in command.strip()
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))
    assert all(word in targets or re.fullmatch(r"[A-Z]+=\w+", word) for word in words[1:]), command


def test_the_pythons_and_both_ends_of_the_ranges_are_tried():
    linux, macos = (JOBS[name]["strategy"]["matrix"] for name in ("linux", "macos"))
    assert linux["python"] == macos["python"] and all(python in SpecifierSet(PROJECT["requires-python"]) for python in linux["python"])
    assert {"known", *(entry["versions"] for entry in linux["include"])} == {"known", "oldest", "newest"}
    assert set(COMMANDS) >= {"make test", "make docs"}


def test_the_oldest_versions_lie_in_the_ranges():
    "Each requirement has a lower bound, the oldest set names it, and the known version is not below it."
    oldest = dict(line.split("==") for line in versions("oldest").stdout.splitlines())
    known = dict(re.findall(r"(?m)^([\w.-]+)==(\S+)", versions("known").stdout))
    known = {name.lower().replace("_", "-"): version for name, version in known.items()}
    for text in [*PROJECT["dependencies"], *(r for group in PROJECT["optional-dependencies"].values() for r in group)]:
        requirement = Requirement(text)
        if requirement.name == "course_lib": continue  # an extra that takes others in
        assert oldest[requirement.name] in requirement.specifier, text
        if version := known.get(requirement.name.lower().replace("_", "-")):
            assert version in requirement.specifier and Version(version) >= Version(oldest[requirement.name]), text


def test_the_hooks_before_a_commit_are_programs_of_this_environment():
    "Nothing is fetched from elsewhere, and each program comes with what `make setup` installs."
    for repository in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]:
        assert repository["repo"] == "local"
        for hook in repository["hooks"]:
            program = hook["entry"].split()[0]
            assert hook["language"] == "system" and program.startswith(".venv/bin/") and (Path(sys.executable).parent / Path(program).name).exists(), program


def test_newest_asks_for_nothing_and_a_wrong_word_is_told():
    assert versions("newest").stdout == "" and versions("newest").returncode == 0
    wrong = versions("latest")
    assert wrong.returncode and "VERSIONS must be known, oldest or newest, not 'latest'" in wrong.stderr
