"""The folder that `course lab` prepares: nothing of a person's own is lost, whatever has happened to the folder before."""
import json
import re

import pytest

from course_lib.classroom import copies
from course_lib.classroom.copies import copy_notebooks, exercise_files, exercise_notebook
from course_lib.classroom.lab import run_lab
from course_lib.cli import main
from course_lib.courses import this_course

FIRST, SECOND = {"one.png": b"1", "two.png": b"2"}, {"one.png": b"1 improved", "two.png": b"2 improved"}


@pytest.fixture
def sources(tmp_path):
    "Two versions of the same two files."
    def written(version, contents):
        (tmp_path / version).mkdir()
        for name, data in contents.items(): (tmp_path / version / name).write_bytes(data)
        return {name: tmp_path / version / name for name in contents}
    return written("first", FIRST), written("second", SECOND)


def contents(folder): return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


def test_what_is_untouched_is_renewed_and_what_is_changed_stays(tmp_path, sources):
    first, second = sources
    folder = tmp_path / "ada"
    assert copy_notebooks(first, folder) == ["one.png", "two.png"] and contents(folder) == FIRST
    (folder / "one.png").write_bytes(b"ada's")
    assert copy_notebooks(second, folder) == ["two.png"]
    assert contents(folder) == {"one.png": b"ada's", "two.png": b"2 improved"}
    (folder / "one.png").unlink()
    assert copy_notebooks(second, folder) == ["one.png"] and contents(folder) == SECOND


def test_a_run_that_was_stopped_is_made_good_by_the_next(tmp_path, sources, monkeypatch):
    "Stopped between the files, and stopped before the record: no copy is taken for the person's own afterwards."
    first, second = sources
    folder, write = tmp_path / "ada", copies.write_file
    for stop_at in "two.png", "copied.json":
        def stopped(path, data, stop_at=stop_at):
            if path.name == stop_at: raise KeyboardInterrupt
            write(path, data)
        monkeypatch.setattr(copies, "write_file", stopped)
        with pytest.raises(KeyboardInterrupt): copy_notebooks(first, folder)
    monkeypatch.setattr(copies, "write_file", write)
    assert contents(folder) == FIRST and copy_notebooks(first, folder) == []
    assert copy_notebooks(second, folder) == ["one.png", "two.png"] and contents(folder) == SECOND


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"\xff"])
def test_without_its_record_a_folder_is_left_as_it_is(tmp_path, sources, damage):
    first, second = sources
    folder = tmp_path / "ada"
    copy_notebooks(first, folder)
    (folder / ".course" / "copied.json").write_bytes(damage)
    assert copy_notebooks(second, folder) == [] and contents(folder) == FIRST


@pytest.mark.parametrize("place", sorted(p for p in exercise_files(this_course()) if p.endswith(".ipynb")))
def test_an_exercise_for_those_on_their_own_holds_no_solution(place):
    "Of what stands between the markers of a solution, no line is in the copy, unless it is there in the text around it too."
    source = json.loads(exercise_files(this_course())[place].read_text())["cells"]
    solutions = [m for c in source for m in re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", "".join(c["source"]), re.DOTALL)]
    copy = json.loads(exercise_notebook(exercise_files(this_course())[place]))["cells"]
    cells = ["".join(c["source"]) for c in copy if c["cell_type"] == "code"]
    lines = {line.strip() for text in solutions for line in text.splitlines() if len(line.strip()) > 12}
    assert not [line for line in lines for cell in cells if line in cell] and all(c["metadata"] == {} for c in copy)
    assert "evidence" in place or (lines and any("NotImplementedError" in cell for cell in cells))


@pytest.mark.parametrize("left", ["### BEGIN SOLUTION\nx = 1", "x = 1  # BEGIN HIDDEN TESTS"])
def test_an_exercise_with_a_slip_in_its_markers_is_not_handed_out(tmp_path, left):
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": None, "outputs": [], "source": left}
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    with pytest.raises(ValueError, match=r"a\.ipynb"): exercise_notebook(tmp_path / "a.ipynb")


def test_a_folder_of_the_other_kind_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no course directory"): run_lab(tmp_path, instructor=True)
    (tmp_path / "nbgrader_config.py").touch()
    with pytest.raises(ValueError, match="instructor's gradebook"): run_lab(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["nbgrader_config.py"]


def test_the_value_of_an_option_is_not_taken_for_the_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit): main(["lab", "--ip", "0.0.0.0"])
    assert "--ip=0.0.0.0" in capsys.readouterr().err and not list(tmp_path.iterdir())
