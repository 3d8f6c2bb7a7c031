"""What a student costs on a hub's machine, as rows for tools/bench/bench.py: a server's memory, idle and at work, and the time to start one."""
import re
import time
from pathlib import Path

import psutil

import hub as hubs
from browser import CHROMIUM, playwright, running_chromium
from test_hub import logged_in

WORK = {"torch imported": "import torch", "fastai imported": "import course_lib.torchvision_operators; from fastai.vision.all import *",
        "one step of resnet18 on 64 pictures of 128 by 128": "resnet18()(torch.randn(64, 3, 128, 128)).sum().backward()"}


def held(ids: list[int]) -> tuple[int, int]:
    "The megabytes that processes hold, shared pages shared out among those who use them, and the number of processes."
    rollups = [Path(f"/proc/{id}/smaps_rollup").read_text() for id in ids]
    return sum(int(re.search(r"Pss:\s+(\d+) kB", rollup)[1]) for rollup in rollups) // 1024, len(ids)


def kernel_memory(server):
    "What a kernel holds as a notebook goes on; it ends after a cell here, so the cell itself reads its memory."
    code = ""
    for what, line in WORK.items():
        code += line + "\n"
        printed = server.run(code + "import re; s = open('/proc/self/status').read()\n"
                             "print(*(int(re.search(k + r':\\s+(\\d+)', s)[1]) for k in ('VmRSS', 'RssFile', 'VmData')))")
        resident, shared, data = (int(n) // 1024 for n in printed.split()[-3:])
        yield f"a kernel with {what}, MB ({shared} of them files' pages, which students share; {data} count for --data)", resident, None


def rows(short: bool = False):
    "Figures that are only reported: a hub is planned with them. None where a hub cannot run, nor in the short form: test_hub.py runs one."
    if short or hubs.missing() or not (CHROMIUM and playwright): return
    with hubs.running_hub() as hub, running_chromium() as browser:
        servers = {}
        for user in (hub.teacher, hub.student, hub.other):
            started = time.perf_counter()
            _, servers[user] = logged_in(browser, hub, user)
            taken = time.perf_counter() - started
            spent = sum(sum(q.cpu_times()[:2]) for q in psutil.process_iter() if q.username() == user)
            yield f"from the password to the first page, {user[:-6]}, seconds ({spent:.1f} of processor time)", taken, None
        time.sleep(5)
        for who, user in ("student", hub.student), ("instructor", hub.teacher):
            megabytes, processes = held([q.pid for q in psutil.process_iter() if q.username() == user])
            yield f"an idle {who}'s server, MB in {processes} processes", megabytes, None
        yield from kernel_memory(servers[hub.student])
        main = psutil.Process(hub.process.pid)
        megabytes, processes = held([q.pid for q in [main, *main.children(recursive=True)] if q.username() == "root"])
        yield f"the hub itself with its proxy and its culler, MB in {processes} processes", megabytes, None
