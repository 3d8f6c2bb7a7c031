"`Linear`"
from mistakes import right, wrong

_REST = "    def __call__(self, x): return x @ self.weight.T + self.bias\n    def parameters(self): return [self.weight, self.bias]\n"
_HEAD = "class Linear:\n    def __init__(self, n_in, n_out):\n"
_WEIGHT = "        self.weight = (torch.randn(n_out, n_in) / n_in ** 0.5).requires_grad_()\n"
_BIAS = "        self.bias = torch.zeros(n_out).requires_grad_()\n"
_SCALE = r"root of n_in|whatever n_in"
REVIEW = [
    wrong("a fixed scale of 0.1", _SCALE, _HEAD + "        self.weight = (0.1 * torch.randn(n_out, n_in)).requires_grad_()\n" + _BIAS + _REST),
    wrong("a fixed scale of 0.01", _SCALE, _HEAD + "        self.weight = (torch.randn(n_out, n_in) * 0.01).requires_grad_()\n" + _BIAS + _REST),
    wrong("the bias is from randn", r"bias", _HEAD + _WEIGHT + "        self.bias = torch.randn(n_out).requires_grad_()\n" + _REST),
    wrong("the weight is no leaf", r"calculated from|leaf|requires_grad.{0,60}(before|after|last|division)", _HEAD + "        self.weight = torch.randn(n_out, n_in, requires_grad=True) / n_in ** 0.5\n" + _BIAS + _REST),
    wrong("the weights are all 1", r"equal|same|alike|draw", _HEAD + "        self.weight = torch.ones(n_out, n_in).requires_grad_()\n" + _BIAS + _REST, misleading=r"begin as 0"),
    wrong("makemore's: (n_in, n_out)", r"\(n_out, n_in\)", "class Linear:\n    def __init__(self, fan_in, fan_out):\n        self.weight = (torch.randn((fan_in, fan_out)) / fan_in ** 0.5).requires_grad_()\n        self.bias = torch.zeros(fan_out).requires_grad_()\n    def __call__(self, x): return x @ self.weight + self.bias\n    def parameters(self): return [self.weight, self.bias]\n"),
    wrong("w and b as names", r"weight.{0,40}bias|attribute|self\.weight", "class Linear:\n    def __init__(self, n_in, n_out):\n        self.w = (torch.randn(n_in, n_out) / n_in ** 0.5).requires_grad_()\n        self.b = torch.zeros(n_out).requires_grad_()\n    def __call__(self, x): return x @ self.w + self.b\n    def parameters(self): return [self.w, self.b]\n"),
]
WRONG = [
    wrong("unscaled randn", _SCALE, _HEAD + "        self.weight = torch.randn(n_out, n_in, requires_grad=True)\n        self.bias = torch.zeros(n_out, requires_grad=True)\n" + _REST),
    wrong("the bias is missing from the output", r"bias is not added|bias", _HEAD + _WEIGHT + _BIAS + "    def __call__(self, x): return x @ self.weight.T\n    def parameters(self): return [self.weight, self.bias]\n"),
    wrong("no requires_grad", r"requires_grad|require gradients", _HEAD + "        self.weight = torch.randn(n_out, n_in) / n_in ** 0.5\n        self.bias = torch.zeros(n_out)\n" + _REST),
    wrong("not transposed in the call", r"transpose|\.T\b|shapes", _HEAD + _WEIGHT + _BIAS + "    def __call__(self, x): return x @ self.weight + self.bias\n    def parameters(self): return [self.weight, self.bias]\n"),
    wrong("forward in place of __call__", r"__call__|not callable", _HEAD + _WEIGHT + _BIAS + "    def forward(self, x): return x @ self.weight.T + self.bias\n    def parameters(self): return [self.weight, self.bias]\n"),
    wrong("torch.rand", r"around 0|positive|torch\.rand\b", _HEAD + "        self.weight = (torch.rand(n_out, n_in) / n_in ** 0.5).requires_grad_()\n" + _BIAS + _REST),
]
KEPT_BACK = [
    wrong("divided by n_in", _SCALE, _HEAD + "        self.weight = (torch.randn(n_out, n_in) / n_in).requires_grad_()\n" + _BIAS + _REST),
    wrong("zeros", r"begin as 0|equal|at random", _HEAD + "        self.weight = torch.zeros(n_out, n_in, requires_grad=True)\n        self.bias = torch.zeros(n_out, requires_grad=True)\n" + _REST),
    wrong("the bias is one number", r"bias.{0,60}(shape|one number|\(n_out)|shape.{0,40}bias", _HEAD + _WEIGHT + "        self.bias = torch.zeros(1).requires_grad_()\n" + _REST),
    wrong("parameters without brackets of a list", r"bias", _HEAD + _WEIGHT + _BIAS + "    def __call__(self, x): return x @ self.weight.T + self.bias\n    def parameters(self):\n        return [self.weight]\n"),
    wrong("a relu in it", r"activation|linear", _HEAD + _WEIGHT + _BIAS + "    def __call__(self, x): return (x @ self.weight.T + self.bias).clamp(min=0)\n    def parameters(self): return [self.weight, self.bias]\n"),
    wrong("the seed is set in __init__", r"seed|same weights|each new layer|anew", _HEAD + "        torch.manual_seed(42)\n" + _WEIGHT + _BIAS + _REST),
    wrong("bias before weight", r"order|weight, then the bias|weight first|swapped|reversed", _HEAD + _WEIGHT + _BIAS + "    def __call__(self, x): return x @ self.weight.T + self.bias\n    def parameters(self): return [self.bias, self.weight]\n"),
    wrong("* in place of @", r"@|element by element|elementwise|matrix (product|multipl)", _HEAD + _WEIGHT + _BIAS + "    def __call__(self, x): return x * self.weight.T + self.bias\n    def parameters(self): return [self.weight, self.bias]\n", plain=r"shape|size of tensor"),
]
RIGHT = [
    right(_HEAD + _WEIGHT + _BIAS + _REST),
    right(_HEAD + "        self.weight = torch.empty(n_out, n_in)\n        nn.init.kaiming_normal_(self.weight)\n        self.weight.requires_grad_()\n" + _BIAS + _REST),
    right(_HEAD + "        bound = 1 / math.sqrt(n_in)\n        self.weight = ((torch.rand(n_out, n_in) * 2 - 1) * bound).requires_grad_()\n        self.bias = ((torch.rand(n_out) * 2 - 1) * bound).requires_grad_()\n" + _REST),
]
RIGHT_KEPT_BACK = [
    right(_HEAD + "        self.weight = nn.Parameter(torch.randn(n_out, n_in) * math.sqrt(2 / n_in))\n        self.bias = nn.Parameter(torch.zeros(n_out))\n    def __call__(self, x):\n        self.out = x.matmul(self.weight.t()).add(self.bias)\n        return self.out\n    def parameters(self): return [self.weight, self.bias]\n"),
    right(_HEAD + "        self.weight = torch.randn(n_out, n_in).div(n_in ** .5).requires_grad_(True)\n        self.bias = torch.full((n_out,), 0.1).requires_grad_(True)\n" + _REST),
]
