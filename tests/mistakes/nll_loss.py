"`nll_loss`"
from mistakes import right, wrong

REVIEW = [
    wrong("the log once more, no mean", r"logarithm was taken|log(arithm)? (again|twice|once more)|no log", "def nll_loss(lp, t): return -torch.log(lp[range(len(t)), t])"),
    wrong("the log once more", r"logarithm was taken|log(arithm)? (again|twice|once more)|no log", "def nll_loss(lp, t): return -torch.log(lp[range(len(t)), t]).mean()"),
]
WRONG = [
    wrong("the minus is missing", r"minus", "def nll_loss(log_probs, targets):\n    return log_probs[range(targets.shape[0]), targets].mean()"),
    wrong("[:, targets]", r"\[:, targets\]|whole columns|those columns|table", "def nll_loss(log_probs, targets):\n    return -log_probs[:, targets].mean()"),
    wrong("sum over the batch", r"\bsum\b", "def nll_loss(log_probs, targets):\n    n = len(targets)\n    return -log_probs[torch.arange(n), targets].sum()"),
    wrong("gather without a dimension for the targets", r"unsqueeze|same number of dimensions|dimension", "def nll_loss(log_probs, targets):\n    return -log_probs.gather(1, targets).mean()"),
    wrong("the mask's mean", r"all entries|number of (all|classes)|divide", """
        def nll_loss(log_probs, targets):
            onehot = F.one_hot(targets, log_probs.shape[1])
            return -(log_probs * onehot).mean()
    """),
    wrong("one loss for each row", r"each row|their mean", "def nll_loss(log_probs, targets):\n    return -log_probs[torch.arange(len(log_probs)), targets]"),
]
KEPT_BACK = [
    wrong("log of the exp", r"minus", "def nll_loss(log_probs, targets):\n    losses = log_probs.gather(1, targets.unsqueeze(1))\n    return losses.mean()"),
    wrong("picks by row twice", r"\[targets\]|rows?\b.{0,40}(column|target)|column", "def nll_loss(log_probs, targets):\n    return -log_probs[targets].mean()"),
    wrong("a Python number", r"python number|\.item|graph|no gradient", """
        def nll_loss(log_probs, targets):
            total = 0
            for i in range(len(targets)):
                total += log_probs[i][targets[i]].item()
            return -total / len(targets)
    """),
    wrong("returned in the loop", r"return.{0,40}loop|first (row|item)|one (row|item)", """
        def nll_loss(log_probs, targets):
            total = 0
            for i, t in enumerate(targets):
                total = total - log_probs[i, t]
                return total / len(targets)
    """),
    wrong("softmax applied first", r"softmax|log.{0,20}(twice|again|taken)|use them as they are", """
        def nll_loss(log_probs, targets):
            p = log_probs.exp() / log_probs.exp().sum(1, keepdim=True)
            return -p[range(len(targets)), targets].mean()
    """),
    wrong("divides by the number of classes", r"number of (classes|columns)|divide|factor|times as", "def nll_loss(log_probs, targets):\n    return -log_probs[range(len(targets)), targets].sum() / log_probs.shape[1]"),
]
RIGHT = [
    right("def nll_loss(log_probs, targets):\n    n = log_probs.shape[0]\n    return -torch.sum(log_probs[torch.arange(n), targets]) / n"),
    right("def nll_loss(input, target): return -input[range(target.shape[0]), target].mean()"),
    right("def nll_loss(lp, y): return torch.mean(-torch.take_along_dim(lp, y.unsqueeze(1), 1))"),
]
RIGHT_KEPT_BACK = [
    right("def nll_loss(lp, t): return -(lp * F.one_hot(t, lp.shape[1])).sum(1).mean()"),
    right("def nll_loss(lp, t):\n    total = 0.\n    for row, label in zip(lp, t): total = total - row[label]\n    return total / lp.size(0)"),
]
