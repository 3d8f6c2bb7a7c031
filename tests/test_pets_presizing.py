"Chapter 11: pictures of every kind become batches, and what presizing saves."
import shutil

import pytest
import torch
from PIL import Image

from course_lib.pet_pictures import draw_pet
from course_lib.pets.loaders import pets_dataloaders
from course_lib.pets.presizing import Photo, in_one, invented, one_by_one, pets_block, sharpness
from fastai.torch_core import TensorImage  # after course_lib's modules, which prepare torchvision

KINDS = {
    "portrait": lambda p: p.resize((120, 200)),
    "landscape": lambda p: p.resize((200, 120)),
    "tiny": lambda p: p.resize((7, 5)),
    "one_pixel": lambda p: p.resize((1, 1)),
    "grey": lambda p: p.convert("L"),
    "black_and_white": lambda p: p.convert("1"),
    "palette": lambda p: p.convert("P"),
    "cmyk": lambda p: p.convert("CMYK"),
    "transparent": lambda p: p.convert("RGBA"),
    "deep": lambda p: p.convert("I"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    "Four files of each kind, ten of the kinds; no test changes them."
    folder = tmp_path_factory.mktemp("kinds")
    (folder / "images").mkdir()
    pets = [draw_pet("beagle", number) for number in range(4)]
    for kind, convert in KINDS.items():
        suffix = {"cmyk": "tif", "deep": "tif", "portrait": "jpg", "landscape": "jpg"}.get(kind, "png")
        for number, pet in enumerate(pets): convert(pet).save(folder / "images" / f"{kind}_{number}.{suffix}")
    return folder


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_picture_becomes_rgb(folder, kind):
    for file in (folder / "images").glob(f"{kind}_*"):
        picture = Photo.create(file)
        with Image.open(file) as original: assert picture.mode == "RGB" and picture.size == original.size


def test_a_cmyk_jpeg(tmp_path):
    draw_pet("pug", 1).convert("CMYK").save(tmp_path / "pug_1.jpg")
    assert Photo.create(tmp_path / "pug_1.jpg").mode == "RGB"


def test_one_batch_of_all_kinds(folder):
    dls = pets_dataloaders(folder, presize=64, size=32, batch_size=32)
    x, _ = dls.one_batch()
    assert x.shape == (32, 3, 32, 32) and x.isfinite().all() and set(dls.vocab) == set(KINDS)
    assert len(dls.train_ds) == 32 and len(dls.valid_ds) == 8


@pytest.mark.parametrize("content", [lambda whole: whole[:len(whole) // 3], lambda whole: b"", lambda whole: b"<html>not found</html>"])
def test_a_broken_file_is_named(folder, tmp_path, content):
    folder = shutil.copytree(folder, tmp_path / "changed")
    broken = folder / "images" / "portrait_0.jpg"
    broken.write_bytes(content(broken.read_bytes()))
    with pytest.raises(OSError, match=r"portrait_0\.jpg cannot be read as a picture"): Photo.create(broken)
    dls = pets_dataloaders(folder, presize=64, size=32, batch_size=4)
    with pytest.raises(OSError, match=r"portrait_0\.jpg"):
        for dl in (dls.train, dls.valid):
            for _ in dl: pass


def test_arguments_that_do_not_fit(folder, tmp_path):
    with pytest.raises(ValueError, match=r"presize \(100\) must be at least as large as size \(224\)"): pets_block(presize=100)
    with pytest.raises(ValueError, match="batch_size 64 is more than the 32 pictures"): pets_dataloaders(folder)
    with pytest.raises(FileNotFoundError, match="no pictures in"): pets_dataloaders(tmp_path / "nowhere")


def test_count_chooses_evenly_and_never_twice(folder):
    for count, expected in ((20, 20), (40, 40), (1000, 40)):
        dls = pets_dataloaders(folder, presize=64, size=32, batch_size=4, count=count)
        items = [*dls.train_ds.items, *dls.valid_ds.items]
        assert len(items) == len(set(items)) == expected
        assert len({file.name.rsplit("_", 1)[0] for file in items}) == len(KINDS)


def test_the_validation_set_is_always_the_same(folder):
    first, second = (pets_dataloaders(folder, presize=64, size=32, batch_size=4) for _ in range(2))
    assert first.valid_ds.items == second.valid_ds.items
    other = pets_dataloaders(folder, presize=64, size=32, batch_size=4, seed=1)
    assert first.valid_ds.items != other.valid_ds.items


def test_both_ways_show_the_same_part_of_the_picture():
    "On a picture without edges, where interpolation loses nothing, they agree except near the border."
    ramp = torch.linspace(0, 1, 460).expand(1, 3, 460, 460)
    difference = (in_one(TensorImage(ramp)) - one_by_one(TensorImage(ramp))[-1]).abs()
    assert difference[..., 80:144, 80:144].max() < 0.01


def test_presizing_is_sharper_and_invents_less():
    pictures = torch.stack([torch.tensor(list(draw_pet("Egyptian_Mau", n).resize((460, 460)).tobytes())).view(460, 460, 3)
                            .permute(2, 0, 1) / 255 for n in range(3)])
    assert (sharpness(in_one(TensorImage(pictures))) > 1.5 * sharpness(one_by_one(TensorImage(pictures))[-1])).all()
    assert invented(in_one) == 0
    assert invented(lambda p, pad_mode: one_by_one(p, pad_mode=pad_mode)[-1]) > 0.02


def test_sharpness():
    flat, noise = torch.full((1, 3, 16, 16), 0.5), torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    blurred = torch.nn.functional.avg_pool2d(noise, 3, 1, 1)
    assert sharpness(flat) == 0 and sharpness(noise) > 5 * sharpness(blurred)
