"""Run the notebooks, as nbdev-test does, but each in a process of its own: what one of them defines anew is gone before the next begins.

nbdev-test gives several notebooks to one process. There a class that `numeric.ipynb` defines, and registers as the type of question
of that name, would still mark the questions of the manual's page.
Words after the name are notebooks or folders; without any, all of nbs/ is run.
"""
import multiprocessing
import os
import sys
from multiprocessing.connection import wait
from pathlib import Path

from nbdev.config import get_config
from nbdev.doclinks import nbglob
from nbdev.test import test_nb

ROOT = Path(__file__).parents[1]
FORKS = sys.platform != "darwin"
AT_ONCE = max(1, min(os.cpu_count() or 2, 4) // 2)  # the tests run beside them


def import_once():
    "What most notebooks import, and what takes longest: every process forked from here has it already."
    sys.modules.setdefault("rfc3987_syntax", None)  # as in course_lib.cli: jsonschema would compile its grammar for over a second
    import course_lib.torchvision_operators
    import fastai.vision.all  # noqa: F401
    import course_lib.grading.course  # noqa: F401


def read_once():
    "The digits, which many chapters read from 84,000 files: every process forked from here has them. (`data.ipynb` reads files with its own code.)"
    from course_lib import data
    folders = [data.mnist_sample() / part / digit for part in ("train", "valid") for digit in "37"]
    folders += [data.mnist() / part / digit for part in ("training", "testing") for digit in "0123456789"]
    read = data.read_class
    known = {folder: read(folder) for folder in folders}
    data.read_class = lambda folder: known[folder] if folder in known else read(folder)


def run_one(path: Path):
    "Run a notebook in this process and end it; the exit status says whether the notebook ran."
    config = get_config(ROOT)
    flags = config.tst_flags.split() if isinstance(config.tst_flags, str) else config.tst_flags
    passed, _ = test_nb(path, skip_flags=flags, force_flags=[], basepath=config.config_path, cell_timeout=config.cell_timeout or None)
    sys.exit(0 if passed else 1)


def run_all(paths: list[Path], at_once: int = AT_ONCE) -> list[Path]:
    "Run each notebook in a process of its own, some at a time; returns those that stopped."
    context = multiprocessing.get_context("fork" if FORKS else "spawn")
    waiting, running, failed = list(reversed(paths)), {}, []
    while waiting or running:
        while waiting and len(running) < at_once:
            path = waiting.pop()
            process = context.Process(target=run_one, args=(path,))
            process.start()
            running[process.sentinel] = path, process
        for sentinel in wait(list(running)):
            path, process = running.pop(sentinel)
            process.join()
            if process.exitcode: failed.append(path)
    return failed


def chosen(words: list[str], skip: str = "") -> list[Path]:
    "The notebooks that the words name, largest first so that no long one is left for the end."
    found = []
    for word in words or [str(ROOT / "nbs")]:
        path = Path(word).resolve()
        found += [path] if path.is_file() else nbglob(path, as_path=True, **({"skip_file_re": skip} if skip else {}))
    return sorted((Path(p).absolute() for p in found), key=lambda p: p.stat().st_size, reverse=True)


def main(words: list[str], skip: str = "") -> int:
    import_once()
    if FORKS and not words: read_once()
    failed = run_all(chosen(words, skip))
    for path in failed: print(f"FAILED  {path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    skipping = [w.removeprefix("--skip=") for w in sys.argv[1:] if w.startswith("--skip=")]
    sys.exit(main([w for w in sys.argv[1:] if not w.startswith("--skip=")], *skipping))
