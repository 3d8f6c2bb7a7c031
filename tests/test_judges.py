"""What the judges let pass: answer tables, mutated observations, published wrong answers, and verdicts by chance."""
import importlib.util
import json
import random
import re
from pathlib import Path

import pytest
import torch
from right_variants import GIVEN, SCALE, VARIANTS
from torch import Tensor

from assignments import ASSIGNMENTS
from course_lib.exercises.checking import find_check
from course_lib.checks.cases import Case, same
from course_lib.checks.definition import Check
from course_lib.checks.trials import Trial
from course_lib.checks.compare import Other, Raised, difference, show
from course_lib.checks.probing import observe

ROOT = Path(__file__).resolve().parents[1]
NAMES = [name for names in ASSIGNMENTS.values() for name in names]
needs_pets = pytest.mark.skipif(importlib.util.find_spec("course_lib.pets") is None, reason="the pets' chapters are not there")
by_name = pytest.mark.parametrize("name", [pytest.param(n, marks=needs_pets if n in ASSIGNMENTS["pet_labels"] else ()) for n in NAMES])


def written(name, code):
    "What a student's cells leave behind under this name."
    space = {"torch": torch, "__name__": "answer"}
    first = "import course_lib.torchvision_operators\n" if "fastai" in code else ""  # as the assignment's first cell has it
    exec(compile(f"{first}import torch\n{code}", "<answer>", "exec"), space)
    return space[name]


def stands(trial, solution, parts=None):
    "Whether a solution is right, without asking which mistake it is."
    faults = (c.fault(e, observe(c.probe, solution, c.inputs)) for c, e in zip(trial.cases, trial.expected, strict=True) if parts is None or c.part in parts)
    return "right" if not any(faults) else "wrong"


# --- answer tables ---

@by_name
def test_a_table_of_answers_earns_nothing_in_any_part(name):
    found = find_check(name)
    for seed in range(1 if name == "pet_block" else 12):
        table, trial = Trial(found, seed).expected, Trial(found, seed + 100)
        for part in found.parts():
            with_table = [c.fault(e, g) for c, e, g in zip(trial.cases, trial.expected, table, strict=True) if c.part == part]
            assert any(with_table), f"{name}, part {part!r}: the answers for seed {seed} are right for seed {seed + 100}"


@by_name
def test_inputs_of_every_part_are_drawn(name):
    one, other = Trial(find_check(name), 1), Trial(find_check(name), 2)
    for part in one.check.parts():
        assert any(difference(a.inputs, b.inputs) for a, b in zip(one.cases, other.cases, strict=True) if a.part == part), part


STUB = """
import torch
from pathlib import Path
from PIL import Image
class Part(list):
    items = property(lambda self: [p for p, _, _ in self.rows])
    def __init__(self, rows, vocab): self.rows = rows; super().__init__((Image.open(p).copy(), torch.tensor(vocab.index(b))) for p, b, _ in rows)
class Loader:
    class after_batch: fs = [type('Crop', (), dict(min_scale=0.75))()]
    def do_item(self, i): return (torch.zeros(3, 460, 460), torch.tensor(0))
    def one_batch(self): return torch.zeros(2, 3, 224, 224), torch.zeros(2, dtype=torch.int64)
class Loaders:
    def __init__(self, folder):
        rows = [(p, p.name.rpartition('_')[0], 0) for p in sorted(Path(folder).glob('*.jpg'))]
        self.vocab = sorted({b for _, b, _ in rows})
        k = len(rows) // 5
        self.valid_ds, self.train_ds, self.train, self.valid = Part(rows[:k], self.vocab), Part(rows[k:], self.vocab), Loader(), Loader()
class pet_block:
    def dataloaders(self, folder, **kw): return Loaders(folder)
"""


@needs_pets
def test_a_stub_without_any_data_block_earns_nothing():
    trial = Trial(find_check("pet_block"), 3)
    (seen,) = trial.observe(written("pet_block", STUB))
    assert not isinstance(seen, Raised) and seen["labels"] == trial.expected[0]["labels"]  # it came as far as it could
    assert "not a DataBlock" in trial.cases[0].fault(trial.expected[0], seen)


# --- mutated observations ---

DEEP = []
for _ in range(50_000): DEEP = [DEEP]
JUNK = [None, float("nan"), float("inf"), -float("inf"), "", "x" * 1000, [], {}, (), DEEP, 10 ** 4000, -(10 ** 6000), True, 3, 0.5, Raised("ValueError", "no" * 1000),
        Other("Figure" * 1000), torch.tensor(float("nan")), torch.zeros(0), torch.ones(2, 2, dtype=torch.complex64), torch.ones(3).to_sparse(), b"bytes", {1: 2}]


def nodes(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    for key, item in items: yield from nodes(item, (*path, key))


def changed(value, path, change):
    "The same, with one node changed; the rest is shared."
    if not path: return change(value)
    if isinstance(value, dict): return {k: changed(v, path[1:], change) if k == path[0] else v for k, v in value.items()}
    items = [changed(v, path[1:], change) if i == path[0] else v for i, v in enumerate(value)]
    return tuple(items) if isinstance(value, tuple) else items


def other_tensor(tensor, rng):
    kinds = [lambda: tensor.unsqueeze(0), lambda: tensor.flatten()[:-1], lambda: tensor.reshape(-1).repeat(2), lambda: None,
             *(lambda d=d: tensor.to(d) for d in (torch.float16, torch.bfloat16, torch.float64, torch.int64, torch.bool) if d != tensor.dtype)]
    if tensor.numel() and tensor.is_floating_point():
        def with_value(value):
            copy = tensor.clone(memory_format=torch.contiguous_format)
            copy.view(-1)[rng.randrange(copy.numel())] = value
            return copy
        kinds += [lambda: with_value(float("nan")), lambda: with_value(float("inf")), lambda: tensor * 1.01 + 0.01, lambda: with_value(12345.),
                  lambda: (tensor * 1.0015 + 1e-4).bfloat16(), lambda: -tensor - 0.1]
    return rng.choice(kinds)()


def other_value(value, rng):
    "One node, changed so that it is another thing; now and then it is the same by chance."
    if rng.random() < 0.3: return rng.choice(JUNK)
    if isinstance(value, Tensor): return other_tensor(value.detach(), rng)
    if isinstance(value, bool): return rng.choice([not value, int(value), None])
    if isinstance(value, int): return rng.choice([value + 1, value - 1, float(value), bool(value), -value - 1])
    if isinstance(value, float): return rng.choice([value + 0.01, value * 1.001 + 1e-3, int(value), float("nan"), str(value)])
    if isinstance(value, str): return rng.choice([value + "x", value[1:], value.swapcase(), value.encode()])
    if isinstance(value, list | tuple):
        i = rng.randrange(len(value)) if value else 0
        items = rng.choice([value[:i] + value[i + 1:], value[:i] + value[i:i + 1] + value[i:], value[:0], value * 2, type(value[:0])([*value, rng.choice(JUNK)])])
        return type(value)(items)
    if isinstance(value, dict):
        key = rng.choice(list(value)) if value else ""
        return rng.choice([{k: v for k, v in value.items() if k != key}, {**value, "more": 1}, {(f"{k}_" if k == key else k): v for k, v in value.items()}, {}])
    return rng.choice(JUNK)


def same_thing(one, other):
    "What the exercises ask for, said once more and independently of the judges: the same types, shapes and lengths, and numbers within 1e-4."
    if type(one) is not type(other): return False
    if isinstance(one, Tensor):
        if one.dtype != other.dtype or one.shape != other.shape or other.layout != torch.strided: return False
        if not one.is_floating_point(): return bool((one == other).all())
        return bool(((one - other).abs() <= 1e-4 * one.abs() + 1e-6).all())
    if isinstance(one, float): return abs(one - other) <= 2e-6 + 1e-6 * abs(one)
    if isinstance(one, dict): return one.keys() == other.keys() and all(same_thing(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple): return len(one) == len(other) and all(map(same_thing, one, other))
    return one == other


def left_open(case, path, node, mutated):
    "What an exercise does not ask for, so that a judge may let it pass: which random weights, how many more crops, float64 for Python's floats."
    if case.judge.__name__ == "sensible" and path and path[0] in ("weights", "biases") and isinstance(mutated, Tensor) and isinstance(node, Tensor):
        return mutated.shape == node.shape and mutated.dtype == node.dtype and bool(mutated.isfinite().all()) and bool(mutated.abs().max() < 1000)
    if case.judge.__name__ == "fits" and "kept at least" in path: return isinstance(mutated, list) and 0.75 in mutated
    # numbers of Python's own: a gradient of 0 is what one of 0.0 is, and within 1e-4 they are the same, as in a tensor
    if case.probe == "value_calculation" and isinstance(node, float) and type(mutated) in (int, float): return abs(mutated) < 1e6 and abs(mutated - node) <= 1e-4 * abs(node)
    if case.judge.__name__ == "shuffled" and isinstance(mutated, Tensor) and isinstance(node, Tensor): return mutated.dtype == torch.float64 and torch.equal(mutated, node.double())
    return False


def at(value, path):
    for key in path: value = value[key]
    return value


@by_name
def test_no_mutated_observation_is_right_and_none_is_an_exception(name):
    rng, trial = random.Random(name), Trial(find_check(name), 11)
    wrong = [[g for (_, got) in trial.mistaken if trial.cases[i].fault(e, g := got[i])] for i, e in enumerate(trial.expected)]
    tried, paths = {"right": 0, "wrong": 0}, {}
    for k in range(2000):
        i = k % len(trial.cases)
        case, expected = trial.cases[i], trial.expected[i]
        assert case.fault(expected, expected) is None if k < len(trial.cases) else True
        base = rng.choice(wrong[i]) if wrong[i] and k % 3 == 0 else expected
        if id(base) not in paths: paths[id(base)] = list(nodes(base))  # it lives as long as the trial
        path = rng.choice(paths[id(base)])
        mutated = changed(base, path, lambda value: other_value(value, rng))
        fault = case.fault(expected, mutated)
        assert fault is None or (isinstance(fault, str) and 0 < len(fault) < 1500), fault
        assert len(show(mutated)) <= 500
        if k // len(trial.cases) % 8 == 0: assert case.alike(expected, mutated, base) in (True, False)
        if same_thing(expected, mutated): assert fault is None, (case.title, path, fault)
        elif not left_open(case, path, at(base, path), at(mutated, path)):
            assert fault, f"{name}, {case.title}: at {path} {show(at(base, path))} became {show(at(mutated, path))}, and is right"
        tried["right" if base is expected else "wrong"] += 1
        if k % 50 == 0: assert trial.verdict([*trial.expected[:i], mutated, *trial.expected[i + 1:]], (case.part,)).score == (0 if fault else 1)
    assert tried["right"] > 1000 and tried["wrong"] > 400


@by_name
def test_fewer_passes_cases_or_none_at_all_are_not_right(name):
    trial = Trial(find_check(name), 4)
    for case, expected in zip(trial.cases, trial.expected, strict=True):
        for empty in ([], (), {}, None, "", torch.zeros(0)): assert case.fault(expected, empty), case.title
        if isinstance(expected, dict):
            for key, value in expected.items():
                if isinstance(value, list) and value: assert case.fault(expected, {**expected, key: []}) and case.fault(expected, {**expected, key: value[:-1]}), (case.title, key)
    with pytest.raises(ValueError): trial.verdict(trial.expected[:-1])


def test_parameters_must_be_finite_in_every_layer():
    trial = Trial(find_check("Linear"), 5)
    for case, expected in zip(trial.cases, trial.expected, strict=True):
        if case.judge is same: continue
        for key in ("weights", "biases"):
            for bad in (float("nan"), float("inf")):
                tensors = [t.clone() for t in expected[key]]
                tensors[-1].view(-1)[-1] = bad
                assert "finite" in case.fault(expected, {**expected, key: tensors})
        assert case.fault(expected, {**expected, "learnable": []}) and case.fault(expected, {**expected, "weights": [expected["weights"][0]] * len(expected["weights"])})


# --- comparing ---

def test_the_tolerance_is_that_of_what_should_have_come():
    right = torch.tensor([0.8808, 0.5, 0.0474])
    for dtype in (torch.bfloat16, torch.float16, torch.float64): assert "the type is" in difference(right, (right * 1.0015).to(dtype)) and difference(right, right.to(dtype))
    assert difference(right, right * 1.0015) and not difference(right, right * (1 + 1e-6))
    assert difference(torch.tensor([2 ** 60]), torch.tensor([2 ** 60 + 1])) and difference(torch.tensor([1]), torch.tensor([1], dtype=torch.int32))


class Hostile:
    def __repr__(self): raise RuntimeError


@pytest.mark.parametrize("value", [*JUNK, Hostile(), {"a" * 10 ** 6: 10 ** 9000}, ["y" * 10 ** 7] * 10 ** 5, {str(i): i for i in range(10 ** 5)}, "\ud800", Raised("E" * 10 ** 6, "'" * 10 ** 7)],
                         ids=lambda v: type(v).__name__)
def test_whatever_came_can_be_compared_and_shown(value):
    assert len(show(value)) <= 500
    case = Case("", "call", {})
    for expected in (torch.ones(2), 1, 0.5, "a", None, True, [1, 2], {"a": 1}, (1, [torch.ones(1)])):
        assert isinstance(case.alike(expected, value, value), bool)
        equal = not isinstance(value, Tensor) and type(value) is type(expected) and value == expected
        assert equal or 0 < len(case.fault(expected, value)) < 1000


# --- parts, references, blank cells ---

def test_an_unknown_part_is_refused_and_the_nearest_named():
    trial = Trial(find_check("sigmoid"), 1)
    with pytest.raises(ValueError, match="did you mean 'gradients'"): trial.verdict(trial.expected, ("gradient",))
    with pytest.raises(ValueError, match="no part"): trial.verdict(trial.expected, ())
    with pytest.raises(ValueError, match="graded as a whole"): find_check("ReLU").known(("gradients",))
    assert trial.check.known(("gradients", "")) and trial.verdict(trial.expected, ("gradients",)).status == "right"


def test_the_assignments_name_only_parts_that_there_are():
    seen = 0
    for assignment in ASSIGNMENTS:
        cells = json.loads((ROOT / "nbs" / "assignments" / assignment / f"{assignment}.ipynb").read_text())["cells"]
        for source in ("".join(c["source"]) for c in cells if c["metadata"].get("nbgrader", {}).get("grade")):
            if found := re.fullmatch(r'check\("(\w+)"(?:, "(\w+)")?\)', source.strip()):
                seen += 1
                if found[2]: assert find_check(found[1]).known((found[2],))
    assert seen > 20


def test_a_reference_that_stops_is_not_a_students_mistake():
    def missing(x): raise ImportError("no such library here")
    trial = Trial(Check("double", missing, lambda g: [Case("a number", "call", {"args": (torch.randn(1, generator=g),)})]), 1)
    with pytest.raises(RuntimeError, match="the reference of the check 'double' stops with ImportError"): trial.verdict([Raised("ImportError", "no such library here")])


def test_blank_is_the_empty_cell_and_nothing_else():
    trial = Trial(find_check("sigmoid"), 1)
    stub, todo = Raised("NotImplementedError"), Raised("NotImplementedError", "later")
    status = lambda seen, **kw: trial.verdict([seen] * len(trial.cases), **kw).status
    assert status(stub) == status(stub, untouched=True) == status(todo, untouched=True) == "blank"
    assert status(todo) == status(stub, untouched=False) == status(Raised("NotImplementedError", "a library does not …")) == "invalid"


@needs_pets
def test_what_fastai_does_not_implement_is_not_an_empty_cell():
    code = VARIANTS["pet_block"][0].replace("item_tfms=Resize(460), batch_tfms=", "item_tfms=")
    trial = Trial(find_check("pet_block"), 1)
    assert trial.observe(written("pet_block", code))[0].type == "NotImplementedError"
    assert trial.verdict(trial.observe(written("pet_block", code))).status == "invalid"


# --- mistakes that were right, or right by chance ---

E = "1 / (1 + torch.exp(-x))"
LINEAR = ("class Linear:\n    def __init__(self, i, o):\n        self.weight = ({weight}).requires_grad_(); self.bias = ({bias}).requires_grad_()\n"
          "    def __call__(self, x): return x @ self.weight.T + self.bias\n    def parameters(self): return [self.weight, self.bias]")
SGD = ("class SGD:\n    def __init__(self, params, lr, momentum={default}): self.ps, self.lr, self.m, self.v = list(params), lr, momentum, {{}}\n    def zero_grad(self):\n"
       "        for p in self.ps: p.grad = None\n    def step(self):\n        for p in self.ps:\n            {body}")
OPTIM = ("class BasicOptim:\n    def __init__(self, params, lr): self.params, self.lr = list(params), lr\n    def zero_grad(self, *args, **kwargs):\n        for p in self.params: p.grad = None\n"
         "    def step(self):\n        for p in self.params:\n            {body}")
ACC = "def acc(p, t): return ((p > 0) == (t == 1)).float().mean()\ndef validate_epoch(model, dl):\n    accs = [acc(model(x), y) for x, y in dl]\n    return "
CE = "def cross_entropy(x, t, reduction='mean'):\n    {body}\n    return {{'none': l, 'sum': l.sum(), 'mean': l.mean()}}[reduction]"
PETS = ("from fastai.vision.all import *\ndef pet_block(): return DataBlock((ImageBlock, CategoryBlock), get_items=get_image_files, splitter=RandomSplitter(seed=42),\n"
        "    get_y=using_attr(RegexLabeller(r'(.+)_\\d+\\.\\w+$'), 'name'), {tfms})")
LOADER = ("def collate(xs):\n    x = xs[0]\n    if isinstance(x, torch.Tensor): return torch.stack(list(xs))\n    if isinstance(x, (int, float)): return torch.tensor(xs)\n"
          "    return tuple(map(collate, zip(*xs))) if isinstance(x, tuple) else tuple(xs)\n"
          "class DataLoader:\n    def __init__(self, dataset, batch_size=64, shuffle=False, drop_last=False): self.d, self.b, self.s, self.l = dataset, batch_size, shuffle, drop_last\n"
          "    def __len__(self): return len(self.d) // self.b + (len(self.d) % self.b > 0 and not self.l){more}\n"
          "    def __iter__(self):\n        o = list(range(len(self.d)))\n        parts = [o[i:i + self.b] for i in range(0, len(o), self.b)][:len(self)]\n        {order}\n"
          "        for part in parts: yield collate([self.d[i] for i in part])")
TRAIN = "for xb, yb in dl:\n        {loss}.backward()\n        for p in params:\n            p.data -= lr * p.grad\n            p.grad.zero_()"

HEAD = ("import torch.nn.functional as F\ndef train_head(x, y, n_classes, lr, epochs):\n    w, b = {start}(n_classes, x.shape[1]).requires_grad_(), torch.zeros(n_classes).requires_grad_()\n    for _ in range(epochs):\n"
        "        {loss}.backward()\n        for p in (w, b):\n            p.data -= lr * p.grad\n            p.grad = None{more}\n    return w.detach(), b.detach()")
VALUE = ("class Value:\n    def __init__(s, data, made=()): s.data, s.grad, s.made = data, 0.0, made\n    def _of(s, o): return o if isinstance(o, Value) else Value(o)\n    def __add__(s, o):\n        o = s._of(o)\n        return Value(s.data + o.data, [(s, 1.0), (o, 1.0)])\n"
         "    def __mul__(s, o):\n        o = s._of(o)\n        return Value(s.data * o.data, [{mul}])\n    __radd__, __rmul__ = __add__, __mul__\n    def relu(s): return Value(max(0.0, s.data), [(s, {relu})])\n"
         "    def backward(s):\n        ways = [(s, 1.0)]\n        for v, g in ways:\n            v.grad += g\n            {back}\n            ways += [(w, g * slope) for w, slope in v.made]")

WRONG = {
    "sigmoid": [f"def sigmoid(x): return ({E}).clamp(1e-4, 1 - 1e-4)", "def sigmoid(x): return x.exp() / (1 + x.exp())", f"def sigmoid(x): return ({E.replace('1 /', '1.0015 /')}).bfloat16()",
                f"def sigmoid(x): return ({E}).half()", f"def sigmoid(x): return ({E}).double()", "def sigmoid(x): return torch.exp(x) / (torch.exp(x) + torch.exp(0 * x))"],
    "mnist_loss": ["def mnist_loss(p, t): return (t - 1 / (1 + torch.exp(-p))).abs().mean().bfloat16()"],
    "softmax": ["def softmax(x): return x.exp() / x.exp().sum(dim=1)"],
    "nll_loss": ["def nll_loss(lp, t): return -torch.log(lp[range(len(t)), t]).mean()", "def nll_loss(lp, t): return -torch.log(lp[range(len(t)), t])"],
    "cross_entropy": [CE.format(body=b) for b in (
        "x = x - x.max(); l = x.exp().sum(1).log() - x[range(len(t)), t]", "l = (torch.logsumexp(x, 1) - x.gather(1, t.unsqueeze(1)).squeeze(1)).squeeze()",
        "x = x - x.max(1, keepdim=True).values; l = -torch.log((x.exp() / x.exp().sum(1, keepdim=True))[range(len(t)), t] + 1e-9)",
        "x = x - x.max(1, keepdim=True).values; l = -torch.log((x.exp() / x.exp().sum(1, keepdim=True))[range(len(t)), t].clamp(min=1e-12))",
        "l = x.exp().sum(1).log() - x[range(len(t)), t]")],
    "BasicOptim": [OPTIM.format(body=b) for b in ("p.data -= p.grad.data * self.lr", "if p.grad is None: return\n            p.data -= p.grad.data * self.lr")],
    "SGD": [SGD.format(default=d, body=b) for d, b in (
        ("0.", "self.v[p] = self.m * self.v.get(p, 0) + p.grad; p.data -= self.lr * self.v[p]"),
        ("0.", "if p.grad is None: return\n            self.v[p] = self.m * self.v.get(p, 0) + p.grad; p.data -= self.lr * self.v[p]"),
        ("0.", "if p.grad is None: continue\n            v = self.m * self.v.get(p, 0) + p.grad; p.data -= self.lr * v"),
        ("0.9", "if p.grad is None: continue\n            self.v[p] = self.m * self.v.get(p, 0) + p.grad; p.data -= self.lr * self.v[p]"),
        ("0.", "if p.grad is None: continue\n            p.data -= self.lr * self.v.get(p, 0 * p.grad); self.v[p] = self.m * self.v.get(p, 0) + p.grad"))],
    "DataLoader": [LOADER.format(more=m, order=o) for m, o in (
        (" + 1", "if self.s: parts = [[o[i] for i in torch.randperm(len(o))[:len(p)]] for p in parts]"),
        ("", "parts = [sorted(p, key=lambda i: torch.rand(1).item()) for p in parts] if self.s else parts"),
        ("", "parts = [parts[i] for i in torch.randperm(len(parts))] if self.s else parts"),
        ("", "parts = [p[::-1] for p in parts[::-1]] if self.s else parts"), ("", "parts = []"),
        *(("", f"{order}; parts = [o[i:i + self.b] for i in range(0, len(o), self.b)][:len(self)] if self.s else parts") for order in (
            "k = int(torch.randint(len(o), ())); o = o[k:] + o[:k]", "k = int(torch.randint(len(o), ())); o = (o[k:] + o[:k])[::-1]", "i, j = torch.randperm(len(o))[:2].tolist(); o[i], o[j] = o[j], o[i]",
            "h = len(o) // 2; o = [o[i] for i in torch.randperm(h)] + o[h:]", "h = len(o) // 2; o = [o[i] for i in torch.randperm(h)] + [o[h:][i] for i in torch.randperm(len(o) - h)]",
            "self.o = getattr(self, 'o', None) or torch.randperm(len(o)).tolist(); i, j = torch.randperm(len(o))[:2].tolist(); self.o[i], self.o[j] = self.o[j], self.o[i]; o = self.o[:]")),
        ("", "import random; random.Random(1).shuffle(o); parts = [o[i:i + self.b] for i in range(0, len(o), self.b)][:len(self)] if self.s else parts"))],
    "Linear": [LINEAR.format(weight=w, bias=b) for w, b in (
        ("0.1 * torch.randn(o, i)", "torch.zeros(o)"), ("0.01 * torch.randn(o, i)", "torch.zeros(o)"), ("torch.randn(o, i)", "torch.zeros(o)"), ("torch.ones(o, i)", "torch.zeros(o)"),
        ("torch.randn(o, i) / i ** 0.5", "torch.randn(o)"), ("torch.randn(o, i) / i ** 0.5", "torch.full((o,), float('nan'))"), ("torch.randn(o, i) / i ** 0.5", "torch.full((o,), 5.)"),
        ("torch.randn(o, i).div(i ** 0.5).index_fill(0, torch.tensor([0]), float('inf'))", "torch.zeros(o)"), ("torch.randn(o, i, dtype=torch.float64) / i ** 0.5", "torch.zeros(o)"),
        ("torch.randn(1, i).repeat(o, 1) / i ** 0.5", "torch.zeros(o)"), ("torch.randn(o, 1).repeat(1, i) / i ** 0.5", "torch.zeros(o)"),
        ("torch.cat([torch.randn(1, i) * (o / i) ** 0.5, torch.zeros(o - 1, i)])", "torch.zeros(o)"))],
    "ReLU": ["class ReLU:\n    def parameters(self): return []\n    def __call__(self, x): return max(0, x)", "class ReLU:\n    def parameters(self): return []\n    def __call__(self, x):\n        x[x < 0] = 0\n        return x"],
    "Sequential": ["class Sequential:\n    def __init__(self, layers): self.layers = layers\n    def parameters(self): return [p for l in self.layers for p in l.parameters()]\n"
                   "    def __call__(self, x):\n        for l in self.layers: x = l(x)\n        return x"],
    "calc_grad": [GIVEN + code for code in (
        "def calc_grad(xb, yb, model, loss_func=mnist_loss): loss_func(yb, model(xb)).backward()", "def calc_grad(xb, yb, model, loss_func=None): loss_func(model(xb), yb).backward()",
        "def calc_grad(xb, yb, model, loss_func): loss_func(model(xb), yb).backward()", "def calc_grad(xb, yb, model, loss_func=mnist_loss):\n    l = loss_func(model(xb), yb)\n    l.backward()\n    return l",
        "def calc_grad(xb, yb, model, loss_func=mnist_loss): mnist_loss(model(xb), yb).backward()", "def calc_grad(xb, yb, model, loss_func=mnist_loss):\n    l = loss_func(model(xb), yb)\n    l.backward()\n    return l.item()",
        "def calc_grad(xb, yb, model, loss_func=lambda p, t: ((p - t) ** 2).mean()): loss_func(model(xb), yb).backward()")],
    "train_epoch": [GIVEN + f"def train_epoch(model, lr, params, dl, {d}):\n    " + TRAIN.format(loss=loss) for d, loss in (
        ("loss_func=mnist_loss", "loss_func(yb, model(xb))"), ("loss_func=None", "loss_func(model(xb), yb)"), ("loss_func", "loss_func(model(xb), yb)"), ("loss_func=mnist_loss", "mnist_loss(model(xb), yb)"))],
    "batch_accuracy": [f"def batch_accuracy(p, t): return {value}" for value in (
        "((p.sigmoid() >= 0.5) == t).float().mean()", "((p >= 0) == t).float().mean()", "1 - ((torch.sign(p) + 1) / 2 - t).abs().mean()", "((p > 0) == t).float().mean().item()", "((p > 0) == t).double().mean()",
        "100 * ((p > 0) == t).float().mean()", "(p.argmax(1) == t.flatten()).float().mean()", "((p > 0.5) == t).float().mean()", "((p > 0) == t).float().mean(0)")],
    "validate_epoch": [ACC + value for value in (
        "sum(accs) / len(accs)", "torch.stack(accs).mean()", "torch.stack(accs).mean().item()", "round(sum(accs).item() / len(accs), 3)", "torch.round(torch.stack(accs).mean(), decimals=4)", "sum(a.item() for a in accs) / len(accs)",
        "str(round(torch.stack(accs).mean().item(), 4))", "sum(a.item() * len(y) for a, (_, y) in zip(accs, dl)) / sum(len(y) for _, y in dl)", "round(torch.stack(accs).mean().item(), 6)")],
    "standardise": ["def standardise(a, b): return " + value for value in (
        "((a - a.mean(0)) / a.std(0).clamp(min=1e-6), (b - a.mean(0)) / a.std(0).clamp(min=1e-6))", "((a - a.mean(0)) / (a.std(0) + 1e-5), (b - a.mean(0)) / (a.std(0) + 1e-5))",
        "tuple(torch.nan_to_num((x - a.mean(0)) / a.std(0)) for x in (a, b))", "tuple(((x - a.mean(0)) / (a.std(0) + (a.std(0) == 0))).double() for x in (a, b))",
        "tuple(((x - a.mean(0)) / (a.std(0) + (a.std(0) == 0)))[:, a.std(0) > 0] for x in (a, b))", "torch.nn.functional.normalize(a, dim=0), torch.nn.functional.normalize(b, dim=0)")],
    "initial_loss": ["import math\ndef initial_loss(n): return " + value for value in ("round(math.log(n), 2)", "str(math.log(n))", "math.log(n) / n", "int(math.log(n))", "math.log(37)", "math.exp(-n)")],
    "train_head": [HEAD.format(start=start, loss=loss, more=more) for start, loss, more in (
        ("torch.randn", "F.cross_entropy(x @ w.T + b, y)", ""), ("torch.ones", "F.cross_entropy(x @ w.T + b, y)", ""), ("torch.zeros", "F.cross_entropy(x @ w.T + b, y)", "; lr *= 0.99"),
        ("torch.zeros", "F.cross_entropy(x @ w.T + b, y) + 0.01 * (w ** 2).sum()", ""), ("torch.zeros", "F.cross_entropy(x @ w.T + b, y, label_smoothing=0.1)", ""), ("torch.zeros", "F.cross_entropy(x[:-1] @ w.T + b, y[:-1])", ""),
        ("torch.zeros", "F.nll_loss(x @ w.T + b, y)", ""), ("torch.zeros", "F.multi_margin_loss(x @ w.T + b, y)", ""))],
    "predict": ["def predict(x, w, b): return " + value for value in (
        "(x @ w.T + b).argmax(1).int()", "(x @ w.T - b).argmax(1)", "(x @ w.T).argmax(1) + 0 * b.argmax()", "(x @ w.T + b).argmax(1).squeeze()", "(x @ w.T + b).abs().argmax(1)", "(x @ w.T + b).softmax(0).argmax(1)",
        "(x @ w.T + b).argmax(1) + 1", "(x @ w.T + b) > 0", "(x @ w.T + b).argmax(1).numpy()")],
    "mnist_loss_gradient": ["def mnist_loss_gradient(z, t):\n    p = z.sigmoid()\n    return " + value for value in (
        "(1 - 2 * t) * p * (1 - p) / 2", "((1 - 2 * t) * p * (1 - p) / len(z)).flatten()", "((1 - 2 * t) * p * (1 - p) / len(z)).half()", "((1 - 2 * t) * p * (1 - p) / len(z)).sum()", "(p - t) / len(z)",
        "(1 - 2 * t) * p * (1 - p) / len(z) ** 2", "(1 - 2 * t) * p / len(z)")],
    "linear_backward": ["def linear_backward(grad, x, weight): return " + value for value in (
        "grad.T @ x, grad.sum(), grad @ weight", "x.T @ grad, grad.sum(0), grad @ weight", "grad.T @ x, grad.sum(0, keepdim=True), grad @ weight", "grad @ weight, grad.T @ x, grad.sum(0)",
        "(grad.T @ x).bfloat16(), grad.sum(0), grad @ weight", "grad.T @ x, grad.sum(0)", "{'weight': grad.T @ x, 'bias': grad.sum(0), 'x': grad @ weight}", "grad.abs().T @ x, grad.sum(0), grad @ weight")],
    "relu_backward": ["def relu_backward(grad, x): return " + value for value in (
        "grad * (x >= 0)", "grad.relu()", "grad * x.sign()", "grad.mul_(x > 0)", "(grad * (x > 0)).abs()", "grad * (x > 0) * x", "grad[x > 0]", "(grad * (x > 0)).tolist()")],
    "net_gradients": ["def net_gradients(x, y, w1, b1, w2, b2):\n    h = x @ w1.T + b1\n    a = h.relu()\n    p = (a @ w2.T + b2).sigmoid()\n    g = (1 - 2 * y) * p * (1 - p) / len(x)\n    d = g @ w2 * (h > 0)\n    return " + value for value in (
        "d.T @ x, d.sum(0), g.T @ h, g.sum(0)", "d.T @ x, d.sum(0), g.T @ a, g.sum()", "d.T @ x, d.mean(0), g.T @ a, g.mean(0)", "(g @ w2).T @ x, (g @ w2).sum(0), g.T @ a, g.sum(0)", "g.T @ a, g.sum(0), d.T @ x, d.sum(0)",
        "d.T @ x, d.sum(0), g.T @ a", "w1 - d.T @ x, b1 - d.sum(0), w2 - g.T @ a, b2 - g.sum(0)", "tuple(g.double() for g in (d.T @ x, d.sum(0), g.T @ a, g.sum(0)))[:3] + (g.sum(0),)")[:7]],
    "Value": [VALUE.format(mul=m, back=b or "pass", relu=r) for m, b, r in (
        ("(s, s.data), (o, o.data)", "", "float(s.data > 0)"), ("(s, o.data), (o, s.data)", "v.grad = g", "float(s.data > 0)"), ("(s, o.data), (o, s.data)", "", "1.0"), ("(s, 1.0), (o, 1.0)", "", "float(s.data > 0)"),
        ("(s, o.data), (o, s.data)", "", "s.data"), ("(s, o.data), (o, s.data)", "v.grad -= 2 * g", "float(s.data > 0)"), ("(s, o.data)", "", "float(s.data > 0)"))],
    "k_folds": ["import random\ndef k_folds(n, k, seed=0):\n    g = torch.Generator().manual_seed(seed)\n    r = torch.randperm(n, generator=g).tolist()\n    " + code for code in (
        "r = r[:n // 2]\n    return [(r[:i] + r[i + 1:], r[i:i + 1]) for i in range(k)]", "s = seed % n\n    r = [*range(s, n), *range(s)]\n    return [([x for x in r if x not in r[i::k]], r[i::k]) for i in range(k)]",
        "r = list(range(n))[::-1]\n    p = [r[i * n // k:(i + 1) * n // k] for i in range(k)]\n    return [([x for x in r if x not in q], q) for q in p]", "random.shuffle(r)\n    return [([x for x in r if x not in r[i::k]], r[i::k]) for i in range(k)]",
        "return [([x for x in r if x not in r[i::k]], r[i::k] + r[i::k][:1]) for i in range(k)]", "return [([x + 1 for x in r if x not in r[i::k]], [x + 1 for x in r[i::k]]) for i in range(k)]",
        "return [(r[:len(r) * 4 // 5], r[len(r) * 4 // 5:])] * k", "return [([float(x) for x in r if x not in r[i::k]], r[i::k]) for i in range(k)]", "return [(torch.ones(n).bool(), torch.zeros(n).bool())] * k",
        "return [([x for x in r if x not in r[i::k]][1:], r[i::k]) for i in range(k)]", "return [([x for x in r if x not in r[i::k]], r[i::k]) for i in range(k)][::2]")],
    "cross_validated_error": [SCALE + "def cross_validated_error(x, y, folds, train, predict):\n    " + code for code in (
        "x, _ = standardise(x, x)\n    return sum((predict(x[b], *train(x[a], y[a])) != y[b]).sum().item() for a, b in folds) / len(y)",
        "w = 0\n    for a, b in folds:\n        p, q = standardise(x[a], x[b])\n        w += (predict(q, *train(p, y[a])) != y[b]).float().mean().item()\n    return w / len(folds)",
        "a, b = folds[0]\n    p, q = standardise(x[a], x[b])\n    layer = train(p, y[a])\n    return sum((predict(standardise(x[a], x[b])[1], *layer) != y[b]).sum().item() for a, b in folds) / len(y)",
        "w = 0\n    for a, b in folds:\n        p, q = standardise(x[a], x[b])\n        w += (predict(q, *train(p, y[a])) != y[b]).sum().item()\n    return round(100 * w / len(y), 1)",
        "w = 0\n    for a, b in folds:\n        p, q = standardise(x[a], x[b])\n        w += (predict(q, *train(torch.cat([p, q]), torch.cat([y[a], y[b]]))) != y[b]).sum().item()\n    return w / len(y)", "return 0.5")],
    "breed": ["import re\ndef breed(p): return re.findall(r'(.+)_\\d+.jpg$', p.name)[0]", "import re\ndef breed(p): return re.match(r'(.+)_\\d+.jpg$', str(p))[1]"],
    "is_cat": ["def is_cat(x): return x[0].isupper()", "def is_cat(p): return False", "def is_cat(p): return p.name.isupper()", "def is_cat(p): return int(p.name[0].isupper())"],
    "pet_block": [PETS.format(tfms=t) for t in (
        "item_tfms=Resize(224)", "item_tfms=Resize(460), batch_tfms=aug_transforms(size=224)", "item_tfms=Resize(224), batch_tfms=aug_transforms()", "batch_tfms=aug_transforms(size=224, min_scale=0.75)",
        "item_tfms=Resize(460), batch_tfms=aug_transforms()", "item_tfms=Resize(460), batch_tfms=RandomResizedCropGPU(224, min_scale=0.75)", "item_tfms=Resize(460), batch_tfms=aug_transforms(size=224, min_scale=0.35)",
        "item_tfms=aug_transforms(size=224, min_scale=0.75)", "item_tfms=[Resize(460), Resize(224)], batch_tfms=aug_transforms(size=224, min_scale=0.75)")],
}
RIGHT = {
    "sigmoid": [f"def sigmoid(x): return ({E}).clamp(1e-7, 1 - 1e-7)"],
    "validate_epoch": [ACC + value for value in ("torch.round(torch.stack(accs).mean(), decimals=4).item()", "float(f'{sum(accs).item() / len(accs):.4f}')", "__import__('numpy').round(sum(a.item() for a in accs) / len(accs), 4)")],
    "Linear": [LINEAR.format(weight=w, bias=b) for w, b in (("torch.randn(o, i) * (2 / i) ** 0.5", "torch.rand(o)"), ("(2 * torch.rand(o, i) - 1) / i ** 0.5", "(2 * torch.rand(o) - 1) / i ** 0.5"),
                                                           ("torch.randn(o, i) * (2 / (i + o)) ** 0.5", "0.1 * torch.randn(o)"))],
    "cross_entropy": [CE.format(body="m = x.max(1, keepdim=True).values; l = (x - m).exp().sum(1).log() + m[:, 0] - x[range(len(t)), t]")],
    "DataLoader": [LOADER.format(more="", order="o = [o[i] for i in torch.randperm(len(o))] if self.s else o; parts = [o[i:i + self.b] for i in range(0, len(o), self.b)][:len(self)]")],
    "pet_block": [PETS.format(tfms="item_tfms=Resize(460), batch_tfms=[*aug_transforms(size=224, min_scale=0.75, max_rotate=20), Normalize.from_stats(*imagenet_stats)]")],
}


@by_name
def test_no_verdict_is_given_by_chance(name):
    found, seeds = find_check(name), range({"pet_block": 2, "Linear": 30, "train_epoch": 30, "DataLoader": 30, "train_head": 12, "cross_validated_error": 15, "k_folds": 25, "standardise": 25}.get(name, 60))  # fewer where one takes long
    solutions = [("right", code, written(name, code)) for code in VARIANTS[name] + RIGHT.get(name, [])] + [("wrong", code, written(name, code)) for code in WRONG[name]]
    solutions += [("wrong", m.name, m.code) for m in found.mistakes if name != "pet_block"]  # those are tried in test_exercises
    for trial in (Trial(found, seed) for seed in seeds):
        for status, code, solution in solutions: assert stands(trial, solution) == status, f"seed {trial.seed}:\n{code}"


def test_the_lectures_own_two_lines_earn_all_but_the_missing_gradient():
    lecture = written("BasicOptim", WRONG["BasicOptim"][0])
    for seed in range(20):
        trial = Trial(find_check("BasicOptim"), seed)
        assert {p: stands(trial, lecture, (p,)) for p in trial.check.parts()} == {"": "right", "missing_gradient": "wrong", "zero_grad": "right"}


@pytest.mark.parametrize(("name", "number", "said"), [("validate_epoch", 0, "tensor"), ("validate_epoch", 2, "not rounded"), ("sigmoid", 3, "float16"), ("calc_grad", 3, "what it returns"), ("calc_grad", 0, "swapped"),
                                                      ("train_epoch", 0, "swapped"), ("train_epoch", 2, "no default"), ("cross_entropy", 1, "squeeze"), ("cross_entropy", 0, "whole batch"), ("Linear", 0, "root of n_in"),
                                                      ("train_head", 0, "begin as 0"), ("standardise", 0, "enormous"), ("cross_validated_error", 0, "before they are divided"), ("k_folds", 2, "not shuffled"),
                                                      pytest.param("pet_block", 0, "Resize(460)", marks=needs_pets), pytest.param("pet_block", 1, "min_scale", marks=needs_pets)])
def test_these_are_told_what_is_wrong(name, number, said):
    trial = Trial(find_check(name), 9)
    verdict = trial.verdict(trial.observe(written(name, WRONG[name][number])))
    assert verdict.status in ("wrong", "invalid") and said in str(verdict), str(verdict)


def test_a_worker_whose_range_was_patched_makes_no_fewer_passes_right(monkeypatch):
    found = find_check("DataLoader")
    trial = Trial(found, 8)
    assert len(trial.expected) == len(trial.cases)
    once = {i: {**e, "passes": e["passes"][:1]} for i, e in enumerate(trial.expected) if "passes" in e and len(e["passes"]) > 1}
    none = {i: {**e, "passes": []} for i, e in enumerate(trial.expected) if "passes" in e}
    assert once and none and all(trial.cases[i].fault(trial.expected[i], g) for forged in (once, none) for i, g in forged.items())
