"Chapter 10: the breed in a file name."
from pathlib import Path

import pytest

from course_lib.pets.labels import PATTERN, breed, is_cat


def real_names():
    "370 names of the real dataset, with the breed that each should give."
    lines = Path(__file__).with_name("pet_names.txt").read_text().splitlines()
    groups = [line.split(": ") for line in lines if not line.startswith("#")]
    return [(f"{name}_{number}.jpg", name) for name, numbers in groups for number in numbers.split()]


def test_all_real_names():
    names = real_names()
    assert len(names) == 370 and len({name for _, name in names}) == 37
    assert [breed(file) for file, _ in names] == [name for _, name in names]
    assert len({name for file, name in names if is_cat(file)}) == 12


@pytest.mark.parametrize("file, expected", [
    ("great_pyrenees_173.jpg", "great_pyrenees"),
    ("staffordshire_bull_terrier_2.jpg", "staffordshire_bull_terrier"),
    ("a__b_1.jpg", "a__b"),
    ("_x_1.jpg", "_x"),
    ("my own cat_12.jpg", "my own cat"),
    (" leading blank_12.jpg", " leading blank"),
    ("BEAGLE_7.JPG", "BEAGLE"),
    ("beagle_7.jpeg", "beagle"),
    ("beagle_7.png", "beagle"),
    ("beagle_0007.jpg", "beagle"),
    ("Épagneul_breton_3.jpg", "Épagneul_breton"),
    ("柴犬_12.jpg", "柴犬"),
    ("dr. who's dog_4.jpg", "dr. who's dog"),
    ("type_2_3.jpg", "type_2"),
])
def test_tricky_names(file, expected):
    assert breed(file) == expected
    assert breed(Path("some_1.jpg/folder_2") / file) == expected, "only the name counts, not the folders"


@pytest.mark.parametrize("file", ["beagle.jpg", "beagle_12", "_12.jpg", "beagle_.jpg", "beagle_12.", "beagle-12.jpg", "12.jpg",
                                  "beagle_12.tar.gz", "beagle_1 2.jpg", "", "bea\ngle_1.jpg"])
def test_a_name_that_does_not_match_is_an_error_with_name_and_pattern(file):
    for function in (breed, is_cat):
        with pytest.raises(ValueError) as error: function(file)
        assert repr(Path(file).name) in str(error.value) and PATTERN in str(error.value)


def test_is_cat():
    assert is_cat("Egyptian_Mau_1.jpg") and not is_cat("beagle_1.jpg")
