"`mnist_loss_gradient`"
from mistakes import right, wrong

_HEAD = "def mnist_loss_gradient(predictions, targets):\n    p = torch.sigmoid(predictions)\n    "
WRONG = [
    wrong("not divided by n", r"1/n|number of items", _HEAD + "return torch.where(targets == 1, -p * (1 - p), p * (1 - p))"),
    wrong("signs swapped", r"sign", _HEAD + "return torch.where(targets == 1, p * (1 - p), -p * (1 - p)) / len(p)"),
    wrong("no slope", r"[Ss]lope", _HEAD + "return torch.where(targets == 1, -1., 1.) / len(p)"),
    wrong("cross-entropy's", r"cross-entropy", _HEAD + "return (p - targets) / len(p)"),
    wrong("mse's", r"squared", _HEAD + "return 2 * (p - targets) * p * (1 - p) / len(p)"),
    wrong("a mean", r"[Oo]ne number", _HEAD + "return torch.where(targets == 1, -p * (1 - p), p * (1 - p)).mean()"),
    wrong("the loss", r"loss of each item", _HEAD + "return torch.where(targets == 1, 1 - p, p)"),
    wrong("the loss itself", r"loss|gradient|one number|shape", _HEAD + "return torch.where(targets == 1, 1 - p, p).mean()", plain=r"shape|."),
    wrong("z (1 - z)", r"sigmoid of the prediction", _HEAD + "return torch.where(targets == 1, -1., 1.) * predictions * (1 - predictions) / len(p)"),
    wrong("the targets are not used", r"targets", _HEAD + "return p * (1 - p) / p.numel()"),
    wrong("flat", r"shape", _HEAD + "return ((1 - 2 * targets) * p * (1 - p) / len(p)).squeeze()"),
]
KEPT_BACK = [
    wrong("divided by n twice", r"divid|number of|factor|times", _HEAD + "return (1 - 2 * targets) * p * (1 - p) / len(p) ** 2", plain=r"expected"),
    wrong("p instead of p (1 - p)", r"slope|1 - p", _HEAD + "return (1 - 2 * targets) * p / len(p)", plain=r"expected"),
]
RIGHT = [
    right(_HEAD + "dp = torch.where(targets == 1, -torch.ones_like(p), torch.ones_like(p)) / len(p)\n    return dp * p * (1 - p)"),
    right("def mnist_loss_gradient(z, t):\n    s = 1 / (1 + torch.exp(-z))\n    g = s * (1 - s) / s.shape[0]\n    g[t == 1] *= -1\n    return g"),
]
RIGHT_KEPT_BACK = [right(_HEAD + "n = targets.size(0)\n    return -(2 * targets - 1) * (p - p.square()) / n")]
