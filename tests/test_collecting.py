"""Collecting from an exchange in which nobody is trusted and names change while we look: nothing of the instructor's is taken for a student's, nothing
collected is lost, nobody is late or punctual by their own word, and what one student hands in costs that student alone."""
import contextlib
import logging
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from course_dir import nbgrader
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError, ExchangeFactory
from nbgrader.utils import notebook_hash, parse_utc

from course_lib.grading.class_marks import handed_in
from course_lib.grading.course import course_config, init_course

NAME, COURSE = "loss_functions", "small"
LIST = ("ada", "mallory", "zoe")
SECRET = {student: student[0] * 128 for student in LIST}
NEEDS_ROOT = pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="files of several accounts need Linux and root")


class Exchange:
    "A course directory with an exchange, into which students hand in."

    def __init__(self, folder, course):
        self.course, self.check_owner = folder / "course", False
        shutil.copytree(course, self.course)
        (self.course / "settings.ini").write_text(f"[course]\nid = {COURSE}\n[exchange]\nroot = {folder / 'exchange'}\n")
        self.inbound = folder / "exchange" / COURSE / "inbound"
        for name in "inbound", "outbound", "feedback": (folder / "exchange" / COURSE / name).mkdir(parents=True)
        self.said, self.log = [], logging.Logger("exchange")
        self.log.addHandler(type("Listener", (logging.Handler,), {"emit": lambda _, record: self.said.append(record.getMessage())})())

    def hand_in(self, student, at="2026-11-24 10:00:00", text="{}", secret=None):
        "A submission in the exchange."
        folder = self.inbound / f"{student}+{NAME}+{at}.000000 UTC+x"
        folder.mkdir()
        (folder / "timestamp.txt").write_text(f"{at}.000000 UTC")
        (folder / "submission_secret.txt").write_text(secret or f"{student} at {at}".replace(" ", "_"))
        (folder / f"{NAME}.ipynb").write_text(text)
        return folder

    def run(self, what, **options):
        "One of nbgrader's commands for the exchange, as the course's configuration has it; what it said."
        config = course_config(self.course)
        for name in "max_file_size", "max_dir_size":
            if name in options: config.CourseDirectory[name] = options.pop(name)
        directory = CourseDirectory(config=config)
        directory.assignment_id = NAME
        with_log = {"coursedir": directory, "authenticator": Authenticator(config=config), "config": config, "log": self.log}
        command = getattr(ExchangeFactory(config=config), what)(**with_log)
        between = options.pop("between", None)
        for name, value in options.items(): setattr(command, name, value)
        if between: command.init_src = lambda listed=command.init_src: (listed(), between())
        self.said.clear()
        self.result = command.start()
        return "\n".join(self.said)

    def collect(self, between=None, **options): return self.run("Collect", between=between, check_owner=self.check_owner, **options)

    def collected(self):
        "What each student has in the course directory."
        return {p.parents[1].name: p.read_text() for p in (self.course / "submitted").glob(f"*/{NAME}/{NAME}.ipynb")}

    def stamp(self, student):
        "When a student's work counts as handed in."
        return parse_utc((self.course / "submitted" / student / NAME / "timestamp.txt").read_text())


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    "A course directory, from which each exchange here has its own copy: making the gradebook takes longer than a test."
    folder = tmp_path_factory.mktemp("course")
    (folder / "settings.ini").write_text(f"[course]\nid = {COURSE}\n")
    return init_course(folder / "course", folder / "settings.ini")


@pytest.fixture
def exchange(tmp_path, course): return Exchange(tmp_path, course)


def test_a_folder_that_becomes_a_link_to_the_solution(exchange):
    folder = exchange.hand_in("ada")
    exchange.hand_in("ben", text="ben's")

    def swap():
        shutil.rmtree(folder)
        folder.symlink_to(exchange.course / "source" / NAME)

    exchange.collect(swap)
    assert exchange.collected() == {"ben": "ben's"}


def test_a_link_from_the_beginning(exchange):
    exchange.hand_in("ben", text="ben's")
    (exchange.inbound / f"ada+{NAME}+2026-11-24 11:00:00.000000 UTC+x").symlink_to(exchange.course / "source" / NAME)
    exchange.collect()
    assert exchange.collected() == {"ben": "ben's"}


def test_a_folder_that_vanishes_ends_nothing(exchange):
    folder = exchange.hand_in("ada")
    exchange.hand_in("ben", text="ben's")
    exchange.collect(lambda: shutil.rmtree(folder))
    assert exchange.collected() == {"ben": "ben's"}


def test_what_was_collected_stays_if_the_later_one_cannot_be_copied(exchange):
    exchange.hand_in("ada", text="the first")
    exchange.collect()
    exchange.hand_in("ada", at="2026-11-24 12:00:00", text="x" * 5000)
    exchange.collect(max_dir_size=4)
    assert exchange.collected() == {"ada": "the first"}
    exchange.collect()
    assert exchange.collected() == {"ada": "x" * 5000}


def test_plain_files_in_folders_come_along_and_links_do_not(exchange):
    folder = exchange.hand_in("ada", text="ada's")
    (folder / "pictures").mkdir()
    (folder / "pictures" / "mine.txt").write_text("mine")
    (folder / "pictures" / "secret.ipynb").symlink_to(exchange.course / "source" / NAME / f"{NAME}.ipynb")
    (folder / "elsewhere").symlink_to(exchange.course / "source")
    exchange.collect()
    taken = exchange.course / "submitted" / "ada" / NAME
    assert sorted(str(p.relative_to(taken)) for p in taken.rglob("*") if p.is_file()) == [f"{NAME}.ipynb", "pictures/mine.txt", "submission_secret.txt", "timestamp.txt"]


# ---- a second submission

def test_the_command_of_the_manual_takes_a_newer_submission(exchange):
    exchange.hand_in("ada", text="the first")
    exchange.hand_in("ben", text="ben's")
    assert nbgrader(exchange.course, "collect", NAME)[0] == 0
    exchange.hand_in("ada", at="2026-11-24 12:00:00", text="the second")
    done = subprocess.run([sys.executable, "-m", "nbgrader", "collect", NAME], cwd=exchange.course, capture_output=True, text=True)
    assert exchange.collected() == {"ada": "the second", "ben": "ben's"}
    assert "--update" not in done.stderr and "ben" not in done.stderr and "1 updated, 1 nothing new" in done.stderr, done.stderr


def test_whoever_wants_the_first_can_have_it(exchange):
    exchange.hand_in("ada", text="the first")
    exchange.collect()
    exchange.hand_in("ada", at="2026-11-24 12:00:00", text="the second")
    exchange.collect(update=False)
    assert exchange.collected() == {"ada": "the first"}


def test_what_was_collected_is_not_taken_again_because_its_times_have_moved(exchange):
    folder = exchange.hand_in("ada")
    exchange.collect()
    before = exchange.stamp("ada")
    (exchange.course / "submitted" / "ada" / NAME / f"{NAME}.ipynb").write_text("mended by the instructor")
    for path in (folder, *folder.iterdir()): path.chmod(0o755)
    assert "1 nothing new" in exchange.collect()
    assert exchange.stamp("ada") == before and exchange.collected() == {"ada": "mended by the instructor"}


def test_what_a_person_put_there_stays(exchange):
    exchange.hand_in("ada", text="in the exchange")
    by_mail = exchange.course / "submitted" / "ada" / NAME
    by_mail.mkdir(parents=True)
    (by_mail / f"{NAME}.ipynb").write_text("by e-mail")
    assert "ada: what lies in submitted/ says no time" in exchange.collect()
    assert exchange.collected() == {"ada": "by e-mail"}


# ---- whatever one student hands in

def deep(folder, depth):
    "So many folders in one another."
    at = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=at)
        above, at = at, os.open("d", os.O_RDONLY, dir_fd=at)
        os.close(above)
    os.close(at)


def many(folder):
    for number in range(20_000): (folder / f"{number}").touch()


def sparse(folder):
    for number in range(40):
        with open(folder / f"hole{number}", "wb") as file: file.truncate(2 ** 40 if number % 2 else 90 * 2 ** 20)


def names(folder):
    for name in b"a\x1b[2J\x1b]52;c;aGk=\x07.py", b"zoe\nzoe: got 5 of 5", b"\xff\xfe", "\u202egnp.evil".encode(), b"-rf", b"$(id)", b"x" * 255:
        (folder / os.fsdecode(name)).write_text("x")
        (folder / os.fsdecode(b"d" + name[:200])).mkdir()
        (folder / os.fsdecode(b"d" + name[:200]) / "inner").write_text("x")


def special(folder):
    (folder / "timestamp.txt").unlink()
    os.mkfifo(folder / "pipe.ipynb")
    os.mkfifo(folder / "timestamp.txt")
    (folder / "link.ipynb").symlink_to("/etc/passwd")
    (folder / "loop").symlink_to(".")
    (folder / "null").symlink_to("/dev/zero")


def rewritten(*names, content):
    def change(folder):
        for name in names:
            (folder / name).unlink()
            content(folder / name)
    return change


FILES = ("timestamp.txt", "submission_secret.txt")
TROUBLES = {
    "700 folders deep": lambda folder: deep(folder, 700), "1,500 folders deep": lambda folder: deep(folder, 1500), "20,000 files": many, "holes of a terabyte": sparse,
    "names that a terminal obeys": names, "pipes, links, devices": special,
    "no time and no secret": rewritten(*FILES, content=lambda path: None),
    "binary time and secret": rewritten(*FILES, content=lambda path: path.write_bytes(b"\xff\xfe\x00")),
    "huge time and secret": rewritten(*FILES, content=lambda path: path.write_bytes(b"9" * 30_000_000)),
    "empty time and secret": rewritten(*FILES, content=lambda path: path.write_bytes(b"")),
    "folders for time and secret": rewritten(*FILES, content=lambda path: (path.mkdir(), (path / "x").write_text("x"))),
    "links for time and secret": rewritten(*FILES, content=lambda path: path.symlink_to("/etc/passwd")),
    "a time of another kind": rewritten(FILES[0], content=lambda path: path.write_text("2026-11-24 10:00:00 99999999999999999999")),
    "a year beyond all": rewritten(FILES[0], content=lambda path: path.write_text("99999-01-01 00:00:00 UTC")),
    "a time that is no ValueError": rewritten(FILES[0], content=lambda path: path.write_text("999999999999\u066010000000000000000000000m1000000000000000000000060AD")),
    "a path for a secret": rewritten(FILES[1], content=lambda path: path.write_text("../../../outbound/loss_functions/x")),
}


def submitted_of(exchange, student): return exchange.course / "submitted" / student / NAME


@pytest.mark.parametrize("trouble", TROUBLES)
def test_it_costs_its_author_alone(exchange, trouble):
    for student in LIST: exchange.hand_in(student, text=student, secret=SECRET[student])
    TROUBLES[trouble](next(exchange.inbound.glob("mallory*")))
    before = time.monotonic()
    try: said = exchange.collect()
    finally:
        if "deep" in trouble: subprocess.run(["rm", "-r", str(next(exchange.inbound.glob("mallory*")))], check=True)  # Python cannot
    assert time.monotonic() - before < 15
    assert exchange.collected() == {student: student for student in LIST}
    for line in said.splitlines(): assert line.isprintable() and not line.startswith("zoe: got"), said
    if trouble != "a path for a secret": assert any("mallory" in line for line in said.splitlines()), said
    # what the later commands find is theirs to read
    parse_utc((submitted_of(exchange, "mallory") / "timestamp.txt").read_text())
    for path in submitted_of(exchange, "mallory").rglob("*"): assert path.name.isprintable() and not path.is_symlink() and (path.is_file() or path.is_dir())


def test_a_file_that_grows_while_it_is_read(exchange):
    for student in LIST: exchange.hand_in(student, text=student)
    growing, stop = next(exchange.inbound.glob("mallory*")) / "growing.bin", threading.Event()

    def grow():
        with open(growing, "ab") as file:
            while not stop.is_set() and file.tell() < 2 ** 28: file.write(bytes(2 ** 16))

    thread = threading.Thread(target=grow)
    thread.start()
    try: exchange.collect(max_file_size=3_000)
    finally:
        stop.set()
        thread.join()
    assert exchange.collected() == {student: student for student in LIST}
    assert not (copy := submitted_of(exchange, "mallory") / "growing.bin").exists() or copy.stat().st_size <= 3_000_000


def test_names_that_change_all_the_time(exchange):
    "A file and a folder take turns with links to the solutions: of the instructor's nothing is ever taken."
    for student in LIST: exchange.hand_in(student, text=student)
    folder, stop, source = next(exchange.inbound.glob("mallory*")), threading.Event(), exchange.course / "source"
    (folder / "data").mkdir()
    (folder / "data" / f"{NAME}.ipynb").write_text("mine")
    (folder / "link").symlink_to(source / NAME / f"{NAME}.ipynb")
    (folder / "folder").symlink_to(source / NAME)

    def swap():
        turns = [("data", "folder"), (f"{NAME}.ipynb", "link")]
        while not stop.is_set():
            for one, other in turns:
                for a, b in ((one, "away"), (other, one), (one, other), ("away", one)): os.rename(folder / a, folder / b)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for _ in range(30):
            exchange.collect()
            for path in submitted_of(exchange, "mallory").rglob("*.ipynb"): assert path.read_text() in ("mallory", "mine"), path
            shutil.rmtree(exchange.course / "submitted")
    finally:
        stop.set()
        thread.join()


def test_a_large_submission_keeps_its_notebook(exchange):
    folder = exchange.hand_in("ada", text="mine")
    for number in range(9): (folder / f"{number}.bin").write_bytes(bytes(900_000))
    assert "ada: the rest is left out: it is larger than 3.81 MB" in exchange.collect(max_dir_size=4_000)
    assert exchange.collected() == {"ada": "mine"}


# ---- several accounts

@contextlib.contextmanager
def as_account(name):
    "What happens meanwhile has the rights of an ordinary account."
    account = pwd.getpwnam(name)
    os.setegid(account.pw_gid)
    os.seteuid(account.pw_uid)
    try: yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@pytest.fixture
def shared(course):
    "An exchange that `bin` has made and collects from; `daemon` and `games` hand in."
    folder = Path(tempfile.mkdtemp())
    exchange = Exchange(folder, course)
    exchange.check_owner = True
    shutil.rmtree(exchange.inbound.parent)
    for path in (folder, *folder.rglob("*")): shutil.chown(path, "bin", "bin")
    folder.chmod(0o755)
    exchange.inbound.parents[1].chmod(0o777)
    with as_account("bin"):
        directory = exchange.course / "release" / NAME
        directory.mkdir(parents=True)
        (directory / f"{NAME}.ipynb").write_text("{}")
        exchange.run("ReleaseAssignment")
    try: yield exchange
    finally: shutil.rmtree(folder)


def handed_in_by(exchange, account, text="{}", name=None):
    with as_account(account):
        folder = exchange.hand_in(name or account, text=text)
        folder.chmod(0o777)  # as nbgrader submit does
    return folder


@NEEDS_ROOT
def test_nobody_moves_away_what_another_has_handed_in(shared):
    assert shared.inbound.stat().st_mode & 0o1777 == 0o1733 and shared.inbound.parents[1].stat().st_mode & 0o1777 == 0o1777
    folder = handed_in_by(shared, "daemon")
    with as_account("games"), pytest.raises(PermissionError): folder.rename(folder.with_name("away"))
    with as_account("games"), pytest.raises(PermissionError): os.listdir(shared.inbound)


@NEEDS_ROOT
def test_an_exchange_that_was_made_earlier_is_mended(shared):
    shared.inbound.chmod(0o2733)
    handed_in_by(shared, "daemon", text="mine")
    with as_account("bin"): shared.collect()
    assert shared.inbound.stat().st_mode & 0o1777 == 0o1733 and shared.collected() == {"daemon": "mine"}


@NEEDS_ROOT
def test_what_cannot_be_read_costs_its_author_alone(shared):
    closed, half = handed_in_by(shared, "games", text="closed"), handed_in_by(shared, "lp", text="half")
    handed_in_by(shared, "daemon", text="mine")
    handed_in_by(shared, "sys", text="mine, too")
    (half / "data").mkdir(mode=0)
    (half / f"{NAME}.ipynb").chmod(0)
    closed.chmod(0)
    with as_account("bin"): said = shared.collect()
    assert shared.collected() == {"daemon": "mine", "sys": "mine, too"}
    assert "Permission denied" in said and "games" in said and f"lp: {NAME}.ipynb cannot be read" in said, said


@NEEDS_ROOT
def test_a_file_of_somebody_elses_in_the_folder_does_not_count(shared):
    folder = handed_in_by(shared, "daemon", text="mine")
    with as_account("games"):
        (folder / "planted.ipynb").write_text("not mine")
        os.link(folder / "planted.ipynb", folder / "planted.txt")
    with as_account("bin"): said = shared.collect()
    assert not list((shared.course / "submitted").rglob("planted*")) and "daemon: planted.ipynb belongs to somebody else" in said
    assert shared.collected() == {"daemon": "mine"}


@NEEDS_ROOT
def test_another_account_cannot_hand_in_for_somebody(shared):
    handed_in_by(shared, "games", name="daemon")
    with as_account("bin"): said = shared.collect()
    assert not shared.collected() and "it claims to be daemon's and is not" in said


# ---- when it was handed in

NOW = "%Y-%m-%d %H:%M:%S.%f UTC"


def claims(exchange, ago):
    "A submission of ada's that says it was handed in so long ago."
    folder = exchange.hand_in("ada", at=(datetime.now(UTC) - ago).strftime("%Y-%m-%d %H:%M:%S"))
    return folder


@pytest.mark.parametrize("ago", [timedelta(days=3), timedelta(minutes=9), -timedelta(days=3), -timedelta(minutes=1)])
def test_a_student_is_not_punctual_by_their_own_word(exchange, ago):
    folder = claims(exchange, ago)
    for path in folder.iterdir(): os.utime(path, (0, 0))
    os.utime(folder, (0, 0))
    said = exchange.collect()
    assert abs(exchange.stamp("ada") - datetime.now(UTC).replace(tzinfo=None)) < timedelta(seconds=20)
    if abs(ago) > timedelta(minutes=2): assert "ada: timestamp.txt says" in said and "the second counts" in said, said


def test_the_moment_that_copying_takes_makes_nobody_late(exchange):
    folder = claims(exchange, timedelta(seconds=70))
    said = exchange.collect()
    assert exchange.stamp("ada") == parse_utc((folder / "timestamp.txt").read_text()) and "timestamp" not in said


@pytest.mark.parametrize("change", [lambda f: f.unlink(), lambda f: f.write_bytes(b"\xff"), lambda f: f.write_text("yesterday, promised")], ids=["missing", "binary", "a promise"])
def test_a_time_that_cannot_be_read_is_the_clocks(exchange, change):
    change(exchange.hand_in("ada") / "timestamp.txt")
    assert "ada: timestamp.txt says no time" in exchange.collect()
    assert abs(exchange.stamp("ada") - datetime.now(UTC).replace(tzinfo=None)) < timedelta(seconds=20)


def test_what_is_changed_afterwards_counts_as_handed_in_then(exchange):
    "In a folder, too: its own time does not move then."
    folder = exchange.hand_in("ada")
    (folder / "data").mkdir()
    (folder / "data" / "x.csv").write_text("1")
    times = {p: p.stat().st_ctime for p in (folder, *folder.rglob("*"))}
    time.sleep(1.1)
    (folder / "data" / "x.csv").write_text("2")
    exchange.collect()
    late = exchange.stamp("ada") - datetime.fromtimestamp(max(times.values()), UTC).replace(tzinfo=None)
    assert timedelta(seconds=1) < late < timedelta(seconds=20)


def test_after_a_backup_the_students_can_be_believed(exchange):
    exchange.hand_in("ada")
    assert "the first counts" in exchange.collect(clock="student")
    assert exchange.stamp("ada") == datetime(2026, 11, 24, 10)


# ---- the other commands

def with_feedback(exchange, words):
    "Feedback for students with these secrets, as generate_feedback leaves it."
    for student, word in words.items():
        for step, ending in (("feedback", "html"), ("autograded", "ipynb")):
            folder = exchange.course / step / student / NAME
            folder.mkdir(parents=True)
            (folder / f"{NAME}.{ending}").write_text(f"{student}'s")
            (folder / "timestamp.txt").write_text("2026-11-24 10:00:00 UTC")
            if word is not None: (folder / "submission_secret.txt").write_bytes(word)


def released(exchange): return sorted(p.read_text() for p in (exchange.inbound.parent / "feedback").iterdir())


@pytest.mark.parametrize("word", [None, b"\xff\xfe", b"", b"9" * 30_000_000, b"../../outbound/x", b"a b\nc" * 9], ids=["none", "binary", "empty", "huge", "a path", "lines"])
def test_feedback_is_released_to_everybody_who_can_have_it(exchange, word):
    with_feedback(exchange, {"ada": b"a" * 128, "mallory": word, "zoe": b"z" * 128})
    said = exchange.run("ReleaseFeedback")
    assert [text for text in released(exchange) if text != "mallory's"] == ["ada's", "zoe's"]
    name = notebook_hash(secret="z" * 128, notebook_id=NAME)
    page = exchange.inbound.parent / "feedback" / f"{name}.html"
    assert page.read_text() == "zoe's" and page.stat().st_mode & 0o777 == 0o644
    assert [p.suffix for p in (exchange.inbound.parent / "feedback").iterdir()] == [".html"] * len(released(exchange))
    if word != b"../../outbound/x": assert "mallory gets no feedback" in said and "1 students get none: mallory" in said


def test_only_pages_of_graded_notebooks_are_released(exchange):
    with_feedback(exchange, {"ada": b"a" * 128})
    (exchange.course / "feedback" / "ada" / NAME / "plot.html").write_text("handed in")
    (exchange.course / "feedback" / "ada" / NAME / "solution.html").symlink_to("/etc/passwd")
    exchange.run("ReleaseFeedback")
    assert released(exchange) == ["ada's"]


def test_if_nobody_can_have_feedback_it_is_a_failure(exchange):
    with_feedback(exchange, {"ada": None})
    with pytest.raises(ExchangeError): exchange.run("ReleaseFeedback")


def test_the_list_of_what_was_handed_in_ends(exchange):
    for student in LIST: exchange.hand_in(student)
    folder = next(exchange.inbound.glob("mallory*"))
    (folder / "submission_secret.txt").write_bytes(b"")
    (folder / f"{NAME}.ipynb").unlink()
    os.mkfifo(folder / f"{NAME}.ipynb")
    exchange.hand_in("mallory", at="2026-11-24 11:00:00").rename(exchange.inbound / f"mallory+{NAME}+2026-11-24 11:00:00.000000 UTC+\nzoe got 5 of 5")
    (exchange.inbound / f"mallory+{NAME}+x").symlink_to("/etc")
    deep(folder, 1500)
    listing = threading.Thread(target=exchange.run, args=("List",), kwargs={"inbound": True}, daemon=True)
    listing.start()
    listing.join(20)
    assert not listing.is_alive() and {group["student_id"] for group in exchange.result} == set(LIST)
    said = exchange.run("List", inbound=True, remove=True)
    left = {p.name.split("+")[0] for p in exchange.inbound.iterdir()}
    if left: subprocess.run(["rm", "-r", *map(str, exchange.inbound.iterdir())], check=True)
    assert left <= {"mallory"} and all(line.isprintable() for line in said.splitlines())


# ---- what lies in submitted/

def test_a_folder_without_end_in_submitted_costs_its_author_alone(exchange):
    from course_lib.grading.entering import copy_files
    from course_lib.grading.reading import fingerprint
    folder = exchange.course / "submitted" / "mallory" / NAME
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_text("{}")
    (folder / "picture.png").write_text("mine")
    (folder / "etc").symlink_to("/etc")
    deep(folder, 1100)
    try:
        before = fingerprint(folder)
        copy_files(folder, exchange.course / "source" / NAME, exchange.course / "graded", [".ipynb_checkpoints"])
        (folder / "picture.png").write_text("another")
        assert fingerprint(folder) != before
    finally: subprocess.run(["rm", "-r", str(folder)], check=True)
    assert (exchange.course / "graded" / "picture.png").read_text() == "mine" and not (exchange.course / "graded" / "etc").exists()


def test_a_folder_in_the_place_of_a_released_file_changes_nothing(exchange):
    from course_lib.grading.entering import copy_files
    source, folder = exchange.course / "source" / NAME, exchange.course / "handed_in"
    (source / "data.csv").write_text("released")
    (source / "more").mkdir()
    (source / "more" / "data.csv").write_text("released")
    (folder / "data.csv").mkdir(parents=True)
    (folder / "data.csv" / "x").write_text("mine")
    (folder / "more").write_text("mine")
    (folder / f"{NAME}.ipynb").mkdir()
    (folder / f"{NAME}.ipynb" / "x").write_text("mine")
    copy_files(folder, source, exchange.course / "graded", [])
    assert (exchange.course / "graded" / "data.csv").read_text() == (exchange.course / "graded" / "more" / "data.csv").read_text() == "released"
    assert not (exchange.course / "graded" / f"{NAME}.ipynb").exists()


def test_another_file_system_is_not_entered():
    from course_lib.grading.reading import Bounds, plain_files
    found = dict(plain_files(Path("/dev"), Bounds(depth=1)))
    assert "another file system" in str(found["shm"])


@pytest.mark.parametrize("place", [".", f"{COURSE}/inbound"])
def test_the_doctor_sees_where_submissions_can_be_moved_away(exchange, monkeypatch, place):
    from course_lib.classroom import doctor
    monkeypatch.setenv("COURSE_SETTINGS", str(exchange.course / "settings.ini"))
    root = exchange.inbound.parents[1]
    for folder in (root, exchange.inbound): folder.chmod(0o1777)
    assert doctor.exchange().good
    (root / place).chmod(0o733)
    assert not doctor.exchange().good and "chmod +t" in doctor.exchange().remedy


def test_a_time_that_a_person_put_there_stops_nobody(tmp_path):
    "dateutil raises decimal.InvalidOperation, among others; `course marks` asks for the times of the whole class."
    folder = tmp_path / "submitted" / "mallory" / NAME
    folder.mkdir(parents=True)
    (folder / "timestamp.txt").write_text("999999999999\u066010000000000000000000000m1000000000000000000000060AD")
    assert handed_in(SimpleNamespace(root=tmp_path, submitted_directory="submitted")) == {("mallory", NAME): None}
