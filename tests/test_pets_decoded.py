"The loader that decodes each picture once gives what fastai's gives, and reads no file twice."
import pytest
import torch

from course_lib.data import drawn_pets
from course_lib.pets import loaders, presizing
from course_lib.pets.loaders import pets_dataloaders
from fastai.data.core import TfmdDL

OPTIONS = {"presize": 48, "size": 32, "batch_size": 8, "count": 40}
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")  # fastai's own


@pytest.fixture
def read(monkeypatch):
    "The names of the files that were read, in order."
    names, real = [], presizing.Photo.create.__func__
    monkeypatch.setattr(presizing.Photo, "create", classmethod(lambda cls, fn, **k: (names.append(fn), real(cls, fn, **k))[1]))
    return names


def test_each_file_is_read_once_and_the_squares_stay_random(read):
    dls = pets_dataloaders(drawn_pets(), **OPTIONS)
    before_batches = dls.train.after_batch.fs
    dls.train.after_batch.fs = before_batches[:0]  # the squares as they are cut out
    read.clear()  # fastai looks at one item when it makes a loader
    epochs = [torch.cat([x for x, _ in dls.train]) for _ in range(2)]
    for _ in range(2):
        for _ in dls.valid: pass
    assert len(read) == len(set(read)) >= 38 and dls.train.fake_l.num_workers == 0
    assert epochs[0].shape == (32, 3, 48, 48) and epochs[0].dtype == torch.uint8
    pictures = [dls.train.do_item(0)[0] for _ in range(20)]
    assert any(not p.equal(pictures[0]) for p in pictures) and all(dls.valid.do_item(0)[0].equal(dls.valid.do_item(0)[0]) for _ in range(3))


def test_the_validation_pictures_are_fastais(monkeypatch):
    ours = pets_dataloaders(drawn_pets(), **OPTIONS).valid.one_batch()
    monkeypatch.setattr(loaders, "fits", lambda count, presize: False)
    dls = pets_dataloaders(drawn_pets(), **OPTIONS)
    theirs = dls.valid.one_batch()
    assert type(dls.train) is TfmdDL and ours[1].equal(theirs[1]) and ours[0].shape == theirs[0].shape
    assert (ours[0] - theirs[0]).abs().mean().item() < 0.02


def test_new_files_are_loaded_in_their_order_with_labels_and_without():
    dls = pets_dataloaders(drawn_pets(), **OPTIONS)
    files = sorted((drawn_pets() / "images").glob("pug_*"))[:3]
    (x,), (same, y) = dls.test_dl(files).one_batch(), dls.test_dl(files, with_labels=True).one_batch()
    assert x.shape == (3, 3, 32, 32) and x.equal(same) and [dls.vocab[i] for i in y] == ["pug"] * 3
