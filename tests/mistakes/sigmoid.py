"`sigmoid`"
from mistakes import right, wrong

REVIEW = [
    wrong("NumPy in the graph", r"numpy", "def sigmoid(x): return 1 / (1 + np.exp(-x))", misleading=r"use tensor\.detach"),
    wrong("math on a tensor", r"math\.|python number", "def sigmoid(x): return 1 / (1 + math.exp(-x))"),
    wrong("inf / inf for large x", r"inf / inf|overflow|nan|not finite|huge", "def sigmoid(x): return torch.exp(x) / (1 + torch.exp(x))"),
    wrong("clamped", r"clamp|cut off|cutting", "def sigmoid(x): return (1 / (1 + torch.exp(-x))).clamp(1e-4, 1 - 1e-4)"),
    wrong("left the graph", r"no gradient|graph|detach", "def sigmoid(x): return 1 / (1 + torch.exp(-x.detach()))"),
]
WRONG = [
    wrong("the minus is missing", r"exponent is -x|minus", """
        def sigmoid(x):
            return 1.0 / (1.0 + torch.exp(x))
    """),
    wrong("brackets missing", r"bracket|order of operations", """
        def sigmoid(z):
            s = 1 / 1 + torch.exp(-z)
            return s
    """),
    wrong("prints instead of returning", r"returns? nothing|return.{0,30}(missing|forgotten)|print", """
        def sigmoid(x):
            out = 1 / (1 + torch.exp(-x))
            print(out)
    """),
    wrong("np.exp of x.numpy()", r"numpy", """
        def sigmoid(x):
            x = x.numpy()
            return 1 / (1 + np.exp(-x))
    """, plain=r"expected a tensor"),
    wrong("torch.tensor of the result", r"graph|no gradient|torch\.tensor", """
        def sigmoid(x):
            return torch.tensor(1 / (1 + torch.exp(-x)))
    """),
    wrong("derivative instead", r"derivative|s ?\* ?\(1|σ.{0,10}1", """
        def sigmoid(x):
            s = 1 / (1 + torch.exp(-x))
            return s * (1 - s)
    """),
    wrong("in place", r"new tensor", "def sigmoid(x):\n    x.neg_().exp_().add_(1).reciprocal_()\n    return x", misleading=r"no_grad|p\.data"),
    wrong("brackets missing", r"brackets are missing", "def sigmoid(x):\n    return 1 / (1 + (-x).exp)"),
    wrong("a helper without return", r"return", "def power(x): torch.exp(-x)\ndef sigmoid(x):\n    return 1 / (1 + power(x))", misleading=r"p\.grad"),
]
KEPT_BACK = [
    wrong("the numerator is e^x", r"inf / inf|overflow|nan|not finite|huge", """
        def sigmoid(x):
            e = math.e ** x
            return e / (e + 1)
    """),
    wrong("a Python if on a tensor", r"one number|single number|whole tensor|torch\.where|ambiguous", """
        def sigmoid(x):
            if x >= 0:
                return 1 / (1 + torch.exp(-x))
            return torch.exp(x) / (1 + torch.exp(x))
    """),
    wrong("rounded", r"round", """
        def sigmoid(x):
            return torch.round(1 / (1 + torch.exp(-x)), decimals=4)
    """),
    wrong("a list comes back", r"list", """
        def sigmoid(x):
            return [1 / (1 + math.exp(-v)) for v in x]
    """, plain=r"expected a tensor|math"),
    wrong("tanh shifted wrongly", r"tanh|tangent|factor|between -1", """
        def sigmoid(x):
            return (torch.exp(x) - torch.exp(-x)) / (torch.exp(x) + torch.exp(-x))
    """),
    wrong("with torch.no_grad", r"no gradient|graph|no_grad|detach", """
        def sigmoid(x):
            with torch.no_grad():
                return 1 / (1 + torch.exp(-x))
    """),
]
RIGHT = [
    right("""
        def sigmoid(x):
            '''The logistic function.'''
            return torch.exp(-torch.log(1 + torch.exp(-x)))
    """),
    right("""
        def sigmoid(input):
            return torch.pow(1 + torch.exp(input.neg()), -1)
    """),
    right("""
        def sigmoid(x):
            return torch.where(x >= 0, 1 / (1 + torch.exp(-x.abs())), 1 - 1 / (1 + torch.exp(-x.abs())))
    """),
]
RIGHT_KEPT_BACK = [
    right("def sigmoid(x): return 1 / (1 + math.e ** (-x))"),
    right("def sigmoid(x): return 0.5 * (1 + torch.tanh(0.5 * x))"),
]
