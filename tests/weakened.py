"""Builds on which the attacks succeed: the control without which a test of an attack could not fail.

Each weakens the grader in one place, in this process and in the sandbox that it starts, has a few attacks marked, and says which of them came through.
"""
import json
import os
import shutil
import socket
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from attacked import EXCHANGE, NAMES, STARTS, hand_in_attack, harmful
from attacks import (
    ATTACKS,
    BROWSER,
    BUDGET,
    CHANNELS,
    COMPARING,
    EATING,
    ENDING,
    FILES,
    FORBIDDEN,
    FORGING,
    FRAMES,
    HIDDEN_WORD,
    HONEST,
    HOOKS,
    JUDGES,
    KEYRING,
    LOOKING,
    LOSS,
    MEMORY,
    METADATA,
    NETWORK,
    OBJECTS,
    PLAIN,
    READING,
    READY_MADE,
    TARGETS,
    WRITING,
    WRONG,
    Attack,
)
from attacks import EXCHANGE as EXCHANGES
from weakened_judges import PLAIN_WRONG, believes_the_notebook, judges_in_its_process, starts_in_its_folder, weak_worker

# What the sandbox's process runs before it begins to serve.
KEEPS_ALL = """
import os, struct, sys
from course_lib.sandbox import guard, worker
from course_lib.sandbox.pipes import read_exactly
KEPT = []
def serve(isolated, again):
    "The old way: whoever is forked from reads the requests and passes the answers on."
    while True:
        size, room = struct.unpack("<QQ", read_exactly(0, 16))
        body = read_exactly(0, size)
        asked, answer, answer_end = os.memfd_create("asked"), *os.pipe()
        os.write(asked, struct.pack("<QQ", size, room) + body)
        os.lseek(asked, 0, 0)
        pid = os.fork()
        if not pid:
            os.dup2(asked, 0)
            os.dup2(answer_end, 1)
            guard.attend(isolated, again, worker.run_submission)
        for fd in (asked, answer_end): os.close(fd)
        parts = []
        while chunk := os.read(answer, 2 ** 16): parts.append(chunk)
        os.close(answer)
        os.waitpid(pid, 0)
        data = b"".join(parts)
        pieces, at = [], 0
        while at < len(data):  # as the grader reads them: without the heads of the pieces
            length, = struct.unpack_from("<I", data, at + 1)
            if data[at:at + 1] == b"f": pieces.append(data[at + 5:at + 5 + length])
            at += 5 + length
        KEPT.extend([body, b"".join(pieces)])
        rest = memoryview(data)
        while rest: rest = rest[os.write(1, rest):]
worker.serve = serve
"""
ONE_WORLD = """
from course_lib.sandbox import guard
guard.make_world = lambda again: None
guard.settle = lambda: None
"""
NO_LIMITS = """
import resource
from course_lib.sandbox import guard, isolation
attend, isolation.TMP_BYTES, isolation.MAX_FILE = guard._attend, 2 ** 31, 2 ** 31
def unlimited(request, *more):
    "What is asked for does not count; what does is more than any of it, and little enough for this machine."
    request["limits"] = request["limits"] | {"seconds": 1.8, "step": 60., "memory_mb": 1200, "processes": 20}
    return attend(request, *more)
guard._attend = unlimited
guard.set_limits = lambda limits: resource.setrlimit(resource.RLIMIT_NPROC, (64, 64))
"""
HOST_NETWORK = """
from course_lib.sandbox import isolation
isolation._NETWORK, isolation._loopback_up = 0, lambda: None
isolation.open = lambda path, *a: open("/dev/null" if "/net/" in str(path) else path, *a)  # the machine's are not ours to set
"""
AMONG_FILES = """
import os
from course_lib.sandbox import worker
run = worker.run_submission
def run_submission(request, out):
    os.chdir("/kept/autograded/somebody/loss_functions")
    run(request, out)
worker.run_submission = run_submission
"""
ALL_CALLS = """
from course_lib.sandbox import guard, isolation
guard.forbid_system_calls = lambda: None
isolation._KEYCTL = {}
"""


def same_for_all(patch: pytest.MonkeyPatch):
    "The same inputs, order, names of cases and secret for every submission."
    from course_lib.grading import marking
    from course_lib.sandbox import jobs as sandbox
    count = iter(())

    def token(size):
        nonlocal count
        if size == 16: count = iter(range(10 ** 6))
        return "s" * 32 if size == 16 else f"t{next(count):015}"
    patch.setattr(sandbox, "secrets", SimpleNamespace(token_hex=token, SystemRandom=lambda: SimpleNamespace(shuffle=lambda x: None)))
    patch.setattr(marking, "seed_of", lambda run, student: 7)


def keeps_all(patch):
    "The process that is forked from keeps what it read, and all are asked the same."
    weak_worker(patch, KEEPS_ALL)
    same_for_all(patch)


def shows_the_exchange(patch):
    "The sandbox shows all of /usr."
    from course_lib.sandbox import shelter
    real = shelter.what_is_seen

    def seen(hidden):
        view = real(())
        view.covers -= {c for c in view.covers if c.startswith(str(EXCHANGE.parent))}
        view.show(EXCHANGE.parent)
        return view
    patch.setattr(shelter, "what_is_seen", seen)


def allows_all_calls(patch):
    "One session keyring for all, and no filter of system calls."
    weak_worker(patch, ALL_CALLS)


def one_world(patch):
    "The same namespaces, folders and processes for all submissions."
    weak_worker(patch, ONE_WORLD + ALL_CALLS)


def lenient_judges(patch):
    "The judges as they were: the coarser of two kinds of numbers, no look at what is not finite, as few passes as come; the same inputs for all."
    from course_lib.checks import compare
    from course_lib.exercises import dataloader_checks as dataloader, neural_net_checks as neural_net
    from course_lib.grading import marking

    def numbers(expected, got):
        coarse = got.dtype if got.is_floating_point() else expected.dtype
        rtol, atol = compare._TOLERANCE.get(coarse, (0, 0))
        return None if got.shape == expected.shape and not ((got.double() - expected.double()).abs() > atol + rtol * expected.double().abs()).any() else "differs"
    patch.setattr(compare, "_numbers", numbers)
    patch.setattr(neural_net, "_numbers_of_layers", lambda *a: None)
    patch.setattr(neural_net, "_beginning", lambda biases: "too large" if biases.abs().max() > 1 else None)
    patch.setattr(dataloader, "_wrapping", lambda case, expected, got: None if isinstance(got, dict) else "nothing")
    patch.setattr(dataloader, "_unread", lambda case, expected, got: None)
    patch.setattr(dataloader, "zip", lambda *a, strict=False: zip(*a), raising=False)
    patch.setattr(marking, "seed_of", lambda run, student: 7)
    blind(patch)


def blind(patch):
    "Nobody asks what was used."
    from course_lib.grading import judging
    patch.setattr(judging, "judge_use", lambda *a, **k: ([], []))


def shows_hidden_tests(patch):
    "The run whose outputs are shown has the hidden tests in it."
    from course_lib.grading import plain_cells
    patch.setattr(plain_cells, "without_hidden", lambda source, markers: (source, []))


def _told(patch, **limits):
    "Other limits for the loss functions."
    patch.setitem(STARTS[LOSS], "limits", STARTS[LOSS]["limits"] | limits)


def without_limits(patch):
    "The sandbox does not hold to the limits that it is told."
    weak_worker(patch, NO_LIMITS)
    _told(patch, seconds=1.0, memory_mb=300, processes=8)


def an_end_is_no_fault(patch):
    "A case that ended without an answer has not failed; one world for all, and what goes on there is not ended."
    from course_lib.checks.trials import Trial
    from course_lib.checks.compare import Raised
    real, ends = Trial.verdict, ("ProcessEnded", "SystemExit")

    def verdict(self, seen, *a, **k):
        return real(self, [e if isinstance(s, Raised) and s.type in ends else s for s, e in zip(seen, self.expected, strict=True)], *a, **k)
    patch.setattr(Trial, "verdict", verdict)
    weak_worker(patch, ONE_WORLD)
    _told(patch, seconds=1.0)


def _weak_shelter(patch, change: Callable[[list[str]], list[str]]):
    from course_lib.sandbox import shelter
    real = shelter.bwrap_command
    patch.setattr(shelter, "bwrap_command", lambda *a, **k: change(real(*a, **k)))


def on_the_network(patch):
    "No network of its own, and somebody listens on this machine."
    weak_worker(patch, HOST_NETWORK)
    _weak_shelter(patch, lambda command: [word for word in command if word != "--unshare-net"])
    try: patch.setattr(on_the_network, "server", socket.create_server(("127.0.0.1", 8888)), raising=False)
    except OSError: pass  # then somebody listens there already


def _kept(course: Path) -> Path:
    "A copy of what an instructor keeps; whoever is in the sandbox may write to it."
    kept = course / "weakened" / "kept"
    shutil.rmtree(kept, ignore_errors=True)
    for name in ("source", f"autograded/somebody/{LOSS}"): (kept / name).mkdir(parents=True)
    shutil.copytree(course / "source" / LOSS, kept / "source" / LOSS)
    for name in ("gradebook.db", "nbgrader_config.py"): shutil.copy(course / name, kept)
    for path in (kept, *kept.rglob("*")): path.chmod(0o777)
    return kept


def among_the_files(patch):
    "The code runs in the course directory, as it does in stock nbgrader (in a copy of it), with the instructor's environment."
    from course_lib.sandbox import shelter
    kept = str(_kept(Path(STARTS[LOSS]["course"])))
    weak_worker(patch, AMONG_FILES)
    patch.setattr(shelter, "_INSIDE", shelter._INSIDE | {"SECRET_OF_THE_INSTRUCTOR": os.environ.get("SECRET_OF_THE_INSTRUCTOR", "")})
    _weak_shelter(patch, lambda command: [*command[:(at := command.index("--remount-ro"))], "--bind", kept, "/kept", *command[at:]])


# ---- what counts as success

def gained(marked: dict, attack: Attack, marker) -> bool:
    "Whether the answer was taken for right."
    cell = TARGETS[attack.target][2][0]
    return any(one["verdicts"][cell]["status"] in ("right", "review") for one in marked.values() if cell in one["verdicts"])


def shows_the_word(marked: dict, attack: Attack, marker) -> bool:
    "Whether the hidden test's text stands in what is shown, outside its own cell."
    return any(HIDDEN_WORD in json.dumps(cell.get("outputs", [])) for one in marked.values() for cell in one["notebook"]["cells"])


def gained_or_worth_more(marked: dict, attack: Attack, marker) -> bool:
    "Whether the answer was taken for right, or its cell is worth what the attacker says."
    marks = (cell["metadata"].get("nbgrader", {}) for one in marked.values() for cell in one["notebook"]["cells"])
    return gained(marked, attack, marker) or any(mark.get("points") == 100 for mark in marks)


def _said(marked: dict) -> str:
    "The remarks and verdicts, without the notebook."
    return json.dumps([(one["notes"], one["verdicts"]) for one in marked.values()])


def went_on(marked: dict, attack: Attack, marker) -> bool:
    "Whether it took more than it was told: it was stopped by what bounds the weakened sandbox."
    return any(bound in _said(marked) for bound in ("after 1.8 seconds", "more than 1200 MB", "more than 20 processes"))


def _outlives(marker) -> bool:
    "Whether something runs in the sandbox, a second later, beside bubblewrap's own process and the worker."
    mine = psutil.Process(marker.sandbox.worker._process.pid)
    until = time.monotonic() + 1
    while (more := len(mine.children(recursive=True)) > 2) and time.monotonic() < until: time.sleep(0.01)
    return more


def gained_or_outlived(marked: dict, attack: Attack, marker) -> bool:
    "Whether the answer was taken for right, the worker ended, or something still runs."
    return gained(marked, attack, marker) or "brought the worker to an end" in _said(marked) or _outlives(marker)


def told_home(marked: dict, attack: Attack, marker) -> bool:
    "Whether it reached somebody."
    return "NETWORK" in _said(marked)


def gained_or_leaked(marked: dict, attack: Attack, marker) -> bool:
    "Whether the answer was taken for right, or a secret was found."
    return gained(marked, attack, marker) or "LEAKED" in _said(marked)


def changed_the_course(marked: dict, attack: Attack, marker) -> bool:
    "Whether a mark, the gradebook or the configuration is another one than before."
    kept = marker.session.course / "weakened" / "kept"
    before, after = ((folder / "nbgrader_config.py").read_text() for folder in (marker.session.course, kept))
    if before != after or not (kept / "gradebook.db").exists(): return True
    with sqlite3.connect(kept / "gradebook.db") as db: return db.execute("select count(*) from grade where manual_score = 4").fetchone()[0] > 0


# family: how it is weakened, what counts as success, and the names of the attacks that must succeed there (None: all)
WITHOUT_CONTROL = {
    "a compiled function",               # torch compiles nothing while the record is on, so it stops there as well
    "a mark as the cell's value",        # nobody who reads marks from values could take this one, which is no number
    "files rewritten at exit",           # it searches all folders, which takes longer than a control may
    "an unknown metadata version",       # it spoils its own submission, wherever it is believed
    "200 MB of output"}                  # what is printed goes nowhere; "200 MB printed and displayed" is about cells that are run
WITH_ACCOMPLICE = keeps_all, allows_all_calls, one_world  # builds on which something is looked for that a classmate left
BUILDS: dict[str, tuple[Callable, Callable, tuple[str, ...] | None]] = {
    COMPARING: (judges_in_its_process, gained, None), HOOKS: (judges_in_its_process, gained, None),
    OBJECTS: (judges_in_its_process, gained, None), LOOKING: (judges_in_its_process, gained, None),
    FORGING: (judges_in_its_process, gained, None),
    METADATA: (believes_the_notebook, gained_or_worth_more, None),
    ENDING: (an_end_is_no_fault, gained_or_outlived, None), EATING: (without_limits, went_on, None),
    READING: (among_the_files, gained_or_leaked, None), WRITING: (among_the_files, changed_the_course, None),
    NETWORK: (on_the_network, told_home, None),
    MEMORY: (keeps_all, gained, None), EXCHANGES: (shows_the_exchange, gained, ("the exchange in its usual place",)),
    KEYRING: (allows_all_calls, gained, None),
    CHANNELS: (one_world, gained, ("files in every folder", "ports that were used", "a socket of a process that stays")),
    JUDGES: (lenient_judges, gained, ("one pass instead of three", "biases that are no numbers", "a coarser kind of number", "the answers of another drawing")),
    FORBIDDEN: (blind, gained, None), READY_MADE: (blind, gained, None), FRAMES: (blind, gained, ("right answers by torch's function",)),
    PLAIN: (shows_hidden_tests, shows_the_word, ("hidden tests kept and printed",))}
CONTROLLED = (*BUILDS, BROWSER, BUDGET, FILES)


def _wanted(family: str, assignment: str) -> list[Attack]:
    "The attacks of a family, on this assignment, that must succeed on its build."
    names = BUILDS[family][2]
    mine = (a for a in ATTACKS if a.family == family and TARGETS[a.target][0] == assignment and a.name not in WITHOUT_CONTROL)
    return [a for a in mine if names is None or a.name in names]


def _alone(family: str, attack: Attack) -> Attack:
    "The wrong answer without a trick, for the assignment of this attack; where texts are looked for, one that makes no test fail."
    if TARGETS[attack.target][0] == LOSS: return Attack(family, PLAIN_WRONG, WRONG)
    return Attack(family, PLAIN_WRONG, HONEST["double"] if family == PLAIN else attack.without, target=attack.target)


def _try_marker(root: Path, marker, assignment: str, families: list[str], found: dict[str, dict[str, bool]]):
    "Mark the attacks of these families; before each family, if its build has not yet, the wrong answer without a trick."
    def tried(succeeded: Callable, attack: Attack) -> bool:
        student = f"control_{''.join(filter(str.isalnum, attack.family + attack.name))}"
        hand_in_attack(root, student, attack)
        return succeeded(marker.mark(student, root / "submitted" / student / assignment), attack, marker)
    alone = {}
    for family in families:
        succeeded, attacks = BUILDS[family][1], _wanted(family, assignment)
        if not found[family]:
            if succeeded not in alone: alone[succeeded] = tried(succeeded, _alone(family, attacks[0]))
            found[family][PLAIN_WRONG] = alone[succeeded]
        for attack in attacks: found[family][attack.name] = tried(succeeded, attack)


def try_build(root: Path, weaken: Callable) -> dict[str, dict[str, bool]]:
    "For each family that belongs to a weakened build, and each of its attacks, whether it succeeds there."
    from course_lib.grading.marker import Marker
    found = {family: {} for family, build in BUILDS.items() if build[0] is weaken}
    for assignment in dict.fromkeys(TARGETS[a.target][0] for a in ATTACKS):
        families = [family for family in found if _wanted(family, assignment)]
        if not families: continue
        with pytest.MonkeyPatch.context() as patch:
            weaken(patch)
            marker = Marker(STARTS[assignment])
            try:
                if assignment == LOSS and weaken in WITH_ACCOMPLICE:
                    for student in ("aab_leaves0", "aaa_honest"): marker.mark(student, root / "submitted" / student / LOSS)
                _try_marker(root, marker, assignment, families, found)
            finally: marker.sandbox.close()
    return found


def pages_of_nbconvert(root: Path) -> dict[str, bool]:
    "Whether the page that nbconvert makes by itself of a graded notebook does something."
    import nbformat
    from nbconvert import HTMLExporter
    found = {}
    for attack in (a for a in ATTACKS if a.name in ("scripts in markdown and outputs", "a page beside the notebook")):
        graded = nbformat.read(root / "autograded" / NAMES[attack] / LOSS / f"{LOSS}.ipynb", 4)
        found[attack.name] = bool(harmful(HTMLExporter(template_name="classic").from_notebook_node(graded)[0]))
    return found


def uncut_texts() -> dict[str, bool]:
    "Whether an error is as long as its author wants it, where nothing is cut when it is received."
    from course_lib.sandbox import wire
    from course_lib.sandbox.jobs import Job, Sandbox
    attack = next(a for a in ATTACKS if a.name == "an error of 4 MB with the right secret")
    with pytest.MonkeyPatch.context() as patch, Sandbox() as box:
        patch.setattr(wire, "said", lambda text, limit=0: text)
        errors = box.run([attack.code], [Job("mnist_loss", [{"probe": "call", "inputs": {}}])])
    return {attack.name: any(len(e.message) > 10 ** 6 for e in errors.values())}


def controls(root: Path) -> dict[str, dict[str, bool]]:
    "What succeeds on each weakened build, by family; and under PLAIN_WRONG for each family whether the wrong answer alone does."
    found, alone = {}, {}
    for weaken in dict.fromkeys(build[0] for build in BUILDS.values()): found |= try_build(root, weaken)
    found[FILES] = starts_in_its_folder(root)
    for family, attacks in found.items():
        if PLAIN_WRONG in attacks: alone[family] = attacks.pop(PLAIN_WRONG)
    return {**found, BROWSER: pages_of_nbconvert(root), BUDGET: uncut_texts(), PLAIN_WRONG: alone}
