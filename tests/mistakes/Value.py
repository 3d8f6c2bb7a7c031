"`Value`"
from mistakes import right, wrong

_INIT = "class Value:\n    def __init__(self, data, _children=()):\n        self.data = data\n        self.grad = {start}\n        self._backward = lambda: None\n        self._prev = {kind}(_children)\n"
_TAKE = "        other = other if isinstance(other, Value) else Value(other)\n"
_ADD = "    def __add__(self, other):\n{take}        out = Value(self.data + other.data, (self, other))\n        def _backward():\n            self.grad {how} out.grad\n            other.grad {how} out.grad\n        out._backward = _backward\n        return out\n"
_MUL = "    def __mul__(self, other):\n{take}        out = Value(self.data * other.data, (self, other))\n        def _backward():\n            self.grad {how} {one} * out.grad\n            other.grad {how} {two} * out.grad\n        out._backward = _backward\n        return out\n"
_RELU = "    def relu(self):\n        out = Value(0 if self.data < 0 else self.data, (self,))\n        def _backward(): self.grad {how} {slope} * out.grad\n        out._backward = _backward\n        return out\n"
_SIDES = "    def __radd__(self, other): return self + other\n    def __rmul__(self, other): return self * other\n"
_BACK = "    def backward(self):\n        topo, visited = [], set()\n        def build(v):\n            if v not in visited:\n                visited.add(v)\n                for child in v._prev: build(child)\n                topo.append(v)\n        build(self)\n        self.grad = {first}\n        for v in {order}: v._backward()\n"


def _like_micrograd(start="0", kind="set", take=_TAKE, how="+=", one="other.data", two="self.data", slope="(out.data > 0)", sides=_SIDES, first="1", order="reversed(topo)", back=_BACK):
    "The usual form, with one thing changed."
    text = _INIT + _ADD + _MUL + _RELU
    return text.format(start=start, kind=kind, take=take, how=how, one=one, two=two, slope=slope) + sides + back.format(first=first, order=order)


WRONG = [
    wrong("= for +=, the famous one", r"\+=|takes the place", _like_micrograd(how="=")),
    wrong("the product's factors", r"other factor", _like_micrograd(one="self.data", two="other.data")),
    wrong("not reversed", r"order|go on", _like_micrograd(order="topo")),
    wrong("the first gradient is 0", r"begins with 1", _like_micrograd(first="0")),
    wrong("relu's slope is its value", r"1 or 0", _like_micrograd(slope="out.data")),
    wrong("relu lets all through", r"lets everything|not positive", _like_micrograd(slope="1")),
    wrong("no plain numbers", r"[Pp]lain number", _like_micrograd(take="")),
    wrong("none on the left", r"__radd__|left", _like_micrograd(sides="")),
    wrong("only one step", r"go on|directly", _like_micrograd(back="    def backward(self):\n        self.grad = {first}\n        self._backward()\n")),
    wrong("no topological order", r"passes its gradient on|passes on", _like_micrograd(back="    def backward(self):\n        self.grad = {first}\n        todo = [self]\n        while todo:\n            v = todo.pop(0)\n            v._backward()\n            todo += v._prev\n"), plain=r"results that are used again"),
    wrong("grad is None", r"None", _like_micrograd(start="None")),
    wrong("chain rule forgotten in the product", r"chain rule|arrive", _INIT.format(start="0", kind="set") + _ADD.format(take=_TAKE, how="+=") + "    def __mul__(self, other):\n" + _TAKE + "        out = Value(self.data * other.data, (self, other))\n        def _backward():\n"
          "            self.grad += other.data\n            other.grad += self.data\n        out._backward = _backward\n        return out\n" + _RELU.format(how="+=", slope="(out.data > 0)") + _SIDES + _BACK.format(first="1", order="reversed(topo)")),
]
KEPT_BACK = [
    wrong("zero the gradients in backward", r"adds to what|back to 0", _like_micrograd(back=_BACK.replace("        self.grad = {first}", "        for v in topo: v.grad = 0\n        self.grad = {first}"))),
    wrong("no relu", r"relu", _like_micrograd().replace("def relu", "def rectify")),
]
RIGHT = [right(_like_micrograd()), right(_like_micrograd(start="0.0", first="1.0", order="topo[::-1]"))]
RIGHT_KEPT_BACK = [right(_like_micrograd(kind="list", slope="(self.data > 0)"))]
