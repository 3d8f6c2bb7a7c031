"""The folder that `course lab` prepares: nothing of a person's own is lost, whatever has happened to the folder before."""
import pytest

from course_lib.classroom import lab
from course_lib.classroom.lab import copy_notebooks, run_lab
from course_lib.cli import main

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
    folder, write = tmp_path / "ada", lab.write_file
    for stop_at in "two.png", "copied.json":
        def stopped(path, data, stop_at=stop_at):
            if path.name == stop_at: raise KeyboardInterrupt
            write(path, data)
        monkeypatch.setattr(lab, "write_file", stopped)
        with pytest.raises(KeyboardInterrupt): copy_notebooks(first, folder)
    monkeypatch.setattr(lab, "write_file", write)
    assert contents(folder) == FIRST and copy_notebooks(first, folder) == []
    assert copy_notebooks(second, folder) == ["one.png", "two.png"] and contents(folder) == SECOND


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"\xff"])
def test_without_its_record_a_folder_is_left_as_it_is(tmp_path, sources, damage):
    first, second = sources
    folder = tmp_path / "ada"
    copy_notebooks(first, folder)
    (folder / ".course" / "copied.json").write_bytes(damage)
    assert copy_notebooks(second, folder) == [] and contents(folder) == FIRST


def test_a_folder_of_the_other_kind_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no course directory"): run_lab(tmp_path, instructor=True)
    (tmp_path / "nbgrader_config.py").touch()
    with pytest.raises(ValueError, match="instructor's gradebook"): run_lab(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["nbgrader_config.py"]


def test_the_value_of_an_option_is_not_taken_for_the_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit): main(["lab", "--ip", "0.0.0.0"])
    assert "--ip=0.0.0.0" in capsys.readouterr().err and not list(tmp_path.iterdir())
