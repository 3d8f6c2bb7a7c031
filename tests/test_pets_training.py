"Chapters 12 and 14: a last layer that learns, folds that keep apart, fastai's learner, mistakes that are found, and where a model looks."
import math
from types import SimpleNamespace

import pytest
import torch

from course_lib.pet_pictures import draw_pet
from course_lib.pets.baseline import error_rate, out_of_fold, plus_minus, probe
from course_lib.pets.cleaner import Cleaner
from course_lib.pets.interpretation import class_activation_map, occlusion, suspects
from course_lib.pets.labels import breed
from course_lib.pets.photographs import are_photographs, some_of_each
from course_lib.pets.relabeling import Labels, cleaned, decisions, plant_mistakes
from course_lib.pets.toolkit import pets_learner
from course_lib.scratch.cross_entropy import CrossEntropyLoss

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")  # fastai's and torch's own


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    "Twenty black cats and twenty white dogs, small."
    path = tmp_path_factory.mktemp("two_breeds")
    (path / "images").mkdir()
    for name in ("Bombay", "samoyed"):
        for n in range(20): draw_pet(name, n).resize((60, 48)).save(path / "images" / f"{name}_{n}.png")
    return path


@pytest.fixture(scope="module")
def files(folder): return sorted((folder / "images").iterdir())


@pytest.fixture()
def clusters():
    "Four classes of ten items each, far apart, in 30 dimensions."
    centres = torch.randn(4, 30) * 2
    y = torch.arange(4).repeat_interleave(10)
    return centres[y] + torch.randn(40, 30), y


# ---- the probe

def test_a_probe_begins_knowing_nothing_and_learns(clusters):
    x, y = clusters
    assert math.isclose(probe(x, y, (x, y), epochs=0).validate()[0], math.log(4), rel_tol=1e-5)
    learn = probe(x, y, (x, y), loss_func=CrossEntropyLoss())
    assert learn.validate()[1] == 0 and learn.validate()[0] < 0.3
    assert torch.allclose(learn.get_preds()[0].sum(1), torch.ones(40))  # probabilities, with our own loss


def test_a_probe_is_the_same_each_time_and_shows_its_table_only_when_asked(clusters, capsys):
    x, y = clusters
    one, other = probe(x, y, zeros=False), probe(x, y, zeros=False)
    assert one.model.weight.equal(other.model.weight) and not capsys.readouterr().out
    assert probe(x, y, epochs=1, classes=6, show=True).model.bias.shape == (6,) and "train_loss" in capsys.readouterr().out


def test_a_probe_stays_where_its_features_are_on_a_machine_with_a_gpu(clusters, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)  # a Learner would go to the GPU
    x, y = clusters
    activations, _ = out_of_fold(x, y, epochs=1)
    assert activations.device == probe(x, y, epochs=1).model(x).device == x.device


def test_an_interrupted_probe_does_not_pass_for_a_trained_one(clusters):
    def interrupted(activations, targets): raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt): probe(*clusters, loss_func=interrupted)


def test_nobody_is_judged_by_a_probe_that_has_seen_them():
    "Labels drawn by lot cannot be predicted, but they can be learned by heart."
    x, y = torch.randn(60, 200), torch.arange(3).repeat(20)[torch.randperm(60)]
    activations, fold = out_of_fold(x, y, lr=0.1)
    assert error_rate(probe(x, y, lr=0.1).model(x), y) == 0 and error_rate(activations, y) > 0.4
    assert all(torch.bincount(y[fold == i], minlength=3).tolist() == [4, 4, 4] for i in range(5))


def test_plus_minus():
    assert round(plus_minus(0.09, 74), 4) == 0.0665 and plus_minus(0.5, 400) == 0.05
    for share, n in (1.5, 10), (0.5, 0):
        with pytest.raises(ValueError, match="a share from 0 to 1 of at least one item"): plus_minus(share, n)


# ---- fastai's learner

def test_fastais_learner_trains_a_new_last_layer_and_leaves_the_body_alone(folder):
    learn = pets_learner(folder, size=32, presize=40, batch_size=16)
    body, (_, _, last) = learn.model
    assert [p.shape for p in learn.model.parameters() if p.requires_grad] == [(2, 1280), (2,)]
    x, y = learn.dls.one_batch()
    assert math.isclose(learn.loss_func(learn.model.eval()(x), y).item(), math.log(2), rel_tol=1e-4)
    assert x.min() >= -1.001 and x.min() < -0.1  # normalised to -1 to 1, as the network expects
    before = {name: tensor.clone() for name, tensor in body.state_dict().items()}
    with learn.no_bar(), learn.no_logging(): learn.fit_one_cycle(1, 1e-2)
    assert all(tensor.equal(before[name]) for name, tensor in body.state_dict().items())  # the norms' means included
    assert last.weight.abs().sum() > 0


def test_from_random_weights_all_is_trained(folder):
    learn = pets_learner(folder, size=32, presize=40, batch_size=16, pretrained=False)
    assert all(p.requires_grad for p in learn.model.parameters())


def test_our_cross_entropy_in_fastais_learner(folder):
    learn = pets_learner(folder, size=32, presize=40, batch_size=16)
    expected = learn.get_preds(with_loss=True)
    learn.loss_func = CrossEntropyLoss()
    for a, b in zip(learn.get_preds(with_loss=True), expected, strict=True):
        torch.testing.assert_close(torch.as_tensor(a), torch.as_tensor(b))


# ---- mistakes

def test_planted_mistakes(files):
    planted = plant_mistakes(files, count=10)
    assert len(planted) == 10 and planted == plant_mistakes(reversed(files), count=10) != plant_mistakes(files, 10, seed=8)
    assert all(breed(name) != label for name, label in planted.items())
    with pytest.raises(ValueError, match="cannot plant 41 mistakes among 40 pictures of 2 breeds"): plant_mistakes(files, 41)
    with pytest.raises(ValueError, match="of 1 breeds"): plant_mistakes(files[:10], 3)


def test_the_largest_losses_come_first_with_the_label_that_was_given():
    activations = torch.tensor([[4.0, 0], [0, 4], [3, 0], [1, 0]])
    found = suspects(["a", "b", "c", "d"], ["pug", "pug", "samoyed", "pug"], activations, ["pug", "samoyed"], count=3)
    assert [(s.file, s.label, s.prediction) for s in found] == [("b", "pug", "samoyed"), ("c", "samoyed", "pug"), ("d", "pug", "pug")]
    assert math.isclose(found[0].loss, 4 + math.log(1 + math.exp(-4)), rel_tol=1e-4) and 0.98 < found[0].probability < 0.99


def test_what_is_decided_in_the_cleaner(files):
    chosen = [SimpleNamespace(number=7, file=f, label="<b>", prediction="samoyed", probability=0.9) for f in files[:3]]
    cleaner = Cleaner(chosen, ["Bombay", "samoyed"])
    assert decisions(cleaner) == {} and "&lt;b&gt;" in cleaner.widget.children[0].children[2].value
    for number, choice in (0, "<Delete>"), (2, "samoyed"): cleaner.widget.children[number].children[1].value = choice
    decided = decisions(cleaner)
    assert decided == {files[0].name: None, files[2].name: "samoyed"}
    stay, labels = cleaned(files, decided, Labels({files[1].name: "samoyed"}))
    assert len(stay) == len(files) - 1 and files[0] not in stay
    assert labels(files[1]) == labels(files[2]) == "samoyed" and labels(files[3]) == "Bombay"
    assert all(f.exists() for f in files), "nothing is deleted"


# ---- where it looks

def test_a_class_activation_map_adds_up_to_the_activation():
    maps, weight = torch.randn(8, 3, 4), torch.randn(8)
    cam = class_activation_map(weight, maps)
    assert cam.shape == (3, 4) and torch.isclose(cam.mean(), weight @ maps.mean((1, 2)), atol=1e-6)


def test_covering_what_counts_lowers_the_answer_there_and_only_there():
    picture = torch.zeros(3, 70, 70)
    picture[:, 30:40, 30:40] = 1  # the middle of 7 × 7 places
    falls = occlusion(picture, lambda pictures: pictures.sum((1, 2, 3)) / 300, cover=1 / 7)
    assert falls[3, 3] == 1 and falls.sum() == 1


# ---- which photographs

def test_some_of_each(files, folder):
    few = some_of_each(reversed(files), 3)
    assert [f.name for f in few] == [f"{b}_{n}.png" for b in ("Bombay", "samoyed") for n in (0, 1, 10)]
    assert are_photographs(folder) and not are_photographs(folder / "course_lib_samples" / "x")
