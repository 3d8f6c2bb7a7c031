"`tools/notebooks.py`, which runs the notebooks, and `tools/covered.py`, which measures what they and the tests go through."
import os
import subprocess
import sys
from pathlib import Path

import covered
import nbformat
import notebooks
import pytest
from nbformat.v4 import new_code_cell, new_notebook

ROOT = Path(__file__).parents[1]
TOOL = ROOT / "tools" / "notebooks.py"
RUN = "import sys, notebooks\nnotebooks.import_once = lambda: None  # for seconds, what these do not need\nsys.exit(notebooks.main(sys.argv[1:]))"

REPLACES = "from course_lib.questionnaire.model import TYPES\nTYPES._all(); TYPES._found['numeric'] = TYPES['single']"
LOOKS = "from course_lib.questionnaire.model import TYPES\nassert TYPES['numeric'].__name__ == 'Numeric', TYPES['numeric']"


def written(path, source):
    nbformat.write(new_notebook(cells=[new_code_cell(source)]), path)
    return path


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    "What came of some notebooks, in one run. The one that replaces is the largest, and comes first."
    folder = tmp_path_factory.mktemp("notebooks")
    written(folder / "first.ipynb", REPLACES + "\n#" + "." * 500)
    for n in range(3): written(folder / f"later{n}.ipynb", LOOKS)
    written(folder / "stops.ipynb", "1 / 0")
    written(folder / "runs.ipynb", f"open({str(folder / 'ran')!r}, 'w').close()")
    return folder, subprocess.run([sys.executable, "-c", RUN, folder], capture_output=True, text=True, env=os.environ | {"PYTHONPATH": f"{TOOL.parent}{os.pathsep}{ROOT}"})


def test_what_one_notebook_replaces_is_whole_again_for_the_next(ran):
    for name in ("first", "later0", "later1", "later2"): assert f"{name}.ipynb" not in ran[1].stderr, ran[1].stderr


def test_a_notebook_that_stops_is_named_and_the_others_still_run(ran):
    folder, ran = ran
    assert ran.returncode == 1 and "stops.ipynb" in ran.stderr and "runs.ipynb" not in ran.stderr
    assert (folder / "ran").exists()


@pytest.mark.parametrize(("stopped", "status"), [([], 0), ([Path("stops.ipynb")], 1)])
def test_the_status_says_whether_all_ran(monkeypatch, stopped, status):
    monkeypatch.setattr(notebooks, "import_once", lambda: None)
    monkeypatch.setattr(notebooks, "run_all", lambda paths: stopped)
    assert notebooks.main([str(TOOL)]) == status


def test_the_digits_are_read_once_for_all_notebooks(monkeypatch, tmp_path):
    from course_lib import data
    read = []
    monkeypatch.setattr(data, "read_class", lambda folder: read.append(folder) or len(read))
    for name in "mnist_sample", "mnist": monkeypatch.setattr(data, name, lambda: tmp_path)
    notebooks.read_once()
    assert len(read) == 24 and data.read_class(tmp_path / "train" / "3") == 1 and len(read) == 24
    assert data.read_class(tmp_path / "other") == 25, "a folder that nobody has read yet"


@pytest.mark.parametrize(("words", "measured"), [
    ([], [["notebooks.py"], ["pytest"]]), (["tests/test_due_dates.py", "-k", "nbs"], [["pytest", "tests/test_due_dates.py", "-k", "nbs"]]),
    (["nbs/library/dates.ipynb"], [["notebooks.py", "nbs/library/dates.ipynb"]]), (["nbs/library", "tests"], [["notebooks.py", "nbs/library"], ["pytest", "tests"]])])
def test_what_is_measured_can_be_chosen(monkeypatch, tmp_path, words, measured):
    ran = []
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(covered, "OUT", tmp_path / "coverage")
    monkeypatch.setattr(covered, "report", lambda *words: 0)
    monkeypatch.setattr(covered, "in_files", lambda: ())
    monkeypatch.setattr(covered, "measured", lambda *command: ran.append([Path(w).name if w == ROOT / "tools" / "notebooks.py" else w for w in command if w != "-m"]) or True)
    assert covered.main(words) == 0 and ran == measured
