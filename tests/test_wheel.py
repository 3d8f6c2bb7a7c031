"""A wheel built from the checkout works where nothing of the checkout can be seen."""
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    place = tmp_path_factory.mktemp("build")
    source = place / "source"  # a copy, so that building leaves nothing in the checkout
    source.mkdir()
    for name in "course_lib", "questionnaires", "nbs":
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
    for name in "pyproject.toml", "README.md", "settings.ini": shutil.copy(ROOT / name, source)
    subprocess.run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", place, source],
                   check=True, capture_output=True)
    return next(place.glob("*.whl"))


def test_the_wheel_holds_every_module(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {str(p.relative_to(ROOT)) for p in (ROOT / "course_lib").rglob("*.py")} <= names
    assert not [n for n in names if n.startswith(("tests/", "nbs/"))]
    assert "course_lib/py.typed" in names  # its annotations count for a type checker elsewhere


def test_an_installed_wheel_runs_the_demo_from_another_folder(wheel, tmp_path, monkeypatch):
    """The environment is new and holds only the wheel. The packages that the wheel asks for are lent to it from this
    environment instead of being installed once more (test_house checks that all of them are declared)."""
    monkeypatch.setenv("PATH", sysconfig.get_path("scripts"), prepend=os.pathsep)  # with the packages, their programs
    venv.create(tmp_path / "env", with_pip=False)
    python = tmp_path / "env" / "bin" / "python"
    site = next((tmp_path / "env" / "lib").glob("python*")) / "site-packages"
    lent = tmp_path / "lent"
    lent.mkdir()
    for package in Path(sysconfig.get_path("purelib")).iterdir():  # all but the editable install of the checkout
        if "course_lib" not in package.name and not package.name.startswith("__editable__"):
            (lent / package.name).symlink_to(package)
    (site / "lent.pth").write_text(f"{lent}\n")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel], check=True, cwd=tmp_path)
    where = subprocess.run([python, "-c", "import course_lib; print(course_lib.__file__)"], check=True, capture_output=True,
                           text=True, cwd=tmp_path).stdout
    assert where.startswith(str(site))
    course = tmp_path / "env" / "bin" / "course"
    result = subprocess.run([course, "demo", "digits", "pets", "--quick"], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert {"accuracy.png", "filters.png", "pets_confusion.png"} <= {p.name for p in (tmp_path / "out").iterdir()}
    result = subprocess.run([course, "init", "class"], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assignments = {p.parent.name for p in (ROOT / "nbs" / "assignments").glob("*/*.ipynb")}
    sources = {p.name for p in (tmp_path / "class" / "source").iterdir()}
    assert assignments | {"questionnaire_mnist_basics", "questionnaire_pet_breeds"} <= sources
    result = subprocess.run([course, "questions", "check"], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    prepare = "from pathlib import Path; from course_lib.classroom.lab import prepare_student, prepare_instructor; " \
              "print(len(prepare_student(Path('ada').absolute())), len(prepare_instructor(Path('class').absolute())))"
    result = subprocess.run([python, "-c", prepare], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert result.stdout == "15 10\n"  # fourteen chapters and the picture of the cleaner; the pages of the manual
    result = subprocess.run([course, "doctor"], cwd=tmp_path, capture_output=True, text=True)
    assert "course-lib 1.0.0" in result.stdout and "Error:" not in result.stdout, result.stdout + result.stderr
