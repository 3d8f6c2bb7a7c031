"Figures for chapters 11 to 13: functions that return (what, ratio, limit); a limit of None is reported, not demanded."
import time
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from bench import ratio
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

from course_lib.data import drawn_pets, mnist, ten_digits
from course_lib.pets.baseline import pets_learner, train
from course_lib.scratch.cross_entropy import CrossEntropyLoss, cross_entropy
from course_lib.scratch.dataloader import DataLoaders, TensorDataset
from course_lib.scratch.learner import Learner
from course_lib.scratch.neural_net import simple_net
from fastai.torch_core import TensorImage  # after course_lib's modules, which prepare torchvision
from fastai.vision.augment import Brightness, Contrast, Flip, RandomResizedCropGPU, Rotate, Warp, Zoom, aug_transforms


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


def cross_entropy_time():
    with one_thread(): figure = ratio(*cross_entropy_steps(), repeats=200)
    return "cross-entropy (4096, 37), forward and backward: time, by hand / torch", figure, 2.5


def cross_entropy_memory():
    peaks = []
    for step in cross_entropy_steps():
        with PeakMemory() as memory: step()
        peaks.append(memory.peak)
    return "cross-entropy (4096, 37), forward and backward: peak memory, by hand / torch", peaks[0] / peaks[1], 3


def presizing_time():
    "The batch transforms of presizing at 460, against the same ones one by one at 224, on 16 pictures."
    pictures = TensorImage(torch.rand(16, 3, 460, 460))
    together = aug_transforms(size=224, min_scale=0.75)
    apart = [RandomResizedCropGPU(224, min_scale=0.75, ratio=(1, 1)), Flip(), Warp(p=0.75), Rotate(p=0.75), Zoom(p=0.75),
             Brightness(p=0.75), Contrast(p=0.75)]

    def apply(steps):
        x = pictures
        for step in steps: x = step(x, split_idx=0)

    with one_thread(): figure = ratio(lambda: apply(together), lambda: apply(apart))
    return "presizing's batch transforms: time, fastai's (at 460) / one by one (at 224)", figure, None


def training():
    "The drawn pets from random weights, as in chapter 12: error rate, and minutes of processor time."
    learn = pets_learner(drawn_pets(), "drawn", pretrained=False)
    with one_thread(), learn.no_bar(), learn.no_logging():
        start = time.process_time()
        train(learn)
        minutes = (time.process_time() - start) / 60
        return learn.validate()[1], minutes


def training_rows():
    error, minutes = training()
    return [("drawn pets from random weights: error rate", error, 0.25),
            ("drawn pets from random weights: minutes on one core", minutes, 3)]


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
    """Images per second, by fastai's learner and by a plain torch loop with the same network and pictures: on a GPU the lecture's
    network and size, elsewhere the small one for the drawn pets."""
    gpu = torch.cuda.is_available()
    name = "full" if gpu else "drawn"
    learn = pets_learner(drawn_pets(), name, pretrained=False)
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

    def fastai():
        with learn.no_bar(), learn.no_logging(): learn.fit(1, 1e-4)

    loop, learner = timed(plain), timed(fastai)
    where = f"{'GPU' if gpu else 'CPU'}, {learn.recipe.arch.__name__} at {learn.recipe.size}"
    return [(f"{where}: images per second, fastai's learner (with validation)", learner, None),
            (f"{where}: images per second, plain torch loop / fastai's learner", loop / learner, None)]


def rows():
    "The figures, one after the other; the training takes a minute or more."
    yield cross_entropy_time()
    yield cross_entropy_memory()
    yield presizing_time()
    yield from training_rows()
    yield from ten_digits_rows()
    yield from throughput()
