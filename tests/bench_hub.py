"""What a student costs on a hub's machine: the memory of a server, idle and at work, and the time to start one."""
import re
import time
from pathlib import Path

import playwright.sync_api as playwright
import psutil

import hub as hubs
from browser import CHROMIUM, FLAGS
from test_hub import logged_in

WORK = {"torch imported": "import torch", "fastai imported": "import course_lib.torchvision_operators; from fastai.vision.all import *",
        "one step of resnet18 on 64 pictures of 128 by 128": "resnet18()(torch.randn(64, 3, 128, 128)).sum().backward()"}


def held(ids: list[int]) -> tuple[int, int]:
    "The megabytes that processes hold, shared pages shared out among those who use them, and the number of processes."
    rollups = [Path(f"/proc/{id}/smaps_rollup").read_text() for id in ids]
    return sum(int(re.search(r"Pss:\s+(\d+) kB", rollup)[1]) for rollup in rollups) // 1024, len(ids)


def main():
    with hubs.running_hub() as hub, playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        servers = {}
        for user in (hub.teacher, hub.student, hub.other):
            started = time.perf_counter()
            _, servers[user] = logged_in(browser, hub, user)
            spent = sum(sum(q.cpu_times()[:2]) for q in psutil.process_iter() if q.username() == user)
            print(f"from the password to the first page, {user.split('_')[0]}: {time.perf_counter() - started:.1f} s; {spent:.1f} s of processor time")
        time.sleep(5)
        for who, user in ("student", hub.student), ("instructor", hub.teacher):
            megabytes, processes = held([q.pid for q in psutil.process_iter() if q.username() == user])
            print(f"an idle {who}'s server: {megabytes} MB in {processes} processes")
        code = ""
        for what, line in WORK.items():
            code += line + "\n"
            # The kernel ends after a cell here, so the notebook's memory is read by the cell itself.
            printed = servers[hub.student].run(code + "import re; s = open('/proc/self/status').read()\n"
                                               "print(*(int(re.search(k + r':\\s+(\\d+)', s)[1]) for k in ('VmRSS', 'RssFile', 'VmData')))")
            resident, shared, data = (int(n) // 1024 for n in printed.split()[-3:])
            print(f"a kernel with {what}: {resident} MB, {shared} MB of them files' pages, which students share; {data} MB count for --data")
        main = psutil.Process(hub.process.pid)
        megabytes, processes = held([q.pid for q in [main, *main.children(recursive=True)] if q.username() == "root"])
        print(f"the hub itself with its proxy and its culler: {megabytes} MB in {processes} processes")
        browser.close()


if __name__ == "__main__": main()
