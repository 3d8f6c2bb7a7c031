"""What a class has understood: figures that are those of the truth that was drawn, pages that hold nothing alive, marks that come in whole or not at all."""
import json
import os
import random
import re
import shutil

import numpy as np
import pytest
from course_dir import NEEDS_SANDBOX, make_course, marks, released, source_notebook, submit, with_answers
from scipy.stats import pointbiserialr

from course_lib.cli import main
from course_lib.grading.course import grade
from course_lib.grading.records import KEPT, Records
from course_lib.insight import cell_marks
from course_lib.insight.cell_marks import cell_rows, enter_marks
from course_lib.insight.chosen import what_was_chosen
from course_lib.insight.class_table import Marks
from course_lib.insight.course_total import one_total
from course_lib.insight.kept import last_graded
from course_lib.insight.oddities import oddities
from course_lib.insight.class_page import course_page, items_csv, report_page
from course_lib.insight.report import make_report
from course_lib.insight.similar import fingerprints, marked_lines, similar_pairs, tokens_of
from course_lib.insight.similar_command import Submitted, export_code, find_similar
from course_lib.insight.simulated import answered, draw_answers, hand_in_code, write_class
from course_lib.insight.statistics import item_figures, rest_of, test_figures
from course_lib.insight.student_page import student_page

K = 30
DIFFICULTY, DISCRIMINATION = np.linspace(-1.5, 1.5, K), np.tile([0.5, 1.0, 1.5], K // 3)


def truth():
    "What the figures would be with endless students: sums over the abilities, by Gauss and Hermite."
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    p = 1 / (1 + np.exp(-DISCRIMINATION * (nodes[:, None] - DIFFICULTY)))
    facility = weights @ p
    common = (p - facility).T @ (weights[:, None] * (p - facility))  # what the ability alone makes vary together
    covariance = common.copy()
    np.fill_diagonal(covariance, facility * (1 - facility))
    rest = covariance.sum() - 2 * covariance.sum(1) + np.diag(covariance)
    r = (covariance.sum(1) - np.diag(covariance)) / np.sqrt(np.diag(covariance) * rest)
    return facility, r, K / (K - 1) * (1 - np.trace(covariance) / covariance.sum())


def figures_of(answers): return item_figures(answers, np.ones(answers.shape[1]), np.zeros(answers.shape, bool))


@pytest.mark.parametrize("students", [150, 2000])
def test_the_figures_are_those_that_were_drawn_within_their_errors(students):
    "In 40 classes, 95 of 100 figures lie within two standard errors of the truth, and none far away: the errors are neither too small nor too large."
    facility, r, alpha = truth()
    away = {"facility": [], "discrimination": [], "alpha": []}
    for seed in range(40):
        answers = draw_answers(DIFFICULTY, DISCRIMINATION, students, seed)
        found, whole = figures_of(answers), test_figures(answers, np.ones(K))
        away["facility"].append((found.facility - facility) / found.facility_error)
        away["discrimination"].append((found.discrimination - r) / found.discrimination_error)
        away["alpha"].append((whole.alpha - alpha) / whole.alpha_error)
    for name, z in away.items():
        z = np.ravel(z)
        assert 0.85 if name == "alpha" else 0.93 <= (abs(z) < 2).mean() <= 1, name
        assert abs(z).max() < 5 and abs(z.mean()) < 0.45 and 0.7 < z.std() < 1.3, (name, z.mean(), z.std())


def test_the_figures_are_those_of_other_programs():
    "scipy's point-biserial correlation; and alpha in Guttman's form, from the sum of all covariances, with numpy's. (No package for alpha is installed.)"
    answers = draw_answers(DIFFICULTY, DISCRIMINATION, 300, 5)
    found, whole = figures_of(answers), test_figures(answers, np.ones(K))
    for j in range(K):
        others = np.delete(answers, j, 1).sum(1)
        assert found.discrimination[j] == pytest.approx(pointbiserialr(answers[:, j], others).statistic, abs=1e-6)
    between = np.cov(answers.T).sum() - np.cov(answers.T).trace()
    assert whole.alpha == pytest.approx(K / (K - 1) * between / answers.sum(1).var(ddof=1), abs=1e-6)
    assert whole.error == pytest.approx(answers.sum(1).std(ddof=1) * np.sqrt(1 - whole.alpha), abs=1e-6)


def test_whoever_was_not_asked_counts_for_nothing():
    "Two questions of a pool, of which each student has one: the figures are those of who was asked."
    answers = draw_answers([0.0] * 8, [1.5] * 8, 4000, 2)
    pooled = answers.copy()
    pooled[::2, 0] = pooled[1::2, 1] = np.nan
    found, alone = figures_of(pooled), figures_of(answers[1::2, [0, *range(2, 8)]])
    assert found.n.tolist() == [2000, 2000] + [4000] * 6
    assert found.facility[0] == pytest.approx(alone.facility[0]) and found.discrimination[0] == pytest.approx(alone.discrimination[0], abs=1e-6)
    assert test_figures(pooled, np.ones(8)).alpha == pytest.approx(test_figures(answers[:, 1:], np.ones(7)).alpha, abs=0.02)
    assert np.isnan(rest_of(np.array([[1.0, np.nan]]), np.ones(2))[0, 0])


def odd(answers, codes=None):
    share = answers if codes is None else (codes == 0).astype(np.float32)
    shares = np.hstack([answers, share[:, None]]) if codes is not None else answers
    found, j = figures_of(shares), shares.shape[1] - 1
    chosen = []
    if codes is not None:
        marked = Marks(share[:, None], np.zeros((len(share), 1), int), -np.ones((len(share), 1), int), codes[:, None])
        chosen = what_was_chosen(marked, 0, "single", ["[1]", "[2]"], rest_of(shares, np.ones(j + 1))[:, j])
    right = [one.what == "1" for one in chosen]
    return [[one.kind for one in oddities(found, i, shares[:, i], *((chosen, right) if i == j else ()))] for i in range(j + 1)]


def test_what_is_odd_is_found_and_little_else():
    false = sum(bool(kinds) for seed in range(10) for kinds in odd(draw_answers(DIFFICULTY, DISCRIMINATION, 100, seed)))
    assert false <= 3, f"{false} of {10 * K} sound questions were called odd"
    answers = draw_answers(DIFFICULTY, DISCRIMINATION, 200, 1)
    wise = answers.sum(1) > np.median(answers.sum(1))
    assert odd(answers, np.where(wise, 1, 0))[-1] == ["key"]
    some = wise & (np.arange(200) % 4 == 0)
    assert odd(answers, np.where(some, 1, 0))[-1] in (["misleads"], ["misleads", "negative"])
    assert odd(answers, np.zeros(200, int))[-1] == ["everybody"] and odd(answers, np.ones(200, int))[-1][-1] == "nobody"


EVIL = "<script>alert(1)</script> \u202e <img src=x onerror=alert(2)> \x1b[31m"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    "A class whose every text is an attack, with a mistake that all have made."
    said = {"status": "wrong", "score": 0.0, "cause": f"sigmoid/{EVIL}", "hint": EVIL, "mistake": EVIL, "why": EVIL, "details": [[EVIL, EVIL]],
            "asked": {"id": "q-01", "version": 1, "type": "text", "chosen": EVIL}}
    right = {"status": "right", "score": 1.0}
    # an earlier grading says less: status, score, cause, what was chosen
    gradings = {f"s{i:02}": [{"check-sigmoid": said, "essay-1": {"status": "review", "score": 0.0}}, {"check-sigmoid": said if i % 3 else right, "essay-1": right}]
                for i in range(35)}
    root = write_class(tmp_path_factory.mktemp("hostile") / "course", "losses", {"check-sigmoid": 2.0, "essay-1": 3.0}, gradings)
    for i in range(35):
        hand_in_code(root, f"s{i:02}", "losses", {"sigmoid": f'def sigmoid(x):\n    "I am s{i:02}"\n    s{i:02} = "{EVIL[:8]}"  # s{i:02}\n    return s{i:02}'})
    hand_in_code(root, "s01", "losses", {"sigmoid": "def sigmoid(x): return " + "(" * 99_000})
    return root


def test_a_page_holds_nothing_alive_and_no_names(hostile):
    report = make_report(hostile, "losses")
    for page in report_page(report), student_page(hostile, "s01"):
        assert "<script" not in page and "<img" not in page and "\u202e" not in page and "\x1b" not in page and "&lt;script&gt;" in page
    assert "s02" not in report_page(report) and "s02" not in json.dumps(report), "a student is named"
    assert all(not cell.startswith(("=", "+", "-", "@")) for line in items_csv(report).splitlines() for cell in line.split(","))
    made = report["mistakes"][0]
    assert (made["first"], made["last"]) == (35, 23) and made["seen"] >= 5 and made["example"].startswith("def sigmoid(x):") and "I am" not in made["example"]
    assert report["again"] == 35 and {one["cell"] for one in report["items"]} == {"check-sigmoid", "essay-1"}


def test_an_open_page_sees_that_something_was_graded(tmp_path):
    "By a text that is the same until a record is written or a mark entered."
    root = write_class(tmp_path / "course", "quiz", {"q1": 1}, {"ada": [{"q1": {"status": "right", "score": 1.0}}]})
    database = f"sqlite:///{root / 'gradebook.db'}"
    before, records = last_graded(root, database), Records(root, "quiz")
    assert last_graded(root, database) == before
    records.write({"ada": records.read("ada")})
    graded = last_graded(root, database)
    assert graded != before
    os.utime(root / "gradebook.db", ns=(1, 1))
    assert last_graded(root, database) != graded
    assert last_graded(root, "postgresql://x@/y") == last_graded(root, "postgresql://x@/y")


def test_few_students_get_counts_only(tmp_path):
    root = write_class(tmp_path / "course", "quiz", {f"question-q-{j + 1:02}": 1.0 for j in range(4)}, answered(draw_answers([0] * 4, [1] * 4, 29)))
    report = make_report(root, "quiz")
    hidden = [report["alpha"], report["error"], *(one[name] for one in report["items"] for name in ("facility", "discrimination", "discrimination_error", "blank"))]
    assert hidden == [None] * len(hidden) and not any(one["odd"] for one in report["items"]) and "counts only" in report_page(report)
    nobody = report | {"items": [one | {"n": 0} for one in report["items"]]}  # no mistake has a name, and nothing was asked
    assert course_page([report | {"mistakes": []}, nobody | {"mistakes": []}], "A course").count("<tr>") == 3
    (root / "settings.ini").write_text("[course]\nid = simulated\n[report]\nstudents = 29\n")
    assert make_report(root, "quiz")["items"][0]["discrimination"] is not None


def test_the_commands_write_for_their_owner_only(hostile, tmp_path, capsys):
    root = shutil.copytree(hostile, tmp_path / "course")
    assert main(["report", "losses", "--course", str(root)]) == 0 and "made the same mistake" in capsys.readouterr().out
    assert main(["similar", "losses", "--course", str(root)]) == 0
    assert (root / "reports").stat().st_mode & 0o077 == 0 and all(f.stat().st_mode & 0o077 == 0 for f in (root / "reports").iterdir())
    assert main(["report", "nothing", "--course", str(root)]) == 2 and "nothing" in capsys.readouterr().err


@NEEDS_SANDBOX
def test_a_second_attempt_is_graded_beside_the_first(tmp_path, near):
    "Really graded: the history keeps what the first attempt was, and not what was said twice; a mark from a table outlives another grading."
    root = make_course(tmp_path / "course", source_notebook())
    write = lambda body: submit(root, "ada", with_answers(released(root), sigmoid=body))
    write("def sigmoid(x): return x.exp() / (1 + x.exp())")
    grade("loss_functions", root, quiet=True)
    grade("loss_functions", root, quiet=True, force=True)
    records = Records(root, "loss_functions")
    assert records.read("ada")["history"] == []
    write("def sigmoid(x): return 1 / (1 + (-x).exp())")
    grade("loss_functions", root, quiet=True)
    (before,) = records.read("ada")["history"]
    assert before["cells"]["loss_functions"]["check-sigmoid"]["cause"].startswith("sigmoid/")
    report = make_report(root, "loss_functions")
    assert report["again"] == 1 and [(m["cause"], m["first"], m["last"]) for m in report["mistakes"]][:1] == [(before["cells"]["loss_functions"]["check-sigmoid"]["cause"], 1, 0)]
    assert report["items"][0]["treated"]["chapter"] == "03_binary_loss"
    enter_marks(root, b"student,assignment,check-mnist_loss\nada,loss_functions,1.5\n")
    grade("loss_functions", root, quiet=True, force=True)
    assert marks(root)["ada"]["check-mnist_loss"][1:] == (1.5, False)


def test_the_history_is_bounded():
    "A student who hands in a thousand times, with long answers, gets a record of bounded size, in which the first attempt is still the first."
    from course_lib.grading.records import history_before
    record = {}
    for i in range(200):
        said = {"quiz": {f"q{j}": {"status": "wrong", "score": 0, "asked": {"id": "q", "version": 1, "chosen": ["x" * 200] * 20}} for j in range(60)}}
        now = {"graded": str(i), "submission": str(i), "release": "r", "verdicts": said}
        record = {**now, "history": history_before(record, now)}
    assert len(record["history"]) == KEPT and record["history"][0]["submission"] == "0" and record["history"][-1]["submission"] == "198"
    assert len(json.dumps(record["history"])) < KEPT * 50_000


@pytest.mark.parametrize("table, words", [
    (b"student,assignment,essay-1\ns01,losses,9\n", "line 2: essay-1 is worth 0 to 3 points, got '9'"),
    (b"student,assignment,essay-1\ns01,losses,nan\n", "worth 0 to 3"),
    (b"student,assignment,essay-1\ns01,losses,1\ns01,losses,2\n", "line 3: 's01' stands there twice"),
    (b"student,assignment,essay-2\ns01,losses,1\n", "losses has no graded cell 'essay-2'"),
    (b"student,assignment,essay-1\nzoe,losses,1\n", "'zoe' has no submission of losses"),
    (b"student,assignment,essay-1\ns01,other,1\n", "there is no assignment 'other'"),
    (b"name,essay-1\ns01,1\n", "the first line must name the columns"),
    (b"student,assignment,essay-1,essay-1\n", "twice"), (b"\xff\xfe", "not UTF-8"), (b"", "first line"),
])
def test_a_wrong_table_enters_nothing(hostile, table, words):
    before = cell_rows(hostile, "losses")
    with pytest.raises(ValueError, match=words.replace("(", r"\(")): enter_marks(hostile, table + (b"s02,losses,1\n" if b"losses" in table else b""))
    assert cell_rows(hostile, "losses") == before


def test_a_table_of_nobodys_marks_is_not_read_to_its_end(hostile, monkeypatch):
    "Each row asks the database: of a million that took three quarters of an hour."
    asked, row = [], cell_marks._Table.row
    monkeypatch.setattr(cell_marks._Table, "row", lambda self, *about: (asked.append(about), row(self, *about)))
    with pytest.raises(ValueError, match="or more besides"): enter_marks(hostile, b"student,assignment,x\n" + b"".join(b"n%d,losses,1\n" % i for i in range(300)))
    assert len(asked) == cell_marks.MOST_PROBLEMS + 1



def test_marks_go_out_and_come_back_the_same(hostile, tmp_path, capsys, monkeypatch):
    root = shutil.copytree(hostile, tmp_path / "course")
    monkeypatch.chdir(root)
    assert main(["marks", "--per-question", "losses", "--out", "out.csv"]) == 0 and (root / "out.csv").stat().st_mode & 0o077 == 0
    assert main(["marks", "--from", "out.csv"]) == 0 and "0 marks and comments entered" in capsys.readouterr().out
    (root / "in.csv").write_text("student;assignment;essay-1;essay-1 comment\ns01;losses;2,5;=well done\n", encoding="utf-8-sig")
    before = cell_rows(root, "losses")
    assert main(["marks", "--from", "in.csv", "--dry-run"]) == 0 and cell_rows(root, "losses") == before
    assert "s01 essay-1: 3 → 2.5" in capsys.readouterr().out
    assert main(["marks", "--from", "in.csv"]) == 0
    row = dict(zip(*(cell_rows(root, "losses")[i] for i in (0, 2)), strict=True))
    assert row["student"] == "s01" and row["essay-1"] == "2.5"
    assert main(["marks", "--to", "moodle", "--dry-run"]) == main(["marks", "--total", "--dry-run"]) == 2


def test_totals_obey_their_rules():
    "A dropped assignment never lowers a total where all weigh the same; the best n of n are all; a total is a share."
    draw = random.Random(0)
    for _ in range(300):
        shares = {f"a{i}": draw.random() for i in range(draw.randint(1, 6))}
        same, some = dict.fromkeys(shares, 1.0), {name: draw.uniform(0.1, 5) for name in shares}
        totals = [one_total("ada", shares, same, drop_lowest=n).share for n in range(7)]
        assert totals == sorted(totals) and totals[-1] == max(shares.values())
        assert one_total("ada", shares, some, best_of=len(shares)) == one_total("ada", shares, some)
        assert min(shares.values()) - 1e-9 <= one_total("ada", shares, some).share <= max(shares.values()) + 1e-9


OWN = ["y = x.{0}(min=3)", "for i in range(9): x = x.{0}() + i", "x = torch.stack([r.{0}(2) for r in x])", "if x.{0}() > 1: x = x.squeeze()", "assert x.{0}() > -2", "while x.{0}() > 3: x = x / 2"]
METHODS = "abs clamp cos cosh cumsum diff erf expm1 fill flip floor log1p max mean min neg norm pow prod round rsqrt sign sin sort sqrt std sum tan tanh trunc".split()


def program(seed):
    draw = random.Random(seed)
    return "def sigmoid(x):\n" + "\n".join("    " + draw.choice(OWN).format(draw.choice(METHODS)) for _ in range(14)) + "\n    return 1 / (1 + (-x).exp())"


def test_a_copy_is_found_however_its_names_are_changed(tmp_path):
    "Of forty submissions the copy is the first pair; what all have, what was handed out and the solution make no pair; a submission that kills its reader is named."
    root = write_class(tmp_path / "course", "losses", {"check-sigmoid": 1.0}, {f"s{i:02}": [{"check-sigmoid": {"status": "right", "score": 1.0}}] for i in range(40)})
    for i in range(40): hand_in_code(root, f"s{i:02}", "losses", {"sigmoid": program(i)})
    hand_in_code(root, "s39", "losses", {"sigmoid": "# mine alone\n" + re.sub(r"(?<!\.)\bx\b", "meine", re.sub(r"\bi\b", "zaehler", program(7)))})
    (root / "submitted" / "s38" / "losses" / "losses.ipynb").write_text("[" * 2_000_000)
    submitted = Submitted(root, "losses")
    pairs = find_similar(submitted)
    assert {pairs[0].first, pairs[0].second} == {"s07", "s39"} and pairs[0].share > 0.6 and all(p.share < 0.5 for p in pairs[1:])
    lines = marked_lines(submitted.release.cells, str(submitted.folder("s07")), pairs[0].prints)
    assert sum(marked for _, marked in lines) >= 8
    assert not similar_pairs({name: range(50) for name in "abcdefghijklmnopqrst"}), "what all have is the task's"
    assert export_code(submitted, tmp_path / "out") == 40 - len(submitted.unread) and (tmp_path / "out" / "base" / "given.py").exists()
    with pytest.raises(ValueError, match="not empty"): export_code(submitted, tmp_path / "out")


@pytest.mark.parametrize("source", ["", "(" * 5000, "'''" + "x\n" * 9000, "\x00", "def f(:\n\t  \n x", "\n".join("if 1:\n" + " " * i for i in range(200)), "x = 1;" * 60_000], ids=lambda s: repr(s[:8]))
def test_no_text_stops_the_comparison(source):
    assert len(fingerprints(tokens_of(source))) <= 5000
