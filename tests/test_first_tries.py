"""Where people try things first: a devcontainer, Binder and Colab; as far as that can be looked at without them."""
import importlib
import json
import os
import subprocess
import sys

import nbformat
import pytest
import yaml
from browser import ROOT
from test_extras import EXTRAS, PROJECT, asked_for

ADDRESS = "https://github.com/someone/a-course"


@pytest.fixture
def colab(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    return importlib.import_module("colab")


def make_targets(): return {line.partition(":")[0] for line in (ROOT / "Makefile").read_text().splitlines() if ":" in line}


def test_the_devcontainer_types_what_a_person_would():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    program, *targets = container["postCreateCommand"].split()
    assert program == "make" and set(targets) <= make_targets()
    from course_lib.sandbox.shelter import FORBIDDEN
    for option in container["runArgs"][1::2]: assert f"--security-opt {option}" in FORBIDDEN  # or the sandbox could not start there


def test_binder_installs_extras_that_exist():
    environment = yaml.safe_load((ROOT / "binder" / "environment.yml").read_text())
    assert "python=3.12" in environment["dependencies"] and "pytorch-cpu>=2.6" in environment["dependencies"]
    assert "torch>=2.6" in PROJECT["dependencies"] and "torchvision>=0.21" in asked_for("pets")
    script = (ROOT / "binder" / "postBuild").read_text()
    assert os.access(ROOT / "binder" / "postBuild", os.X_OK) and "'.[pets,classroom]'" in script and {"pets", "classroom"} <= set(EXTRAS)
    subprocess.run(["sh", "-n", ROOT / "binder" / "postBuild"], check=True)


def run_cell(source, folder, pip="exit 0"):
    "Run Colab's first cell where the course is not installed and pip is a program that only writes down what it is asked."
    (folder / "python").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {folder}/asked\n{pip}\n')
    (folder / "python").chmod(0o755)
    code = f"import sys\nsys.executable = {str(folder / 'python')!r}\n" + source
    return subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, cwd=folder)


def test_colabs_first_cell_installs_what_is_missing_and_says_how_long_it_takes(colab, tmp_path):
    result = run_cell(colab.setup_source(ADDRESS), tmp_path)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "asked").read_text().splitlines() == ["-m", "pip", "install", "--quiet", f"course_lib[pets,questions] @ git+{ADDRESS}"]
    assert "one to two minutes" in result.stdout and result.stdout.endswith("Done. Run the next cell.\n")
    assert {"pets", "questions"} <= set(EXTRAS)


def test_it_says_why_where_pip_fails_and_does_nothing_where_all_is_there(colab, tmp_path):
    result = run_cell(colab.setup_source(ADDRESS), tmp_path, "echo no network >&2; exit 1")
    assert result.returncode == 1 and "run this cell again" in result.stderr and "no network" in result.stderr
    (tmp_path / "asked").unlink()
    result = run_cell(colab.setup_source(ADDRESS, package="json"), tmp_path)
    assert (result.returncode, result.stdout) == (0, "All that this chapter needs is here.\n") and not (tmp_path / "asked").exists()


def test_the_link_is_left_out_where_the_address_is_not_known(colab):
    from pathlib import Path
    chapter = Path("1_scratch/03_binary_loss.ipynb")
    assert colab.link(ADDRESS, chapter) == "https://colab.research.google.com/github/someone/a-course/blob/colab/1_scratch/03_binary_loss.ipynb"
    assert colab.link(f"{ADDRESS}.git", chapter) == colab.link(ADDRESS, chapter)
    for address in "", "https://example.org/a-course", "https://github.com/x/y/../z": assert colab.invitation(address, chapter) == []
    assert "one to two minutes" in colab.invitation(ADDRESS, chapter)[0].source


def test_a_chapters_page_and_its_copy(colab, tmp_path, monkeypatch):
    "The copy is the chapter with the cell below its title; the page has the link below its title, and no page of another kind has one."
    pages = importlib.import_module("pages")
    pages.write_pages(ROOT / "nbs", tmp_path / "source", ADDRESS)
    chapters = pages.lesson(pages.chapter_files(ROOT / "nbs"))
    assert len(chapters) == 15
    for file in pages.chapter_files(ROOT / "nbs"):
        linked = "colab.research.google.com" in (tmp_path / "source" / file).read_text()
        assert linked == (file in chapters), file
    colab.write_copies(ROOT / "nbs", chapters, tmp_path, ADDRESS)
    for file in chapters:
        copy, chapter = (nbformat.read(root / file, as_version=4) for root in (tmp_path / "colab", ROOT / "nbs"))
        nbformat.validate(copy)
        assert copy.cells[0].source == chapter.cells[0].source and copy.cells[1].source == colab.setup_source(ADDRESS)
        assert not any(cell.source.startswith("#|") for cell in copy.cells)


def test_the_copies_are_put_on_a_branch_of_their_own(colab, tmp_path, monkeypatch):
    def git(root, *words): return subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True).stdout
    for name in "AUTHOR", "COMMITTER": monkeypatch.setenv(f"GIT_{name}_NAME", "A"), monkeypatch.setenv(f"GIT_{name}_EMAIL", "a@b.c")
    git(tmp_path, "init", "-q", "--bare", "there")
    git(tmp_path, "clone", "-q", "there", "here")
    here = tmp_path / "here"
    (here / "a.txt").write_text("a")
    git(here, "add", "-A")
    git(here, "commit", "-qm", "a")
    (here / "_site" / "colab" / "1").mkdir(parents=True)
    assert colab.publish(tmp_path / "no_site", here).startswith("There is nothing for Colab")
    (here / "_site" / "colab" / "1" / "x.ipynb").write_text("{}")
    assert colab.publish(here / "_site", here) == "1 chapters are on the branch colab."
    assert git(tmp_path / "there", "ls-tree", "-r", "--name-only", "colab").split() == ["1/x.ipynb"]
    assert git(here, "status", "--porcelain") == "?? _site/\n"  # nothing else has changed
