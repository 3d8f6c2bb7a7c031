"`tools/notebooks.py`, which runs the notebooks."
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

TOOL = Path(__file__).parents[1] / "tools" / "notebooks.py"

REPLACES = "from course_lib.questionnaire.model import TYPES\nTYPES._all(); TYPES._found['numeric'] = TYPES['single']"
LOOKS = "from course_lib.questionnaire.model import TYPES\nassert TYPES['numeric'].__name__ == 'Numeric', TYPES['numeric']"


def written(path, source):
    nbformat.write(new_notebook(cells=[new_code_cell(source)]), path)
    return path


def test_what_one_notebook_replaces_is_whole_again_for_the_next(tmp_path):
    # written so that the one that replaces is the larger, and comes first
    written(tmp_path / "first.ipynb", REPLACES + "\n#" + "." * 500)
    for n in range(3): written(tmp_path / f"later{n}.ipynb", LOOKS)
    ran = subprocess.run([sys.executable, TOOL, tmp_path], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def test_a_notebook_that_stops_is_named_and_the_others_still_run(tmp_path):
    written(tmp_path / "stops.ipynb", "1 / 0")
    written(tmp_path / "runs.ipynb", f"open({str(tmp_path / 'ran')!r}, 'w').close()")
    ran = subprocess.run([sys.executable, TOOL, tmp_path], capture_output=True, text=True)
    assert ran.returncode == 1 and "stops.ipynb" in ran.stderr and "runs.ipynb" not in ran.stderr
    assert (tmp_path / "ran").exists()
