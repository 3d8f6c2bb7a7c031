"""Wrong and right implementations as people publish them, by exercise, each wrong one labelled with its actual mistake.

A file for each exercise holds lists: `REVIEW` (forms that a review of the checks met), `WRONG` and `RIGHT` (for tuning), and `KEPT_BACK` and `RIGHT_KEPT_BACK`,
which are measured only, never tuned for: whoever changes a check so that one of them comes out better writes a new one in its place.
`tools/mistakes_table.py` counts what the checks say to them.
"""
import importlib
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import dedent

EXERCISES = (
    "sigmoid", "mnist_loss", "softmax", "nll_loss", "cross_entropy", "BasicOptim", "SGD", "DataLoader", "Linear", "ReLU", "Sequential", "calc_grad", "train_epoch",
    "batch_accuracy", "validate_epoch", "breed", "is_cat", "pet_block", "mnist_loss_gradient", "linear_backward", "relu_backward", "net_gradients", "Value",
)
TRANSFER = ("standardise", "initial_loss", "train_head", "predict", "k_folds", "cross_validated_error")
IMPORTS = "import math, random, re\nimport numpy as np\nimport torch\nfrom torch import nn, tensor\nimport torch.nn.functional as F\n"
GIVEN = "def mnist_loss(predictions, targets):\n    predictions = 1 / (1 + torch.exp(-predictions))\n    return torch.where(targets == 1, 1 - predictions, predictions).mean()\n"
PETS = "import course_lib.torchvision_operators\nimport re\nfrom pathlib import Path\nfrom fastai.vision.all import *\n"
BREED = "def breed(path): return path.name.rpartition('_')[0]\n"
BEFORE = {  # the cells that stand above the student's own
    **dict.fromkeys((*EXERCISES, *TRANSFER), (IMPORTS,)), **dict.fromkeys(("calc_grad", "train_epoch", "batch_accuracy", "validate_epoch"), (IMPORTS, GIVEN)),
    **dict.fromkeys(("breed", "is_cat"), (PETS,)), "pet_block": (PETS, BREED),
}


@dataclass(frozen=True)
class Snippet:
    "One implementation, and what a good answer to it says."
    code: str                # of the student's own cell, or cells
    mistake: str = ""        # what is wrong, in words; empty where nothing is
    named: str = ""          # a pattern: a reason or a hint with it names the mistake
    plain: str = ""          # a pattern: one with it makes the mistake plain
    misleading: str = ""     # a pattern: one with it sends people the wrong way, whatever else it says
    exercise: str = ""
    kept_back: bool = False
    review: bool = False

    def cells(self) -> list[str]: return [*BEFORE[self.exercise], *self.code.split("\n# next cell\n")]


def wrong(mistake: str, named: str, code: str, plain: str = "", misleading: str = "") -> Snippet:
    "A wrong one: its mistake, the pattern of an answer that names it, and the code."
    re.compile(named), re.compile(plain), re.compile(misleading)
    return Snippet(dedent(code).strip("\n"), mistake, named, plain, misleading)


def right(code: str) -> Snippet:
    "A right one."
    return Snippet(dedent(code).strip("\n"))


def of_people(exercise: str) -> list[tuple[Snippet, str]]:
    "Implementations that somebody wrote who had not read the checks, each wrong one with the cause that its verdict has (two where it shuffles); kept back until they were read."
    rows = json.loads((Path(__file__).parent / "people.json").read_text())
    return [(Snippet("\n".join(r["code"]), r["mistake"], exercise=exercise), r["cause"]) for r in rows if r["exercise"] == exercise]


def snippets(exercise: str) -> list[Snippet]:
    "All of one exercise."
    module = importlib.import_module(f"mistakes.{exercise}")
    lists = {"REVIEW": dict(review=True), "WRONG": {}, "RIGHT": {}, "KEPT_BACK": dict(kept_back=True), "RIGHT_KEPT_BACK": dict(kept_back=True)}
    return [replace(snippet, exercise=exercise, **more) for name, more in lists.items() for snippet in getattr(module, name, ())]
