"""Where the data comes from, and what is said when it is not as it should be."""
import hashlib
import io
import os
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest
import torch
from PIL import Image

from course_lib import archives, data
from course_lib.files import write_folder
from course_lib.samples import write_digits


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    "fastai's data folder, empty, on a machine without a network."
    cache = tmp_path / "cache"
    monkeypatch.setattr(data, "fastai_path", lambda kind: cache)
    monkeypatch.setattr(data, "reachable", lambda url: False)
    return cache


def test_digits(digits_folder):
    x, y = data.digits(digits_folder)
    assert x.shape == (6, 784) and x.dtype == torch.float32 and y.shape == (6, 1)
    assert (x[:3] == 1).all() and (x[3:] == 0).all() and y.flatten().tolist() == [1, 1, 1, 0, 0, 0]


@pytest.mark.parametrize("spoil, error, words", [
    (lambda f: f.write_bytes(b"no picture"), ValueError, "cannot be read as a picture"),
    (lambda f: f.write_bytes(f.read_bytes()[:40]), ValueError, "cannot be read as a picture"),
    (lambda f: Image.new("L", (20, 30)).save(f), ValueError, "is 20 by 30 pixels; 28 by 28 are expected"),
])
def test_a_bad_picture_is_named(digits_folder, spoil, error, words):
    spoil(digits_folder / "7" / "1.png")
    with pytest.raises(error, match=words) as e: data.digits(digits_folder)
    assert str(digits_folder / "7" / "1.png") in str(e.value)


def test_a_missing_or_empty_folder_is_named(digits_folder):
    with pytest.raises(FileNotFoundError, match=f"no folder {digits_folder}/nothing/3"): data.digits(digits_folder / "nothing")
    for file in (digits_folder / "3").iterdir(): file.unlink()
    with pytest.raises(FileNotFoundError, match=rf"no pictures .* in {digits_folder}/3"): data.digits(digits_folder)


def test_the_cache_comes_first(empty_cache, capsys):
    (empty_cache / "mnist_sample").mkdir(parents=True)
    assert data.mnist_sample() == empty_cache / "mnist_sample"
    assert capsys.readouterr().out == ""


def test_then_the_network(empty_cache, monkeypatch):
    asked = []
    monkeypatch.setattr(data, "reachable", lambda url: True)
    monkeypatch.setattr(data, "untar_data", lambda url: asked.append(url) or Path("downloaded"))
    assert data.mnist_sample() == Path("downloaded") and asked == [data.URLs.MNIST_SAMPLE]


def test_then_the_embedded_sample_which_says_so(empty_cache, capsys):
    folder = data.mnist_sample()
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and "scikit-learn" in said and "course data --from" in said
    x, y = data.digits(folder / "train")
    assert x.shape[1] == 784 and 0 < y.mean() < 1 and x.min() == 0 and x.max() == 1
    assert len(list(folder.rglob("*.png"))) == 362
    assert data.mnist_sample() == folder, "the second time it is there already"
    assert not (empty_cache / "mnist_sample").exists(), "it must never pass for the real data"


def test_the_embedded_sample_of_all_digits(empty_cache):
    x, y = data.ten_digits(data.mnist() / "training")
    assert len(x) == len(y) and y.unique().tolist() == list(range(10)) and y.dtype == torch.int64
    with pytest.raises(FileNotFoundError, match="testing/0"):
        data.read_class(data.mnist() / "testing" / "00")


def test_the_sample_can_be_learned(empty_cache):
    "The pixel-similarity baseline of chapter 1 works on it."
    folder = data.mnist_sample()
    (x, y), (vx, vy) = (data.digits(folder / part) for part in ("train", "valid"))
    mean3, mean7 = x[y[:, 0] == 1].mean(0), x[y[:, 0] == 0].mean(0)
    is3 = (vx - mean3).abs().mean(1) < (vx - mean7).abs().mean(1)
    assert (is3 == (vy[:, 0] == 1)).float().mean() > 0.9


def test_sample_is_the_same_every_time(tmp_path):
    for name in "ab": write_digits(tmp_path / name, ("train", "valid"), "3")
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*.png"))
    assert files and all((tmp_path / "a" / f).read_bytes() == (tmp_path / "b" / f).read_bytes() for f in files)


def make_archive(path, members):
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def link(name, target, kind=tarfile.SYMTYPE):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.fixture
def stick(tmp_path):
    "A folder with one good archive and its checksum."
    folder = tmp_path / "stick"
    folder.mkdir()
    make_archive(folder / "digits.tgz", [("digits/train/3/1.png", b"one"), ("digits/labels.csv", b"two")])
    checksum = hashlib.sha256((folder / "digits.tgz").read_bytes()).hexdigest()
    (folder / "SHA256SUMS").write_text(f"{checksum}  digits.tgz\n")
    return folder


def test_unpacking(stick, tmp_path, capsys):
    cache = tmp_path / "cache"
    assert archives.unpack_all(stick, cache, progress=False) == [cache / "digits"]
    assert (cache / "digits/train/3/1.png").read_bytes() == b"one" and (cache / "digits/labels.csv").read_bytes() == b"two"
    assert "as stated" in capsys.readouterr().out
    (cache / "digits/labels.csv").write_text("mine")
    archives.unpack_all(stick, cache, progress=False)
    assert "already there" in capsys.readouterr().out and (cache / "digits/labels.csv").read_text() == "mine"


def test_progress_is_shown(stick, tmp_path, capsys):
    archives.unpack_all(stick, tmp_path / "cache")
    assert "digits" in capsys.readouterr().err


def test_a_wrong_checksum(stick, tmp_path):
    (stick / "SHA256SUMS").write_text(f"{'0' * 64}  digits.tgz\n")
    with pytest.raises(ValueError, match="is damaged: its SHA-256 is"): archives.unpack_all(stick, tmp_path / "cache")
    assert not (tmp_path / "cache" / "digits").exists()


@pytest.mark.parametrize("members", [
    [("digits/ok.png", b""), ("digits/../../escaped", b"x")],
    [("../escaped", b"x")],
    [("/escaped", b"x")],
    [("digits/a.png", b""), (link("digits/link", "/etc/passwd"), b"")],
    [("digits/a.png", b""), (link("digits/link", "../../../escaped"), b""), ("digits/link/x", b"x")],
    [("digits/a.png", b""), (link("digits/hard", "/etc/passwd", tarfile.LNKTYPE), b"")],
    [(link("digits/device", "", tarfile.CHRTYPE), b"")],
    [("digits\\..\\..\\escaped", b"x")],
    [("one/a", b""), ("two/b", b"")],
    [],
], ids=["dots inside", "dots first", "absolute", "symbolic link", "through a link", "hard link", "device", "backslashes",
        "two folders", "empty"])
def test_hostile_archives_write_nothing(tmp_path, members):
    make_archive(tmp_path / "digits.tgz", members)
    cache = tmp_path / "deep" / "cache"
    with pytest.raises(ValueError, match=r"digits\.tgz: "): archives.unpack(tmp_path / "digits.tgz", cache, progress=False)
    assert list(cache.iterdir()) == [] and not list(tmp_path.rglob("escaped"))


def test_damaged_archives_leave_nothing(stick, tmp_path):
    whole = (stick / "digits.tgz").read_bytes()
    for spoiled in whole[: len(whole) // 2], b"not an archive", b"":
        (stick / "digits.tgz").write_bytes(spoiled)
        with pytest.raises(ValueError, match="is damaged or no archive"):
            archives.unpack(stick / "digits.tgz", tmp_path / "cache", progress=False)
        assert list((tmp_path / "cache").iterdir()) == []


def test_nothing_to_unpack(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"): archives.unpack_all(tmp_path / "no", tmp_path)
    with pytest.raises(FileNotFoundError, match="no archive"): archives.unpack_all(tmp_path, tmp_path)


def test_a_process_that_is_killed_leaves_no_half_dataset(tmp_path):
    code = ("import sys, time; from pathlib import Path; from course_lib.files import write_folder\n"
            "def slow(place):\n  (place / '1').touch(); print('half', flush=True); time.sleep(60)\n"
            "write_folder(Path(sys.argv[1]), slow)")
    process = subprocess.Popen([sys.executable, "-c", code, tmp_path / "set"], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "half\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not (tmp_path / "set").exists()
    (left_over,) = tmp_path.iterdir()
    os.utime(left_over, (time.time() - 7200,) * 2)
    write_folder(tmp_path / "set", lambda place: (place / "1").touch())
    assert [p.name for p in tmp_path.iterdir()] == ["set"], "the next run cleans up"


def test_two_processes_at_once(tmp_path):
    "The other one finishes while we are writing: its folder stays, and ours goes."
    def slow(place):
        (place / "mine").touch()
        (tmp_path / "set").mkdir()
        (tmp_path / "set" / "theirs").touch()
    assert write_folder(tmp_path / "set", slow) == tmp_path / "set"
    assert [p.name for p in (tmp_path / "set").iterdir()] == ["theirs"] and len(list(tmp_path.iterdir())) == 1
