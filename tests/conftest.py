"""What the tests share: a quiet matplotlib, one thread per worker, and small data in fastai's layout."""
import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")  # as many workers as cores, and one more
os.environ.setdefault("MPLBACKEND", "Agg")

import pytest

sys.modules.setdefault("rfc3987_syntax", None)  # as the command line does: jsonschema would compile its grammar for over a second

# The files that take longest, longest first: a long one that came last would be run alone while the other workers have ended.
LONGEST = ("test_classroom.py", "test_docs.py", "test_attacks.py", "test_judges.py", "test_plain_cells.py", "test_hub.py", "test_pages.py", "test_sandbox.py",
           "test_mistakes.py", "test_exercises.py", "test_forbidden.py", "test_door.py", "test_grading.py", "test_widget.py", "test_cluster.py", "test_marks_stand.py",
           "test_pets_offline.py", "test_questions_assignment.py", "test_wheel.py", "test_hostile_pages.py", "test_house.py", "test_registry.py", "test_due_dates.py",
           "test_relations.py", "test_diagnosis.py", "test_collecting.py", "test_torchvision.py", "test_fair_marks.py", "test_insight.py", "test_export.py")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish():
    "Write down what was measured (`make coverage`): xdist ends a worker that takes more than ten seconds to exit, and with it what it has measured."
    if (coverage := sys.modules.get("coverage")) and (measuring := coverage.Coverage.current()): measuring.save()


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
    "The class that marks in this process; its sandboxes end with the session."
    from near_marker import NearMarker
    yield NearMarker
    for worker in NearMarker.shared.values(): worker.close()


@pytest.fixture
def near(near_marker, monkeypatch): monkeypatch.setattr("course_lib.grading.autograde.MarkerProcess", near_marker)
