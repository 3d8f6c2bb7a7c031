"The drawn pets: the same on every machine, in the layout of the real dataset."
import hashlib
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from course_lib.pet_pictures import BREEDS, SIZES, draw_pet, write_pets
from course_lib.pets.labels import breed, is_cat


def digest(folder):
    files = sorted(f for f in folder.rglob("*") if f.is_file())
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def test_two_processes_draw_the_same(tmp_path):
    write_pets(tmp_path / "here", per_breed=3)
    code = f"from pathlib import Path; from course_lib.pet_pictures import write_pets; write_pets(Path({str(tmp_path / 'there')!r}), 3)"
    subprocess.run([sys.executable, "-c", code], check=True)
    here = digest(tmp_path / "here")
    assert here == digest(tmp_path / "there")
    assert len(here) == 3 * len(BREEDS) + 2 and len(set(here.values())) == len(here), "no two pictures are equal"


def test_layout(tmp_path):
    write_pets(tmp_path, per_breed=3)
    files = sorted((tmp_path / "images").iterdir())
    assert Counter(map(breed, files)) == dict.fromkeys(BREEDS, 3)
    species = {True: 1, False: 2}
    for line in (tmp_path / "annotations/list.txt").read_text().splitlines():
        name, class_id, kind, _ = line.split()
        assert (tmp_path / "images" / f"{name}.jpg").exists()
        assert list(BREEDS)[int(class_id) - 1] == breed(f"{name}.jpg")
        assert int(kind) == species[is_cat(f"{name}.jpg")]
    assert f"{3 * len(BREEDS)} drawn pictures" in (tmp_path / "annotations/README").read_text()


def test_sizes_and_orientations():
    sizes = Counter(draw_pet("pug", n).size for n in range(150))
    assert set(sizes) == set(SIZES)
    assert any(w > h for w, h in sizes) and any(w < h for w, h in sizes) and any(w == h for w, h in sizes)


def test_breeds_look_different_and_relatives_alike():
    "By the mean colour of the middle of a picture, the relatives are nearer to each other than a black cat to a white dog."
    def middle(name):
        crops = [np.asarray(draw_pet(name, n).resize((64, 64)))[20:44, 20:44].mean(axis=(0, 1)) for n in range(20)]
        return np.mean(crops, axis=0)
    def distance(a, b): return np.linalg.norm(middle(a) - middle(b))
    assert distance("Bombay", "samoyed") > 3 * max(distance("Birman", "Ragdoll"),
                                                   distance("american_pit_bull_terrier", "staffordshire_bull_terrier"))


def test_pictures_can_be_read_and_unknown_breeds_are_refused(tmp_path):
    write_pets(tmp_path, per_breed=1)
    for file in (tmp_path / "images").iterdir():
        with Image.open(file) as picture: assert picture.convert("RGB").getbbox()
    with pytest.raises(ValueError, match=r"breed must be one of .*got 'poodle'"): draw_pet("poodle", 1)
