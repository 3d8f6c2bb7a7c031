"""Pictures of the lesson that can be moved: `from course_lib.pictures import LearningRate, SoftmaxBars`; nothing is
imported before it is used.
"""
from ..lazily import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, {
    "live": "LivePicture",
    "words": "described",
    "boxes": "diagram",
    "learning_rate": "LearningRate",
    "matrix_product": "MatrixProduct",
    "staircase": "Staircase",
    "kinks": "Kinks",
    "softmax_bars": "SoftmaxBars",
    "own_digit": "OwnDigit",
})
