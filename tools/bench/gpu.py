"""What can only be found out on a GPU, in one run: `python tools/bench/gpu.py [chapters]`. Without a GPU it says so, and tries itself small.

1. a table of ratios, each with its spread, in under four minutes: an epoch by the Learner, the step, the loss, fastai's learner, the loader.
2. with `chapters`: every chapter runs as it is (the cells that nbdev leaves out, too); one that stops is named with its error.
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
import bench_pets  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from bench import printed, ratio  # noqa: E402
from course_lib.data import pets  # noqa: E402
from course_lib.pets.toolkit import pets_learner  # noqa: E402
from course_lib.scratch.binary_loss import mnist_loss  # noqa: E402
from course_lib.scratch.cross_entropy import cross_entropy  # noqa: E402
from course_lib.scratch.dataloader import DataLoader, DataLoaders, TensorDataset  # noqa: E402
from course_lib.scratch.learner import Learner  # noqa: E402
from course_lib.scratch.neural_net import simple_net  # noqa: E402
from course_lib.scratch.optimizers import SGD  # noqa: E402
from fastai.data.transforms import get_image_files  # noqa: E402

GPU = torch.cuda.is_available()
DEVICE = torch.device("cuda" if GPU else "cpu")
REPEATS = 15 if GPU else 1


def compared(ours, theirs):
    "A ratio by the clock, in which each side waits until the GPU has done what it was told."
    def whole(function):
        function()
        if GPU: torch.cuda.synchronize()
    return ratio(lambda: whole(ours), lambda: whole(theirs), REPEATS, time.perf_counter)


def epoch_rows():
    "An epoch of simple_net on as many items as MNIST's sample has: by the Learner, by hand, and with torch's own parts."
    count, size = 12_396 if GPU else 512, 256
    x, y = torch.rand(count, 784, device=DEVICE), (torch.rand(count, 1, device=DEVICE) > 0.5).float()
    learn = Learner(DataLoaders(DataLoader(TensorDataset(x, y), size, shuffle=True)), simple_net(), mnist_loss, device=DEVICE)
    own = simple_net()
    for p in own.parameters(): p.data = p.data.to(DEVICE)
    torchs = torch.nn.Sequential(torch.nn.Linear(784, 30), torch.nn.ReLU(), torch.nn.Linear(30, 1)).to(DEVICE)

    def loop(model, make):
        opt = make(list(model.parameters()), lr=0.1)
        for rows in torch.randperm(count).split(size):
            mnist_loss(model(x[rows.to(DEVICE)]), y[rows.to(DEVICE)]).backward()
            opt.step()
            opt.zero_grad()

    def fit(): learn.fit(1, 0.1, quiet=True)
    yield "an epoch of simple_net by the Learner, against a loop by hand", compared(fit, lambda: loop(own, SGD)), 1.05
    yield "the same against torch's modules and optimizer", compared(fit, lambda: loop(torchs, torch.optim.SGD)), 1.15


def step_row():
    "SGD.step with momentum."
    steps = []
    for make in SGD, torch.optim.SGD:
        params = [torch.randn(100, 100, device=DEVICE).requires_grad_() for _ in range(100)]
        for p in params: p.grad = torch.randn_like(p)
        opt = make(params, lr=1e-3, momentum=0.9)
        steps.append(getattr(opt, "step_together", opt.step))  # without a GPU it is tried all the same
    return "SGD.step with momentum, 100 tensors of 100 x 100, against torch's default", compared(*steps), 1.1


def loss_rows():
    "The loss, forward and backward."
    for items in (4096, 65536) if GPU else (64,):
        start, targets = torch.randn(items, 37, device=DEVICE), torch.randint(37, (items,), device=DEVICE)
        def step(loss, start=start, targets=targets):
            activations = start.detach().requires_grad_()
            loss(activations, targets).backward()
        yield f"cross_entropy ({items}, 37), forward and backward, against torch's", compared(lambda s=step: s(cross_entropy), lambda s=step: s(F.cross_entropy)), 2.0


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


def rows():
    "The whole table."
    yield from epoch_rows()
    yield step_row()
    yield from loss_rows()
    loader, network = loader_and_network(7_390 if GPU else 40)
    yield f"pictures a second that the network takes ({network:,.0f}), against what the loader delivers ({loader:,.0f})", network / loader, 2.0
    if GPU: yield from bench_pets.throughput()


def main(words: list[str]):
    "The table first, then, where they are asked for, the chapters; those of the pets and chapter 9 come first."
    print(torch.cuda.get_device_name() if GPU else "There is no GPU here: each row is only tried once, and its figure means nothing.", flush=True)
    started = time.monotonic()
    for row in rows(): print(printed(*row), flush=True)
    print(f"in {time.monotonic() - started:.0f} s", flush=True)
    chapters = sorted((HERE.parents[1] / "nbs").glob("[12]_*/*.ipynb"), key=lambda f: (int(f.stem[:2]) < 9, f.stem))
    for file in chapters if "chapters" in words else []: print(file.stem, run_chapter(file), flush=True)


if __name__ == "__main__": main(sys.argv[1:])
