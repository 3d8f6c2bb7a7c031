"""A course that lasts a term: what a backup holds and what it refuses, and what a new version changes in a running course."""
import grp
import gzip
import hashlib
import io
import json
import os
import runpy
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import threading
import uuid
import zlib
from pathlib import Path

import pytest
from course_dir import NEEDS_SANDBOX, SETTINGS, _cell, make_course, notebook, source_notebook, submit
from nbgrader.api import Gradebook
from prometheus_client.parser import text_string_to_metric_families

from course_lib.courses import Course
from course_lib.grading.backup import back_up, read_backup, restore
from course_lib.grading.class_marks import example_class, marks_table
from course_lib.grading.course import CONFIG, course_config, grade, grade_command, init_course
from course_lib.grading.metrics import write_metrics
from course_lib.grading.nbgrader_names import version_of_tables
from course_lib.grading.records import Outcome, Records
from course_lib.grading.shipped import note_shipped
from course_lib.grading.upgrade import MENDED, NEW, SAME, STAYS, upgrade
from course_lib.insight.report_command import written_folder
from course_lib.questionnaire.assignment.release import course_key

QUESTIONS = """questionnaire: small
title: Small
questions:
  - id: sm-01
    type: numeric
    topic: A sum
    text: What is 1 + 1?
    answer: {answer}
    hint: Count.
    explanation: Two.
"""


def tree(root: Path) -> dict:
    "Every file below a folder, and what is in it."
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in sorted(root.rglob("*")) if file.is_file()}


@pytest.fixture(scope="session")
def example(tmp_path_factory): return example_class(tmp_path_factory.mktemp("example") / "course")


@pytest.fixture
def course(example, tmp_path):
    root = shutil.copytree(example, tmp_path / "course")
    settings = root / "settings.ini"
    settings.write_text(settings.read_text() + f"[exchange]\nroot = {tmp_path / 'exchange'}\n")
    (root / "questions").mkdir()
    (root / "questions" / "key").write_text("00" * 32)
    (root / "questions" / "key").chmod(0o600)
    (tmp_path / "disk").mkdir()
    return root


def test_what_was_lost_is_there_again(course, tmp_path):
    before, files = marks_table(course), {name: data for name, data in tree(course).items() if name != "gradebook.db"}
    (course / "submitted" / "ada" / "link").symlink_to("/etc/passwd")
    (course / "verdicts").mkdir()
    (course / "verdicts" / ".lock").touch()
    file, _ = back_up(course, tmp_path / "disk")
    assert file.stat().st_mode & 0o777 == 0o600  # keys and marks
    shutil.rmtree(course)
    restore(file, course)
    assert marks_table(course) == before and before  # empty folders of `submitted` count, too
    assert {name: data for name, data in tree(course).items() if name != "gradebook.db"} == files
    assert course.stat().st_mode & 0o777 == 0o700 and (course / "questions" / "key").stat().st_mode & 0o777 == 0o600


def test_a_database_that_is_being_written_is_kept_as_it_was_at_one_moment(course, tmp_path):
    before = marks_table(course)
    with sqlite3.connect(course / "gradebook.db") as writing:
        writing.execute("PRAGMA journal_mode=WAL")
        writing.execute("UPDATE grade SET auto_score = 0")
        file, _ = back_up(course, tmp_path / "disk")
        writing.rollback()
    restore(file, tmp_path / "again")
    assert [m.points for m in marks_table(tmp_path / "again")] == [m.points for m in before]


def test_a_backup_waits_for_a_grading_that_runs(course, tmp_path):
    made = threading.Event()
    with Records(course, "").only_one():
        thread = threading.Thread(target=lambda: (back_up(course, tmp_path / "disk"), made.set()))
        thread.start()
        assert not made.wait(0.5)
    thread.join(30)
    assert made.is_set()


def test_only_the_newest_stay_and_only_this_courses(course, tmp_path):
    disk = tmp_path / "disk"
    old = [disk / f"small-2026112{day}-030000.tar.gz" for day in range(5)]
    others = [disk / name for name in ("small-other-20261120-030000.tar.gz", "small-20261120-030000.tar.gz.txt", "large-20261120-030000.tar.gz")]
    for file in old + others: file.touch()
    file, _ = back_up(course, disk, keep=2)
    assert sorted(disk.iterdir()) == sorted([*others, old[-1], file])
    with pytest.raises(ValueError, match="0 or more"): back_up(course, disk, keep=-1)
    with pytest.raises(ValueError, match="there is no folder"): back_up(course, tmp_path / "nowhere")


def test_what_nobody_has_collected_is_kept_too(course, tmp_path):
    inbound = tmp_path / "exchange" / "small" / "inbound"
    (inbound / "ben+essay+2026-12-01").mkdir(parents=True)
    (inbound / "ben+essay+2026-12-01" / "essay.ipynb").write_text("{}")
    file, _ = back_up(course, tmp_path / "disk")
    before = tree(inbound)
    shutil.rmtree(inbound / "ben+essay+2026-12-01")
    told, now = restore(file, tmp_path / "second"), tree(inbound)
    assert "second/inbound: with --outside they are put into the exchange" in told[1] and tree(tmp_path / "second" / "inbound") == before and not now
    told = restore(file, tmp_path / "again", outside=True)
    assert tree(inbound) == before and "1 submissions that were not collected are in the exchange" in told[1]
    shutil.rmtree(tmp_path / "exchange")
    assert "there is no exchange" in restore(file, tmp_path / "third")[1]
    assert tree(tmp_path / "third" / "inbound") == before


def test_what_students_do_in_the_exchange_stops_no_backup_and_brings_nothing_else_into_it(course, tmp_path, monkeypatch):
    "They write there while it is read: links, pipes, holes of 8 TB, folders without end, and a folder that becomes a link."
    secret, inbound = tmp_path / "home", tmp_path / "exchange" / "small" / "inbound"
    mine = inbound / "ada+essay+2026-12-01"
    for folder in secret, mine / "in": folder.mkdir(parents=True)
    for file, text in ((secret / "id", "secret"), (mine / "in" / "id", "mine"), (mine / "essay.ipynb", "{}"), (mine / "closed", "x")): file.write_text(text)
    (mine / "closed").chmod(0)
    os.mkfifo(mine / "pipe")
    (mine / "link").symlink_to(secret / "id")
    with open(mine / "huge", "wb") as hole: hole.truncate(2 ** 43)
    deep = os.open(mine, os.O_RDONLY)
    for _ in range(1100):
        os.mkdir("d", dir_fd=deep)
        above, deep = deep, os.open("d", os.O_RDONLY, dir_fd=deep)
        os.close(above)
    os.close(deep)
    add = tarfile.TarFile.addfile

    def swap(*args):  # after all was listed
        if not (mine / "in").is_symlink():
            (mine / "in").rename(mine / "out")
            (mine / "in").symlink_to(secret)
        return add(*args)

    monkeypatch.setattr(tarfile.TarFile, "addfile", swap)
    told = []
    try: file, _ = back_up(course, tmp_path / "disk", tell=told.append)
    finally: subprocess.run(["rm", "-rf", str(mine)], check=True)  # Python's own stops at so many folders
    with tarfile.open(file) as kept: names = {name.rpartition("01/")[2] for name in kept.getnames() if name.startswith("inbound/")}
    assert names - {"closed"} == {"inbound/ada+essay+2026-12-01", "essay.ipynb", "out/id"}  # root reads what is closed, too
    assert all(any(word in text for text in told) for word in ("pipe is", "link is", "huge is", "in is a link", "folders deep")) and len(told) < 20


def archive(file: Path, *members: tuple, about=None) -> Path:
    "An archive as somebody else could write it."
    with tarfile.open(file, "w:gz") as out:
        for name, kind, data in members:
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname = kind, len(data), "/etc/passwd"
            out.addfile(info, io.BytesIO(data))
        if about is not None:
            info = tarfile.TarInfo("backup.json")
            info.size = len(data := json.dumps(about).encode())
            out.addfile(info, io.BytesIO(data))
    return file


ABOUT = {"format": 1, "course": "small", "version": "0", "files": {}}
REG, DIR = tarfile.REGTYPE, tarfile.DIRTYPE


@pytest.mark.parametrize("name, kind", [("../outside", tarfile.REGTYPE), ("/outside", tarfile.REGTYPE), ("course/../../outside", tarfile.REGTYPE), ("elsewhere/x", tarfile.REGTYPE),
                                        ("course/link", tarfile.SYMTYPE), ("course/link", tarfile.LNKTYPE), ("course/pipe", tarfile.FIFOTYPE), ("course/disk", tarfile.BLKTYPE),
                                        ("course/more", tarfile.REGTYPE)])
def test_an_archive_that_is_not_ours_writes_nothing(tmp_path, name, kind):
    file = archive(tmp_path / "a.tar.gz", (name, kind, b"" if kind != tarfile.REGTYPE else b"x"), about=ABOUT)
    before = tree(tmp_path)
    with pytest.raises(ValueError, match=r"a\.tar\.gz cannot be used"): restore(file, tmp_path / "new")
    assert tree(tmp_path) == before and not (tmp_path / "new").exists()


def listed(*members) -> dict: return {**ABOUT, "files": {name: "folder" if kind == DIR else hashlib.sha256(data).hexdigest() for name, kind, data in members}}


INI = ("course/settings.ini", REG, b"[course]\nid = small\n")


@pytest.mark.parametrize("more, why", [((INI, INI), "twice"), ((INI, ("course/d", DIR, b""), ("course/d", DIR, b"")), "twice"), ((INI, ("course/a", REG, b""), ("course/a/b", REG, b"")), "as a file and as a folder"),
                                       ((("course/a", REG, b""),), "settings.ini"), ((INI, ("course/" + "a/" * 200 + "b", REG, b"")), "holds course/a/a"), ((INI, ("course/x", REG, b"x" * 10 ** 6)), "more room"),
                                       ((INI, ("course/hole", tarfile.GNUTYPE_SPARSE, b"")), "holds course/hole")])
def test_an_archive_that_could_not_be_unpacked_is_refused_before(tmp_path, more, why):
    file = archive(tmp_path / "a.tar.gz", *more, about=listed(*more))
    with pytest.raises(ValueError, match=why): read_backup(file, 10 ** 5)


def test_an_archive_writes_nothing_outside_the_new_folder_unless_asked(tmp_path):
    "Whoever made it wrote its settings as well: a gradebook could be called .bash_profile."
    place = tmp_path / "home" / "gradebook.db"
    with sqlite3.connect(tmp_path / "g.db") as made: made.execute("CREATE TABLE t (x)")
    data = (tmp_path / "g.db").read_bytes()

    def made_with(url, contents, about=None):
        members = ("course/settings.ini", REG, f"[course]\nid = small\n[gradebook]\nurl = {url}\n".encode()), ("gradebook.db", REG, contents)
        return archive(tmp_path / "a.tar.gz", *members, about={**listed(*members), **(about or {})})

    for url, contents, why in ((f"sqlite:///{place}", data, "outside the new folder"), ("sqlite:///../../../up.db", data, "outside the new folder"),
                               ("postgresql://ada:word@example.invalid/x", data, r"outside .* postgresql://ada:\*\*\*@example"), (f"sqlite:///{place}", b"rm -rf ~\n", "no gradebook")):
        file, before = made_with(url, contents), {*tree(tmp_path)}
        with pytest.raises(ValueError, match=why): restore(file, tmp_path / "new" / "course", outside=contents != data)
        assert {*tree(tmp_path)} == before
    told = restore(made_with(f"sqlite:///{place}", data, {"course": "\x1b]0;x\x07"}), tmp_path / "new" / "course", outside=True)
    assert place.read_bytes() == data and "\x1b" not in told[0]


@pytest.mark.parametrize("about, why", [(None, "no list"), ({**ABOUT, "format": 2}, "newer version"), ({}, "damaged"), ({**ABOUT, "files": {"course/gone": "0"}}, "gone"), ([], "damaged")])
def test_an_archive_without_its_list_is_refused(tmp_path, about, why):
    with pytest.raises(ValueError, match=why): read_backup(archive(tmp_path / "a.tar.gz", about=about))


def unpacked(data: bytes) -> bytes | None:
    try: return gzip.decompress(data)
    except (OSError, EOFError, zlib.error): return None


def test_a_damaged_archive_is_refused_wherever_the_damage_is(course, tmp_path):
    file, _ = back_up(course, tmp_path / "disk")
    whole = file.read_bytes()
    for place in range(10, len(whole), max(1, len(whole) // 60)):
        for data in whole[:place], whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1:]:
            if unpacked(data) == unpacked(whole): continue  # a bit of the packing that means nothing
            file.write_bytes(data)
            with pytest.raises(ValueError, match="cannot be used"): restore(file, tmp_path / "new")
            assert not (tmp_path / "new").exists()


def test_a_folder_that_is_there_is_not_touched(course, tmp_path):
    file, _ = back_up(course, tmp_path / "disk")
    before = tree(course)
    for folder in course, course / "settings.ini":
        with pytest.raises(ValueError, match="there already"): restore(file, folder)
    with pytest.raises(ValueError, match="no file"): restore(tmp_path / "none.tar.gz", tmp_path / "new")
    assert tree(course) == before


@NEEDS_SANDBOX
def test_after_a_restore_nothing_has_to_be_graded_again(tmp_path, near):
    root = make_course(tmp_path / "course", source_notebook())
    submit(root, "ada", {"sigmoid": "def sigmoid(x): return 1 / (1 + torch.exp(-x))"})
    grade("loss_functions", root, quiet=True)
    before = marks_table(root)
    (tmp_path / "disk").mkdir()
    file, _ = back_up(root, tmp_path / "disk")
    shutil.rmtree(root)
    restore(file, root)
    assert marks_table(root) == before and [o.skipped for o in grade("loss_functions", root, quiet=True)] == [True]


@pytest.fixture
def version(tmp_path, monkeypatch):
    "What the installed version of the course brings; its folders can be changed."
    home = tmp_path / "package"
    for folder in "nbs/assignments", "questionnaires": (home / folder).mkdir(parents=True)
    monkeypatch.setattr("course_lib.grading.upgrade.find_course", lambda *_: Course("p", home / "nbs", home / "questionnaires", ()))
    return home


def sheet(home: Path, name: str, *cells) -> Path:
    folder = home / "nbs" / "assignments" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.ipynb").write_text(json.dumps(notebook(*cells)))
    return folder


def done(changes) -> dict: return {change.part.partition("/")[2] or change.part: change.done for change in changes}


def test_a_new_version_replaces_what_nobody_has_edited(course, version):
    names = "untouched", "edited", "same"
    for name in names: sheet(version, name, _cell("old", "a", 1))
    first = done(upgrade(course))
    assert {first[name] for name in names} == {NEW}
    for name in ("untouched", "edited"): sheet(version, name, _cell("new", "a", 1))
    sheet(version, "more", _cell("new", "a", 1))
    mine = course / "source" / "edited" / "edited.ipynb"
    mine.write_text(mine.read_text() + "\n")
    before, marks = tree(course), marks_table(course)
    told = upgrade(course, dry=True)
    assert tree(course) == before
    assert upgrade(course) == told and marks_table(course) == marks
    assert done(told) == {"settings.ini": SAME, "nbgrader_config.py": SAME, "gradebook": SAME, "untouched": MENDED, "edited": STAYS, "same": SAME, "more": NEW}
    changed = {name for name, data in tree(course).items() if before.get(name) != data}
    assert changed == {"source/untouched/untouched.ipynb", "source/more/more.ipynb", ".shipped.json"}
    assert done(upgrade(course, take=["edited"]))["edited"] == MENDED
    with pytest.raises(ValueError, match="no assignment ediled"): upgrade(course, take=["ediled"])


def test_a_course_that_an_older_version_made_keeps_its_sheets(course, version):
    sheet(version, "hw", _cell("new", "a", 1))
    (course / "source" / "hw").mkdir(parents=True)
    (course / "source" / "hw" / "hw.ipynb").write_text("{}")
    (change,) = (change for change in upgrade(course) if change.part == "source/hw")
    assert change.done == STAYS and "--take hw" in change.why


def test_a_sheet_for_which_marks_exist_loses_no_cell(course, version):
    shutil.copytree(sheet(version, "essay", _cell("x", "other", 1)), course / "source" / "essay")
    note_shipped(course, ["essay"])
    sheet(version, "essay", _cell("x", "other", 1), _cell("y", "more", 1))
    for take in (), ("essay",):
        (change,) = (change for change in upgrade(course, take=take) if change.part == "source/essay")
        assert change.done == STAYS and "work was handed in for other cells" in change.why and "more is new" in change.why


def test_a_mended_question_comes_and_an_edited_file_stays(course, version):
    file = version / "questionnaires" / "small.yaml"
    file.write_text(QUESTIONS.format(answer=3))
    assert done(upgrade(course))["small.yaml"] == NEW and done(upgrade(course))["small.yaml"] == SAME
    file.write_text(QUESTIONS.format(answer=2))
    assert done(upgrade(course, dry=True))["small.yaml"] == MENDED
    assert "answer: 3" in (course / "questions" / "small.yaml").read_text()
    assert done(upgrade(course))["small.yaml"] == MENDED
    kept = course / "questions" / "small.yaml"
    assert "answer: 2" in kept.read_text()
    kept.write_text(kept.read_text() + "# ours\n")
    file.write_text(QUESTIONS.format(answer=4))
    assert done(upgrade(course))["small.yaml"] == STAYS and "# ours" in kept.read_text()


WRITTEN_BY_0_2_0 = """\
# nbgrader's configuration of this course. What an instructor changes is in settings.ini beside it.
from pathlib import Path

from course_lib.grading.autograde import install
from course_lib.grading.course import apply_settings

c = get_config()  # noqa: F821
apply_settings(c, Path(__file__).resolve().parent)
install(c)
"""


def test_the_configuration_of_an_earlier_version_is_replaced_and_an_own_one_stays(course, version):
    file = course / "nbgrader_config.py"
    file.write_text(WRITTEN_BY_0_2_0)
    assert done(upgrade(course))[file.name] == MENDED and file.read_text() == CONFIG
    file.write_text(CONFIG.replace("install(c)", "c.Exchange.timezone = 'UTC'"))
    (change,) = (change for change in upgrade(course) if change.part == file.name)
    assert change.done == STAYS and "lacks install(" in change.why and "UTC" in file.read_text()


def test_tables_of_an_older_nbgrader_are_brought_to_this_ones(course, version, monkeypatch):
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    with sqlite3.connect(course / "gradebook.db") as database:  # as nbgrader 0.6 had them: no table of courses
        database.executescript("""PRAGMA foreign_keys = OFF; CREATE TABLE kept AS SELECT id, name, duedate FROM assignment; DROP TABLE assignment;
            ALTER TABLE kept RENAME TO assignment; DROP TABLE course; UPDATE alembic_version SET version_num = '282d30a0218e';""")
    old = lambda: sqlite3.connect(course / "gradebook.db").execute("SELECT version_num FROM alembic_version").fetchone()[0]
    assert done(upgrade(course, dry=True))["gradebook"] == MENDED and old() == "282d30a0218e"
    assert done(upgrade(course))["gradebook"] == MENDED and old() == version_of_tables()
    assert {(m.student, m.points) for m in marks_table(course) if m.points} == {("ada", 5.0), ("ada", 1.0), ("ben", 3.0), ("ben", 1.5)}


def test_a_monitor_reads_the_numbers_of_a_grading_and_nobodys_name(tmp_path):
    odd = 'a"b\\c\n'  # whatever stands in a label, the reader finds it as it was
    file = write_metrics(tmp_path, "small", odd, [Outcome("ada"), Outcome("ben", failed="no")], 2.0)
    (graded,) = [s for f in text_string_to_metric_families(file.read_text()) for s in f.samples if s.labels.get("state") == "graded"]
    assert graded.value == 1 and graded.labels["assignment"] == odd and "ben" not in file.read_text()


def test_a_grading_with_no_place_for_its_numbers_does_not_begin(course):
    settings = course / "settings.ini"
    settings.write_text(settings.read_text() + "[grading]\nmetrics = /nowhere/metrics\n")
    with pytest.raises(ValueError, match=r"no folder /nowhere/metrics"): grade_command("essay", str(course), "*", 1, False, "", False)


SYSTEMD = Path(__file__).parents[1] / "deploy" / "systemd"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze here")
def test_the_units_are_what_systemd_reads(tmp_path):
    "With the checkout in place of /opt/course; what is not there, or not understood, systemd says."
    for file in SYSTEMD.glob("course-*"):
        text = file.read_text().replace("/opt/course/.venv/bin/", f"{Path(sys.executable).parent}/").replace("/opt/course/", f"{SYSTEMD.parents[1]}/")
        (tmp_path / file.name).write_text(text)
    verify = lambda: subprocess.run(["systemd-analyze", "verify", *map(str, sorted(tmp_path.glob("course-*")))], capture_output=True, text=True).stderr
    said = [line for line in verify().splitlines() if str(tmp_path) in line or line.startswith("course-")]
    assert not said
    hub = tmp_path / "course-hub.service"
    hub.write_text(hub.read_text().replace("Restart=on-failure", "Restart=on-fail"))
    assert "on-fail" in verify()


def test_root_gives_a_file_away_while_nobody_else_reaches_it(course, tmp_path, monkeypatch):
    "The folder is the teacher's last of all: a link in the file's place would be given away with what it leads to."
    script, given = runpy.run_path(str(SYSTEMD.parent / "jupyterhub" / "accounts.py")), []
    monkeypatch.setattr(os, "chown", lambda path, *who: given.append(Path(path)))
    monkeypatch.setattr(subprocess, "run", lambda *args, **more: None)
    (tmp_path / "list.csv").write_text("id\nada\n")
    script["enter"](tmp_path / "list.csv", course)
    assert [path.name for path in given] == ["list.csv", given[0].parent.name]


def accounts(*words, **environment):
    script = SYSTEMD.parent / "jupyterhub" / "accounts.py"
    return subprocess.run([sys.executable, str(script), *map(str, words)], capture_output=True, text=True, env={**os.environ, **environment})


NEEDS_ROOT = pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0 or not shutil.which("useradd"), reason="making accounts needs Linux, root and useradd")


@NEEDS_ROOT
def test_a_list_with_somebody_who_cannot_be_a_student_makes_nobody(course, tmp_path):
    new = f"t{uuid.uuid4().hex[:10]}"
    list_, passwords = tmp_path / "students.csv", tmp_path / "passwords.csv"
    for wrong, why in ("root", "of the system"), ("Ben Smith", "no name for an account"), ("-rf", "no name"), (new, "stands in line 2"), ("x" * 40, "no name"), ("", "empty"):
        list_.write_text(f"id,email\n{new},a@example.org\n{wrong},b@example.org\n")
        result = accounts(list_, "--passwords", passwords, CLASSROOM=str(course.parent))
        assert result.returncode == 1 and why in result.stderr and "nothing was done" in result.stderr, result.stderr
        assert not passwords.exists() and new not in Path("/etc/passwd").read_text()


@NEEDS_ROOT
def test_a_class_list_becomes_accounts_and_rows_of_the_gradebook(course, tmp_path):
    names, group = [f"t{uuid.uuid4().hex[:10]}" for _ in range(2)], f"g{uuid.uuid4().hex[:8]}"
    list_, passwords = tmp_path / "students.csv", tmp_path / "passwords.csv"
    surroundings = {"CLASSROOM": str(course.parent), "STUDENTS": group}
    try:
        list_.write_text(f"id;last_name\n{names[0]};Müller\n", encoding="utf-8-sig")
        assert accounts(list_, "--passwords", passwords, **surroundings).stdout.startswith("1 students; 1 new")
        assert passwords.stat().st_mode & 0o777 == 0o600 and len(passwords.read_text().splitlines()) == 2
        shadow = lambda: [line for line in Path("/etc/shadow").read_text().splitlines() if line.startswith(names[0] + ":")]
        before = shadow()
        assert before[0].split(":")[1].startswith("$")  # a password is set
        list_.write_text(f"id;last_name\n{names[0]};Müller\n{names[1]};Ö\n", encoding="utf-8-sig")
        assert accounts(list_, "--passwords", passwords, **surroundings).returncode == 1  # the first passwords are not overwritten
        assert "2 students; 1 new" in accounts(list_, "--passwords", tmp_path / "more.csv", **surroundings).stdout
        assert shadow() == before and sorted(grp.getgrnam(group).gr_mem) == sorted(names)
        assert Path(f"/home/{names[0]}").stat().st_mode & 0o777 == 0o700
        with Gradebook(course_config(course).CourseDirectory.db_url, "small") as gradebook: assert gradebook.find_student(names[1]).last_name == "Ö"
    finally:
        for name in names: subprocess.run(["userdel", "--remove", name], capture_output=True)
        subprocess.run(["groupdel", group], capture_output=True)


@NEEDS_SANDBOX
def test_those_who_teach_together_may_each_change_what_another_made(tmp_path, near):
    "In a shared course everything is the group's: the key, the gradebook, verdicts and their lock, what is graded."
    before = os.umask(0o022)
    try:
        shared = SETTINGS.replace("id = test", "id = test\nshared = yes")
        (tmp_path / "settings.ini").write_text(shared.format(seconds=9))
        root = init_course(tmp_path / "course", tmp_path / "settings.ini")
        shutil.rmtree(root / "source")
        make_course(root, source_notebook(), settings=shared)
        course_key(root)
        assert written_folder(root, "")[1] == 0o660  # of the reports' files
        submit(root, "ada", source_notebook())
        assert not grade("loss_functions", root, quiet=True)[0].failed
        found = [root, *root.rglob("*")]
        # a graded notebook is never written to, but replaced, which its folder allows
        closed = [p.relative_to(root).as_posix() for p in found if not p.stat().st_mode & 0o020 and "autograded" not in p.relative_to(root).parts[:1]]
        folders = [p.relative_to(root).as_posix() for p in found if p.is_dir() and p.stat().st_mode & 0o2070 != 0o2070]
        assert not closed and not folders and not root.stat().st_mode & 0o007
        assert {"questions/key", "gradebook.db", "verdicts/.lock", "verdicts/loss_functions/ada.json"} <= {p.relative_to(root).as_posix() for p in found}
    finally: os.umask(before)
