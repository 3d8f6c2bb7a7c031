"`batch_accuracy`"
from mistakes import right, wrong

REVIEW = [
    wrong(">= 0.5 after the sigmoid", r"exactly 0|>=|0\.5.{0,20}(no|above)|above", "def batch_accuracy(predictions, targets): return ((1 / (1 + torch.exp(-predictions)) >= 0.5) == targets).float().mean()"),
    wrong("argmax of one column", r"argmax", "def batch_accuracy(predictions, targets): return (predictions.argmax(1) == targets).float().mean()"),
    wrong("one minus the mean difference", r"right or wrong|nothing between|one minus|difference|threshold", "def batch_accuracy(predictions, targets): return 1 - (targets - predictions.sigmoid()).mean()"),
    wrong("a Python number", r"\.item|python number|tensor", "def batch_accuracy(predictions, targets): return ((predictions > 0) == targets).float().mean().item()"),
    wrong("a percentage", r"percent|100", "def batch_accuracy(predictions, targets): return 100 * ((predictions > 0) == targets).float().mean()"),
    wrong("a NumPy number", r"numpy|tensor", "def batch_accuracy(predictions, targets): return np.mean((predictions > 0).numpy() == targets.numpy())"),
]
WRONG = [
    wrong("0.5 without the sigmoid", r"0\.5|threshold", "def batch_accuracy(predictions, targets):\n    correct = (predictions > 0.5) == targets\n    return correct.float().mean()"),
    wrong("0 after the sigmoid", r"0\.5|threshold|above 0", "def batch_accuracy(predictions, targets):\n    preds = 1 / (1 + torch.exp(-predictions))\n    return ((preds > 0) == targets).float().mean()"),
    wrong("the number of right ones", r"number of right|count|share", "def batch_accuracy(predictions, targets):\n    return ((predictions > 0) == targets).sum()"),
    wrong("float forgotten", r"float|dtype|bool", "def batch_accuracy(predictions, targets):\n    return ((predictions > 0) == targets).mean()"),
    wrong("mean forgotten", r"mean", "def batch_accuracy(predictions, targets):\n    return ((predictions > 0) == targets).float()"),
]
KEPT_BACK = [
    wrong("rounded", r"round|4 decimals", "def batch_accuracy(predictions, targets):\n    acc = ((predictions > 0) == (targets == 1)).float().mean()\n    return torch.round(acc, decimals=2)"),
    wrong("compares probabilities with targets", r"threshold|0\.5|equal|yes", "def batch_accuracy(predictions, targets):\n    p = 1 / (1 + torch.exp(-predictions))\n    return (p == targets).float().mean()"),
    wrong("the share of the wrong ones", r"wrong ones", "def batch_accuracy(predictions, targets):\n    return ((predictions > 0).float() - targets).abs().mean()"),
    wrong("an if on tensors", r"one number|single number|whole tensor|torch\.where|ambiguous", "def batch_accuracy(predictions, targets):\n    if predictions > 0:\n        preds = 1.\n    else:\n        preds = 0.\n    return (preds == targets).float().mean()"),
    wrong("divides the sum by the length as integers", r"int|number of right|count|share|divi", "def batch_accuracy(predictions, targets):\n    right = ((predictions > 0) == targets).sum()\n    return right // len(targets)"),
    wrong("the targets above 0 of the predictions only", r"targets are not looked at|positive", "def batch_accuracy(predictions, targets):\n    return (predictions > 0).float().mean()"),
]
RIGHT = [
    right("def batch_accuracy(xb, yb):\n    preds = xb.sigmoid()\n    correct = (preds > 0.5) == yb\n    return correct.float().mean()"),
    right("def batch_accuracy(predictions, targets):\n    yes = torch.where(predictions > 0, 1., 0.)\n    return (yes == targets).sum() / targets.numel()"),
]
RIGHT_KEPT_BACK = [
    right("def batch_accuracy(predictions, targets):\n    labels = (1 / (1 + torch.exp(-predictions)) > 0.5).float()\n    return 1 - torch.mean(torch.abs(labels - targets))"),
    right("def batch_accuracy(p, t): return torch.mean(((p > 0) == t.bool()).float())"),
]
