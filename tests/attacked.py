"""All attacks as one class, graded once by whoever runs this: `main` writes what came of it to found.json.

`as_account` runs it in a mount namespace of its own, in which the exchange's usual place exists and holds a classmate's solution, as root or as an ordinary
user; the machine's own exchange stays untouched.
"""
import ctypes
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from attacks import ATTACKS, BROWSER, BUDGET, HIDDEN_WORD, HONEST, JUDGED, LEAVES, LOSS, OWN, PLAIN, QUESTIONS, SIGMOID, SOLVED, TARGETS, Attack
from course_dir import _cell, marks, notebook, released, source_notebook, with_answers

SECONDS = 9                       # for one submission's code; all other limits are the default ones
EXCHANGE = Path("/usr/local/share/nbgrader/exchange")
ASSIGNMENTS = LOSS, JUDGED, OWN, QUESTIONS
HONEST_STUDENTS = "aaa_honest", "zzz_honest"
STARTS: dict[str, dict] = {}      # what the markers were told of each assignment
NAMES = {a: f"attack{i:03}" for i, a in enumerate(ATTACKS)}


def _plain_controls() -> dict[str, tuple[str, str]]:
    "For each wrong answer without a trick a student: the target and the code."
    distinct = dict.fromkeys((a.target, a.without) for a in ATTACKS)
    return {f"plain{i:02}": pair for i, pair in enumerate(distinct)}


PLAIN_STUDENTS = _plain_controls()


def student_without(attack: Attack) -> str:
    "The student who hands in the same answer without the trick."
    return next(name for name, pair in PLAIN_STUDENTS.items() if pair == (attack.target, attack.without))


def _solution(source, name): return _cell(f"### BEGIN SOLUTION\n{source}\n### END SOLUTION", name)


def judged_notebook():
    "Exercises for those who try the judges, a part of a check each."
    cells = [_cell("import torch\nfrom course_lib.exercises.checking import check")]
    for name in ("sigmoid", "DataLoader", "Linear", "ReLU"):
        call = 'check("DataLoader", "shuffle")' if name == "DataLoader" else f'check("{name}")'
        cells += [_solution(HONEST[name], name), _cell(call, f"check-{name}", 4), *([_cell('check("sigmoid", "gradients")', "check-gradients", 1)] if name == "sigmoid" else [])]
    return notebook(*cells)


def own_notebook():
    "An instructor's own cells, one of them with a hidden test."
    hidden = f"assert double(1) == 2\n### BEGIN HIDDEN TESTS\nassert double(21) == 42, '{HIDDEN_WORD}'\n### END HIDDEN TESTS"
    return notebook(_cell("import math"), _solution(HONEST["double"], "double"), _cell("assert double(2) == 4", "test-double", 2), _cell(hidden, "test-hidden", 2))


def make_class(root: Path):
    "The course with its assignments, released, under the limits that a course has by default, but for the seconds."
    from nbgrader.apps import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory

    from course_lib.grading.course import course_config, init_course
    from course_lib.questionnaire.assignment.release import release_all
    init_course(root)
    text = (root / "settings.ini").read_text()
    text = re.sub(r"(?m)^seconds *=.*$", f"seconds = {SECONDS}", text) if re.search(r"(?m)^seconds *=", text) else text + f"\n[grading]\nseconds = {SECONDS}\n"
    (root / "settings.ini").write_text(text)
    for name, nb in ((LOSS, source_notebook()), (JUDGED, judged_notebook()), (OWN, own_notebook())):
        shutil.rmtree(root / "source" / name, ignore_errors=True)
        (root / "source" / name).mkdir()
        (root / "source" / name / f"{name}.ipynb").write_text(json.dumps(nb))
    release_all(root)
    config = course_config(root)
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    for name in ASSIGNMENTS:
        made = api.generate_assignment(name)
        assert made["success"], made
    return api


# ---- handing in

def hand_in(root: Path, student: str, assignment: str, nb: dict, files=()):
    "As `submit`, also where the folders are deeper than Python's own functions go."
    folder = root / "submitted" / student / assignment
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{assignment}.ipynb").write_text(json.dumps(nb))
    for name, text in files:
        here = os.open(folder, os.O_PATH)
        *above, last = name.split("/")
        for part in above:
            try: os.mkdir(part, dir_fd=here)
            except FileExistsError: pass
            here, old = os.open(part, os.O_PATH, dir_fd=here), here
            os.close(old)
        with open(os.open(last, os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=here), "w") as file: file.write(text)
        os.close(here)


def answered(root: Path, target: str, code: str) -> dict:
    "The release with this code for the target, and honest code for all else that is needed."
    assignment, cell, _ = TARGETS[target]
    nb = released(root, assignment)
    return with_answers(nb, **({"sigmoid": SIGMOID} if assignment == LOSS else {}), **({cell: code} if cell else {}))


def honest(root: Path, assignment: str) -> dict:
    "The release with right answers."
    return with_answers(released(root, assignment), **HONEST)


def hand_in_attack(root: Path, student: str, attack: Attack):
    "What the attacker hands in."
    hand_in(root, student, TARGETS[attack.target][0], attack.edit(answered(root, attack.target, attack.code)), attack.files)


def hand_in_accomplice(root: Path, student: str):
    "A right classmate, who leaves the solution wherever something could be left."
    nb = honest(root, LOSS)
    nb["cells"].append(_cell(LEAVES))
    hand_in(root, student, LOSS, nb)


def hand_in_class(root: Path):
    "The accomplices first, for both markers; then everybody, and an honest student at either end."
    for i in range(2): hand_in_accomplice(root, f"aab_leaves{i}")
    for attack in ATTACKS: hand_in_attack(root, NAMES[attack], attack)
    for student, (target, code) in PLAIN_STUDENTS.items():
        files = [("answers.json", '{"answers": {"mb-10": {"response": "(x - y).abs().mean()"}}}')] if target == "question" else []
        hand_in(root, student, TARGETS[target][0], answered(root, target, code), files)
    right = [("answers.json", '{"answers": {"mb-10": {"response": "((x - y) ** 2).mean().sqrt()"}}}')]
    for student in HONEST_STUDENTS:
        for assignment in ASSIGNMENTS: hand_in(root, student, assignment, honest(root, assignment), right if assignment == QUESTIONS else [])


# ---- grading, and looking at what came of it

def state(root: Path) -> dict:
    "What no submission may change: the course, and this machine's devices."
    files = [p for folder in ("source", "release") for p in (root / folder).rglob("*") if p.is_file()] + [root / "nbgrader_config.py", root / "settings.ini"]
    found = {str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
    for name in ("null", "zero", "full", "random", "urandom"):
        at = os.stat(f"/dev/{name}")
        found[name] = [at.st_mtime_ns, at.st_mode]
    found["submitted"] = hashlib.sha256("".join(sorted(f"{p.name} {p.stat().st_size}" for p in (root / "submitted").glob("*/*/*") if p.is_file())).encode()).hexdigest()
    return found


def with_rights_of_others(root: Path) -> list[str]:
    "Files below the course and the folders for temporary ones that would run as somebody else."
    command = ["find", str(root), "/dev/shm", "/var/tmp", tempfile.gettempdir(), "-xdev", "-newer", str(root / "nbgrader_config.py"), "-perm", "/6000", "-type", "f", "-user", str(os.getuid())]
    return subprocess.run(command, capture_output=True, text=True).stdout.split()


def grade_class(root: Path) -> dict:
    "Grade the assignments; for each submission what stands, and when it stood."
    from course_lib.grading import autograde
    from course_lib.grading.course import grade
    told, done, boxes = [], autograde.CourseAutograde.done, autograde.CourseAutograde.boxes

    def started(self, submissions, start):
        found = boxes(self, submissions, start)
        STARTS[start["assignment"]] = found[0].message
        return found

    def noted(self, outcome, of):
        told.append((time.monotonic(), outcome.student))
        done(self, outcome, of)
    autograde.CourseAutograde.done, autograde.CourseAutograde.boxes = noted, started
    found = {}
    for assignment in ASSIGNMENTS:
        told.append((time.monotonic(), ""))
        outcomes = {o.student: o for o in grade(assignment, root, workers=2 if assignment == LOSS else 1, quiet=True)}
        points = marks(root, assignment)
        for student, outcome in outcomes.items():
            verdicts = {cell: {"status": v.status, "text": str(v)} for one in outcome.verdicts.values() for cell, v in one.items()}
            found[f"{assignment} {student}"] = {"failed": outcome.failed, "score": outcome.score, "max": outcome.max_score, "verdicts": verdicts, "points": points.get(student, {}), "notes": outcome.notes}
    waits = [(later - earlier, student) for (earlier, _), (later, student) in pairwise(told) if student]
    return {"students": found, "longest": max(waits), "seconds": told[-1][0] - told[0][0]}


PAGES = {True: (BROWSER, PLAIN, BUDGET), False: (BROWSER,)}  # families whose pages are made where the controls are tried, and where they are not


def pages(root: Path, api, families: tuple[str, ...]) -> dict:
    "The feedback of those who write for other people's browsers, or want to stop it, with the seconds that each page took."
    found = {}
    for assignment in ASSIGNMENTS:
        wanted = [NAMES[a] for a in ATTACKS if a.family in families and TARGETS[a.target][0] == assignment]
        if not wanted: continue
        everybody, began = sorted(p.parent.name for p in root.glob(f"autograded/*/{assignment}")), time.time()
        api.coursedir.student_id_exclude = ",".join(s for s in everybody if s not in wanted)
        log = api.generate_feedback(assignment).get("log", "")
        for student in wanted:
            page = root / "feedback" / student / assignment / f"{assignment}.html"
            made = page.stat().st_mtime if page.exists() else began
            found[student] = {"made": made, "page": page.read_text() if page.exists() else "", "log": log[-500:]}
        times = sorted([began, *(found[s]["made"] for s in wanted)])
        for student in wanted: found[student]["seconds"] = found[student]["made"] - max([t for t in times if t < found[student]["made"]], default=began)
    api.coursedir.student_id_exclude = ""
    return found


def harmful(page: str) -> list:
    "What a browser would run or fetch, or what could lie over the page, below the part that shows the submission."
    import lxml.html
    shown = lxml.html.fromstring(page).get_element_by_id("notebook-container")
    remote = re.compile(r"(javascript|vbscript|data|https?|/)", re.IGNORECASE)
    found = [(e.tag, name, value) for e in shown.iter("*") if isinstance(e.tag, str) for name, value in e.attrib.items()
             if name.startswith("on") or re.match(r"(javascript|vbscript|data:(?!image/(png|jpeg|gif);base64,))", re.sub(r"[\x00-\x20]", "", value), re.IGNORECASE)]
    found += [(e.tag, e.get("src")) for e in shown.iter("img", "iframe", "embed", "object", "script", "link") if e.tag != "img" or (remote.match(e.get("src") or "") and not (e.get("src") or "").startswith("data:image/"))]
    return found + [(e.tag, dict(e.attrib)) for math in shown.iter("math") for e in math.iter("*") if {"href", "style", "class", "src"} & set(e.attrib)]


def processes_left(before: set[int]) -> list[str]:
    "What of a sandbox still runs."
    import psutil

    def command(p: psutil.Process) -> str:
        try: return " ".join(p.cmdline())
        except psutil.Error: return ""  # it has just ended, or is another's

    orphans = [p for p in psutil.process_iter(["ppid"]) if p.pid not in before and p.info["ppid"] == 1]
    told = [command(p) for p in (*psutil.Process().children(recursive=True), *orphans)]
    return [text[:200] for text in told if re.search(r"['\"]/course['\"]", text)]


_LIBC, _KEYCTL, _ADD_KEY = ctypes.CDLL(None), *{"x86_64": (250, 248), "aarch64": (219, 217)}.get(os.uname().machine, (0, 0))


def log_in():
    "A session keyring with a key in it, as after a login."
    if _KEYCTL and _LIBC.syscall(_KEYCTL, 1, None) > 0: _LIBC.syscall(_ADD_KEY, b"user", b"left", SOLVED.encode(), len(SOLVED), -3)


def key_is_there() -> bool:
    "Whether that key can be found."
    return bool(_KEYCTL) and _LIBC.syscall(_KEYCTL, 10, -3, b"user", b"left", 0) > 0


def main(folder: Path):
    "Grade the class in this folder, and write down what came of it."
    import psutil
    log_in()
    root, key, controlled = folder / "course", key_is_there(), "--controls" in sys.argv
    api = make_class(root)
    hand_in_class(root)
    os.environ["SECRET_OF_THE_INSTRUCTOR"] = "not-for-students"
    before, running = state(root), {p.pid for p in psutil.process_iter()}
    found = grade_class(root)
    found["left"] = processes_left(running)
    found["pages"] = pages(root, api, PAGES[controlled])
    found["changed"] = sorted(k for k, v in state(root).items() if before.get(k) != v) + with_rights_of_others(root) + ["the keyring"] * (key_is_there() != key)
    found["keyring"] = key
    found["largest"] = max((p.stat().st_size, str(p.relative_to(root))) for d in ("autograded", "feedback", "verdicts") for p in (root / d).rglob("*") if p.is_file())
    if controlled:
        from weakened import controls
        found["controls"] = controls(root)
    (folder / "found.json").write_text(json.dumps(found))


# ---- as root, and as an ordinary user

def _usual_exchange(folder: Path, uid: int) -> list[str]:
    "Shell commands that put an exchange with a right solution into its usual place; in a mount namespace."
    inbound = EXCHANGE / "any" / "inbound" / f"zoe+{LOSS}+2026-11-24 10:00:00.000000 UTC+x"
    share, kept = EXCHANGE.parents[1], shlex.quote(str(folder / "share"))
    return [f"mkdir -p {kept}; mount --rbind {share} {kept}; mount -t tmpfs -o mode=755 none {share}",
            f'for old in {kept}/*; do [ -d "$old" ] && mkdir {share}/$(basename "$old") && mount --rbind "$old" {share}/$(basename "$old"); done || true',
            f"mkdir -p {EXCHANGE.parent}; mount -t tmpfs -o mode=755 none {EXCHANGE.parent}",
            f"install -d -m 1777 {EXCHANGE}; mkdir -p {shlex.quote(str(inbound))}; cp {shlex.quote(str(folder / 'solution.ipynb'))} {shlex.quote(str(inbound))}/{LOSS}.ipynb",
            f"chown -R {uid} {EXCHANGE}/any; ls {shlex.quote(str(inbound))}/{LOSS}.ipynb > {shlex.quote(str(folder / 'exchange.txt'))}"]


_RUN = "import sys, pathlib, attacked; attacked.main(pathlib.Path(sys.argv[1]))"  # under its own name, which `weakened` imports as well


@contextmanager
def as_account(uid: int):
    "What the account of this number finds."
    from hub import opening
    folder = Path(tempfile.mkdtemp(prefix="attacked-"))
    here = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (here.parent, here, here.parent / "tools"))), "OMP_NUM_THREADS": "1", "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    run = [sys.executable, "-c", _RUN, str(folder), *(["--controls"] if uid == os.getuid() else [])]  # once: by the account that runs this
    try:
        if os.getuid() == 0:
            (folder / "solution.ipynb").write_text(json.dumps(with_answers(source_notebook(), **HONEST)))
            folder.chmod(0o755)
            (home := folder / "home").mkdir(mode=0o700)
            if uid:
                environment |= {"HOME": str(home), "USER": "grader", "LOGNAME": "grader"}
                run = ["setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", *run]
                for path in (folder, home): os.chown(path, uid, uid)
            paths = [Path(p).resolve() for p in (sys.base_prefix, sys.prefix, here.parent, folder)]
            script = "\n".join(["set -e", *_usual_exchange(folder, uid), *([opening(paths, folder / "kept")] if uid else []), "cd " + shlex.quote(str(folder)), "exec " + shlex.join(run)])
            run = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script]
        done = subprocess.run(run, env=environment, cwd=folder, capture_output=True, text=True, timeout=1500)
        if done.returncode: raise RuntimeError(done.stderr[-3000:])
        yield json.loads((folder / "found.json").read_text())
    finally: subprocess.run(["rm", "-rf", str(folder)])
