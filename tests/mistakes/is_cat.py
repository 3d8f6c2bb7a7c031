"`is_cat`"
from mistakes import right, wrong

REVIEW = [
    wrong("fast.ai's own line, on a Path", r"path\.name|text|not subscriptable", "def is_cat(x): return x[0].isupper()"),
    wrong("the whole name", r"first letter|whole name|name\[0\]", "def is_cat(path): return path.name.isupper()", misleading=r"first letter of the path is the folder"),
    wrong("always False", r"always|False for every|never", "def is_cat(path): return False", misleading=r"first letter of the path is the folder"),
]
WRONG = [
    wrong("the other way round", r"other way round", "def is_cat(path): return path.name[0].islower()"),
    wrong("the folder's letter", r"folder", "def is_cat(path): return str(path)[0].isupper()"),
    wrong("isupper without brackets", r"brackets|called|\(\)", "def is_cat(path): return path.name[0].isupper"),
    wrong("words", r"text|True or False", "def is_cat(path):\n    if path.name[0].isupper(): return 'cat'\n    else: return 'dog'"),
    wrong("a match comes back", r"True or False|bool|match|object", "def is_cat(path): return re.match(r'[A-Z]', path.name)"),
]
KEPT_BACK = [
    wrong("prints", r"returns? nothing|print|return", "def is_cat(path): print(path.name[0].isupper())"),
    wrong("any capital", r"first letter", "def is_cat(path): return any(letter.isupper() for letter in path.name)"),
    wrong("0 and 1", r"True or False|number|whole number|bool", "def is_cat(path): return 1 if path.name[0].isupper() else 0"),
    wrong("a list of cats", r"first letter|capital|new breeds|list", "cats = ['Abyssinian', 'Bengal', 'Birman', 'Bombay', 'British_Shorthair', 'Egyptian_Mau', 'Maine_Coon', 'Persian', 'Ragdoll', 'Russian_Blue', 'Siamese', 'Sphynx']\ndef is_cat(path): return path.name.rsplit('_', 1)[0] in cats"),
    wrong("title case", r"title|every word|first letter", "def is_cat(path): return path.stem.istitle()"),
    wrong("a comparison with upper of the name", r"first letter|whole name", "def is_cat(path): return path.name == path.name.upper()"),
    wrong("only True", r"always|returns? nothing|None|else|dogs", "def is_cat(path):\n    if path.name[0].isupper():\n        return True"),
]
RIGHT = [
    right("def is_cat(x): return x.name[0].isupper()"),
    right("def is_cat(path):\n    first = os.path.basename(path)[0]\n    return first == first.upper()"),
]
RIGHT_KEPT_BACK = [
    right("def is_cat(path):\n    if path.name[0].isupper():\n        return True\n    else:\n        return False"),
    right("def is_cat(p): return re.search(r'^[A-Z]', p.name) is not None"),
]
