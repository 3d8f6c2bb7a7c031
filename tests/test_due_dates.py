"""Due dates, extensions and late work: settings that are checked, penalties that follow whatever changes, dates that students see, marks that are final only when they are."""
import functools
import json
import os
import stat
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from browser import course_lab
from classroom import ask
from course_dir import NEEDS_SANDBOX, _cell, make_course, notebook, released, source_notebook, submit, with_answers
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.api import Gradebook
from nbgrader.plugins import BasePlugin
from test_grading import NAME, RIGHT

from course_lib.classroom import doctor, hand_ins, start_page
from course_lib.cli import main
from course_lib.dates import with_line
from course_lib.grading.class_marks import FINAL, UNGRADED, WAITING, example_class, marks_table
from course_lib.grading.course import CONFIG, course_config, grade, gradebook_table, init_command, summary
from course_lib.grading.due_command import tell_course
from course_lib.grading.due_dates import LatePolicy, penalty, seconds_late, settle, spread
from course_lib.grading.export import export_marks, marks_csv
from course_lib.grading.nbgrader_names import make_gradebooks_here
from course_lib.grading.telling import dates_for
from course_lib.settings import KEYS, TEMPLATE, Settings, load_settings, parse_settings

NOON = datetime(2026, 12, 1, 12)
DAY = 86400


# settings

def test_dates_are_read_in_the_courses_time_zone():
    found = parse_settings("[due]\nLab_1 = 2026-12-01 18:00\n[course]\ntimezone = Europe/Berlin\n[extensions]\nLab_1 / O'Neil:=x y = 2026-12-03T18:00-05:00\n"
                           "[late]\npolicy = per_day\nper_day = 0.2\ngrace_minutes = 5\nat_least = 0.5")
    assert found.due == {"Lab_1": datetime(2026, 12, 1, 17, tzinfo=UTC)}
    assert found.extensions == {("Lab_1", "O'Neil:=x y"): datetime(2026, 12, 3, 23, tzinfo=UTC)}
    assert LatePolicy.of(found) == LatePolicy("per_day", 0.2, 5, 0.5)


@pytest.mark.parametrize("text, words", [
    ("[due]\n\nlab = 2026-12-01", "settings.ini:3: lab must be a date and a time, such as 2026-12-01 18:00, got '2026-12-01'"),
    ("[due]\nlab = 2026-02-30 18:00", "settings.ini:2: lab is no date that exists"),
    ("[course]\ntimezone = Europe/Berlin\n[due]\nlab = 2027-03-28 02:30", "settings.ini:4: lab does not exist: clocks go forward"),
    ("[due]\nlab", r"settings.ini:2: a line of \[due\] is NAME = 2026-12-01 18:00, got 'lab'"),
    ("[due]\nlab = 2026-12-01 18:00\nlab = 2026-12-02 18:00", r"settings.ini:3: \[due\] has lab twice"),
    ("[extensions]\nlab = 2026-12-01 18:00", r"settings.ini:2: a line of \[extensions\] is NAME / STUDENT = 2026-12-03 18:00"),
    ("[extensions]\nlab / = 2026-12-01 18:00", "settings.ini:2: a line of"),
    ("[extensions]\nlab / ada = soon", "settings.ini:2: lab / ada must be a date"),
    ("[extension]\nlab / ada = 2026-12-01 18:00", r"settings.ini:1: there is no section \[extension\]; did you mean extensions\?"),
    ("[late]\npolicy = perday", r"settings.ini:2: policy must be one of none, zero, per_day, nbgrader \(did you mean per_day\?\)"),
    ("[late]\npolcy = zero", r"settings.ini:2: \[late\] has no key polcy; did you mean policy\?"),
    ("[late]\nper_day = 10", "settings.ini:2: per_day must be a number from 0 to 1"),
    ("[late]\ngrace_minutes = -1", "settings.ini:2: grace_minutes must be a whole number"),
    ("[course]\ntimezone = ../etc/passwd", "settings.ini:2: timezone must be a time zone such as Europe/Berlin"),
])
def test_a_mistake_in_a_date_is_named_with_its_place(text, words):
    with pytest.raises(ValueError, match=words): parse_settings(text)


def test_a_new_courses_file_shows_every_key(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    init_command("kurs")
    assert "nbgrader generate_assignment loss_functions; course due loss_functions" in capsys.readouterr().out
    root = tmp_path / "kurs"
    text = (root / "settings.ini").read_text()
    assert text == TEMPLATE and load_settings(root / "settings.ini") == Settings()
    for section, key in KEYS: assert f"[{section}]" in text and f"\n{key} = " in text
    assert stat.S_IMODE(root.stat().st_mode) == 0o700


LINES = st.lists(st.sampled_from(["# a comment", "; another", "", "lab = 2026-12-01 18:00", "[late]", "policy = zero", "[due]", "  [course]", "id = x"]), max_size=12)


@given(LINES, st.booleans())
def test_one_line_is_changed_and_all_others_stay(lines, windows):
    end = "\r\n" if windows else "\n"
    before = end.join(lines)
    after = with_line(before, "due", "essay", "2027-01-01 00:00")
    new = after.splitlines()
    assert new.count("essay = 2027-01-01 00:00") == 1
    assert [line for line in with_line(after, "due", "essay", None).splitlines() if line.strip() not in ("", "[due]")] == [line for line in lines if line.strip() not in ("", "[due]")]
    if "[due]" in lines: assert with_line(after, "due", "essay", None) == before
    assert with_line(after, "due", "essay", "2027-01-01 00:00") == after


# what late work costs

POLICIES = st.builds(LatePolicy, st.sampled_from(["none", "zero", "per_day"]), st.floats(0, 1), st.integers(0, 600), st.floats(0, 1))
POINTS = st.floats(-5, 30)


@given(POINTS, st.floats(0, 20), st.floats(0, 90 * DAY), POLICIES)
def test_a_penalty_is_never_more_than_there_is(points, most, late, policy):
    lost = penalty(points, most, late, policy)
    assert 0 <= lost <= max(points, 0)
    if late <= 60 * policy.grace_minutes or policy.kind == "none": assert lost == 0
    if policy.kind == "per_day": assert points - lost >= min(points, policy.at_least * most) - 1e-9
    assert lost <= penalty(points, most, late + DAY, policy) + 1e-9, "later is never cheaper"


@given(st.lists(POINTS, min_size=1, max_size=6), st.floats(0, 1))
def test_the_parts_of_a_penalty_add_up(points, share):
    whole = share * sum(max(p, 0) for p in points)
    parts = spread(whole, points)
    assert abs(sum(parts) - whole) < 1e-9 and all(0 <= part <= max(p, 0) for part, p in zip(parts, points, strict=True))


def test_days_begun_cost_their_share_of_the_maximum():
    policy = LatePolicy("per_day", per_day=0.1)
    assert penalty(6.5, 7, 6 * DAY, LatePolicy("per_day", 0.1, 0, 0)) == 4.2, "and 2.3 points are exported as 2.3"
    assert [penalty(15, 19, late, policy) for late in (0, 1, DAY, DAY + 1)] == pytest.approx([0, 1.9, 1.9, 3.8])
    assert seconds_late(NOON + timedelta(hours=1), NOON) == 3600 and seconds_late(NOON, None) == seconds_late(None, NOON) == seconds_late(NOON, NOON) == 0


# settling

@functools.cache
def empty_gradebook() -> bytes:
    "A gradebook without anything in it."
    make_gradebooks_here()
    with tempfile.TemporaryDirectory() as folder:
        with Gradebook(f"sqlite:///{folder}/gradebook.db", Settings().course_id): pass
        return (Path(folder) / "gradebook.db").read_bytes()


def class_of(root: Path, students: dict, settings="", config="", notebooks=(("lab", 10),)) -> Path:
    "A course with the assignment lab, and for each student when the work was handed in, in hours after noon, and the points of the notebooks."
    root.mkdir(exist_ok=True)
    (root / "nbgrader_config.py").write_text(CONFIG + config)
    (root / "settings.ini").write_text(settings)
    (root / "gradebook.db").write_bytes(empty_gradebook())
    with Gradebook(course_config(root).CourseDirectory.db_url, Settings().course_id) as gb, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gb.add_assignment("lab", duedate=NOON.isoformat(), course_id=Settings().course_id)
        for name, points in notebooks:
            gb.add_notebook(name, "lab")
            gb.add_grade_cell("cell", name, "lab", max_score=points, cell_type="code")
        for student, (hours, *points) in students.items():
            gb.add_student(student)
            gb.add_submission("lab", student, timestamp=(NOON + timedelta(hours=hours)).isoformat())
            for (name, _), p in zip(notebooks, points):
                g = gb.find_grade("cell", name, "lab", student)
                g.auto_score, g.needs_manual_grade = p, False
        gb.db.commit()
    return root


def settled(root: Path, **more) -> dict[str, float]:
    "What each student has after settling."
    with Gradebook(course_config(root).CourseDirectory.db_url, Settings().course_id) as gb:
        settle(gb, root, **more)
        assert not settle(gb, root).changed, "once is enough"
    return {m.student: m.points for m in marks_table(root)}


def test_penalties_follow_policy_date_and_extension(tmp_path):
    root = class_of(tmp_path / "c", {"early": (-1, 8), "late": (1, 8), "later": (25, 8)})
    say = (root / "settings.ini").write_text
    assert settled(root) == {"early": 8, "late": 8, "later": 8}
    say("[late]\npolicy = per_day")
    assert settled(root) == {"early": 8, "late": 7, "later": 6}
    say("[late]\npolicy = zero")
    assert settled(root) == {"early": 8, "late": 0, "later": 0}
    say("[late]\npolicy = zero\n[due]\nlab = 2026-12-01 14:00Z")
    assert settled(root) == {"early": 8, "late": 8, "later": 0}
    say("[late]\npolicy = zero\n[due]\nlab = 2026-12-01 14:00Z\n[extensions]\nlab / later = 2026-12-09 14:00Z")
    assert settled(root) == {"early": 8, "late": 8, "later": 8}
    say("[late]\npolicy = zero")
    assert settled(root) == {"early": 8, "late": 0, "later": 0}, "the gradebook's own date is back, and no extension is left"


def test_an_extension_takes_no_time_away(tmp_path):
    root = class_of(tmp_path / "c", {"ada": (1, 8)}, "[late]\npolicy = zero\n[due]\nlab = 2026-12-02 12:00Z\n[extensions]\nlab / ada = 2026-12-01 12:30Z")
    assert settled(root) == {"ada": 8}


def test_what_was_set_in_nbgrader_holds_where_the_settings_say_nothing(tmp_path):
    root = class_of(tmp_path / "c", {"ada": (1, 8), "ben": (1, 8)}, "[late]\npolicy = zero")
    with Gradebook(course_config(root).CourseDirectory.db_url, Settings().course_id) as gb: gb.grant_extension("lab", "ada", hours=2)
    assert settled(root) == {"ada": 8, "ben": 0}
    (root / "settings.ini").write_text("[late]\npolicy = zero\n[extensions]\nlab / ada = 2026-12-01 12:30Z")
    assert settled(root) == {"ada": 0, "ben": 0}, "what the settings say wins"
    (root / "settings.ini").write_text("[late]\npolicy = zero")
    assert settled(root) == {"ada": 8, "ben": 0}
    with Gradebook(course_config(root).CourseDirectory.db_url, Settings().course_id) as gb: gb.update_or_create_assignment("lab", duedate=(NOON + timedelta(days=1)).isoformat())
    assert settled(root) == {"ada": 8, "ben": 8}
    with Gradebook(course_config(root).CourseDirectory.db_url, Settings().course_id) as gb:
        gb.find_assignment("lab").duedate = None
        gb.db.commit()
    assert settled(root) == {"ada": 8, "ben": 8}, "an extension of no date is nothing"


class TenPercent(BasePlugin):
    "A rule as a course would write one."

    def late_submission_penalty(self, student_id, score, total_seconds_late): return total_seconds_late / 3600 if student_id != "odd" else float("nan")


def test_a_rule_of_the_instructors_own_is_asked(tmp_path):
    config = "\nc.AssignLatePenalties.plugin_class = 'test_due_dates.TenPercent'\n"
    root = class_of(tmp_path / "c", {"late": (3, 8, 1)}, config=config, notebooks=(("code", 8), ("text", 2)))
    assert settled(root) == {"late": 8 - 3 + 1 - 1}, "for each notebook, never more than it has"
    (root / "settings.ini").write_text("[late]\npolicy = none")
    assert settled(root) == {"late": 9}
    odd = class_of(tmp_path / "odd", {"odd": (3, 8)}, config=config)
    with pytest.raises(ValueError, match=r"rule for late work .* gives nan for 'odd'"): settled(odd)
    stock = class_of(tmp_path / "stock", {"late": (3, 8)}, config="\nc.LateSubmissionPlugin.penalty_method = 'zero'\n")
    assert settled(stock) == {"late": 0}


def test_settling_touches_nothing_else_and_is_quick(tmp_path):
    root = class_of(tmp_path / "c", {}, "[late]\npolicy = per_day\n")
    with Gradebook(course_config(root).CourseDirectory.db_url, Settings().course_id) as gb:
        from nbgrader.api import Grade, Student, SubmittedAssignment, SubmittedNotebook
        lab, cell = gb.find_assignment("lab"), gb.find_grade_cell("cell", "lab", "lab")
        insert = lambda table, rows: gb.db.execute(table.__table__.insert(), rows)
        insert(Student, [{"id": f"s{i}"} for i in range(1000)])
        insert(SubmittedAssignment, [{"id": f"a{i}", "assignment_id": lab.id, "student_id": f"s{i}", "timestamp": NOON + timedelta(hours=i % 40 - 10)} for i in range(1000)])
        insert(SubmittedNotebook, [{"id": f"n{i}", "assignment_id": f"a{i}", "notebook_id": lab.notebooks[0].id} for i in range(1000)])
        insert(Grade, [{"id": f"g{i}", "notebook_id": f"n{i}", "cell_id": cell.id, "auto_score": i % 11, "needs_manual_grade": i % 3 == 0} for i in range(1000)])
        gb.db.commit()
        rows = lambda table: gb.db.connection().exec_driver_sql(f"select * from {table} order by id").fetchall()
        tables = "grade", "submitted_assignment", "assignment", "student", "base_cell", "comment"
        before, begun = [rows(t) for t in tables], time.process_time()
        changed = settle(gb, root).changed
        spent = time.process_time() - begun
        assert [rows(t) for t in tables] == before and 500 < len(changed) < 1000 and spent < 5
        begun = time.process_time()
        assert not settle(gb, root).changed and time.process_time() - begun < 3


# the command

@pytest.fixture
def course(tmp_path):
    text = f"# ours\n[course]\ntimezone = UTC\n[exchange]\nroot = {tmp_path / 'exchange'}\n\n[due]\n# the dates\n\n[late]\npolicy = zero\n"
    root = class_of(tmp_path / "c", {"ada": (1, 8), "ben": (-1, 8)}, text)
    os.chmod(root / "settings.ini", 0o640)
    (tmp_path / "exchange" / Settings().course_id / "outbound" / "lab").mkdir(parents=True)
    return root


def test_course_due_sets_shows_and_removes(course, capsys, monkeypatch):
    monkeypatch.chdir(course)
    before = (course / "settings.ini").read_text()
    assert main(["due", "lab", "2026-12-01 12:30"]) == 0
    assert (course / "settings.ini").read_text() == before.replace("# the dates\n", "# the dates\nlab = 2026-12-01 12:30\n")
    assert stat.S_IMODE((course / "settings.ini").stat().st_mode) == 0o640
    assert "late penalty of ada for lab: 0, now 8" in capsys.readouterr().out
    assert main(["due", "lab", "2026-12-03 12:30", "--student", "ada"]) == 0
    assert "late penalty of ada for lab: 8, now 0" in capsys.readouterr().out
    assert main(["due"]) == 0
    out = capsys.readouterr().out
    assert "lab                      Tue 1 December 2026, 12:30 UTC\n    ada                  Thu 3 December 2026, 12:30 UTC" in out
    assert main(["due", "lab", "--student", "ben", "2026-12-04 12:30"]) == 0  # the other way round, too
    assert main(["due", "lab", "--remove", "--student", "ben"]) == 0
    assert main(["due", "lab", "--remove", "--student", "ada"]) == main(["due", "lab", "--remove"]) == 0
    assert (course / "settings.ini").read_text().replace("\n[extensions]\n", "") == before


@pytest.mark.parametrize("arguments, words", [
    (["lab", "tomorrow"], "the date must be a date and a time, such as 2026-12-01 18:00, got 'tomorrow'"),
    (["labb", "2026-12-01 18:00"], "there is no assignment 'labb'; did you mean lab?"),
    (["lab", "2026-12-02 18:00", "--student", "adda"], "there is no student 'adda' in the class; did you mean ada?"),
    (["lab", "2026-11-01 18:00", "--student", "ada"], "an extension must be later"),
    (["lab", "--student", "ada"], "say when"),
    (["lab", "2026-12-01 18:00", "--remove"], "leave out one of the two"),
    (["lab", "--remove"], "settings.ini has no line 'lab' in [due]"),
    (["labb"], "there is no assignment 'labb'"),
])
def test_nonsense_is_refused_and_changes_nothing(course, capsys, arguments, words):
    before = (course / "settings.ini").read_bytes()
    assert main(["due", *arguments, "--course", str(course)]) == 2
    assert words in capsys.readouterr().err and (course / "settings.ini").read_bytes() == before


def test_an_extension_before_anything_is_handed_in(course, capsys):
    with Gradebook(course_config(course).CourseDirectory.db_url, Settings().course_id) as gb: gb.add_student("chloe")
    assert main(["due", "lab", "2026-12-05 18:00", "--student", "chloe", "--course", str(course)]) == 0
    assert {m.student: m.status for m in marks_table(course)}["chloe"] == "not handed in"
    with Gradebook(course_config(course).CourseDirectory.db_url, Settings().course_id) as gb, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gb.add_submission("lab", "chloe", timestamp=(NOON + timedelta(days=3)).isoformat())
        gb.find_grade("cell", "lab", "lab", "chloe").auto_score = 5
        gb.db.commit()
    assert settled(course)["chloe"] == 5


def test_names_that_are_not_there_are_told_and_stop_nothing(course, monkeypatch):
    with open(course / "settings.ini", "a") as f: f.write("[extensions]\nlab / adda = 2026-12-09 18:00\nlap / ada = 2026-12-09 18:00\n")
    assert tell_course(course) == ["settings.ini: [extensions] lap / ada: there is no assignment lap; did you mean lab?",
                                   "settings.ini: [extensions] lab / adda: there is no student adda in the class; did you mean ada?"]
    monkeypatch.chdir(course)
    found = doctor.course_here()
    assert found[0].good and [f.found for f in found[1:]] == tell_course(course) and not any(f.good for f in found[1:])


# what students see

def student_of(course): return load_settings(course / "settings.ini")


def test_students_see_their_own_dates_and_no_others(course, tmp_path):
    import pwd
    me = pwd.getpwuid(os.getuid()).pw_name
    with open(course / "settings.ini", "a") as f: f.write(f"[extensions]\nlab / {me} = 2026-12-09 18:00\nlab / nobody = 2026-12-11 18:00\n")
    text = (course / "settings.ini").read_text().replace("# the dates\n", "lab = 2026-12-01 18:00\nsecret_exam = 2026-12-24 18:00\n")
    (course / "settings.ini").write_text(text)
    tell_course(course)
    folder = tmp_path / "exchange" / Settings().course_id / "dates"
    everybody = (folder / "everybody.json").read_text()
    assert "secret_exam" not in everybody and "nobody" not in everybody and "2026-12-11" not in everybody
    assert dates_for("stranger", student_of(course)).due == {"lab": datetime(2026, 12, 1, 18, tzinfo=UTC)}
    assert dates_for(me, student_of(course)).extensions == {("lab", me): datetime(2026, 12, 9, 18, tzinfo=UTC)}
    single = [p for p in folder.iterdir() if p.name != "everybody.json"]
    assert len({p.stat().st_size for p in single}) == 1 and len(single) >= 2
    before = folder.stat().st_ino
    tell_course(course)
    assert folder.stat().st_ino == before, "what has not changed is not written again"
    assert [p.name for p in folder.parent.iterdir() if p.name.startswith(".")] == []


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="needs root, to become somebody else")
def test_another_student_cannot_read_an_extension(course, tmp_path):
    import pwd
    with open(course / "settings.ini", "a") as f: f.write("[extensions]\nlab / nobody = 2026-12-11 18:00\n")
    tell_course(course)
    file = tmp_path / "exchange" / Settings().course_id / "dates" / "for-nobody.json"
    for above in [file.parent, *file.parent.parents][:-1]:
        if not above.stat().st_mode & stat.S_IXOTH: os.chmod(above, 0o755)
    read = "import os, sys; os.setgroups([]); os.setgid(65533); os.setuid(int(sys.argv[1])); print(open(sys.argv[2]).read().strip())"
    as_user = lambda uid: subprocess.run([sys.executable, "-c", read, str(uid), str(file)], capture_output=True, text=True)
    assert "2026-12-11" in as_user(pwd.getpwnam("nobody").pw_uid).stdout
    other = as_user(pwd.getpwnam("daemon").pw_uid)
    assert other.returncode != 0 and "PermissionError" in other.stderr


@pytest.mark.parametrize("content", ["", "[]", "{", "[" * 10 ** 5, '{"due": [1], "late": 7}', '{"due": {"lab": 7, "x": "soon", "y": "2026-12-01T18:00", "z": "9999-12-31T23:59:59+00:00"}}', "x" * 10 ** 7])
def test_what_is_no_date_is_left_out(course, tmp_path, content):
    tell_course(course)
    (tmp_path / "exchange" / Settings().course_id / "dates" / "everybody.json").write_text(content)
    assert dates_for("ada", student_of(course)).due == {}


def test_a_folder_that_students_can_write_into_is_not_believed(course, tmp_path):
    main(["due", "lab", "2026-12-01 18:00", "--course", str(course)])
    folder = tmp_path / "exchange" / Settings().course_id
    assert dates_for("ada", student_of(course)).due
    os.chmod(folder, 0o777)
    assert not dates_for("ada", student_of(course)).due
    os.chmod(folder, 0o755)
    os.rename(folder / "dates", tmp_path / "elsewhere")
    (folder / "dates").symlink_to(tmp_path / "elsewhere")
    assert not dates_for("ada", student_of(course)).due


def test_the_start_pages_show_the_dates(course, tmp_path, monkeypatch):
    monkeypatch.setattr(hand_ins, "get_username", lambda: "nobody")
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    os.chmod(tmp_path / "exchange", 0o777)
    (tmp_path / "exchange" / Settings().course_id / "inbound").mkdir()
    (tmp_path / "exchange" / Settings().course_id / "outbound" / "lab" / "lab.ipynb").write_text(json.dumps(notebook()))
    with open(course / "settings.ini", "a") as f: f.write("[extensions]\nlab / nobody = 2026-12-09 18:00\n")
    tell_course(course)
    (tmp_path / "student").mkdir()
    page = start_page.student_page(tmp_path / "student", replace(student_of(course), title="<b>"))
    assert 'datetime="2026-12-09T18:00:00Z"' in page and "your extension" in page and "What is handed in late gets no points." in page
    page = start_page.instructor_page(course, student_of(course))
    assert 'datetime="2026-12-01T12:00:00Z"' in page and "1 later" in page


def test_a_release_tells_the_dates(tmp_path):
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory
    root = make_course(tmp_path / "c", notebook(_cell("1 + 1")))
    (tmp_path / "exchange").mkdir()
    os.chmod(tmp_path / "exchange", 0o777)
    (root / "settings.ini").write_text(f"[course]\nid = test\n[exchange]\nroot = {tmp_path / 'exchange'}\n[due]\n{NAME} = 2026-12-01 18:00Z\n")
    config = course_config(root)
    answer = NbGraderAPI(CourseDirectory(config=config), config=config).release_assignment(NAME)
    assert answer["success"], answer
    assert dates_for("ada", load_settings(root / "settings.ini")).due == {NAME: datetime(2026, 12, 1, 18, tzinfo=UTC)}


# grading and marking

def essay_course(root: Path, late="zero") -> Path:
    "A course with an essay, handed in a day late by ada."
    essay = _cell("*Your answer here.*", "essay", 4, kind="markdown")
    essay["metadata"]["nbgrader"] |= {"solution": True, "locked": False}
    make_course(root, notebook(essay))
    with open(root / "settings.ini", "a") as f: f.write(f"[due]\n{NAME} = 2026-01-01 00:00Z\n[late]\npolicy = {late}\n")
    submit(root, "ada", with_answers(released(root), essay="Because."), files=[("timestamp.txt", "2026-01-02 12:00:00 UTC")])
    return root


def points(root: Path) -> tuple: return next((m.points, m.status) for m in marks_table(root) if m.student == "ada")


@NEEDS_SANDBOX
def test_the_penalty_follows_the_mark_in_formgrader(tmp_path, near, capsys):
    root = essay_course(tmp_path / "c")
    grade(NAME, root, quiet=True)
    assert points(root) == (0, WAITING)
    with Gradebook(course_config(root).CourseDirectory.db_url, "test") as gb: which = gb.find_grade("essay", NAME, NAME, "ada").id
    with course_lab(root, tmp_path / "profile", root / "settings.ini", "--instructor") as address:
        ask(address, f"formgrader/api/grade/{which}", "PUT", {"manual_score": 3, "extra_credit": 0.5})
        assert points(root) == (0, FINAL)
        assert main(["due", NAME, "2026-01-05 00:00Z", "--student", "ada", "--course", str(root)]) == 0
        assert points(root) == (3.5, FINAL) and "late penalty of ada for loss_functions: 3.5, now 0" in capsys.readouterr().out
        assert main(["due", NAME, "--remove", "--student", "ada", "--course", str(root)]) == 0
        (root / "settings.ini").write_text((root / "settings.ini").read_text().replace("= zero", "= per_day"))
        ask(address, f"formgrader/api/grade/{which}", "PUT", {"manual_score": 4, "extra_credit": None})
        assert points(root) == (pytest.approx(3.2), FINAL), "two days begun, a tenth of four points each"
        (root / "settings.ini").write_text("[nonsense]")
        ask(address, f"formgrader/api/grade/{which}", "PUT", {"manual_score": 1, "extra_credit": None})  # the mark itself is saved
    (root / "settings.ini").write_text("[course]\nid = test\n")
    assert points(root)[1] == FINAL


@NEEDS_SANDBOX
def test_grading_again_settles_what_has_not_changed(tmp_path, near, capsys):
    root = make_course(tmp_path / "c", source_notebook())
    submit(root, "ada", with_answers(released(root), **RIGHT), files=[("timestamp.txt", "2026-01-02 12:00:00 UTC")])
    grade(NAME, root, quiet=True)
    with open(root / "settings.ini", "a") as f: f.write(f"[due]\n{NAME} = 2026-01-01 00:00Z\n[late]\npolicy = per_day\n")
    outcome, = found = grade(NAME, root, quiet=True)
    assert outcome.skipped and points(root) == (4, FINAL)
    assert gradebook_table(found) == "ada          4 of 5   late: 1 taken off 5" and "1  late penalty new or changed: ada" in summary(found)
    (root / "settings.ini").write_text((root / "settings.ini").read_text().replace("2026-01-01", "2026-01-03"))
    grade(NAME, root, quiet=True)
    assert points(root) == (5, FINAL)


def test_marks_are_settled_before_they_leave(tmp_path, capsys):
    root = example_class(tmp_path / "c")
    assert {m.student: m.points for m in marks_table(root) if m.assignment == NAME}["ben"] == 3
    assert main(["due", NAME, "2026-12-01 14:00Z", "--course", str(root)]) == 0
    (root / "settings.ini").write_text((root / "settings.ini").read_text().replace("2026-12-01 14:00Z", "2026-12-01 12:00Z").replace("0.2", "0.4"))
    export_marks(root, "moodle", tmp_path / "marks.csv")
    assert "ben,ben@example.org,1.5,2" in (tmp_path / "marks.csv").read_text()


@NEEDS_SANDBOX
def test_a_mark_of_an_old_release_is_not_final(tmp_path, near):
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    root = make_course(tmp_path / "c", source_notebook())
    submit(root, "ada", with_answers(released(root), **RIGHT))
    grade(NAME, root, quiet=True)
    assert points(root) == (5, FINAL)

    def generate(**more):
        (root / "source" / NAME / f"{NAME}.ipynb").write_text(json.dumps(source_notebook(**more)).replace('"points": 4', '"points": 6'))
        coursedir = CourseDirectory(config=course_config(root))
        coursedir.assignment_id = NAME
        generator = GenerateAssignment(coursedir=coursedir, config=course_config(root))
        generator.force = True
        generator.start()

    generate()
    assert points(root) == (None, UNGRADED) and marks_csv(root, "moodle", unfinished=True).splitlines()[1].endswith(",-")
    grade(NAME, root, quiet=True)
    assert points(root) == (7, FINAL)
    notebook_file = root / "submitted" / "ada" / NAME / f"{NAME}.ipynb"
    notebook_file.write_text(notebook_file.read_text().replace("1 - p", "2 - p"))  # put there by hand, without a time
    assert points(root) == (None, UNGRADED)
    grade(NAME, root, quiet=True)
    assert points(root)[1] == FINAL and points(root)[0] < 7
    os.utime(notebook_file)
    assert points(root)[1] == FINAL, "touched, not changed"


def test_what_needs_a_person_is_exported_as_nothing(tmp_path):
    root = class_of(tmp_path / "c", {"ada": (-1, None)})
    with Gradebook(course_config(root).CourseDirectory.db_url, Settings().course_id) as gb:
        gb.find_grade("cell", "lab", "lab", "ada").needs_manual_grade = True  # as the grader leaves a notebook that is missing
        gb.db.commit()
    assert points(root) == (0, WAITING) and marks_csv(root, "moodle").splitlines()[1] == "ada,-"


# the database, and the terminal

def test_a_database_that_does_not_answer_is_one_sentence(course, capsys, monkeypatch):
    text = (course / "settings.ini").read_text()
    (course / "settings.ini").write_text(text + "[gradebook]\nurl = postgresql://ada:secret@127.0.0.1:9/marks\n")
    monkeypatch.chdir(course)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    for command in (["grade", "lab"], ["marks", "--to", "moodle"], ["due"]):
        assert main(command) == 2
        assert capsys.readouterr().err == "course: the gradebook cannot be opened: the driver psycopg of postgresql+psycopg://ada:***@127.0.0.1:9/marks is not installed; pip install 'course_lib[postgres]'\n"
    assert [(f.what, f.good) for f in doctor.course_here()] == [("Gradebook", False)]

    from sqlalchemy.exc import OperationalError
    def refuse(*args, **kwargs): raise OperationalError(None, None, Exception("connection refused\nIs the server running?"))
    monkeypatch.setattr("nbgrader.api.create_engine", refuse)
    for command in (["grade", "lab"], ["marks", "--to", "moodle"], ["due"]):
        assert main(command) == 2
        err = capsys.readouterr().err
        assert err.startswith("course: the gradebook cannot be read: connection refused (postgresql+psycopg://ada:***@") and err.count("\n") == 1


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_goes_is_no_mistake(course, unbuffered):
    code = "import sys, time; from course_lib.cli import main; time.sleep(.3); sys.exit(main(['due', '--course', sys.argv[1]]))"
    command = subprocess.Popen([sys.executable, "-c", code, course], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": unbuffered})
    command.stdout.close()
    err = command.stderr.read()
    command.stderr.close()
    assert (command.wait(), err) == (141, b"")
