"""`make release` refuses what does not agree, and tags only what was tested, built and tried."""
import subprocess

import pytest
import release
import yaml
from browser import ROOT
from setuptools._distutils.filelist import FileList


@pytest.fixture
def repository(tmp_path):
    "A small repository that could be released."
    (tmp_path / "course_lib").mkdir()
    write(tmp_path, "course_lib/__init__.py", '__version__ = "0.3.0"\n')
    write(tmp_path, "CHANGELOG.md", "# Changes\n\n## 0.3.0 (2027-01-02)\n\n- Something.\n\n## 0.2.0 (2026-11-26)\n\n- Something else.\n")
    write(tmp_path, "CITATION.cff", "cff-version: 1.2.0\nversion: 0.3.0\ndate-released: 2027-01-02\n")
    for words in ("init", "-q"), ("config", "user.email", "a@b.c"), ("config", "user.name", "A"): release.git(tmp_path, *words)
    commit(tmp_path)
    return tmp_path


def write(root, name, text): (root / name).write_text(text)


def commit(root):
    release.git(root, "add", "-A")
    release.git(root, "commit", "-q", "--allow-empty", "-m", "a change")


def test_what_agrees_can_be_released(repository): assert release.disagreements(repository) == []


@pytest.mark.parametrize("file, text, said", [
    ("course_lib/__init__.py", '__version__ = "0.4.0"\n', "the newest version in CHANGELOG.md is 0.3.0, and course_lib/__init__.py says 0.4.0"),
    ("CHANGELOG.md", "# Changes\n", "CHANGELOG.md is missing"),
    ("CHANGELOG.md", "## 0.3.0\n\n- Something.\n", "no date"),
    ("CHANGELOG.md", "## 0.3.0 (2027-01-02)\n\n## 0.2.0 (2026-11-26)\n\n- Something.\n", "no change"),
    ("CHANGELOG.md", "## Unreleased\n\n- Something.\n\n## 0.2.0 (2026-11-26)\n\n- Else.\n", "has changes under Unreleased: give them the version and the date, ## 0.3.0 ("),
    ("CHANGELOG.md", "## Unreleased\n\n- More.\n\n## 0.3.0 (2027-01-02)\n\n- Something.\n", "and 0.3.0 has a section of its own: raise the version"),
    ("CITATION.cff", "version: 0.2.0\ndate-released: 2027-01-02\n", "CITATION.cff says version 0.2.0"),
    ("CITATION.cff", "version: 0.3.0\ndate-released: 2027-01-03\n", "CITATION.cff says 2027-01-03, and CHANGELOG.md 2027-01-02"),
])
def test_what_does_not_agree_is_told(repository, file, text, said):
    write(repository, file, text)
    commit(repository)
    assert said in "\n".join(release.disagreements(repository))


def test_nothing_is_released_from_what_is_not_committed_or_twice(repository):
    write(repository, "new.txt", "new")
    assert release.disagreements(repository) == ["there are changes that are not committed"]
    commit(repository)
    release.git(repository, "tag", "v0.3.0")
    assert release.disagreements(repository) == ["v0.3.0 is released already: raise the version in course_lib/__init__.py"]


def test_the_steps_come_in_order_and_the_tag_last(repository, monkeypatch, capsys):
    done = []
    monkeypatch.setattr(release, "tests", lambda root: done.append("tests"))
    monkeypatch.setattr(release, "build", lambda root: done.append("build") or [root / "a.whl", root / "a.tar.gz"])
    monkeypatch.setattr(release, "try_wheel", lambda wheel, root: done.append(wheel.name))
    release.release(repository)
    assert done == ["tests", "build", "a.whl"]
    assert release.git(repository, "tag", "--list", "--format=%(contents:body)", "v0.3.0") == "- Something."
    assert "v0.3.0 is tagged. In dist/: a.whl, a.tar.gz." in capsys.readouterr().out


@pytest.mark.parametrize("step", ["tests", "build", "try_wheel"])
def test_a_step_that_fails_leaves_no_tag(repository, monkeypatch, step):
    def fails(*args): raise SystemExit("no")
    monkeypatch.setattr(release, "tests", lambda root: None)
    monkeypatch.setattr(release, "build", lambda root: [root / "a.whl"])
    monkeypatch.setattr(release, "try_wheel", lambda wheel, root: None)
    monkeypatch.setattr(release, step, fails)
    with pytest.raises(SystemExit): release.release(repository)
    assert not release.git(repository, "tag")


def test_a_build_that_fails_says_why(tmp_path):
    write(tmp_path, "pyproject.toml", "[build-system]\nrequires = []\nbuild-backend = \"nothing_of_this_name\"\n")
    with pytest.raises(SystemExit, match=r"(?s)cannot be built.*nothing_of_this_name"): release.build(tmp_path)


def test_this_versions_change_is_told():
    "The changelog's newest version is the package's, whatever has changed since, and it can be cited."
    version, date, said = next(change for change in release.changes(ROOT) if change[0] != release.UNRELEASED)
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert version == release.version_of(ROOT) == cited["version"] and str(cited["date-released"]) == date and said
    assert cited["cff-version"] == "1.2.0" and cited["authors"] and cited["title"] and cited["message"] and cited["license"] == "Apache-2.0"


def test_the_sdist_is_the_checkout():
    "What git has is in it, by the lines of MANIFEST.in, the package apart, which setuptools takes by itself."
    tracked, listed = release.git(ROOT, "ls-files").splitlines(), FileList()
    listed.allfiles = [*tracked, "deploy/jupyterhub/node_modules/a.js", "tests/__pycache__/a.pyc", "nbs/1_scratch/answers.json", "out/a.png"]
    for line in (ROOT / "MANIFEST.in").read_text().splitlines():
        if line and not line.startswith("#"): listed.process_template_line(line)
    of_itself = {"README.md", "pyproject.toml", "MANIFEST.in"}
    assert set(listed.files) == {file for file in tracked if not file.startswith("course_lib/")} - of_itself
    unignored = subprocess.run(["git", "check-ignore", "dist/a.whl", "out/a.png"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    assert unignored == ["dist/a.whl", "out/a.png"]  # what a release makes is not in the way of the next
