"Every function of chapter 13 against torch: values, gradients, extremes; and errors in words."
import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.scratch.cross_entropy import CrossEntropyLoss, cross_entropy, log_softmax, nll_loss, softmax

DTYPES = [torch.float32, torch.float64]
REDUCTIONS = ["mean", "sum", "none"]


def batch(items, classes, dtype, scale=3.0, seed=0):
    "Random activations that want a gradient, twice, and targets."
    generator = torch.Generator().manual_seed(seed)
    activations = (torch.randn(items, classes, generator=generator, dtype=torch.float64) * scale).to(dtype)
    targets = torch.randint(classes, (items,), generator=generator)
    return activations.clone().requires_grad_(), activations.clone().requires_grad_(), targets


def assert_same(ours, theirs, mine, reference):
    "Equal values, and equal gradients of a weighted sum of them."
    torch.testing.assert_close(ours, theirs)
    weights = torch.linspace(0.5, 1.5, ours.numel(), dtype=ours.dtype).view(ours.shape)
    (ours * weights).sum().backward()
    (theirs * weights).sum().backward()
    torch.testing.assert_close(mine.grad, reference.grad)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1, 1), (1, 37), (6, 2), (64, 37), (4096, 37)])
@pytest.mark.parametrize("ours, theirs", [(softmax, F.softmax), (log_softmax, F.log_softmax)])
def test_softmaxes(ours, theirs, shape, dtype):
    mine, reference, _ = batch(*shape, dtype)
    assert_same(ours(mine), theirs(reference, dim=-1), mine, reference)


@pytest.mark.parametrize("ours, theirs", [(softmax, F.softmax), (log_softmax, F.log_softmax)])
@pytest.mark.parametrize("shape", [(5,), (2, 3, 4)])
def test_softmaxes_work_on_the_last_dimension(ours, theirs, shape):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(ours(x), theirs(x, dim=-1))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_nll_loss(reduction, dtype):
    mine, reference, targets = batch(64, 37, dtype)
    assert_same(nll_loss(mine, targets, reduction), F.nll_loss(reference, targets, reduction=reduction), mine, reference)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("form", ["function", "class"])
def test_cross_entropy(form, reduction, dtype):
    mine, reference, targets = batch(64, 37, dtype)
    ours = (cross_entropy(mine, targets, reduction) if form == "function" else CrossEntropyLoss(reduction)(mine, targets))
    assert_same(ours, F.cross_entropy(reference, targets, reduction=reduction), mine, reference)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scale", [1e-30, 1e3, 1e30])
def test_extreme_activations_stay_finite(scale, dtype):
    mine, reference, targets = batch(32, 37, dtype, scale)
    loss = cross_entropy(mine, targets)
    assert_same(loss, F.cross_entropy(reference, targets), mine, reference)
    assert loss.isfinite() and mine.grad.isfinite().all()


def test_plus_and_minus_a_thousand():
    x = torch.tensor([[1000., -1000, 0], [-1000, -1000, -1000]], requires_grad=True)
    losses = cross_entropy(x, torch.tensor([1, 2]), "none")
    losses.sum().backward()
    torch.testing.assert_close(losses.detach(), torch.tensor([2000., math.log(3)]))
    torch.testing.assert_close(x.grad, torch.tensor([[1., -1, 0], [1/3, 1/3, -2/3]]))


@given(st.lists(st.lists(st.floats(-1e4, 1e4), min_size=3, max_size=3), min_size=1, max_size=8), st.floats(-1e3, 1e3),
       st.data())
@settings(deadline=None)
def test_properties(rows, shift, data):
    "Probabilities add up to 1, a shift of a row changes nothing, a loss is never negative."
    x = torch.tensor(rows, dtype=torch.float64)
    targets = torch.tensor(data.draw(st.lists(st.integers(0, 2), min_size=len(rows), max_size=len(rows))))
    torch.testing.assert_close(softmax(x).sum(-1), torch.ones(len(x), dtype=torch.float64))
    torch.testing.assert_close(softmax(x + shift), softmax(x), atol=1e-8, rtol=1e-6)
    losses = cross_entropy(x, targets, "none")
    assert (losses >= 0).all()
    torch.testing.assert_close(losses, F.cross_entropy(x, targets, reduction="none"))


def test_the_gradient_is_the_derivative():
    x = torch.randn(4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(3), requires_grad=True)
    targets = torch.tensor([0, 4, 2, 2])
    for reduction in REDUCTIONS:
        assert torch.autograd.gradcheck(lambda a, r=reduction: cross_entropy(a, targets, r), x)


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.int16, torch.uint8])
def test_every_kind_of_whole_number_names_a_class(dtype):
    x = torch.randn(3, 5)
    targets = torch.tensor([0, 1, 4])
    assert cross_entropy(x, targets.to(dtype)) == cross_entropy(x, targets)


def test_an_empty_batch_is_as_in_torch():
    x, targets = torch.empty(0, 5), torch.empty(0, dtype=torch.int64)
    assert cross_entropy(x, targets, "sum") == 0 and cross_entropy(x, targets).isnan()
    assert cross_entropy(x, targets, "none").shape == (0,)


@pytest.mark.parametrize("reduction", ["avg", "", None, "Mean", 1])
def test_unknown_reduction(reduction):
    x, targets = torch.randn(2, 3), torch.tensor([0, 1])
    for call in (lambda: cross_entropy(x, targets, reduction), lambda: nll_loss(x, targets, reduction),
                 lambda: CrossEntropyLoss(reduction)):
        with pytest.raises(ValueError, match="reduction must be 'mean', 'sum' or 'none', got"): call()


@pytest.mark.parametrize("targets, error, words", [
    (torch.zeros(4, 1, dtype=torch.int64), ValueError, r"shape \(4,\).*got \(4, 1\)"),
    (torch.zeros(3, dtype=torch.int64), ValueError, r"shape \(4,\).*got \(3,\)"),
    (torch.tensor(1), ValueError, r"shape \(4,\).*got \(\)"),
    (torch.zeros(4), TypeError, "whole numbers.*float32"),
    (torch.zeros(4, dtype=torch.bool), TypeError, "whole numbers.*bool"),
    (torch.tensor([0, 1, 2, 3]), IndexError, "between 0 and 2.*got 3"),
    (torch.tensor([0, 1, -1, 2]), IndexError, "between 0 and 2.*got -1"),
])
def test_targets_that_do_not_fit(targets, error, words):
    for loss in (cross_entropy, nll_loss, CrossEntropyLoss()):
        with pytest.raises(error, match=words): loss(torch.randn(4, 3), targets)


@pytest.mark.parametrize("shape", [(3,), (4, 3, 2), ()])
def test_predictions_that_are_no_table(shape):
    with pytest.raises(ValueError, match=r"\(items, classes\)"):
        nll_loss(torch.zeros(shape), torch.zeros(4, dtype=torch.int64))


def test_in_our_learner_predictions_become_probabilities():
    from course_lib.scratch.dataloader import DataLoaders, TensorDataset
    from course_lib.scratch.learner import Learner
    from course_lib.scratch.neural_net import Linear

    torch.manual_seed(0)
    x = torch.randn(300, 4)
    y = x[:, :3].argmax(dim=1)
    learn = Learner(DataLoaders.from_datasets(TensorDataset(x, y), TensorDataset(x, y)), Linear(4, 3), CrossEntropyLoss())
    learn.fit(30, lr=0.5)
    probabilities, targets = learn.get_preds()
    torch.testing.assert_close(probabilities.sum(1), torch.ones(300))
    assert (CrossEntropyLoss().decodes(probabilities) == targets.squeeze()).float().mean() > 0.9


@pytest.mark.parametrize("loss", [cross_entropy, lambda *args: nll_loss(log_softmax(args[0]), *args[1:])], ids=["cross_entropy", "nll_loss"])
def test_on_a_gpu_nobody_waits_and_a_target_without_a_class_gives_nan(loss, monkeypatch):
    activations, targets = torch.randn(4, 3, requires_grad=True), torch.tensor([0, 2, 1, 2])
    here = loss(activations, targets, "none")
    for module in ("cross_entropy", "refusing"): monkeypatch.setattr(f"course_lib.scratch.{module}.at_hand", lambda targets: False)
    assert torch.equal(loss(activations, targets, "none"), here)
    there = loss(activations, torch.tensor([0, 3, -1, 2]), "none")
    assert there.isnan().tolist() == [False, True, True, False] and torch.equal(there[[0, 3]], here[[0, 3]])
    assert loss(activations, torch.tensor([0, 3, -1, 2])).isnan()
