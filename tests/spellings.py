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
        "looks at the folder": ["return str(path)[0].isupper()", "return False"],
        "answers in words": ["return 'cat' if path.name[0].isupper() else 'dog'", "return ['dog', 'cat'][path.name[0].isupper()]"],
        "every word a title": ["return path.stem == path.stem.title()", "return path.stem.istitle()"],
    }),
}
