"""What the tests share: a quiet matplotlib, one thread per worker, and small data in fastai's layout."""
import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")  # two test workers share two cores
os.environ.setdefault("MPLBACKEND", "Agg")

import pytest

sys.modules.setdefault("rfc3987_syntax", None)  # as the command line does: jsonschema would compile its grammar for over a second


@pytest.fixture(autouse=True)
def seeded():
    "The same numbers are drawn in each run; a test that needs no torch does not wait for it."
    if torch := sys.modules.get("torch"): torch.manual_seed(0)


@pytest.fixture
def digits_folder(tmp_path):
    "A folder with 3s and 7s, three of each, of which the 3s are white and the 7s black."
    import numpy as np
    from PIL import Image
    for digit, shade in ("3", 255), ("7", 0):
        (tmp_path / "train" / digit).mkdir(parents=True)
        for i in range(3):
            Image.fromarray(np.full((28, 28), shade, np.uint8)).save(tmp_path / "train" / digit / f"{i}.png")
    return tmp_path / "train"


@pytest.fixture(scope="session")
def near_marker():
    "The class that marks in this process; its sandbox ends with the session."
    from near_marker import NearMarker
    yield NearMarker
    if NearMarker.shared: NearMarker.shared.close()


@pytest.fixture
def near(near_marker, monkeypatch): monkeypatch.setattr("course_lib.grading.autograde.MarkerProcess", near_marker)
