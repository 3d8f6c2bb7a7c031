"`BasicOptim`"
from mistakes import right, wrong

_INIT = "class BasicOptim:\n    def __init__(self, params, lr): self.params, self.lr = list(params), lr\n"
_ZERO = "    def zero_grad(self, *args, **kwargs):\n        for p in self.params: p.grad = None\n"
_STEP = "    def step(self, *args, **kwargs):\n        for p in self.params:\n            if p.grad is not None: p.data -= p.grad.data * self.lr\n"
_NONE = r"is None|no gradient|without a gradient|None"
REVIEW = [
    wrong("a parameter without a gradient", _NONE, _INIT + "    def step(self, *args, **kwargs):\n        for p in self.params: p.data -= p.grad.data * self.lr\n" + _ZERO),
    wrong("grad.zero_() on None", _NONE, _INIT + _STEP + "    def zero_grad(self):\n        for p in self.params: p.grad.zero_()\n"),
    wrong("grad.reshape on None", _NONE, _INIT + "    def step(self):\n        for p in self.params: p.data -= self.lr * p.grad.reshape(p.shape)\n" + _ZERO),
    wrong("return for continue", r"return.{0,60}(loop|others|rest|ends)|continue|left out", _INIT + "    @torch.no_grad()\n    def step(self):\n        for p in self.params:\n            if p.grad is None: return\n            p -= self.lr * p.grad\n" + _ZERO),
    wrong("no no_grad", r"no_grad|\.data", _INIT + "    def step(self):\n        for p in self.params:\n            if p.grad is not None: p -= self.lr * p.grad\n" + _ZERO),
    wrong("grad is 0", r"\b0\b.{0,60}None|None.{0,60}\b0\b|zero_\(\)", _INIT + _STEP + "    def zero_grad(self):\n        for p in self.params: p.grad = 0\n"),
    wrong("a tensor has no zero_grad()", r"zero_\(\)|p\.grad = None|None", _INIT + _STEP + "    def zero_grad(self):\n        for p in self.params: p.zero_grad()\n"),
]
WRONG = [
    wrong("uphill", r"uphill", _INIT + "    def step(self):\n        for p in self.params:\n            if p.grad is not None: p.data += self.lr * p.grad\n" + _ZERO),
    wrong("the generator is kept", r"generator|list\(params\)", "class BasicOptim:\n    def __init__(self, params, lr):\n        self.params = params\n        self.lr = lr\n" + _STEP + _ZERO),
    wrong("zero_ without brackets", r"brackets|called|\(\)", _INIT + _STEP + "    def zero_grad(self):\n        for p in self.params:\n            if p.grad is not None: p.grad.zero_\n"),
    wrong("a new tensor", r"new tensor|in place|\.data", _INIT + "    def step(self):\n        for p in self.params:\n            if p.grad is not None: p = p - self.lr * p.grad\n" + _ZERO),
    wrong("self missing", r"self", "class BasicOptim:\n    def __init__(self, params, lr): self.params, self.lr = list(params), lr\n    def step():\n        for p in self.params: p.data -= self.lr * p.grad\n" + _ZERO),
    wrong("lr not kept", r"self\.lr|attribute|no attribute", "class BasicOptim:\n    def __init__(self, params, lr):\n        self.params = list(params)\n" + _STEP + _ZERO),
    wrong("_init_", r"two underscores", "class BasicOptim:\n    def _init_(self, params, lr): self.params, self.lr = list(params), lr\n    def step(self):\n        for p in self.params:\n            if p.grad is not None: p.data -= p.grad * self.lr\n    def zero_grad(self):\n        for p in self.params: p.grad = None"),
    wrong("self forgotten in __init__", r"self\.params =", "class BasicOptim:\n    def __init__(self, params, lr):\n        params = list(params)\n        lr = lr\n    def step(self):\n        for p in self.params: p.data -= p.grad.data * self.lr\n    def zero_grad(self):\n        for p in self.params: p.grad = None"),
]
KEPT_BACK = [
    wrong("zero_grad of the data", r"parameters.{0,30}zero|sets the parameters|gradients", _INIT + _STEP + "    def zero_grad(self):\n        for p in self.params: p.data.zero_()\n"),
    wrong("the loop holds only the test", _NONE, _INIT + "    @torch.no_grad()\n    def step(self):\n        for p in self.params:\n            p.sub_(p.grad * self.lr)\n" + _ZERO),
    wrong("the rate is forgotten", r"rate|lr", _INIT + "    def step(self):\n        for p in self.params:\n            if p.grad is None: continue\n            p.data = p.data - p.grad\n" + _ZERO),
    wrong("the step clears the gradients", r"step.{0,60}(clear|zero|gradients)|zero_grad|add(ed)? up", _INIT + "    def step(self):\n        for p in self.params:\n            if p.grad is None: continue\n            p.data -= self.lr * p.grad\n            p.grad = None\n" + _ZERO),
    wrong("break for continue", r"break|loop|left out|continue|others|None|without a gradient", _INIT + "    def step(self):\n        for p in self.params:\n            if p.grad is None:\n                break\n            p.data -= self.lr * p.grad\n" + _ZERO),
    wrong("init misspelt", r"__init__|takes no arguments", "class BasicOptim:\n    def _init_(self, params, lr):\n        self.params, self.lr = list(params), lr\n" + _STEP + _ZERO),
    wrong("dict for attributes: name typo", r"self\.params|parms|attribute", "class BasicOptim:\n    def __init__(self, params, lr):\n        self.parms = list(params)\n        self.lr = lr\n" + _STEP + _ZERO),
]
RIGHT = [
    right("class BasicOptim:\n    def __init__(self, params, lr): self.params, self.lr = list(params), lr\n" + _STEP + _ZERO),
    right(_INIT + "    def step(self):\n        with torch.no_grad():\n            for p in self.params:\n                if p.grad is not None:\n                    p.add_(p.grad, alpha=-self.lr)\n    def zero_grad(self):\n        for p in self.params:\n            if p.grad is not None:\n                p.grad.detach_()\n                p.grad.zero_()\n"),
]
RIGHT_KEPT_BACK = [
    right("class BasicOptim(object):\n    def __init__(self, params, lr=0.01):\n        self.parameters = [p for p in params]\n        self.learning_rate = lr\n    @torch.no_grad()\n    def step(self):\n        for param in self.parameters:\n            if param.grad is None:\n                continue\n            param[...] = param - self.learning_rate * param.grad\n    def zero_grad(self):\n        for param in self.parameters:\n            param.grad = None\n"),
    right(_INIT + "    def step(self):\n        for p in [q for q in self.params if q.grad is not None]: p.data.sub_(self.lr * p.grad.data)\n    def zero_grad(self):\n        for p in self.params:\n            if p.grad is not None: p.grad = torch.zeros_like(p.grad)\n"),
]
