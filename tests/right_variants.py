"""Right answers in many shapes: each must be accepted. By exercise, the code of the cells."""
GIVEN = "def mnist_loss(p, t):\n    p = 1 / (1 + torch.exp(-p))\n    return torch.where(t == 1, 1 - p, p).mean()\n"  # the notebook's own
SCALE = ("def standardise(train, valid):\n    m, s = train.mean(0), train.std(0)\n    s[s == 0] = 1\n    return (train - m) / s, (valid - m) / s\n")  # of the same notebook

VARIANTS = {
    "sigmoid": [
        "def sigmoid(x): return 1 / (1 + torch.exp(-x))",
        "def sigmoid(z):\n    e = torch.exp(-z.abs())\n    return torch.where(z < 0, e, torch.ones_like(e)) / (e + 1)",
        "import math\ndef sigmoid(x): return (1 + torch.tanh(x / 2)) / 2",
        "def squash(number): return (1 + math.e ** -number) ** -1\nimport math\nsigmoid = lambda values: squash(values)",
        "def sigmoid(x):\n    flat = x.reshape(-1)\n    return torch.stack([1 / (1 + torch.exp(-v)) for v in flat]).reshape(x.shape)",
        "def sigmoid(x):\n    x = x.clone().neg_().exp_()\n    x = x + 1\n    return x.reciprocal_()",
    ],
    "mnist_loss": [
        "def mnist_loss(predictions, targets):\n    p = 1 / (1 + torch.exp(-predictions))\n    return torch.where(targets == 1, 1 - p, p).mean()",
        "def sig(x): return 1 / (1 + torch.exp(-x))\ndef mnist_loss(preds, labels): return (labels - sig(preds)).abs().mean()",
        "def mnist_loss(p, t):\n    p = 1 / (1 + (-p).exp())\n    return (t * (1 - p) + (1 - t) * p).sum() / p.numel()",
        "def mnist_loss(predictions, targets):\n    total = 0\n    for p, t in zip(predictions.flatten(), targets.flatten()):\n        s = 1 / (1 + torch.exp(-p))\n"
        "        total = total + (1 - s if t == 1 else s)\n    return total / len(predictions.flatten())",
        "class Loss:\n    def __call__(self, a, b):\n        s = 1 / (1 + torch.exp(a * (2 * b - 1)))\n        return s.mean()\nmnist_loss = Loss()",
    ],
    "softmax": [
        "def softmax(x): return x.exp() / x.exp().sum(1, keepdim=True)",
        "def softmax(x):\n    x = x - x.max(dim=1, keepdim=True).values\n    e = torch.exp(x)\n    return e / e.sum(dim=-1)[:, None]",
        "def softmax(x): return (x - torch.logsumexp(x, dim=1, keepdim=True)).exp()",
        "def softmax(rows): return torch.stack([torch.stack([v.exp() / row.exp().sum() for v in row]) for row in rows])",
        "def softmax(x):\n    e = x.exp()\n    return torch.einsum('ij,i->ij', e, 1 / e.sum(1))",
    ],
    "nll_loss": [
        "def nll_loss(log_probs, targets): return -log_probs[range(len(targets)), targets].mean()",
        "def nll_loss(lp, t): return -lp.gather(1, t[:, None]).mean()",
        "def nll_loss(lp, t): return -sum(lp[i, k] for i, k in enumerate(t.tolist())) / len(t)",
        "def nll_loss(lp, t):\n    mask = (torch.arange(lp.shape[1]) == t[:, None]).float()\n    return -(lp * mask).sum() / lp.shape[0]",
        "def nll_loss(lp, t): return torch.stack([-row[k] for row, k in zip(lp, t)]).mean()",
    ],
    "cross_entropy": [
        "def cross_entropy(x, t, reduction='mean'):\n    l = torch.logsumexp(x, 1) - x[range(len(t)), t]\n    return {'mean': l.mean, 'sum': l.sum, 'none': lambda: l}[reduction]()",
        "def log_softmax(x):\n    x = x - x.max(1, keepdim=True)[0]\n    return x - x.exp().sum(1, keepdim=True).log()\n"
        "def cross_entropy(activations, targets, reduction='mean'):\n    l = -log_softmax(activations).gather(1, targets.unsqueeze(1)).squeeze(1)\n    return l if reduction == 'none' else getattr(l, reduction)()",
        "def cross_entropy(a, t, reduction='mean'):\n    losses = []\n    for row, k in zip(a, t):\n        m = row.max().detach()\n        losses.append((row - m).exp().sum().log() + m - row[k])\n"
        "    l = torch.stack(losses)\n    if reduction == 'sum': return l.sum()\n    if reduction == 'mean': return l.sum() / len(l)\n    return l",
        "def cross_entropy(a, t, reduction='mean'):\n    d = a - a[range(len(t)), t][:, None]\n    l = d.logsumexp(1)\n    return dict(none=l, sum=l.sum(), mean=l.mean())[reduction]",
    ],
    "BasicOptim": [
        "class BasicOptim:\n    def __init__(self, params, lr): self.params, self.lr = list(params), lr\n    def step(self):\n        for p in self.params:\n            if p.grad is not None: p.data -= p.grad.data * self.lr\n"
        "    def zero_grad(self):\n        for p in self.params: p.grad = None",
        "class BasicOptim:\n    def __init__(self, params, lr): self.p = [*params]; self.rate = lr\n    @torch.no_grad()\n    def step(self):\n        for p in filter(lambda p: p.grad is not None, self.p): p.sub_(self.rate * p.grad)\n"
        "    def zero_grad(self):\n        for p in self.p:\n            if p.grad is not None: p.grad.zero_()",
        "class BasicOptim:\n    def __init__(self, params, lr): self.groups = [dict(params=tuple(params), lr=lr)]\n    def step(self):\n        with torch.no_grad():\n            for g in self.groups:\n                for p in g['params']:\n"
        "                    if p.grad is None: continue\n                    p.copy_(p - g['lr'] * p.grad)\n    def zero_grad(self):\n        for g in self.groups:\n            for p in g['params']: p.grad = torch.zeros_like(p)",
        "class BasicOptim:\n    def __init__(self, params, lr):\n        ps = list(params)\n        def step():\n            for p in ps:\n                if p.grad is not None: p.data = p.data - lr * p.grad\n"
        "        def zero_grad():\n            for p in ps: p.grad = None\n        self.step, self.zero_grad = step, zero_grad",
    ],
    "SGD": [
        "class SGD:\n    def __init__(self, params, lr, momentum=0.):\n        self.ps = list(params); self.lr = lr; self.m = momentum; self.vs = [torch.zeros_like(p) for p in self.ps]\n"
        "    def step(self):\n        for i, p in enumerate(self.ps):\n            if p.grad is None: continue\n            self.vs[i] = self.m * self.vs[i] + p.grad\n            p.data -= self.lr * self.vs[i]\n"
        "    def zero_grad(self):\n        for p in self.ps: p.grad = None",
        "class SGD:\n    def __init__(self, params, lr, momentum=0.):\n        self.ps, self.lr, self.m, self.state = list(params), lr, momentum, {}\n    @torch.no_grad()\n    def step(self):\n        for p in self.ps:\n"
        "            if p.grad is None: continue\n            v = self.state.setdefault(p, torch.zeros_like(p)); v.mul_(self.m).add_(p.grad, alpha=self.lr); p.sub_(v)\n"
        "    def zero_grad(self):\n        for p in self.ps:\n            if p.grad is not None: p.grad.zero_()",
        "class Base:\n    def __init__(self, params, lr): self.ps, self.lr = list(params), lr\n    def zero_grad(self):\n        for p in self.ps: p.grad = None\n"
        "class SGD(Base):\n    def __init__(self, params, lr, momentum=0.): super().__init__(params, lr); self.momentum = momentum\n    def step(self):\n        for p in self.ps:\n"
        "            if p.grad is None: continue\n            p.v = getattr(p, 'v', 0) * self.momentum + p.grad\n            p.data.add_(p.v, alpha=-self.lr)",
        "class SGD:\n    def __init__(self, params, lr, momentum=0.):\n        self.ps, self.lr, self.m, self.history = list(params), lr, momentum, []\n    def step(self):\n        self.history.append([torch.zeros_like(p) if p.grad is None else p.grad.clone() for p in self.ps])\n"
        "        for i, p in enumerate(self.ps):\n            if p.grad is not None: p.data -= self.lr * sum(self.m ** (len(self.history) - 1 - k) * g[i] for k, g in enumerate(self.history))\n"
        "    def zero_grad(self):\n        for p in self.ps: p.grad = None",
    ],
    "DataLoader": [
        "from math import ceil\ndef collate(items):\n    if torch.is_tensor(items[0]): return torch.stack(list(items))\n    if isinstance(items[0], (int, float)): return torch.tensor(items)\n    if isinstance(items[0], tuple): return tuple(map(collate, zip(*items)))\n    return tuple(items)\n"
        "class DataLoader:\n    def __init__(self, dataset, batch_size=64, shuffle=False, drop_last=False): vars(self).update(locals())\n"
        "    def __len__(self): return len(self.dataset) // self.batch_size if self.drop_last else ceil(len(self.dataset) / self.batch_size)\n"
        "    def __iter__(self):\n        idx = torch.randperm(len(self.dataset)) if self.shuffle else range(len(self.dataset))\n        idx = [int(i) for i in idx]\n"
        "        for i in range(len(self)): yield collate([self.dataset[j] for j in idx[i * self.batch_size:(i + 1) * self.batch_size]])",
        "import random\nclass DataLoader:\n    def __init__(self, dataset, batch_size=64, shuffle=False, drop_last=False):\n        self.ds, self.bs, self.sh, self.dl = dataset, batch_size, shuffle, drop_last\n"
        "    def __len__(self):\n        n = len(self.ds); return n // self.bs + int(n % self.bs > 0 and not self.dl)\n    def put(self, xs):\n        x = xs[0]\n        if isinstance(x, torch.Tensor): return torch.stack(xs)\n        if isinstance(x, str): return list(xs)\n"
        "        if isinstance(x, tuple): return tuple(self.put([t[k] for t in xs]) for k in range(len(x)))\n        return torch.as_tensor(xs)\n"
        "    def __iter__(self):\n        order = list(range(len(self.ds)))\n        if self.sh: random.shuffle(order)\n        batch = []\n        for i in order:\n            batch.append(self.ds[i])\n            if len(batch) == self.bs:\n                yield self.put(batch)\n                batch = []\n"
        "        if batch and not self.dl: yield self.put(batch)",
        "class Batches:\n    def __init__(self, loader, order): self.loader, self.order, self.at = loader, order, 0\n    def __iter__(self): return self\n    def __next__(self):\n        l = self.loader\n        part = self.order[self.at:self.at + l.bs]\n        self.at += l.bs\n"
        "        if not part or (len(part) < l.bs and l.drop): raise StopIteration\n        return glue([l.ds[i] for i in part])\n"
        "def glue(xs):\n    if isinstance(xs[0], tuple): return tuple(glue([x[k] for x in xs]) for k, _ in enumerate(xs[0]))\n    if isinstance(xs[0], torch.Tensor): return torch.cat([x.unsqueeze(0) for x in xs])\n    return torch.tensor(xs) if not isinstance(xs[0], str) else tuple(xs)\n"
        "class DataLoader:\n    def __init__(self, dataset, batch_size=64, shuffle=False, drop_last=False): self.ds, self.bs, self.shuffle, self.drop = dataset, batch_size, shuffle, drop_last\n"
        "    def __len__(self): return len(range(0, len(self.ds) - (self.bs - 1 if self.drop else 0), self.bs))\n"
        "    def __iter__(self): return Batches(self, torch.randperm(len(self.ds)).tolist() if self.shuffle else [*range(len(self.ds))])",
        "import numpy as np\nclass DataLoader:\n    def __init__(self, dataset, batch_size=64, shuffle=False, drop_last=False): self.a = dataset, batch_size, shuffle, drop_last\n    def __len__(self):\n        d, b, _, drop = self.a\n        return max(0, (len(d) + (0 if drop else b - 1)) // b)\n"
        "    def __iter__(self):\n        d, b, s, _ = self.a\n        order = np.random.default_rng().permutation(len(d)) if s else np.arange(len(d))\n        def stack(col): return torch.stack(col) if torch.is_tensor(col[0]) else (torch.tensor(col) if not isinstance(col[0], str) else col)\n"
        "        def one(chunk):\n            items = [d[int(i)] for i in chunk]\n            return tuple(stack(list(c)) for c in zip(*items)) if isinstance(items[0], tuple) else stack(items)\n"
        "        return (one(order[k * b:(k + 1) * b]) for k in range(len(self)))",
    ],
    "Linear": [
        "class Linear:\n    def __init__(self, n_in, n_out):\n        self.weight = (torch.randn(n_out, n_in) * (2 / n_in) ** .5).requires_grad_(); self.bias = torch.zeros(n_out, requires_grad=True)\n    def __call__(self, x): return x @ self.weight.t() + self.bias\n    def parameters(self): return [self.weight, self.bias]",
        "class Linear:\n    def __init__(self, n_in, n_out):\n        b = n_in ** -.5\n        self.weight = torch.empty(n_out, n_in).uniform_(-b, b).requires_grad_(); self.bias = torch.empty(n_out).uniform_(-b, b).requires_grad_()\n"
        "    def __call__(self, x): return (x.unsqueeze(-2) * self.weight).sum(-1) + self.bias\n    def parameters(self):\n        yield self.weight\n        yield self.bias",
        "from torch import nn\nclass Linear(nn.Module):\n    def __init__(self, n_in, n_out):\n        super().__init__()\n        self.weight = nn.Parameter(torch.randn(n_out, n_in) / n_in ** .5); self.bias = nn.Parameter(torch.zeros(n_out))\n"
        "    def forward(self, x): return torch.einsum('...i,oi->...o', x, self.weight) + self.bias",
        "import math\nclass Linear:\n    def __init__(self, i, o):\n        w = torch.randn(i, o) / math.sqrt(i)\n        self.weight = w.T.contiguous().requires_grad_(); self.bias = (torch.randn(o) * 0.01).requires_grad_()\n"
        "    def __call__(self, x): return torch.matmul(x, self.weight.transpose(0, 1)).add(self.bias)\n    def parameters(self): return iter((self.weight, self.bias))",
    ],
    "ReLU": [
        "class ReLU:\n    def __call__(self, x): return x.clamp(min=0)\n    def parameters(self): return []",
        "class ReLU:\n    def __call__(self, x): return torch.where(x > 0, x, torch.zeros_like(x))\n    def parameters(self): return iter(())",
        "class ReLU:\n    def __call__(self, x): return x * (x > 0)\n    def parameters(self): return ()",
        "class ReLU(torch.nn.Module):\n    def forward(self, x): return (x + x.abs()) / 2",
        "class ReLU:\n    def __call__(self, x): return torch.maximum(x, torch.tensor(0.))\n    def parameters(self):\n        return\n        yield",
    ],
    "Sequential": [
        "class Sequential:\n    def __init__(self, *layers): self.layers = layers\n    def __call__(self, x):\n        for l in self.layers: x = l(x)\n        return x\n    def parameters(self): return [p for l in self.layers for p in l.parameters()]",
        "from functools import reduce\nclass Sequential:\n    def __init__(self, *ls): self.ls = list(ls)\n    def __call__(self, x): return reduce(lambda a, f: f(a), self.ls, x)\n    def parameters(self):\n        for l in self.ls: yield from l.parameters()",
        "from itertools import chain\nclass Sequential:\n    def __init__(self, *ls): self.ls = ls\n    def __call__(self, x): return self.run(x, 0)\n    def run(self, x, i): return x if i == len(self.ls) else self.run(self.ls[i](x), i + 1)\n"
        "    def parameters(self): return chain.from_iterable(l.parameters() for l in self.ls)",
        "class Sequential:\n    def __init__(self, first=None, *rest): self.first, self.rest = first, Sequential(*rest) if rest else None\n    def __call__(self, x):\n        x = self.first(x) if self.first else x\n        return self.rest(x) if self.rest else x\n"
        "    def parameters(self): return [*(self.first.parameters() if self.first else []), *(self.rest.parameters() if self.rest else [])]",
    ],
    "calc_grad": [
        GIVEN + "def calc_grad(xb, yb, model, loss_func=mnist_loss): loss_func(model(xb), yb).backward()",
        GIVEN + "def calc_grad(x, y, net, criterion=mnist_loss):\n    predictions = net(x)\n    loss = criterion(predictions, y)\n    loss.backward()",
        GIVEN + "def calc_grad(xb, yb, model, loss_func=None): torch.autograd.backward((loss_func or mnist_loss)(model(xb), yb))",
        GIVEN + "def calc_grad(*args):\n    (lambda x, y, m, f=mnist_loss: f(m(x), y))(*args).backward(torch.tensor(1.))",
    ],
    "train_epoch": [
        GIVEN + "def train_epoch(model, lr, params, dl, loss_func=mnist_loss):\n    for xb, yb in dl:\n        loss_func(model(xb), yb).backward()\n        for p in params:\n            p.data -= p.grad * lr\n            p.grad.zero_()",
        GIVEN + "def train_epoch(model, lr, params, dl, loss_func=mnist_loss):\n    params = list(params)\n    for x, y in dl:\n        for p in params: p.grad = None\n        loss_func(model(x), y).backward()\n        with torch.no_grad():\n            for p in params: p -= lr * p.grad\n    for p in params: p.grad = None",
        GIVEN + "def train_epoch(model, lr, params, dl, loss_func=mnist_loss):\n    ps = tuple(params)\n    for x, y in dl:\n        for p, g in zip(ps, torch.autograd.grad(loss_func(model(x), y), ps)): p.data.add_(g, alpha=-lr)",
        GIVEN + "class O:\n    def __init__(s, ps, lr): s.ps, s.lr = list(ps), lr\n    def go(s):\n        for p in s.ps: p.data -= s.lr * p.grad; p.grad = None\n"
        "def train_epoch(model, lr, params, dl, loss_func=mnist_loss):\n    o = O(params, lr)\n    it = iter(dl)\n    while True:\n        try: x, y = next(it)\n        except StopIteration: break\n        loss_func(model(x), y).backward(); o.go()",
    ],
    "batch_accuracy": [
        "def batch_accuracy(predictions, targets): return ((predictions.sigmoid() > 0.5) == targets).float().mean()",
        "def batch_accuracy(p, t): return ((p > 0).float() == t).float().mean()",
        "def batch_accuracy(p, t):\n    right = 0\n    for a, b in zip(p.flatten(), t.flatten()): right += int((a.item() > 0) == (b.item() == 1))\n    return torch.tensor(right / p.numel())",
        "def batch_accuracy(p, t): return 1 - (torch.clamp(torch.sign(p), min=0) - t).abs().mean()",
    ],
    "validate_epoch": [
        "def acc(p, t): return ((p > 0) == (t == 1)).float().mean()\ndef validate_epoch(model, dl): return round(torch.stack([acc(model(x), y) for x, y in dl]).mean().item(), 4)",
        "def validate_epoch(model, dl):\n    s = n = 0\n    for x, y in dl:\n        s += ((model(x) > 0) == (y > 0)).double().mean().item(); n += 1\n    return round(s / n, 4)",
        "from statistics import mean\ndef validate_epoch(model, dl):\n    with torch.no_grad(): return round(mean(float(((model(x) > 0).int() == y.int()).float().mean()) for x, y in dl), 4)",
        "import numpy as np\ndef validate_epoch(model, dl): return float(np.round(np.mean([((model(x) > 0) == (y == 1)).numpy().mean() for x, y in dl]), 4))",
    ],
    "breed": [
        "import re\ndef breed(path): return re.match(r'(.+)_\\d+', path.name).group(1)",
        "def breed(path): return path.name.rpartition('_')[0]",
        "def breed(path): return '_'.join(path.stem.split('_')[:-1])",
        "import os\ndef breed(path):\n    name = os.path.basename(str(path))\n    return name[:name.rindex('_')]",
    ],
    "is_cat": [
        "def is_cat(path): return path.name[0].isupper()",
        "def is_cat(p): return 'A' <= p.name[0] <= 'Z'",
        "import re\ndef is_cat(p): return bool(re.match('[A-Z]', p.name))",
        "import string\ndef is_cat(p): return p.name[:1] in string.ascii_uppercase",
    ],
    "pet_block": [
        "from fastai.vision.all import *\ndef pet_block(): return DataBlock((ImageBlock, CategoryBlock), get_items=get_image_files, splitter=RandomSplitter(seed=42), get_y=using_attr(RegexLabeller(r'(.+)_\\d+\\.\\w+$'), 'name'),\n"
        "    item_tfms=Resize(460), batch_tfms=aug_transforms(size=224, min_scale=0.75))",
        "from fastai.vision.all import *\ndef breed(p): return p.name.rpartition('_')[0]\ndef pet_block(): return DataBlock(blocks=(ImageBlock, CategoryBlock), get_items=get_image_files, splitter=RandomSplitter(0.2, seed=1), get_y=breed,\n"
        "    item_tfms=Resize(460), batch_tfms=[*aug_transforms(size=224, min_scale=0.75)])",
        "from fastai.vision.all import *\ndef pet_block():\n    return DataBlock(blocks=[ImageBlock(cls=PILImage), CategoryBlock()], get_items=lambda f: sorted(get_image_files(f)), splitter=RandomSplitter(0.2, seed=7),\n"
        "        get_y=Pipeline([attrgetter('name'), RegexLabeller(r'^(.*)_\\d+')]), item_tfms=[Resize(460)], batch_tfms=aug_transforms(size=224, min_scale=0.75, max_rotate=5))",
        "from fastai.vision.all import *\ndef files(folder): return [p for p in Path(folder).rglob('*') if p.suffix in ('.jpg', '.png')]\nclass Block(DataBlock):\n    def __init__(self):\n"
        "        super().__init__((ImageBlock, CategoryBlock), get_items=files, splitter=RandomSplitter(0.2, seed=3), get_y=lambda p: '_'.join(p.stem.split('_')[:-1]), item_tfms=Resize(460, method='squish'), batch_tfms=[RandomResizedCropGPU(224, min_scale=0.75), *aug_transforms()])\npet_block = Block",
    ],
    "standardise": [
        "def standardise(train, valid):\n    m, s = train.mean(0), train.std(0)\n    s[s == 0] = 1\n    return (train - m) / s, (valid - m) / s",
        "def standardise(a, b):\n    var, mean = torch.var_mean(a, dim=0, keepdim=True)\n    std = var.sqrt()\n    std = std + (std == 0)\n    return [(x - mean) / std for x in (a, b)]",
        "def standardise(train, valid):\n    columns = []\n    for j in range(train.shape[1]):\n        m, s = train[:, j].mean(), train[:, j].std().item()\n        columns.append([(t[:, j] - m) / (s or 1.) for t in (train, valid)])\n"
        "    return torch.stack([a for a, b in columns], 1), torch.stack([b for a, b in columns], 1)",
        "class Scaler:\n    def fit(self, x):\n        self.m = x.sum(0) / len(x)\n        self.s = (((x - self.m) ** 2).sum(0) / (len(x) - 1)) ** 0.5\n        return self\n"
        "    def __call__(self, x): return (x - self.m).div(torch.where(self.s > 0, self.s, torch.tensor(1.)))\ndef standardise(train, valid):\n    scale = Scaler().fit(train)\n    return scale(train), scale(valid)",
        "import numpy as np\ndef standardise(train, valid):\n    t, v = train.numpy().astype(np.float64), valid.numpy()\n    m, s = t.mean(0), t.std(0, ddof=1)\n    s[s == 0] = 1\n    return tuple(torch.tensor((x - m) / s, dtype=torch.float32) for x in (t, v))",
    ],
    "initial_loss": [
        "import math\ndef initial_loss(n_classes): return math.log(n_classes)",
        "def initial_loss(n): return -torch.log(torch.tensor(1 / n)).item()",
        "import torch.nn.functional as F\ndef initial_loss(n_classes): return F.cross_entropy(torch.zeros(1, n_classes), torch.tensor([0])).item()",
        "import numpy as np\ndef initial_loss(n_classes): return np.log(n_classes)",
        "def initial_loss(n_classes):\n    p = torch.zeros(n_classes).softmax(0)\n    return float(-(p * p.log()).sum())",
    ],
    "train_head": [
        "import torch.nn.functional as F\ndef train_head(x, y, n_classes, lr, epochs):\n    w, b = torch.zeros(n_classes, x.shape[1], requires_grad=True), torch.zeros(n_classes, requires_grad=True)\n    for _ in range(epochs):\n"
        "        F.cross_entropy(x @ w.T + b, y).backward()\n        for p in (w, b):\n            p.data -= lr * p.grad\n            p.grad.zero_()\n    return w, b",
        "def train_head(x, y, c, lr, n):\n    w, b = torch.zeros(x.shape[1], c), torch.zeros(c)\n    hot = (y[:, None] == torch.arange(c)).float()\n    for _ in range(n):\n        e = (x @ w + b).exp()\n        g = (e / e.sum(1, keepdim=True) - hot) / x.shape[0]\n"
        "        w, b = w - lr * x.T @ g, b - lr * g.sum(0)\n    return w.T, b",
        "from torch import nn\ndef train_head(x, y, n_classes, lr, epochs):\n    layer = nn.Linear(x.shape[1], n_classes)\n    nn.init.zeros_(layer.weight); nn.init.zeros_(layer.bias)\n    loss = nn.CrossEntropyLoss()\n    for _ in range(epochs):\n        layer.zero_grad()\n"
        "        loss(layer(x), y).backward()\n        with torch.no_grad():\n            for p in layer.parameters(): p -= lr * p.grad\n    return layer.weight, layer.bias",
        "def train_head(x, y, n_classes, lr, epochs):\n    x1 = torch.cat([x, torch.ones(len(x), 1)], 1)\n    p = torch.zeros(n_classes, x1.shape[1], requires_grad=True)\n    for _ in range(epochs):\n        z = x1 @ p.T\n        loss = (z.logsumexp(1) - z[range(len(y)), y]).mean()\n"
        "        (g,) = torch.autograd.grad(loss, p)\n        p = (p - lr * g).detach().requires_grad_()\n    return p[:, :-1], p[:, -1]",
        "def train_head(x, y, n_classes, lr, epochs):\n    w, b = torch.zeros(n_classes, x.shape[1]).double(), torch.zeros(n_classes).double()\n    for _ in range(epochs):\n        dw, db = torch.zeros_like(w), torch.zeros_like(b)\n        for row, k in zip(x.double(), y.tolist()):\n"
        "            d = torch.softmax(w @ row + b, 0)\n            d[k] -= 1\n            dw += torch.outer(d, row); db += d\n        w -= lr * dw / len(x); b -= lr * db / len(x)\n    return w.float(), b.float()",
    ],
    "predict": [
        "def predict(x, weight, bias): return (x @ weight.T + bias).argmax(1)",
        "def predict(x, w, b): return torch.nn.functional.linear(x, w, b).softmax(-1).max(-1).indices",
        "def predict(x, w, b): return torch.stack([(w @ row + b).argmax() for row in x])",
        "def predict(x, w, b): return torch.tensor([max(range(len(b)), key=lambda k: (w[k] @ row + b[k]).item()) for row in x])",
        "def predict(x, weight, bias): return torch.sort(torch.einsum('rf,cf->rc', x, weight) + bias[None], dim=1, descending=True)[1][:, 0]",
    ],
    "k_folds": [
        "def k_folds(n, k, seed=0):\n    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))\n    parts = order.tensor_split(k)\n    return [(torch.cat(parts[:i] + parts[i + 1:]), parts[i]) for i in range(k)]",
        "import random\ndef k_folds(n, k, seed=0):\n    rows = list(range(n))\n    random.Random(seed).shuffle(rows)\n    return [([r for j, r in enumerate(rows) if j % k != i], rows[i::k]) for i in range(k)]",
        "import numpy as np\ndef k_folds(n, k, seed=0):\n    parts = np.array_split(np.random.default_rng(seed).permutation(n), k)\n    return [(np.setdiff1d(np.arange(n), part), part) for part in parts]",
        "def k_folds(n, k, seed=0):\n    torch.manual_seed(seed)\n    order = torch.randperm(n).tolist()\n    folds, start = [], 0\n    for i in range(k):\n        size = n // k + (i < n % k)\n        folds.append((order[:start] + order[start + size:], order[start:start + size]))\n        start += size\n    return folds",
        "def k_folds(n, k, seed=0):\n    g = torch.Generator()\n    g.manual_seed(seed)\n    mark = torch.rand(n, generator=g).argsort().argsort() % k\n    return [((mark != i).nonzero()[:, 0], (mark == i).nonzero()[:, 0]) for i in range(k)]",
    ],
    "cross_validated_error": [
        SCALE + "def cross_validated_error(x, y, folds, train, predict):\n    wrong = 0\n    for a, b in folds:\n        xa, xb = standardise(x[a], x[b])\n        w, c = train(xa, y[a])\n        wrong += (predict(xb, w, c) != y[b]).sum().item()\n    return wrong / len(y)",
        SCALE + "def cross_validated_error(x, y, folds, train, predict):\n    named = torch.empty_like(y)\n    for rows, kept in folds:\n        seen, unseen = standardise(x[rows], x[kept])\n        named[kept] = predict(unseen, *train(seen, y[rows]))\n    return (named != y).float().mean().item()",
        "def cross_validated_error(x, y, folds, train, predict):\n    right = []\n    for rows, kept in folds:\n        m, s = x[rows].mean(0), x[rows].std(0)\n        s[s == 0] = 1\n        layer = train((x[rows] - m) / s, y[rows])\n        right += (predict((x[kept] - m) / s, *layer) == y[kept]).tolist()\n    return 1 - sum(right) / len(right)",
        SCALE + "def fold(x, y, rows, kept, train, predict):\n    a, b = standardise(x[rows], x[kept])\n    return float((predict(b, *train(a, y[rows])) != y[kept]).float().mean()) * len(kept)\n"
        "def cross_validated_error(x, y, folds, train, predict): return sum(fold(x, y, *f, train, predict) for f in folds) / x.shape[0]",
    ],
    "mnist_loss_gradient": [
        "def mnist_loss_gradient(predictions, targets):\n    p = torch.sigmoid(predictions)\n    return torch.where(targets == 1, -1.0, 1.0) * p * (1 - p) / len(predictions)",
        "def mnist_loss_gradient(z, t):\n    p = 1 / (1 + torch.exp(-z))\n    slope = p - p ** 2\n    return (1 - 2 * t) * slope / z.numel()",
        "def mnist_loss_gradient(predictions, targets):\n    out = torch.zeros_like(predictions)\n    for i in range(len(predictions)):\n        p = 1 / (1 + torch.exp(-predictions[i]))\n"
        "        out[i] = -p * (1 - p) if targets[i] == 1 else p * (1 - p)\n    return out / len(out)",
        "def mnist_loss_gradient(z, t):\n    e = (-z.abs()).exp()\n    return torch.sign(0.5 - t) * e / (1 + e).square() * (1 / z.shape[0])",
        "import math\ndef mnist_loss_gradient(z, t): return torch.tensor([[(-1 if y else 1) / len(z) / (2 + 2 * math.cosh(x))] for x, y in zip(z.flatten().tolist(), t.flatten().tolist())])",
    ],
    "linear_backward": [
        "def linear_backward(grad, x, weight): return grad.T @ x, grad.sum(0), grad @ weight",
        "def linear_backward(g, x, w): return torch.einsum('no,ni->oi', g, x), torch.einsum('no->o', g), torch.einsum('no,oi->ni', g, w)",
        "def linear_backward(grad, x, weight):\n    dw, db, dx = torch.zeros_like(weight), torch.zeros(len(weight)), torch.zeros_like(x)\n    for n in range(len(x)):\n        for o in range(len(weight)):\n"
        "            dw[o] += grad[n, o] * x[n]; db[o] += grad[n, o]; dx[n] += grad[n, o] * weight[o]\n    return dw, db, dx",
        "def linear_backward(grad, x, weight): return [(x.T @ grad).T, torch.ones(len(x)) @ grad, (weight.T @ grad.T).T]",
        "def linear_backward(grad, x, weight):\n    with torch.no_grad(): return (grad[:, :, None] * x[:, None, :]).sum(0), grad.mean(0) * len(grad), grad.matmul(weight)",
    ],
    "relu_backward": [
        "def relu_backward(grad, x): return grad * (x > 0)",
        "def relu_backward(grad, x): return torch.where(x > 0, grad, torch.zeros_like(grad))",
        "def relu_backward(grad, x):\n    out = grad.clone()\n    out[x <= 0] = 0\n    return out",
        "def relu_backward(grad, x):\n    mask = (torch.relu(x) != 0).float()\n    return mask * grad",
        "def relu_backward(g, x): return torch.tensor([a if b > 0 else 0. for a, b in zip(g.flatten().tolist(), x.flatten().tolist())]).reshape(g.shape)",
        "def relu_backward(grad, x): return grad.masked_fill(~(x > 0), 0)",
    ],
    "net_gradients": [
        "def net_gradients(x, y, w1, b1, w2, b2):\n    h = x @ w1.T + b1\n    a = torch.relu(h)\n    p = torch.sigmoid(a @ w2.T + b2)\n    g = torch.where(y == 1, -1., 1.) * p * (1 - p) / len(x)\n    d = g @ w2 * (h > 0)\n    return d.T @ x, d.sum(0), g.T @ a, g.sum(0)",
        "def loss_back(z, y):\n    p = 1 / (1 + (-z).exp())\n    return (1 - 2 * y) * p * (1 - p) / len(z)\ndef layer_back(g, x, w): return g.T @ x, g.sum(0), g @ w\n"
        "def net_gradients(x, y, w1, b1, w2, b2):\n    a = (x @ w1.T + b1).clamp(min=0)\n    dw2, db2, da = layer_back(loss_back(a @ w2.T + b2, y), a, w2)\n    dw1, db1, _ = layer_back(torch.where(a > 0, da, 0.), x, w1)\n    return [dw1, db1, dw2, db2]",
        "def net_gradients(x, y, w1, b1, w2, b2):\n    grads = [torch.zeros_like(p) for p in (w1, b1, w2, b2)]\n    for row, t in zip(x, y):\n        h = w1 @ row + b1\n        a = torch.clamp(h, min=0)\n        p = torch.sigmoid(w2 @ a + b2)\n"
        "        g = (-1 if t.item() == 1 else 1) * p * (1 - p) / len(x)\n        d = g * w2[0] * (h > 0)\n        for total, part in zip(grads, (torch.outer(d, row), d, torch.outer(g, a), g)): total += part\n    return tuple(grads)",
        "import torch.nn.functional as F\ndef net_gradients(x, y, w1, b1, w2, b2):\n    hidden = F.relu(F.linear(x, w1, b1))\n    p = F.linear(hidden, w2, b2).sigmoid()\n    g = (1 - 2 * y) * (p - p ** 2) / y.numel()\n"
        "    d = torch.einsum('no,oh->nh', g, w2) * hidden.sign()\n    return torch.einsum('nh,ni->hi', d, x), d.sum(dim=0), torch.einsum('no,nh->oh', g, hidden), g.sum(dim=0)",
    ],
    "rmse": [
        "def rmse(pictures, mean): return ((pictures - mean) ** 2).mean((-1, -2)).sqrt()",
        "def rmse(a, b):\n    squared = (a - b).square()\n    return torch.sqrt(squared.mean(-1).mean(-1))",
        "def rmse(pictures, mean):\n    d = pictures - mean\n    return (d * d).flatten(-2).mean(-1) ** 0.5",
        "def rmse(pictures, mean):\n    if pictures.ndim == 2: return ((pictures - mean) ** 2).mean().sqrt()\n    return torch.stack([((p - mean) ** 2).mean().sqrt() for p in pictures])",
        "def rmse(pictures, mean): return torch.linalg.norm(pictures - mean, dim=(-1, -2)) / (mean.numel() ** 0.5)",
    ],
    "mse": [
        "def mse(predictions, targets): return ((predictions - targets) ** 2).mean()",
        "def mse(p, t):\n    d = t - p\n    return torch.mean(d * d)",
        "def mse(predictions, targets): return (predictions - targets).pow(2).sum() / targets.numel()",
        "def mse(predictions, targets):\n    total = 0.\n    for p, t in zip(predictions.flatten(), targets.flatten()): total = total + (p - t) ** 2\n    return total / predictions.numel()",
    ],
    "Value": [
        # closures, and an order found by asking
        "class Value:\n    def __init__(self, data, children=()):\n        self.data, self.grad, self._prev = data, 0, set(children)\n        self._backward = lambda: None\n    def __add__(self, other):\n        other = other if isinstance(other, Value) else Value(other)\n"
        "        out = Value(self.data + other.data, (self, other))\n        def go():\n            self.grad += out.grad\n            other.grad += out.grad\n        out._backward = go\n        return out\n    def __mul__(self, other):\n"
        "        other = other if isinstance(other, Value) else Value(other)\n        out = Value(self.data * other.data, (self, other))\n        def go():\n            self.grad += other.data * out.grad\n            other.grad += self.data * out.grad\n"
        "        out._backward = go\n        return out\n    def relu(self):\n        out = Value(0 if self.data < 0 else self.data, (self,))\n        def go(): self.grad += (out.data > 0) * out.grad\n        out._backward = go\n        return out\n"
        "    def backward(self):\n        topo, visited = [], set()\n        def build(v):\n            if v not in visited:\n                visited.add(v)\n                for c in v._prev: build(c)\n                topo.append(v)\n        build(self)\n        self.grad = 1\n"
        "        for v in reversed(topo): v._backward()\n    def __radd__(self, other): return self + other\n    def __rmul__(self, other): return self * other",
        # each way by itself
        "class Value:\n    def __init__(self, data, ways=()): self.data, self.grad, self.ways = data, 0.0, ways\n    def _of(self, o): return o if isinstance(o, Value) else Value(o)\n    def __add__(self, o): return Value(self.data + self._of(o).data, [(self, 1), (self._of(o), 1)])\n"
        "    def __mul__(self, o): return Value(self.data * self._of(o).data, [(self, self._of(o).data), (self._of(o), self.data)])\n    __radd__ = __add__\n    __rmul__ = __mul__\n    def relu(self): return Value(self.data, [(self, 1)]) if self.data > 0 else Value(0.0)\n"
        "    def backward(self, arriving=1.0):\n        self.grad += arriving\n        for value, slope in self.ways: value.backward(arriving * slope)",
        # by the order in which they were made, with tensors inside
        "import itertools\ncount = itertools.count()\nclass Value:\n    def __init__(self, data, made=()):\n        self.data, self.grad, self.made, self.number = torch.as_tensor(data, dtype=torch.float64), torch.tensor(0., dtype=torch.float64), made, next(count)\n"
        "    def __add__(self, o): return Value(self.data + (o.data if isinstance(o, Value) else o), [(v, 1.) for v in (self, o) if isinstance(v, Value)])\n"
        "    def __mul__(self, o):\n        if not isinstance(o, Value): return Value(self.data * o, [(self, o)])\n        return Value(self.data * o.data, [(self, o.data), (o, self.data)])\n    __radd__, __rmul__ = __add__, __mul__\n"
        "    def relu(self): return Value(self.data.clamp(min=0), [(self, (self.data > 0).double())])\n    def backward(self):\n        grads, todo = {self: 1.}, [self]\n        while todo:\n            v = max(todo, key=lambda v: v.number)\n            todo.remove(v)\n"
        "            v.grad = v.grad + grads[v]\n            for w, s in v.made:\n                if w not in grads: todo.append(w)\n                grads[w] = grads.get(w, 0) + s * grads[v]",
        # dataclass, operators as subclasses
        "from dataclasses import dataclass, field\n@dataclass(eq=False)\nclass Value:\n    data: float\n    inputs: list = field(default_factory=list)\n    grad: float = 0.0\n    @staticmethod\n    def make(v): return v if isinstance(v, Value) else Value(v)\n"
        "    def __add__(self, other):\n        other = Value.make(other)\n        return Value(self.data + other.data, [(self, 1), (other, 1)])\n    def __mul__(self, other):\n        other = Value.make(other)\n        return Value(self.data * other.data, [(self, other.data), (other, self.data)])\n"
        "    def __radd__(self, other): return Value(other) + self\n    def __rmul__(self, other): return Value(other) * self\n    def relu(self): return Value(max(self.data, 0.0), [(self, 1.0 if self.data > 0 else 0.0)])\n"
        "    def everything(self): return [self] + [w for v, _ in self.inputs for w in v.everything()]\n    def backward(self):\n        paths = [(self, 1.0)]\n        while paths:\n            v, g = paths.pop()\n            v.grad += g\n            paths += [(w, g * s) for w, s in v.inputs]",
    ],
}
