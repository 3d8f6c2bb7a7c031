"`train_epoch`"
from mistakes import right, wrong

_HEAD = "def train_epoch(model, lr, params, dl, loss_func=mnist_loss):\n"
_OLD = "def calc_grad(xb, yb, model):\n    preds = model(xb)\n    loss = mnist_loss(preds, yb)\n    loss.backward()\n"
_NEW = "def calc_grad(xb, yb, model, loss_func=mnist_loss):\n    loss_func(model(xb), yb).backward()\n"
REVIEW = [
    wrong("loss_func is not handed on", r"loss_func.{0,60}(not used|handed on|never used)|not used.{0,40}loss_func", _OLD + _HEAD + "    for xb, yb in dl:\n        calc_grad(xb, yb, model)\n        for p in params:\n            p.data -= p.grad * lr\n            p.grad.zero_()\n"),
    wrong("zero, backward, step", r"after (the|each) step|afterwards|left for the next|last (batch|gradient)", _HEAD + "    for xb, yb in dl:\n        for p in params: p.grad = None\n        loss_func(model(xb), yb).backward()\n        for p in params: p.data -= lr * p.grad\n"),
    wrong("no no_grad", r"no_grad|\.data", _HEAD + "    for xb, yb in dl:\n        loss_func(model(xb), yb).backward()\n        for p in params:\n            p -= lr * p.grad\n            p.grad.zero_()\n"),
    wrong("the loss's arguments are swapped", r"swapped|predictions first", _HEAD + "    for xb, yb in dl:\n        loss_func(yb, model(xb)).backward()\n        for p in params:\n            p.data -= lr * p.grad\n            p.grad.zero_()\n"),
    wrong("the loss has no default", r"default", "def train_epoch(model, lr, params, dl, loss_func):\n    for xb, yb in dl:\n        loss_func(model(xb), yb).backward()\n        for p in params:\n            p.data -= lr * p.grad\n            p.grad = None\n"),
]
WRONG = [
    wrong("no zero", r"set to zero|add(ed)? up", _NEW + _HEAD + "    for xb, yb in dl:\n        calc_grad(xb, yb, model, loss_func)\n        for p in params:\n            p.data -= p.grad * lr\n"),
    wrong("zero_ without brackets", r"brackets|called", _NEW + _HEAD + "    for xb, yb in dl:\n        calc_grad(xb, yb, model, loss_func)\n        for p in params:\n            p.data -= p.grad * lr\n            p.grad.zero_\n"),
    wrong("uphill", r"uphill", _NEW + _HEAD + "    for xb, yb in dl:\n        calc_grad(xb, yb, model, loss_func)\n        for p in params:\n            p.data += lr * p.grad\n            p.grad.zero_()\n"),
    wrong("a new tensor", r"in place|new tensor|\.data", _NEW + _HEAD + "    for xb, yb in dl:\n        calc_grad(xb, yb, model, loss_func)\n        for p in params:\n            p = p - lr * p.grad\n"),
    wrong("one step after all batches", r"each batch|after all batches", _NEW + _HEAD + "    for xb, yb in dl:\n        calc_grad(xb, yb, model, loss_func)\n    for p in params:\n        p.data -= lr * p.grad\n        p.grad.zero_()\n"),
    wrong("fastbook's order of parameters", r"swapped|order of the (arguments|parameters)|not callable|model, lr, params", "def train_epoch(model, dl, params, lr, loss_func=mnist_loss):\n    for xb, yb in dl:\n        loss_func(model(xb), yb).backward()\n        for p in params:\n            p.data -= lr * p.grad\n            p.grad.zero_()\n", plain=r"not iterable"),
]
KEPT_BACK = [
    wrong("return in the loop", r"first batch|return.{0,30}loop|each batch", _NEW + _HEAD + "    for xb, yb in dl:\n        calc_grad(xb, yb, model, loss_func)\n        for p in params:\n            p.data -= lr * p.grad\n            p.grad.zero_()\n        return\n"),
    wrong("lr is a constant", r"(learning )?rate|\blr\b", _NEW + _HEAD + "    lr = 1e-3\n    for xb, yb in dl:\n        calc_grad(xb, yb, model, loss_func)\n        for p in params:\n            p.data -= lr * p.grad\n            p.grad.zero_()\n"),
    wrong("zero before the step", r"between backward|step does nothing|before the step|too early", _NEW + _HEAD + "    for xb, yb in dl:\n        calc_grad(xb, yb, model, loss_func)\n        for p in params:\n            p.grad.zero_()\n            p.data -= lr * p.grad\n"),
    wrong("model.parameters()", r"params|attribute", _NEW + _HEAD + "    for xb, yb in dl:\n        calc_grad(xb, yb, model, loss_func)\n        with torch.no_grad():\n            for p in model.parameters():\n                p -= lr * p.grad\n                p.grad.zero_()\n"),
    wrong("the data is zeroed", r"parameters (themselves )?are set to zero|instead of their gradients|sets the parameters", _NEW + _HEAD + "    for xb, yb in dl:\n        calc_grad(xb, yb, model, loss_func)\n        for p in params:\n            p.data -= lr * p.grad\n            p.data.zero_()\n"),
    wrong("the gradient is divided by the batch size", r"divide|batch size|number of (items|batches)|rate|factor|times as", _NEW + _HEAD + "    for xb, yb in dl:\n        calc_grad(xb, yb, model, loss_func)\n        for p in params:\n            p.data -= lr * p.grad / len(xb)\n            p.grad.zero_()\n"),
    wrong("enumerate forgotten to be unpacked", r"unpack|enumerate|line \d", _NEW + _HEAD + "    for i, xb, yb in enumerate(dl):\n        calc_grad(xb, yb, model, loss_func)\n        for p in params:\n            p.data -= lr * p.grad\n            p.grad.zero_()\n"),
    wrong("zero only the last", r"set to zero|add(ed)? up|all (parameters|params)|each parameter|gradient", _NEW + _HEAD + "    for xb, yb in dl:\n        calc_grad(xb, yb, model, loss_func)\n        for p in params:\n            p.data -= lr * p.grad\n        p.grad.zero_()\n"),
]
RIGHT = [
    right(_NEW + _HEAD + "    for xb, yb in dl:\n        calc_grad(xb, yb, model, loss_func)\n        for p in params:\n            p.data -= p.grad * lr\n            p.grad.zero_()\n"),
    right(_HEAD + "    for xb, yb in dl:\n        loss = loss_func(model(xb), yb)\n        loss.backward()\n        with torch.no_grad():\n            for p in params:\n                p -= lr * p.grad\n        for p in params: p.grad = None\n"),
]
RIGHT_KEPT_BACK = [
    right(_NEW + "def step(params, lr):\n    for p in params:\n        p.data.sub_(lr * p.grad.data)\n        p.grad.zero_()\n" + _HEAD + "    for batch in dl:\n        xb, yb = batch\n        calc_grad(xb, yb, model, loss_func)\n        step(params, lr)\n"),
    right(_HEAD + "    losses = []\n    for i, (xb, yb) in enumerate(dl):\n        loss = loss_func(model(xb), yb)\n        losses.append(loss.item())\n        loss.backward()\n        for p in params:\n            p.data = p.data - lr * p.grad.data\n            p.grad = None\n"),
]
