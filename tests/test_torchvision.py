"""torchvision beside a torch that it was not compiled for, and beside one that it was."""
import subprocess
import sys

from course_lib import torchvision_operators


def run(code): return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def test_fastai_vision_can_be_imported():
    "In this process: that each module of `pets` can be imported in one of its own is tried in test_house.py."
    from fastai.vision.all import resnet18
    assert resnet18(weights=None).fc.out_features == 1000


def test_it_is_needed_just_where_the_import_fails_without_it():
    without = run("import torchvision")
    declared = run("from course_lib.torchvision_operators import declare_missing_operators as d; print(d())")
    assert declared.stdout == f"{without.returncode != 0}\n"


def test_a_matched_pair_stays_untouched():
    result = run("import importlib.machinery, torch\n"
                 "torch.ops.load_library = lambda path: None\n"  # as if the compiled operators had loaded
                 "import course_lib.torchvision_operators as t\n"
                 "print(t.compiled_operators_load(), t._declared, hasattr(torch.ops.torchvision, 'nms'))")
    assert result.stdout == "True None False\n", result.stderr


def test_asking_twice_declares_once():
    before = torchvision_operators._declared
    torchvision_operators.declare_missing_operators()
    assert torchvision_operators._declared is before
