"`Sequential`"
from mistakes import right, wrong

_INIT = "class Sequential:\n    def __init__(self, *layers): self.layers = list(layers)\n"
_CALL = "    def __call__(self, x):\n        for layer in self.layers: x = layer(x)\n        return x\n"
_PARAMS = "    def parameters(self): return [p for layer in self.layers for p in layer.parameters()]\n"
REVIEW = [
    wrong("one list in place of *layers", r"\*layers|one after the other|star", "class Sequential:\n    def __init__(self, layers): self.layers = layers\n" + _CALL + _PARAMS, misleading=r"_Scale"),
    wrong("parameters() is missing", r"parameters", _INIT + _CALL),
]
WRONG = [
    wrong("return in the loop", r"return.{0,30}loop|first layer", _INIT + "    def __call__(self, x):\n        for layer in self.layers:\n            x = layer(x)\n            return x\n" + _PARAMS),
    wrong("the result is thrown away", r"thrown away|first input|x = layer\(x\)|handed on", _INIT + "    def __call__(self, x):\n        for layer in self.layers: layer(x)\n        return x\n" + _PARAMS),
    wrong("each gets the first input", r"first input|layer before", _INIT + "    def __call__(self, x):\n        for layer in self.layers: out = layer(x)\n        return out\n" + _PARAMS),
    wrong("lists of parameters", r"list for each|one after the other|nested|list", _INIT + _CALL + "    def parameters(self): return [layer.parameters() for layer in self.layers]\n"),
    wrong("returns nothing", r"returns? nothing|return", _INIT + "    def __call__(self, x):\n        for layer in self.layers: x = layer(x)\n" + _PARAMS),
    wrong("parameters return in the loop", r"first layer|return.{0,30}loop", _INIT + _CALL + "    def parameters(self):\n        for layer in self.layers: return layer.parameters()\n"),
    wrong("one list for all objects", r"all objects share", "class Sequential:\n    layers = []\n    def __init__(self, *layers):\n        for l in layers: self.layers.append(l)\n    def __call__(self, x):\n        for l in self.layers: x = l(x)\n        return x\n    def parameters(self): return [p for l in self.layers for p in l.parameters()]", misleading=r"calls itself"),
    wrong("the layers are popped", r"used up", "class Sequential:\n    def __init__(self, *layers): self.layers = list(layers)\n    def __call__(self, x):\n        while self.layers: x = self.layers.pop(0)(x)\n        return x\n    def parameters(self): return [p for l in self.layers for p in l.parameters()]"),
]
KEPT_BACK = [
    wrong("last to first", r"last to first|backwards|reversed", _INIT + "    def __call__(self, x):\n        for layer in reversed(self.layers): x = layer(x)\n        return x\n" + _PARAMS),
    wrong("layers wrapped once more", r"\*layers|not callable|list|tuple", "class Sequential:\n    def __init__(self, *layers): self.layers = [layers]\n" + _CALL + _PARAMS),
    wrong("parameters of the weights only", r"attribute|weight|parameters\(\)", _INIT + _CALL + "    def parameters(self): return [p for layer in self.layers for p in (layer.weight, layer.bias)]\n"),
    wrong("an iterator", r"iterator|generator|empty|used up|list", "class Sequential:\n    def __init__(self, *layers): self.layers = (l for l in layers)\n" + _CALL + _PARAMS),
    wrong("append in parameters for extend", r"list for each|one after the other|nested|extend|list", _INIT + _CALL + "    def parameters(self):\n        ps = []\n        for layer in self.layers: ps.append(list(layer.parameters()))\n        return ps\n"),
    wrong("parameters collected anew into self", r"again|twice|each time|grow|more", "class Sequential:\n    def __init__(self, *layers): self.layers, self.ps = list(layers), []\n" + _CALL + "    def parameters(self):\n        for layer in self.layers: self.ps += list(layer.parameters())\n        return self.ps\n"),
    wrong("the last layer is left out", r"last layer", _INIT + "    def __call__(self, x):\n        for i in range(len(self.layers) - 1): x = self.layers[i](x)\n        return x\n" + _PARAMS),
]
RIGHT = [
    right(_INIT + _CALL + _PARAMS),
    right("class Sequential:\n    def __init__(self, *layers): self.layers = layers\n    def __call__(self, x):\n        out = x\n        for l in self.layers:\n            out = l(out)\n        self.out = out\n        return self.out\n    def parameters(self):\n        params = []\n        for l in self.layers: params.extend(l.parameters())\n        return params\n"),
]
RIGHT_KEPT_BACK = [
    right("class Sequential:\n    def __init__(self, *args): self.modules = {str(i): m for i, m in enumerate(args)}\n    def __call__(self, x):\n        for m in self.modules.values(): x = m(x)\n        return x\n    def parameters(self): return sum([list(m.parameters()) for m in self.modules.values()], [])\n"),
    right("class Sequential:\n    def __init__(self, *layers): self.layers = layers\n    def __call__(self, x):\n        i = 0\n        while i < len(self.layers):\n            x = self.layers[i](x)\n            i += 1\n        return x\n    def parameters(self):\n        return (p for l in self.layers for p in l.parameters())\n"),
]
