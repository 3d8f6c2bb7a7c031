"`net_gradients`"
from mistakes import right, wrong

_START = "def net_gradients(x, y, w1, b1, w2, b2):\n    h = x @ w1.T + b1\n    a = torch.relu(h)\n    p = torch.sigmoid(a @ w2.T + b2)\n"
_LOSS = "    g = (1 - 2 * y) * p * (1 - p) / len(x)\n"
_HEAD = _START + _LOSS
_BACK = "    d = (g @ w2) * (h > 0)\n"
_END = "    return d.T @ x, d.sum(0), g.T @ a, g.sum(0)"
WRONG = [
    wrong("relu is forgotten on the way back", r"way back ReLU|ReLU is left out", _HEAD + "    d = g @ w2\n" + _END),
    wrong("h for a", r"what ReLU return", _HEAD + _BACK + "    return d.T @ x, d.sum(0), g.T @ h, g.sum(0)"),
    wrong("the mask of the gradient", r"gradient's own sign", _HEAD + "    d = g @ w2\n    d[d < 0] = 0\n" + _END),
    wrong("order of discovery", r"order", _HEAD + "    dw2, db2 = g.T @ a, g.sum(0)\n" + _BACK + "    dw1, db1 = d.T @ x, d.sum(0)\n    return dw2, db2, dw1, db1"),
    wrong("no mean", r"mean|number of items", _START + "    g = (1 - 2 * y) * p * (1 - p)\n" + _BACK + _END),
    wrong("cross-entropy", r"cross-entropy", _START + "    g = (p - y) / len(x)\n" + _BACK + _END),
    wrong("no slope of the sigmoid", r"[Ss]lope", _START + "    g = (1 - 2 * y) / len(x)\n" + _BACK + _END),
    wrong("transposed", r"transpose", _HEAD + _BACK + "    return x.T @ d, d.sum(0), a.T @ g, g.sum(0)"),
    wrong("a step is returned", r"sign|step|negative|gradient", _HEAD + _BACK + "    return tuple(-v for v in (d.T @ x, d.sum(0), g.T @ a, g.sum(0)))"),
    wrong("weights only", r"four|b1|bias|two|2", _HEAD + _BACK + "    return d.T @ x, g.T @ a", plain=r"."),
    wrong("w2.T on the way back", r"transpose|shape|multiplied|@", _HEAD + "    d = (g @ w2.T) * (h > 0)\n" + _END, plain=r"shape|size|mat1"),
    wrong("no relu at all", r"ReLU is missing", "def net_gradients(x, y, w1, b1, w2, b2):\n    a = x @ w1.T + b1\n    p = torch.sigmoid(a @ w2.T + b2)\n" + _LOSS + "    d = g @ w2\n" + _END),
]
KEPT_BACK = [
    wrong("the mask twice as x", r"shape|size", _HEAD + "    d = (g @ w2) * (x > 0)\n" + _END, plain=r"size|shape"),
    wrong("biases averaged", r"mean|average|sum|added", _HEAD + _BACK + "    return d.T @ x, d.mean(0), g.T @ a, g.mean(0)", plain=r"expected"),
]
RIGHT = [
    right(_HEAD + _BACK + _END),
    right("def net_gradients(x, y, w1, b1, w2, b2):\n    z1 = torch.addmm(b1, x, w1.t())\n    a1 = z1 * (z1 > 0)\n    z2 = torch.addmm(b2, a1, w2.t())\n    s = 1 / (1 + torch.exp(-z2))\n    dz2 = torch.where(y == 1, -s * (1 - s), s * (1 - s)) / y.shape[0]\n"
          "    dz1 = torch.mm(dz2, w2)\n    dz1[z1 <= 0] = 0\n    return torch.mm(dz1.t(), x), dz1.sum(0), torch.mm(dz2.t(), a1), dz2.sum(0)"),
]
RIGHT_KEPT_BACK = [right(_HEAD + "    d = g @ w2\n    d = d * torch.where(a > 0, 1.0, 0.0)\n    grads = {'w1': d.T @ x, 'b1': d.sum(0), 'w2': g.T @ a, 'b2': g.sum(0)}\n    return tuple(grads.values())")]
