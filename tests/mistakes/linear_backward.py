"`linear_backward`"
from mistakes import right, wrong

_HEAD = "def linear_backward(grad, x, weight):\n    "
_TRANSPOSED = r"transpose"
WRONG = [
    wrong("as for x @ w", _TRANSPOSED, _HEAD + "dw = x.T @ grad\n    db = grad.sum(0)\n    dx = grad @ weight\n    return dw, db, dx"),
    wrong("weight.T on the way back", _TRANSPOSED, _HEAD + "return grad.T @ x, grad.sum(0), grad @ weight.T"),
    wrong("the mean", r"1/n|average|added", _HEAD + "n = len(x)\n    return grad.T @ x / n, grad.sum(0) / n, grad @ weight"),
    wrong("the mean of the bias only", r"mean|average|added|add", _HEAD + "return grad.T @ x, grad.mean(0), grad @ weight"),
    wrong("dx first, as in a course's homework", r"order", _HEAD + "dx = grad @ weight\n    dw = grad.T @ x\n    db = grad.sum(axis=0)\n    return dx, dw, db"),
    wrong("the bias is not added up", r"sum over the items|added to every item", _HEAD + "return grad.T @ x, grad, grad @ weight"),
    wrong("sum of everything", r"bias of its own|one number|dim 0", _HEAD + "return grad.T @ x, torch.sum(grad), grad @ weight"),
    wrong("two only", r"[Oo]nly two", _HEAD + "return grad.T @ x, grad.sum(0)"),
    wrong("elementwise", r"@|matrix|shape|size of tensor", _HEAD + "return grad * x, grad.sum(0), grad * weight", plain=r"."),
    wrong("the gradient of x without grad", r"multiplied by grad|What arrives", _HEAD + "return grad.T @ x, grad.sum(0), weight.sum(0).expand_as(x)"),
    wrong("a dictionary", r"dict|three|tuple", _HEAD + "return dict(weight=grad.T @ x, bias=grad.sum(0), x=grad @ weight)", plain=r"dict"),
]
KEPT_BACK = [
    wrong("keepdim", r"keepdim", _HEAD + "return grad.T @ x, grad.sum(dim=0, keepdim=True), grad @ weight"),
    wrong("dim 1", r"dim 1|dim 0", _HEAD + "return grad.T @ x, grad.sum(dim=1), grad @ weight"),
    wrong("negative", r"sign|negative|minus", _HEAD + "return -grad.T @ x, -grad.sum(0), -grad @ weight", plain=r"expected"),
]
RIGHT = [
    right(_HEAD + "dw = torch.matmul(grad.t(), x)\n    db = torch.sum(grad, dim=0)\n    dx = torch.matmul(grad, weight)\n    return dw, db, dx"),
    right("def linear_backward(g, inp, w):\n    return sum(torch.outer(a, b) for a, b in zip(g, inp)), sum(g), torch.stack([row @ w for row in g])"),
]
RIGHT_KEPT_BACK = [right(_HEAD + "out = [x.transpose(0, 1).mm(grad).T.contiguous(), grad.sum(axis=0), grad.mm(weight)]\n    return out")]
