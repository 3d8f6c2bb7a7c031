"""`make test` and `make demo` get what they need where they may, and say in one line what is left out where they may not."""
import os
import re
import stat
import subprocess

import pytest
from browser import ROOT

PARTS = "venv", "bubblewrap", "chromium", "npm"


def machine(folder, user="1000", sudo=False, apt=True, there=()):
    "A folder of programs that is all that the script finds; what apt-get is asked for goes into `log`."
    programs = {"id": f"echo {user}", "sudo": 'shift $([ "$1" = -n ] && echo 1 || echo 0); exec "$@"' if sudo else "exit 1", "true": "exit 0",
                "python": "exit 0" if "venv" in there else "exit 1", **({"apt-get": f'echo "$@" >> {folder}/log'} if apt else {}),
                **{{"bubblewrap": "bwrap"}.get(part, part): "exit 0" for part in there if part != "venv"}}
    for name, does in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{does}\n")
        (folder / name).chmod(stat.S_IRWXU)
    return folder


def run(folder, *words):
    "What the script says, its exit code, and what apt-get was asked to install."
    result = subprocess.run(["/bin/sh", ROOT / "tools" / "system.sh", *words], env={"PATH": str(folder), "PYTHON": str(folder / "python")}, capture_output=True, text=True)
    log = (folder / "log").read_text().splitlines() if (folder / "log").exists() else []
    return result.stdout + result.stderr, result.returncode, log


def test_nothing_is_said_or_done_where_all_is_there(tmp_path):
    assert run(machine(tmp_path, user="0", there=PARTS), *PARTS) == ("", 0, [])


@pytest.mark.parametrize("user, sudo", [("0", False), ("1000", True)])
def test_what_is_missing_is_installed_where_that_needs_no_password(tmp_path, user, sudo):
    said, code, log = run(machine(tmp_path, user, sudo, there=("venv", "chromium")), *PARTS)
    assert (said, code) == ("Installing bubblewrap nodejs npm\n", 0)
    assert log == ["update -q", "install -qy --no-install-recommends bubblewrap nodejs npm"]


@pytest.mark.parametrize("apt", [True, False])
def test_otherwise_one_line_says_what_is_left_out(tmp_path, apt):
    said, code, log = run(machine(tmp_path, apt=apt, there=("venv", "bubblewrap")), *PARTS)
    assert said == ("Left out: the tests in a browser (chromium); the tests with a JupyterHub (npm). To get it: make system, or your system's packages "
                    "chromium nodejs npm.\n")
    assert (code, log) == (0, [])


def test_without_environments_nothing_can_go_on(tmp_path):
    said, code, _ = run(machine(tmp_path, there=()), "venv")
    assert code == 1 and "python3-venv" in said and said.count("\n") == 1


def test_make_system_may_ask_and_says_by_its_exit_that_it_failed(tmp_path):
    assert run(machine(tmp_path, sudo=True, there=("venv",)), "ask", "venv", "npm")[1] == 0
    assert run(machine(tmp_path, apt=False, there=("venv",)), "ask", "venv", "npm")[1] == 1
    assert run(machine(tmp_path), "typo")[:2] == ("system.sh: there is no part typo\n", 2)


def dry(*words):
    "The commands that make would type in a fresh clone."
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    return subprocess.run(["make", "--dry-run", "PYTHON=python3", "VERSIONS=none", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("target", ["demo", "test", "lab", "docs", "coverage", "release"])
def test_every_command_makes_the_environment_first(target):
    lines = dry(target)
    order = [lines.index(step) for step in ("system.sh venv", "-m venv .venv", "install", f".venv/bin/{'course' if target in ('demo', 'lab') else 'python'} ")]
    assert order == sorted(order)


def test_the_tests_set_up_all_that_they_need():
    lines = dry("test")
    for step in "system.sh bubblewrap chromium npm", "-e '.[hub]'": assert lines.index(step) < lines.index("tools/run_all.py")


def test_ci_is_the_data_and_make_test():
    lines = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line and not line.startswith("#")]
    assert lines == ["set -euo pipefail", 'cd "$(dirname "$0")/.."', "if [ -d ../shared/data ]; then make data FROM=../shared/data; fi", "make test"]


def test_the_list_of_commands_is_complete():
    makefile = (ROOT / "Makefile").read_text()
    phony = set(re.search(r"\.PHONY: (.*)", makefile)[1].split())
    assert phony - {"ready", "surroundings"} == set(re.findall(r"(?m)^([a-z-]+):.*##", makefile))
