"`DataLoader`"
from mistakes import right, wrong

_COLLATE = '''def collate(items):
    first = items[0]
    if isinstance(first, torch.Tensor): return torch.stack(items)
    if isinstance(first, (int, float)): return torch.tensor(items)
    if isinstance(first, tuple): return tuple(collate(list(c)) for c in zip(*items))
    return list(items)
'''
_INIT = "class DataLoader:\n    def __init__(self, dataset, batch_size=64, shuffle=False, drop_last=False):\n        self.dataset, self.batch_size, self.shuffle, self.drop_last = dataset, batch_size, shuffle, drop_last\n"
_LEN = "    def __len__(self):\n        n = len(self.dataset)\n        return n // self.batch_size if self.drop_last else math.ceil(n / self.batch_size)\n"
_ORDER = "        order = torch.randperm(len(self.dataset)).tolist() if self.shuffle else list(range(len(self.dataset)))\n"
_ITER = "    def __iter__(self):\n" + _ORDER + '''        for k in range(len(self)):
            yield collate([self.dataset[i] for i in order[k * self.batch_size:(k + 1) * self.batch_size]])
'''
_GOES_ON = "    def __iter__(self):\n" + _ORDER + '''        for k in range(0, len(order), self.batch_size):
            part = order[k:k + self.batch_size]
            if len(part) < self.batch_size and self.drop_last: return
            yield collate([self.dataset[i] for i in part])
'''
_LOST = r"(smaller )?last batch (is|was) (lost|missing|left out)|last batch.{0,40}(lost|missing|only left out)"
REVIEW = [
    wrong("only len() is wrong: int(len / bs)", r"len\(\)", _COLLATE + _INIT + "    def __len__(self): return int(len(self.dataset) / self.batch_size)\n" + _GOES_ON, misleading=r"smaller last batch is lost"),
    wrong("len() is one too many", r"len\(\).{0,90}(one too many|rest|whole|round|// )|one (batch )?too many", _COLLATE + _INIT + "    def __len__(self): return len(self.dataset) // self.batch_size + 1\n" + _GOES_ON),
    wrong("the last batch is lost, len() right", _LOST, _COLLATE + _INIT + _LEN + "    def __iter__(self):\n" + _ORDER + "        for k in range(0, len(order), self.batch_size):\n            part = order[k:k + self.batch_size]\n            if len(part) < self.batch_size: return\n            yield collate([self.dataset[i] for i in part])\n"),
    wrong("always shuffles", r"always shuffles|without shuffle|shuffle=True", _COLLATE + _INIT + _LEN + "    def __iter__(self):\n        order = torch.randperm(len(self.dataset)).tolist()\n        for k in range(len(self)):\n            yield collate([self.dataset[i] for i in order[k * self.batch_size:(k + 1) * self.batch_size]])\n"),
    wrong("slices of the dataset", r"slice|dataset\[i\]|one (item|number)|whole number", _COLLATE + _INIT + _LEN + "    def __iter__(self):\n        for i in range(0, len(self.dataset), self.batch_size):\n            yield self.dataset[i:i + self.batch_size]\n"),
    wrong("a pair of tables", r"slice|dataset\[i\]|one (item|number)|pair|whole number", _INIT + _LEN + "    def __iter__(self):\n        for i in range(0, len(self.dataset[0]), self.batch_size):\n            yield self.dataset[0][i:i + self.batch_size], self.dataset[1][i:i + self.batch_size]\n"),
    wrong("an error in __iter__", r"line \d+.{0,200}(subscriptable|number|int)", _COLLATE + _INIT + _LEN + "    def __iter__(self):\n        for k in range(len(self)):\n            items = [self.dataset[i] for i in k[0:self.batch_size]]\n            yield collate(items)\n"),
]
WRONG = [
    wrong("drop_last is ignored", r"drop_last", _COLLATE + _INIT + "    def __len__(self): return math.ceil(len(self.dataset) / self.batch_size)\n" + _ITER),
    wrong("shuffle is ignored", r"shuffle is ignored|shuffle.{0,20}never used", _COLLATE + _INIT + _LEN + "    def __iter__(self):\n        for k in range(len(self)):\n            stop = min((k + 1) * self.batch_size, len(self.dataset))\n            yield collate([self.dataset[i] for i in range(k * self.batch_size, stop)])\n"),
    wrong("shuffled once, in __init__", r"drawn once|__init__|each __iter__|same in each pass", _COLLATE + _INIT + "        self.order = list(range(len(dataset)))\n        if shuffle: random.shuffle(self.order)\n" + _LEN + "    def __iter__(self):\n        for k in range(len(self)):\n            yield collate([self.dataset[i] for i in self.order[k * self.batch_size:(k + 1) * self.batch_size]])\n"),
    wrong("batches are lists of items", r"list of items|tuple", _INIT + _LEN + "    def __iter__(self):\n" + _ORDER + "        for k in range(len(self)):\n            yield [self.dataset[i] for i in order[k * self.batch_size:(k + 1) * self.batch_size]]\n"),
    wrong("an iterator that ends for good", r"only once|begin anew|second pass|__iter__", _COLLATE + _INIT + "        self.at = 0\n" + _LEN + "    def __iter__(self): return self\n    def __next__(self):\n        if self.at >= len(self) * self.batch_size: raise StopIteration\n        stop = min(self.at + self.batch_size, len(self.dataset))\n        items = [self.dataset[i] for i in range(self.at, stop)]\n        self.at += self.batch_size\n        return collate(items)\n"),
    wrong("the dataset itself is shuffled", r"dataset.{0,40}(changed|itself|shuffled)|item assignment|shuffle the (indices|positions)", _COLLATE + _INIT + _LEN + "    def __iter__(self):\n        if self.shuffle: random.shuffle(self.dataset)\n        for k in range(len(self)):\n            stop = min((k + 1) * self.batch_size, len(self.dataset))\n            yield collate([self.dataset[i] for i in range(k * self.batch_size, stop)])\n"),
    wrong("torch.tensor of tuples with tensors", r"stack|zip", "class DataLoader:\n    def __init__(self, dataset, batch_size=64, shuffle=False, drop_last=False): self.ds, self.bs = dataset, batch_size\n    def __len__(self): return math.ceil(len(self.ds) / self.bs)\n    def __iter__(self):\n        for k in range(0, len(self.ds), self.bs):\n            yield torch.tensor([self.ds[i] for i in range(k, min(k + self.bs, len(self.ds)))])", misleading=r"torch\.exp"),
]
KEPT_BACK = [
    wrong("the last index is left out", r"last (item|one|batch)|one (item|too few)|off by one|not every item|items are missing", _COLLATE + _INIT + _LEN + "    def __iter__(self):\n        order = list(range(len(self.dataset) - 1))\n        if self.shuffle: random.shuffle(order)\n        for k in range(len(self)):\n            yield collate([self.dataset[i] for i in order[k * self.batch_size:(k + 1) * self.batch_size]])\n"),
    wrong("drawn with replacement", r"replacement|twice", _COLLATE + _INIT + _LEN + "    def __iter__(self):\n        n = len(self.dataset)\n        order = [random.randrange(n) for _ in range(n)] if self.shuffle else list(range(n))\n        for k in range(len(self)):\n            yield collate([self.dataset[i] for i in order[k * self.batch_size:(k + 1) * self.batch_size]])\n"),
    wrong("len() is the number of items", r"len\(\) is the number of batches|number of (batches|items)", _COLLATE + _INIT + "    def __len__(self): return len(self.dataset)\n" + _GOES_ON),
    wrong("only whole batches are shuffled", r"side by side|batches.{0,60}(order|shuffled)|not random", _COLLATE + _INIT + _LEN + "    def __iter__(self):\n        starts = list(range(0, len(self.dataset), self.batch_size))\n        if self.drop_last: starts = starts[:len(self)]\n        if self.shuffle: random.shuffle(starts)\n        for s in starts:\n            yield collate([self.dataset[i] for i in range(s, min(s + self.batch_size, len(self.dataset)))])\n", plain=r"other sizes"),
    wrong("return in place of yield", r"yield|return|first batch|only one batch", _COLLATE + _INIT + _LEN + "    def __iter__(self):\n" + _ORDER + "        for k in range(len(self)):\n            return collate([self.dataset[i] for i in order[k * self.batch_size:(k + 1) * self.batch_size]])\n"),
    wrong("texts into torch.tensor", r"text|str|letters", _INIT + _LEN + "    def __iter__(self):\n" + _ORDER + "        for k in range(len(self)):\n            items = [self.dataset[i] for i in order[k * self.batch_size:(k + 1) * self.batch_size]]\n            if isinstance(items[0], tuple):\n                xs, ys = zip(*items)\n                yield (torch.stack(xs) if torch.is_tensor(xs[0]) else torch.tensor(xs)), torch.tensor(ys)\n            else: yield torch.tensor(items)\n"),
    wrong("__iter__ gives lists of columns", r"tuple", _COLLATE.replace("tuple(collate", "list(collate") + _INIT + _LEN + _ITER),
    wrong("no __len__", r"__len__|len\(\)", _COLLATE + _INIT + "    def __iter__(self):\n" + _ORDER + "        for k in range(0, len(order), self.batch_size):\n            part = order[k:k + self.batch_size]\n            if len(part) < self.batch_size and self.drop_last: return\n            yield collate([self.dataset[i] for i in part])\n"),
]
RIGHT = [
    right(_COLLATE + _INIT + _LEN + _ITER),
    right(_COLLATE + _INIT + _LEN + _GOES_ON),
    right(_COLLATE + "def chunks(xs, n):\n    for i in range(0, len(xs), n): yield xs[i:i + n]\n" + _INIT + "    def __len__(self): return len(list(self.parts()))\n    def parts(self):\n        idxs = list(range(len(self.dataset)))\n        if self.shuffle: random.shuffle(idxs)\n        for part in chunks(idxs, self.batch_size):\n            if not self.drop_last or len(part) == self.batch_size: yield part\n    def __iter__(self):\n        for part in self.parts(): yield collate([self.dataset[i] for i in part])\n"),
]
RIGHT_KEPT_BACK = [
    right(_COLLATE + "class Sampler:\n    def __init__(self, n, shuffle): self.n, self.shuffle = n, shuffle\n    def __iter__(self):\n        res = list(range(self.n))\n        if self.shuffle: random.shuffle(res)\n        return iter(res)\n" + _INIT + "        self.sampler = Sampler(len(dataset), shuffle)\n" + _LEN + "    def __iter__(self):\n        batch = []\n        for i in self.sampler:\n            batch.append(self.dataset[i])\n            if len(batch) == self.batch_size:\n                yield collate(batch)\n                batch = []\n        if batch and not self.drop_last: yield collate(batch)\n"),
    right(_COLLATE + _INIT + "    def __len__(self):\n        full, rest = divmod(len(self.dataset), self.batch_size)\n        return full + (rest > 0 and not self.drop_last)\n    def __iter__(self):\n        perm = np.random.permutation(len(self.dataset)) if self.shuffle else np.arange(len(self.dataset))\n        for b in range(len(self)):\n            yield collate([self.dataset[int(i)] for i in perm[b * self.batch_size:(b + 1) * self.batch_size]])\n"),
]
