"""What `make bench` prints: each figure, what it may be at most, and whether it is.

Figures are ratios of two things measured alternately in one run, so that a busy machine slows down both. Each file
tools/bench/bench_*.py has a function rows() that gives (what, figure, at most); `at most` is None for a figure that is only
reported. Files can be chosen: `tools/bench/bench.py scratch`.
"""
import importlib
import statistics
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent


def ratio(ours, theirs, repeats=7):
    "The median of our times divided by the median of theirs, measured alternately after one warm-up each."
    times = ([], [])
    for i in range(repeats + 1):
        for function, measured in zip((ours, theirs), times, strict=True):
            started = time.perf_counter()
            function()
            if i: measured.append(time.perf_counter() - started)
    return statistics.median(times[0]) / statistics.median(times[1])


def main(chosen):
    sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tests")]  # the benches use the courses and browsers of the tests
    missed = 0
    print(f"{'':4} {'figure':>9} {'at most':>9}  what")
    for file in sorted(HERE.glob("bench_*.py")):
        if chosen and file.stem.removeprefix("bench_") not in chosen: continue
        for what, figure, limit in importlib.import_module(file.stem).rows():
            ok = limit is None or figure <= limit
            missed += not ok
            print(f"{'ok' if ok else 'MISS':4} {figure:9.3f} {'' if limit is None else limit:>9}  {what}", flush=True)
    print(f"\n{missed} figures are above what they should be at most" if missed else "\nall figures are as they should be")
    return 0


if __name__ == "__main__":
    sys.modules["bench"] = sys.modules["__main__"]
    sys.exit(main(sys.argv[1:]))
