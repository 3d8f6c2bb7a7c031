"""The Learner: what it trains, reports, refuses and survives."""
import math
import re

import matplotlib.pyplot as plt
import pytest
import torch
from torch import nn

from course_lib.scratch.binary_loss import mnist_loss
from course_lib.scratch.dataloader import DataLoader, DataLoaders, TensorDataset
from course_lib.scratch.gradient_descent import descend, mse
from course_lib.scratch.learner import FitTable, Learner, Recorder
from course_lib.scratch.neural_net import Linear, Sequential, simple_net
from course_lib.scratch.optimizers import SGD, BasicOptim
from course_lib.scratch.training import batch_accuracy, linear1


def task(n=100, n_valid=30):
    "Points to the right and to the left of a line."
    torch.manual_seed(3)
    x = torch.randn(n + n_valid, 4)
    y = (x[:, :1] > 0).float()
    return DataLoaders.from_datasets(TensorDataset(x[:n], y[:n]), TensorDataset(x[n:], y[n:]), batch_size=16)


def learner(**changes):
    args = {"dls": task(), "model": simple_net(4, 8), "loss_func": mnist_loss, "metrics": batch_accuracy}
    return Learner(**{**args, **changes})


def test_it_learns_and_records(capsys):
    learn = learner()
    learn.fit(30, lr=1.0)
    rows = learn.recorder.values
    assert len(rows) == 30 and len(learn.recorder.batch_losses) == 30 * 7
    assert rows[-1][0] < rows[0][0] and rows[-1][2] > 0.85
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["epoch", "train_loss", "valid_loss", "batch_accuracy", "time"] and len(lines) == 31


def test_a_quiet_training_shows_nothing_and_records_the_same(capsys):
    loud, quiet = learner(), learner(model=simple_net(4, 8))
    for mine, theirs in zip(quiet.model.parameters(), loud.model.parameters(), strict=True): mine.data.copy_(theirs.data)
    torch.manual_seed(0)
    loud.fit(3, lr=0.5)
    assert capsys.readouterr().out
    torch.manual_seed(0)
    quiet.fit(3, lr=0.5, quiet=True)
    assert capsys.readouterr().out == "" and quiet.recorder.values == loud.recorder.values


def test_the_numbers_are_means_over_items_not_over_batches():
    learn = learner()
    learn.fit(1, lr=0.1)
    predictions, targets = learn.get_preds()
    assert len(predictions) == 30  # 16 and 14: batches of different sizes
    assert math.isclose(learn.recorder.values[-1][1], mnist_loss(predictions, targets).item(), rel_tol=1e-5)
    assert math.isclose(learn.recorder.values[-1][2], batch_accuracy(predictions, targets).item(), rel_tol=1e-5)


def test_without_a_validation_set_only_the_training_loss():
    learn = learner(dls=DataLoaders(task().train))
    learn.fit(2, lr=0.1)
    assert learn.recorder.names == ["train_loss"] and [len(row) for row in learn.recorder.values] == [1, 1]


def test_any_loaders_and_modules_will_do():
    x, y = torch.randn(20, 4), torch.ones(20, 1)
    plain = DataLoaders([(x, y)], [(x, y)])
    learn = learner(dls=plain, model=nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.5), nn.Linear(3, 1)))
    learn.fit(1, lr=0.1)
    assert not learn.model.training, "after validation dropout is off"
    assert learn.get_preds()[0].equal(learn.get_preds()[0])


@pytest.mark.parametrize("opt_func", [SGD, BasicOptim, lambda params, lr: SGD(params, lr, momentum=0.9), torch.optim.SGD])
def test_any_optimizer_will_do(opt_func):
    learn = learner(opt_func=opt_func)
    learn.fit(10, lr=0.1)
    assert learn.recorder.values[-1][0] < learn.recorder.values[0][0]


def test_an_interrupted_fit_leaves_a_usable_learner(capsys):
    calls = []

    def loss(predictions, targets):
        calls.append(1)
        if len(calls) == 25: raise KeyboardInterrupt  # in the third epoch of 9 losses each: 7 batches, 2 for validation
        return mnist_loss(predictions, targets)

    learn = learner(loss_func=loss)
    learn.fit(10, lr=0.1)
    assert "interrupted in epoch 2; 2 epochs are complete" in capsys.readouterr().out
    assert learn.interrupted and len(learn.recorder.values) == 2 and learn.recorder.epoch_ends == [7, 14]
    assert all(p.grad is None for p in learn.model.parameters())
    assert learn.get_preds()[0].isfinite().all()
    learn.recorder.plot_loss()
    learn.fit(2, lr=0.1)
    assert not learn.interrupted and len(learn.recorder.values) == 2


def test_a_nan_loss_names_the_batch_and_spares_the_parameters():
    dls = task()
    dls.train.shuffle = False
    dls.train.dataset.x[40] = torch.nan  # 40 // 16 = batch 2
    learn = learner(dls=dls)
    with pytest.raises(ValueError, match=r"the loss is nan in epoch 0, batch 2 of 7.*learning rate is too large.*it is 0.1"):
        learn.fit(3, lr=0.1)
    assert all(p.isfinite().all() and p.grad is None for p in learn.model.parameters())


def test_save_and_load(tmp_path):
    learn = learner()
    learn.fit(1, lr=0.1)
    learn.save(tmp_path / "models" / "net.pth")
    assert [p.name for p in (tmp_path / "models").iterdir()] == ["net.pth"]
    other = learner()
    assert not other.get_preds()[0].equal(learn.get_preds()[0])
    other.load(tmp_path / "models" / "net.pth")
    assert other.get_preds()[0].equal(learn.get_preds()[0])

    wrong = learner(model=simple_net(4, 9))
    before = [p.detach().clone() for p in wrong.model.parameters()]
    with pytest.raises(ValueError, match=r"does not fit this model: it holds tensors of shapes \[\(8, 4\)"):
        wrong.load(tmp_path / "models" / "net.pth")
    assert all(b.equal(p) for b, p in zip(before, wrong.model.parameters(), strict=True))


def test_buffers_are_saved_too(tmp_path):
    learn = learner(model=nn.Sequential(nn.Linear(4, 1), nn.BatchNorm1d(1)))
    learn.fit(2, lr=0.1)
    learn.save(tmp_path / "bn.pth")
    other = learner(model=nn.Sequential(nn.Linear(4, 1), nn.BatchNorm1d(1)))
    other.load(tmp_path / "bn.pth")
    assert other.model[1].running_mean.equal(learn.model[1].running_mean)


def test_predict_is_get_preds_for_one_item_and_uses_the_losss_activation():
    class Loss:
        activation = staticmethod(torch.sigmoid)
        def __call__(self, predictions, targets): return mnist_loss(predictions, targets)

    learn = learner(loss_func=Loss())
    predictions, targets = learn.get_preds()
    assert ((predictions > 0) & (predictions < 1)).all() and targets.equal(learn.dls.valid.dataset.y)
    torch.testing.assert_close(learn.predict(learn.dls.valid.dataset.x[5]), predictions[5])


def test_model_and_data_go_to_the_device_once():
    "The device `meta` stands for a GPU: tensors there have a shape and no numbers, so nothing can be trained."
    with torch.device("meta"): model = simple_net(4, 8)
    learn = learner(model=model, device="meta")
    assert {p.device.type for p in learn.model.parameters()} == {"meta"}
    assert learn.dls.train.dataset.x.device.type == "meta"


def test_plots_draw_what_was_recorded():
    recorder = Recorder(["train_loss", "valid_loss", "accuracy"])
    recorder.batch_losses = [3.0, 2.0]
    recorder.end_epoch([2.5, 2.2, 0.5])
    recorder.batch_losses += [1.0, 0.5]
    recorder.end_epoch([0.7, 0.9, 0.8])
    recorder.plot_loss()
    each_batch, each_epoch = plt.gca().lines
    assert list(each_batch.get_ydata()) == [3, 2, 1, 0.5]
    assert list(each_epoch.get_xdata()) == [2, 4] and list(each_epoch.get_ydata()) == [2.2, 0.9]
    recorder.plot_metrics()
    assert [line.get_label() for line in plt.gca().lines] == ["accuracy"]
    assert list(plt.gca().lines[0].get_ydata()) == [0.5, 0.8]
    plt.close("all")


def a_fit(data, epochs=2):
    torch.manual_seed(3)
    learn = Learner(data, nn.Linear(4, 1), mse, metrics=mse)
    learn.fit(epochs, lr=0.01, quiet=True)
    return learn


def some_data(nan_at=None):
    x = torch.randn(40, 4, generator=torch.Generator().manual_seed(1))
    if nan_at is not None: x[8 * nan_at] = math.nan
    return DataLoaders(DataLoader(TensorDataset(x, x.sum(1, keepdim=True)), 8), DataLoader(TensorDataset(x, x.sum(1, keepdim=True)), 16))


def test_losses_that_are_looked_at_late_are_the_same(monkeypatch):
    "As on a GPU, where to look is to wait."
    at_once = a_fit(some_data())
    monkeypatch.setattr("course_lib.scratch.learner.is_at_hand", lambda loss: False)
    late = a_fit(some_data())
    assert late.recorder.batch_losses == at_once.recorder.batch_losses and late.recorder.values == at_once.recorder.values
    assert all(map(torch.equal, late.model.parameters(), at_once.model.parameters()))


@pytest.mark.parametrize("late, words", [
    (False, "in epoch 0, batch 2 of 5 (counted from 0). The parameters are as they were before this batch."),
    (True, "in epoch 0, batch 2 of 5 (counted from 0). That was seen 3 steps later, so the parameters are spoiled."),
])
def test_nan_is_told_with_its_batch_also_when_it_is_seen_late(monkeypatch, late, words):
    if late:
        monkeypatch.setattr("course_lib.scratch.learner.is_at_hand", lambda loss: False)
        monkeypatch.setattr("course_lib.scratch.reporting.NoTable.is_due", lambda table: False)
    with pytest.raises(ValueError, match=re.escape(words)): a_fit(some_data(nan_at=2))


@pytest.mark.parametrize("momentum", [0, 0.9])
def test_the_step_for_a_gpu_is_the_same_step(momentum):
    "Also where a parameter has no gradient; and bit for bit torch's."
    torch.manual_seed(0)
    begun = [torch.randn(n, 3) for n in (1, 5, 40)]
    together, apart, torchs = ([p.clone().requires_grad_() for p in begun] for _ in range(3))
    gpu, cpu = (SGD(params, 0.3, momentum) for params in (together, apart))
    reference = torch.optim.SGD(torchs, 0.3, momentum)
    for step in range(5):
        for i, row in enumerate(zip(together, apart, torchs, strict=True)):
            gradient = None if step == 3 or (i + step) % 3 == 0 else torch.randn_like(row[0])
            for p in row: p.grad = gradient
        gpu.step_together()
        for opt in (cpu, reference): opt.step()
        assert all(map(torch.equal, together, torchs)) and all(map(torch.allclose, together, apart))


def test_the_table_escapes_names():
    content = FitTable(["<script>"]).content("50 %")
    assert "<script>" not in content["text/html"] and "50 %" in content["text/plain"]


def test_progress_is_shown_in_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    table = FitTable(["epoch"])
    table.progress(0, 5, 10)
    assert "batch 5 of 10" in capsys.readouterr().out
    table.progress(0, 6, 10)
    assert capsys.readouterr().out == "", "not more than ten times a second"


ints = torch.tensor([[1], [0]])


@pytest.mark.parametrize("call, error, words", [
    (lambda: mnist_loss(torch.ones(2, 1), torch.ones(2)), ValueError, r"same shape, got \(2, 1\) and \(2,\)"),
    (lambda: mnist_loss(torch.ones(2, 1), ints), TypeError, r"targets must be floating-point .* use targets.float\(\)"),
    (lambda: mnist_loss(ints, torch.ones(2, 1)), TypeError, "predictions must be floating-point"),
    (lambda: mse(torch.ones(3), torch.ones(3, 1)), ValueError, "same shape"),
    (lambda: mse(torch.ones(2, 1), ints), TypeError, "floating-point"),
    (lambda: batch_accuracy(torch.ones(3), torch.ones(3, 1)), ValueError, "same shape"),
    (lambda: descend(lambda p: p.sum(), torch.ones(2), lr=0, n=1), ValueError, "lr must be above 0, got 0"),
    (lambda: SGD([], 0.1), ValueError, "no parameters to optimize"),
    (lambda: SGD([torch.ones(2)], 0.1), ValueError, "parameter 0 does not require gradients"),
    (lambda: SGD([3.0], 0.1), TypeError, "parameter 0 is a float"),
    (lambda: SGD([torch.ones(2).requires_grad_()], -1), ValueError, "lr must be above 0, got -1"),
    (lambda: SGD([torch.ones(2).requires_grad_()], 0.1, momentum=1), ValueError, "below 1, got 1"),
    (lambda: Linear(0, 3), ValueError, "n_in must be a whole number above 0, got 0"),
    (lambda: Linear(3, 2.0), ValueError, "n_out must be a whole number above 0, got 2.0"),
    (lambda: Linear(3, 2)(torch.ones(5, 4)), ValueError, r"takes 3 numbers for each item, got an input of shape \(5, 4\)"),
    (lambda: learner(model=lambda x: linear1(x, 1, 2)), TypeError, "needs a method parameters"),
    (lambda: learner(model=Sequential()).fit(1, 0.1), ValueError, "no parameters"),
    (lambda: learner(loss_func=lambda p, t: (p - t).abs()).fit(1, 0.1), ValueError, r"single number, got the shape \(16, 1\)"),
    (lambda: learner(dls=DataLoaders(DataLoader([(torch.ones(4), 1)]), None)).fit(1, 0.1), TypeError, "targets must be"),
])
def test_bad_input_is_refused_in_words(call, error, words):
    with pytest.raises(error, match=words): call()
