"`mnist_loss`"
from mistakes import right, wrong

_SIGMOID = "def sigmoid(x): return 1 / (1 + torch.exp(-x))\n"
REVIEW = [
    wrong("the sigmoid is missing", r"sigmoid is missing", "def mnist_loss(predictions, targets): return torch.where(targets == 1, 1 - predictions, predictions).mean()"),
    wrong("sum for mean", r"\bsum\b", _SIGMOID + "def mnist_loss(predictions, targets):\n    predictions = sigmoid(predictions)\n    return torch.where(targets == 1, 1 - predictions, predictions).sum()"),
]
WRONG = [
    wrong("the cases are swapped", r"swapped", _SIGMOID + """
def mnist_loss(predictions, targets):
    predictions = sigmoid(predictions)
    return torch.where(targets == 1, predictions, 1 - predictions).mean()
"""),
    wrong("mean forgotten", r"one loss for each|mean", _SIGMOID + """
def mnist_loss(predictions, targets):
    p = sigmoid(predictions)
    return torch.where(targets == 1, 1 - p, p)
"""),
    wrong("mean squared error", r"square", _SIGMOID + """
def mnist_loss(preds, targs):
    return ((sigmoid(preds) - targs) ** 2).mean()
"""),
    wrong("the arguments are swapped", r"swapped|order of the (arguments|parameters)", _SIGMOID + """
def mnist_loss(targets, predictions):
    predictions = sigmoid(predictions)
    return torch.where(targets == 1, 1 - predictions, predictions).mean()
"""),
    wrong("item()", r"\.item|python number", _SIGMOID + """
def mnist_loss(predictions, targets):
    p = sigmoid(predictions)
    return torch.where(targets == 1, 1 - p, p).mean().item()
"""),
    wrong("difference without abs", r"abs|sign|cancel|distance", _SIGMOID + """
def mnist_loss(predictions, targets):
    return (targets - sigmoid(predictions)).mean()
"""),
]
KEPT_BACK = [
    wrong("divides by the batch size after mean", r"divide|factor|1/n|n times|number of (items|predictions|elements)|twice", _SIGMOID + """
def mnist_loss(predictions, targets):
    p = sigmoid(predictions)
    return torch.where(targets == 1, 1 - p, p).mean() / len(targets)
"""),
    wrong("binary cross-entropy", r"cross-entropy|logarithm", _SIGMOID + """
def mnist_loss(predictions, targets):
    p = sigmoid(predictions)
    return -(targets * torch.log(p) + (1 - targets) * torch.log(1 - p)).mean()
"""),
    wrong("rounded predictions", r"round|staircase|error rate|no gradient", _SIGMOID + """
def mnist_loss(predictions, targets):
    p = sigmoid(predictions).round()
    return torch.where(targets == 1, 1 - p, p).mean()
"""),
    wrong("squeezed predictions only", r"broadcast|\(n, n\)|table", _SIGMOID + """
def mnist_loss(predictions, targets):
    predictions = sigmoid(predictions.squeeze())
    return torch.where(targets == 1, 1 - predictions, predictions).mean()
"""),
    wrong("an if on tensors", r"one number|single number|whole tensor|torch\.where|ambiguous", _SIGMOID + """
def mnist_loss(predictions, targets):
    predictions = sigmoid(predictions)
    if targets == 1:
        return (1 - predictions).mean()
    else:
        return predictions.mean()
"""),
    wrong("root mean square", r"root|square", _SIGMOID + """
def mnist_loss(predictions, targets):
    return ((sigmoid(predictions) - targets) ** 2).mean().sqrt()
"""),
]
RIGHT = [
    right(_SIGMOID + "def mnist_loss(predictions, targets):\n    predictions = sigmoid(predictions)\n    return torch.where(targets == 1, 1 - predictions, predictions).mean()"
          "\n# next cell\ntargets = torch.tensor([1., 0., 1.])\npredictions = torch.tensor([0.9, 0.4, 0.2])\np = torch.sigmoid(predictions)      # torch's, to compare\n"
          "torch.where(targets == 1, 1 - p, p).mean(), mnist_loss(predictions, targets)"),
    right(_SIGMOID + "def mnist_loss(predictions, targets):\n    return torch.abs(targets - sigmoid(predictions)).mean()"),
    right("def mnist_loss(yhat, y):\n    yhat = 1 / (1 + (-yhat).exp())\n    dist = yhat.clone()\n    dist[y == 1] = 1 - yhat[y == 1]\n    return dist.mean()"),
]
RIGHT_KEPT_BACK = [
    right("def mnist_loss(predictions, targets):\n    sign = torch.where(targets == 1, -1., 1.)\n    return (1 / (1 + torch.exp(-sign * predictions))).mean()"),
    right(_SIGMOID + "def mnist_loss(predictions, targets):\n    p = sigmoid(predictions)\n    losses = targets * (1 - p) + (1 - targets) * p\n    return losses.sum() / losses.numel()"),
]
