"""Every file of `make bench` runs, in its short form: what it measures then means nothing."""
import importlib
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from course_dir import NEEDS_SANDBOX

BENCH = Path(__file__).parents[1] / "tools" / "bench"
SANDBOXED = "commands", "grading"
NAMES = [pytest.param(n, marks=NEEDS_SANDBOX) if n in SANDBOXED else n for n in sorted(f.stem.removeprefix("bench_") for f in BENCH.glob("bench_*.py"))]


@pytest.mark.parametrize("name", NAMES)
def test_a_bench_still_runs(name, monkeypatch):
    monkeypatch.syspath_prepend(str(BENCH))
    bench, module = (importlib.import_module(m) for m in ("bench", f"bench_{name}"))
    rows = list(module.rows(short=True))
    assert rows or name == "hub"
    for what, figure, limit in rows:
        assert isinstance(what, str) and math.isfinite(figure) and (limit is None or limit >= 0)
        assert what in bench.printed(what, figure, limit)


def test_the_environment_need_not_be_activated():
    "As `make` calls it: by its interpreter's path, with nothing of the environment in PATH."
    code = "import sys, bench; sys.argv[1:] = []; bench.FILES = {}; bench.main([]); import shutil; print(shutil.which('alembic'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, "PATH": "/usr/bin:/bin", "PYTHONPATH": str(BENCH)})
    assert done.stdout.splitlines()[-1] == str(Path(sys.executable).parent / "alembic")
    unknown = subprocess.run([sys.executable, BENCH / "bench.py", "nothing"], capture_output=True, text=True)
    assert unknown.returncode == 2 and "scratch" in unknown.stderr
