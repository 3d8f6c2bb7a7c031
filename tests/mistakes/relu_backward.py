"`relu_backward`"
from mistakes import right, wrong

_HEAD = "def relu_backward(grad, x):\n    "
_X = r"x, what ReLU was given|only x decides|decides is x"
WRONG = [
    wrong("the mask is the gradient's", _X, _HEAD + "dx = grad.clone()\n    dx[grad < 0] = 0\n    return dx"),
    wrong("no mask", r"[Ee]verything gets through", _HEAD + "return grad"),
    wrong("the derivative only", r"local derivative alone|multiply it by", _HEAD + "return (x > 0) * 1.0"),
    wrong("the output for the slope", r"slope, 1 where|ReLU's result", _HEAD + "return grad * x.clamp(min=0)"),
    wrong("in place", r"handed over", _HEAD + "grad[x < 0] = 0\n    grad[x == 0] = 0\n    return grad"),
    wrong("the arguments swapped", r"swapped|multipl|order", "def relu_backward(x, grad):\n    return grad * (x > 0)", plain=r"expected"),
    wrong("a mask of bools comes back", r"bool|True or False|multiply", _HEAD + "return x > 0"),
    wrong("the slope of the sigmoid", r"slope|1 where|sigmoid", _HEAD + "s = torch.sigmoid(x)\n    return grad * s * (1 - s)", plain=r"expected"),
    wrong("guided", _X, _HEAD + "return torch.relu(grad) * torch.sign(torch.relu(x))"),
    wrong("nothing is returned", r"returns? nothing|return", _HEAD + "grad = grad * (x > 0)"),
]
KEPT_BACK = [
    wrong("the sign of x", r"negative|positive|sign", _HEAD + "return grad * torch.sign(x)", plain=r"expected"),
    wrong("at least", r"exactly 0|x > 0, not", _HEAD + "return torch.where(x >= 0, grad, torch.tensor(0.))"),
    wrong("a loop that returns too early", r"return|first|shape", _HEAD + "out = torch.zeros_like(grad)\n    for i in range(len(x)):\n        if x[i].max() > 0: out[i] = grad[i]\n        return out", plain=r"expected"),
]
RIGHT = [
    right(_HEAD + "dx = grad.clone()\n    dx[x <= 0] = 0\n    return dx"),
    right(_HEAD + "mask = x > 0\n    return mask.float() * grad"),
    right("def relu_backward(dout, cache):\n    x = cache\n    return np.where(x.numpy() > 0, dout.numpy(), 0) if False else torch.where(x > 0, dout, torch.zeros(()))"),
]
RIGHT_KEPT_BACK = [right(_HEAD + "return grad * torch.heaviside(x, torch.tensor(0.0))"), right(_HEAD + "return grad - grad * (x <= 0)")]
