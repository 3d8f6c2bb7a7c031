"""Mistakes that stand in no list: right implementations with one thing changed explain them; and the ways that are changed are right."""
import math

import pytest
import torch

from course_lib.checks.near import near
from course_lib.checks.probing import observe
from course_lib.checks.student_code import Code
from course_lib.checks.trials import Trial
from course_lib.exercises.checking import find_check
from course_lib.exercises.ways import WAYS

UNFORESEEN = [
    ("softmax", "another-operator", "def softmax(x):\n    x = x / x.max(dim=1, keepdim=True).values\n    e = torch.exp(x)\n    return e / e.sum(dim=1, keepdim=True)"),
    ("softmax", "first-only", "def softmax(x):\n    e = torch.exp(x)\n    s = e[0].sum()\n    return e / s"),
    ("mnist_loss_gradient", "without-brackets", "def mnist_loss_gradient(predictions, targets):\n    p = torch.sigmoid(predictions)\n    return torch.where(targets == 1, -1., 1.) * p * 1 - p / len(p)"),
    ("Linear", "without-requires_grad", "class Linear:\n    def __init__(self, n_in, n_out):\n        self.weight, self.bias = (torch.randn(n_out, n_in) / n_in ** 0.5).requires_grad_(), torch.zeros(n_out)\n"
     "    def __call__(self, x): return x @ self.weight.T + self.bias\n    def parameters(self): return [self.weight, self.bias]"),
]


@pytest.mark.parametrize("name", WAYS)
def test_every_way_is_right_or_a_known_mistake_and_much_is_near_it(name):
    trial = Trial(find_check(name), 3)
    for way in WAYS[name]:
        verdict = trial.verdict(trial.observe(way))
        assert verdict.status == "right" or verdict.mistake, f"{way.__name__}\n{verdict}"
        assert len(near(way)) >= 8 and all(one.says and "  " not in one.says for one in near(way))


@pytest.mark.parametrize(("name", "kind", "code"), UNFORESEEN)
def test_what_nobody_foresaw_is_told_as_one_change(name, kind, code):
    space = {"torch": torch, "math": math}
    exec(code, space)
    trial = Trial(find_check(name), 5)
    verdict = trial.verdict([observe(c.probe, space[name], c.inputs) for c in trial.cases], code=Code({"code cell 1": code}, name))
    assert verdict.cause == f"change/{kind}" and verdict.hint.startswith("It is exactly what comes if "), str(verdict)


def test_only_named_ways_are_changed_and_none_that_may_not_end():
    def loops(x):
        while x > 0: x -= 1
        return x
    def grows(items):
        for item in items: items.append(item)
    assert near(loops) == near(grows) == near(len) == ()
    assert not find_check("k_folds").ways and not find_check("pet_block").ways
