"Pets and a pretrained network: `from course_lib.pets import pets_learner`; nothing is imported before it is used."
from ..lazily import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, {
    "labels": "breed is_cat",
    "presizing": "pets_block",
    "loaders": "pets_dataloaders",
    "pretrained": "imagenet_network imagenet_names imagenet_breeds normalization prepared features folds",
    "baseline": "error_rate probe out_of_fold plus_minus",
    "toolkit": "pets_learner",
    "interpretation": "suspects show_suspects",
})
