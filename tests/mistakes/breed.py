"`breed`"
from mistakes import right, wrong

_JPG = r"\.jpg|suffix"
REVIEW = [
    wrong("findall with .jpg", _JPG, r"def breed(path): return re.findall(r'(.+)_\d+.jpg$', path.name)[0]"),
    wrong("RegexLabeller with .jpg", _JPG, r"breed = using_attr(RegexLabeller(r'(.+)_\d+.jpg$'), 'name')"),
    wrong("match with .jpg, [1]", _JPG, r"def breed(path): return re.match(r'(.+)_\d+\.jpg$', path.name)[1]"),
    wrong("RegexLabeller of the whole path", r"folder|path\.name|\.jpg|suffix", r"breed = RegexLabeller(r'(.+)_\d+.jpg$')"),
]
WRONG = [
    wrong("the first word", r"first underscore|several words|first word", "def breed(path): return path.name.split('_')[0]"),
    wrong("search with a greedy-less pattern", r"first underscore|several words|last underscore", r"def breed(path): return re.search(r'^([^_]+)_', path.name).group(1)"),
    wrong("a Path is not text", r"path\.name|text", "def breed(path): return re.match(r'(.+)_\\d+', path).group(1)"),
    wrong("the number stays", r"number", "def breed(path): return path.stem"),
    wrong("a list comes back", r"list|\[0\]", r"def breed(path): return re.findall(r'(.+)_\d+\.\w+$', path.name)"),
    wrong("findall gives a list", r"list|\[0\]", "def breed(path):\n    return re.findall(r'(.+)_\\d+\\.\\w+$', path.name)"),
]
KEPT_BACK = [
    wrong("lower", r"capital|lower|as it is written", "def breed(path): return '_'.join(path.stem.split('_')[:-1]).lower()"),
    wrong("the folder", r"folder", "def breed(path): return path.parent.name"),
    wrong("spaces", r"underscore|space", "def breed(path): return ' '.join(path.name.split('_')[:-1])"),
    wrong("path.split", r"path\.name|text|str\(", "def breed(path): return path.split('/')[-1].rsplit('_', 1)[0]"),
    wrong("the underscore stays", r"underscore", "def breed(path): return path.name[:path.name.rindex('_') + 1]"),
    wrong("the last word", r"last word|several words|first word|words", "def breed(path): return path.stem.split('_')[-2]"),
    wrong("letters only", r"underscore|several words|first word", "def breed(path): return re.match(r'[A-Za-z]+', path.name).group(0)"),
]
RIGHT = [
    right("def breed(path): return path.name.rsplit('_', 1)[0]"),
    right("def breed(fname): return re.findall(r'^(.*)_\\d+', Path(fname).name)[0]"),
]
RIGHT_KEPT_BACK = [
    right("breed = using_attr(RegexLabeller(r'^(.+)_\\d+\\.'), 'name')"),
    right("def breed(path):\n    parts = path.stem.split('_')\n    parts.pop()\n    return '_'.join(parts)"),
]
