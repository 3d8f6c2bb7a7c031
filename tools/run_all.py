"""What `make test` runs: all checks, even if one fails, and one summary at the end.

The notebooks and the short checks run beside the tests, of which many wait: for a browser, a server, the end of a time limit.
One after the other, two cores would idle for a quarter of the time.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
# One more than there are cores, for many tests wait. Of many cores a few: a worker needs 1 GB.
WORKERS = min(os.cpu_count() or 2, 4) + 1
_said = threading.local()


def say(line: str):
    "Print a line, at once or, where a check runs beside another, when it has ended."
    if (kept := getattr(_said, "lines", None)) is None: print(line, flush=True)
    else: kept.append(line)


def run(*command, cwd=ROOT):
    "Run a command of this environment, show what it prints, and return whether it succeeded, with the output."
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    process = subprocess.Popen(list(map(str, command)), cwd=cwd, env=environment, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    lines = []
    for line in process.stdout:
        say(line.rstrip("\n"))
        lines.append(line)
    return process.wait() == 0, "".join(lines)


def drift():
    "nbdev-export and nbdev-clean, run on a copy, change nothing: modules and notebooks agree and are clean."
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        parts = "nbs", "course_lib"
        for part in parts: shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
        for name in "pyproject.toml", "settings.ini": shutil.copy(ROOT / name, copy)
        before = snapshot(copy)
        exported = run("nbdev-export", cwd=copy)[0]
        cleaned = run("nbdev-clean", cwd=copy)[0]
        after = snapshot(copy)
        changed = sorted(str(p) for p in before.keys() | after.keys() if before.get(p) != after.get(p))
        for path in changed: say(f"{path} changes: run nbdev-export and nbdev-clean, and commit")
        return exported and cleaned and not changed, ""


def snapshot(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.suffix in (".py", ".ipynb")}


def style(): return run("ruff", "check", "--quiet")


def types():
    "What libraries say of their own types changes with their versions: those of constraints.txt count."
    versions = BIN.parent / "versions"
    if versions.exists() and versions.read_text().strip() != "known":
        say("Left out: types are checked with the versions in constraints.txt.")
        return True, ""
    return run("mypy")


def those_that_need(what):
    "The names of the notebooks with the directive `#| needs: WHAT` in a cell."
    directive = re.compile(rf'"#\|\s*needs:[^"\\]*\b{what}\b')
    return [p.stem for p in sorted((ROOT / "nbs").rglob("*.ipynb")) if directive.search(p.read_text(encoding="utf-8"))]


def notebooks():
    needy = [] if sys.platform == "linux" else those_that_need("linux")
    if needy: say("Without Linux's sandbox the notebooks and the tests that run students' code are left out.")
    skipped = [rf"--skip=^([_.]|({'|'.join(needy)})\.ipynb$)"] if needy else []
    return run(sys.executable, ROOT / "tools" / "notebooks.py", *skipped)


def tests(): return run("pytest", *in_files())


def in_files():
    "A file's tests in one worker, so that what a file shares is made once; the longest files first (conftest knows them)."
    return "-q", "-n", WORKERS, "--dist", "loadfile", "--no-loadscope-reorder"


# A short check tells its mistake at once; the notebooks are done long before the tests, so that no core waits for them at the end.
BESIDE: dict[str, Callable] = {"style": style, "notebooks and modules agree": drift, "types": types, "notebooks run": notebooks}
IN_TURN: dict[str, Callable] = {"tests": tests}


def timed(name: str, step: Callable) -> tuple:
    "The summary's row for a check."
    say(f"\n== {name}")
    started = time.perf_counter()
    ok, printed = step()
    closing = re.findall(r"^=*\s*(\d+ (?:passed|failed).*?)(?: in .*)?$", printed, re.MULTILINE)
    return name, ok, closing[-1] if closing else "", time.perf_counter() - started


def quietly(steps: dict[str, Callable]) -> list[tuple]:
    "Rows for checks that run beside others; what each prints stands together."
    rows = []
    for name, step in steps.items():
        _said.lines = []
        try: rows.append(timed(name, step))
        finally: print("\n".join(_said.lines), flush=True)
    return rows


def main():
    with ThreadPoolExecutor(1) as beside:
        short = beside.submit(quietly, BESIDE)
        long = [timed(name, step) for name, step in IN_TURN.items()]
    results = [*short.result(), *long]
    say("\n== summary")
    for name, ok, closing, seconds in results: say(f"{'ok' if ok else 'FAILED':7} {name:30} {seconds:5.0f} s  {closing}")
    failed = sum(not ok for _, ok, _, _ in results)
    say(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__": sys.exit(main())
