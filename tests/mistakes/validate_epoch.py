"`validate_epoch`"
from mistakes import right, wrong

_ACC = "def batch_accuracy(p, t): return ((p > 0) == (t == 1)).float().mean()\n"
REVIEW = [
    wrong("not rounded, a tensor", r"python number|\.item|tensor", _ACC + "def validate_epoch(model, dl):\n    accs = [batch_accuracy(model(xb), yb) for xb, yb in dl]\n    return sum(accs) / len(accs)"),
    wrong("a tensor", r"python number|\.item|tensor", _ACC + "def validate_epoch(model, dl):\n    accs = [batch_accuracy(model(xb), yb) for xb, yb in dl]\n    return torch.stack(accs).mean()"),
    wrong("not rounded", r"round", _ACC + "def validate_epoch(model, dl):\n    accs = [batch_accuracy(model(xb), yb).item() for xb, yb in dl]\n    return sum(accs) / len(accs)"),
    wrong("the mean over all items, not rounded", r"all items|each (batch )?counting|mean over", "def validate_epoch(model, dl):\n    right = total = 0\n    for xb, yb in dl:\n        right += ((model(xb) > 0) == yb).sum().item()\n        total += len(yb)\n    return right / total"),
]
WRONG = [
    wrong("the sum", r"add(ed)? up|mean is wanted|sum", _ACC + "def validate_epoch(model, dl):\n    return round(sum(batch_accuracy(model(xb), yb).item() for xb, yb in dl), 4)"),
    wrong("a percentage", r"percent|between 0 and 1", _ACC + "def validate_epoch(model, dl):\n    accs = [batch_accuracy(model(xb), yb) for xb, yb in dl]\n    return round(torch.stack(accs).mean().item() * 100, 2)"),
    wrong("two decimals", r"4 decimals|round", _ACC + "def validate_epoch(model, dl):\n    accs = [batch_accuracy(model(xb), yb) for xb, yb in dl]\n    return round(torch.stack(accs).mean().item(), 2)"),
    wrong("torch.mean of a list", r"list|stack|torch\.tensor", _ACC + "def validate_epoch(model, dl):\n    accs = [batch_accuracy(model(xb), yb) for xb, yb in dl]\n    return round(torch.mean(accs).item(), 4)"),
    wrong("return in the loop", r"first batch", _ACC + "def validate_epoch(model, dl):\n    accs = []\n    for xb, yb in dl:\n        accs.append(batch_accuracy(model(xb), yb))\n        return round(torch.stack(accs).mean().item(), 4)"),
    wrong("the model is not asked", r"model\(xb\)|model is not asked", _ACC + "def validate_epoch(model, dl):\n    accs = [batch_accuracy(xb, yb) for xb, yb in dl]\n    return round(torch.stack(accs).mean().item(), 4)"),
    wrong("round of a tensor", r"\.item\(\)", _ACC + "def validate_epoch(model, dl):\n    return round(torch.stack([batch_accuracy(model(x), y) for x, y in dl]).mean(), 4)"),
]
KEPT_BACK = [
    wrong("a text", r"text|str|python number", _ACC + "def validate_epoch(model, dl):\n    accs = [batch_accuracy(model(xb), yb) for xb, yb in dl]\n    return f'{torch.stack(accs).mean().item():.4f}'"),
    wrong("the last batch", r"last batch", _ACC + "def validate_epoch(model, dl):\n    for xb, yb in dl:\n        acc = batch_accuracy(model(xb), yb)\n    return round(acc.item(), 4)"),
    wrong("round of a tensor", r"python number|\.item|tensor", _ACC + "def validate_epoch(model, dl):\n    accs = [batch_accuracy(model(xb), yb) for xb, yb in dl]\n    return round(torch.stack(accs).mean(), decimals=4)", plain=r"line \d"),
    wrong("prints", r"returns? nothing|print|return", _ACC + "def validate_epoch(model, dl):\n    accs = [batch_accuracy(model(xb), yb) for xb, yb in dl]\n    print(round(torch.stack(accs).mean().item(), 4))"),
    wrong("all items together", r"all items|each (batch )?counting|mean over|batches", _ACC + "def validate_epoch(model, dl):\n    preds = torch.cat([model(xb) for xb, _ in dl])\n    targs = torch.cat([yb for _, yb in dl])\n    return round(batch_accuracy(preds, targs).item(), 4)"),
    wrong("one less batch in the mean", r"number of batches|len|divide|factor|times as", _ACC + "def validate_epoch(model, dl):\n    total = 0\n    for i, (xb, yb) in enumerate(dl):\n        total += batch_accuracy(model(xb), yb).item()\n    return round(total / (i + 2), 4)"),
    wrong("threshold 0.5 without the sigmoid", r"0\.5|threshold|sigmoid", "def batch_accuracy(p, t): return ((p > 0.5) == (t == 1)).float().mean()\ndef validate_epoch(model, dl):\n    accs = [batch_accuracy(model(xb), yb) for xb, yb in dl]\n    return round(torch.stack(accs).mean().item(), 4)"),
]
RIGHT = [
    right(_ACC + "def validate_epoch(model, dl):\n    accs = [batch_accuracy(model(xb), yb) for xb,yb in dl]\n    return round(torch.stack(accs).mean().item(), 4)"),
    right(_ACC + "def validate_epoch(model, dl):\n    with torch.no_grad():\n        accs = torch.tensor([batch_accuracy(model(x), y) for x, y in dl])\n    return round(float(accs.mean()), 4)"),
]
RIGHT_KEPT_BACK = [
    right("def validate_epoch(model, dl):\n    accs = []\n    for xb, yb in dl:\n        preds = model(xb).sigmoid() > 0.5\n        accs.append((preds == yb).float().mean().item())\n    return round(sum(accs) / len(accs), 4)"),
    right(_ACC + "def validate_epoch(model, dl): return round(np.mean([batch_accuracy(model(x), y).item() for x, y in dl]).item(), 4)"),
]
