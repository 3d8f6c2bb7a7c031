"""Every function of the from-scratch library against torch's: values and gradients, in both precisions."""
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from course_lib.scratch.binary_loss import mnist_loss, sigmoid
from course_lib.scratch.gradient_descent import descend, mse, quadratic
from course_lib.scratch.neural_net import LeakyReLU, Linear, ReLU, Sequential, simple_net
from course_lib.scratch.optimizers import SGD, BasicOptim
from course_lib.scratch.training import batch_accuracy, calc_grad, linear1, train_epoch, validate_epoch

precisions = pytest.mark.parametrize("dtype", [torch.float32, torch.float64])


def agree(ours, theirs, *inputs):
    "Both give the same value, and the same gradient for every input."
    results = []
    for function in ours, theirs:
        leaves = [x.detach().clone().requires_grad_() for x in inputs]
        value = function(*leaves)
        weights = torch.linspace(1, 2, value.numel(), dtype=value.dtype).view_as(value)
        (value * weights).sum().backward()
        results.append((value.detach(), [x.grad for x in leaves]))
    (value, grads), (expected, expected_grads) = results
    torch.testing.assert_close(value, expected)
    for g, e in zip(grads, expected_grads, strict=True): torch.testing.assert_close(g, e)


@precisions
def test_sigmoid(dtype):
    agree(sigmoid, torch.sigmoid, torch.randn(50, 3, dtype=dtype) * 5)
    agree(sigmoid, torch.sigmoid, torch.tensor([-1000.0, -100, -20, 0, 20, 100, 1000], dtype=dtype))


def test_sigmoid_is_exact_in_the_tail():
    x = torch.tensor([-30.0, -50.0, -80.0])
    torch.testing.assert_close(sigmoid(x), torch.sigmoid(x), rtol=1e-5, atol=0)


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_sigmoid_and_its_gradient_are_finite_everywhere(values):
    x = torch.tensor(values, dtype=torch.float32).requires_grad_()
    y = sigmoid(x)
    y.sum().backward()
    assert ((y >= 0) & (y <= 1)).all() and x.grad.isfinite().all()


@precisions
@pytest.mark.parametrize("shape", [(7,), (7, 1), (4, 10)])
def test_mnist_loss(dtype, shape):
    targets = (torch.rand(shape) > 0.5).to(dtype)
    agree(lambda p: mnist_loss(p, targets), lambda p: (torch.sigmoid(p) - targets).abs().mean(), torch.randn(shape, dtype=dtype))


@precisions
def test_mse(dtype):
    agree(mse, F.mse_loss, torch.randn(6, 2, dtype=dtype), torch.randn(6, 2, dtype=dtype))


@precisions
def test_quadratic(dtype):
    t = torch.linspace(-2, 2, 9, dtype=dtype)
    agree(lambda p: quadratic(t, p), lambda p: torch.stack([t**2, t, torch.ones_like(t)], 1) @ p, torch.randn(3, dtype=dtype))


def test_descend_follows_the_formula():
    # p ← p − 0.1·2p = 0.8·p
    history = descend(lambda p: (p**2).sum(), torch.tensor([1.0, -2.0]), lr=0.1, n=3)
    torch.testing.assert_close(history[-1][0], torch.tensor([1.0, -2.0]) * 0.8**3)
    assert [round(loss, 4) for _, loss in history] == [round(5 * 0.64**i, 4) for i in range(4)]


@precisions
def test_linear1(dtype):
    agree(linear1, lambda x, w, b: F.linear(x, w.T, b), *(torch.randn(s, dtype=dtype) for s in ((5, 4), (4, 3), (3,))))


@precisions
def test_layers(dtype):
    x = torch.randn(8, 6, dtype=dtype)
    x[0, 0] = 0
    agree(ReLU(), nn.ReLU(), x[x != 0])
    agree(LeakyReLU(0.2), nn.LeakyReLU(0.2), x)
    agree(LeakyReLU(), nn.LeakyReLU(), x)


def test_net_equals_torchs_with_the_same_weights():
    ours = Sequential(Linear(6, 5), ReLU(), Linear(5, 4), LeakyReLU(0.1), Linear(4, 2))
    theirs = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 4), nn.LeakyReLU(0.1), nn.Linear(4, 2))
    for own, other in zip(ours.parameters(), theirs.parameters(), strict=True): other.data.copy_(own)
    x = torch.randn(9, 6)
    for net in ours, theirs: net(x).square().sum().backward()
    torch.testing.assert_close(ours(x), theirs(x))
    for own, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(own.grad, other.grad)


def test_linear_begins_with_the_right_spread():
    torch.manual_seed(1)
    weight, bias = Linear(400, 300).parameters()
    assert abs(weight.std().item() / (2 / 400) ** 0.5 - 1) < 0.02 and abs(weight.mean().item()) < 1e-3
    assert (bias == 0).all()


def test_simple_net_has_the_lessons_shapes():
    assert [tuple(p.shape) for p in simple_net().parameters()] == [(30, 784), (30,), (1, 30), (1,)]
    assert simple_net(4, 3, 2)(torch.zeros(5, 4)).shape == (5, 2)


@precisions
@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_sgd(dtype, momentum):
    start, targets = torch.randn(4, 3, dtype=dtype), torch.randn(4, 3, dtype=dtype)
    results = []
    for make in SGD, torch.optim.SGD:
        p = start.clone().requires_grad_()
        opt = make([p], lr=0.1, momentum=momentum)
        for _ in range(6):
            ((p - targets) ** 2).sum().backward()
            opt.step()
            opt.zero_grad()
        results.append(p.detach())
    torch.testing.assert_close(*results)


def test_basic_optim_is_sgd_without_momentum_and_takes_a_generator():
    torch.manual_seed(2)
    a, b = nn.Linear(3, 2), nn.Linear(3, 2)
    b.load_state_dict(a.state_dict())
    optimizers = BasicOptim(a.parameters(), 0.5), torch.optim.SGD(b.parameters(), 0.5)
    x = torch.randn(5, 3)
    for model, opt in zip((a, b), optimizers, strict=True):
        for _ in range(3):
            model(x).square().sum().backward()
            opt.step()
            opt.zero_grad()
            assert all(p.grad is None for p in model.parameters())
    torch.testing.assert_close(a.weight, b.weight)


def test_parameters_without_a_gradient_are_left_alone():
    used, unused = torch.ones(2).requires_grad_(), torch.ones(2).requires_grad_()
    for opt in BasicOptim([used, unused], 0.1), SGD([used, unused], 0.1, momentum=0.9):
        used.sum().backward()
        opt.step()
        opt.zero_grad()
    assert unused.tolist() == [1, 1] and used.tolist() != [1, 1]


def test_calc_grad_accumulates_and_train_epoch_does_not():
    w = torch.zeros(2, 1).requires_grad_()
    x, y = torch.randn(6, 2), torch.tensor([[1.0], [0], [1], [0], [1], [0]])
    calc_grad(x, y, lambda xb: xb @ w)
    once = w.grad.clone()
    calc_grad(x, y, lambda xb: xb @ w)
    torch.testing.assert_close(w.grad, 2 * once)

    w.grad = None
    train_epoch(lambda xb: xb @ w, 0.5, iter([w]), [(x, y), (x, y)])  # parameters as a generator would give them
    other = torch.zeros(2, 1).requires_grad_()
    opt = torch.optim.SGD([other], 0.5)
    for _ in range(2):
        opt.zero_grad()
        (torch.sigmoid(x @ other) - y).abs().mean().backward()
        opt.step()
    torch.testing.assert_close(w.detach(), other.detach())


def test_accuracy():
    predictions, targets = torch.tensor([[3.0], [-1], [0.1], [-5]]), torch.tensor([[1.0], [1], [0], [0]])
    assert batch_accuracy(predictions, targets) == 0.5
    batches = [(predictions[:3], targets[:3]), (predictions[3:], targets[3:])]
    assert validate_epoch(lambda x: x, batches) == round((1 / 3 + 1) / 2, 4)
