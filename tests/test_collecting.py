"""Collecting from an exchange in which names change while we look: nothing of the instructor's is taken for a student's, and nothing collected is lost."""
import logging
import shutil

import pytest
from nbgrader.coursedir import CourseDirectory

from course_lib.grading.collecting import SafeCollect
from course_lib.grading.course import course_config, init_course

NAME, COURSE = "loss_functions", "small"


class Exchange:
    "A course directory with an exchange, into which students hand in."

    def __init__(self, folder):
        settings = folder / "settings.ini"
        settings.write_text(f"[course]\nid = {COURSE}\n[exchange]\nroot = {folder / 'exchange'}\n")
        self.course = init_course(folder / "course", settings)
        self.inbound = folder / "exchange" / COURSE / "inbound"
        for name in "inbound", "outbound", "feedback": (folder / "exchange" / COURSE / name).mkdir(parents=True)

    def hand_in(self, student, at="2026-11-24 10:00:00", text="{}"):
        "A submission in the exchange."
        folder = self.inbound / f"{student}+{NAME}+{at}.000000 UTC+x"
        folder.mkdir()
        (folder / "timestamp.txt").write_text(f"{at}.000000 UTC")
        (folder / f"{NAME}.ipynb").write_text(text)
        return folder

    def collect(self, between=lambda: None, **options):
        "nbgrader's Collect; `between` happens after the listing and before anything is copied."
        config = course_config(self.course)
        directory = CourseDirectory(config=config, **options)
        directory.assignment_id = NAME
        collector = SafeCollect(coursedir=directory, config=config)
        collector.check_owner, collector.update, list_all = False, True, collector.init_src

        def listed():
            list_all()
            between()

        collector.init_src = listed
        collector.start()

    def collected(self):
        "What each student has in the course directory."
        return {p.parents[1].name: p.read_text() for p in (self.course / "submitted").glob(f"*/{NAME}/{NAME}.ipynb")}


@pytest.fixture
def exchange(tmp_path, caplog):
    caplog.set_level(logging.CRITICAL)
    return Exchange(tmp_path)


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
    assert sorted(str(p.relative_to(taken)) for p in taken.rglob("*") if p.is_file()) == [f"{NAME}.ipynb", "pictures/mine.txt", "timestamp.txt"]
