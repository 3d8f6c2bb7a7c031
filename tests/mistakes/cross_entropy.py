"`cross_entropy`"
from mistakes import right, wrong

_REDUCE = "    if reduction == 'none': return losses\n    return losses.sum() if reduction == 'sum' else losses.mean()\n"
_SOFTMAX = "def softmax(x):\n    x = x - x.max(1, keepdim=True).values\n    return x.exp() / x.exp().sum(1, keepdim=True)\n"
_HEAD = "def cross_entropy(x, t, reduction='mean'):\n"
_BIG = r"overflow"
_ZERO = r"minus infinity|log(arithm)? of 0|0 · log|-inf"
REVIEW = [
    wrong("log-sum-exp by hand overflows", _BIG, _HEAD + "    logp = x - x.exp().sum(1, keepdim=True).log()\n    losses = -logp[range(len(t)), t]\n" + _REDUCE),
    wrong("log-sum-exp minus the target's overflows", _BIG, _HEAD + "    losses = torch.log(torch.exp(x).sum(1)) - x[range(len(t)), t]\n" + _REDUCE),
    wrong("pick, then log, of a stable softmax", _ZERO, _SOFTMAX + _HEAD + "    losses = -torch.log(softmax(x)[range(len(t)), t])\n" + _REDUCE),
    wrong("one-hot times log of a stable softmax", _ZERO, _SOFTMAX + _HEAD + "    losses = -(F.one_hot(t, x.shape[1]) * torch.log(softmax(x))).sum(1)\n" + _REDUCE, misleading=r"exp overflows"),
    wrong("an epsilon against log(0)", r"epsilon|1e-|small number|capped|cuts? .{0,20}off|limit", _SOFTMAX + _HEAD + "    losses = -torch.log(softmax(x)[range(len(t)), t] + 1e-9)\n" + _REDUCE),
    wrong("a clamp against log(0)", r"epsilon|1e-|small number|clamp|limit|cuts? .{0,20}off", _SOFTMAX + _HEAD + "    losses = -torch.log(softmax(x)[range(len(t)), t].clamp(min=1e-12))\n" + _REDUCE),
    wrong("the largest of the whole batch", r"whole batch", _HEAD + "    x = x - x.max()\n    losses = x.exp().sum(1).log() - x[range(len(t)), t]\n" + _REDUCE),
    wrong("squeeze() of a single item", r"squeeze|single item|\(1,\)", _HEAD + "    lse = torch.logsumexp(x, 1)\n    losses = lse - x.gather(1, t.unsqueeze(1)).squeeze()\n    losses = losses.squeeze()\n" + _REDUCE),
    wrong("no reduction, and unstable", r"reduction|overflow", "def cross_entropy(x, t):\n    p = x.exp() / x.exp().sum(1, keepdim=True)\n    return -p[range(len(t)), t].log().mean()\n"),
]
WRONG = [
    wrong("softmax by hand overflows", _BIG, _HEAD + "    probs = torch.exp(x) / torch.sum(torch.exp(x), dim=1, keepdim=True)\n    losses = -torch.log(probs[range(len(t)), t])\n" + _REDUCE),
    wrong("reduction is ignored", r"reduction", "def cross_entropy(activations, targets, reduction='mean'):\n    lse = torch.logsumexp(activations, dim=1)\n    return (lse - activations[range(len(targets)), targets]).mean()"),
    wrong("the log is missing", r"logarithm is missing|log(arithm)?\b", _SOFTMAX + _HEAD + "    losses = -softmax(x)[range(len(t)), t]\n" + _REDUCE),
    wrong("compares reduction with is None", r"reduction", _HEAD + "    losses = torch.logsumexp(x, 1) - x[range(len(t)), t]\n    if reduction is None: return losses\n    if reduction == 'sum': return losses.sum()\n    return losses.mean()\n"),
    wrong("over the batch", r"dim 0|over the batch", _HEAD + "    losses = torch.logsumexp(x, dim=0) - x[range(len(t)), t]\n" + _REDUCE, plain=r"must match the size|size of tensor"),
    wrong("no third argument", r"reduction|third", "def cross_entropy(activations, targets):\n    return (torch.logsumexp(activations, 1) - activations[range(len(targets)), targets]).mean()"),
]
KEPT_BACK = [
    wrong("softmax twice", r"twice", _SOFTMAX + _HEAD + "    p = softmax(x)\n    losses = torch.logsumexp(p, 1) - p[range(len(t)), t]\n" + _REDUCE),
    wrong("sign", r"minus|sign", _HEAD + "    losses = x[range(len(t)), t] - torch.logsumexp(x, dim=1)\n" + _REDUCE),
    wrong("sum and mean are swapped", r"reduction|'mean'|'sum'|swapped", _HEAD + "    losses = torch.logsumexp(x, 1) - x[range(len(t)), t]\n    return {'none': losses, 'sum': losses.mean(), 'mean': losses.sum()}[reduction]\n"),
    wrong("log10", r"logarithm|base|factor|times", _HEAD + "    m = x.max(1, keepdim=True).values\n    losses = torch.log10((x - m).exp().sum(1)) + (m.squeeze(1) - x[range(len(t)), t]) / math.log(10)\n" + _REDUCE),
    wrong("mean over all entries of a mask", r"number of (classes|all)|divide|all entries|classes", _HEAD + """    logp = x - torch.logsumexp(x, 1, keepdim=True)
    losses = -logp * F.one_hot(t, x.shape[1])
    if reduction == 'none': return losses.sum(1)
    return losses.sum() if reduction == 'sum' else losses.mean()
"""),
    wrong("an epsilon inside the log of an unstable softmax", _BIG + r"|epsilon|nan|inf / inf", _HEAD + "    e = torch.exp(x)\n    probs = e / e.sum(dim=1, keepdim=True)\n    losses = -torch.log(probs + 1e-7)[range(len(t)), t]\n" + _REDUCE),
    wrong("losses as a column", r"shape|column|squeeze", _HEAD + "    logp = x - torch.logsumexp(x, 1, keepdim=True)\n    losses = -logp.gather(1, t.unsqueeze(1))\n" + _REDUCE),
]
RIGHT = [
    right("""
        def cross_entropy(activations, targets, reduction="mean"):
            m = activations.max(1, keepdim=True).values
            logp = activations - m - (activations - m).exp().sum(1, keepdim=True).log()
            loss = -logp[range(len(targets)), targets]
            if reduction == "none": return loss
            return loss.sum() if reduction == "sum" else loss.mean()
        # next cell
        acts, targets = torch.randn(4, 3), torch.tensor([0, 1, 2, 0])
        loss = F.cross_entropy(acts, targets)
        print(loss, cross_entropy(acts, targets))
    """),
    right(_HEAD + "    m = torch.amax(x, dim=1, keepdim=True)\n    z = x - m\n    losses = torch.log(torch.exp(z).sum(dim=1)) - z.gather(1, t[:, None])[:, 0]\n" + _REDUCE),
    right("def log_softmax(x): return x - x.logsumexp(-1, keepdim=True)\ndef nll(lp, t): return -lp[torch.arange(lp.shape[0]), t]\n" + _HEAD + "    losses = nll(log_softmax(x), t)\n" + _REDUCE),
]
RIGHT_KEPT_BACK = [
    right(_HEAD + "    logp = x - torch.logsumexp(x, dim=1, keepdim=True)\n    losses = -(logp * F.one_hot(t, x.shape[1])).sum(dim=1)\n    if reduction == 'mean':\n        return losses.mean()\n    elif reduction == 'sum':\n        return losses.sum()\n    else:\n        return losses\n"),
    right(_HEAD + "    shifted = x - x.max(dim=1, keepdim=True)[0]\n    losses = shifted.exp().sum(1).log() - shifted[torch.arange(len(x)), t]\n    match reduction:\n        case 'mean': return losses.mean()\n        case 'sum': return losses.sum()\n        case _: return losses\n"),
]
