"""The known mistakes in further natural spellings: by exercise and mistake. Together with the forms that a check knows there are three of each, at least."""

_S = "def sigmoid(x): return 1 / (1 + torch.exp(-x))\n"
_LOSS = _S + "def mnist_loss(predictions, targets):\n    "
_NLL, _CE = "def nll_loss(log_probs, targets):\n    ", "def cross_entropy(x, t, reduction='mean'):\n    "
_SOFT = "def softmax(x):\n    x = x - x.max(1, keepdim=True).values\n    return x.exp() / x.exp().sum(1, keepdim=True)\n"
_END = "\n    if reduction == 'none': return losses\n    return losses.sum() if reduction == 'sum' else losses.mean()"
_GRAD = "def calc_grad(xb, yb, model, loss_func=mnist_loss):\n    "
_EPOCH = "def train_epoch(model, lr, params, dl, loss_func=mnist_loss):\n    "
_ACC = "def batch_accuracy(p, t): return ((p > 0) == (t == 1)).float().mean()\n"
_BATCH, _VALID = "def batch_accuracy(predictions, targets):\n    ", _ACC + "def validate_epoch(model, dl):\n    "


def _all(head: str, bodies: dict[str, list[str]], end: str = "") -> dict[str, list[str]]:
    return {mistake: [head + body + end for body in texts] for mistake, texts in bodies.items()}


_PRODUCT, _SLOPE, _TAKE = "[(self, other.data), (other, self.data)]", "float(self.data > 0)", "other if isinstance(other, Value) else Value(other)"
_BACK, _LEFT = "        for v in reversed(self.order([])):\n            for w, s in v.made: w.grad += s * v.grad", "    __radd__, __rmul__ = __add__, __mul__\n"


def _value(back: str = _BACK, product: str = _PRODUCT, slope: str = _SLOPE, take: str = _TAKE, left: str = _LEFT) -> str:
    "A `Value` that is right, except for what is handed over."
    return (
        f"class Value:\n    def __init__(self, data, made=()): self.data, self.grad, self.made = data, 0.0, made\n    def __add__(self, other):\n        other = {take}\n        return Value(self.data + other.data, [(self, 1.0), (other, 1.0)])\n"
        f"    def __mul__(self, other):\n        other = {take}\n        return Value(self.data * other.data, {product})\n{left}    def relu(self): return Value(max(0.0, self.data), [(self, {slope})])\n"
        f"    def order(self, found):\n        for v, _ in self.made:\n            if v not in found: v.order(found)\n        found.append(self)\n        return found\n    def backward(self):\n        self.grad += 1.0\n{back}\n"
    )


SPELLINGS = {
    "sigmoid": _all("def sigmoid(x):\n    ", {
        "forgets the minus": ["return 1. / (1. + math.e ** x)", "e = x.exp()\n    return torch.pow(1 + e, -1)"],
        "brackets missing": ["return 1 / 1 + (-x).exp()", "return torch.exp(-x) + 1.0"],
        "forgets the one": ["return 1 / (-x).exp()", "return torch.exp(x)"],
        "tanh instead": ["return x.tanh()", "return 2 / (1 + torch.exp(-2 * x)) - 1"],
        "step instead": ["return torch.where(x > 0, torch.ones_like(x), torch.zeros_like(x)) + 0 * x", "return (torch.sign(x) > 0).float() + x * 0."],
        "clamps": ["return torch.clamp(x, 0, 1)", "return torch.minimum(torch.maximum(x, torch.tensor(0.)), torch.tensor(1.))"],
        "base two": ["return 1 / (1 + torch.exp2(-x))", "return 1 / (1 + torch.pow(2, -x))"],
        "detaches": ["x = x.data\n    return 1 / (1 + torch.exp(-x))", "with torch.no_grad():\n        return 1 / (1 + (-x).exp())"],
        "divides infinities": ["e = x.exp()\n    return e / (e + 1)", "return math.e ** x / (1 + math.e ** x)"],
        "cuts off near the ends": ["p = 1 / (1 + torch.exp(-x))\n    return torch.clamp(p, 1e-5, 1 - 1e-5)", "return 1 / (1 + torch.exp(-torch.clamp(x, -9, 9)))"],
        "takes the derivative": ["s = 1 / (1 + torch.exp(-x))\n    return s - s ** 2", "p = torch.pow(1 + math.e ** -x, -1)\n    return p * (1 - p)"],
    }),
    "mnist_loss": _all(_LOSS, {
        "takes the sum": ["return torch.where(targets == 1, 1 - sigmoid(predictions), sigmoid(predictions)).sum()", "return torch.abs(targets - sigmoid(predictions)).sum()"],
        "forgets the sigmoid": ["return torch.where(targets > 0.5, 1 - predictions, predictions).mean()", "return (targets * (1 - predictions) + (1 - targets) * predictions).mean()"],
        "swaps the cases": ["p = sigmoid(predictions)\n    return torch.where(targets == 0, 1 - p, p).mean()", "p = sigmoid(predictions)\n    return (targets * p + (1 - targets) * (1 - p)).mean()"],
        "does not reduce": ["return torch.abs(targets - sigmoid(predictions))", "p = sigmoid(predictions)\n    return targets * (1 - p) + (1 - targets) * p"],
        "error rate instead": ["return ((predictions > 0).float() - targets).abs().mean()", "p = (sigmoid(predictions) > 0.5).float()\n    return torch.where(targets == 1, 1 - p, p).mean()"],
        "squares the distance": ["return ((sigmoid(predictions) - targets) ** 2).mean()", "return (targets - sigmoid(predictions)).pow(2).mean()"],
        "takes the logarithm": ["p = sigmoid(predictions)\n    return -(targets * p.log() + (1 - targets) * (1 - p).log()).mean()", "p = sigmoid(predictions)\n    return torch.where(targets == 1, -torch.log(p), -torch.log(1 - p)).mean()"],
        "takes the median": ["return torch.median((targets - sigmoid(predictions)).abs())", "p = sigmoid(predictions)\n    return torch.where(targets == 1, 1 - p, p).flatten().median()"],
        "sigmoid twice": ["predictions = sigmoid(sigmoid(predictions))\n    return (targets - predictions).abs().mean()", "p = sigmoid(predictions)\n    p = sigmoid(p)\n    return torch.where(targets == 1, 1 - p, p).mean()"],
        "squeezes the predictions": ["p = sigmoid(predictions).view(-1)\n    return torch.where(targets == 1, 1 - p, p).mean()"],
        "takes targets first": ["predictions, targets = targets, predictions\n    p = sigmoid(predictions)\n    return torch.where(targets == 1, 1 - p, p).mean()",
                                "return torch.where(predictions == 1, 1 - sigmoid(targets), sigmoid(targets)).mean()"],
        "lets signs cancel": ["return (targets - sigmoid(predictions)).mean()"],
    }),
    "softmax": _all("def softmax(x):\n    ", {
        "sums everything": ["e = torch.exp(x)\n    return e / torch.sum(e)", "return torch.exp(x) / torch.exp(x).sum(dim=(0, 1))"],
        "wrong dimension": ["e = x.exp()\n    return e / e.sum(dim=0)", "return torch.exp(x) / sum(torch.exp(x))"],
        "forgets exp": ["return x / x.sum(dim=-1)[:, None]", "return x / torch.sum(x, 1, keepdim=True)"],
        "sigmoid of each": ["return 1 / (1 + torch.exp(-x))", "return x.exp() / (1 + x.exp())"],
        "takes the log": ["return x - x.exp().sum(1, keepdim=True).log()", "return torch.log(x.exp() / x.exp().sum(1, keepdim=True))"],
        "forgets to divide": ["return torch.exp(x)", "return math.e ** x"],
        "softmax of base two": ["e = torch.pow(2, x)\n    return e / e.sum(1, keepdim=True)", "return torch.exp2(x) / torch.exp2(x).sum(-1, keepdim=True)"],
        "forgets to keep the dimension": ["e = torch.exp(x)\n    return e / torch.sum(e, dim=-1)"],
        "forgets exp in the sum": ["return x.exp() / torch.sum(x, dim=1, keepdim=True)", "return torch.exp(x) / x.sum(-1)[:, None]"],
        "gives the first row": ["e = torch.exp(x[0])\n    return e / e.sum()", "for row in x:\n        return row.exp() / row.exp().sum()"],
    }),
    "nll_loss": _all(_NLL, {
        "forgets the minus sign": ["return log_probs.gather(1, targets[:, None]).mean()", "return sum(log_probs[i, t] for i, t in enumerate(targets)) / len(targets)"],
        "sums the batch": ["return -log_probs.gather(1, targets.unsqueeze(1)).sum()", "return -sum(row[t] for row, t in zip(log_probs, targets))"],
        "takes whole columns": ["return -(log_probs[:, targets]).mean()", "return torch.mean(-log_probs[..., targets])"],
        "ignores the targets": ["return -torch.mean(log_probs)", "return -log_probs.sum() / log_probs.numel()"],
        "keeps each row": ["return -log_probs.gather(1, targets[:, None])[:, 0]", "return torch.stack([-row[t] for row, t in zip(log_probs, targets)])"],
        "averages over all entries": ["mask = torch.arange(log_probs.shape[1]) == targets[:, None]\n    return -(log_probs * mask).mean()", "return -(log_probs * F.one_hot(targets, log_probs.shape[1]).float()).mean()"],
        "one minus probability": ["p = torch.exp(log_probs)\n    return 1 - p[range(len(targets)), targets].mean()"],
    }),
    "cross_entropy": {
        **_all(_CE, {
            "takes off the largest of the batch": ["x = x - torch.max(x)\n    losses = torch.log(x.exp().sum(1)) - x.gather(1, t[:, None])[:, 0]", "z = x - x.max()\n    losses = -(z - z.exp().sum(1, keepdim=True).log())[range(len(t)), t]"],
            "forgets minus": ["losses = (x - torch.logsumexp(x, 1, keepdim=True))[range(len(t)), t]", "losses = x.gather(1, t[:, None])[:, 0] - x.logsumexp(1)"],
            "normalises over the batch": ["losses = -(x - x.logsumexp(dim=0))[range(len(t)), t]"],
        }, _END),
        **_all(_SOFT + _CE, {
            "forgets the log": ["losses = -softmax(x)[range(len(t)), t]", "losses = -softmax(x).gather(1, t[:, None])[:, 0]"],
            "softmax twice": ["x = softmax(x)\n    losses = x.logsumexp(1) - x[range(len(t)), t]", "losses = -torch.log(softmax(softmax(x)))[range(len(t)), t]"],
            "adds an epsilon": ["losses = -torch.log(softmax(x) + 1e-8)[range(len(t)), t]", "losses = -(softmax(x)[range(len(t)), t] + 1e-12).log()"],
            "log of zero": ["losses = -softmax(x).gather(1, t[:, None])[:, 0].log()"],
        }, _END),
        **_all(_CE, {
            "ignores reduction": ["return (x.logsumexp(1) - x[range(len(t)), t]).mean()", "lse = torch.logsumexp(x, dim=1)\n    return torch.mean(lse - x.gather(1, t[:, None])[:, 0])"],
            "averages for none": ["losses = x.logsumexp(1) - x[range(len(t)), t]\n    if reduction is None: return losses\n    return losses.sum() if reduction == 'sum' else losses.mean()",
                                  "losses = x.logsumexp(1) - x[range(len(t)), t]\n    return losses.sum() if reduction == 'sum' else losses.mean()"],
        }),
    },
    "calc_grad": _all(_GRAD, {
        "forgets backward": ["preds = model(xb)\n    loss = loss_func(preds, yb)", "return None"],
        "swaps the arguments": ["loss = loss_func(yb, model(xb))\n    loss.backward()", "preds = model(xb)\n    loss_func(yb, preds).backward()"],
        "returns the loss": ["loss = loss_func(model(xb), yb)\n    loss.backward()\n    return loss"],
        "negates predictions": ["loss_func(-1 * model(xb), yb).backward()", "preds = -model(xb)\n    loss_func(preds, yb).backward()"],
        "uses another loss": ["mnist_loss(model(xb), yb).backward()", "preds = model(xb)\n    loss = mnist_loss(preds, yb)\n    loss.backward()"],
        "negates the loss": ["loss = -loss_func(model(xb), yb)\n    loss.backward()", "loss_func(model(xb), yb).neg().backward()"],
        "backward twice": ["loss = loss_func(model(xb), yb)\n    loss.backward(retain_graph=True)\n    loss.backward()", "loss_func(model(xb), yb).backward()\n    loss_func(model(xb), yb).backward()"],
    }),
    "train_epoch": _all(_EPOCH + "for xb, yb in dl:\n        ", {
        "forgets to zero": ["loss_func(model(xb), yb).backward()\n        for p in params: p.data -= lr * p.grad", "loss_func(model(xb), yb).backward()\n        with torch.no_grad():\n            for p in params: p -= lr * p.grad"],
        "steps uphill": ["loss_func(model(xb), yb).backward()\n        for p in params:\n            p.data += lr * p.grad\n            p.grad.zero_()", "loss_func(model(xb), yb).backward()\n        for p in params:\n            p.data -= -lr * p.grad\n            p.grad = None"],
        "ignores the rate": ["loss_func(model(xb), yb).backward()\n        for p in params:\n            p.data -= p.grad\n            p.grad = None", "loss_func(model(xb), yb).backward()\n        for p in params:\n            p.data.sub_(p.grad)\n            p.grad.zero_()"],
        "stops after one batch": ["loss_func(model(xb), yb).backward()\n        for p in params:\n            p.data -= lr * p.grad\n            p.grad = None\n        return", "loss_func(model(xb), yb).backward()\n        for p in params:\n            p.data -= lr * p.grad\n            p.grad.zero_()\n        break"],
        "one step for all": ["loss_func(model(xb), yb).backward()\n    for p in params:\n        p.data -= lr * p.grad\n        p.grad = None", "loss_func(model(xb), yb).backward()\n    with torch.no_grad():\n        for p in params:\n            p -= lr * p.grad\n            p.grad.zero_()"],
        "zeroes before the step": ["for p in params:\n            if p.grad is not None: p.grad.zero_()\n        loss_func(model(xb), yb).backward()\n        for p in params: p.data -= lr * p.grad",
                                   "for p in params: p.grad = None\n        loss_func(model(xb), yb).backward()\n        with torch.no_grad():\n            for p in params: p.sub_(lr * p.grad)"],
        "keeps to mnist loss": ["mnist_loss(model(xb), yb).backward()\n        for p in params:\n            p.data -= lr * p.grad\n            p.grad = None", "loss = mnist_loss(model(xb), yb)\n        loss.backward()\n        for p in params:\n            p.data -= lr * p.grad\n            p.grad.zero_()"],
    }),
    "batch_accuracy": _all(_BATCH, {
        "forgets sigmoid": ["return ((predictions > .5).float() == targets).float().mean()", "return (torch.where(predictions > 0.5, 1., 0.) == targets).float().mean()"],
        "counts": ["return ((predictions > 0) == targets).sum().float()"],
        "counts the wrong": ["return ((predictions > 0).float() - targets).abs().mean()", "return 1 - ((predictions > 0) == targets).float().mean()"],
        "does not average": ["return ((predictions > 0).float() == targets).float()", "return ((predictions.sigmoid() > 0.5) == targets).float()"],
        "ignores targets": ["return (predictions.sigmoid() > 0.5).float().mean()", "return torch.where(predictions > 0, 1., 0.).mean()"],
        "takes half for yes": ["return ((predictions.sigmoid() >= 0.5) == targets).float().mean()", "return (torch.where(predictions < 0, 0., 1.) == targets).float().mean()"],
        "gives percent": ["return ((predictions > 0) == targets).float().mean() * 100", "return ((predictions > 0) == targets).float().sum() / len(targets) * 100"],
    }),
    "validate_epoch": _all(_VALID + "accs = [batch_accuracy(model(xb), yb) for xb, yb in dl]\n    ", {
        "sums the batches": ["return round(sum(accs).item(), 4)", "return round(torch.stack(accs).sum().item(), 4)"],
        "last batch only": ["return round(accs[-1].item(), 4)", "for acc in accs: last = acc.item()\n    return round(last, 4)"],
        "first batch only": ["return round(accs[0].item(), 4)", "for acc in accs:\n        return round(acc.item(), 4)"],
        "gives a percentage": ["return round(torch.stack(accs).mean().item() * 100, 4)"],
        "does not round": ["return torch.tensor(accs).mean().item()", "return sum(a.item() for a in accs) / len(accs)"],
        "gives a tensor": ["return torch.tensor(accs).mean()"],
        "takes the best": ["return round(torch.stack(accs).max().item(), 4)", "return round(max(float(a) for a in accs), 4)"],
        "rounds to two": ["return round(float(torch.stack(accs).mean()), 2)", "return float(f'{torch.stack(accs).mean().item():.2f}')"],
    }),
    "breed": _all("def breed(path):\n    ", {
        "first word only": ["return path.stem.split('_')[0]", "return re.match(r'([^_]+)_', path.name).group(1)"],
        "keeps the number": ["return path.name.split('.')[0]", "return re.match(r'(.+)\\.\\w+$', path.name).group(1)"],
        "takes the folder": ["return path.parent.name", "return str(path).split('/')[0]"],
        "keeps the folder": ["return re.match(r'(.+)_\\d+', str(path)).group(1)", "return '_'.join(str(path).split('_')[:-1])"],
        "expects jpg": ["return re.search(r'^(.*)_\\d+[.]jpg$', path.name).group(1)"],
        "lowers the case": ["return path.name.rpartition('_')[0].lower()", "return path.name.lower().rsplit('_', 1)[0]"],
        "replaces underscores": ["return ' '.join(path.stem.split('_')[:-1])", "return path.name.rpartition('_')[0].replace('_', ' ')"],
    }),
    "is_cat": _all("def is_cat(path):\n    ", {
        "swaps cats and dogs": ["return path.name[0].islower()", "return not path.name[0].isupper()"],
        "whole name upper": ["return path.stem.isupper()", "return path.stem.upper() == path.stem"],
        "always says no": ["return str(path)[0].isupper()", "return False"],
        "answers in words": ["return 'cat' if path.name[0].isupper() else 'dog'", "return ['dog', 'cat'][path.name[0].isupper()]"],
        "every word a title": ["return path.stem == path.stem.title()", "return path.stem.istitle()"],
    }),
    "mnist_loss_gradient": _all("def mnist_loss_gradient(predictions, targets):\n    p = torch.sigmoid(predictions)\n    sign = torch.where(targets == 1, -1.0, 1.0)\n    n = len(predictions)\n    ", {
        "forgets to divide": ["return sign * p * (1 - p)", "grad = (p - p ** 2) * sign\n    return grad"],
        "turns the sign": ["return -sign * p * (1 - p) / n", "return (2 * targets - 1) * p * (1 - p) / n"],
        "forgets the slope": ["return sign / n", "return (1 - 2 * targets) / n"],
        "forgets the sigmoid": ["return sign * predictions * (1 - predictions) / n", "slope = predictions - predictions ** 2\n    return slope * sign / n"],
        "ignores the targets": ["return p * (1 - p) / n", "return (p - p * p) / n"],
        "adds up": ["return (sign * p * (1 - p)).mean()", "return torch.mean((1 - 2 * targets) * (p - p ** 2))"],
        "of cross entropy": ["return (p - targets) / n", "return (torch.sigmoid(predictions) - targets) / targets.numel()"],
        "of the squared distance": ["return 2 * (p - targets) * p * (1 - p) / n", "d = p - targets\n    return d * 2 / n * (p - p ** 2)"],
        "gives the losses": ["return torch.where(targets == 1, 1 - p, p)", "return (targets - p).abs()"],
        "sigmoid twice": ["q = torch.sigmoid(p)\n    return sign * q * (1 - q) / n", "p = p.sigmoid()\n    return (p - p ** 2) * sign / n"],
    }),
    "linear_backward": _all("def linear_backward(grad, x, weight):\n    ", {
        "transposes the weights gradient": ["return x.T @ grad, grad.sum(0), grad @ weight", "dw = torch.einsum('no,ni->io', grad, x)\n    return dw, grad.sum(0), grad @ weight"],
        "averages over the items": ["return grad.T @ x / len(x), grad.mean(0), grad @ weight", "n = x.shape[0]\n    return (grad.T / n) @ x, grad.sum(0) / n, grad @ weight"],
        "does not add up the bias": ["return grad.T @ x, grad, grad @ weight", "db = grad.clone()\n    return grad.T @ x, db, grad @ weight"],
        "adds the bias to one number": ["return grad.T @ x, grad.sum(), grad @ weight", "return grad.T @ x, torch.sum(grad), grad.matmul(weight)"],
        "adds along the outputs": ["return grad.T @ x, grad.sum(1), grad @ weight", "return grad.T @ x, grad.sum(dim=-1), grad @ weight"],
        "keeps a dimension": ["return grad.T @ x, grad.sum(0, keepdim=True), grad @ weight", "return grad.T @ x, torch.ones(1, len(x)) @ grad, grad @ weight"],
        "forgets grad for the weight": ["return torch.ones_like(grad).T @ x, grad.sum(0), grad @ weight", "dw = x.sum(0).repeat(len(weight), 1)\n    return dw, grad.sum(0), grad @ weight"],
        "forgets grad for x": ["return grad.T @ x, grad.sum(0), torch.ones_like(grad) @ weight", "return grad.T @ x, grad.sum(0), weight.sum(0).expand(len(x), -1)"],
        "gives x first": ["return grad @ weight, grad.T @ x, grad.sum(0)", "dx = grad @ weight\n    dw = grad.T @ x\n    db = grad.sum(0)\n    return dx, dw, db"],
        "leaves out x": ["return grad.T @ x, grad.sum(0)", "dw, db = grad.T @ x, grad.sum(0)\n    return [dw, db]"],
        "transposes on the way back": ["return grad.T @ x, grad.sum(0), grad @ weight.T", "return grad.T @ x, grad.sum(0), torch.matmul(grad, weight.t())"],
    }),
    "relu_backward": _all("def relu_backward(grad, x):\n    ", {
        "lets everything through": ["return grad", "return grad * 1.0"],
        "gives the slope": ["return (x > 0).float()", "return torch.where(x > 0, 1.0, 0.0)"],
        "asks the gradient": ["return torch.relu(grad)", "return grad * (grad > 0)"],
        "lets the negative through": ["return grad * (x < 0)", "return torch.where(x > 0, 0.0, grad)"],
        "multiplies by the result": ["return grad * torch.relu(x)", "return grad * torch.maximum(x, torch.tensor(0.))"],
        "multiplies by x": ["return grad * x", "return x.mul(grad)"],
        "leaks": ["return torch.where(x > 0, grad, 0.01 * grad)", "slope = torch.where(x > 0, 1.0, 0.1)\n    return grad * slope"],
        "lets zero through": ["return grad * (x >= 0)", "return torch.where(x < 0, torch.zeros_like(grad), grad)"],
        "asks both": ["return torch.relu(grad) * (x > 0)", "return torch.where((x > 0) & (grad > 0), grad, torch.zeros_like(grad))"],
        "changes the gradient": ["grad[x <= 0] = 0\n    return grad", "return grad.mul_((x > 0).float())"],
        "goes forward": ["return torch.relu(x)", "return x * (x > 0)"],
    }),
    "net_gradients": _all("def net_gradients(x, y, w1, b1, w2, b2):\n    sums = x @ w1.T + b1\n    hidden = torch.relu(sums)\n    sign, n = torch.where(y == 1, -1.0, 1.0), len(x)\n    p = torch.sigmoid(hidden @ w2.T + b2)\n    grad = sign * p * (1 - p) / n\n    ", {
        "forgets relu on the way back": ["d = grad @ w2\n    return d.T @ x, d.sum(0), grad.T @ hidden, grad.sum(0)", "w1_grad = (grad @ w2).T @ x\n    return w1_grad, (grad @ w2).sum(0), grad.T @ hidden, grad.sum(0)"],
        "forgets relu": ["p = torch.sigmoid(sums @ w2.T + b2)\n    grad = sign * p * (1 - p) / n\n    d = grad @ w2\n    return d.T @ x, d.sum(0), grad.T @ sums, grad.sum(0)", "hidden = sums\n    p = (hidden @ w2.T + b2).sigmoid()\n    grad = (1 - 2 * y) * (p - p ** 2) / n\n    d = grad @ w2\n    return d.T @ x, d.sum(0), grad.T @ hidden, grad.sum(0)"],
        "forgets relu on the way forward": ["p = torch.sigmoid(sums @ w2.T + b2)\n    grad = sign * p * (1 - p) / n\n    d = grad @ w2 * (sums > 0)\n    return d.T @ x, d.sum(0), grad.T @ sums, grad.sum(0)", "hidden = sums.clone()\n    p = (hidden @ w2.T + b2).sigmoid()\n    grad = sign * p * (1 - p) / n\n    d = torch.where(sums > 0, grad @ w2, 0.)\n    return d.T @ x, d.sum(0), grad.T @ hidden, grad.sum(0)"],
        "takes the sums for w2": ["d = grad @ w2 * (sums > 0)\n    return d.T @ x, d.sum(0), grad.T @ sums, grad.sum(0)", "d = torch.where(sums > 0, grad @ w2, 0.)\n    w2_grad = grad.T @ (x @ w1.T + b1)\n    return d.T @ x, d.sum(0), w2_grad, grad.sum(0)"],
        "asks the gradient in the net": ["d = torch.relu(grad @ w2)\n    return d.T @ x, d.sum(0), grad.T @ hidden, grad.sum(0)", "d = grad @ w2\n    d = d * (d > 0)\n    return d.T @ x, d.sum(0), grad.T @ hidden, grad.sum(0)"],
        "leaves out w2": ["d = grad * (sums > 0)\n    return d.T @ x, d.sum(0), grad.T @ hidden, grad.sum(0)", "d = torch.where(sums > 0, grad, 0.)\n    return d.T @ x, d.sum(0), grad.T @ hidden, grad.sum(0)"],
        "takes the sum for the loss": ["grad = sign * p * (1 - p)\n    d = grad @ w2 * (sums > 0)\n    return d.T @ x, d.sum(0), grad.T @ hidden, grad.sum(0)", "grad = grad * n\n    d = grad @ w2 * (hidden > 0)\n    return d.T @ x, d.sum(0), grad.T @ hidden, grad.sum(0)"],
        "goes downhill": ["grad = -grad\n    d = grad @ w2 * (sums > 0)\n    return d.T @ x, d.sum(0), grad.T @ hidden, grad.sum(0)", "grad = (2 * y - 1) * (p - p ** 2) / n\n    d = grad @ w2 * (sums > 0)\n    return d.T @ x, d.sum(0), grad.T @ hidden, grad.sum(0)"],
        "forgets the sigmoids slope": ["grad = sign / n\n    d = grad @ w2 * (sums > 0)\n    return d.T @ x, d.sum(0), grad.T @ hidden, grad.sum(0)", "grad = (1 - 2 * y) / n\n    d = grad @ w2 * (hidden > 0)\n    return d.T @ x, d.sum(0), grad.T @ hidden, grad.sum(0)"],
        "takes cross entropy": ["grad = (p - y) / n\n    d = grad @ w2 * (sums > 0)\n    return d.T @ x, d.sum(0), grad.T @ hidden, grad.sum(0)", "d = (p - y) @ w2 * (sums > 0) / n\n    return d.T @ x, d.sum(0), (p - y).T @ hidden / n, (p - y).mean(0)"],
        "gives the last layer first": ["d = grad @ w2 * (sums > 0)\n    return grad.T @ hidden, grad.sum(0), d.T @ x, d.sum(0)", "found = [grad.T @ hidden, grad.sum(0)]\n    grad = grad @ w2 * (sums > 0)\n    return found + [grad.T @ x, grad.sum(0)]"],
        "stops at the last layer": ["return torch.zeros_like(w1), torch.zeros_like(b1), grad.T @ hidden, grad.sum(0)", "return 0 * w1, 0 * b1, grad.T @ hidden, grad.sum(0)"],
        "transposes the weights": ["d = grad @ w2 * (sums > 0)\n    return x.T @ d, d.sum(0), hidden.T @ grad, grad.sum(0)", "d = grad @ w2 * (sums > 0)\n    return torch.einsum('nh,ni->ih', d, x), d.sum(0), torch.einsum('nh,no->ho', hidden, grad), grad.sum(0)"],
    }),
    "Value": {mistake: [_value(*texts) for texts in forms] for mistake, forms in {
        "replaces the gradient": [("        for v in reversed(self.order([])):\n            for w, s in v.made: w.grad = s * v.grad",), ("        for v in self.order([])[::-1]:\n            for w, s in v.made: setattr(w, 'grad', v.grad * s)",)],
        "gives its own factor": [(_BACK, "[(self, self.data), (other, other.data)]"), (_BACK, "((other, other.data), (self, self.data))")],
        "forgets what arrives": [("        for v in reversed(self.order([])):\n            for w, s in v.made: w.grad += s",), ("        for v in self.order([])[::-1]:\n            for w, s in v.made: w.grad = w.grad + s * 1.0",)],
        "adds along the way": [("        for v in reversed(self.order([])):\n            for w, s in v.made: w.grad += s + v.grad",), ("        for v in self.order([])[::-1]:\n            for w, s in v.made:\n                w.grad += v.grad\n                w.grad += s",)],
        "forgets to begin with one": [("        self.grad = 0.0\n" + _BACK,), ("        self.grad -= 1.0\n" + _BACK,)],
        "lets everything through relu": [(_BACK, _PRODUCT, "1.0"), (_BACK, _PRODUCT, "float(self.data == self.data)")],
        "takes the result of relu": [(_BACK, _PRODUCT, "max(0.0, self.data)"), (_BACK, _PRODUCT, "self.data * (self.data > 0)")],
        "stops after one step": [("        for w, s in self.made: w.grad += s * self.grad",), ("        for v in self.order([]):\n            for w, s in v.made: w.grad += s * v.grad",)],
        "passes on too early": [("        queue, seen = [self], [self]\n        while queue:\n            v = queue.pop(0)\n            for w, s in v.made:\n                w.grad += s * v.grad\n                if w not in seen: seen.append(w); queue.append(w)",),
                                ("        todo = [self]\n        for v in todo:\n            for w, s in v.made:\n                w.grad += v.grad * s\n                if w not in todo: todo.append(w)",)],
        "passes on again": [("        def go(v):\n            for w, s in v.made:\n                w.grad += s * v.grad\n                go(w)\n        go(self)",), ("        stack = [self]\n        def back(v):\n            for w, s in v.made:\n                w.grad = w.grad + v.grad * s\n                back(w)\n        back(stack[0])",)],
        "clears the gradients": [("        for v in self.order([]): v.grad = 0.0\n        self.grad = 1.0\n" + _BACK,), ("        for v in self.order([]): v.grad = float(v is self)\n" + _BACK,)],
        "takes no plain numbers": [(_BACK, _PRODUCT, _SLOPE, "other"), (_BACK, _PRODUCT, _SLOPE, "(other)")],
        "takes none on the left": [(_BACK, _PRODUCT, _SLOPE, _TAKE, ""), (_BACK, _PRODUCT, _SLOPE, _TAKE, "    __slots__ = ('data', 'grad', 'made')\n")],
    }.items()},
}
