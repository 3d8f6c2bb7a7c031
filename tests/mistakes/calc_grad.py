"`calc_grad`"
from mistakes import right, wrong

_SWAPPED = r"swapped|predictions first"
_DEFAULT = r"default"
REVIEW = [
    wrong("the loss's arguments are swapped", _SWAPPED, "def calc_grad(xb, yb, model, loss_func=mnist_loss): loss_func(yb, model(xb)).backward()"),
    wrong("loss_func=None", _DEFAULT + r"|None.{0,30}callable", "def calc_grad(xb, yb, model, loss_func=None): loss_func(model(xb), yb).backward()"),
    wrong("loss_func has no default", _DEFAULT, "def calc_grad(xb, yb, model, loss_func): loss_func(model(xb), yb).backward()"),
    wrong("the loss comes back", r"returns? (nothing|the loss)|return", "def calc_grad(xb, yb, model, loss_func=mnist_loss):\n    loss = loss_func(model(xb), yb)\n    loss.backward()\n    return loss"),
    wrong("fastbook's: no loss_func at all", r"loss_func|fourth|argument", "def calc_grad(xb, yb, model):\n    preds = model(xb)\n    loss = mnist_loss(preds, yb)\n    loss.backward()"),
]
WRONG = [
    wrong("loss_func is not used", r"loss_func.{0,60}not used|not used.{0,40}loss_func", "def calc_grad(xb, yb, model, loss_func=mnist_loss):\n    preds = model(xb)\n    loss = mnist_loss(preds, yb)\n    loss.backward()"),
    wrong("backward without brackets", r"brackets|backward\(\) is missing|called", "def calc_grad(xb, yb, model, loss_func=mnist_loss):\n    loss = loss_func(model(xb), yb)\n    loss.backward"),
    wrong("backward is missing", r"backward\(\) is missing", "def calc_grad(xb, yb, model, loss_func=mnist_loss):\n    preds = model(xb)\n    loss = loss_func(preds, yb)"),
    wrong("the predictions are detached", r"detach|graph|require grad|no gradient", "def calc_grad(xb, yb, model, loss_func=mnist_loss):\n    preds = model(xb).detach()\n    loss_func(preds, yb).backward()"),
    wrong("in no_grad", r"no_grad|graph", "def calc_grad(xb, yb, model, loss_func=mnist_loss):\n    with torch.no_grad():\n        loss = loss_func(model(xb), yb)\n    loss.backward()"),
    wrong("gradients set to zero", r"leaves the gradients", "def calc_grad(xb, yb, model, loss_func=mnist_loss):\n    for p in model.parameters(): p.grad = None\n    loss_func(model(xb), yb).backward()", misleading=r"A layer needs"),
    wrong("backward on a number made anew", r"cut off", "def calc_grad(xb, yb, model, loss_func=mnist_loss):\n    loss = torch.tensor(loss_func(model(xb), yb).item(), requires_grad=True)\n    loss.backward()"),
]
KEPT_BACK = [
    wrong("item()", r"\.item|python number|float", "def calc_grad(xb, yb, model, loss_func=mnist_loss):\n    loss = loss_func(model(xb), yb).item()\n    loss.backward()"),
    wrong("backward on the predictions", r"predictions", "def calc_grad(xb, yb, model, loss_func=mnist_loss):\n    preds = model(xb)\n    loss = loss_func(preds, yb)\n    preds.sum().backward()"),
    wrong("the batch's loss is divided", r"divide|batch size|number of|times as|factor|1/n", "def calc_grad(xb, yb, model, loss_func=mnist_loss):\n    loss = loss_func(model(xb), yb) / len(xb)\n    loss.backward()"),
    wrong("x and y are swapped in the head", r"swapped|order of the (arguments|parameters)|xb, yb", "def calc_grad(yb, xb, model, loss_func=mnist_loss):\n    preds = model(xb)\n    loss = loss_func(preds, yb)\n    loss.backward()"),
    wrong("twice", r"twice", "def calc_grad(xb, yb, model, loss_func=mnist_loss):\n    loss = loss_func(model(xb), yb)\n    loss.backward(retain_graph=True)\n    loss.backward()"),
    wrong("the model's parameters are zeroed first", r"added|add(ed)? up|zero|attribute|parameters", "def calc_grad(xb, yb, model, loss_func=mnist_loss):\n    for p in model.parameters(): p.grad = None\n    loss_func(model(xb), yb).backward()"),
]
RIGHT = [
    right("def calc_grad(xb, yb, model, loss_func=mnist_loss):\n    preds = model(xb)\n    loss = loss_func(preds, yb)\n    loss.backward()"),
    right("def calc_grad(x, y, m, loss_func=mnist_loss):\n    '''Adds to the gradients.'''\n    return loss_func(m(x), y).backward()"),
]
RIGHT_KEPT_BACK = [
    right("def calc_grad(inputs, labels, net, loss_func=mnist_loss):\n    outputs = net(inputs)\n    loss = loss_func(outputs, labels)\n    torch.autograd.backward(loss)"),
    right("def predict(model, xb): return model(xb)\ndef calc_grad(xb, yb, model, loss_func=mnist_loss):\n    loss = loss_func(predict(model, xb), yb)\n    loss.backward()\n    del loss"),
]
