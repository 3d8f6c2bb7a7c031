"`ReLU`"
from mistakes import right, wrong

_P = "    def parameters(self): return []\n"
_TENSOR = r"one number|single number|whole tensor|torch\.where|clamp|ambiguous"
REVIEW = [
    wrong("np.maximum", r"numpy", "class ReLU:\n    def __call__(self, x): return np.maximum(0, x)\n" + _P, misleading=r"use tensor\.detach"),
    wrong("Python's max", _TENSOR, "class ReLU:\n    def __call__(self, x): return max(0, x)\n" + _P),
    wrong("a Python if", _TENSOR, "class ReLU:\n    def __call__(self, x):\n        if x > 0: return x\n        return 0\n" + _P),
    wrong("a mask on the input", r"in place|input|clone|no_grad", "class ReLU:\n    def __call__(self, x):\n        x[x < 0] = 0\n        return x\n" + _P),
    wrong("parameters() is missing", r"parameters", "class ReLU:\n    def __call__(self, x): return x.clamp(min=0)\n"),
]
WRONG = [
    wrong("min for max", r"negative numbers become 0|not positive", "class ReLU:\n    def __call__(self, x): return torch.minimum(x, torch.zeros_like(x))\n" + _P),
    wrong("a step", r"step", "class ReLU:\n    def __call__(self, x): return (x > 0).float()\n" + _P),
    wrong("leaky", r"leaky", "class ReLU:\n    def __call__(self, x): return torch.where(x > 0, x, x * 0.01)\n" + _P),
    wrong("parameters returns None", r"parameters\(\)|returns? nothing|None", "class ReLU:\n    def __call__(self, x): return x.clamp(min=0)\n    def parameters(self): pass\n"),
    wrong("abs", r"absolute", "class ReLU:\n    def __call__(self, x): return torch.sqrt(x ** 2)\n" + _P),
    wrong("torch.max of a number", r"torch\.max|tensor", "class ReLU:\n    def __call__(self, x): return torch.max(x, 0)\n" + _P, plain=r"line \d"),
]
KEPT_BACK = [
    wrong("NumPy and back", r"numpy|graph|gradient", "class ReLU:\n    def __call__(self, x):\n        return torch.from_numpy(np.maximum(0, x.detach().numpy()))\n" + _P),
    wrong("self forgotten", r"self", "class ReLU:\n    def __call__(x): return x.clamp(min=0)\n    def parameters(): return []\n"),
    wrong("clamp(0, 1)", r"cut off at 1|cut.{0,10}at 1|\b1\b", "class ReLU:\n    def __call__(self, x): return torch.clamp(x, 0, 1)\n" + _P),
    wrong("forward only", r"__call__|not callable", "class ReLU:\n    def forward(self, x): return x * (x > 0).float()\n" + _P),
    wrong("in place on a leaf", r"in place|leaf|no_grad|clone", "class ReLU:\n    def __call__(self, x): return x.clamp_(min=0)\n" + _P),
    wrong("a filter", r"shape|left out|positive ones|only", "class ReLU:\n    def __call__(self, x): return x[x > 0]\n" + _P),
    wrong("softplus", r"softplus|smooth", "class ReLU:\n    def __call__(self, x): return torch.log1p(torch.exp(x))\n" + _P),
]
RIGHT = [
    right("class ReLU:\n    def __call__(self, x): return x.clamp_min(0.)\n    def parameters(self): return []\n"),
    right("class ReLU:\n    def __call__(self, x):\n        out = x.clone()\n        out[x < 0] = 0\n        return out\n    def parameters(self): return []\n"),
]
RIGHT_KEPT_BACK = [
    right("class ReLU(nn.Module):\n    def forward(self, x): return torch.max(x, torch.zeros_like(x))\n"),
    right("class ReLU:\n    def __init__(self): self.out = None\n    def __call__(self, x):\n        self.out = torch.where(x < 0, torch.tensor(0.), x)\n        return self.out\n    def parameters(self): return ()\n"),
]
