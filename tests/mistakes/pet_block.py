"`pet_block`"
from mistakes import right, wrong

_BASE = ("def pet_block():\n    return DataBlock(blocks=(ImageBlock, CategoryBlock), get_items=get_image_files, splitter=RandomSplitter(valid_pct=0.2, seed=42), "
         "get_y={y},\n        {transforms})")
_PRESIZING = "item_tfms=Resize(460), batch_tfms=aug_transforms(size=224, min_scale=0.75)"
_FIRST = r"460"
_NAME = "using_attr(RegexLabeller(r'(.+)_\\d+.jpg$'), 'name')"


def _block(transforms=_PRESIZING, y="breed"): return _BASE.format(y=y, transforms=transforms)


REVIEW = [
    wrong("Resize(224) and nothing else", _FIRST + r"|presizing", _block("item_tfms=Resize(224)", _NAME)),
    wrong("no min_scale", r"min_scale", _block("item_tfms=Resize(460), batch_tfms=aug_transforms(size=224)")),
    wrong("Resize(224), aug_transforms()", _FIRST, _block("item_tfms=Resize(224), batch_tfms=aug_transforms()")),
    wrong("no item_tfms", _FIRST + r"|first step", _block("batch_tfms=aug_transforms(size=224, min_scale=0.75)")),
    wrong("aug_transforms for the items", r"item_tfms|Resize\(460\)|batch_tfms|for (the|each) items?", _block("item_tfms=aug_transforms(size=224, min_scale=0.75)"), misleading=r"nothing is written"),
    wrong("RegexLabeller without using_attr", r"path\.name|folder|file's name|using_attr", _block(y="RegexLabeller(r'(.+)_\\d+.jpg$')")),
]
WRONG = [
    wrong("no seed", r"seed", _block().replace(", seed=42", "")),
    wrong("is_cat for the labels", r"cat", "def is_cat(p): return p.name[0].isupper()\n" + _block(y="is_cat")),
    wrong("parent_label", r"folder", _block(y="parent_label")),
    wrong("size=128", r"128|224", _block("item_tfms=Resize(460), batch_tfms=aug_transforms(size=128, min_scale=0.75)")),
    wrong("get_items forgotten", r"get_items", "def pet_block():\n    return DataBlock(blocks=(ImageBlock, CategoryBlock), splitter=RandomSplitter(valid_pct=0.2, seed=42), get_y=breed, item_tfms=Resize(460), batch_tfms=aug_transforms(size=224, min_scale=0.75))"),
]
KEPT_BACK = [
    wrong("the two sizes are swapped", r"460|swapped", _block("item_tfms=Resize(224), batch_tfms=aug_transforms(size=460, min_scale=0.75)")),
    wrong("dataloaders come back", r"not a DataBlock|DataBlock|folder|path", "def pet_block():\n    dblock = DataBlock(blocks=(ImageBlock, CategoryBlock), get_items=get_image_files, splitter=RandomSplitter(0.2, seed=42), get_y=breed,\n        " + _PRESIZING + ")\n    return dblock.dataloaders(path)"),
    wrong("10 percent", r"valid|fifth|for validation", _block().replace("valid_pct=0.2", "valid_pct=0.1")),
    wrong("return is forgotten", r"returns? nothing|return|not a DataBlock", _block().replace("return DataBlock", "dblock = DataBlock")),
    wrong("RegexLabeller stops at the first word", r"several words|first (word|underscore)|last underscore|labels|breed", _block(y="using_attr(RegexLabeller(r'^([^_]+)'), 'name')")),
    wrong("no batch_tfms", r"second step|aug_transforms|224", _block("item_tfms=Resize(460)")),
]
RIGHT = [
    right("def pet_block():\n    pets = DataBlock(blocks = (ImageBlock, CategoryBlock),\n                 get_items=get_image_files,\n                 splitter=RandomSplitter(seed=42),\n                 get_y=using_attr(RegexLabeller(r'(.+)_\\d+.jpg$'), 'name'),\n                 item_tfms=Resize(460),\n                 batch_tfms=aug_transforms(size=224, min_scale=0.75))\n    return pets"),
    right(_block()),
]
RIGHT_KEPT_BACK = [
    right(_block("item_tfms=[Resize(460, method='crop')], batch_tfms=[*aug_transforms(size=224, min_scale=0.75), Normalize.from_stats(*imagenet_stats)]")),
    right(_block(y="lambda o: '_'.join(o.name.split('_')[:-1])")),
]
