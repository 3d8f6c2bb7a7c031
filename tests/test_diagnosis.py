"""What a wrong answer is told: the line that stops, a known mistake in any of its forms, how it stands to the right answer, what its text shows."""
import inspect
import re
import signal
import textwrap
import threading
import time
from dataclasses import replace

import pytest
import torch
from assignments import ASSIGNMENTS, codes_told, drawn
from right_variants import VARIANTS

from course_lib.checks import trying
from course_lib.checks.compare import Raised
from course_lib.checks.evidence import spoken_of
from course_lib.checks.forbidden import record
from course_lib.checks.static_hints import HINTS
from course_lib.checks.student_code import Code
from course_lib.checks.cases import Case
from course_lib.checks.definition import Check
from course_lib.checks.known_mistakes import Mistakes
from course_lib.checks.trials import Trial
from course_lib.checks.trying import NotRight, check, find_check
from course_lib.checks.verdict import Verdict
from course_lib.sandbox import wire

NAMES = [name for names in ASSIGNMENTS.values() for name in names if find_check(name).relation_kind()]
IMPORTS = "import math\nimport re\nimport torch\nfrom torch import nn\nimport torch.nn.functional as F\nimport numpy as np\nfrom pathlib import Path\n"


def run(name, source):
    "The solution of a cell, and the cells as text."
    space = {"__name__": "__main__"}
    exec(compile(IMPORTS, "code cell 1", "exec"), space)
    exec(compile(source, "code cell 2", "exec"), space)
    return space[name], Code({"code cell 1": IMPORTS, "code cell 2": source}, name)


def told(name, source, seed=5):
    solution, code = run(name, source)
    trial = drawn(name, seed)
    return trial.verdict(trial.observe(solution), code=code)


# --- relations: a right answer, wrapped by somebody who knows nothing of how relations are made ---

RESULT = {  # from r, the right result, and a, what went in
    "times-n": "r * (len(a[0]) if a[0].ndim else 1)", "one-nth": "r / (len(a[0]) if a[0].ndim else 1)", "times-classes": "r * (a[0].shape[-1] if a[0].ndim else 1)", "times-100": "100 * r", "one-hundredth": "r / 100", "negative": "-r", "twice": "r + r", "half": "r / 2",
    "times-10": "r * 10", "one-minus": "1 - r", "transposed": "r.t() if r.ndim == 2 else r", "reversed": "torch.stack(list(r)[::-1]) if r.ndim else r", "squeezed": "r.squeeze()", "unsqueezed-last": "r[..., None]",
    "unsqueezed": "r[None]", "flattened": "r.reshape(-1) if r.ndim > 1 else r", "mean-of-it": "r.mean()", "sum-of-it": "r.sum()", "sum-over-rows": "r.sum(0) if r.ndim > 1 else r", "mean-over-columns": "r.mean(-1) if r.ndim > 1 else r",
    "the-first": "r[0] if r.ndim else r", "the-last": "r[len(r) - 1] if r.ndim else r", "root": "r ** 0.5", "square": "r * r", "log": "r.log()", "minus-log": "-r.log()", "exp": "math.e ** r", "reciprocal": "1 / r",
    "absolute": "r.abs()", "rounded": "r.round()", "rounded-to-2": "r.round(decimals=2)", "plus-1": "r + 1", "number": "r.item() if r.numel() == 1 else r", "detached": "r.data", "list": "r.tolist()",
    "numpy": "r.detach().numpy()", "as-float64": "r.double()", "as-float16": "r.half()", "as-int64": "r.long()", "in-a-tuple": "(r,)", "in-a-list": "[r]", "times-e": "r * math.e",
}
FUNCTIONS = ("sigmoid", "mnist_loss", "softmax", "nll_loss", "cross_entropy", "batch_accuracy")
WRAP = {
    **dict.fromkeys(FUNCTIONS, "{right}\n_right = {name}\ndef {name}(*a, **k):\n    r = _right(*a, **k)\n    return {change}"),
    **dict.fromkeys(("Linear", "ReLU", "Sequential"), "{right}\n_Right = {name}\nclass {name}(_Right):\n    def __call__(self, x):\n        r, a = super().__call__(x), [x]\n        return {change}"),
}
LABELS = {"upper-case": "r.upper()", "title-case": "r.title()", "in-a-tuple": "(r,)"}
PAIR = ("times-100", "negative", "half", "plus-1", "transposed", "rounded", "list", "numpy", "as-float64")  # of two tensors, each is changed
PLACES = ("reversed", "unsqueezed", "unsqueezed-last", "list", "numpy", "in-a-tuple", "in-a-list")
NUMBER = {"times-100": "100 * r", "negative": "-r", "half": "r / 2", "plus-1": "r + 1", "rounded": "round(r)", "exp": "math.exp(r)", "as-text": "str(r)", "as-tensor": "torch.tensor(r)", "in-a-tuple": "(r,)", "in-a-list": "[r]"}
PICKED = {"without-the-last": "dl[:-1] or dl", "without-the-first": "dl[1:] or dl", "last-batch-only": "dl[-1:]", "first-batch-only": "dl[:1]", "batches-twice": "[b for b in dl for _ in 'ab']", "passes-twice": "dl + dl",
          "last-batch-twice": "dl + [dl[-1]]", "batches-reversed": "dl[::-1]"}
LOSS = {"times-n": "loss_func(p, t) * len(p)", "one-nth": "loss_func(p, t) / len(p)", "negative": "-loss_func(p, t)", "twice": "2 * loss_func(p, t)", "half": "loss_func(p, t) / 2", "times-100": "100 * loss_func(p, t)"}
STEP = {"twice": "2 * (p.data - b)", "half": "(p.data - b) / 2", "negative": "b - p.data", "times-10": "10 * (p.data - b)"}
LOADER = "{right}\n_Right = DataLoader\nclass DataLoader(_Right):\n    def __iter__(self):\n        dl = list(super().__iter__())\n        return iter({change})"
LEN = "{right}\n_Right = DataLoader\nclass DataLoader:\n    def __init__(self, *a, **k): self.l = _Right(*a, **k)\n    def __iter__(self): return iter(self.l)\n    def __len__(self): return len(self.l) {change}"
OPTIM = ("{right}\n_Right = {name}\nclass {name}(_Right):\n    def __init__(self, params, *a, **k): self.mine = list(params); super().__init__(self.mine, *a, **k)\n    def step(self):\n        old = [p.detach().clone() for p in self.mine]\n"
         "        super().step()\n        for p, b in zip(self.mine, old): p.data = b + {change}")
ONCE = "{right}\n_Right = {name}\nclass {name}(_Right):\n    n = 0\n    def step(self):\n        self.n += 1\n        if self.n == 1: super().step()"


def mutations():
    for name, template in WRAP.items():
        for relation, change in RESULT.items(): yield name, relation, template, change
    for relation in PAIR:
        for name in ("standardise", "train_head"): yield name, relation, WRAP["softmax"].replace("{change}", "tuple({change} for r in r)"), RESULT[relation]
    for relation in PLACES: yield "predict", relation, WRAP["softmax"], RESULT[relation]
    for relation, change in NUMBER.items():
        for name in ("initial_loss", "cross_validated_error"): yield name, relation, WRAP["softmax"], change
    label = "{right}\n_right = {name}\ndef {name}(path):\n    r = _right(path)\n    return {change}"
    for relation, change in LABELS.items(): yield "breed", relation, label, change
    for relation, change in {"the-opposite": "not r", "as-int": "1 if r else 0", "as-text": "str(r)"}.items(): yield "is_cat", relation, label, change
    for relation, change in PICKED.items():
        yield "DataLoader", relation, LOADER, change
        yield "train_epoch", relation, "{right}\n_right = train_epoch\ndef train_epoch(model, lr, params, dl, *loss):\n    dl = list(dl)\n    _right(model, lr, params, {change}, *loss)", change
        yield "validate_epoch", relation, "{right}\n_right = validate_epoch\ndef validate_epoch(model, dl):\n    dl = list(dl)\n    return _right(model, {change})", change
    for relation, change in (("len-plus-1", "+ 1"), ("len-minus-1", "- 1")): yield "DataLoader", relation, LEN, change
    for relation, change in LOSS.items():
        yield "calc_grad", relation, "{right}\n_right = calc_grad\ndef calc_grad(x, y, model, loss_func=mnist_loss): _right(x, y, model, lambda p, t: {change})", change
        yield "train_epoch", relation, "{right}\n_right = train_epoch\ndef train_epoch(model, lr, params, dl, loss_func=mnist_loss): _right(model, lr, params, dl, lambda p, t: {change})", change
    for name in ("BasicOptim", "SGD"):
        for relation, change in STEP.items(): yield name, relation, OPTIM, change
        yield name, "first-step-only", ONCE, ""


def same_as(trial, cause, got):
    "Whether another relation, or a known mistake, explains these results to the last: then nobody can tell them apart."
    return any(all(c.alike(e, trial.observe_one(code, c), g) for c, e, g in zip(trial.cases, trial.expected, got) if g is not e) for code in codes_told(trial, cause))


@pytest.mark.parametrize("name", sorted({name for name, *_ in mutations()}))  # tests/test_relations.py has them all
def test_a_changed_right_answer_is_told_its_relation(name):
    found = find_check(name)  # how new layers begin, which takes long, is none of a call's business
    trial, right, wrong = Trial(replace(found, cases=lambda g: [c for c in found.cases(g) if c.probe != "initial_layers"]), 7), VARIANTS[name][0], 0
    for of, relation, template, change in mutations():
        if of != name: continue
        if (name, relation) == ("cross_entropy", "reciprocal"): continue  # 1 / 0 and 1 / 1e-20 are the same to nobody
        solution, _ = run(name, template.replace("{right}", right).replace("{name}", name).replace("{change}", change))
        verdict = trial.verdict(got := trial.observe(solution))
        if verdict.status == "right": continue  # it changes nothing here
        wrong += 1
        assert verdict.hint and (verdict.cause == f"relation/{relation}" or same_as(trial, verdict.cause, got)), f"{change}\n{verdict}\n{verdict.cause}"
    assert wrong >= 3


# --- errors ---

OPTIM_CELL = "class BasicOptim:\n    def __init__(self, params, lr): self.params, self.lr = list(params), lr\n    def zero_grad(self):\n        for p in self.params: p.grad = None\n    def step(self):\n        for p in self.params:\n            {body}"

LOADER_CELL = ("class DataLoader:\n    def __init__(self, ds, batch_size=64, shuffle=False, drop_last=False): self.ds, self.n = ds, batch_size\n    def __len__(self): return -(-len(self.ds) // self.n)\n"
               "    def __iter__(self): return (self.make([self.ds[i] for i in range(k, min(k + self.n, len(self.ds)))]) for k in range(0, len(self.ds), self.n))\n    def make(self, items): return {}")


@pytest.mark.parametrize(("name", "source", "cause", "line"), [
    ("BasicOptim", OPTIM_CELL.format(body="p -= self.lr * p.grad"), "error/leaf-in-place", 7),
    ("ReLU", "class ReLU:\n    def __call__(self, x): return np.maximum(0, x)\n    def parameters(self): return []", "error/numpy-in-graph", 2),
    ("softmax", "def softmax(x):\n    return math.exp(x)", "error/math-on-tensor", 2),
    ("ReLU", "class ReLU:\n    def __call__(self, x):\n        return max(0, x)\n    def parameters(self): return []", "error/ambiguous-truth", 3),
    ("is_cat", "def is_cat(path):\n    return first(path).isupper()\ndef first(p):\n    return p[0]", "error/path-is-no-text", 4),
    ("softmax", "def softmax(x):\n    return x.exp() / x.exp().total(1)", "error/no-attribute", 2),
    ("mnist_loss", "def mnist_loss(p, t):\n    return q.mean()", "error/undefined-name", 2),
    ("train_epoch", "def train_epoch(model, lr, params, dl, loss_func):\n    loss_func.backward()", "error/no-attribute", 2),
    ("mnist_loss", "def mnist_loss(p):\n    return p.mean()", "error/arguments", 0),
    ("ReLU", "class ReLU:\n    def __call__(x): return x.clamp(min=0)\n    def parameters(): return []", "error/self-missing", 0),
    ("softmax", "def softmax(x):\n    return np.exp(x) / np.sum(np.exp(x), axis=1)", "error/numpy-on-tensor", 2),
    ("softmax", "def softmax(x):\n    return (x - x.max(dim=1)).exp()", "error/values-and-indices", 2),
    ("softmax", "def softmax(x):\n    return x.exp() / x.exp().sum(axes=1)", "error/library-arguments", 2),
    ("nll_loss", "def nll_loss(p, t):\n    return -p[t + len(p)].mean()", "error/index-of-a-tensor", 2),
    ("sigmoid", "def sigmoid():\n    return 1", "error/arguments", 0),  # no class, so nothing about self
    ("sigmoid", "def sigmoid(x):\n    return x.neg_().exp_().add_(1).reciprocal_()", "error/input-in-place", 2),
    ("sigmoid", "def sigmoid(x):\n    return 1 / (1 + (-x).exp)", "error/not-called", 2),
    ("sigmoid", "def sigmoid(x):\n    return 1 / (1 + half(x))\ndef half(x):\n    torch.exp(-x)", "error/none", 2),  # no parameter's gradient
    ("softmax", "def softmax(x):\n    return np.exp(x - np.max(x))", "error/numpy-on-tensor", 2),
    ("softmax", "def softmax(x):\n    return x - x.max(1, keepdim=True)", "error/values-and-indices", 2),
    ("batch_accuracy", "def batch_accuracy(p, t):\n    return ((p > 0) == t).mean()", "error/dtypes", 2),
    ("initial_loss", "def initial_loss(n):\n    return -torch.log(1 / n)", "error/tensor-wanted", 2),
    ("DataLoader", LOADER_CELL.format("torch.tensor(items)"), "error/tensor-of-tensors", 5),
    ("DataLoader", LOADER_CELL.format("tuple(map(torch.stack, zip(*items)))"), "error/zip-of-numbers", 5),
    ("BasicOptim", OPTIM_CELL.replace("__init__", "_init_").format(body="p.data -= self.lr * p.grad"), "error/init-misspelled", 0),
])
def test_an_error_is_told_with_its_line_and_what_it_means(name, source, cause, line):
    verdict = told(name, source)
    assert verdict.cause.split("/")[0] in ("error", name) and verdict.hint and (verdict.cause == cause or verdict.mistake), f"{verdict}\n{verdict.cause}"
    if line:
        assert f"line {line} of code cell 2" in verdict.why and dict(verdict.details)["line"] == source.splitlines()[line - 1].strip()
    assert "detach().numpy()" not in verdict.why and ".." not in verdict.why and dict(verdict.details)["input"]


OPTIM_KEPT = "class BasicOptim:\n    def __init__(self, params, lr):\n        self.params, self.lr = {kept}, lr\n    def step(self):\n        for p in self.params:\n            if p.grad is not None: p.data -= p.grad * {rate}\n    def zero_grad(self):\n        for p in self.params: {clear}"
HEAD = "def train_head(x, y, n_classes, lr, epochs):\n    w = torch.zeros(n_classes, x.shape[1]){w}\n    b = torch.zeros(n_classes)\n    for _ in range(epochs):\n        torch.nn.functional.cross_entropy(x @ w.T + b, y).backward()\n        for p in (w, b):\n            p.data -= lr * p.grad\n            p.grad = None\n    return w, b"
BATCHES = "class DataLoader:\n    def __init__(self, ds, batch_size=64, shuffle=False, drop_last=False): self.ds, self.n, self.shuffle = ds, batch_size, shuffle\n    def __len__(self): return -(-len(self.ds) // self.n)\n    def __iter__(self):\n        for k in range(0, len(self.ds), self.n):\n            items = [self.ds[i] for i in range(k, min(k + self.n, len(self.ds)))]\n            yield {}"


@pytest.mark.parametrize(("name", "source", "says"), [  # of each kind some that nobody wrote down in the checks
    ("relu_backward", "def relu_backward(grad, x):\n    return torch.where(x, grad, 0 * grad)", "condition is wanted"),
    ("relu_backward", "def relu_backward(grad, x):\n    return grad.masked_fill(x.clamp(min=0), 0)", "condition is wanted"),
    ("batch_accuracy", "def batch_accuracy(p, t):\n    return ((p > 0).float() & t).float().mean()", "condition is wanted"),
    ("batch_accuracy", "def batch_accuracy(p, t):\n    return (p > 0 == t).float().mean()", "`p > 0 == t` as two"),
    ("batch_accuracy", "def batch_accuracy(p, t):\n    return sum(float(a > 0 == b) for a, b in zip(p, t)) / len(p)", "`a > 0 == b` as two"),
    ("relu_backward", "def relu_backward(grad, x):\n    return grad * (0 < x < 9)", "`0 < x < 9` as two"),
    ("DataLoader", BATCHES.format("torch.stack([x for x, y in items]), torch.tensor([y for x, y in items])"), "whole number alone, no pair"),
    ("DataLoader", BATCHES.format("torch.stack([i[0] for i in items]), torch.tensor([i[1] for i in items])"), "isinstance\\(item, tuple"),
    ("BasicOptim", OPTIM_KEPT.format(kept="[p.data for p in params]", rate="self.lr", clear="p.grad = None"), "keeps other tensors"),
    ("BasicOptim", OPTIM_KEPT.format(kept="list(map(lambda p: p.detach(), params))", rate="self.lr", clear="p.grad = None"), "keeps other tensors"),
    ("BasicOptim", OPTIM_KEPT.format(kept="list(params)", rate="lr", clear="p.grad = None"), "self\\.lr\\."),
    ("BasicOptim", OPTIM_KEPT.format(kept="list(params)", rate="self.lr", clear="grad = None"), "`grad` gets a value here that nobody reads"),
    ("BasicOptim", OPTIM_KEPT.format(kept="list(params)", rate="self.lr", clear="\n            g = p.grad\n            g = None"), "`g` is a name of this function alone"),
    ("train_head", HEAD.format(w=""), "`[bw]` asks for no gradient"),
    ("train_head", HEAD.format(w=".requires_grad_()"), "`b` asks for no gradient"),
    ("validate_epoch", "def validate_epoch(model, dl):\n    return [model(xb) for xb, yb in valid_dl]", "another name here, `dl`"),
    ("train_epoch", "def train_epoch(model, lr, params, dl, loss_func):\n    for xb, yb in dl: step(model(xb), yb)", "`step`. Is it spelled right"),
    ("softmax", "def softmax(x):\n    out, s = x.clone(), 0.\n    s = 0.\n    for i in range(len(x)):\n        for v in x[i]: s = s + v.exp()\n        out[i] = x[i].exp() / s\n    return out", "`s` is set once, above both loops"),
    ("DataLoader", BATCHES.replace("        for k", "        got = []\n        for k", 1).format("torch.stack(got)").replace("            items", "            for i in range(k, min(k + self.n, len(self.ds))): got.append(torch.tensor(self.ds[i]))\n            items"), "`got` is set once"),
    ("validate_epoch", "def validate_epoch(model, dl):\n    s = 0\n    for xb, yb in dl:\n        s += ((model(xb) > 0) == yb).float().mean().item()\n        s /= len(dl)\n    return round(s, 4)", "`s` is divided in each round"),
    ("initial_loss", "def initial_loss(n):\n    return -math.log(1 // n)", "division of whole numbers"),
    ("initial_loss", "def initial_loss(n):\n    return -torch.tensor(1 // n).log().item()", "division of whole numbers"),
    ("initial_loss", "def initial_loss(n):\n    return torch.nn.functional.cross_entropy(torch.nn.Linear(3, n)(torch.ones(1, 3)), torch.tensor([0])).item()", "at random"),
    ("linear_backward", "def linear_backward(grad, x, weight):\n    w, b, of_x = grad.T @ x, grad.sum(0), grad @ weight\n    weight -= w\n    return w, b, of_x", "handed over has changed"),
    ("ReLU", "class ReLU:\n    def __call__(self, x): return -torch.min(-x, 0.)\n    def parameters(self): return []", "compares a tensor with another tensor"),
    ("Sequential", "class Sequential:\n    def __init__(self, *layers): self.layers = list(layers)\n    def __call__(self, x): return self.layers(x)\n    def parameters(self): return []", "a list, which holds several"),
    ("Sequential", "class Sequential:\n    def __init__(self, *layers): self.layers = layers\n    def __call__(self, x): return self.layers[0](x)\n    def parameters(self): return [l.bias for l in self.layers]", "Not every layer has a bias"),
    ("cross_validated_error", "def cross_validated_error(x, y, folds, train, predict):\n    return [predict(x[kept], train(x[rows], y[rows])) for rows, kept in folds]", "a star in front"),
])
def test_a_mistake_is_told_by_its_kind(name, source, says):
    verdict = told(name, source)
    assert re.search(says, verdict.hint), f"{source}\n{verdict}\n{verdict.cause}"


@pytest.mark.parametrize(("line", "in_loop"), [
    ("for b in r: yield [ds[i] for i in sample(r, 2)]", True), ("return [make(torch.randperm(9)[:2]) for b in r]", True),
    ("return [ds[i] for i in random.sample(r, 9)]", False), ("for i in torch.randperm(9): yield ds[i]", False),
])
def test_only_what_draws_in_each_round_is_said_to_draw_there(line, in_loop):
    said = spoken_of("Twice.[[order-in-loop: In the loop.]]", Code({"c": f"def f(ds, r):\n    {line}"}, "f"))
    assert said == ("Twice. In the loop." if in_loop else "Twice.")


def test_what_is_forbidden_by_its_text_is_not_run_in_the_notebook():
    "To import what is forbidden, in the function, takes many seconds where each call is recorded."
    cell = "import torch\nran = []\ndef sigmoid(x):\n    ran.append(1)\n    return torch.sigmoid(x)"
    space: dict = {"check": check, "In": ["", cell, "check('sigmoid')"]}
    exec(cell, space)
    exec("said = check('sigmoid'), check('sigmoid', hint=3)", space)
    assert [v.status for v in space["said"]] == ["forbidden"] * 2 and not space["ran"]


@pytest.mark.filterwarnings("default")
def test_what_torch_warns_of_in_lines_of_the_course_does_not_reach_a_student(recwarn):
    with record(find_check("validate_epoch").forbidden): torch.tensor(torch.ones(2))  # called by a line of the record
    drawn("sigmoid", 5).observe_one(lambda x: torch.tensor(x), drawn("sigmoid", 5).cases[0])
    assert not list(recwarn)


def test_where_an_error_stands_crosses_the_wire_and_lies_are_refused():
    error = wire.loads(wire.dumps(Raised("ValueError", "no", "code cell 3", 7)))
    assert (error.file, error.line) == ("code cell 3", 7) and wire.loads(wire.dumps(Raised("A", "b"))) == Raised("A", "b")
    for bad in ('["a","b","c","7"]', '["a","b","c",-1]', '["a","b","c",true]', '["a","b",7,7]', '["a","b","c",99999999]', '["a","b","c"]'):
        body = f'{{"r":{bad}}}'.encode()
        with pytest.raises(wire.WireError): wire.loads(wire.MAGIC + len(body).to_bytes(4, "little") + body)
    trial = Trial(find_check("sigmoid"), 1)  # a place that does not exist, and a text with everything in it
    lie = Raised("TypeError", "\x1b[2J<script>" * 20, "code cell 9", 10 ** 6)
    verdict = trial.verdict([lie] * len(trial.cases), code=Code({"code cell 1": "x"}, "sigmoid"))
    assert "line" not in dict(verdict.details) and "\x1b" not in str(verdict) + verdict.why and "<script>" not in verdict._repr_html_()


def test_the_only_number_of_a_column_crosses_the_wire():
    for tensor in (torch.arange(5)[None][:, 0], torch.arange(12.).reshape(3, 4)[:1, 1:2], torch.arange(12)[::3]):
        assert torch.equal(wire.loads(wire.dumps(tensor)), tensor)


# --- known mistakes, compared coarsely ---

def example(loosely=False, where=None):
    mistakes = Mistakes()
    @mistakes("It stops for negative numbers.")
    def _stops(x):
        if (x < 0).any(): raise ValueError("negative")
        return x.abs()
    @mistakes("It overflows.", where=where)
    def _overflows(x): return torch.where(x > 50, torch.inf, x.abs())
    @mistakes("An epsilon.", loosely=loosely)
    def _epsilon(x): return torch.where(x > 50, x - 1, x.abs())
    @mistakes.also("epsilon")
    def _epsilon_of_small(x): return torch.where(x.abs() < 0.5, x.abs() + 0.01, x.abs())
    cases = lambda g: [Case("small", "call", {"args": (torch.tensor([0.25]),)}), Case("negative", "call", {"args": (torch.tensor([-1.]),)}), Case("large", "call", {"args": (torch.tensor([100.]),)})]
    return Trial(Check("size", torch.abs, cases, mistakes), 1)


def test_a_mistake_in_other_words_is_the_same_mistake():
    trial = example(loosely=True)
    said = lambda *values: trial.verdict([v if isinstance(v, Raised) else torch.tensor([v]) for v in values]).cause
    assert said(0.25, Raised("TypeError", "something else"), 100.) == "size/stops"
    assert said(0.25, 1., float("nan")) == "size/overflows" and said(0.25, 1., 99.5) == said(0.75, 1., 100.) == "size/epsilon"
    assert said(0.25, Raised("ValueError", "x"), float("nan")) == "size/stops" and said(0.25, 3., 7.) == ""  # two at once; and something else
    assert "not the only" in trial.verdict([torch.tensor([0.25]), Raised("ValueError", "x"), torch.tensor([float("nan")])]).hint
    assert said(0.25, Raised("TypeError", "x"), float("nan")) == ""  # it stops for another reason
    trial = example()
    assert said(0.25, 1., 42.) == ""  # not its amount
    trial = example(where=lambda code: "exp" in code.text)
    nan = [torch.tensor([0.25]), torch.tensor([1.]), torch.tensor([float("nan")])]
    assert [trial.verdict(nan, code=Code({"c": f"def size(x): return x.{f}()"}, "size")).cause for f in ("exp", "cosh")] == ["size/overflows", ""]


def test_two_mistakes_that_fit_equally_well_are_not_named():
    mistakes = Mistakes()
    for name in ("_one", "_other"):
        code = eval("lambda x: x + 1")
        code.__name__ = name
        mistakes("?")(code)
    trial = Trial(Check("f", torch.neg, lambda g: [Case("a", "call", {"args": (torch.tensor([2.]),)})], mistakes, without=("minus-1",)), 1)
    assert trial.verdict([torch.tensor([3.])]).mistake == ""
    with pytest.raises(ValueError, match="there is no mistake 'more'; there are: one, other"): mistakes.also("more")


# --- hints from the text ---

@pytest.mark.parametrize(("name", "source", "cause"), [
    ("sigmoid", "def sigmoid(x):\n    print(1 / (1 + torch.exp(-x)))", "hint/prints"),
    ("sigmoid", "def sigmoid(x):\n    y = 1 / (1 + torch.exp(-x))", "hint/returns-nothing"),
    ("BasicOptim", OPTIM_CELL.replace("p.grad = None", "p.grad.zero_").format(body="p.data -= self.lr * p.grad if p.grad is not None else 0 * p"), "hint/no-call"),
    ("softmax", "def softmax(x):\n    e = x.exp()\n    e / e.sum()\n    return e ** 2", "hint/result-thrown-away"),
    ("mnist_loss", "y = torch.ones(1)\ndef mnist_loss(p, t):\n    s = 1 / (1 + torch.exp(-p))\n    return ((s - y) ** 2).mean() + t.sum()", "hint/name-of-another-cell"),
    ("mnist_loss", "def mnist_loss(p, t):\n    s = 1 / (1 + torch.exp(-p))\n    return (s ** 3).mean()", "hint/unused-parameter"),
    ("BasicOptim", OPTIM_CELL.replace("self.params, self.lr =", "params, lr =").format(body="p.data -= self.lr * p.grad"), "hint/only-in-init"),
    ("Sequential", "class Sequential:\n    layers = []\n    def __init__(self, *layers):\n        for l in layers: self.layers.append(l)\n    def __call__(self, x):\n        for l in self.layers: x = l(x)\n        return x\n"
     "    def parameters(self): return [p for l in self.layers for p in l.parameters()]", "hint/shared-list"),
])
def test_what_only_the_text_shows_is_told_last(name, source, cause):
    verdict = told(name, source)
    assert (verdict.cause == cause or (verdict.mistake and cause == "hint/no-call")) and verdict.hint, f"{verdict}\n{verdict.cause}"


@pytest.mark.parametrize(("name", "source", "cause"), [
    ("calc_grad", "def calc_grad(yb, xb, model, loss_func=None): loss_func(model(xb), yb).backward()", "hint/parameters-swapped"),
    ("is_cat", "cats = ['Bengal', 'Birman']\ndef is_cat(path): return path.name.split('_')[0] in cats", ""),
    ("initial_loss", "def initial_loss(n): return [math.log(n)]", "relation/in-a-list"),
    ("initial_loss", "def initial_loss(n): return math.log(n),", "relation/in-a-tuple"),
    ("initial_loss", "def initial_loss(n): return torch.tensor(n).float().log().item", "hint/not-called"),
])
def test_a_harmless_constant_is_not_blamed_and_other_odd_results_are_called_what_they_are(name, source, cause):
    assert told(name, source).cause == cause


def test_a_helper_that_is_called_for_what_it_does_need_not_give_anything_back():
    told = lambda call: {h.id for h in HINTS if h.sees(Code({"code cell 1": f"class SGD:\n    def move(self): self.p -= 1\n    def step(self): {call}"}, "SGD"))}
    assert "returns-nothing" not in told("self.move()") and "returns-nothing" in told("self.p = self.move()")


@pytest.mark.parametrize("name", [name for names in ASSIGNMENTS.values() for name in names])
def test_the_course_s_own_solution_is_not_told_that_a_return_is_missing(name):
    "Some functions give nothing back, and should not: `backward` only adds to the gradients."
    reference = find_check(name).reference
    code = Code({"code cell 1": textwrap.dedent(inspect.getsource(reference))}, reference.__name__)
    assert list(code.functions()) and not {"hint/returns-nothing", "hint/prints"} & {f"hint/{h.id}" for h in HINTS if h.sees(code)}


def test_any_text_can_be_read():
    for text in ("def f(:", "(" * 5000, "def f(x): return " + "-" * 20000 + "x", "def f(x):\n" + "    x.exp()\n" * 20000, "\0", "f = lambda: 0", "class f: x = 1"):
        start = time.perf_counter()
        code = Code({"code cell 1": text}, "f")
        trial = trying.Trial(find_check("sigmoid"), 1)
        trial.told([None] * len(trial.cases), None, code)
        assert code.line("code cell 1", 10 ** 9) == "" and time.perf_counter() - start < 2


# --- the notebook ---

def test_a_typo_a_function_and_a_wrong_part_get_verdicts(monkeypatch):
    solution, _ = run("softmax", VARIANTS["softmax"][0])
    assert check(solution).status == "right" and check(VARIANTS.get).status == "missing"
    for asked, said in ((("softmaxx",), "did you mean 'softmax'"), (("loader",), "DataLoader"), ((5,), "by its name in quotes"), (("softmax", "gradient"), "did you mean 'gradients'")):
        verdict = check(*asked)
        assert verdict.status == "missing" and said in str(verdict)
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    with pytest.raises(NotRight) as raised: check("softmaxx")
    lines = raised.value._render_traceback_()
    assert lines[0] == "softmaxx: missing" and max(map(len, lines)) <= 80


def test_a_function_that_does_not_come_back_is_announced_and_can_be_stopped(monkeypatch, capfd):
    import _thread
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs this in the background ignores it
    monkeypatch.setattr(trying, "PATIENCE", 0.1)
    solution, _ = run("softmax", "def softmax(x):\n    started.set()\n    while True: pass")
    solution.__globals__["started"] = started = threading.Event()

    def stop():  # not before it runs: on a busy machine that takes a while, and an interrupt that comes earlier stops something else
        started.wait(60)
        time.sleep(0.5)
        _thread.interrupt_main()

    threading.Thread(target=stop, daemon=True).start()
    try: verdict = check(solution)
    finally: signal.signal(signal.SIGINT, before)
    assert verdict.status == "timed out" and verdict.cause == "error/interrupted" and "you stopped it" in verdict.why
    assert "`softmax` has not come back after 0.1 seconds" in capfd.readouterr().out


def test_the_cause_is_kept_in_a_record_and_old_records_are_read():
    verdict = told("sigmoid", "def sigmoid(x): return 100 / (1 + torch.exp(-x))")
    record = verdict.to_dict()
    assert record["cause"] == "relation/times-100" and Verdict.from_dict(record) == verdict
    del record["cause"]
    assert Verdict.from_dict(record).cause == ""
    assert re.fullmatch(r"[a-z]+/[a-z0-9-]+", verdict.cause)


ODD = "called = []\nclass Meta(type):\n    def __getattribute__(cls, name): called.append(name)\nclass Odd(metaclass=Meta):\n    def __repr__(self): called.append('repr')\n    __class__ = property(lambda self: 1 / 0)\n"


@pytest.mark.parametrize("gives", ["Odd()", "[Odd()]", "{Odd(): 1}", "[0.] * 10 ** 6", "x.detach().to_sparse()", "(_ for _ in ()).throw(SystemExit())", "(_ for _ in ()).throw(GeneratorExit())"])
def test_nothing_of_a_students_is_called_when_a_result_is_judged_in_the_notebook(gives):
    solution, _ = run("sigmoid", f"{ODD}def sigmoid(x): return {gives}")
    start = time.perf_counter()
    verdict = check(solution)
    assert verdict.status in ("wrong", "invalid") and not solution.__globals__["called"] and "cannot be compared" not in f"{verdict}" + verdict._repr_html_()
    assert time.perf_counter() - start < 5


def test_an_interrupt_while_it_is_judged_gets_a_verdict(monkeypatch):
    def stop(*args): raise KeyboardInterrupt
    monkeypatch.setattr(trying, "judge_use", stop)
    solution, _ = run("softmax", VARIANTS["softmax"][0])
    assert check(solution).status == "timed out"


def test_where_it_stopped_comes_out_of_the_sandbox():
    from course_lib.sandbox.jobs import Job, Sandbox
    trial = Trial(find_check("softmax"), 3)
    source = "def softmax(x):\n    y = x.exp()\n    return y.nonsense()"
    job = Job("softmax", [{"probe": c.probe, "inputs": c.inputs} for c in trial.cases])
    with Sandbox("none") as box: box.run(["import torch", source], [job])
    verdict = trial.verdict(job.seen, code=Code({"code cell 1": "import torch", "code cell 2": source}, "softmax"))
    assert "line 3 of code cell 2" in verdict.why and dict(verdict.details)["line"] == "return y.nonsense()" and verdict.cause == "error/no-attribute"
