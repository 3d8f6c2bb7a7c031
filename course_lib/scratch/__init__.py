"""The lesson as a library: `from course_lib.scratch import Learner, SGD, DataLoader, mnist_loss, simple_net`; nothing
is imported before it is used.
"""
from ..lazily import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, {
    "gradient_descent": "quadratic mse gradient_step descend",
    "binary_loss": "sigmoid mnist_loss",
    "dataloader": "collate TensorDataset DataLoader DataLoaders",
    "training": "init_params linear1 calc_grad train_epoch batch_accuracy validate_epoch train_model",
    "optimizers": "BasicOptim SGD",
    "learner": "Learner",
    "neural_net": "Linear ReLU LeakyReLU Sequential simple_net",
    "inside_the_net": "activations dead_units",
    "drawings": "plot_descent show_filters",
    "cross_entropy": "softmax log_softmax nll_loss CrossEntropyLoss",
})
