"""Whatever comes from a student or from a sandbox: the readers raise what they declare and nothing else, within bounded time and memory.

The suite tries a few hundred examples of each kind; `SECONDS_OF_EXAMPLES=150 pytest tests/test_what_comes.py` tries for so many seconds each.
"""
import functools
import json
import os
import resource
import shutil
import signal
import struct
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from course_lib.checks.compare import Other, Raised
from course_lib.sandbox import jobs as sandbox, wire
from course_lib.grading.collecting import copy_plain, last_change, opened
from course_lib.grading.marker import bounded_memory
from course_lib.grading.handed_in import read_submission, texts_seen
from course_lib.grading.notebook_json import NoNotebook, notebook_cells
from course_lib.grading.plain_cells import files_beside
from course_lib.grading.plain_outputs import Room, nbformat_outputs, read_cell
from course_lib.grading.reading import Bounds, Unreadable, fingerprint, plain_files, read_cells, read_plain
from course_lib.sandbox.jobs import Job, Reply
from course_lib.grading.submissions import ReleasedCell, code_to_run, restore, to_notebook
from course_lib.sandbox.worker_process import read_reply
from course_lib.questionnaire.asking.answers import AnswersDamaged, parse_answers
from course_lib.questionnaire.assignment.question_cells import HandedIn, Released, _marked, _verdict, counted
from course_lib.questionnaire.question_files import packaged_questionnaires, read_questions
from course_lib.questionnaire.versions import drawn_fingerprint
from course_lib.questionnaire.versions import fingerprint as asked_fingerprint

SECONDS = float(os.environ.get("SECONDS_OF_EXAMPLES", 0))
CPU, MEMORY = 5, 2 ** 30  # seconds and bytes that one example may take


@contextmanager
def bounded():
    "A failure where what runs in it takes too long, or more memory than it may."
    def late(*_): raise AssertionError(f"it takes more than {CPU} seconds of the processor")
    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, CPU)
    try:
        with bounded_memory(MEMORY): yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def tried(most: int, *strategies):
    "Try a test with so many examples, or for as long as is asked for; each within bounds."
    def decorate(test):
        @functools.wraps(test)
        def one(*values, **named):
            with bounded(): test(*values, **named)
        quick = dict(deadline=None, database=None, suppress_health_check=list(HealthCheck))
        if not SECONDS: return settings(max_examples=most, **quick)(given(*strategies)(one))

        def long():
            end, began, count = time.monotonic() + SECONDS, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0
            while time.monotonic() < end:
                settings(max_examples=300, phases=[Phase.explicit, Phase.generate, Phase.shrink], **quick)(given(*strategies)(one))()
                count += 300
            grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - began) // 1024
            print(f"{test.__name__}: {count} examples, {grown} MB more")
            assert grown < 500
        long.__name__ = test.__name__
        return long
    return decorate


def changed(data: bytes, draw) -> bytes:
    "The bytes, some of them changed, cut, doubled or put elsewhere."
    for _ in range(draw(st.integers(0, 5))):
        at, to = (draw(st.integers(0, len(data))) for _ in range(2))
        data = draw(st.sampled_from([data[:at] + draw(st.binary(min_size=1, max_size=3)) + data[at + 1:], data[:at], data[:at] + data[to:],
                                     data[:at] + data[at:to] * 2 + data[at:], data[:at] + draw(st.sampled_from(PIECES)) + data[at:]]))
    return data


PIECES = [b"[" * 3000, b'{"a":' * 2000, b'"' * 1001, b"\\" * 1001, b"9" * 5000, b"-", b"1e999", b"NaN", b"\xff\xfe", b"\xef\xbb\xbf", b"\x00", b"\\ud800", b'"cells":[', b"null", b"{}", b"]", b"}"]
TEXTS = st.text(st.characters(exclude_categories=[]), max_size=12) | st.sampled_from(["", "\ud800", "x" * 400, "\x1b[2J", "\0", "nan", "end", "token", "<b>"])
NUMBERS = st.integers() | st.floats() | st.sampled_from([10 ** 30, -1, 2 ** 63, 2 ** 31, True, False])
JSON = st.recursive(st.none() | st.booleans() | NUMBERS | TEXTS, lambda v: st.lists(v, max_size=4) | st.dictionaries(TEXTS, v, max_size=4), max_leaves=10)


# ---- what comes from a sandbox

DTYPES = st.sampled_from([torch.float32, torch.float64, torch.bfloat16, torch.int64, torch.uint8, torch.bool])
TENSORS = st.builds(lambda shape, dtype: torch.ones(shape).to(dtype), st.lists(st.integers(0, 3), max_size=3), DTYPES)
VALUES = st.recursive(st.none() | st.booleans() | NUMBERS | TEXTS | TENSORS | st.builds(Raised, TEXTS, TEXTS) | st.builds(Other, TEXTS),
                      lambda v: st.lists(v, max_size=4) | st.dictionaries(TEXTS, v, max_size=4) | st.tuples(v, v), max_leaves=10)


def framed(body: bytes) -> bytes: return struct.pack("<I", len(body)) + body


@tried(200, VALUES, st.data())
def test_a_message_is_read_or_refused(value, data):
    message = changed(wire.dumps(value), data.draw)
    try: again = wire.loads(message, wire.Allowance(1000, 100))
    except wire.WireError: return
    wire.dumps(again)
    str(again).encode()


KINDS = st.sampled_from(["f", "o", "r", "x", "s", "l", "t", "d"])
NODES = st.recursive(JSON, lambda v: st.dictionaries(KINDS, v, min_size=1, max_size=1) | st.lists(v, max_size=3)
                     | st.builds(lambda name, shape: {"x": [name, shape]}, st.sampled_from(["float32", "bool", "int64"]), st.lists(st.integers(-1, 2 ** 40) | st.integers(0, 3), max_size=18)), max_leaves=12)


@tried(150, NODES, st.binary(max_size=60))
def test_a_header_is_read_or_refused(header, body):
    text = json.dumps(header).encode()
    try: wire.dumps(wire.loads(wire.MAGIC + struct.pack("<I", len(text)) + text + body, wire.Allowance()))
    except wire.WireError: pass


SECRET, TOKENS, CELL_COUNT = "the secret", ("t0", "t1", "t2"), 2
ODD = VALUES | st.sampled_from([1, True, 1.0, "1", torch.tensor(1), torch.tensor([1, 1]), torch.zeros(0)])
SECRETS = st.sampled_from([SECRET] * 9 + [torch.ones(2)]) | ODD
PLACES = st.integers(1, CELL_COUNT + 1) | ODD
ITEMS = st.dictionaries(st.sampled_from(["kind", "text", "name", "png", "jpeg", "how", "traceback"]), st.sampled_from(["stream", "result", "display", "error", "end", "stdout"]) | VALUES)
SEEN = st.fixed_dictionaries({"cell": PLACES, "seen": VALUES, "secret": SECRETS})
SHOWN = st.fixed_dictionaries({"cell": PLACES, "outputs": st.lists(ITEMS | VALUES, max_size=4) | ODD, "secret": SECRETS})
DRIVEN = st.fixed_dictionaries({"token": st.sampled_from(TOKENS) | ODD, "seen": VALUES, "used": st.lists(TEXTS | ODD, max_size=4) | ODD, "secret": SECRETS})
END = st.fixed_dictionaries({"end": st.just(True) | ODD, "secret": SECRETS})
FRAMES = st.lists(SEEN | SHOWN | DRIVEN | END | VALUES, max_size=8)
REPLIES = st.tuples(FRAMES, st.integers(0, 5), st.sampled_from(["", "it was stopped"]), st.booleans())


def reply_of(drawn, right: list[dict], draw) -> Reply:
    "What a worker sends that does what it should, with other frames in between, and now and then with some bytes changed."
    frames, at, stopped, mend = drawn
    sent = [{**frame, "secret": SECRET} for frame in right[:at]] + frames + [{**frame, "secret": SECRET} for frame in right[at:]]
    data = b"".join(framed(wire.dumps(frame)) for frame in sent)
    return Reply(data if mend else changed(data, draw), stopped)


@tried(150, REPLIES, st.data())
def test_an_answer_fills_the_jobs_or_is_forged(drawn, data):
    jobs = [Job("f", [{"probe": "call", "inputs": {}}] * 2), Job("g", [{"probe": "call", "inputs": {}}])]
    asked, errors = sandbox._Asked(jobs, secret=SECRET), {}
    asked.request()
    asked.cases = [(job, i, token) for (job, i, _), token in zip(asked.cases, TOKENS, strict=True)]
    right = [{"cell": i + 1, "seen": None} for i in range(CELL_COUNT)] + [{"token": token, "seen": 1, "used": []} for token in TOKENS]
    try: left = sandbox._take(reply_of(drawn, right, data.draw), asked, CELL_COUNT, errors)
    except sandbox._Forged: return
    assert all(len(job.seen) == len(job.cases) and all(isinstance(u, str) for u in job.used) for job in asked.jobs if job not in left)
    assert errors.keys() <= {1, 2} and all(isinstance(e, Raised) for e in errors.values())


@tried(150, REPLIES, st.data())
def test_outputs_become_those_of_a_notebook(drawn, data):
    try: run = sandbox._take_outputs(reply_of(drawn, [{"cell": i + 1, "outputs": []} for i in range(CELL_COUNT)], data.draw), SECRET, CELL_COUNT)
    except sandbox._Forged: return
    assert len(run.cells) == CELL_COUNT or run.ended
    room = Room()
    cells = [nbformat.v4.new_code_cell("x", outputs=nbformat_outputs(read_cell(items, room))) for items in run.cells]
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbformat.validate(notebook)
    json.dumps(notebook, ensure_ascii=False).encode()


@tried(200, st.lists(st.tuples(st.sampled_from([b"f", b"e", b"x"]), VALUES.map(wire.dumps) | st.binary(max_size=20)), max_size=4), st.data())
def test_a_reply_is_one_or_the_pipe_has_ended(pieces, data):
    sent, (there, here) = changed(b"".join(struct.pack("<cI", kind, len(body)) + body for kind, body in pieces), data.draw)[:2 ** 16], os.pipe()
    os.write(here, sent)
    os.close(here)
    try: reply = read_reply(there, 5, 10 ** 6)
    except EOFError: return
    finally: os.close(there)
    assert (type(reply.data), type(reply.stopped), type(reply.started)) == (bytes, str, bool)


# ---- answers to questions

QUESTIONS = {path.stem: read_questions(path) for path in packaged_questionnaires().values()}
RELEASED = [Released(file, {"salt": "s", "count": 5, "versions": {}}, b"k" * 32, {q.id: (asked_fingerprint(q), drawn_fingerprint(q)) for q in file.questions}) for file in QUESTIONS.values()]
IDS = [q.id for released in RELEASED for q in released.file.questions]
assert len(IDS) > 50
EXPRESSIONS = st.recursive(st.sampled_from(["x", "y", "p", "t", "1", "0.5", "-3", "9" * 50, "1e300", "torch.e", "(x,)", "[x, y]"]), lambda e: st.builds(
    lambda f, *a: f.format(*a), st.sampled_from(["({0} + {1})", "{0} ** {1}", "{0} @ {1}", "{0}.mean({1})", "torch.exp({0})", "{0}[{1}]", "{0}[:, {1}]", "{0}.sum(0, keepdim=True)", "{0}.view(-1, {1})",
                                                 "torch.where({0} > {1}, {0}, {1})", "torch.arange({0})", "{0}.T", "-{0}", "{0} if {1} else {0}", "{0}.{1}", "torch.full(({0}, {1}), 1)", "{0}.expand({1})", "{0}.unsqueeze({1})"]), e, e), max_leaves=12)
RESPONSES = JSON | EXPRESSIONS | st.sampled_from(["a", "b", ["a", "b"], {"a": "b"}, "1,5", "1_000", "½", "1e-400", "x" * 20_000])
ENTRIES = st.fixed_dictionaries({}, optional={"response": RESPONSES, "version": st.sampled_from([None, 1, 2, 0, True]) | JSON, "variant": st.none() | st.integers(-1, 5) | JSON, "at": JSON}) | JSON
FILES = st.fixed_dictionaries({"answers": st.dictionaries(st.sampled_from(IDS) | TEXTS, ENTRIES, max_size=5)}, optional={"student": JSON, "format": JSON}) | JSON


@tried(150, FILES, st.data())
def test_an_answers_file_is_marked_or_damaged(value, data):
    raw = changed(json.dumps(value, ensure_ascii=data.draw(st.booleans())).encode("utf-8", "surrogatepass"), data.draw)
    try: found = parse_answers(raw)
    except AnswersDamaged as error: return str(error).encode()
    handed_in = HandedIn(found["student"], found["answers"])
    for released in RELEASED:
        for question in released.file.questions:
            if question.type == "essay" or question.id not in found["answers"]: continue
            asked, mark, response, remark = _marked(released, question.id, "ada", handed_in)
            about = counted(asked, response, 0, found["answers"][question.id])
            verdict = _verdict(asked, mark, response, remark, 2.0, about)
            assert 0 <= verdict.score <= 1
            json.dumps(verdict.to_dict(), ensure_ascii=False).encode()


# ---- notebooks

RELEASE = [ReleasedCell("text", "markdown", "# Losses", "", True), ReleasedCell("f", "code", "def f(x): pass", "", False, solution=True), ReleasedCell("test-f", "code", "assert f(1) == 1", "", True, grade=True, points=2.0),
           ReleasedCell("essay", "markdown", "Write.", "", False, grade=True, solution=True, points=1.0), ReleasedCell("task", "markdown", "Draw.", "", True, task=True, points=1.0)]
LINES = st.sampled_from(["x = 1", "%time f(1)", "%%bash", "!ls \\", "? f", "a = !ls", "def f(x):", "    return x", "'''", "(", "\\", "%matplotlib inline", "a, b = %who", "f??", "\t", "\x0c", "```", "<script>", "await f()", "### END HIDDEN TESTS"]) | TEXTS
SOURCES = st.lists(LINES, max_size=8).map("\n".join) | st.lists(LINES, max_size=4).map(lambda lines: [line + "\n" for line in lines]) | JSON
MARKS = st.fixed_dictionaries({"grade_id": st.sampled_from([r.name for r in RELEASE]) | JSON}, optional={"grade": JSON, "points": JSON, "schema_version": JSON}) | JSON
PICTURES = st.dictionaries(TEXTS, st.dictionaries(st.sampled_from(["image/png", "image/svg+xml", "text/html"]), st.sampled_from(["iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ", "/9j/4AAQSkZJRgABAQ", "R0lGODlhAQABAIAAAAUEBA=="]) | JSON, max_size=2), max_size=2)
CELLS = st.fixed_dictionaries({"cell_type": st.sampled_from(["code", "markdown", "raw"]) | JSON, "source": SOURCES, "metadata": st.fixed_dictionaries({"nbgrader": MARKS}) | JSON},
                              optional={"outputs": JSON | st.lists(JSON, max_size=3), "attachments": PICTURES | JSON, "id": JSON, "execution_count": JSON}) | JSON
NOTEBOOKS = st.fixed_dictionaries({"cells": st.lists(CELLS, max_size=7) | JSON}, optional={"metadata": JSON, "nbformat": JSON, "worksheets": JSON, "outputs": JSON}) | JSON


def in_shape(restored):
    "The notebook of a restored submission is one, holds every released cell once, and can be written."
    assert sorted(r.name for _, r in restored.cells if r) == sorted(r.name for r in RELEASE)
    notebook = to_notebook(restored, {"name": "python3", "display_name": "Python 3"})
    nbformat.validate(nbformat.from_dict(notebook))
    json.dumps(notebook, ensure_ascii=False).encode()
    sources, remarks = code_to_run(restored)
    json.dumps([sources, remarks, restored.notes], ensure_ascii=False).encode()


@tried(150, NOTEBOOKS, st.data())
def test_a_notebook_is_restored_or_unreadable(value, data):
    raw = changed(json.dumps(value, ensure_ascii=data.draw(st.booleans())).encode("utf-8", "surrogatepass"), data.draw)
    try: list(notebook_cells(raw, 100))
    except NoNotebook: pass
    try: cells = read_cells(raw)
    except Unreadable as error: return str(error).encode()
    in_shape(restore(cells, RELEASE))


# ---- file trees

WRITTEN = [json.dumps(nb).encode() for nb in (
    {"cells": []}, {"cells": [{"cell_type": r.kind, "source": r.source, "metadata": {"nbgrader": {"grade_id": r.name}}} for r in RELEASE]},
    {"cells": [{"cell_type": "code", "source": "def f(x): return x", "metadata": {"nbgrader": {"grade_id": "f"}}}] * 2}, [], {"answers": {"mb-01": {"response": "b"}}})]

NAMES = st.sampled_from([b"hw.ipynb", b"other.ipynb", b"answers.json", b"timestamp.txt", b"submission_secret.txt", b"a", b"b", b"\xff\xfe", b"a\nb", b"\x1b[2J", b"x" * 255, b"..a", b" ", b"*", b"\xe2\x80\x8b", b"data.csv"]) \
    | st.binary(min_size=1, max_size=6).filter(lambda name: b"/" not in name and b"\0" not in name and name not in (b".", b".."))
LEAVES = st.binary(max_size=40) | st.sampled_from(WRITTEN) | st.sampled_from(["link out", "link up", "link self", "link beside", "pipe", "socket", "closed", "large"])
TREES = st.recursive(LEAVES, lambda tree: st.dictionaries(NAMES, tree, max_size=5), max_leaves=12)


def plant(folder: bytes, name: bytes, tree):
    "Make this file or folder; what the file system does not take is left out."
    path = os.path.join(folder, name)
    targets = {"link out": b"/etc/passwd", "link up": b"..", "link self": name, "link beside": b"hw.ipynb"}
    try:
        if isinstance(tree, dict):
            os.mkdir(path)
            for inner, one in tree.items(): plant(path, inner, one)
        elif isinstance(tree, bytes): Path(os.fsdecode(path)).write_bytes(tree)
        elif tree in targets: os.symlink(targets[tree], path)
        elif tree == "pipe": os.mkfifo(path)
        elif tree == "socket": os.mknod(path, 0o140600)
        else:
            with open(path, "wb") as file: file.truncate(10 ** 12 if tree == "large" else 3)
            if tree == "closed": os.chmod(path, 0)
    except OSError: pass


@tried(40, st.dictionaries(NAMES, TREES, max_size=5))
def test_a_tree_of_files_is_read_and_collected(tree):
    top = Path(tempfile.mkdtemp())
    root = top / "handed in"
    try:
        plant(os.fsencode(top), b"handed in", tree)
        for name, data in plain_files(root, Bounds(files=50, depth=3, one=10 ** 6)):
            assert isinstance(data, bytes | Unreadable) and ".." not in name.split("/") and not name.startswith("/")
            f"{name}{data}".encode()
        fingerprint(root).encode()
        files_beside(root, root, ["*.txt"])
        with opened(root) as folder:
            try: left = copy_plain(folder, top / "copy", Bounds(one=10 ** 6))
            except OSError: left = []
            last_change(folder)
        assert not any(p.is_symlink() or not (p.is_file() or p.is_dir()) for p in (top / "copy").rglob("*"))
        json.dumps(left, ensure_ascii=False).encode()
        try: read_plain(root / "hw.ipynb", root, 10 ** 6)
        except Unreadable: pass
        marked = read_submission(root, "hw", RELEASE, ["hw"])
        in_shape(marked.restored)
        json.dumps([marked.notes, [v.to_dict() for v in marked.verdicts.values()], texts_seen(marked)], ensure_ascii=False).encode()
    finally: shutil.rmtree(top, ignore_errors=True)


def test_the_bounds_can_be_exceeded():
    with pytest.raises(AssertionError, match="seconds of the processor"), bounded():
        signal.setitimer(signal.ITIMER_PROF, 0.05)
        while True: pass
    with pytest.raises(MemoryError), bounded(): bytearray(2 * MEMORY)
