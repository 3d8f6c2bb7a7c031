"""Figures of a large class: on two workers of a cluster here, with machines that are killed, against one machine, in PostgreSQL, simulated.

`CLASS=30` makes it small. `PARTS="two kills"` measures only these parts, of which PARTS below has all. `PLACE=DIR` keeps the courses and the figures of each part in
a folder, so that a run that was ended goes on where it was: a part that is measured is not measured again, and a course that is made is not made again."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from bench_grading import NAME, _thousand
from course_dir import SETTINGS, make_course, marks, released, source_notebook, submit, with_answers

COUNT = int(os.environ.get("CLASS", 10_000))
# a grading in a process of its own: who was entered is written down, what it took is printed in the end
GRADE = """
import json, re, resource, sys, time
from course_lib.grading.course import grade
from course_lib.grading.writing import Entries
name, root, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])

def entering(self, ready, enter=Entries.enter):
    with open(f"{root}/entered", "a") as file: file.writelines(one.student + "\\n" for one in ready)
    return enter(self, ready)

Entries.enter = entering
if __name__ == "__main__":
    started = time.perf_counter()
    try: grade(name, root, quiet=True, short=True, **options)
    except ValueError as error: print(error, file=sys.stderr)
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps({"seconds": time.perf_counter() - started, "all": time.process_time() + others.ru_utime + others.ru_stime, "MB": int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024,
                      "own": time.process_time()}))
"""


class School:
    "A course with generated submissions, each with the points that it must get (None: it must get none)."

    def __init__(self, root: Path, count: int, settings=SETTINGS):
        self.root, self.expected = root, {f"s{i:05}": points for i, (_, points) in enumerate(_thousand(count))}
        if (root / "grade.py").exists(): return  # it was made before
        shutil.rmtree(root, ignore_errors=True)
        nb = released(make_course(root, source_notebook(), settings=settings))
        for i, (answers, _) in enumerate(_thousand(count)): submit(root, f"s{i:05}", with_answers(nb, **answers))
        (root / "grade.py").write_text(GRADE)

    def begin(self, **options) -> subprocess.Popen:
        "Start a grading."
        return subprocess.Popen([sys.executable, self.root / "grade.py", NAME, self.root, json.dumps(options)], stdout=subprocess.PIPE, text=True)

    def grade(self, **options) -> dict:
        "What a grading took."
        return json.loads(self.begin(**options).communicate()[0].splitlines()[-1])

    def entered(self) -> list[str]:
        file = self.root / "entered"
        return file.read_text().splitlines() if file.exists() else []

    def again(self):
        "As if nothing had been graded."
        for name in ("verdicts", "autograded"): shutil.rmtree(self.root / name, ignore_errors=True)
        (self.root / "entered").unlink(missing_ok=True)

    def faults(self) -> tuple[int, int, int]:
        "How many are lost, are marked otherwise than they were generated for, were entered more than once."
        found = marks(self.root)
        got = {student: sum(auto or 0 for auto, _, _ in cells.values()) for student, cells in found.items()}
        otherwise = sum(got[s] != points if points is not None else bool(found[s]["check-mnist_loss"][0]) for s, points in self.expected.items() if s in got)
        return len(self.expected.keys() - got.keys()), otherwise, sum(n > 1 for n in Counter(self.entered()).values())


def told(what: str, faults):
    for kind, number in zip(("lost", "marked otherwise", "entered twice"), faults, strict=True): yield f"{what}: {kind}", number, 0


def on_two(folder: Path, count: int):
    "`local:2`, and what ten times as many cost each."
    taken, less = {}, max(count // 10, 10)
    for size in (less, count):
        school, kept = School(folder / f"class{size}", size), folder / f"class{size}" / "taken.json"
        if not kept.exists(): kept.write_text(json.dumps(school.grade(cluster="local:2")))
        taken[size] = json.loads(kept.read_text())
        yield from told(f"{size} submissions, local:2", school.faults())
    few, many = taken.values()
    of = lambda what: many[what] / count / (few[what] / less)
    yield f"processor time for a submission, of all processes, of {count} against of {less}", of("all"), 1.05
    yield f"time for a submission, of {count} against of {less}", of("seconds"), None
    yield f"peak memory of the grading process, of {count} against of {less}", many["MB"] / few["MB"], 1.1
    yield "MB of the grading process", many["MB"], None
    for what, part in (("the grading process, the scheduler in it", "own"), ("all processes", "all")):
        yield f"processor milliseconds of {what}, for a submission of {count}", 1000 * many[part] / count, None


def with_kills(folder: Path, count: int):
    "A worker is killed after every 500 that are entered and another started; in the middle the scheduler is."
    from machines import Machines
    (folder / "machines").mkdir(exist_ok=True)
    machines, school, every = Machines(folder / "machines"), School(folder / "killed", count), max(count // 20, 5)
    scheduler = machines.scheduler()
    workers = [machines.worker(), machines.worker()]
    settings = (school.root / "settings.ini").read_text().partition("[cluster]")[0]
    (school.root / "settings.ini").write_text(f"{settings}[cluster]\naddress = {machines.address}\n{machines.settings}")
    kills, runs, grading = len(school.entered()) // every, 1, school.begin()
    try:
        while True:
            done = len(school.entered())
            if grading.poll() is not None:
                if done >= count or runs > 9: break
                runs, grading = runs + 1, school.begin()
            if done // every > kills:
                kills += 1
                if kills == 10:
                    scheduler.kill()
                    scheduler.wait()
                    scheduler, workers = machines.scheduler(machines.address.rpartition(":")[2]), []
                else: workers.pop(0).kill()
                while len(workers) < 2: workers.append(machines.worker())
            time.sleep(0.05)
    finally:
        machines.close()
        grading.kill()
    yield from told(f"{count} submissions, {kills} workers or schedulers killed, {runs} runs", school.faults())


def against_one_machine(folder: Path, count: int):
    "The same class with `--workers 2` and with `local:2`, each twice by turns."
    school, taken = School(folder / "both", count), {"cluster": [], "workers": []}
    for _ in range(2):
        for how, options in (("workers", {"workers": 2}), ("cluster", {"cluster": "local:2"})):
            school.again()
            taken[how].append(school.grade(**options))
    for what, part, limit in (("processor time", "all", 1.10), ("time", "seconds", None)):
        least = {how: min(one[part] for one in found) for how, found in taken.items()}
        yield f"{count} submissions, {what}: local:2 against --workers 2", least["cluster"] / least["workers"], limit


def in_postgres(folder: Path, count: int):
    "The same class into SQLite and into a PostgreSQL server; nothing where there is none."
    from postgres import MISSING, running_server
    if MISSING: return
    with running_server() as server:
        taken = {}
        for name, url in (("postgresql", server.url("school")), ("sqlite", "sqlite:///gradebook.db")):
            taken[name] = School(folder / name, count, SETTINGS + f"[gradebook]\nurl = {url}\n").grade(workers=2)
    for what, part, limit in (("time", "seconds", 1.15), ("processor time, without the server's", "all", None)):
        yield f"{count} submissions, {what}: PostgreSQL against SQLite", taken["postgresql"][part] / taken["sqlite"][part], limit


# the scheduler and the workers, all in one process: each submission is a sleep, and its marks are those of one that was marked before
SLEEPERS = """
import dask, json, sys, time
from distributed import LocalCluster
from course_lib.grading import cluster_worker
workers, seconds, marks = int(sys.argv[1]), float(sys.argv[2]), json.loads(open(sys.argv[3]).read())

class Sleeper:
    def __init__(self, *start): pass
    def start(self): pass
    def mark(self, student, folder, only):
        time.sleep(seconds)
        return marks
    def close(self): pass

cluster_worker.MarkerProcess = Sleeper
cluster_worker.able = lambda *asked: ""
# what a worker does for itself it does on a machine of its own, and not on this one
quiet = {"distributed.admin.system-monitor.interval": "1h", "distributed.worker.profile.enabled": False}
with dask.config.set(quiet), LocalCluster(n_workers=workers, threads_per_worker=1, processes=False, protocol="tcp://", host="127.0.0.1",
                                          dashboard_address="127.0.0.1:0", memory_limit=0) as here:
    print(here.scheduler_address, flush=True)
    sys.stdin.read()
"""
# the grading process: with the gradebook, or only as far as the marks have come
SIMULATED = """
import json, sys, time
from course_lib.grading import cluster
from course_lib.grading.course import grade
from course_lib.grading.records import Outcome
from course_lib.grading.writing import Entries
name, root, address, whole = *sys.argv[1:4], sys.argv[4] == "whole"
ready, enter = [], Entries.enter

def entering(self, some):
    told = enter(self, some) if whole else [Outcome(one.student) for one in some]
    ready.append((len(some), time.perf_counter(), time.process_time()))
    return told

Entries.enter = entering
grade(name, root, quiet=True, short=True, force=True, cluster=address)
(_, *first), (_, *last) = ready[0], ready[-1]  # from the first batch on, when all are at work
print(json.dumps([(b - a) / sum(count for count, *_ in ready[1:]) for a, b in zip(first, last)]))
"""


def _marking(folder: Path) -> tuple[float, dict]:
    "Seconds for marking a submission, and what is said of one. The lower quartile: on a busy machine most of them wait for the processor."
    from course_lib.grading import autograde
    from course_lib.grading.course import grade
    taken, said = [], []

    class Timed(autograde.MarkerProcess):
        def mark(self, *what):
            self.start()
            started = time.perf_counter()
            said.append(super().mark(*what))
            taken.append(time.perf_counter() - started)
            return said[-1]

    plain, autograde.MarkerProcess = autograde.MarkerProcess, Timed
    try: grade(NAME, School(folder / "marked", 40).root, quiet=True, workers=1, force=True)
    finally: autograde.MarkerProcess = plain
    return sorted(taken)[len(taken) // 4], said[0]


def simulated(folder: Path, count: int):
    "Marking replaced by a sleep of its measured length. The scheduler and the workers are in one process, the grading is in another, with the gradebook and without."
    seconds, said = _marking(folder)
    (folder / "said.json").write_text(json.dumps(said))
    yield "milliseconds for marking a submission, which the simulated ones sleep", 1000 * seconds, None
    taken = {}
    for workers in (1, 8, 32):
        school = School(folder / f"simulated{workers}", max(count * workers // 32, 80))
        command = [sys.executable, "-c", SLEEPERS, str(workers), str(seconds), str(folder / "said.json")]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sleepers:
            address = sleepers.stdout.readline().strip()
            for how in ("marks", "whole"):
                run = [sys.executable, "-c", SIMULATED, NAME, str(school.root), address, how]
                taken[how, workers] = json.loads(subprocess.run(run, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()[-1])
            sleepers.stdin.close()
    for how, told in (("marks", "until the marks are back"), ("whole", "with the gradebook")):
        for workers in (8, 32):
            what = f"simulated, {told}: 1 over the speed-up at {workers} workers, {count * workers // 32} submissions"
            yield what, taken[how, workers][0] / taken[how, 1][0], {8: None, 32: 1 / 28}[workers]
        yield f"processor milliseconds of the grading process for a submission at 32 workers, {told}", 1000 * taken[how, 32][1], None


PARTS = {
    "two": (on_two, COUNT), "kills": (with_kills, COUNT), "one": (against_one_machine, max(COUNT // 10, 20)),
    "postgres": (in_postgres, max(COUNT // 10, 20)), "simulated": (simulated, max(min(COUNT // 4, 2500), 320)),
}


def _part(name: str, place: Path):
    "The rows of a part: those that are known, or new ones, which are then known."
    file, (measure, count) = place / "figures.json", PARTS[name]
    known = json.loads(file.read_text()) if file.exists() else {}
    if name in known:
        yield from map(tuple, known[name])
        return
    found = []
    for row in measure(place, count):
        found.append(row)
        yield row
    file.write_text(json.dumps({**known, name: found}, indent=1))


def rows(short=False):
    "The rows for tools/bench/bench.py; in the short form a few submissions on two workers."
    with tempfile.TemporaryDirectory() as folder:
        if short:
            yield from on_two(Path(folder), 6)
            return
        place = Path(os.environ.get("PLACE", folder))
        place.mkdir(parents=True, exist_ok=True)
        for name in os.environ.get("PARTS", "").split() or PARTS: yield from _part(name, place)
