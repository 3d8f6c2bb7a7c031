"Chapters 12 and 14: recipes, honest announcements, a network that learns, and mistakes that are found."
from types import SimpleNamespace

import pytest
import torch

from course_lib.pet_pictures import draw_pet
from course_lib.pets import baseline
from course_lib.pets.baseline import RECIPES, pets_learner, recipe, seconds_per_epoch, train, weights_available
from course_lib.pets.interpretation import Labels, cleaned, decisions, plant_mistakes, suspects
from course_lib.pets.labels import breed
from course_lib.scratch.cross_entropy import CrossEntropyLoss
from fastai.vision import widgets

SMALL = {"presize": 40, "size": 32, "batch_size": 16}
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")  # fastai's and torch's own


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    "Forty black cats and forty white dogs, small."
    path = tmp_path_factory.mktemp("two_breeds")
    (path / "images").mkdir()
    for name in ("Bombay", "samoyed"):
        for n in range(40): draw_pet(name, n).resize((60, 48)).save(path / "images" / f"{name}_{n}.png")
    return path


@pytest.fixture(scope="module")
def files(folder): return sorted((folder / "images").iterdir())


@pytest.fixture(scope="module")
def trained(folder):
    "Trained with four wrong labels."
    wrong = plant_mistakes((folder / "images").iterdir(), count=4)
    learn = pets_learner(folder, "drawn", pretrained=False, get_y=Labels(wrong), **SMALL)
    with learn.no_bar(), learn.no_logging(): train(learn, epochs=6)
    return SimpleNamespace(learn=learn, wrong=wrong)


def test_recipes():
    assert set(RECIPES) == {"drawn", "laptop", "full"}
    assert RECIPES["full"].size == 224 and RECIPES["full"].presize == 460
    with pytest.raises(ValueError, match="no recipe 'big'; there are: drawn, laptop, full"): recipe("big")


def test_weights_are_found_in_the_cache_or_not_at_all(monkeypatch, tmp_path):
    monkeypatch.setattr(baseline, "reachable", lambda url: False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    arch = RECIPES["drawn"].arch
    assert not weights_available(arch)
    url = baseline.get_model_weights(arch).DEFAULT.url
    (tmp_path / "hub/checkpoints").mkdir(parents=True)
    (tmp_path / "hub/checkpoints" / url.rsplit("/", 1)[1]).touch()
    assert weights_available(arch)


def test_pretrained_weights_are_fine_tuned(monkeypatch, folder, tmp_path, capsys):
    "Their layers are frozen at first and have no gradients. Weights in torch's cache stand in for those of ImageNet."
    arch = RECIPES["drawn"].arch
    cache = tmp_path / "hub/checkpoints"
    cache.mkdir(parents=True)
    torch.save(arch(weights=None).state_dict(), cache / baseline.get_model_weights(arch).DEFAULT.url.rsplit("/", 1)[1])
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    learn = pets_learner(folder, "drawn", **SMALL)
    assert learn.pretrained and seconds_per_epoch(learn) > 0
    with learn.no_bar(), learn.no_logging(): train(learn, epochs=1)
    assert "2 epochs" in capsys.readouterr().out


def test_random_weights_are_announced(monkeypatch, folder, capsys):
    monkeypatch.setattr(baseline, "weights_available", lambda arch: False)
    learn = pets_learner(folder, "drawn", **SMALL)
    assert not learn.pretrained
    assert "No pretrained weights for resnet18" in (said := capsys.readouterr().out) and "random weights" in said


def test_training_says_how_long_it_takes_and_leaves_the_model_alone_before(folder, capsys):
    learn = pets_learner(folder, "drawn", pretrained=False, **SMALL)
    before = {k: v.clone() for k, v in learn.model.state_dict().items()}
    assert 0 < seconds_per_epoch(learn) < 600
    assert all(v.equal(before[k]) for k, v in learn.model.state_dict().items())
    with learn.no_bar(), learn.no_logging(): train(learn, epochs=1)
    assert "1 epoch on the" in (said := capsys.readouterr().out) and "about" in said


def test_fine_tuning_trains_the_new_layers_first(monkeypatch, folder):
    learn = pets_learner(folder, "drawn", pretrained=False, **SMALL)
    learn.pretrained, called = True, []
    monkeypatch.setattr(learn, "fine_tune", called.append)
    train(learn)
    assert called == [RECIPES["drawn"].epochs]


def test_a_small_network_learns_two_breeds_and_finds_the_wrong_labels(trained, files):
    top = suspects(trained.learn, files, count=10)
    assert sum(s.file.name in trained.wrong for s in top) >= 3
    assert [s.loss for s in top] == sorted((s.loss for s in top), reverse=True)
    assert all(s.label == trained.wrong.get(s.file.name, breed(s.file)) for s in top)
    everything = suspects(trained.learn, files, count=len(files))
    assert sum(s.prediction == breed(s.file) for s in everything) >= 72, "of 80"


def test_our_cross_entropy_in_fastais_learner(trained, files):
    learn = trained.learn
    dl = learn.dls.test_dl(files[::5], with_labels=True)
    expected = learn.get_preds(dl=dl, with_loss=True)
    theirs, learn.loss_func = learn.loss_func, CrossEntropyLoss()
    try: ours = learn.get_preds(dl=dl, with_loss=True)
    finally: learn.loss_func = theirs
    for a, b in zip(ours, expected, strict=True): torch.testing.assert_close(torch.as_tensor(a), torch.as_tensor(b))


def test_decisions_of_the_cleaner(monkeypatch, trained, files):
    monkeypatch.setattr(widgets, "display", lambda *_: None, raising=False)  # which fastai imports only in a notebook
    cleaner = widgets.ImageClassifierCleaner(trained.learn, max_n=5)
    boxes, shown = cleaner.iw.widget.children, list(cleaner.fns)
    assert decisions(cleaner) == {}
    boxes[0].children[1].value, boxes[2].children[1].value = "<Delete>", "samoyed"
    decided = decisions(cleaner)
    assert decided == {shown[0].name: None, shown[2].name: "samoyed"}
    stay, labels = cleaned(files, decided, Labels(trained.wrong))
    assert len(stay) == len(files) - 1 and shown[0] not in stay and labels(shown[2]) == "samoyed"
    assert all(f.exists() for f in files), "nothing is deleted"
    untouched = next(name for name in trained.wrong if name not in decided)
    assert labels(untouched) == trained.wrong[untouched]


def test_planted_mistakes(files):
    planted = plant_mistakes(files, count=10)
    assert len(planted) == 10 and planted == plant_mistakes(reversed(files), count=10) != plant_mistakes(files, 10, seed=8)
    assert all(breed(name) != label for name, label in planted.items())
    with pytest.raises(ValueError, match="cannot plant 81 mistakes among 80 pictures of 2 breeds"): plant_mistakes(files, 81)
    with pytest.raises(ValueError, match="of 1 breeds"): plant_mistakes(files[:10], 3)
