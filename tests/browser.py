"""What the browser tests share: Chromium, a server to look at, what must not be in the console, and contrast."""
import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

try: import playwright.sync_api as playwright
except ImportError: playwright = None

ROOT = Path(__file__).parents[1]
OUT = ROOT / "out"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
NEEDS_CHROMIUM = pytest.mark.skipif(not (CHROMIUM and playwright), reason="Chromium (make system) or the package playwright is not installed")

# A page is given this long, in milliseconds, for anything that it is to show: on a busy machine JupyterLab takes its time, and a test
# that waits for what must come loses nothing by patience. What a page says is therefore read with `expect`, which looks again.
PATIENCE = 90_000
if playwright:
    expect = playwright.expect
    expect.set_options(timeout=PATIENCE)

# What may stand in the console, each with its reason; everything else fails a test.
HARMLESS = {
    r"ResizeObserver loop": "Chromium reports it when a layout takes two passes; nothing is lost",
    r"/favicon": "nbgrader's pages name an icon that they do not bring",
    r"widget model not found": "an ordinary JupyterLab saves the widget of the questions, and does not find it again until their cell is run",
    r"Canceled future for (?!execute_request)\w+ message": "JupyterLab gives up what it asked of a kernel while the connection to it is made anew, and asks again",
    r"Blocked script execution in 'blob:": "JupyterLab runs no scripts in a page of feedback, and the formulas are drawn without",
    r"/mathjax|MathJax": "formgrader asks the network for MathJax; its formulas are drawn without",
    r"/api/(contents|sessions|kernels)\S*.*404|404.*/api/(contents|sessions|kernels)": "JupyterLab asks whether a file or a kernel of the last visit is still there",
}


def watch(page, errors: list[str]):
    "Collect what a page's console says is an error, unless it is known to be harmless."
    def heard(text):
        if not any(re.search(pattern, text) for pattern in HARMLESS): errors.append(text)
    page.on("console", lambda m: heard(f"{m.text} {m.location.get('url', '')}") if m.type == "error" else None)
    page.on("pageerror", lambda e: heard(str(e)))


def open_page(chromium, errors: list[str], **options):
    "A page with a profile of its own, 1280 pixels wide unless told otherwise; what its console says is wrong goes into `errors`."
    page = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options}).new_page()
    page.set_default_timeout(PATIENCE)
    watch(page, errors)
    return page


def barriers(page, within: str = "") -> list[str]:
    "What axe-core finds in a page, or in a part of it, that keeps somebody out."
    from axe_playwright_python.sync_playwright import Axe
    found = Axe().run(page, within or None, {"preload": False}).response["violations"]
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


@contextlib.contextmanager
def running_chromium():
    "Chromium while the block runs."
    with playwright.sync_playwright() as p:
        chromium = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


def free_ports(n: int) -> list[int]:
    "Ports of the loopback that nobody uses just now."
    probes = [socket.socket() for _ in range(n)]
    for probe in probes: probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes: probe.close()
    return ports


def free_port() -> int:
    "One such port."
    return free_ports(1)[0]


# A fresh profile: no settings, layouts or signatures of the person who runs the tests.
def fresh_profile(folder: Path) -> dict[str, str]:
    "An environment in which Jupyter keeps everything below `folder`."
    return {**os.environ, "HOME": str(folder), "JUPYTER_CONFIG_DIR": str(folder / ".config"), "JUPYTER_DATA_DIR": str(folder / ".data"),
            "JUPYTER_RUNTIME_DIR": str(folder / ".runtime"), "IPYTHONDIR": str(folder / ".ipython"), "PYTHONPATH": str(ROOT),
            "FASTAI_HOME": os.environ.get("FASTAI_HOME", str(Path.home() / ".fastai"))}


OPEN = ["--no-browser", "--allow-root", "--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True", "--ServerApp.port_retries=0"]


@contextlib.contextmanager
def serving(command: list, port: int, log: Path, environment: dict, cwd: Path):
    "A Jupyter server while the block runs; yields its address."
    with open(log, "w") as file: server = subprocess.Popen(list(map(str, command)), stdout=file, stderr=file, env=environment, cwd=cwd)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(960):  # four minutes, on a machine that is very busy
            if server.poll() is not None: break
            try: urllib.request.urlopen(f"{address}/api", timeout=2)
            except OSError: time.sleep(0.25)
            else: break
        else: raise RuntimeError(f"the server does not answer: {log.read_text()[-3000:]}")
        if server.poll() is not None: raise RuntimeError(log.read_text()[-3000:])
        yield address
    finally:
        server.terminate()
        try: server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def course_lab(folder: Path, profile: Path, settings: Path, *options):
    "`course lab` on a folder, for somebody with a fresh profile."
    port = free_port()
    environment = {**fresh_profile(profile), "COURSE_SETTINGS": str(settings)}
    profile.mkdir(parents=True, exist_ok=True)
    command = [Path(sys.executable).parent / "course", "lab", folder, *options, f"--port={port}", *OPEN]
    return serving(command, port, profile / "lab.log", environment, profile)


CONTRAST = """(root) => {
  const channel = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (e) => { for (; e; e = e.parentElement) { const c = numbers(getComputedStyle(e).backgroundColor); if ((c[3] ?? 1) > 0) return c; } return [255, 255, 255]; };
  const found = [];
  for (const e of document.querySelectorAll(`${root} *`)) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || !e.offsetParent) continue;
    const [a, b] = [light(numbers(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5 && !e.disabled && e.getAttribute('aria-disabled') !== 'true') found.push([e.outerHTML.slice(0, 90), (a + 0.05) / (b + 0.05)]);
  }
  return found;
}"""
