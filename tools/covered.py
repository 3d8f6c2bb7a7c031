"""`make coverage`: the lines of the library that the notebooks' run and the tests' run together go through.

Processes that they start are counted as well, except students' code and its worker: the sandbox shows them neither the measuring nor a place to write to.
Words after the name measure less, and sooner: notebooks and folders of them, and what pytest understands, as in
`python tools/covered.py nbs/library/dates.ipynb tests/test_due_dates.py`.
"""
import os
import shutil
import subprocess
import sys
from pathlib import Path

from run_all import in_files

ROOT = Path(__file__).parents[1]
OUT = ROOT / "out" / "coverage"


def measured(*command) -> bool:
    "Run a command of this environment with its lines counted; returns whether it succeeded."
    program = [sys.executable, "-m", "coverage", "run", "--rcfile", ROOT / "pyproject.toml"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run([*program, *map(str, command)], cwd=ROOT, env=environment).returncode == 0


def report(*words) -> int:
    "One of coverage's own commands."
    return subprocess.run([sys.executable, "-m", "coverage", *words], cwd=ROOT).returncode


def main(chosen: list[str]) -> int:
    "Run both, put them together, show each module, and write pages to look at."
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    notebooks = [word for word in chosen if word.endswith(".ipynb") or word.startswith("nbs/")]
    tests, passed = [word for word in chosen if word not in notebooks], []
    if notebooks or not chosen: passed.append(measured(ROOT / "tools" / "notebooks.py", *notebooks))
    if tests or not chosen: passed.append(measured("-m", "pytest", *in_files(), *tests))
    report("combine", "--quiet")
    report("report", "--sort", "cover")
    report("html", "--quiet", "--directory", str(OUT / "pages"))
    print(f"Line by line: {OUT / 'pages' / 'index.html'}")
    if not all(passed): print("Something failed. Measured, all takes longer, and some tests hold a time: what fails without it as well is told by make test.")
    return 0 if all(passed) else 1


if __name__ == "__main__": sys.exit(main(sys.argv[1:]))
