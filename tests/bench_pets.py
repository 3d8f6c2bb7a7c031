"Figures for chapters 11 to 13: functions that return (what, ratio, limit); a limit of None is reported, not demanded."
import time

import torch
import torch.nn.functional as F
from bench import ratio
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

from course_lib.data import drawn_pets
from course_lib.pets.baseline import pets_learner, train
from course_lib.scratch.cross_entropy import cross_entropy
from fastai.torch_core import TensorImage  # after course_lib's modules, which prepare torchvision
from fastai.vision.augment import Brightness, Contrast, Flip, RandomResizedCropGPU, Rotate, Warp, Zoom, aug_transforms


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
    return ("cross-entropy (4096, 37), forward and backward: time, by hand / torch",
            ratio(*cross_entropy_steps(), repeats=200), 2.5)


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

    return ("presizing's batch transforms: time, fastai's (at 460) / one by one (at 224)",
            ratio(lambda: apply(together), lambda: apply(apart)), None)


def training():
    "The drawn pets from random weights, as in chapter 12: error rate, and minutes."
    learn = pets_learner(drawn_pets(), "drawn", pretrained=False)
    start = time.perf_counter()
    with learn.no_bar(), learn.no_logging(): train(learn)
    minutes = (time.perf_counter() - start) / 60
    with learn.no_bar(): return learn.validate()[1], minutes


def training_rows():
    error, minutes = training()
    return [("drawn pets from random weights: error rate", error, 0.25),
            ("drawn pets from random weights: minutes", minutes, 3)]


def gpu_throughput():
    "Images per second on a GPU: fastai's learner against a plain torch loop, same network, same pictures; [] without a GPU."
    if not torch.cuda.is_available(): return []
    learn = pets_learner(drawn_pets(), "full", pretrained=False)
    model, opt = learn.model.cuda(), torch.optim.Adam(learn.model.parameters(), 1e-4)

    def timed(run):
        run()
        torch.cuda.synchronize()
        start = time.perf_counter()
        run()
        torch.cuda.synchronize()
        return len(learn.dls.train_ds) / (time.perf_counter() - start)

    def plain():
        model.train()
        for x, y in learn.dls.train:
            F.cross_entropy(model(x), y).backward()
            opt.step()
            opt.zero_grad()

    def fastai():
        with learn.no_bar(), learn.no_logging(): learn.fit(1, 1e-4)

    loop, learner = timed(plain), timed(fastai)
    return [("GPU, resnet34 at 224: images per second, fastai's learner (with validation)", learner, None),
            ("GPU, resnet34 at 224: images per second, plain torch loop / fastai's learner", loop / learner, None)]


def rows():
    "The figures, one after the other; the training takes a minute or more."
    yield cross_entropy_time()
    yield cross_entropy_memory()
    yield presizing_time()
    yield from training_rows()
    yield from gpu_throughput()
