"""What can only be found out on a GPU, in one run: `python tools/bench/gpu.py [MINUTES]` (without a GPU: a small try of itself).

1. every chapter runs as it is (the cells that nbdev leaves out, too); a chapter that stops is named with its error.
2. pictures a second: fastai's learner against a plain loop (at most 1.25), and the loader alone against the network alone (at least half) on
   as many files as the full dataset has, which are the photographs at hand, repeated.
"""
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]
import bench  # noqa: F401,E402  (bench_pets imports it by this name)
import bench_pets  # noqa: E402
import torch  # noqa: E402
from course_lib.data import pets  # noqa: E402
from course_lib.pets.baseline import pets_learner  # noqa: E402
from fastai.data.transforms import get_image_files  # noqa: E402

GPU = torch.cuda.is_available()


def repeated(folder: Path, count: int) -> Path:
    "A dataset's folder with as many files: links to the pictures at hand, again and again."
    (folder / "images").mkdir()
    for n, file in enumerate(islice(cycle(sorted(get_image_files(pets() / "images"))), count)):
        breed, number = file.stem.rsplit("_", 1)
        (folder / "images" / f"{breed}_{number}{n:05}{file.suffix}").symlink_to(file)
    return folder


def per_second(run, count: int) -> float:
    run()  # the first pass reads the files
    if GPU: torch.cuda.synchronize()
    start = time.perf_counter()
    run()
    if GPU: torch.cuda.synchronize()
    return count / (time.perf_counter() - start)


def loader_and_network(count: int) -> tuple[float, float]:
    "Pictures a second that the loader delivers, and that the network, all of it trained, takes."
    with tempfile.TemporaryDirectory() as folder:
        learn = pets_learner(repeated(Path(folder), count), **({} if GPU else {"size": 32, "presize": 40, "batch_size": 8}))
        dls, model = learn.dls, learn.model.to(learn.dls.device).train().requires_grad_(True)
        x, y = (part.as_subclass(torch.Tensor) for part in dls.one_batch())
        batches = len(dls.train)
        def load():
            for _ in dls.train: pass
        def train():
            for _ in range(batches): torch.nn.functional.cross_entropy(model(x), y).backward()
        return per_second(load, len(dls.train_ds)), per_second(train, batches * len(x))


def run_chapter(file: Path) -> str:
    "How a chapter ended, and after how long."
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(nbformat.read(file, as_version=4), timeout=None, kernel_name="python3",
                                resources={"metadata": {"path": folder}})
        try: client.execute()
        except Exception as error: return f"STOPS: {str(error)[-600:]}"
    return f"ok, {time.perf_counter() - start:.0f} s"


def main(minutes: float):
    "The figures first, then the chapters, as many as the time allows; those of the pets and chapter 9 come first."
    end = time.monotonic() + 60 * minutes
    print(torch.cuda.get_device_name() if GPU else "no GPU: only a try", flush=True)
    loader, network = loader_and_network(7_390 if GPU else 40)
    print(f"loader alone {loader:,.0f}, network alone {network:,.0f} pictures a second: {loader / network:.2f} (at least 0.5)", flush=True)
    for what, figure, limit in bench_pets.throughput() if GPU else []: print(f"{figure:9.2f}  {limit or '':>5}  {what}", flush=True)
    chapters = sorted((HERE.parents[1] / "nbs").glob("[12]_*/*.ipynb"), key=lambda f: (int(f.stem[:2]) < 9, f.stem))
    for file in chapters if GPU else []:
        print(file.stem, run_chapter(file) if time.monotonic() < end else "not run: no time left", flush=True)


if __name__ == "__main__": main(float(sys.argv[1]) if len(sys.argv) > 1 else 9)
