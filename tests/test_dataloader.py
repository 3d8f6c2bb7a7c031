"""Properties of the hand-written DataLoader, for any dataset and any settings."""
import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib.scratch.dataloader import DataLoader, DataLoaders, TensorDataset, collate, first, to_device

settings = st.fixed_dictionaries({"batch_size": st.integers(1, 40), "shuffle": st.booleans(), "drop_last": st.booleans()})
lengths = st.integers(1, 100)


class Minimal:
    "A dataset with nothing but the two methods, which notes what it was asked for."

    def __init__(self, n): self.n, self.asked = n, []
    def __len__(self): return self.n

    def __getitem__(self, i):
        assert type(i) is int and 0 <= i < self.n
        self.asked.append(i)
        return i, f"item {i}"


def visited(loader): return [i for batch in loader for i in batch[0].tolist()]


@given(lengths, settings)
def test_every_item_exactly_once(n, settings):
    seen = visited(DataLoader(Minimal(n), **settings))
    kept = n - n % settings["batch_size"] if settings["drop_last"] else n
    assert len(seen) == len(set(seen)) == kept
    if not settings["shuffle"]: assert seen == list(range(kept))


@given(lengths, settings)
def test_sizes_and_length(n, settings):
    loader = DataLoader(Minimal(n), **settings)
    sizes = [len(numbers) for numbers, _ in loader]
    assert len(sizes) == len(loader)
    assert all(size == settings["batch_size"] for size in sizes[:-1])
    if sizes: assert 0 < sizes[-1] <= settings["batch_size"]
    if settings["drop_last"]: assert set(sizes) <= {settings["batch_size"]}


@given(lengths, settings)
def test_pairs_stay_together(n, settings):
    for numbers, names in DataLoader(Minimal(n), **settings):
        assert names == tuple(f"item {i}" for i in numbers.tolist())


@given(lengths, settings)
def test_both_kinds_of_dataset_give_the_same(n, settings):
    x, y = torch.randn(n, 3), torch.arange(n).unsqueeze(1)
    passes = []
    for dataset in list(zip(x, y, strict=True)), TensorDataset(x, y):
        torch.manual_seed(5)
        passes.append(list(DataLoader(dataset, **settings)))
    assert len(passes[0]) == len(passes[1])
    for (xa, ya), (xb, yb) in zip(*passes, strict=True): assert xa.equal(xb) and ya.equal(yb)


def test_a_new_order_each_pass_when_shuffled_and_only_then():
    shuffled, in_order = DataLoader(Minimal(200), shuffle=True), DataLoader(Minimal(200))
    assert visited(shuffled) != visited(shuffled)
    assert visited(in_order) == visited(in_order) == list(range(200))


def test_two_passes_at_once_do_not_disturb_each_other():
    loader = DataLoader(range(10), batch_size=3)
    assert [(a.tolist(), b.tolist()) for a, b in zip(loader, loader, strict=True)] == [
        (list(range(i, min(i + 3, 10))),) * 2 for i in range(0, 10, 3)]


def test_the_dataset_is_read_by_index_and_left_alone():
    dataset = [(torch.randn(2), i) for i in range(20)]
    before = copy.deepcopy(dataset)
    list(DataLoader(dataset, batch_size=6, shuffle=True))
    assert all(x.equal(bx) and y == by for (x, y), (bx, by) in zip(dataset, before, strict=True))
    minimal = Minimal(20)
    list(DataLoader(minimal, batch_size=6, shuffle=True))
    assert sorted(minimal.asked) == list(range(20))


def test_the_lessons_examples():
    assert [b.tolist() for b in DataLoader(range(15), batch_size=5)] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [10, 11, 12, 13, 14]]
    numbers, letters = first(DataLoader(list(enumerate("abcdefgh")), batch_size=6))
    assert numbers.tolist() == [0, 1, 2, 3, 4, 5] and letters == tuple("abcdef")


@pytest.mark.parametrize("items, expected", [
    ([1, 2], torch.tensor([1, 2])),
    ([1.5, 2.0], torch.tensor([1.5, 2.0])),
    ([True, False], torch.tensor([True, False])),
    (["a", "b"], ("a", "b")),
    ([None, None], (None, None)),
])
def test_collate(items, expected):
    result = collate(items)
    assert result.equal(expected) if isinstance(expected, torch.Tensor) else result == expected


def test_collate_takes_nested_tuples_apart():
    (a, b), c = collate([((1, "x"), torch.zeros(2)), ((2, "y"), torch.ones(2))])
    assert a.tolist() == [1, 2] and b == ("x", "y") and c.tolist() == [[0, 0], [1, 1]]


def test_moving_moves_data_in_memory_once():
    "The device `meta` stands for a GPU: tensors there have a shape and no numbers."
    for dataset in TensorDataset(torch.ones(4, 2), torch.ones(4, 1)), [(torch.ones(2), torch.ones(1))] * 4:
        dls = DataLoaders.from_datasets(dataset, dataset, batch_size=2)
        moved = dls.to("meta")
        data = moved.train.dataset
        assert {t.device.type for t in ((data.x, data.y) if isinstance(data, TensorDataset) else data[0])} == {"meta"}
        assert first(dls.train)[0].device.type == "cpu", "the loaders that were moved stay as they were"
        assert (moved.train.shuffle, moved.valid.shuffle, moved.train.batch_size) == (True, False, 2)
    assert to_device(("a", [torch.ones(1)]), "meta")[1][0].device.type == "meta"


@pytest.mark.parametrize("call, error, words", [
    (lambda: DataLoader([]), ValueError, "the dataset is empty"),
    (lambda: DataLoader([1], batch_size=0), ValueError, "at least 1, got 0"),
    (lambda: DataLoader([1], batch_size=-3), ValueError, "at least 1, got -3"),
    (lambda: DataLoader([1], batch_size=2.5), TypeError, "whole number, got 2.5"),
    (lambda: DataLoader([1], batch_size=True), TypeError, "whole number, got True"),
    (lambda: DataLoader([1], batch_size="8"), TypeError, "whole number, got '8'"),
    (lambda: DataLoader(x for x in [1]), TypeError, "generator has no __len__"),
    (lambda: list(DataLoader([torch.ones(2), torch.ones(3)])), ValueError, "different shapes"),
    (lambda: list(DataLoader([(1, 2), (1, 2, 3)])), ValueError, "different numbers of parts"),
    (lambda: TensorDataset(torch.ones(3), torch.ones(2)), ValueError, "same length, got 3 and 2"),
    (lambda: first([]), ValueError, "there is nothing in it"),
])
def test_bad_input_is_refused_in_words(call, error, words):
    with pytest.raises(error, match=words): call()
