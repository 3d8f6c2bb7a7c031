"""A wheel built from the checkout works where nothing of the checkout can be seen."""
import json
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


@pytest.fixture(autouse=True)
def without_the_checkout(monkeypatch): monkeypatch.delenv("PYTHONPATH", raising=False)


def sources(place: Path) -> Path:
    "A copy of what a wheel is built from, so that building leaves nothing in the checkout."
    place.mkdir()
    for name in "course_lib", "questionnaires", "nbs", "docs":
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
    for name in "pyproject.toml", "README.md", "settings.ini": shutil.copy(ROOT / name, place)
    return place


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    place = tmp_path_factory.mktemp("build")
    subprocess.run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", place, sources(place / "source")], check=True, capture_output=True)
    return next(place.glob("*.whl"))


def environment(folder: Path) -> tuple[Path, Path]:
    """A new environment without this package: its Python, and its folder of packages. What the wheel asks for is lent to it from this
    environment instead of being installed once more (test_house checks that all of it is declared)."""
    venv.create(folder / "env", with_pip=False)
    site = next((folder / "env" / "lib").glob("python*")) / "site-packages"
    lent = folder / "lent"
    lent.mkdir()
    for package in Path(sysconfig.get_path("purelib")).iterdir():  # all but the editable install of the checkout
        if "course_lib" not in package.name and not package.name.startswith("__editable__"):
            (lent / package.name).symlink_to(package)
    (site / "lent.pth").write_text(f"{lent}\n")
    return folder / "env" / "bin" / "python", site


def test_the_wheel_holds_every_module(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {str(p.relative_to(ROOT)) for p in (ROOT / "course_lib").rglob("*.py")} <= names
    assert not [n for n in names if n.startswith(("tests/", "nbs/", "docs/", "questionnaires/"))]
    assert "course_lib/py.typed" in names  # its annotations count for a type checker elsewhere


def test_the_wheel_holds_the_course(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    tracked = subprocess.run(["git", "ls-files", "nbs", "questionnaires", "docs", "course_lib"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    left_out = ("nbs/library/", "nbs/index.ipynb")  # what a site is built of is only in the checkout
    wanted = {n if n.startswith("course_lib/") else f"course_lib/content/{n}" for n in tracked if not n.startswith(left_out) and not n.startswith("nbs/images")}
    assert sorted(wanted - names) == []
    assert not [n for n in names if ".data/" in n or "/library/" in n]


def test_nothing_in_the_repository_is_a_link():
    "A link is a text file on Windows."
    listed = subprocess.run(["git", "ls-files", "--stage"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not [line for line in listed.splitlines() if line.startswith("120000")]


def test_an_editable_installation_finds_the_course(tmp_path):
    python, _ = environment(tmp_path)
    source = sources(tmp_path / "source")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "-e", source], check=True, cwd=tmp_path)
    code = ("import course_lib; from course_lib.courses import find_course; c = find_course(); from course_lib.questionnaire.question_files import packaged_questionnaires as q;"
            "print(course_lib.__file__, c.notebooks, len(c.chapters()), *q())")
    told = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path).stdout.split()
    assert told == [str(source / "course_lib" / "__init__.py"), str(source / "nbs"), "15", "mnist_basics", "pet_breeds"]
    (source / "course_lib" / "__init__.py").write_text('__version__ = "0.1.0"\nNEW = 1\n')
    assert subprocess.run([python, "-c", "import course_lib; print(course_lib.NEW)"], check=True, capture_output=True, text=True, cwd=tmp_path).stdout == "1\n"


def test_everything_works_from_an_installed_package(wheel, tmp_path):
    "The wheel carries the questions, the pictures and the widget; unpacked elsewhere, it works without the checkout."
    names = zipfile.ZipFile(wheel).namelist()
    static, content = "course_lib/questionnaire/static", "course_lib/content/questionnaires"
    types = sorted(p.name for p in (ROOT / static / "types").glob("*.js"))
    assert types
    for wanted in (*(f"{static}/{n}" for n in ("widget.js", "widget.css", "page.js", *(f"types/{t}" for t in types))), f"{content}/mnist_basics.yaml",
                   f"{content}/pictures/learning_rates.png"): assert wanted in names
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    code = ("import course_lib, sys; from course_lib.questionnaire.widget import Questionnaire; "
            "quiz = Questionnaire('mnist_basics', chapter='02_gradient_descent'); print(course_lib.__file__, quiz.answer('mb-23', 'c'), len(quiz._esm))")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path / "installed", capture_output=True, text=True, env={"PYTHONPATH": "", "PATH": "/usr/bin"})
    assert str(tmp_path) in done.stdout and "score=1.0" in done.stdout, done.stderr


# What a person does after the demo, in one process: importing takes most of the time.
LATER = """
import json
from pathlib import Path
from course_lib.classroom.lab import prepare_instructor, prepare_student
from course_lib.cli import main
status = {" ".join(words): main(words) for words in (["init", "class"], ["questions", "check"], ["new", "linear_models"])}
print(json.dumps({"status": status, "copied": [len(prepare_student(Path("ada").absolute())), len(prepare_instructor(Path("class").absolute()))]}))
"""


def test_an_installed_wheel_runs_the_demo_from_another_folder(wheel, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", sysconfig.get_path("scripts"), prepend=os.pathsep)  # with the packages, their programs
    python, site = environment(tmp_path)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel], check=True, cwd=tmp_path)
    where = subprocess.run([python, "-c", "import course_lib; print(course_lib.__file__)"], check=True, capture_output=True,
                           text=True, cwd=tmp_path).stdout
    assert where.startswith(str(site))
    course = tmp_path / "env" / "bin" / "course"
    result = subprocess.run([course, "demo", "digits", "pets", "--quick"], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert {"accuracy.png", "filters.png", "pets_confusion.png"} <= {p.name for p in (tmp_path / "out").iterdir()}
    told = json.loads(subprocess.run([python, "-c", LATER], cwd=tmp_path, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
    assert not any(told["status"].values()), told
    assignments = {p.parent.name for p in (ROOT / "nbs" / "assignments").glob("*/*.ipynb")}
    sources = {p.name for p in (tmp_path / "class" / "source").iterdir()}
    assert assignments | {"questionnaire_mnist_basics", "questionnaire_pet_breeds"} <= sources
    assert told["copied"] == [16, len(list((ROOT / "nbs" / "manual").glob("*.ipynb")))]  # fifteen chapters, and the picture of the cleaner
    assert (tmp_path / "linear_models" / ".github" / "workflows" / "ci.yml").is_file()
    result = subprocess.run([course, "doctor"], cwd=tmp_path, capture_output=True, text=True)
    assert "course-lib 1.0.0" in result.stdout and "Error:" not in result.stdout, result.stdout + result.stderr
