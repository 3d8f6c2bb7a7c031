"""Every known mistake is rejected and diagnosed as itself; every right variant is accepted; what is forbidden is seen."""
import importlib.util
import json
import time
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from right_variants import VARIANTS

from assignments import ASSIGNMENTS, PRACTICE, drawn
from course_lib.checks.registry import installed_checks
from course_lib.exercises.checking import check, find_check
from course_lib.checks.compare import difference
from course_lib.checks.forbidden import record
from course_lib.checks.probing import observe
from course_lib.checks.use import judge_use
from course_lib.checks.verdict import Verdict
from course_lib.sandbox import wire

NAMES = [name for names in ASSIGNMENTS.values() for name in names] + [*PRACTICE]
ROOT = Path(__file__).resolve().parents[1]
needs_pets = pytest.mark.skipif(importlib.util.find_spec("course_lib.pets") is None, reason="the pets' chapters are not there")
by_name = pytest.mark.parametrize("name", [pytest.param(n, marks=needs_pets if n in ASSIGNMENTS["pet_labels"] else ()) for n in NAMES])


def trials(name):
    "Two seeds; that no verdict is given by chance is tried with many more, in test_judges.py."
    return [drawn(name, seed) for seed in ((5,) if name == "pet_block" else (5, 6))]


def test_the_assignments_and_the_first_chapters_call_every_check_of_the_package_and_no_other():
    ours = [name for name, places in installed_checks().items() if places[0].module.startswith("course_lib.")]
    assert sorted(NAMES) == sorted(ours) and len(NAMES) == len(set(NAMES)) == 31
    for name in NAMES: assert find_check(name).name == name


@by_name
def test_known_mistakes_are_rejected_and_diagnosed_as_themselves(name):
    mistakes = find_check(name).mistakes
    assert len(mistakes) >= 6 and all(m.hint for m in mistakes)
    for trial in trials(name):
        assert trial.verdict(trial.expected).status == "right"
        for mistake, got in trial.mistaken:
            verdict = trial.verdict(got)
            assert verdict.status in ("wrong", "invalid") and verdict.mistake == mistake.name and verdict.hint == mistake.hint, str(verdict)


@by_name
def test_right_variants_are_accepted(name):
    assert len(VARIANTS[name]) >= 4
    found = find_check(name)
    for code in VARIANTS[name]:
        space = {"torch": torch, "__name__": "answer"}
        for module in found.imports: __import__(module)  # as the sandbox does, before any cell
        exec(compile("import torch\n" + code, "<answer>", "exec"), space)
        for trial in trials(name):
            with record(found.forbidden) as met: got = [observe(c.probe, space[name], c.inputs) for c in trial.cases]
            forbidden, doubtful = judge_use(["import torch\n" + code], found, met)
            verdict = trial.verdict(got, used=forbidden + doubtful)
            assert verdict.status == "right" and not verdict.cause, f"{code}\n{verdict}"


@by_name
def test_a_blank_answer_is_blank(name):
    def blank(*args, **kwargs): raise NotImplementedError
    trial = trials(name)[0]
    assert trial.verdict(trial.observe(blank)).status == "blank"


@by_name
def test_another_seed_gives_other_inputs(name):
    one, other = drawn(name, 5), drawn(name, 6)
    assert any(difference(a.inputs, b.inputs) for a, b in zip(one.cases, other.cases))


FORBIDDEN = {
    "sigmoid": ["sigmoid = torch.sigmoid", "def sigmoid(x): return x.sigmoid()", "from torch.special import expit as e\ndef sigmoid(x): return e(x)",
                "def sigmoid(x): return torch.softmax(torch.stack([x, x * 0]), 0)[0]", "import torch.nn as nn\nsigmoid = nn.Sigmoid()"],
    "cross_entropy": ["import torch.nn.functional as F\ncross_entropy = F.cross_entropy", "from torch import nn\ndef cross_entropy(a, t, reduction='mean'): return nn.CrossEntropyLoss(reduction=reduction)(a, t)",
                      "def cross_entropy(a, t, reduction='mean'):\n    l = -getattr(a, 'log' + '_softmax')(1)[range(len(t)), t]\n    return l if reduction == 'none' else getattr(l, reduction)()",
                      "from course_lib.scratch.cross_entropy import cross_entropy"],
    "SGD": ["from torch.optim import SGD", "import torch.optim as o\nclass SGD(o.SGD): pass",
            "def SGD(params, lr, momentum=0.): return vars(vars(torch)['op' + 'tim'])['S' + 'GD'](params, lr=lr, momentum=momentum)"],
    "DataLoader": ["from torch.utils.data import DataLoader", "import importlib\nD = importlib.import_module('torch.utils' + '.data').DataLoader\ndef DataLoader(d, batch_size=64, shuffle=False, drop_last=False):\n"
                   "    return D(d, batch_size, shuffle, drop_last=drop_last, collate_fn=lambda b: tuple(torch.as_tensor(c) if not torch.is_tensor(c[0]) else torch.stack(c) for c in zip(*b)))"],
    "Linear": ["from torch.nn import Linear", "def Linear(i, o): return getattr(torch.nn, 'Lin' + 'ear')(i, o)",
               "class Linear:\n    def __init__(s, i, o): s.weight = (torch.randn(o, i) / i ** .5).requires_grad_(); s.bias = torch.zeros(o).requires_grad_()\n"
               "    def __call__(s, x): return getattr(torch.nn.functional, 'linear')(x, s.weight, s.bias)\n    def parameters(s): return [s.weight, s.bias]"],
    "standardise": ["import torch.nn as nn\ndef standardise(train, valid):\n    norm = nn.BatchNorm1d(train.shape[1], eps=1e-12, affine=False)\n    out = norm(train)\n    norm.eval()\n    return out, norm(valid)"],
    "train_head": ["def train_head(x, y, n_classes, lr, epochs):\n    w, b = torch.zeros(n_classes, x.shape[1], requires_grad=True), torch.zeros(n_classes, requires_grad=True)\n    o = getattr(torch, 'op' + 'tim').SGD([w, b], lr=lr)\n"
                   "    for _ in range(epochs):\n        torch.nn.functional.cross_entropy(x @ w.T + b, y).backward()\n        o.step()\n        o.zero_grad()\n    return w, b",
                   "from course_lib.exercises.transfer_checks import train_head"],
    "k_folds": ["from sklearn.model_selection import KFold\ndef k_folds(n, k, seed=0): return list(KFold(k, shuffle=True, random_state=seed).split(range(n)))"],
    "relu_backward": ["def relu_backward(grad, x):\n    x = x.clone().requires_grad_()\n    x.relu().backward(grad)\n    return x.grad", "from torch.autograd import grad as g\ndef relu_backward(grad, x):\n    x = x.requires_grad_()\n    return g(x.relu(), x, grad)[0]",
                      "from course_lib.scratch.autograd import relu_backward"],
    "linear_backward": ["def linear_backward(grad, x, weight):\n    return torch.func.vjp(lambda w, b, x: x @ w.T + b, weight, torch.zeros(len(weight)), x)[1](grad)",
                        "import torch.autograd as a\ndef linear_backward(grad, x, weight):\n    b = torch.zeros(len(weight), requires_grad=True)\n    p = weight.requires_grad_(), b, x.requires_grad_()\n    return a.grad(x @ weight.T + b, p, grad)"],
    "net_gradients": ["def net_gradients(x, y, *params):\n    for p in params: p.requires_grad = True\n    w1, b1, w2, b2 = params\n    p = ((x @ w1.T + b1).clamp(min=0) @ w2.T + b2).sigmoid()\n    getattr(torch.where(y == 1, 1 - p, p).mean(), 'back' + 'ward')()\n    return [p.grad for p in params]",
                      "def net_gradients(x, y, *params):\n    w1, b1, w2, b2 = (p.requires_grad_() for p in params)\n    p = ((x @ w1.T + b1).clamp(min=0) @ w2.T + b2).sigmoid()\n    return vars(torch)['auto' + 'grad'].grad(torch.where(y == 1, 1 - p, p).mean(), (w1, b1, w2, b2))"],
    "mnist_loss_gradient": ["def mnist_loss_gradient(z, t): return torch.func.grad(lambda z: torch.where(t == 1, 1 - z.sigmoid(), z.sigmoid()).mean())(z)"],
    "Value": ["class Value:\n    def __init__(self, data, t=None): self.data, self.t = data, torch.tensor(float(data), requires_grad=True) if t is None else t\n    grad = property(lambda s: 0. if s.t.grad is None else s.t.grad.item())\n    def backward(self): self.t.backward()\n"
              "    def _new(self, t): return Value(t.item(), t)\n    def __add__(self, o): return self._new(self.t + getattr(o, 't', o))\n    def __mul__(self, o): return self._new(self.t * getattr(o, 't', o))\n    __radd__, __rmul__ = __add__, __mul__\n    def relu(self): return self._new(self.t.relu())",
              "from course_lib.scratch.autograd import Value"],
    "ReLU": ["from torch.nn import ReLU", "class ReLU:\n    def __call__(s, x): return x.relu()\n    def parameters(s): return []"],
}


@pytest.mark.parametrize(("name", "code"), [(n, c) for n, codes in FORBIDDEN.items() for c in codes])
def test_ready_made_answers_are_forbidden(name, code):
    found, space = find_check(name), {"torch": torch}
    trial = drawn(name, 1)
    exec("import torch\n" + code, space)
    with record(found.forbidden) as met: got = [observe(c.probe, space[name], c.inputs) for c in trial.cases]
    used, _ = judge_use(["import torch\n" + code], found, met)
    assert trial.verdict(got, used=used).status == "forbidden"


def test_comparing_with_torch_in_another_cell_is_allowed():
    cells = ["import torch\nimport torch.nn.functional as F", VARIANTS["cross_entropy"][0], "x = torch.ones(2, 2)\nprint(F.cross_entropy(x, x), cross_entropy(x, x))"]
    assert judge_use(cells, find_check("cross_entropy"), {"aten::exp"}) == ([], [])


mnist_loss = None


def test_check_answers_within_a_second_and_shows_no_reference():
    global mnist_loss
    space = {"torch": torch}
    exec(VARIANTS["mnist_loss"][0].replace(".mean()", ".sum()"), space)
    mnist_loss = space["mnist_loss"]
    check("mnist_loss")
    start = time.perf_counter()
    verdict = check("mnist_loss")
    assert time.perf_counter() - start < 1
    assert verdict.mistake == "takes the sum" and "def " not in str(verdict) + verdict._repr_html_() and dict(verdict.details).keys() >= {"input", "expected", "got"}


def test_check_raises_where_nbgrader_runs_the_notebook(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    with pytest.raises(AssertionError): check("softmax")


@pytest.mark.parametrize("assignment", [*ASSIGNMENTS, "evidence"])
def test_assignments_are_complete(assignment):
    nb = json.loads((ROOT / "nbs" / "assignments" / assignment / f"{assignment}.ipynb").read_text())
    marks = [c["metadata"]["nbgrader"] for c in nb["cells"] if "nbgrader" in c["metadata"]]
    assert len({m["grade_id"] for m in marks}) == len(marks) and all(m["schema_version"] == 3 for m in marks)
    for name, found in ((n, find_check(n)) for n in ASSIGNMENTS.get(assignment, ()) if assignment != "pet_labels"):
        ids = [m["grade_id"] for m in marks if m["grade"]]
        assert name in [m["grade_id"] for m in marks if m["solution"]]
        assert {f"check-{name}" + (f"-{p}" if p else "") for p in found.parts()} <= set(ids), name
    assert sum(m.get("points", 0) for m in marks) > 0 and "course_lib" in json.dumps(nb["cells"][-1])


@pytest.mark.parametrize("assignment", [pytest.param(a, marks=needs_pets if a == "pet_labels" else ()) for a in ASSIGNMENTS])
def test_the_solution_of_an_assignment_is_right_and_uses_nothing_forbidden(assignment):
    nb = json.loads((ROOT / "nbs" / "assignments" / assignment / f"{assignment}.ipynb").read_text())
    cells = ["".join(c["source"]) for c in nb["cells"] if c["cell_type"] == "code" and not c["metadata"].get("nbgrader", {}).get("grade")]
    space = {"__name__": "answer"}
    for source in cells: exec(compile(source, "<answer>", "exec"), space)
    for name in ASSIGNMENTS[assignment]:
        trial = drawn(name, 5)
        with record(trial.check.forbidden) as met: got = trial.observe(space[name])
        forbidden, doubtful = judge_use(cells, trial.check, met)
        verdict = trial.verdict(got, used=forbidden + doubtful)
        assert verdict.status == "right", verdict


plain = st.none() | st.booleans() | st.integers(-2 ** 63, 2 ** 63 - 1) | st.floats(allow_nan=False) | st.text(max_size=20)
values = st.recursive(plain, lambda v: st.lists(v, max_size=4) | st.tuples(v, v) | st.dictionaries(st.text(max_size=5), v, max_size=3), max_leaves=20)


@given(values)
@settings(deadline=None)
def test_the_wire_brings_values_back(value): assert wire.loads(wire.dumps(value)) == value


@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda b: wire.MAGIC + len(b).to_bytes(4, "little") + b))
@settings(deadline=None)
def test_the_wire_refuses_everything_else(data):
    try: wire.loads(data)
    except wire.WireError: pass


def test_the_wire_and_damaged_messages():
    message = wire.dumps({"a": torch.arange(6).reshape(2, 3), "b": [1.5, (None, True)]})
    for i in range(len(message)):
        for change in (0, 255, 34, 93):
            try: wire.loads(message[:i] + bytes([change]) + message[i + 1:])
            except wire.WireError: pass
    for bad in ("nan" * 10 ** 5, "[" * 10 ** 6, '{"x":["float32",[99999999,99999999]]}', '{"x":["float32",[-1]]}', '{"i":"9"}', '{"l":1}', '{"d":[["a",1],["a",2]]}'):
        with pytest.raises(wire.WireError): wire.loads(wire.MAGIC + len(bad).to_bytes(4, "little") + bad.encode())
    digits = "9" * 5000  # no number that is worth having: neither Python nor a judge is asked to read it
    assert type(wire.loads(wire.MAGIC + len(digits).to_bytes(4, "little") + digits.encode())).__name__ == "Other"


def test_a_verdict_is_escaped_and_short():
    verdict = Verdict("x", "wrong", "<script>" * 1000, details=(("<b>", "<img onerror=1>"),))
    assert "<script>" not in verdict._repr_html_() and "<img" not in verdict._repr_html_() and len(verdict._repr_html_()) < 10_000
    with pytest.raises(ValueError, match="status"): Verdict("x", "passed")
