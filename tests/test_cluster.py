"""A class on a Dask cluster: the marks of one machine, whatever happens to the machines. Most of it with workers in this process; one test has real ones, and kills them."""
import json
import os
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from course_dir import NEEDS_SANDBOX, make_course, marks, released, source_notebook, submit, with_answers

pytest.importorskip("distributed", reason="pip install 'course_lib[cluster]'")
from distributed import Client, KilledWorker, LocalCluster, get_worker
from machines import Machines

from course_lib.cli import main
from course_lib.grading import cluster, cluster_worker, parallel
from course_lib.grading.course import grade
from course_lib.grading.marker_process import CannotMark, MarkerError
from course_lib.grading.parallel import Job
from course_lib.grading.writing import Entries
from course_lib.settings import Settings

NAME = "loss_functions"
SIGMOID = "def sigmoid(x): return 1 / (1 + torch.exp(-x))"
LOSS = "def mnist_loss(predictions, targets):\n    p = sigmoid(predictions)\n    return torch.where(targets == 1, 1 - p, p)"
CELL = {"name": "check", "grade": True}
START = {"sandbox": "none", "release": {NAME: [CELL]}, "limits": {"seconds": 5}, "hidden": []}


@pytest.fixture(scope="module")
def address():
    "Two workers in this process, at an address."
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=False, protocol="tcp://", host="127.0.0.1", dashboard_address="127.0.0.1:0") as here:
        yield here.scheduler_address


@pytest.fixture
def who(address):
    "The two workers' addresses."
    with Client(address, set_as_default=False) as client: return sorted(client.nthreads())


def marked(verdicts=("check",), **more):
    "An answer of a marker's."
    return {NAME: {"notebook": {}, "verdicts": {name: {} for name in verdicts}, "notes": [], "readable": True, "texts": {}, **more}}


class Box:
    "A marker that does what a test wants."
    do = staticmethod(lambda student: marked())

    def __init__(self, start, seconds): pass
    def start(self): pass
    def mark(self, student, folder, only): return Box.do(student)
    def close(self): pass


@pytest.fixture
def box(monkeypatch):
    monkeypatch.setattr(cluster_worker, "MarkerProcess", Box)
    yield lambda do: monkeypatch.setattr(Box, "do", staticmethod(do))


def jobs(folder: Path, count: int, size=10):
    folder.mkdir(exist_ok=True)
    for i in range(count):
        (folder / f"s{i:02}").mkdir()
        with open(folder / f"s{i:02}" / f"{NAME}.ipynb", "wb") as file: file.write(os.urandom(size))
    return [Job(f"s{i:02}", folder / f"s{i:02}") for i in range(count)]


def kit(tmp_path, start=START): return cluster_worker.make_kit(start, tmp_path / "course", tmp_path / "none", "")


def run(address, tmp_path, todo, warn=print): return (one for batch in cluster.marked_there(address, Settings(), kit(tmp_path), START, todo, warn) for one in batch)


def records(root):
    "What the records say, without the time."
    found = {file.stem: json.loads(file.read_text()) for file in (root / "verdicts" / NAME).glob("*.json")}
    for record in found.values(): record.pop("graded", None)
    return found


@pytest.fixture(scope="module")
def school(tmp_path_factory):
    "A class in which everything that can lie in a folder has been handed in."
    root = make_course(tmp_path_factory.mktemp("school") / "course", source_notebook())
    nb = released(root)
    for i in range(6): submit(root, f"s{i}", with_answers(nb, sigmoid=SIGMOID, mnist_loss=LOSS + (".mean()" if i % 2 else ".sum()")), files=[("data/é.csv", "1")])
    submit(root, "torn", json.dumps(nb)[:-20])
    submit(root, "renamed", with_answers(nb, sigmoid=SIGMOID))
    (root / "submitted/renamed" / NAME / f"{NAME}.ipynb").rename(root / "submitted/renamed" / NAME / "my work.ipynb")
    for name, make in (("link", lambda file: file.symlink_to("/etc/passwd")), ("pipe", os.mkfifo), ("folder", Path.mkdir), ("huge", lambda file: (file.touch(), os.truncate(file, 2 ** 27)))):
        (root / "submitted" / name / NAME).mkdir(parents=True)
        make(root / "submitted" / name / NAME / f"{NAME}.ipynb")
    return root


@NEEDS_SANDBOX
def test_the_marks_are_those_of_this_machine(school, address, near, near_marker, monkeypatch):
    "Bit for bit, for one seed: what a student reads, and what the records keep."
    grade(NAME, school, seed=7, quiet=True, workers=1)
    here, points = records(school), marks(school)
    monkeypatch.setattr(cluster_worker, "MarkerProcess", near_marker)
    outcomes = grade(NAME, school, seed=7, quiet=True, force=True, cluster=address)
    assert not any(o.failed for o in outcomes) and len(outcomes) == 12
    assert records(school) == here and marks(school) == points


@pytest.mark.parametrize("other, said", [({"course_lib": "0.0.9"}, "course_lib is 0.0.9 there and"), ({"torch": "2.0"}, "torch is 2.0 there and"), ({"the code that marks": "x"}, "the code that marks is x there"),
                                         (None, "students' code cannot be run there: no bubblewrap")])
def test_a_worker_that_would_mark_otherwise_is_refused(address, who, box, tmp_path, monkeypatch, other, said):
    "With both versions; the other workers mark. Where all are like it, nothing is marked."
    true, bad = cluster_worker.own_state(), {who[0]}
    odd = lambda: get_worker().address in bad
    if other: monkeypatch.setattr(cluster_worker, "own_state", lambda: {**true, **other} if odd() else true)
    else: monkeypatch.setattr(cluster_worker, "able", lambda *asked: said if odd() else "")
    monkeypatch.setattr(cluster, "own_state", lambda: true)
    monkeypatch.setattr(cluster, "able", cluster_worker.able)
    told, marking, todo = [], set(), jobs(tmp_path, 4)
    box(lambda student: marking.add(get_worker().address) or marked())
    assert len(list(run(address, tmp_path, todo, told.append))) == 4
    assert marking == {who[1]} and len(told) == 1 and who[0] in told[0] and said in told[0]
    bad.add(who[1])
    with pytest.raises(CannotMark, match="no worker of the cluster can mark") as error: list(run(address, tmp_path, todo, told.append))
    assert said in str(error.value)


def test_what_is_under_way_is_bounded(address, box, tmp_path, monkeypatch):
    "In number and in bytes: submissions of 50 MB each, of which four tasks may be under way by their number and two by their size; each has a task of its own."
    todo, most, several = jobs(tmp_path, 5, 50 * 2 ** 20), [], []
    monkeypatch.setattr(cluster, "ROOM", 90 * 2 ** 20)
    send = cluster._Run.send
    monkeypatch.setattr(cluster._Run, "send", lambda self, items: (send(self, items), most.append(len(self.sent)), several.append(len(items))))
    assert [name for name, _ in sorted(run(address, tmp_path, todo))] == [job.student for job in todo]
    assert max(most) == 2 and max(several) == 1
    most.clear()
    several.clear()
    monkeypatch.setattr(cluster, "SEVERAL", 3)
    asked, early = [], []
    monkeypatch.setattr(cluster._Run, "send", lambda self, items: (send(self, items), most.append(len(self.sent)), several.append(len(items)), early.append(len(asked) - sum(several))))
    list(run(address, tmp_path, (asked.append(job) or job for job in jobs(tmp_path / "small", 40))))
    assert set(early) == {0}, "none is read before its turn"
    assert max(most) == cluster.AHEAD * 2 and max(several) == 3 and sum(several) == 40
    assert several[:3] == [1, 1, 1], "how long one takes is not known before the first is back"


def test_a_slow_worker_keeps_little_from_the_others(address, who, box, tmp_path):
    by = dict.fromkeys(who, 0)

    def mark(student):
        by[get_worker().address] += 1
        time.sleep(0.8 if get_worker().address == who[0] else 0.01)
        return marked()

    box(mark)
    assert len(list(run(address, tmp_path, jobs(tmp_path, 20)))) == 20
    assert by[who[0]] <= 6 and sum(by.values()) == 20


def test_who_stops_leaves_nothing_behind(address, box, tmp_path):
    "Ctrl-C while the gradebook is written: what is under way is called back, the kits with the keys are gone."
    running = run(address, tmp_path, jobs(tmp_path, 9))
    assert len(next(running)) == 2
    kits = [kit.folder.name for kit in cluster_worker._SHELF.kits.values()]
    assert kits and all(map(os.path.isdir, kits))
    with pytest.raises(KeyboardInterrupt): running.throw(KeyboardInterrupt)
    with Client(address, set_as_default=False) as client:
        tasks = lambda: client.run_on_scheduler(lambda dask_scheduler: [key for key in dask_scheduler.tasks if str(key).startswith(("mark", "course"))])
        for _ in range(50):
            if not tasks(): break
            time.sleep(0.1)
        assert not tasks()
    assert not any(map(os.path.exists, kits))


@pytest.mark.parametrize("answer, said", [
    (marked(), ""), ({}, "is no marked submission"), ({"other": marked()[NAME]}, "is no marked"), (marked(["check", "mine"]), "is no marked"), (marked(notes="x"), "is no marked"),
    (marked(readable=1), "is no marked"), (MarkerError("it was given up"), "it was given up"), (ZeroDivisionError("oh"), "ZeroDivisionError: oh")])
def test_an_answer_is_looked_at_before_it_is_believed(address, box, tmp_path, answer, said):
    def mark(student):
        if isinstance(answer, Exception): raise answer
        return answer

    box(mark)
    (_, found), = run(address, tmp_path, jobs(tmp_path, 1))
    assert said in str(found) if said else found == marked()
    assert isinstance(found, MarkerError) == bool(said)


def mark_there_or_die(kit, name, here, batch, seconds):
    if any(student == "s05" for student, *_ in batch): raise ZeroDivisionError
    return cluster_worker.mark_there(kit, name, here, batch, seconds)


def test_a_submission_that_no_worker_survives_is_for_a_person(address, box, tmp_path, monkeypatch):
    "Those that travelled with it go out again, each alone, and are marked."
    box(lambda student: marked())
    monkeypatch.setattr(cluster, "mark_there", mark_there_or_die)
    ended, alone, send = cluster._ended, [], cluster._Run.send
    monkeypatch.setattr(cluster, "_ended", lambda error: ended(KilledWorker("mark", None, 4)))
    monkeypatch.setattr(cluster._Run, "several", lambda self: 4)
    monkeypatch.setattr(cluster._Run, "send", lambda self, items: (send(self, items), alone.extend(i.job.student for i in items if i.alone)))
    found = dict(run(address, tmp_path, jobs(tmp_path, 8)))
    assert "each worker that marked it died" in str(found.pop("s05")) and list(found.values()) == [marked()] * 7
    assert sorted(alone) == ["s04", "s05", "s06", "s07"]


class DyingMachine:
    "A cluster of one machine, which starts anew whenever the submission s05 is there; what was under way is gone with it."
    status, refused, all_refused = "running", {}, False

    def __init__(self): self.under_way, self.state, self.deaths, self.good = [], {}, 0, {"machine-0": 2}

    @property
    def there(self): return set(self.good)

    def submit(self, do, *args, **more):
        future = SimpleNamespace(key=f"task-{time.monotonic_ns()}", status="pending", cancel=lambda: None, release=lambda: None, students=[s for s, *_ in args[3]] if len(args) > 3 else [])
        future.add_done_callback = lambda tell: self.under_way.append((future, tell))
        return future

    def look(self, tell):
        "A second goes by."
        tasks, self.under_way = self.under_way, []
        if any("s05" in future.students for future, _ in tasks):
            self.deaths += 1
            self.good = {f"machine-{self.deaths}": 2}
        else:
            for future, done in tasks:
                said = {"answers": [{"marked": marked()} for _ in future.students], "seconds": 0.01}
                future.status, future.result = "finished", partial(bytes, json.dumps(said), "utf-8")
                done(future)

    def answered(self, future): return False


def test_a_submission_that_kills_the_only_machine_stops_nobody_else(tmp_path, monkeypatch):
    "Dask counts deaths for a task; where nobody is left to whom it was sent, it goes out as a new one, and nobody would count."
    monkeypatch.setattr(cluster, "LOOK", 0.001)
    machine = DyingMachine()
    going = cluster._Run(machine, b"", machine, START["release"])
    found = [one for batch in going.as_ready(jobs(tmp_path, 40)) for one in batch]
    assert sorted(student for student, _ in found) == [f"s{i:02}" for i in range(40)] and machine.deaths == cluster.DEATHS
    found = dict(found)
    assert "each worker that marked it died" in str(found.pop("s05")) and list(found.values()) == [marked()] * 39


def test_a_worker_sends_back_what_takes_too_long(address, box, tmp_path, monkeypatch):
    "After twice the time that a task is meant to take; the rest goes out again, and nothing is marked twice."
    counted = []
    box(lambda student: (counted.append(student), time.sleep(0.1)) and marked())
    monkeypatch.setattr(cluster, "TASK", 0.12)
    monkeypatch.setattr(cluster._Run, "several", lambda self: 6)
    sizes, send = [], cluster._Run.send
    monkeypatch.setattr(cluster._Run, "send", lambda self, items: (send(self, items), sizes.append(len(items))))
    assert len(dict(run(address, tmp_path, jobs(tmp_path, 12)))) == 12
    assert sorted(counted) == [f"s{i:02}" for i in range(12)] and len(sizes) > 2


def test_a_submission_that_is_too_much_to_send_stops_nobody(address, box, tmp_path, monkeypatch):
    monkeypatch.setattr("course_lib.grading.parcels.MOST", 100)
    monkeypatch.setattr(cluster, "pack", lambda folder: cluster_worker.pack(folder, 100))
    todo = [*jobs(tmp_path / "big", 1, 200), *jobs(tmp_path, 2)[1:]]
    found = dict(run(address, tmp_path, todo))
    assert "more than 9.537e-05 MB" in str(found["s00"]) and "--cluster none" in str(found["s00"]) and found["s01"] == marked()


@pytest.mark.parametrize("address, said", [("tcp://grading.example.org", "is not encrypted"), ("ftp://x", "a cluster's address is tls://HOST:8786"), ("tls://127.0.0.1:9", "no cluster answers at tls://127.0.0.1:9")])
def test_what_is_wrong_with_an_address_is_a_sentence(school, capsys, monkeypatch, address, said):
    (school / "submitted" / "new" / NAME).mkdir(parents=True, exist_ok=True)
    connected = cluster.connected
    monkeypatch.setattr(cluster, "connected", lambda address, settings: connected(address, settings, 2))
    assert main(["grade", NAME, "--course", str(school), "--cluster", address]) == 2
    error, = [line for line in capsys.readouterr().err.splitlines() if line.startswith("course: ")]
    assert said in error


@NEEDS_SANDBOX
def test_machines_die(tmp_path, monkeypatch):
    "A worker is killed and then the scheduler; the next run goes on. Nobody is lost, marked otherwise or entered twice."
    root, entered, machines = make_course(tmp_path / "course", source_notebook()), [], Machines(tmp_path)
    nb, expected = released(root), {f"s{i:02}": i % 3 > 0 for i in range(16)}
    for student, right in expected.items(): submit(root, student, with_answers(nb, sigmoid=SIGMOID, mnist_loss=LOSS + (".mean()" if right else ".sum()")))
    kills, enter = {}, Entries.enter

    def entering(self, ready):
        entered.extend(one.student for one in ready)
        for after in [n for n in kills if n <= len(entered)]: kills.pop(after).kill()
        return enter(self, ready)

    monkeypatch.setattr(Entries, "enter", entering)
    try:
        scheduler = machines.scheduler()
        (root / "settings.ini").write_text(f"[course]\nid = test\n[cluster]\naddress = {machines.address}\n{machines.settings}")
        kills.update({4: machines.worker(), 9: scheduler})
        machines.worker()
        monkeypatch.setattr(cluster, "SEVERAL", 2)
        monkeypatch.setattr(parallel, "MOST", 1)
        with pytest.raises(ValueError, match=r"the cluster's scheduler has gone .* the same command goes on from there"): grade(NAME, root, quiet=True)
        assert 9 <= len(entered) == len(set(entered)) < 16
        machines.scheduler(machines.address.rpartition(":")[2])
        machines.worker()
        outcomes = grade(NAME, root, quiet=True)
    finally: machines.close()
    assert sorted(entered) == sorted(expected) and len(outcomes) == 16 and sum(o.skipped for o in outcomes) >= 9
    assert {s: sum(auto for auto, _, _ in found.values()) == 5 for s, found in marks(root).items()} == expected
