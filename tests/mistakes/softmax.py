"`softmax`"
from mistakes import right, wrong

REVIEW = [
    wrong("keepdim forgotten", r"keepdim", "def softmax(x): return x.exp() / x.exp().sum(dim=1)"),
    wrong("NumPy in the graph", r"numpy", "def softmax(x): return np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True)", misleading=r"use tensor\.detach"),
    wrong("sums everything", r"whole batch|each row", "def softmax(x):\n    e = torch.exp(x)\n    return e / torch.sum(e)"),
]
WRONG = [
    wrong("dim 0", r"dim 0|over the rows", """
        def softmax(x):
            exps = torch.exp(x)
            return exps / exps.sum(dim=0)
    """),
    wrong("exp forgotten below", r"exponential|exp\b", """
        def softmax(x):
            return torch.exp(x) / x.sum(dim=1, keepdim=True)
    """),
    wrong("keepdim forgotten, stable form", r"keepdim", """
        def softmax(x):
            e = torch.exp(x - x.max(dim=1).values)
            return e / e.sum(dim=1)
    """),
    wrong("log softmax", r"log", """
        def softmax(x):
            return x - torch.logsumexp(x, dim=1, keepdim=True)
    """),
    wrong("max is a pair", r"max.{0,40}(pair|two|values|indices)|\.values|namedtuple|\[0\]", """
        def softmax(x):
            x = x - x.max(dim=1, keepdim=True)
            return x.exp() / x.exp().sum(dim=1, keepdim=True)
    """),
    wrong("only the first row", r"first row|one row|\bx\[0\]|shape", """
        def softmax(x):
            e = torch.exp(x[0])
            return e / e.sum()
    """),
    wrong("np.max of a tensor", r"NumPy", "def softmax(x):\n    e_x = np.exp(x - np.max(x))\n    return e_x / e_x.sum(axis=0)", misleading=r"without `return`"),
    wrong("max over a dimension gives two things", r"\.values", "def softmax(x):\n    e = torch.exp(x - torch.max(x, dim=1, keepdim=True))\n    return e / e.sum(1, keepdim=True)"),
]
KEPT_BACK = [
    wrong("sum of a Python list along the wrong axis", r"dim 0|over the rows", """
        def softmax(x):
            exps = torch.exp(x)
            return exps / sum(exps)
    """),
    wrong("math.exp on a tensor", r"math\.|python number", """
        def softmax(x):
            return torch.stack([math.exp(v) for v in x]) / sum(math.exp(v) for v in x)
    """),
    wrong("divides by the largest", r"sum|largest|add up", """
        def softmax(x):
            e = torch.exp(x)
            return e / e.max(dim=1, keepdim=True).values
    """),
    wrong("division forgotten", r"division|divide", """
        def softmax(x):
            return torch.exp(x - x.max(dim=1, keepdim=True).values)
    """),
    wrong("returns inside the loop", r"return.{0,40}loop|first row|one row|shape", """
        def softmax(x):
            for row in x:
                e = torch.exp(row)
                return e / e.sum()
    """),
    wrong("mean for sum", r"mean|number of (classes|columns)|times as (large|big)|factor|add up", """
        def softmax(x):
            e = x.exp()
            return e / e.mean(1, keepdim=True)
    """),
]
RIGHT = [
    right("def softmax(x):\n    maxes = torch.max(x, 1, keepdim=True)[0]\n    x_exp = torch.exp(x - maxes)\n    return x_exp / torch.sum(x_exp, 1, keepdim=True)"),
    right("def softmax(X):\n    X_exp = torch.exp(X)\n    partition = X_exp.sum(1, keepdim=True)\n    return X_exp / partition"),
    right("def softmax(x): return (x.exp().T / x.exp().sum(1)).T"),
]
RIGHT_KEPT_BACK = [
    right("def softmax(x): return torch.exp(x) / torch.sum(torch.exp(x), dim=1).view(-1, 1)"),
    right("def log_softmax(x): return x - x.exp().sum(-1, keepdim=True).log()\ndef softmax(x): return log_softmax(x).exp()"),
]
