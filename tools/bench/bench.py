"""What `make bench` prints: each figure, what it may be at most, and whether it is.

Figures are ratios of two things measured alternately in one run, in processor time where both run in this process, so that a busy
machine slows down both. Each file tools/bench/bench_*.py has a function rows(short) that gives (what, figure, at most); `at most` is None
for a figure that is only reported. With `short` it does everything once and small, so that `make test` sees that it still runs; such
figures mean nothing. Files can be chosen: `tools/bench/bench.py scratch`.
"""
import importlib
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
FILES = {file.stem.removeprefix("bench_"): file.stem for file in sorted(HERE.glob("bench_*.py"))}


class Spread(float):
    "A median that knows between which two values the middle half of what was measured lies."

    def __new__(cls, values: list[float]):
        self = super().__new__(cls, statistics.median(values))
        ordered = sorted(values)
        self.low, self.high = ordered[len(ordered) // 4], ordered[-1 - len(ordered) // 4]
        return self


def ratio(ours: Callable, theirs: Callable, repeats: int = 7, clock: Callable[[], float] = time.process_time) -> Spread:
    "Our time divided by theirs, measured alternately, each pair for itself, after one warm-up each."
    found = []
    for i in range(repeats + 1):
        taken = []
        for function in (ours, theirs) if i % 2 else (theirs, ours):
            started = clock()
            function()
            taken.append(clock() - started)
        if i: found.append(taken[0] / taken[1] if i % 2 else taken[1] / taken[0])
    return Spread(found)


def printed(what: str, figure: float, limit: float | None) -> str:
    "A row as it is shown."
    spread = f"  ({figure.low:.3f} to {figure.high:.3f})" if isinstance(figure, Spread) else ""
    met = "ok" if limit is None or figure <= limit else "MISS"
    return f"{met:4} {figure:9.3f} {'' if limit is None else limit:>9}  {what}{spread}"


def main(chosen: list[str]) -> int:
    "Print the rows of the chosen files, by default of all."
    if unknown := set(chosen) - FILES.keys():
        print(f"there is no bench {', '.join(sorted(unknown))}; there are {', '.join(FILES)}", file=sys.stderr)
        return 2
    sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tests")]  # the benches use the courses and browsers of the tests
    # `make` calls this without the environment being activated, and programs are looked for by name
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    missed = 0
    print(f"{'':4} {'figure':>9} {'at most':>9}  what")
    for name in chosen or FILES:
        for what, figure, limit in importlib.import_module(FILES[name]).rows():
            line = printed(what, figure, limit)
            missed += line.startswith("MISS")
            print(line, flush=True)
    print(f"\n{missed} figures are above what they should be at most" if missed else "\nall figures are as they should be")
    return 0


if __name__ == "__main__":
    sys.modules["bench"] = sys.modules["__main__"]
    sys.exit(main(sys.argv[1:]))
