"""Builds on which the attacks succeed: the control without which a test of an attack could not fail.

Each weakens the grader in one place, in this process and in the sandbox that it starts, has a few attacks marked, and says which of them came through.
"""
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from attacked import EXCHANGE, NAMES, STARTS, hand_in_attack, harmful
from attacks import ATTACKS, BROWSER, BUDGET, CHANNELS, FORBIDDEN, FRAMES, HIDDEN_WORD, JUDGES, KEYRING, LOSS, MEMORY, PLAIN, READY_MADE, TARGETS, Attack
from attacks import EXCHANGE as EXCHANGES

# What the sandbox's process runs before it begins to serve.
KEEPS_ALL = """
import os, struct, sys
from course_lib.grading import guard, worker
KEPT = []
def serve(isolated, again):
    "The old way: whoever is forked from reads the requests and passes the answers on."
    while True:
        size, room = struct.unpack("<QQ", guard._read(16))
        body = guard._read(size)
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
from course_lib.grading import guard
guard.make_world = lambda again: None
guard.settle = lambda: None
"""
ALL_CALLS = """
from course_lib.grading import guard, isolation
guard.forbid_system_calls = lambda: None
isolation._KEYCTL = {}
"""


def weak_worker(patch: pytest.MonkeyPatch, code: str):
    "Run this in the sandbox's process before it serves."
    from course_lib.grading import shelter
    start = shelter._START.replace("from course_lib.grading.worker import main;", "exec(" + repr(code).replace("{", "{{").replace("}", "}}") + ", dict()); from course_lib.grading.worker import main;")
    assert start != shelter._START, "the sandbox starts in another way than this weakening knows"
    patch.setattr(shelter, "_START", start)


def same_for_all(patch: pytest.MonkeyPatch):
    "The same inputs, order, names of cases and secret for every submission."
    from course_lib.grading import marking, sandbox
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
    from course_lib.grading import shelter
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
    from course_lib.exercises import compare, dataloader, neural_net
    from course_lib.grading import marking

    def numbers(expected, got):
        coarse = got.dtype if got.is_floating_point() else expected.dtype
        rtol, atol = compare._TOLERANCE.get(coarse, (0, 0))
        return None if got.shape == expected.shape and not ((got.double() - expected.double()).abs() > atol + rtol * expected.double().abs()).any() else "differs"
    patch.setattr(compare, "_numbers", numbers)
    patch.setattr(neural_net, "_numbers_of_layers", lambda *a: None)
    patch.setattr(neural_net, "_beginning", lambda biases: "too large" if biases.abs().max() > 1 else None)
    patch.setattr(dataloader, "_wrapping", lambda case, expected, got: None if isinstance(got, dict) else "nothing")
    patch.setattr(dataloader, "zip", lambda *a, strict=False: zip(*a), raising=False)
    patch.setattr(marking, "seed_of", lambda run, student: 7)
    blind(patch)


def blind(patch):
    "Nobody asks what was used."
    from course_lib.grading import marking
    patch.setattr(marking, "judge_use", lambda *a, **k: ([], []))


def shows_hidden_tests(patch):
    "The run whose outputs are shown has the hidden tests in it."
    from course_lib.grading import plain_cells
    patch.setattr(plain_cells, "without_hidden", lambda source: source)


def gained(marked: dict, attack: Attack) -> bool:
    "Whether the answer was taken for right."
    cell = TARGETS[attack.target][2][0]
    return any(one["verdicts"][cell]["status"] in ("right", "review") for one in marked.values() if cell in one["verdicts"])


def shows_the_word(marked: dict, attack: Attack) -> bool:
    "Whether the hidden test's text stands in what is shown, outside its own cell."
    return any(HIDDEN_WORD in json.dumps(cell.get("outputs", [])) for one in marked.values() for cell in one["notebook"]["cells"])


# family: how it is weakened, what counts as success, and the names of the attacks that must succeed there (None: all)
WITHOUT_CONTROL = {"a compiled function"}  # torch compiles nothing while the record is on, so it stops there as well
BUILDS: dict[str, tuple[Callable, Callable, tuple[str, ...] | None]] = {
    MEMORY: (keeps_all, gained, None), EXCHANGES: (shows_the_exchange, gained, ("the exchange in its usual place",)), KEYRING: (allows_all_calls, gained, None),
    CHANNELS: (one_world, gained, ("files in every folder", "ports that were used", "a socket of a process that stays")),
    JUDGES: (lenient_judges, gained, ("one pass instead of three", "biases that are no numbers", "a coarser kind of number", "the answers of another drawing")),
    FORBIDDEN: (blind, gained, None), READY_MADE: (blind, gained, None), FRAMES: (blind, gained, ("right answers by torch's function",)),
    PLAIN: (shows_hidden_tests, shows_the_word, ("hidden tests kept and printed",))}


CONTROLLED = (*BUILDS, BROWSER, BUDGET)


def try_build(root: Path, family: str) -> dict[str, bool]:
    "For each attack of the family whether it succeeds on the weakened build; an accomplice is marked first."
    from course_lib.grading.marker import Marker
    weaken, succeeded, names = BUILDS[family]
    attacks, found = [a for a in ATTACKS if a.family == family and a.name not in WITHOUT_CONTROL and (names is None or a.name in names)], {}
    for assignment in dict.fromkeys(TARGETS[a.target][0] for a in attacks):
        with pytest.MonkeyPatch.context() as patch:
            weaken(patch)
            marker = Marker(STARTS[assignment])
            try:
                if assignment == LOSS:
                    for student in ("aab_leaves0", "aaa_honest"): marker.mark(student, root / "submitted" / student / LOSS)
                for attack in attacks:
                    if TARGETS[attack.target][0] != assignment: continue
                    student = f"control_{attacks.index(attack)}_{family.replace(' ', '_').replace(chr(39), '')}"
                    hand_in_attack(root, student, attack)
                    found[attack.name] = succeeded(marker.mark(student, root / "submitted" / student / assignment), attack)
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
    from course_lib.grading import wire
    from course_lib.grading.sandbox import Job, Sandbox
    attack = next(a for a in ATTACKS if a.name == "an error of 4 MB with the right secret")
    with pytest.MonkeyPatch.context() as patch, Sandbox() as box:
        patch.setattr(wire, "said", lambda text, limit=0: text)
        errors = box.run([attack.code], [Job("mnist_loss", [{"probe": "call", "inputs": {}}])])
    return {attack.name: any(len(e.message) > 10 ** 6 for e in errors.values())}


def controls(root: Path) -> dict[str, dict[str, bool]]:
    "What succeeds on each weakened build."
    return {**{family: try_build(root, family) for family in BUILDS}, BROWSER: pages_of_nbconvert(root), BUDGET: uncut_texts()}
