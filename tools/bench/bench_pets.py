"Figures for chapters 10 to 14: functions that give (what, figure, limit); a limit of None is reported, not demanded."
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from bench import ratio
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

from course_lib.data import drawn_pets, mnist, pets, ten_digits
from course_lib.pets import pretrained
from course_lib.pets.baseline import out_of_fold
from course_lib.pets.labels import breed, is_cat
from course_lib.pets.photographs import some_of_each
from course_lib.pets.pretrained import features, folds
from course_lib.pets.relabeling import plant_mistakes
from course_lib.pets.toolkit import pets_learner
from course_lib.scratch.cross_entropy import CrossEntropyLoss, cross_entropy
from course_lib.scratch.dataloader import DataLoaders, TensorDataset
from course_lib.scratch.learner import Learner
from course_lib.scratch.neural_net import simple_net
from fastai.data.external import URLs, fastai_path
from fastai.torch_core import TensorImage  # after course_lib's modules, which prepare torchvision
from fastai.vision.augment import Brightness, Contrast, Flip, RandomResizedCropGPU, Rotate, Warp, Zoom, aug_transforms

ROOT = Path(__file__).parents[2]


@contextmanager
def one_thread():
    "On a busy machine, threads that wait for each other measure the other programs."
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try: yield
    finally: torch.set_num_threads(before)


class PeakMemory(TorchDispatchMode):
    "The most bytes that tensors made inside it held at one time."

    def __init__(self):
        super().__init__()
        self.held, self.peak = {}, 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for tensor in tree_flatten(out)[0]:
            if isinstance(tensor, torch.Tensor):
                storage = tensor.untyped_storage()
                self.held[storage._cdata] = torch.multiprocessing.reductions.StorageWeakRef(storage), storage.nbytes()
        self.held = {key: (ref, size) for key, (ref, size) in self.held.items() if not ref.expired()}
        self.peak = max(self.peak, sum(size for _, size in self.held.values()))
        return out


def cross_entropy_steps():
    "Forward and backward on (4096, 37), by hand and in torch."
    torch.manual_seed(0)
    start, targets = torch.randn(4096, 37), torch.randint(37, (4096,))

    def step(loss):
        activations = start.detach().requires_grad_()
        loss(activations, targets).backward()

    return (lambda: step(cross_entropy)), (lambda: step(F.cross_entropy))


def cross_entropy_time(repeats):
    with one_thread(): figure = ratio(*cross_entropy_steps(), repeats=repeats)
    return "cross-entropy (4096, 37), forward and backward: time, by hand / torch", figure, 1.5


def cross_entropy_memory():
    peaks = []
    for step in cross_entropy_steps():
        with PeakMemory() as memory: step()
        peaks.append(memory.peak)
    return "cross-entropy (4096, 37), forward and backward: peak memory, by hand / torch", peaks[0] / peaks[1], 3


def presizing_time(repeats, count=16):
    "The batch transforms of presizing at 460, against the same ones one by one at 224."
    pictures = TensorImage(torch.rand(count, 3, 460, 460))
    together = aug_transforms(size=224, min_scale=0.75)
    apart = [RandomResizedCropGPU(224, min_scale=0.75, ratio=(1, 1)), Flip(), Warp(p=0.75), Rotate(p=0.75), Zoom(p=0.75),
             Brightness(p=0.75), Contrast(p=0.75)]

    def apply(steps):
        x = pictures
        for step in steps: x = step(x, split_idx=0)

    with one_thread(): figure = ratio(lambda: apply(together), lambda: apply(apart), repeats)
    return "presizing's batch transforms: time, fastai's (at 460) / one by one (at 224)", figure, None


@contextmanager
def nothing_kept():
    "Activations are calculated and kept as on a new machine."
    with tempfile.TemporaryDirectory() as folder:
        before, pretrained.feature_places = pretrained.feature_places, lambda: [Path(folder)]
        try: yield
        finally: pretrained.feature_places = before


def processor_seconds(run):
    "On one thread, since on a busy machine the clock measures the others."
    with one_thread():
        start = time.process_time()
        run()
        return time.process_time() - start


def photographs():
    "Ten of each breed; [] where the photographs are not in fastai's cache."
    return some_of_each((fastai_path("data") / Path(URLs.PETS).stem / "images").glob("*.jpg"))


def feature_rows(files):
    "What it takes to turn the photographs into activations."
    with nothing_kept():
        yield "features of 370 photographs, the first time: processor seconds", processor_seconds(lambda: features(files)), 60
        yield "the same from the cache: processor seconds", statistics.median(processor_seconds(lambda: features(files)) for _ in range(5)), 1


def error_of(x, y, **options):
    "Of the course's own layer, out of fold."
    activations, _ = out_of_fold(x, y, loss_func=CrossEntropyLoss(), **options)
    return (activations.argmax(dim=1) != y).float().mean().item()


def probe_rows(x, y, cat):
    "The last layer: by the course's own code, by scikit-learn, and of cats against dogs."
    yield "own Linear, loss, SGD and Learner on the features, 5 folds: error", error_of(x, y), 0.12
    yield "the same: processor seconds for the 5 folds", statistics.median(processor_seconds(lambda: error_of(x, y)) for _ in range(3)), 3
    def regularised(): return LogisticRegression(C=0.01, max_iter=500)
    judged = cross_val_predict(regularised(), x.numpy(), y.numpy(), cv=folds(y))
    yield "scikit-learn's regularised logistic regression, same folds: error", (judged != y.numpy()).mean().item(), 0.10
    judged = cross_val_predict(regularised(), x.numpy(), cat.numpy(), cv=folds(y))
    yield "cat or dog, same features and folds: error", (judged != cat.numpy()).mean().item(), 0.01


def planted_rows(x, files, breeds):
    "Ten wrong labels, three times: how many are found among the 20 largest losses, and the error before and after they are put right."
    missed, before, after = [], [], []
    for seed in range(3):
        planted = plant_mistakes(files, 10, seed)
        labels = [planted.get(f.name, breed(f)) for f in files]
        y = torch.tensor([breeds.index(label) for label in labels])
        activations, _ = out_of_fold(x, y, loss_func=CrossEntropyLoss())
        suspects = cross_entropy(activations, y, reduction="none").topk(20).indices.tolist()
        found = [i for i in suspects if files[i].name in planted]
        missed.append(10 - len(found))
        before.append((activations.argmax(dim=1) != y).float().mean().item())
        for i in found: y[i] = breeds.index(breed(files[i]))
        after.append(error_of(x, y))
    yield "planted labels, of 10, that are not among the 20 largest losses, worst of 3 seeds", max(missed), 1
    yield "error after cleaning / before, worst of 3 seeds", max(a / b for a, b in zip(after, before, strict=True)), 0.999


def fine_tune_rows():
    "fastai's fine_tune on the same network, three splits."
    errors, minutes = [], []
    for seed in (42, 43, 44):
        learn = pets_learner(pets(), seed=seed, count=370)
        train = partial(learn.fine_tune, 1, 1e-2, freeze_epochs=3)  # as in chapter 12
        with learn.no_bar(), learn.no_logging(): minutes.append(processor_seconds(train) / 60)
        errors.append(learn.recorder.values[-1][-1])
    yield "fastai's fine_tune on the same network, mean of 3 splits: error", statistics.mean(errors), 0.20
    yield "the same: processor minutes for one split", statistics.median(minutes), 6


def photograph_rows():
    "The figures of chapters 12 to 14; nothing where the photographs are not at hand."
    files = photographs()
    if not files: return
    breeds = sorted({breed(f) for f in files})
    y = torch.tensor([breeds.index(breed(f)) for f in files])
    yield from feature_rows(files)
    x = features(files)
    yield from probe_rows(x, y, torch.tensor([is_cat(f) for f in files]))
    yield from planted_rows(x, files, breeds)
    yield from fine_tune_rows()


MEMORY = """
import resource, sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=None, kernel_name="python3").execute(cwd=sys.argv[2])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20)
"""


def memory_rows():
    "The most memory that a chapter's kernel holds while all of its cells run; the cells that nbdev leaves out are run, too."
    for chapter in sorted((ROOT / "nbs" / "2_pets").glob("*.ipynb")):
        with tempfile.TemporaryDirectory() as folder:
            run = subprocess.run([sys.executable, "-c", MEMORY, chapter, folder], capture_output=True, text=True, check=True)
        yield f"chapter {chapter.stem}: GB of memory", float(run.stdout.splitlines()[-1]), 3


def ten_digits_rows():
    "Chapter 13's ten digits, everything by hand; [] where MNIST itself is not at hand."
    start = time.process_time()
    train_set, valid_set = (TensorDataset(*ten_digits(mnist() / part)) for part in ("training", "testing"))
    if len(train_set) != 60_000: return []
    torch.manual_seed(42)
    learn = Learner(DataLoaders.from_datasets(train_set, valid_set), simple_net(784, 100, 10), CrossEntropyLoss())
    with one_thread(): learn.fit(6, lr=0.2)
    probabilities, targets = learn.get_preds()
    error = (probabilities.argmax(dim=1) != targets).float().mean().item()
    return [("ten digits of MNIST, all by hand: error rate on 10,000", error, 0.03),
            ("ten digits of MNIST, all by hand: minutes on one core, reading included", (time.process_time() - start) / 60, 2)]


def throughput():
    """Pictures per second, by fastai's learner and by a plain torch loop with the same network and pictures. On a GPU the ratio has a
    limit; without one both wait for the same processor."""
    gpu = torch.cuda.is_available()
    learn = pets_learner(drawn_pets(), **({} if gpu else {"size": 64, "presize": 72, "count": 96}))
    model, opt = learn.model.to(learn.dls.device), torch.optim.Adam(learn.model.parameters(), 1e-4)
    finish = torch.cuda.synchronize if gpu else lambda: None

    def timed(run):
        run()
        finish()
        start = time.perf_counter()
        run()
        finish()
        return len(learn.dls.train_ds) / (time.perf_counter() - start)

    def plain():
        model.train()
        for batch in learn.dls.train:
            x, y = (part.as_subclass(torch.Tensor) for part in batch)  # fastai's tensors know which losses they go with
            F.cross_entropy(model(x), y).backward()
            opt.step()
            opt.zero_grad()
        model.eval()
        with torch.no_grad():
            for batch in learn.dls.valid: model(batch[0].as_subclass(torch.Tensor))

    def fastai():
        with learn.no_bar(), learn.no_logging(): learn.fit(1, 1e-4)

    loop, learner = timed(plain), timed(fastai)
    where = "GPU" if gpu else "CPU, at 64 pixels"
    return [(f"{where}: pictures per second, fastai's learner (with validation)", learner, None),
            (f"{where}: pictures per second, plain torch loop (with validation) / fastai's learner", loop / learner, 1.25 if gpu else None)]


def rows(short: bool = False):
    "The figures, one after the other; fastai's training and the chapters take minutes, and are not in the short form."
    yield cross_entropy_time(1 if short else 200)
    yield cross_entropy_memory()
    yield presizing_time(*(1, 1) if short else (7,))
    if short: return
    yield from photograph_rows()
    yield from ten_digits_rows()
    yield from throughput()
    yield from memory_rows()
