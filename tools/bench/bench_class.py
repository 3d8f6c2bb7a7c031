"""Figures of a large class: on two workers of a cluster here, with machines that are killed, against one machine, in PostgreSQL. `CLASS=30` makes it small."""
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
import json, re, sys, time
from course_lib.grading.course import grade
from course_lib.grading.writing import Entries
name, root, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])

def entering(self, student, *what, enter=Entries.enter):
    with open(f"{root}/entered", "a") as file: file.write(student + "\\n")
    return enter(self, student, *what)

Entries.enter = entering
if __name__ == "__main__":
    started = time.perf_counter()
    try: grade(name, root, quiet=True, short=True, **options)
    except ValueError as error: print(error, file=sys.stderr)
    print(json.dumps({"seconds": time.perf_counter() - started, "MB": int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024,
                      "own": time.process_time()}))
"""


class School:
    "A course with generated submissions, each with the points that it must get (None: it must get none)."

    def __init__(self, root: Path, count: int, settings=SETTINGS):
        made = _thousand(count)
        self.root, self.expected = make_course(root, source_notebook(), settings=settings), {}
        nb = released(self.root)
        for i, (answers, points) in enumerate(made):
            submit(self.root, f"s{i:05}", with_answers(nb, **answers))
            self.expected[f"s{i:05}"] = points
        (self.root / "grade.py").write_text(GRADE)

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
    taken = {}
    for size in (max(count // 10, 10), count):
        school = School(folder / f"class{size}", size)
        taken[size] = school.grade(cluster="local:2")
        if size == count: yield from told(f"{count} submissions, local:2", school.faults())
    few, many = taken.values()
    yield f"time for a submission, of {count} against of {count // 10}", many["seconds"] / count / (few["seconds"] / max(count // 10, 10)), 1.05
    yield f"peak memory of the grading process, of {count} against of {count // 10}", many["MB"] / few["MB"], 1.1
    yield "MB of the grading process", many["MB"], None
    yield "processor milliseconds of the grading process for a submission, the scheduler in it", 1000 * many["own"] / count, None


def with_kills(folder: Path, count: int):
    "A worker is killed after every 500 that are entered and another started; in the middle the scheduler is."
    from machines import Machines
    (folder / "machines").mkdir()
    machines, school, every = Machines(folder / "machines"), School(folder / "killed", count), max(count // 20, 5)
    scheduler = machines.scheduler()
    workers = [machines.worker(), machines.worker()]
    with open(school.root / "settings.ini", "a") as file: file.write(f"[cluster]\naddress = {machines.address}\n{machines.settings}")
    kills, runs, grading = 0, 1, school.begin()
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
            taken[how].append(school.grade(**options)["seconds"])
    yield f"{count} submissions: local:2 against --workers 2", min(taken["cluster"]) / min(taken["workers"]), 1.10


def in_postgres(folder: Path, count: int):
    "The same class into SQLite and into a PostgreSQL server; nothing where there is none."
    from postgres import MISSING, running_server
    if MISSING: return
    with running_server() as server:
        taken = {}
        for name, url in (("postgresql", server.url("school")), ("sqlite", "sqlite:///gradebook.db")):
            taken[name] = School(folder / name, count, SETTINGS + f"[gradebook]\nurl = {url}\n").grade(workers=2)["seconds"]
    yield f"{count} submissions: PostgreSQL against SQLite", taken["postgresql"] / taken["sqlite"], 1.15


SIMULATED = """
import json, os, sys, tempfile, time
from pathlib import Path
from distributed import LocalCluster
from course_lib.grading import cluster, cluster_worker
from course_lib.grading.parallel import Job
from course_lib.settings import Settings
START = {"sandbox": "none", "release": {"x": [{"name": "check"}]}, "limits": {"seconds": 9}, "hidden": []}
workers, count, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])

class Sleeper:
    def __init__(self, *start): pass
    def mark(self, student, folder, only):
        time.sleep(seconds)
        return {"x": {"notebook": {"cells": "x" * 10_000}, "verdicts": {}, "notes": [], "readable": True, "texts": {}}}
    def close(self): pass

cluster_worker.MarkerProcess = Sleeper
with tempfile.TemporaryDirectory() as place, LocalCluster(n_workers=workers, threads_per_worker=1, processes=False, protocol="tcp://", host="127.0.0.1", dashboard_address="127.0.0.1:0") as here:
    folder = Path(place) / "submission"
    folder.mkdir()
    (folder / "x.ipynb").write_bytes(os.urandom(8000))
    kit, ready = cluster_worker.make_kit(START, folder, folder, ""), []
    for _ in cluster.marked_there(here.scheduler_address, Settings(), kit, START, [Job(f"s{i}", folder) for i in range(count)]): ready.append(time.perf_counter())
print(json.dumps((ready[-1] - ready[2 * workers]) / (count - 2 * workers - 1)))  # when all are at work
"""


def simulated(count: int, seconds=0.1):
    "Marking replaced by a sleep: what is left is Dask's, and what stands before the gradebook. All of it is in one process here."
    each = {n: float(subprocess.run([sys.executable, "-c", SIMULATED, str(n), str(max(count // 10, 30) if n == 1 else count), str(seconds)], stdout=subprocess.PIPE, check=True, text=True).stdout)
            for n in (1, 8, 32)}
    yield f"simulated, {seconds:g} s a submission: 1 over the speed-up at 8 workers", each[8] / each[1], 1 / 7
    yield f"simulated, {seconds:g} s a submission: 1 over the speed-up at 32 workers", each[32] / each[1], 1 / 28


def rows(count=COUNT, short=False):
    "The rows for tools/bench/bench.py; in the short form a few submissions on two workers."
    if short:
        with tempfile.TemporaryDirectory() as folder: yield from on_two(Path(folder), 6)
        return
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        yield from simulated(max(min(count, 1000), 100))
        yield from on_two(place, count)
        yield from with_kills(place, count)
        yield from against_one_machine(place, max(count // 10, 20))
        yield from in_postgres(place, max(count // 10, 20))
