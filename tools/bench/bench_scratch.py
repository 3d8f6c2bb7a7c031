"""The from-scratch library against torch and fastai. Every row is a ratio of two things measured in turn, in one run."""
import contextlib
import io
import resource
import subprocess
import sys
import time
from pathlib import Path

import torch
from fastai.callback.core import Callback  # noqa: F401  (fastai's Learner needs its callbacks registered)
from fastai.callback.progress import ProgressCallback  # noqa: F401  (adds no_bar)
from fastai.data.core import DataLoaders as FastaiDataLoaders
from fastai.data.load import DataLoader as FastaiDataLoader
from fastai.learner import Learner as FastaiLearner
from fastai.optimizer import SGD as FastaiSGD
from torch import nn
from torch.utils.data import DataLoader as TorchDataLoader
from torch.utils.data import TensorDataset as TorchTensorDataset

from bench import Spread, ratio
from course_lib.data import digits, mnist_sample
from course_lib.scratch.binary_loss import mnist_loss
from course_lib.scratch.dataloader import DataLoader, DataLoaders, TensorDataset
from course_lib.scratch.learner import Learner
from course_lib.scratch.neural_net import Linear, simple_net
from course_lib.scratch.optimizers import SGD
from course_lib.scratch.training import batch_accuracy

BATCH = 256


def quietly(function):
    with contextlib.redirect_stdout(io.StringIO()): function()


def drain(loader):
    for _ in loader: pass


def rows(short: bool = False):
    "The rows for tools/bench/bench.py."
    path = mnist_sample()
    train, valid = (TensorDataset(*(values[:500] if short else values for values in digits(path / part))) for part in ("train", "valid"))
    repeats = 1 if short else 15
    yield from learner_rows(train, valid, repeats)
    yield from loader_rows(train, repeats)
    yield optimizer_row(repeats)
    yield import_row(repeats)
    if short: return  # the chapters run in `make test` already
    yield from accuracy_rows(train, valid)
    yield memory_row()


def learner_rows(train, valid, repeats):
    def by_hand(model=simple_net()):  # noqa: B008  (one model for all repetitions, as for the Learner)
        opt = SGD(list(model.parameters()), 0.1)
        order = torch.randperm(len(train))
        for start in range(0, len(train), BATCH):
            rows = order[start : start + BATCH]
            loss = mnist_loss(model(train.x.index_select(0, rows)), train.y.index_select(0, rows))
            loss.backward()
            opt.step()
            opt.zero_grad()

    bare = Learner(DataLoaders(DataLoader(train, BATCH, shuffle=True)), simple_net(), mnist_loss)
    yield ("an epoch of simple_net, metrics off, against a loop by hand",
           ratio(lambda: quietly(lambda: bare.fit(1, 0.1)), by_hand, repeats), 1.03)

    full = Learner(DataLoaders.from_datasets(train, valid, BATCH), simple_net(), mnist_loss, metrics=batch_accuracy)
    net = nn.Sequential(nn.Linear(784, 30), nn.ReLU(), nn.Linear(30, 1))
    lists = [list(zip(d.x, d.y, strict=True)) for d in (train, valid)]
    theirs = FastaiLearner(FastaiDataLoaders(FastaiDataLoader(lists[0], bs=BATCH, shuffle=True), FastaiDataLoader(lists[1], bs=BATCH)),
                           net, loss_func=mnist_loss, opt_func=FastaiSGD, metrics=batch_accuracy)

    def fastais_epoch():
        with theirs.no_bar(), theirs.no_logging(): theirs.fit(1, 0.1)

    yield ("the same with validation and metrics, against fastai's Learner",
           ratio(lambda: quietly(lambda: full.fit(1, 0.1)), fastais_epoch, repeats), 0.25)


def loader_rows(train, repeats):
    pairs = list(zip(train.x, train.y, strict=True))
    torchs = TorchDataLoader(pairs, BATCH, shuffle=True)
    yield ("a pass over a list of tuples, against torch's DataLoader",
           ratio(lambda: drain(DataLoader(pairs, BATCH, shuffle=True)), lambda: drain(torchs), repeats), 0.75)
    torchs_tensors = TorchDataLoader(TorchTensorDataset(train.x, train.y), BATCH, shuffle=True)
    yield ("a pass over two tensors, against torch's DataLoader on TensorDataset",
           ratio(lambda: drain(DataLoader(train, BATCH, shuffle=True)), lambda: drain(torchs_tensors), repeats), 0.08)


def optimizer_row(repeats):
    steps = []
    for make in SGD, torch.optim.SGD:
        params = [torch.randn(100, 100).requires_grad_() for _ in range(100)]
        for p in params: p.grad = torch.randn(100, 100)
        opt = make(params, lr=1e-3, momentum=0.9)

        def fifty(opt=opt):
            for _ in range(50): opt.step()

        steps.append(fifty)
    return "SGD.step with momentum over 100 tensors, against torch.optim.SGD", ratio(*steps, repeats), 0.5


def import_row(repeats):
    def seconds(code):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - started
    differences = sorted(seconds("import course_lib") - seconds("pass") for _ in range(repeats))
    return "import course_lib, milliseconds more than python -c pass", Spread([1000 * d for d in differences]), 50


def accuracy_rows(train, valid):
    if len(train) != 12_396: return
    for name, make, epochs, lr, least in (("linear", lambda: Linear(784, 1), 20, 1.0, 0.965), ("net", simple_net, 40, 0.1, 0.982)):
        torch.manual_seed(42)
        learn = Learner(DataLoaders.from_datasets(train, valid, BATCH), make(), mnist_loss, metrics=batch_accuracy)
        quietly(lambda: learn.fit(epochs, lr))  # noqa: B023
        wrong = 1 - learn.recorder.values[-1][-1]
        yield f"share of mistakes, {name} after {epochs} epochs at lr {lr}", wrong, round(1 - least, 3)


def memory_row():
    chapters = Path(__file__).parents[2] / "nbs" / "1_scratch"
    for chapter in sorted(chapters.glob("*.ipynb")):
        subprocess.run([Path(sys.executable).with_name("nbdev-test"), chapter, "--n-workers", "0"], check=True, capture_output=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    return "memory of chapters 1 to 9, the largest of them, GiB", peak, 2.0
