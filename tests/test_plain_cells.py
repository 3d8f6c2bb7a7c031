"""Cells of an instructor's own: each kind of nbgrader's cells is worth what it should be, whatever a class does to it, and what students see holds no script and no hidden test."""
import base64
import json
import random
import re

import nbformat
import pytest
from course_dir import NEEDS_SANDBOX, _cell, marks, notebook
from nbgrader.coursedir import CourseDirectory
from plain_cases import CLASS, FILES, HIDDEN, NAME, PLOT, REVIEW, RIGHT, TABLE, answered, hand_in, make_own, png, released_own

from course_lib.checks.verdict import Verdict
from course_lib.grading.kept_release import Release
from course_lib.grading.course import CONFIG, course_config, grade
from course_lib.grading.plain_cells import library_files, needs_run, other_language, plain_imports, run_plain
from course_lib.grading.plain_outputs import Room, read_cell
from course_lib.grading.reading import read_cells
from course_lib.sandbox.jobs import Job, Limits, Sandbox
from course_lib.grading.submissions import ReleasedCell, python_of, restore, without_hidden

pytestmark = NEEDS_SANDBOX


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    "The course, and what its gradebook knows of the release."
    from nbgrader.api import Gradebook
    root = make_own(tmp_path_factory.mktemp("own"), CONFIG)
    with Gradebook(course_config(root).CourseDirectory.db_url) as gradebook: return root, Release.of(gradebook, NAME).cells


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(limits=Limits(seconds=60, memory_mb=1024, processes=16), imports=plain_imports(["import numpy, matplotlib"])) as box: yield box


@pytest.fixture
def run(own, sandbox, tmp_path):
    "Runs a notebook that was handed in."
    def run(nb, cells="asserts", verdicts=None, files=(), **more):
        for name, text in files:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        restored = restore(read_cells(json.dumps(nb).encode()), own[1][cells] if isinstance(cells, str) else cells)
        return restored, run_plain(restored, verdicts or {}, tmp_path, more.pop("source", own[0] / "source" / NAME), sandbox, **more)
    return run


def worth(restored, run):
    "What each graded cell got."
    return {r.name: REVIEW if v.status == "review" else round(v.score * r.points, 6) for _, r in restored.cells if r and (v := run.verdicts.get(r.name))}


def outputs_of(restored, run, name):
    "The outputs of the cell of this name."
    return next(run.outputs.get(i, []) for i, (_, r) in enumerate(restored.cells) if r and r.name == name)


def plain(*sources, points=1, kind="code"):
    "Released cells: each is graded, if it begins with `assert` or `!graded`."
    return [ReleasedCell(f"c{i}", kind, s.removeprefix("!graded"), "", True, grade=s.startswith(("assert", "!graded")), points=points) for i, s in enumerate(sources)]


def handed_in(cells): return notebook(*(_cell(c.source, c.name) for c in cells))


# --- What cells are worth ---

@pytest.mark.parametrize("student", CLASS)
def test_each_cell_is_worth_what_it_should_be(own, run, student):
    change, expected, _, _ = CLASS[student]
    assert worth(*run(change(released_own(own[0], "asserts")), timeout=6)) == expected


def test_where_stock_nbgrader_gives_something_else_a_reason_stands_beside_it():
    for student, (_, ours, stock, why) in CLASS.items(): assert bool(stock) == bool(why) and all(ours[c] != s for c, s in stock.items()), student


def test_files_beside_the_notebook_are_there_and_the_released_ones_count(own, run):
    nb = answered(released_own(own[0], "beside"))
    fakes = [*TABLE, ("data.csv", "1\n"), ("helper.py", "raise ValueError"), ("torch.py", "raise ValueError"), ("data.csv.d/x", "")]
    for files in (TABLE, fakes): assert worth(*run(nb, "beside", files=files)) == {"t_csv": 1, "t_helper": 1, "t_npy": 1, "t_png": 1, "t_table": 1}


def test_answers_and_links_do_not_lie_beside_the_notebook(own, run, tmp_path):
    (tmp_path / "passwd.txt").symlink_to("/etc/passwd")
    (tmp_path / "mine").mkdir()
    restored, ran = run(answered(released_own(own[0], "asserts"), "import os\nprint(sorted(os.path.join(f, n) for f, _, names in os.walk('.') for n in names))"), files=[("mine/notes.txt", "1"), (".hidden", "2")])
    assert ran.outputs[len(restored.cells) - 1][0]["text"] == str(sorted(f"./{name}" for name in [*FILES, "mine/notes.txt"])) + "\n"


def test_where_a_released_file_is_too_large_to_be_there_a_failed_cell_waits(run, tmp_path):
    (source := tmp_path / "source").mkdir()
    (source / "big.csv").write_bytes(bytes(17 * 2 ** 20))
    (source / "small.csv").write_text("7")
    cells = plain("assert open('small.csv').read() == '7'", "assert open('big.csv')")
    restored, ran = run(handed_in(cells), cells, source=source)
    assert worth(restored, ran) == {"c0": 1, "c1": REVIEW} and "big.csv is larger" in ran.verdicts["c1"].why and "big.csv" in ran.notes[0]


@pytest.mark.parametrize("last, points", [("2", 2), ("0", 0), ("3.0", 3), ("1.5", 1.5), ("import numpy as np; np.float64(0.5)", 0.5), ("import torch; torch.tensor(2.)", 2), ("True", REVIEW),
                                          ("-1", REVIEW), ("3.5", REVIEW), ("float('inf')", REVIEW), ("'2'", 3), ("x = None\nx", REVIEW), ("x = '2'\nx", REVIEW), ("2;", 3), ("None", 3), ("print(1)", 3),
                                          ("[1, 2]", REVIEW), ("%time 2", 2), ("for i in range(3): pass", 3), ("from IPython.display import display; display(1)", 3), ("1e400", REVIEW)])
def test_a_number_in_the_last_line_gives_points(run, last, points):
    cells = plain(f"!graded{last}", points=3)
    assert worth(*run(handed_in(cells), cells)) == {"c0": points}


@pytest.mark.parametrize("source", ["", "  \n", "# nothing yet", "from course_lib.exercises.checking import check\ncheck('sigmoid')"])
def test_what_cannot_be_marked_waits(run, source):
    cells = plain(f"!graded{source}")
    assert worth(*run(handed_in(cells), cells)) == {"c0": REVIEW}


@pytest.mark.parametrize("kernelspec, other", [(None, ""), ({}, ""), ({"name": "python3", "language": "python"}, ""), ({"name": "conda-env-x-py", "language": "python"}, ""), ({"name": "ir", "language": "R"}, "ir"),
                                               ({"name": "java"}, "java"), ({"name": "python2", "language": "python"}, "python2"), ({"name": "bash", "display_name": "Python 3"}, "bash"), ({"name": "python3"}, "")])
def test_a_notebook_in_another_language_is_not_run_as_python(run, kernelspec, other):
    assert other_language(kernelspec) == other
    cells = plain("print('run')", "assert True")
    restored, ran = run(handed_in(cells), cells, kernelspec=kernelspec)
    assert worth(restored, ran) == {"c1": REVIEW if other else 1} and bool(ran.outputs) == (not other)
    if other: assert other in ran.notes[0] and other in ran.verdicts["c1"].why


def test_an_instructors_time_for_a_cell_counts(run):
    cells = plain("import time\ntime.sleep(1.5)", "assert True", "!gradedtime.sleep(1.5)")
    assert worth(*run(handed_in(cells), cells)) == {"c1": 1, "c2": 1}
    restored, ran = run(handed_in(cells), cells, timeout=1)
    assert worth(restored, ran) == {"c1": 1, "c2": 0} and ran.verdicts["c2"].status == "timed out" and run(handed_in(cells), cells, timeout=8)[1].verdicts["c2"].score == 1


def test_a_cell_that_is_marked_already_is_not_run_again(run):
    cells = plain("!gradedprint('not this')", "assert True")
    _restored, ran = run(handed_in(cells), cells, {"c0": Verdict("c0", "right")})
    assert list(ran.verdicts) == ["c1"] and list(ran.outputs) == [1]


def test_a_notebook_that_ends_its_process_leaves_the_checks_and_the_next_student_alone(run, sandbox):
    cells = plain("print('before')", "def f(x): return x", "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nos._exit(0)", "assert True")
    job = Job("f", [{"probe": "call", "inputs": {"args": (7,)}}])
    for _ in range(2):
        restored, ran = run(handed_in(cells), cells)
        assert worth(restored, ran) == {"c3": REVIEW} and ran.outputs[0][0]["text"] == "before\n" and 3 not in ran.outputs and "did not run to its end" in ran.notes[0]
        sandbox.run(["def f(x): return x"], [job])
    assert job.seen == [7]


# --- What a person sees ---

def test_what_a_person_marks_is_shown_with_its_outputs(own, run):
    nb = answered(released_own(own[0], "by_hand"), "print('my own study')", plot=PLOT)
    restored, ran = run(nb, "by_hand")
    kinds = [list(o.get("data", o)) for o in outputs_of(restored, ran, "plot")]
    assert kinds[0] == ["output_type", "name", "text"] and "image/png" in kinds[1] and not ran.verdicts
    assert base64.b64decode(outputs_of(restored, ran, "plot")[1]["data"]["image/png"]).startswith(b"\x89PNG") and ran.outputs[len(restored.cells) - 1][0]["text"] == "my own study\n"


def test_only_what_needs_it_is_run(own):
    cells = {name: [c for c in found if not c.task] for name, found in own[1].items()}
    asked = lambda nb, name, verdicts=(): needs_run(restore(read_cells(json.dumps(nb).encode()), cells[name]), dict.fromkeys(verdicts))
    asserts, by_hand = released_own(own[0], "asserts"), released_own(own[0], "by_hand")
    assert asked(asserts, "asserts") and not asked(asserts, "asserts", [c.name for c in cells["asserts"] if c.grade])
    assert not asked(by_hand, "by_hand") and asked(answered(by_hand, plot=PLOT), "by_hand")


SHOWS = """from IPython.display import HTML, SVG, Javascript, Markdown, Latex, JSON, Image, display
class Rich:
    def _repr_mimebundle_(self, include=None, exclude=None): return {"text/plain": "rich", "text/html": "<script>", "application/javascript": "alert(1)", "image/svg+xml": "<svg onload=alert(1)>", "image/gif": "R0lG", "image/png": "PHN2Zz4="}
    _repr_png_ = _repr_jpeg_ = lambda self: b"<svg onload=alert(1)>"
for x in (HTML("<script>alert(1)</script>"), Javascript("alert(1)"), SVG("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"), Markdown("[x](javascript:alert(1))"), Latex("$x$"), JSON({"a": 1}), Rich()): display(x)
print("\\x1b]0;title\\x07\\x1b[31mred\\x1b[0m \\u202e\\ud800")
Rich()"""


def test_only_text_and_real_pictures_survive(run):
    picture = f"from IPython.display import Image, display\nimport base64\ndata = base64.b64decode({base64.b64encode(png()).decode()!r})\ndisplay(Image(data, format='png'))\nImage(data + b'<script>', format='png')"
    cells = plain(SHOWS, picture, "raise ValueError('<script>alert(1)</script>\\x1b[31m')", "assert True")
    _restored, ran = run(handed_in(cells), cells)
    found = [o for outputs in ran.outputs.values() for o in outputs]
    for output in found:
        assert output["output_type"] in ("stream", "error", "execute_result", "display_data") and set(output.get("data", ())) <= {"text/plain", "image/png", "image/jpeg"}
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", json.dumps(output, ensure_ascii=False)), output
    assert sum("image/png" in o.get("data", ()) for o in found) == 2 and not [o for o in ran.outputs[0] if set(o.get("data", ())) - {"text/plain"}]
    cells = [{"id": f"c{i}", "cell_type": "code", "source": "", "metadata": {}, "execution_count": None, "outputs": o} for i, o in ran.outputs.items()]
    nbformat.validate(nbformat.from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}))


@pytest.mark.parametrize("flood", ["while True: print('x' * 10_000)", "for i in range(10**6): display(i)", "import os\nfor _ in range(40): os.write(1, b'x' * 2 ** 20)", "print('\\U0001f600' * 10 ** 7)",
                                   "import subprocess\nsubprocess.run('yes', timeout=1)", "for i in range(50):\n    try: 1 / 0\n    except Exception: get_ipython().showtraceback()", "!yes | head -c 50000000"])
def test_a_flood_of_output_is_cut_and_costs_nothing_else(run, flood):
    cells = plain(*[flood] * 3, "assert True", "!graded1")
    restored, ran = run(handed_in(cells), cells, timeout=2)
    assert worth(restored, ran) == {"c3": 1, "c4": 1} and 0 < len(json.dumps(ran.outputs)) < 2_000_000


def test_many_pictures_are_cut(run):
    noise = "import numpy as np\nfrom PIL import Image\nfor _ in range(30): display(Image.fromarray(np.random.randint(0, 255, (700, 700, 3), dtype=np.uint8)))"
    cells = plain(noise, "assert True")
    restored, ran = run(handed_in(cells), cells)
    assert worth(restored, ran) == {"c1": 1} and 1 <= sum("image/png" in o["data"] for o in ran.outputs[0]) < 10 and "left out" in str(ran.outputs[0])


SPIES = {"a function": "import inspect\ndef add(a, b):\n    frame = inspect.currentframe()\n    while frame:\n        print(frame.f_locals, frame.f_globals.get('In'))\n        frame = frame.f_back\n    return a + b",
         "a transformer": "kept = []\nget_ipython().input_transformers_cleanup.append(lambda lines: kept.extend(lines) or lines)\n" + RIGHT["add"],
         "an error": "def add(a, b): raise ValueError('|'.join(In))"}


@pytest.mark.parametrize("spy", SPIES)
def test_hidden_tests_do_not_come_to_students(own, run, spy):
    "Not as they are and not in cipher: the run whose outputs are shown never has them."
    later = "import base64, gc\nprint(In, globals().get('kept'))\nprint(base64.b64encode(''.join(In).encode()), ''.join(In)[::-1])\nprint([o for o in gc.get_objects() if isinstance(o, dict) and 'SECRE' + 'T' in str(o)[:9999]])"
    restored, ran = run(answered(released_own(own[0], "asserts"), later, add=SPIES[spy]))
    outputs_of(restored, ran, "t_hidden")[:] = [o for o in outputs_of(restored, ran, "t_hidden") if o["output_type"] != "error"]  # HideTests cuts these
    seen = json.dumps([ran.outputs, [str(v) for v in ran.verdicts.values()], ran.notes])
    assert "assert add(0, 0)" in seen  # the spy does see what is not hidden
    for text in ("THE SECRET", "TERCES", base64.b64encode(HIDDEN.encode()).decode()[60:120], "add(2, 3)"): assert text not in seen, text
    assert ran.verdicts["t_hidden"].score == (spy != "an error")


def test_a_person_sees_how_a_hidden_test_failed(own, run):
    restored, ran = run(answered(released_own(own[0], "asserts"), add="def add(a, b): return 3 if a else 0"))
    assert "THE SECRET" in outputs_of(restored, ran, "t_hidden")[-1]["evalue"] and "SECRET" not in str(ran.verdicts["t_hidden"])
    assert without_hidden(HIDDEN)[0] == "assert add(0, 0) == 0"


OWN_MARKERS = "# VERBORGEN AB HIER", "# AB HIER"  # the second stands in the first, too


def test_hidden_tests_between_markers_of_the_courses_own_do_not_come_to_students(run):
    own = "!gradedassert add(0, 0) == 0\n# VERBORGEN AB HIER\nassert add(2, 3) == 5, 'THE SECRET'\n# AB HIER\nx = 1"
    cells = plain("def add(a, b): return 0", own, "print(In)")
    restored, ran = run(handed_in(cells), cells, markers=OWN_MARKERS)
    assert "THE SECRET" in outputs_of(restored, ran, "c1").pop()["evalue"]  # for the person who marks; HideTests cuts it
    assert "add(0, 0)" in str(ran.outputs) and not re.search(r"SECRET|add\(2, 3\)", f"{ran}")
    assert ran.verdicts["c1"].why == "A test that is not shown here fails."


def test_the_markers_of_hidden_tests_are_those_of_nbgraders_configuration(own, monkeypatch):
    from course_lib.grading import autograde
    from course_lib.grading.marker import Marker
    monkeypatch.setattr(autograde, "MarkerProcess", lambda start, seconds: start)
    config = course_config(own[0])
    config.ClearHiddenTests.begin_test_delimeter, config.ClearHiddenTests.end_test_delimeter = OWN_MARKERS
    grader = autograde.CourseAutograde(coursedir=CourseDirectory(config=config), config=config)
    grader.kind = "bwrap"
    start, = grader.boxes(1, {"release": {}, "assignment": NAME, "seed": 1, "course": "/none", "kernelspecs": {}, "source": "/none", "ignore": []})
    assert Marker(json.loads(json.dumps(start))).markers == list(OWN_MARKERS)


def test_no_region_of_hidden_tests_is_in_the_feedback():
    "However the markers are written, and how many regions there are."
    from course_lib.grading.pages import HideTests
    source = "assert f(1) == 1\n# BEGIN HIDDEN TESTS\nassert f(2) == 42\n# END HIDDEN TESTS\nassert f(3)\n  ### BEGIN HIDDEN TESTS\nassert f(4) == 42\n### END HIDDEN TESTS\nx"
    error = {"output_type": "error", "ename": "E42", "evalue": "42", "traceback": ["42"]}
    nb, _ = HideTests().preprocess(nbformat.from_dict({"cells": [{"cell_type": "code", "source": source, "metadata": {}, "execution_count": 1, "outputs": [error]}]}), {})
    assert "42" not in str(nb) and "assert f(3)" in nb.cells[0].source and nb.cells[0].source.endswith("\nx")


# --- What a notebook's world is like ---

def test_what_students_have_of_the_package_is_there_and_only_there(run, sandbox):
    cells = plain("from course_lib.exercises.checking import check\nfrom course_lib.scratch.learner import Learner\nfrom course_lib.pets.labels import breed\ncheck('sigmoid')",
                  "assert Learner and breed", "import course_lib.exercises.binary_losses", "import course_lib.questionnaire.assignment.question_cells")
    restored, ran = run(handed_in(cells), cells)
    assert worth(restored, ran) == {"c1": 1} and not ran.outputs[0] and [ran.outputs[i][-1]["ename"] for i in (2, 3)] == ["ModuleNotFoundError"] * 2
    assert sandbox.run(["from course_lib.scratch.learner import Learner"], [Job("f", [])])[1].type == "ModuleNotFoundError"
    assert not [name for name in library_files(["course_lib"]) if re.search("exercises|questionnaire|grading", name)]


@pytest.mark.parametrize("before", ["import matplotlib.pyplot as plt\nplt.plot([3, 7]);", "%matplotlib inline", "%%bash\necho hello", "import torch\nfrom torch.utils.data import DataLoader\nnext(iter(DataLoader(range(4), num_workers=2)))",
                                    "import numpy as np\nnp.save('a.npy', np.zeros(3 * 2 ** 20))", "import asyncio\nawait asyncio.sleep(0.01)", "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()",
                                    "import os\nif not os.fork(): __import__('time').sleep(60)", "import sys\nsys.stdout = None", "import os\nos.close(1)", "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)",
                                    "def f(:", "!exit 3", "import sys; sys.exit(1)", "raise KeyboardInterrupt", "import os; os.chdir('/')", "%reset -f", "del In, Out", "%xmode Minimal", "import builtins; del builtins.print"])
def test_the_notebook_goes_on(run, before):
    cells = plain(before, "!gradedassert 1 + 1 == 2", "!gradedx = 1\nx")
    assert worth(*run(handed_in(cells), cells)) == {"c1": 1, "c2": 1}


MAGIC = [("%%time\ndef f(x): return x", ""), ("%%capture out\n%%time\ndef f(x): return x", ""), ("%%timeit -n 1\ndef f(x): return x", ""), ("%time y = 1\ndef f(x): return x", ""), ("files = !ls\ndef f(x): return x", "files = !ls"),
         ("%matplotlib inline\nt = (7\n % 2)\ndef f(x):\n    return x", "%matplotlib inline"), ("z = 3  # is it?\n!ls\ndef f(x): return x", "!ls"), ("a, b = !ls\n!ls \\\n -l\nf?\ndef f(x): return x", "!ls"),
         ("pip install torch\ndef f(x): return x", "pip install"), ("%cd ..\nif True:\n    %ls\ndef f(x): return x", "%cd")]


@pytest.mark.parametrize("source, remark", MAGIC)
def test_a_magic_does_not_lose_the_function_beside_it(sandbox, source, remark):
    code, told = python_of(source)
    job = Job("f", [{"probe": "call", "inputs": {"args": (7,)}}])
    assert sandbox.run([code], [job]) == {} and job.seen == [7] and (remark in told if remark else not told)


@pytest.mark.parametrize("source", ["import torch\ndisplay(torch.ones(2))\ndef f(x): return x", "get_ipython().run_line_magic('matplotlib', 'inline')\ndef f(x): return x", "import asyncio\nawait asyncio.sleep(0)\ndef f(x): return x",
                                    "import torch\n@torch.jit.script\ndef f(x: int) -> int: return x"])
def test_what_a_notebook_may_do_does_not_lose_the_function_beside_it(sandbox, source):
    job = Job("f", [{"probe": "call", "inputs": {"args": (7,)}}])
    assert sandbox.run([python_of(source)[0]], [job]) == {} and job.seen == [7]


@pytest.mark.parametrize("source", ["%a\n" * 40_000, " " * 200_000 + "$", "!" * 100_000, "a." * 50_000 + "?x", "x" * 200_000 + " ?", "[a,'" * 20_000, "%time " * 20_000, "%a\n" * 600 + "x = 1\n" * 10_000])
def test_looking_for_magics_takes_no_time(source):
    import time
    started = time.process_time()
    python_of(source)
    assert time.process_time() - started < 3


# --- What comes from the sandbox is not believed ---

def test_nothing_that_arrives_does_harm():
    import torch
    draw = random.Random(7)
    values = [None, 7, -1, 1.5, True, "x" * 10 ** 5, "\ud800\x1b]0;\x07", [], {}, [None] * 1000, torch.ones(3), torch.ones(10 ** 6, dtype=torch.uint8), torch.tensor(list(png()), dtype=torch.uint8), b"<svg>", "png", "stdout", "error", "result"]
    for _ in range(2000):
        items = [{draw.choice(["kind", "name", "text", "traceback", "png", "jpeg", "how"]): draw.choice(values) for _ in range(draw.randrange(6))} | {"kind": draw.choice(["stream", "error", "result", "display", "end", "html", None, []])}
                 for _ in range(draw.randrange(4))]
        ran = read_cell(draw.choice([items, items, items, draw.choice(values)]), Room())
        cell = {"id": "a", "cell_type": "code", "source": "", "metadata": {}, "execution_count": None, "outputs": json.loads(json.dumps(ran.outputs).encode("utf-8"))}
        nbformat.validate(nbformat.from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}))
        assert len(json.dumps(cell)) < 2_000_000


# --- All the way to the gradebook ---

def test_plain_asserts_run_in_the_sandbox_and_reach_the_gradebook(own):
    root, _ = own
    looks = f"import os\nprint('seen:', os.path.exists({str(root)!r}), os.path.exists({str(root / 'gradebook.db')!r}))\n" + RIGHT["add"]
    notebooks = {"asserts": answered(released_own(root, "asserts"), add=looks), "beside": answered(released_own(root, "beside")), "by_hand": answered(released_own(root, "by_hand"), plot=PLOT, essay="Because.")}
    hand_in(root, "ada", notebooks, TABLE)
    hand_in(root, "ben", {**notebooks, "asserts": CLASS["half"][0](released_own(root, "asserts"))})
    grade(NAME, root, quiet=True)
    found = marks(root, NAME)
    assert {c: m[0] for c, m in found["ada"].items() if c.startswith("t_")} == {**CLASS["model"][1], "t_csv": 1, "t_helper": 1, "t_npy": 1, "t_png": 1, "t_table": 1}
    assert {c: REVIEW if m[2] else m[0] for c, m in found["ben"].items() if c in CLASS["half"][1]} == CLASS["half"][1] and found["ben"]["t_table"][0] == 0
    assert all(found["ada"][c][2] for c in ("plot", "essay")) and not any(m[2] for c, m in found["ada"].items() if c.startswith("t_"))
    graded = {name: json.loads((root / "autograded" / "ada" / NAME / f"{name}.ipynb").read_text()) for name in notebooks}
    assert "seen: False False" in json.dumps(graded["asserts"]) and "image/png" in json.dumps(graded["by_hand"])  # it was there, and nothing of ours
    assert "image/png" in json.dumps([c for c in graded["asserts"]["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == "t_draws"])


@pytest.mark.parametrize("line", ["%autosave 60", "%clear", "%connect_info", "%less x", "%man ls", "%qtconsole", "%edit", "%edit f.py", "f = 3\n%store f\n%store -r f", "%store"])
def test_what_jupyters_kernel_has_for_the_front_end_does_not_cost_the_cell(run, line):
    cells = plain(f"{line}\ndef f(x): return x + 1", "assert f(1) == 2")
    restored, done = run(handed_in(cells), cells)
    assert worth(restored, done) == {"c1": 1}


def test_who_asks_hears_that_it_is_a_notebook(run):
    "tqdm, rich and many a course's own helper ask in these ways."
    cells = plain("!gradedassert get_ipython().__class__.__name__ == 'ZMQInteractiveShell'", "assert 'IPKernelApp' in get_ipython().config", "assert 'zmqshell' in str(type(get_ipython()))")
    assert worth(*run(handed_in(cells), cells)) == {"c0": 1, "c1": 1, "c2": 1}


def test_an_installation_that_needs_a_network_costs_no_time(run):
    cells = plain("%pip install a-package-that-nobody-has\n!pip install another-one\ndef f(x): return x + 1", "assert f(1) == 2")
    restored, done = run(handed_in(cells), cells, timeout=6)
    assert worth(restored, done) == {"c1": 1}
