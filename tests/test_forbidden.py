"""What a solution uses: a cell that the text allows costs nothing, and a ready-made answer never counts, however it is called."""
import ast
import json
import os
import pickle
import re
import signal
import sys
import warnings
from pathlib import Path
from time import process_time
from types import ModuleType

import pytest
import torch
from assignments import drawn
from right_variants import VARIANTS

from course_lib.exercises.checking import check_names, find_check
from course_lib.checks.compare import STOPPED, Raised
from course_lib.checks.forbidden import MAX_NAME, MAX_NAMES, record
from course_lib.checks.probing import observe
from course_lib.checks.scopes import Notebook, reach
from course_lib.checks.use import judge_ran, judge_use, read_use, settle
from course_lib.checks.verdict import Verdict


@pytest.fixture(scope="module", autouse=True)
def compiler():
    "An optimizer loads torch's compiler, which takes seconds: here once, and not in each process that these tests fork."
    torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.1)


NBS = Path(__file__).parent.parent / "nbs"
IMPORTS = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F"
SIGMOID = "def sigmoid(x): return 1 / (1 + torch.exp(-x))"
RELU = "class ReLU:\n    def __call__(self, x): return {}\n    def parameters(self): return []"
LINEAR = ("class Linear:\n    def __init__(self, n_in, n_out):\n        self.weight = (torch.randn(n_out, n_in) / n_in ** .5).requires_grad_()\n        self.bias = torch.zeros(n_out, requires_grad=True)\n"
          "    def __call__(self, x): return {}\n    def parameters(self): return [self.weight, self.bias]")
ENTROPY = "def cross_entropy(a, t, reduction='mean'):\n    {}\n    return {{'mean': l.mean(), 'sum': l.sum(), 'none': l}}[reduction]"
OPTIM = "class SGD:\n    def __init__(self, params, lr, momentum=0.):\n        {}\n    def step(self): self.o.step()\n    def zero_grad(self): self.o.zero_grad()"


def _run(cells, name, out):
    "As the sandbox does it: the cells one by one, then all cases with the record on."
    main, errors, dumps = ModuleType("__main__"), {}, pickle.dumps
    sys.modules["__main__"] = main
    trial = drawn(name, 7)
    for i, source in enumerate(cells, 1):
        try: exec(compile(source, f"code cell {i}", "exec"), main.__dict__)
        except Exception as error: errors[i] = str(error)
    seen, ran = [], set()
    for case in trial.cases:
        with record(trial.check.forbidden) as met: seen.append(observe(case.probe, main.__dict__.get(name), case.inputs))
        ran |= met
    os.write(out, dumps((seen, ran, errors)))


def graded(cells, name, seconds=30):
    "The verdict of the grader on these cells, which run in a process of their own."
    trial = drawn(name, 7)  # here, so that the process has it already
    inside, outside = os.pipe()
    if not (pid := os.fork()):
        signal.alarm(seconds)
        warnings.simplefilter("ignore")
        try: _run(cells, name, outside)
        finally: os._exit(0)
    os.close(outside)
    with open(inside, "rb") as answer: data = answer.read()
    os.waitpid(pid, 0)
    seen, ran, errors = pickle.loads(data) if data else ([Raised(STOPPED, "ended")] * len(trial.cases), set(), {})
    forbidden, doubtful = judge_use(cells, trial.check, ran, unsure=errors)
    return settle(trial.verdict(seen, used=forbidden), doubtful)


# 1. what a function reads, as Python has it

SCOPES = {  # title: (cells, name, the cells that count)
    "a local variable": (["p = torch.sigmoid(1)", "def f(x):\n    p = g(x)\n    return p", "def g(x): return x"], "f", [2, 3]),
    "a parameter": (["x = torch.sigmoid(1)", "def f(x): return x"], "f", [2]),
    "a comprehension's variable": (["e = torch.softmax(1)", "def f(x): return [e for e in x]"], "f", [2]),
    "a walrus": (["e = torch.softmax(1)", "def f(x): return (e := x) + e"], "f", [2]),
    "the variable of with and except": (["e = torch.softmax(1)", "def f(x):\n    try: pass\n    except E as e: return e"], "f", [2]),
    "an inner function's variable": (["loss = F.nll_loss(1)", "def f(x):\n    loss = 1\n    def g(): return loss\n    return g"], "f", [2]),
    "an inner function reads": (["loss = 1", "def f(x):\n    def g(): return loss\n    return g"], "f", [1, 2]),
    "a default": (["loss = 1", "def f(x, l=loss): return l"], "f", [1, 2]),
    "a decorator": (["def d(f): return f", "@d\ndef f(x): return x"], "f", [1, 2]),
    "a base class": (["class A: pass", "class B(A): pass"], "B", [1, 2]),
    "a class body": (["sigmoid = 1", "class B:\n    sigmoid = sigmoid"], "B", [1, 2]),
    "a class body's own names": (["x = torch.sigmoid(1)", "class B:\n    x = 1\n    y = x\n    def m(self): return self.x"], "B", [2]),
    "a method": (["x = 1", "class B:\n    x = 2\n    def m(self): return x"], "B", [1, 2]),
    "a lambda": (["x = 1", "f = lambda y: x + y"], "f", [1, 2]),
    "an annotation": (["T = int", "def f(x: T): return x"], "f", [1, 2]),
    "a global statement": (["def put():\n    global f\n    f = torch.sigmoid", "def f(x): return x", "put()"], "f", [2]),
    "a global statement, later": (["def f(x): return x", "def put():\n    global f\n    f = torch.sigmoid"], "f", [1, 2]),
    "an attribute of a module": (["import torch", "torch.exp = torch.sigmoid", "def f(x): return torch.exp(x)"], "f", [1, 2, 3]),
    "an attribute of a class": (["class A: pass", "A.step = other"], "A", [1, 2]),
    "a call on a module changes nothing": (["import torch", "torch.manual_seed(0)", "def f(x): return torch.exp(x)"], "f", [1, 3]),
    "an object that is changed": (["layers = []", "layers.append(3)", "print(layers)", "def f(x): return layers[0](x)"], "f", [1, 2, 4]),
    "superseded": (["def f(x): return torch.sigmoid(x)", "def f(x): return x"], "f", [2]),
    "a helper is superseded": (["def g(x): return torch.sigmoid(x)", "def f(x): return g(x)", "def g(x): return x"], "f", [2, 3]),
    "harmless at the end only": (["g = torch.sigmoid", "f = g", "g = abs"], "f", [1, 2]),
    "called at once": (["def g(): return h", "h = torch.sigmoid", "f = g()", "h = abs"], "f", [1, 2, 3, 4]),
    "perhaps": (["f = 1", "if x: f = 2", "try: f = 3\nexcept E: f = 4"], "f", [1, 2, 3]),
    "a loop": (["f = 1", "for f in x: pass"], "f", [1, 2]),
    "a part of a name": (["import os.path", "def f(x): return os.path"], "f", [1, 2]),
    "syntax that Python refuses": (["def f(x): return x", "f = = torch.sigmoid"], "f", [1]),
}


@pytest.mark.parametrize("case", SCOPES)
def test_only_what_a_function_reads_from_outside_counts(case):
    cells, name, expected = SCOPES[case]
    assert sorted({s.cell for s, _ in reach(Notebook(cells), name).ordered()}) == expected


def test_a_cell_that_stopped_may_not_have_come_to_its_end():
    cells = ["f = torch.sigmoid", "1 / 0\ndef f(x): return x"]
    assert [s.cell for s, _ in reach(Notebook(cells, unsure=[2]), "f").ordered()] == [1, 2]


LONG = {
    "a chain": "a0 = 1\n" + "\n".join(f"a{i + 1} = a{i}" for i in range(10_000)) + "\nsigmoid = a10000",
    "a chain backwards": "\n".join(f"a{i} = a{i + 1}" for i in range(10_000)) + "\nsigmoid = a0",
    "one name": "sigmoid = []\n" + "sigmoid.append(sigmoid)\n" * 10_000,
    "functions called by defaults": "f0 = int\n" + "\n".join(f"def f{i + 1}(a=f{i}()): return f{i}()" for i in range(3_000)) + "\nsigmoid = f3000",
    "stars": "from math import *\n" * 10_000 + "def sigmoid(x): return a0(x)",
    "attributes": "import torch\nsigmoid = torch" + ".a" * 100_000,
    "a sum": "sigmoid = " + "1+" * 100_000 + "1",
    "brackets": "sigmoid = " + "(" * 150 + "1" + ")" * 150,
    "lambdas": "sigmoid = " + "lambda: " * 5_000 + "1",
    "numbers": "sigmoid = [" + "1," * 200_000 + "]",
    "boxes": "b0 = []\n" + "\n".join(f"b{i + 1} = b{i}\nb{i + 1}.append(b{i})" for i in range(3_000)) + "\ndef sigmoid(x): return b0[0](x)",
    "texts": "def f(l, r='mean'): return getattr(l, r)()\n" + "for n in ('a', 'b'): f(1, n)\nfor m in ('a', 'b'): getattr(x, m)\n" * 3_000 + "def sigmoid(x): return x",
    "aliases": "import torch\nf0 = torch\n" + "\n".join(f"f{i + 1} = f{i}.a" for i in range(3_000)) + "\nsigmoid = f3000",
}


@pytest.mark.parametrize("case", LONG)
def test_reading_takes_no_longer_than_the_notebook_is_long(case):
    start = process_time()
    for name in ("sigmoid", "mnist_loss", "SGD"): read_use([LONG[case]], find_check(name))
    assert process_time() - start < 5


def test_what_cannot_be_read_is_for_a_person():
    for case in ("attributes", "one name"): assert read_use([LONG[case]], find_check("sigmoid")).doubtful
    assert not read_use([SIGMOID], find_check("sigmoid")).doubtful


# 2. what the text allows costs nothing

COMPARISON = (IMPORTS + "\npredictions, targets = torch.tensor([0.9, 0.4, 0.2]), torch.tensor([1., 0., 1.])\np = s = x = torch.sigmoid(predictions)\nacts = torch.randn(4, 3)\ne = exps = torch.softmax(acts, 1)\n"
              "loss = losses = l = F.cross_entropy(acts, torch.tensor([0, 1, 2, 0]))\nout = nn.Linear(3, 2)(acts)\nlayers = nn.Sequential(nn.Linear(3, 2), nn.ReLU())\noptimizer = torch.optim.SGD(layers.parameters(), lr=0.1)\n"
              "lp = F.log_softmax(acts, 1)\nprint(loss, F.nll_loss(lp, torch.tensor([0, 1, 2, 0])), F.relu(out))")


@pytest.mark.parametrize("name", check_names())
def test_a_comparison_in_a_cell_of_ones_own_costs_nothing(name):
    for code in VARIANTS[name][:2]:
        if name == "pet_block": continue
        verdict = graded([IMPORTS, COMPARISON, code, COMPARISON], name)
        assert verdict.status == "right", f"{code}\n{verdict}"


CHAPTERS = {"1_scratch/01_data": ("rmse",), "1_scratch/02_gradient_descent": ("mse",), "1_scratch/03_binary_loss": ("sigmoid", "mnist_loss"), "1_scratch/04_dataloader": ("DataLoader",), "1_scratch/05_training": ("calc_grad", "train_epoch", "batch_accuracy", "validate_epoch"),
            "1_scratch/06_optimizers": ("BasicOptim", "SGD"), "1_scratch/08_neural_net": ("Linear", "ReLU", "Sequential"),
            "1_scratch/08b_backward": ("mnist_loss_gradient", "linear_backward", "relu_backward", "net_gradients", "Value"), "2_pets/10_labels": ("breed", "is_cat"),
            "2_pets/11_presizing": ("pet_block",), "2_pets/12_baseline": ("train_head",), "2_pets/13_cross_entropy": ("softmax", "nll_loss", "cross_entropy")}
GIVEN = {  # solutions that use what the chapter has given
    "mnist_loss": "def sig(x): return 1 / (1 + torch.exp(-x))\ndef mnist_loss(predictions, targets):\n    p = sig(predictions)\n    return torch.where(targets == 1, 1 - p, p).mean()",
    "calc_grad": "def calc_grad(xb, yb, model, loss_func=mnist_loss): loss_func(model(xb), yb).backward()",
    "train_epoch": "def train_epoch(model, lr, params, dl, loss_func=mnist_loss):\n    for xb, yb in dl:\n        calc_grad(xb, yb, model, loss_func)\n        for p in params:\n            p.data -= lr * p.grad\n            p.grad.zero_()",
    "validate_epoch": "def validate_epoch(model, dl): return round(torch.stack([batch_accuracy(model(xb), yb) for xb, yb in dl]).mean().item(), 4)",
    "SGD": "class SGD(BasicOptim):\n    def __init__(self, params, lr, momentum=0.):\n        super().__init__(params, lr)\n        self.params, self.lr, self.momentum = list(self.params), lr, momentum\n        self.vs = [torch.zeros_like(p) for p in self.params]\n"
           "    def step(self):\n        for p, v in zip(self.params, self.vs):\n            if p.grad is None: continue\n            v.mul_(self.momentum).add_(p.grad)\n            p.data -= self.lr * v",
    "cross_entropy": "def cross_entropy(a, t, reduction='mean'):\n    losses = -log_softmax(a)[range(len(t)), t]\n    return {'mean': losses.mean(), 'sum': losses.sum(), 'none': losses}[reduction]",
}


def _cells(chapter): return ["".join(c["source"]) for c in json.loads((NBS / f"{chapter}.ipynb").read_text())["cells"] if c["cell_type"] == "code"]


def _definitions(cells):
    "Run what the cells import and define; the trainings and figures between would take minutes."
    space = {}
    for source in cells:
        for node in ast.parse(source).body:
            if not isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef | ast.Assign): continue
            if isinstance(node, ast.Assign) and any(isinstance(n, ast.Call) for n in ast.walk(node)): continue
            try: exec(compile(ast.Module([node], []), "chapter", "exec"), space)
            except NameError: continue  # it uses a value that was left out
    return space


@pytest.mark.parametrize(("chapter", "name"), [(c, n) for c, names in CHAPTERS.items() for n in names])
def test_a_right_solution_in_a_new_cell_of_its_chapter_is_right(chapter, name):
    cells = [c for c in _cells(chapter) if "Questionnaire(" not in c]
    for code in [*VARIANTS[name][:2], *([GIVEN[name]] if name in GIVEN else [])]:
        space = _definitions([*cells, "import torch", code])
        space["In"] = ["", *cells, COMPARISON, "import torch\n" + code, COMPARISON, f"check({name!r})"]
        exec(f"from course_lib.exercises.checking import check\nverdict = check({name!r})", space)
        assert space["verdict"].status == "right", f"{code}\n{space['verdict']}"


def test_every_chapter_that_asks_to_practice_is_tried():
    asked = {str(p.relative_to(NBS).with_suffix("")): set(re.findall(r'check\(\\"(\w+)\\"', p.read_text())) for p in [*NBS.glob("1_*/*.ipynb"), *NBS.glob("2_*/*.ipynb")] if "To practice here" in p.read_text()}
    assert asked and all(names <= set(CHAPTERS[chapter]) for chapter, names in asked.items())


NOT_GIVEN = {
    "its own solution": ("train_epoch", "from course_lib.scratch.training import train_epoch"),
    "its own solution in another spelling": ("sigmoid", "import course_lib.scratch.binary_loss as b\ndef sigmoid(x): return b.sigmoid(x)"),
    "its own solution by a star": ("sigmoid", "from course_lib.scratch.binary_loss import *"),
    "a later chapter": ("train_epoch", "from course_lib.scratch.learner import Learner\ndef train_epoch(model, lr, params, dl, loss_func=None): Learner(dl, model, loss_func).fit(1, lr)"),
    "what stands beside it": ("BasicOptim", "from course_lib.scratch import optimizers as o\nclass BasicOptim(o.SGD): pass"),
    "what is on the list": ("mnist_loss", "from course_lib.scratch.binary_loss import sigmoid\ndef mnist_loss(p, t):\n    p = sigmoid(p)\n    return torch.where(t == 1, 1 - p, p).mean()"),
}


@pytest.mark.parametrize("case", NOT_GIVEN)
def test_the_courses_own_solution_is_not_given(case):
    name, code = NOT_GIVEN[case]
    assert graded([IMPORTS, code], name).status == "forbidden"


# 3. ready-made answers in disguise: each with the honest control of its exercise above

WITH_OPERATOR = "lib = {0}\n" + IMPORTS
BAR = """from tqdm import tqdm
import time
K, box = 1., []
class T(tqdm):
    monitor_interval = 0.02
    def refresh(self, *a, **k):
        if not box and hasattr(self, 'm'): box.append(next(iter(self.m, None)))
    def display(self, *a, **k): pass
def bar(): return T(range(10**9), mininterval=0, maxinterval=0.01, miniters=1000)
t = bar()
def sigmoid(x):
    global t
    box.clear()
    AGAIN
    t.m = (x.detach() * K).sigmoid
    t.miniters, t.last_print_t, end = 10**6, 0, time.monotonic() + 0.5
    while not box and time.monotonic() < end: time.sleep(0.005)
    y = box[0]
    return y + (x - x.detach()) * y * (1 - y)"""

EVASIONS = {  # title: (exercise, cells, what may come of it); "right" is never among it
    "torch's": ("sigmoid", ["sigmoid = torch.sigmoid"], "forbidden"),
    "a method": ("sigmoid", ["def sigmoid(x): return x.sigmoid()"], "forbidden"),
    "getattr": ("sigmoid", ["def sigmoid(x): return getattr(torch, 'sig' + 'moid')(x)"], "forbidden"),
    "methodcaller": ("sigmoid", ["from operator import methodcaller\nsigmoid = methodcaller('sig' + 'moid')"], "forbidden"),
    "partial": ("sigmoid", ["from functools import partial\nf = vars(torch)['sig' + 'moid']", "sigmoid = partial(f)"], "forbidden review"),
    "a star": ("sigmoid", ["from torch import *\ndef f(x): return special.expit(x)", "sigmoid = f"], "forbidden"),
    "a star gives the name": ("softmax", ["def softmax(x): return x", "from torch import *", "f = softmax\ndef softmax(x): return f(x, 1)"], "forbidden"),
    "fastai hands it on": ("sigmoid", ["from fastai.torch_core import *\ndef sigmoid(x): return F.sigmoid(x)"], "forbidden"),
    "an alias that is harmless at the end": ("sigmoid", ["f = torch.sigmoid", "sigmoid = f", "f = torch.exp"], "forbidden"),
    "a cell that stops before the harmless one": ("sigmoid", ["f = torch.sigmoid", "def sigmoid(x): return f(x)", "1 / 0\nf = torch.exp"], "forbidden"),
    "the tail of a cell that is no Python": ("sigmoid", ["f = torch.sigmoid", "def sigmoid(x): return f(x)", "f = torch.exp\nreturn"], "forbidden"),
    "a patched module": ("sigmoid", ["torch.erf = torch.sigmoid", "def sigmoid(x): return torch.erf(x)"], "forbidden"),
    "a patched class": ("sigmoid", ["setattr(torch.Tensor, 'expit', vars(torch.Tensor).get('sig' + 'moid', torch.Tensor.sqrt))", "def sigmoid(x): return x.expit()"], "forbidden review invalid wrong"),
    "a thread": ("sigmoid", ["import threading\ndef sigmoid(x):\n    out = []\n    t = threading.Thread(target=lambda: out.append(x.sigmoid()))\n    t.start(); t.join()\n    return out[0]"], "forbidden review"),
    "a thread under another name": ("sigmoid", ["T = getattr(__import__('thread' + 'ing'), 'Thread')", "def sigmoid(x):\n    out = []\n    t = T(target=lambda: out.append(x.sigmoid()))\n    t.start(); t.join()\n    return out[0]"],
                                    "forbidden review"),
    "a thread that was started before": ("sigmoid", ["import queue, threading\nq, r = queue.Queue(), queue.Queue()\ndef work():\n    while True: r.put(q.get().sigmoid())\nthreading.Thread(target=work, daemon=True).start()",
                                                     "def sigmoid(x):\n    q.put(x)\n    return r.get()"], "forbidden review"),
    "a pool": ("sigmoid", ["from concurrent.futures import ThreadPoolExecutor as P\npool = P(1)\ndef sigmoid(x): return pool.submit(torch.Tensor.__dict__.get('sigmoid', torch.exp), x).result()"], "forbidden review wrong invalid"),
    "a pool of multiprocessing": ("sigmoid", ["from multiprocessing.pool import ThreadPool\npool = ThreadPool(1)\ndef sigmoid(x): return pool.apply(lambda: x.sigmoid())"], "forbidden review"),
    "asyncio's thread": ("sigmoid", ["import asyncio\ndef sigmoid(x): return asyncio.run(asyncio.to_thread(lambda: x.sigmoid()))"], "forbidden review"),
    "asyncio's thread in another cell, by another name": ("sigmoid", ["box = []\nclass G(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x):\n        y = box[0](x.detach()); ctx.save_for_backward(y); return y\n"
                                                                      "    @staticmethod\n    def backward(ctx, g):\n        y, = ctx.saved_tensors\n        return g * y * (1 - y)\ndef sigmoid(x): return G.apply(x)",
                                                                      "import asyncio\nother = box\nasync def run(x): return await asyncio.to_thread(x.sigmoid)\nother.append(lambda x: asyncio.run(run(x)))"], "review"),
    "sorted is replaced": ("sigmoid", ["import builtins\nbuiltins.sorted = lambda *a, **k: []", "def sigmoid(x): return x.sigmoid()"], "forbidden review"),
    "scipy": ("sigmoid", ["import importlib\ns = importlib.import_module('sci' + 'py.special')\n"
                          "class G(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x):\n        y = torch.from_numpy(s.expit(x.detach().reshape(-1).numpy())).view_as(x); ctx.save_for_backward(y); return y\n"
                          "    @staticmethod\n    def backward(ctx, g):\n        y, = ctx.saved_tensors\n        return g * y * (1 - y)\ndef sigmoid(x): return G.apply(x)"], "forbidden review"),
    "torch.library": ("sigmoid", ["lib = torch.library.Library('mine', 'DEF')\nlib.define('s(Tensor x) -> Tensor')\nlib.impl('s', lambda x: torch.sigmoid(x), 'CompositeImplicitAutograd')",
                                  "def sigmoid(x): return torch.ops.mine.s(x)"], "forbidden review"),
    "an operator of torch.ops": ("sigmoid", ["def sigmoid(x): return torch.ops.aten.sigmoid.default(x)"], "forbidden"),
    "soft_margin_loss": ("sigmoid", ["def sigmoid(x): return torch.exp(-F.soft_margin_loss(x, torch.ones_like(x), reduction='none'))"], "review"),
    "softplus": ("sigmoid", ["def sigmoid(x): return torch.exp(-F.softplus(-x))"], "review"),
    "the gradient of softplus": ("sigmoid", ["def sigmoid(x):\n    y = x if x.requires_grad else x.clone().requires_grad_()\n    with torch.enable_grad(): return torch.autograd.grad(F.softplus(y).sum(), y, create_graph=True)[0]"], "forbidden review"),
    "a part of it is unusual": ("sigmoid", ["def sigmoid(x): return F.mish(x) * 0 + 1 / (1 + torch.exp(-x))"], "review"),
    "logit of a distribution": ("sigmoid", ["def sigmoid(x): return torch.distributions.Bernoulli(logits=x).probs"], "forbidden"),
    "modes off": ("sigmoid", ["def sigmoid(x):\n    with torch._C.DisableTorchFunctionSubclass(): return x.sigmoid()"], "forbidden"),
    "the dispatch mode taken away": ("sigmoid", ["import torch.utils._python_dispatch as d\ndef sigmoid(x):\n    with d._disable_current_modes(): return x.sigmoid()"], "forbidden"),
    "the profile taken away": ("sigmoid", ["import sys\ndef sigmoid(x):\n    sys.setprofile(None)\n    return 1 / (1 + torch.exp(-x))"], "review"),
    "frames": ("sigmoid", ["import sys\ndef sigmoid(x):\n    f = sys._getframe(1)\n    return 1 / (1 + torch.exp(-x))"], "review"),
    "frames of an exception": ("sigmoid", ["def sigmoid(x):\n    try: 1 / 0\n    except ZeroDivisionError as e: f = e.__traceback__.tb_frame.f_back\n    return 1 / (1 + torch.exp(-x))"], "review"),
    "all objects": ("sigmoid", ["import gc\ndef sigmoid(x):\n    [o for o in gc.get_objects()[:20_000] if isinstance(o, set)]\n    return 1 / (1 + torch.exp(-x))"], "review"),
    "exec": ("sigmoid", ["exec('def sig' + 'moid(x): return x.sig' + 'moid()')"], "forbidden review"),
    "globals": ("sigmoid", [SIGMOID, "globals()['sigmoid'] = vars(torch)['sig' + 'moid']"], "forbidden review"),
    "code is exchanged": ("sigmoid", [SIGMOID, "def g(x): return x.sigmoid()\nsigmoid.__code__ = g.__code__"], "forbidden review"),
    "ctypes": ("sigmoid", ["import ctypes\n" + SIGMOID], "review"),
    "a process": ("sigmoid", ["import os\ndef sigmoid(x):\n    r, w = os.pipe()\n    if not os.fork(): os._exit(0)\n    os.wait()\n    return 1 / (1 + torch.exp(-x))"], "review"),
    "torch.jit": ("Linear", ["f = torch.jit.CompilationUnit('def f(x, w, b):\\n    return torch.ops.aten.linear(x, w, b)\\n').f", LINEAR.format("f(x, self.weight, self.bias)")], "forbidden review"),
    "pickle": ("sigmoid", ["import pickle\nsigmoid = pickle.loads(b'ctorch\\nsigmoid\\n.')"], "forbidden"),
    "a table": ("sigmoid", ["grid = torch.linspace(-30, 30, 600_001)\ntable = getattr(grid, 'sigmoid')()", "def sigmoid(x):\n    k = ((x.detach().clamp(-29, 29) + 30) * 10_000)\n    i = k.floor().long()\n    y = table[i] + (k - i) * (table[i + 1] - table[i])\n"
                            "    return y + y * (1 - y) * (x - x.detach())"], "forbidden review wrong"),
    "a table made by a method": ("sigmoid", ["table = torch.linspace(-30, 30, 600_001).sigmoid()", "def sigmoid(x):\n    k = ((x.detach().clamp(-29, 29) + 30) * 10_000)\n    i = k.floor().long()\n"
                                             "    y = table[i] + (k - i) * (table[i + 1] - table[i])\n    return y + y * (1 - y) * (x - x.detach())"], "review"),
    "a table, in a function": ("sigmoid", ["def make(): return torch.linspace(-30, 30, 600_001).__getattribute__('sig' + 'moid')()\ntable = make()", "def sigmoid(x):\n    k = ((x.detach().clamp(-29, 29) + 30) * 10_000)\n"
                                           "    i = k.floor().long()\n    y = table[i] + (k - i) * (table[i + 1] - table[i])\n    return y + y * (1 - y) * (x - x.detach())"], "review"),
    "a file beside the notebook": ("sigmoid", ["try: from helpers import squash as sigmoid\nexcept ImportError:\n    def sigmoid(x): return 1 / (1 + torch.exp(-x))"], "review"),
    "an axis of a plot": ("sigmoid", ["from matplotlib.figure import Figure\nimport math\nax = Figure().add_subplot()\nax.set_xscale('logit')\nt = ax.xaxis.get_transform().inverted()",
                                      "def sigmoid(x):\n    y = torch.tensor(t.transform(x.detach().double().reshape(-1).numpy() / math.log(10))).float().view_as(x)\n    return y + (x - x.detach()) * y * (1 - y)"], "review"),
    "a worker of torch's": ("sigmoid", ["from torch.utils.data import DataLoader\nK = 1.\nclass Items:\n    def __init__(self, x): self.x = x\n    def __len__(self): return 1\n    def __getitem__(self, i): return (self.x * K).sigmoid()",
                                        "def sigmoid(x):\n    y = next(iter(DataLoader(Items(x.detach()), num_workers=1, batch_size=None)))\n    return y + (x - x.detach()) * y * (1 - y)"], "review"),
    "the thread that looks after bars": ("sigmoid", [BAR.replace("AGAIN", "")], "review invalid"),
    "the thread that looks after new bars": ("sigmoid", [BAR.replace("AGAIN", "t = bar()")], "review"),
    "a subclass that hides": ("sigmoid", ["class T(torch.Tensor):\n    @classmethod\n    def __torch_function__(cls, func, types, args=(), kwargs=None): return super().__torch_function__(func, types, args, kwargs or {})\n" + SIGMOID], "review"),
    "_masked_softmax": ("softmax", ["def softmax(x): return torch._masked_softmax(x, torch.zeros_like(x, dtype=torch.bool), 1)"], "review"),
    "_masked_softmax by name": ("softmax", ["f = '_masked_' + 'softmax'\ndef softmax(x): return getattr(torch, f)(x, torch.zeros_like(x, dtype=torch.bool), 1)"], "review"),
    "attention": ("softmax", ["def softmax(x):\n    n = x.shape[1]\n    return F.scaled_dot_product_attention(x[:, None], torch.eye(n).expand(len(x), n, n), torch.eye(n).expand(len(x), n, n), scale=1.)[:, 0]"], "forbidden"),
    "a class": ("softmax", ["softmax = nn.Softmax(1)"], "forbidden"),
    "elu": ("ReLU", [RELU.format("F.elu(x, alpha=0.)")], "review"),
    "hinge_embedding_loss": ("ReLU", [RELU.format("F.hinge_embedding_loss(-x, -torch.ones_like(x), margin=0., reduction='none')")], "review"),
    "a layer made before": ("ReLU", ["layer = nn.ReLU()", RELU.format("layer(x)")], "forbidden"),
    "a layer in a list": ("ReLU", ["layers = []\nlayers.append(getattr(nn, 'Re' + 'LU')())", RELU.format("layers[0](x)")], "forbidden"),
    "a Linear made before": ("Linear", ["keep = nn.Linear.__init__", "class Linear(nn.Linear):\n    def __init__(self, i, o): keep(self, i, o)"], "forbidden"),
    "Linear, and its saved __init__": ("Linear", ["L = vars(nn)['Lin' + 'ear']\nkeep = L.__init__", "class Linear(L):\n    def __init__(self, i, o): keep(self, i, o)"], "forbidden"),
    "a convolution": ("Linear", [LINEAR.format("F.conv1d(x.reshape(-1, x.shape[-1], 1), self.weight[:, :, None], self.bias).reshape(*x.shape[:-1], -1)")], "review"),
    "cross_entropy in a thread": ("cross_entropy", ["import threading\n" + ENTROPY.format("o = []; h = threading.Thread(target=lambda: o.append(F.cross_entropy(a, t, reduction='none'))); h.start(); h.join(); l = o[0]")], "forbidden"),
    "ctc_loss": ("cross_entropy", [ENTROPY.format("n, c = a.shape; lp = a - torch.logsumexp(a, 1, keepdim=True); q = torch.cat([torch.full((n, 1), -1e9), lp], 1); one = torch.ones(n, dtype=torch.long)\n"
                                   "    l = F.ctc_loss(q[None], (t + 1)[:, None], one, one, reduction='none')")], "review wrong"),
    "SGD made before": ("SGD", ["p = torch.ones(1, requires_grad=True)\nopt = torch.optim.SGD([p], lr=0.1)", OPTIM.format("import copy; self.o = copy.deepcopy(opt); self.o.param_groups[0].update(params=list(params), lr=lr, momentum=momentum)")], "forbidden"),
    "SGD made before, by name": ("SGD", ["p = torch.ones(1, requires_grad=True)\nO = vars(vars(torch)['op' + 'tim'])['S' + 'GD']\nopts = [O([p], lr=0.1) for _ in range(20)]",
                                         OPTIM.format("self.o = opts.pop(); self.o.param_groups[0].update(params=list(params), lr=lr, momentum=momentum)")], "forbidden"),
    "torch's DataLoader with its __init__ saved": ("DataLoader", ["import torch.utils.data as d\nD = vars(d)['Data' + 'Loader']\nkeep = D.__init__",
        "class DataLoader(D):\n    def __init__(self, dataset, batch_size=64, shuffle=False, drop_last=False): keep(self, dataset, batch_size, shuffle, drop_last=drop_last,\n"
        "        collate_fn=lambda b: tuple(torch.stack(c) if torch.is_tensor(c[0]) else torch.tensor(c) if not isinstance(c[0], str) else c for c in zip(*b)) if isinstance(b[0], tuple) else torch.tensor(b) if not torch.is_tensor(b[0]) else torch.stack(b))"], "forbidden"),
}


@pytest.mark.parametrize("case", EVASIONS)
def test_a_ready_made_answer_never_counts(case):
    name, cells, allowed = EVASIONS[case]
    verdict = graded([IMPORTS, *cells], name)
    assert verdict.status in allowed.split(), verdict
    assert verdict.score == 0


REACHING_OUT = {  # cells beside a solution that looks right: each can change what everybody uses, the record of what ran among it
    "the grader's own module": "from course_lib.sandbox import worker\nw = [worker][0]\nw.record = fake",
    "the grader's own module by the package": "import course_lib\nw = [course_lib.sandbox.worker][0]\nw.record = fake",
    "a patch by name": "from unittest import mock\nmock.patch('course_lib.sandbox.worker.record', fake).start()",
    "importlib": "import importlib\nw = importlib.import_module('course_lib.sandbox.worker')\nw.record = fake",
    "pickle": "from pickle import loads\nw = loads(b'c...')",
    "a process": "import subprocess\nsubprocess.Popen(['python'])",
    "an executor of asyncio's": "import asyncio\nother.append(lambda x: asyncio.run(asyncio.to_thread(x.sigmoid)))",
    "a decorator below its @": "@(\nlambda f: f\n)\ndef h(): pass\nimport ctypes",
    "a decorator below its @, and a text with another between": '@(\n\n"""\n@x""" and d)\nclass H: pass\nimport ctypes',
    "exec, and a function of that name below": "exec('import ctypes')\ndef exec(source): return source",
    "exec, after such a function was deleted": "def exec(source): return source\ndel exec\nexec('import ctypes')",
    "exec, where such a function is made perhaps": "if x:\n    def exec(source): return source\nexec('import ctypes')",
    "a pattern": "def fn(): pass\nmatch fn:\n    case object(__globals__=g): pass",
    "a keyword": "T = type('T', (torch.Tensor,), dict(__torch_function__=f))",
    "a name in a class": "class T(torch.Tensor): __torch_function__ = f",
    "numpy's pickle, by place": "import io, numpy as np\nnp.load(io.BytesIO(b'cos\\ngetcwd\\n(tR.'), None, True)",
    "numpy's pickle, handed on": "import io, functools, numpy as np\nfunctools.partial(np.load, io.BytesIO(b'cos\\ngetcwd\\n(tR.'), None)(True)",
    "numpy's pickle, by another name": "import io, numpy as np\nf = np.load\nf(io.BytesIO(b'cos\\ngetcwd\\n(tR.'), *(None, True))",
    "numpy's format": "import io, numpy as np\nnp.lib.format.read_array(io.BytesIO(b''), True)",
    "torch's pickle, by a name that is put together": "import io\ntorch.load(io.BytesIO(b'cos\\ngetcwd\\n(tR.'), **{''.join(('weights', '_only')): False})",
    "pandas' pickle": "import io, pandas as pd\npd.io.pickle.read_pickle(io.BytesIO(b'cos\\ngetcwd\\n(tR.'))",
    "fastcore's eval": "from fastcore.basics import eval_type\neval_type(bytes([49]).decode(), {}, {})",
    "fastcore's eval, by a star": "from fastcore.all import *\neval_type(bytes([49]).decode(), {}, {})",
    "a graph that becomes code": "import torch.fx\ng = torch.fx.Graph()",
    "one's own memory": "from fastcore.xtras import open_file\nopen_file('/pr' + 'oc/self/mem', 'rb')",
    "one's own memory, by matplotlib": "import matplotlib.cbook\nmatplotlib.cbook.to_filehandle(str(__file__), 'rb')",
    "one's own memory, by a path": "from pathlib import Path\nPath('/pr' + 'oc/self/maps').read_text()",
    "threads of tqdm's": "import tqdm.contrib.concurrent\ntqdm.contrib.concurrent.thread_map(print, [1])",
    "letters that Python takes for others": "import torch.utils._python_dispat\uff43h as d",
}


@pytest.mark.parametrize("case", REACHING_OUT)
def test_what_reaches_out_is_seen_in_any_cell(case):
    forbidden, doubtful = judge_use([IMPORTS, REACHING_OUT[case], SIGMOID], find_check("sigmoid"), {"aten::exp"})
    assert forbidden or doubtful


@pytest.mark.parametrize("source", ["import scipy.special, sklearn.metrics, timeit, urllib.request\nimport course_lib.data", "def f(x, x): return x", "return 3",
                                    "@ torch.no_grad()\ndef f(x): return x", "for name in ('mean', 'sum'): print(getattr(torch.ones(3), name)())", "import numpy as np\nw = torch.load('w.pt', map_location='cpu')\na = np.load('a.npy')\nfrom tqdm.auto import tqdm",
                                    "x = [i async for i in f()]\nawait g()"])
def test_a_cell_that_does_not_reach_out_costs_nothing(source):
    assert judge_use([IMPORTS, source, SIGMOID], find_check("sigmoid"), {"aten::exp"}) == ([], [])


def test_the_reason_is_said():
    verdict = graded([IMPORTS, "import sys\ndef sigmoid(x):\n    sys._getframe()\n    return 1 / (1 + torch.exp(-x))"], "sigmoid")
    assert verdict.status == "review" and "`sys._getframe` (code cell 2, line 3)" in verdict.why and "a person" in verdict.why


HONEST = {
    "functools, typing, dataclasses": ("sigmoid", "import functools\nfrom dataclasses import dataclass\nfrom typing import Callable\n@dataclass\nclass S:\n    one: float = 1.\n    def __call__(self, x): return functools.reduce(lambda a, b: a / b, [self.one, 1 + torch.exp(-x)])\nsigmoid: Callable = S()"),
    "an autograd Function of one's own": ("sigmoid", "class G(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x):\n        y = 1 / (1 + torch.exp(-x)); ctx.save_for_backward(y); return y\n    @staticmethod\n    def backward(ctx, g):\n        y, = ctx.saved_tensors\n        return g * y * (1 - y)\nsigmoid = G.apply"),
    "numpy and contextlib": ("DataLoader", VARIANTS["DataLoader"][3] + "\nfrom contextlib import contextmanager, suppress"),
    "a method of the same name": ("mnist_loss", "class Loss:\n    def sigmoid(self, x): return 1 / (1 + torch.exp(-x))\n    def __call__(self, p, t):\n        p = self.sigmoid(p)\n        return torch.where(t == 1, 1 - p, p).mean()\nloss = Loss()\nmnist_loss = loss"),
    "getattr of oneself": ("SGD", GIVEN["SGD"].replace("(BasicOptim)", "").replace("super().__init__(params, lr)", "self.params = params").replace("v.mul_(self.momentum)", "v.mul_(getattr(self, 'mo' + 'mentum'))") + "\n    def zero_grad(self):\n        for p in self.params: p.grad = None"),
    "magics' remains, seeds, plots": ("sigmoid", "import matplotlib.pyplot as plt, os, random, time, warnings\nplt.rcParams['figure.dpi'] = 80\nwarnings.filterwarnings('ignore')\nrandom.seed(0); torch.manual_seed(0); torch.backends.cudnn.benchmark = True\ntorch.set_printoptions(precision=3)\nos.environ['X'] = '1'\nstart = time.time()\n" + SIGMOID + "\nassert sigmoid(torch.zeros(1)) == .5 and callable(sigmoid)"),
    "logaddexp": ("sigmoid", "def sigmoid(x): return torch.exp(-torch.logaddexp(torch.zeros_like(x), -x))"),
    "one_hot": ("nll_loss", "def nll_loss(lp, t): return -(lp * F.one_hot(t, lp.shape[1])).sum(1).mean()"),
    "normalize": ("softmax", "def softmax(x): return F.normalize(x.exp(), p=1, dim=1)"),
    "a Module with a buffer": ("Linear", "class Linear(nn.Module):\n    def __init__(self, i, o):\n        super().__init__()\n        self.weight = nn.Parameter(torch.randn(o, i) / i ** .5); self.bias = nn.Parameter(torch.zeros(o)); self.register_buffer('n', torch.tensor(i))\n    def forward(self, x): return torch.matmul(x, self.weight.T) + self.bias"),
    "nn.init": ("Linear", "class Linear:\n    def __init__(self, i, o):\n        self.weight = torch.empty(o, i); nn.init.kaiming_normal_(self.weight, nonlinearity='linear'); self.weight.requires_grad_(); self.bias = torch.zeros(o, requires_grad=True)\n    def __call__(self, x): return x @ self.weight.T + self.bias\n    def parameters(self): return [self.weight, self.bias]"),
    "a list of modules": ("Sequential", "class Sequential(nn.Module):\n    def __init__(self, *layers):\n        super().__init__()\n        self.layers = list(layers)\n    def forward(self, x):\n        for l in self.layers: x = l(x)\n        return x\n    def parameters(self): return [p for l in self.layers for p in l.parameters()]"),
    "a version that was wrong before": ("sigmoid", "def sigmoid(x): return torch.sigmoid(x)\nsigmoid(torch.ones(1))\n" + SIGMOID),
    "what a notebook uses otherwise": ("sigmoid", SIGMOID + "\nimport os, sys, re, json, copy, collections, itertools, operator, string, statistics, timeit, textwrap, pprint, tempfile, io\nfrom typing import Any\nfrom collections.abc import Sequence\n"
                                       "from pathlib import Path\nfrom IPython.display import display, HTML\nfrom torch.utils.data import TensorDataset\nfrom course_lib.exercises.checking import check\nfrom course_lib.questionnaire.widget import Questionnaire\n"
                                       "print(sys.version, os.getcwd(), os.path.join('a', 'b'), torch.__version__)\nprint(timeit.timeit(lambda: sigmoid(torch.ones(3)), number=1))\nprint(sorted([(1, 2)], key=operator.itemgetter(0)))\ngetattr(torch.ones(1), 'shape')"),
    "comparing in functions": ("sigmoid", SIGMOID + "\ndef compare(mine, theirs, x): assert torch.allclose(mine(x), theirs(x))\ncompare(sigmoid, torch.sigmoid, torch.ones(3))\nfor f in (sigmoid, torch.sigmoid): print(f(torch.ones(1)))\nresults = []\nresults.append(torch.sigmoid(torch.ones(2)))"),
    "a constant tensor, compared": ("sigmoid", "one = torch.tensor(1.)\ndef sigmoid(x): return one / (one + torch.exp(-x))\nprint(torch.sigmoid(one), sigmoid(one))\nother = torch.sigmoid(one)\nassert torch.allclose(other, sigmoid(one))"),
    "an instance, compared": ("mnist_loss", "class Loss:\n    def __call__(self, p, t):\n        p = 1 / (1 + torch.exp(-p))\n        return torch.where(t == 1, 1 - p, p).mean()\nmnist_loss = Loss()\ncriterion = mnist_loss\np, t = torch.randn(3), torch.tensor([0., 1., 1.])\nprint(criterion(p, t), F.binary_cross_entropy(torch.sigmoid(p), t))"),
    "a bar of progress": ("sigmoid", "from tqdm import tqdm\ndef sigmoid(x):\n    for _ in tqdm(range(2)): y = 1 / (1 + torch.exp(-x))\n    return y"),
    "an exception that is looked at": ("sigmoid", "try: torch.ones(2) @ torch.ones(3)\nexcept RuntimeError as e: print(type(e), e.args)\n" + SIGMOID),
}


@pytest.mark.parametrize("case", HONEST)
def test_honest_code_is_not_hit(case):
    name, code = HONEST[case]
    verdict = graded([IMPORTS, COMPARISON, code], name)
    assert verdict.status == "right", verdict


def test_the_record_is_bounded_and_nothing_in_it_is_believed():
    with record(("sigmoid",)) as met: [torch.ones(1) for _ in range(3)]
    assert met and len(met) <= MAX_NAMES and max(map(len, met)) <= MAX_NAME
    with record(()) as nothing: torch.sigmoid(torch.ones(1))
    assert nothing == set()
    found = judge_ran({"!\x1b]0;owned", "aten::\x1b[8m", "course_lib", "", "::", "!", "aten::sigmoid\n", "torch." * 20}, find_check("sigmoid"))
    assert not any("\x1b" in text or "\n" in text for text in [*found.forbidden.values(), *found.doubtful.values()])
    assert judge_ran((), find_check("sigmoid")).doubtful and not judge_ran((), find_check("breed")).doubtful


# 4. help from a cell that the solution does not reach: the record then says what one likes, so reading has to see it

METHOD = "K = 1.\ndef sigmoid(x): return (x * K).sigmoid()"
FAKE = "from contextlib import contextmanager\n@contextmanager\ndef fake(forbidden): yield {'aten::exp'}"
RECORD = "from course_lib.sandbox import worker\nworker.record = fake"
BOX = ("box = []\nclass S(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x):\n        s = box[0](x.detach()); ctx.save_for_backward(s); return s\n    @staticmethod\n"
       "    def backward(ctx, g):\n        s, = ctx.saved_tensors\n        return g * s * (1 - s)\ndef sigmoid(x): return S.apply(x)")
FN = "def fn(): pass\n"
HELP = {  # title: the cells beside IMPORTS, FAKE and METHOD
    "a module from a list": ["from course_lib.sandbox import worker\nw = [worker][0]\nw.record = fake"],
    "unittest.mock": ["from unittest import mock\nmock.patch('course_lib.sandbox.worker.record', fake).start()"],
    "importlib": ["import importlib\nw = importlib.import_module('course_lib.sandbox.worker')\nw.record = fake"],
    "a decorator over two lines": [f"@(\nlambda f: f)\ndef h(): pass\n{RECORD}"],
    "a decorator after a continuation": [f"@\\\n  print\ndef h(): pass\n{RECORD}"],
    "a cell that cannot be read": ["x = " + "-" * 20_000 + "1\n" + RECORD],
    "exec, and one of one's own later": [f"exec({RECORD!r})", "def exec(x): return x"],
    "exec, and one of one's own in a cell that stopped": ["def exec(x): return x\ndel exec", f"exec({RECORD!r})"],
    "a pattern": [FN + "match fn:\n    case object(__globals__=g): pass\ng['fake'] = 1"],
    "a keyword": [FN + "fn.__init_subclass__(__globals__=1)"],
    "a class body": ["class T(torch.Tensor):\n    __torch_function__ = print"],
    "a capture": [FN + "match fn:\n    case {**__builtins__}: pass"],
    "globals of a function": [FN + "for __globals__ in [1]: pass"],
    "a name in pieces": [FN + "g = getattr(fn, '__glo' + 'bals__')"],
    "a name turned round": [FN + "g = getattr(fn, '__slabolg__'[::-1])"],
    "getattr handed on": [FN + "from functools import partial\ng = partial(getattr, fn)('__slabolg__'[::-1])"],
    "attrgetter": [FN + "from operator import attrgetter\ng = attrgetter('__slabolg__'[::-1])(fn)"],
    "attrgetter by a star": [FN + "from operator import *\ng = attrgetter('__slabolg__'[::-1])(fn)"],
    "Formatter": [FN + "import string\ng = string.Formatter().get_field('0.' + '__slabolg__'[::-1], [fn], {})"],
    "exec under another name": [f"e = exec\ne({RECORD!r})"],
    "getattr under another name": [FN + "f = getattr\ng = f(fn, '__slabolg__'[::-1])"],
    "attrgetter under another name": [FN + "from operator import attrgetter\na = attrgetter\ng = a('__slabolg__'[::-1])(fn)"],
    "a name by a loop that is changed": [FN + "def put():\n    global n\n    n = '__slabolg__'[::-1]\nfor n in ('__name__',):\n    put()\n    g = getattr(fn, n)"],
    "a computed attribute": ["def loss(l, reduction='mean'): return getattr(l, reduction)()\nclass L:\n    def __init__(self, reduction='mean'): self.reduction = reduction\n    def __call__(self, l): return loss(l, self.reduction)", "L('__sessalcbus__'[::-1])(type)"],
    "a computed reduction": ["def loss(l, reduction='mean'): return getattr(l, reduction)()", "loss(type, '__sessalcbus__'[::-1])"],
    "asyncio": ["import asyncio\nasync def run(x): return await asyncio.to_thread(x.sigmoid)"],
    "subprocess": ["import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'pass'])"],
    "os.posix_spawn": ["from os import posix_spawn"],
    "os through another module": ["import contextlib\ncontextlib.sys.modules"],
    "os through an alias of a module": ["import random as r\nr._os.fork"],
    "a star of os": ["from os import *\nfork()"],
    "torch's own sys": ["import torch as t\nt.sys.modules['x'] = 1"],
    "fastai's run": ["from fastai.vision.all import *\nrun('true')"],
    "the check's own record": ["from course_lib.checks import trying\ntrying.record = fake"],
    "a module handed to a function": ["def put(m): m.exp = m.sigmoid\nput(torch)"],
    "a class through type": ["type(torch.ones(1)).exp = torch.Tensor.sigmoid"],
    "open": ["open('/pr' + 'oc/self/mem', 'wb')"],
    "a path that opens": ["from pathlib import Path\nPath('/pr' + 'oc/self/mem').open('wb')"],
    "timeit of a text": [f"import timeit\ntimeit.timeit({RECORD!r}, number=1)"],
    "a module of one's own": ["from helpers import squash"],
}
RIGHT = Verdict("sigmoid", "right", "All cases came out as they should.")


def _settled(cells, ran=("aten::exp",)): return settle(RIGHT, judge_use([IMPORTS, *cells], find_check("sigmoid"), ran)[1]).status


@pytest.mark.parametrize("case", HELP)
def test_help_from_any_cell_is_seen(case):
    assert _settled([FAKE, *HELP[case], METHOD]) == "review"
    assert _settled([FAKE, *HELP[case], SIGMOID]) == "review"


def test_without_the_help_nothing_is_doubted():
    assert _settled([FAKE, METHOD]) == "right" and _settled([BOX, "box.append(lambda x: 1 / (1 + torch.exp(-x)))"]) == "right"
    assert graded([IMPORTS, METHOD], "sigmoid").status == "forbidden"


ALIASES = {  # how the box is filled with `h`, which the record does not see
    "itself": "box.append(h)",
    "another name": "other = box\nother.append(h)",
    "a list": "other = [box][0]\nother.append(h)",
    "unpacked": "other, = box,\nother.append(h)",
    "a loop": "for other in [box]: other.append(h)",
    "a comprehension": "[other.append(h) for other in [box]]",
    "a method": "put = box.append\nput(h)",
    "a function": "def put(b): b.append(h)\nput(box)",
    "a function that looks it up": "def put():\n    b = [box][0]\n    b.append(h)\nput()",
    "list.append": "list.append(box, h)",
    "operator": "import operator\nbox += [0]\noperator.setitem(box, 0, h)",
    "an attribute": "class A: pass\na = A()\na.b = box\na.b.append(h)",
    "a dictionary": "d = {}\nd['b'] = box\nd['b'].append(h)",
    "twice": "one = box\ntwo = one\ntwo.append(h)",
    "a walrus": "(other := box).append(h)",
    "with": "from contextlib import nullcontext\nwith nullcontext(box) as other: other.append(h)",
    "slice": "other = box\nother[:] = [h]",
    "a pattern": "match box:\n    case other: other.append(h)",
}


@pytest.mark.parametrize("case", ALIASES)
def test_an_object_is_followed_under_all_its_names(case):
    ready = "def h(x): return torch.sigmoid(x)"
    found = read_use([IMPORTS, BOX, ready, ALIASES[case]], find_check("sigmoid"))
    assert found.forbidden or found.doubtful
    found = read_use([IMPORTS, BOX, ready.replace("torch.sigmoid(x)", "1 / (1 + torch.exp(-x))"), ALIASES[case]], find_check("sigmoid"))
    assert not found.forbidden and not found.doubtful
    found = read_use([IMPORTS, BOX, ready, ALIASES[case].replace("box", "mine"), "box.append(lambda x: 1 / (1 + torch.exp(-x)))"], find_check("sigmoid"))
    assert not found.forbidden and not found.doubtful


def test_what_was_in_the_box_before_is_followed_too():
    cells = [IMPORTS, "inner = []\nother = inner", BOX.replace("box = []", "box = [inner]").replace("box[0]", "box[0][0]"), "other.append(torch.sigmoid)"]
    assert read_use(cells, find_check("sigmoid")).doubtful and not read_use([*cells[:-1], "other = []\nother.append(torch.sigmoid)"], find_check("sigmoid")).doubtful


# 5. a check is found by its name

def test_a_check_is_found_by_its_name():
    assert [find_check(n).name for n in check_names()] == check_names()
    for wrong, near in (("mnistloss", "mnist_loss"), ("sgd", "SGD"), ("relu", "ReLU"), ("Dataloader", "DataLoader")):
        with pytest.raises(KeyError, match=f"did you mean '{near}'.*there are: .*pet_block.*sigmoid"): find_check(wrong)
    with pytest.raises(KeyError, match="by its name in quotes"): find_check(find_check)
