"""Marks that leave the course: only final ones, after the late penalty, in cells that no spreadsheet runs and files that are whole."""
import csv
import io
import os
import shutil
import subprocess
import sys
from unicodedata import category

import pytest
from course_dir import NEEDS_SANDBOX, make_course, released, source_notebook, submit, with_answers
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.api import Gradebook
from nbgrader.plugins import BasePlugin
from sqlalchemy import event
from sqlalchemy.engine import Engine
from test_grading import NAME, RIGHT, SUM

from course_lib.cli import main
from course_lib.grading import class_marks, export
from course_lib.grading.class_marks import ABSENT, FINAL, UNGRADED, WAITING, StudentMark, class_overview, example_class, marks_of, marks_table
from course_lib.grading.course import course_config, grade
from course_lib.grading.export import canvas_rows, export_marks, marks_csv, moodle_rows, remarks
from course_lib.grading.gradebook_rows import enter_students, read_sheets, write_sheets
from course_lib.untrusted import for_csv


@pytest.fixture(scope="module")
def template(tmp_path_factory): return example_class(tmp_path_factory.mktemp("class") / "course")


@pytest.fixture
def course(tmp_path, template): return shutil.copytree(template, tmp_path / "course")  # nbgrader takes seconds to fill a gradebook


def read(text): return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def mark(student="ada", assignment="quiz", points=4.0, status=FINAL, **more):
    return StudentMark(**{"student": student, "last_name": "", "first_name": "", "email": "", "lms_id": "", "assignment": assignment,
                          "points": points, "max_points": 5.0, "status": status} | more)


def by_name(rows, column, skip=1): return {row[rows[0].index(column)]: row for row in rows[skip:]}


def test_every_student_meets_every_assignment(course):
    found = {(m.student, m.assignment): (m.points, m.status) for m in marks_table(course)}
    assert found == {("ada", "essay"): (1, WAITING), ("ada", NAME): (5, FINAL), ("ben", "essay"): (1.5, FINAL), ("ben", NAME): (3, FINAL),
                     ("chloe", "essay"): (None, UNGRADED), ("chloe", NAME): (None, ABSENT), ("deniz", "essay"): (None, ABSENT), ("deniz", NAME): (None, ABSENT)}


def test_a_mark_does_not_outlive_its_submission(course):
    "Handed in again and collected, not graded again: the earlier mark is nobody's any more, in the table, the overview and the files."
    folder = next((course / "submitted").glob(f"ben/{NAME}"))
    (folder / "timestamp.txt").write_text("2099-01-01 00:00:00.000000 UTC")
    assert next((m.points, m.status) for m in marks_table(course) if (m.student, m.assignment) == ("ben", NAME)) == (None, UNGRADED)
    assert next(a.ungraded for a in class_overview(course) if a.name == NAME) == 1
    rows = read(marks_csv(course, "moodle", unfinished=True))
    assert by_name(rows, "Username")["ben"][rows[0].index(NAME)] == "-"


def test_nbgraders_export_where_the_machine_knows_only_ascii(course):
    code = f"from course_lib.grading.export import marks_csv; import sys; sys.stdout.buffer.write(marks_csv({str(course)!r}, 'nbgrader').encode())"
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    plain = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True).stdout.decode()
    assert plain == marks_csv(course, "nbgrader") and "Chlo\u00e9" in plain


def test_reading_changes_nothing(course):
    before = (course / "gradebook.db").read_bytes()
    marks_table(course), class_overview(course), [marks_csv(course, to) for to in export.TARGETS]
    assert (course / "gradebook.db").read_bytes() == before


@pytest.mark.parametrize("to, who, nothing", [("moodle", "Username", "-"), ("canvas", "SIS Login ID", ""), ("nbgrader", "student_id", "")])
def test_only_final_marks_are_told(course, to, who, nothing):
    def scores(unfinished):
        rows = read(marks_csv(course, to, unfinished))
        if to == "nbgrader":
            i = [rows[0].index(c) for c in ("student_id", "assignment", "score")]
            return {(row[i[0]], row[i[1]]): row[i[2]].removesuffix(".0") for row in rows[1:]}
        return {(s, a): row[rows[0].index(a)] for s, row in by_name(rows, who).items() if s for a in ("essay", NAME)}

    final = {("ben", "essay"): "1.5", ("ada", NAME): "5", ("ben", NAME): "3"}
    assert scores(False) == {(s, a): final.get((s, a), nothing) for s in ("ada", "ben", "chloe", "deniz") for a in ("essay", NAME)}
    assert scores(True) == scores(False) | {("ada", "essay"): "1"}


def test_moodle_gets_its_columns(course):
    rows = read(marks_csv(course, "moodle"))
    assert rows[0] == ["Username", "Email address", "essay", NAME] and len(rows) == 5
    with Gradebook(course_config(course).CourseDirectory.db_url, "small") as gb:
        for i, student in enumerate(gb.students): student.lms_user_id = str(i)
        gb.find_student("deniz").email = None
        gb.db.commit()
    # an identifier that somebody lacks is none: Moodle would give this row's marks to the student above
    assert read(marks_csv(course, "moodle"))[0] == ["Username", "ID number", "essay", NAME]


def test_canvas_gets_its_columns(course):
    rows = read(marks_csv(course, "canvas"))
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "essay", NAME]
    assert rows[1] == ["Points Possible", "", "", "", "", "3", "5"]
    assert by_name(rows, "SIS Login ID", 2)["ben"] == ["Smith, Jr, Ben", "", "", "ben", "", "1.5", "3"]
    assert [canvas_rows([mark(lms_id=i)])[2][1] for i in ("4711", "3dprinter", "")] == ["4711", "", ""]
    assert "Points Possible" not in canvas_rows([mark(last_name="My Points Possible")])[2][0]


def test_nbgraders_own_columns_are_nbgraders(course, tmp_path, monkeypatch):
    from nbgrader.plugins.export import CsvExportPlugin
    monkeypatch.chdir(tmp_path)
    with Gradebook(course_config(course).CourseDirectory.db_url, "small") as gb:
        for student, name in (("ben", "Smith"), ("deniz", "Demir")): gb.find_student(student).last_name = name  # which it can write
        gb.db.commit()
        CsvExportPlugin(to="stock.csv").export(gb)
    stock, ours = read((tmp_path / "stock.csv").read_text()), read(marks_csv(course, "nbgrader"))
    final = {("ada", NAME), ("ben", NAME), ("ben", "essay")}
    assert stock[0] == ours[0] and len(stock) == len(ours) == 9
    for theirs, row in zip(stock[1:], ours[1:]): assert row == (theirs if (row[3], row[0]) in final else [*theirs[:7], "", "", "", theirs[10]])


HOSTILE = ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", " =1", "x;=1", "x\t=1", 'x",=1', "x\n=1", "＝1", '=HYPERLINK("http://x/","y")', "a,b", 'q"q', "l\nl", "'", "Ünï, ﷽"]


@pytest.mark.parametrize("to", export.TARGETS)
def test_hostile_names_stay_in_their_cells_and_are_no_formulas(course, to):
    with Gradebook(course_config(course).CourseDirectory.db_url, "small") as gb:
        for i, name in enumerate(HOSTILE): gb.add_student(f"{name}{i}", last_name=name, first_name=name, email=name)
    rows = read(marks_csv(course, to))
    assert len({len(row) for row in rows}) == 1
    assert len(rows) == {"moodle": 1, "canvas": 2, "nbgrader": 1}[to] + (4 + len(HOSTILE)) * (2 if to == "nbgrader" else 1)
    for cell in (c for row in rows for c in row if c not in ("", "-")): assert cell[0] not in "=+-@\t\r\n＝＋－＠"
    # also for a spreadsheet whose separator is another, and one that ends a row at each line break
    for separator in ";\t|":
        for row in csv.reader(io.StringIO(marks_csv(course, to), newline=""), delimiter=separator):
            for cell in row: assert not cell.lstrip().startswith(("=", "+", "@")), (separator, cell)
    assert {f"{name}{i}" for i, name in enumerate(HOSTILE) if for_csv(f"{name}{i}") != f"{name}{i}"} and any("could be taken for a formula" in r for r in remarks(marks_table(course)))


@given(st.text(max_size=20))
def test_a_cell_is_plain_and_loses_nothing(text):
    cell = for_csv(text)
    assert not cell or cell[0] not in "=+-@\t\r\n＝＋－＠"
    assert all(char.isprintable() or char in "\t\r\n\u200c\u200d" or category(char) == "Zs" for char in cell)
    if cell.count("\\") == text.count("\\"): assert cell.replace("'", "") == text.replace("'", "")
    assert for_csv(cell) == cell


@given(st.lists(st.tuples(st.text(min_size=1), st.text(), st.none() | st.floats(0, 100)), min_size=1, max_size=4, unique_by=lambda t: t[0]))
def test_rows_survive_the_csv_module(students):
    table = [mark(student=s, last_name=n, points=p, status=ABSENT if p is None else FINAL) for s, n, p in students]
    for rows in moodle_rows(table), canvas_rows(table):
        text = io.StringIO(newline="")
        csv.writer(text).writerows(rows)
        assert read(text.getvalue()) == rows
        for row, (_, _, p) in zip(rows[-len(students):], students): assert row[-1] == ("-" if rows[0][0] == "Username" else "") if p is None else abs(float(row[-1]) - p) <= 0.005


def test_two_assignments_of_one_title_stay_two_columns():
    table = [mark(assignment=a, points=p) for a, p in (("quiz", 1.0), ("quiz ", 2.0), ("=quiz", 3.0))]
    assert moodle_rows(table) == [["Username", "quiz", "quiz [2]", "'=quiz"], ["ada", "1", "2", "3"]]


def test_what_is_held_back_is_told_in_words(course, tmp_path, capsys):
    export_marks(course, "moodle", tmp_path / "marks.csv")
    assert capsys.readouterr().err.splitlines() == ["course: essay of chloe: not graded yet", "course: essay of ada: waiting for a person"]
    assert remarks([mark(student="\x1b[2J", status=WAITING)]) == ["quiz of \\x1b[2J: waiting for a person",
        "the id \\x1b[2J could be taken for a formula or cannot be seen; it is written as \\x1b[2J, which an importer will not find"]


def test_a_file_is_whole_or_not_there(course, tmp_path, monkeypatch):
    target = tmp_path / "marks.csv"
    target.write_text("last week's")
    monkeypatch.setattr(os, "fsync", lambda fd: 1 / 0)
    with pytest.raises(ZeroDivisionError): export_marks(course, "canvas", target)
    assert target.read_text() == "last week's" and [p.name for p in tmp_path.glob("*marks*")] == ["marks.csv"]
    monkeypatch.undo()
    export_marks(course, "canvas", target)
    assert target.read_bytes().startswith(b"\xef\xbb\xbfStudent,ID") and target.stat().st_mode & 0o077 == 0
    with pytest.raises(ValueError, match="is a folder"): export_marks(course, "canvas", tmp_path)
    with pytest.raises(ValueError, match="no folder"): export_marks(course, "canvas", tmp_path / "nowhere" / "marks.csv")


def test_the_command(course, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["marks", "--to", "moodle", "--course", str(course)]) == 0
    assert "3 marks of 4 students" in capsys.readouterr().out and (tmp_path / "marks-moodle.csv").exists()
    assert main(["marks", "--to", "canvas", "--course", str(course), "--unfinished", "--out", "c.csv"]) == 0
    assert "4 marks of 4 students" in capsys.readouterr().out and (tmp_path / "c.csv").exists()
    assert main(["marks", "--to", "moodle", "--course", str(tmp_path)]) == 2
    assert "no course directory" in capsys.readouterr().err
    with pytest.raises(ValueError, match="not to 'ilias'"): marks_csv(course, "ilias")


def test_a_new_course_and_a_broken_gradebook(course):
    (course / "gradebook.db").unlink()
    (course / "source" / "quiz").mkdir(parents=True)
    found, = class_overview(course)
    assert (found.name, found.generated, found.released, found.handed_in, found.mean, found.pass_share) == ("quiz", False, False, 0, None, None)
    for to in export.TARGETS: marks_csv(course, to)
    assert marks_table(course) == [] and not (course / "gradebook.db").exists()
    (course / "gradebook.db").write_bytes(b"")
    assert marks_table(course) == []
    (course / "gradebook.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(ValueError, match="gradebook cannot be read"): marks_table(course)


def test_the_overview_counts(course):
    outbound = course / "exchange" / "small" / "outbound" / NAME
    outbound.mkdir(parents=True)
    (course / "settings.ini").write_text(f"[course]\nid = small\n[exchange]\nroot = {course / 'exchange'}\n[marks]\npass = 0.8\n")
    essay, losses = class_overview(course)
    assert (essay.handed_in, essay.graded, essay.waiting, essay.ungraded, essay.mean, essay.pass_share, essay.released) == (3, 1, 1, 1, 1.5, 0, False)
    assert (losses.handed_in, losses.graded, losses.waiting, losses.ungraded, losses.mean, losses.pass_share, losses.released) == (2, 2, 0, 0, 4, 0.5, True)
    assert losses.generated and losses.max_points == 5


class OnePointADay(BasePlugin):
    "A penalty as a course would write one."

    def late_submission_penalty(self, student_id, score, total_seconds_late): return total_seconds_late / 86400


@NEEDS_SANDBOX
@pytest.mark.parametrize("penalty, expected", [("c.LateSubmissionPlugin.penalty_method = 'zero'", {"early": 5, "late": 0, "late sum": 0}),
                                               ("c.AssignLatePenalties.plugin_class = 'test_export.OnePointADay'", {"early": 5, "late": 3.5, "late sum": 0})])
def test_the_marks_are_after_the_late_penalty(tmp_path, near, penalty, expected):
    root = make_course(tmp_path / "course", source_notebook())
    with Gradebook(course_config(root).CourseDirectory.db_url) as gb: gb.update_or_create_assignment(NAME, duedate="2026-01-01 00:00:00")
    with open(root / "nbgrader_config.py", "a") as f: f.write(f"\n{penalty}\n")
    for student, code, when in (("early", RIGHT, "2025-12-31 12:00:00 UTC"), ("late", RIGHT, "2026-01-02 12:00:00 UTC"), ("late sum", SUM, "2026-01-02 12:00:00 UTC")):
        submit(root, student, with_answers(released(root), **code), files=[("timestamp.txt", when)])
    assert not any(o.failed for o in grade(NAME, root, quiet=True))
    assert {m.student: m.points for m in marks_table(root)} == expected
    rows = read(marks_csv(root, "moodle"))
    assert {row[0]: float(row[-1]) for row in rows[1:]} == expected
    assert {row[3]: float(row[9]) for row in read(marks_csv(root, "nbgrader"))[1:]} == expected
    submit(root, "late", with_answers(released(root), **RIGHT), files=[("timestamp.txt", "2025-12-31 12:00:00 UTC")])  # the instructor grants an extension: the penalty goes
    grade(NAME, root, quiet=True)
    assert {m.student: m.points for m in marks_table(root)} == expected | {"late": 5}


def test_what_an_export_asks_does_not_grow_with_the_class(course):
    "nbgrader's own export asks once for each student and assignment."
    def asked():
        count = []
        noted = lambda *what: count.append(what[2])
        event.listen(Engine, "before_cursor_execute", noted)
        try: rows = read(marks_csv(course, "nbgrader"))
        finally: event.remove(Engine, "before_cursor_execute", noted)
        return len(count), len(rows)

    few = asked()
    more = [f"s{i}" for i in range(30)]
    with Gradebook(course_config(course).CourseDirectory.db_url) as gradebook:
        enter_students(gradebook, more)
        write_sheets(gradebook, "essay", list(read_sheets(gradebook, "essay", more).values()))
        gradebook.db.commit()
    many = asked()
    assert many[0] == few[0] and many[1] > few[1]


def test_one_students_marks_are_read_without_the_others(course, monkeypatch):
    for student in ("ada", "ben"): (course / "submitted" / student / "essay").mkdir(parents=True, exist_ok=True)
    everybody, looked, at = marks_table(course), [], class_marks._handed_in_at
    monkeypatch.setattr(class_marks, "_handed_in_at", lambda folder, signature: looked.append(folder) or at(folder, signature))
    for student in {m.student for m in everybody}: assert marks_of(course, student) == [m for m in everybody if m.student == student]
    looked.clear()
    marks_of(course, "ada")
    assert looked and not [folder for folder in looked if "/ada/" not in folder]
    assert marks_of(course, "nobody") == []
