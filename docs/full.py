"""`FULL=1 make docs`: the chapters that can show more on a large machine are run there, in copies, before the site is built.

A chapter says so itself: it has a cell that looks at FULL.
"""
import os
import shutil
from pathlib import Path

import nbformat
import torch
from course_lib.data import reachable
from course_lib.pets.pretrained import weights_file
from fastai.data.external import URLs, fastai_path
from nbclient import NotebookClient
from tqdm import tqdm

PHOTOGRAPHS = 7_000  # the dataset has 7,390; a part of it is not the whole


def missing() -> list[str]:
    "What this machine lacks to run the chapters at full size; nothing is downloaded to find out."
    lacks = [] if torch.cuda.is_available() else ["a GPU that torch can use"]
    try: weights_file()
    except (ImportError, OSError, ValueError) as error: lacks.append(f"the pretrained weights ({error})")
    folder = fastai_path("data") / Path(URLs.PETS).stem
    count = len(list((folder / "images").glob("*.jpg")))
    if folder.is_dir() and count < PHOTOGRAPHS: lacks.append(f"all photographs of the pets ({count:,} are in fastai's cache)")
    elif not folder.is_dir() and not reachable(URLs.PETS): lacks.append("the photographs of the pets, or a network to download them")
    return lacks


def chapters_at_full_size(notebooks: Path) -> list[Path]:
    "The chapters with a cell that looks at FULL."
    files = sorted(p for p in notebooks.rglob("*.ipynb") if not p.relative_to(notebooks).parts[0].startswith(("assignments", ".")))
    return [p for p in files if any(cell.cell_type == "code" and 'environ.get("FULL")' in cell.source
                                    for cell in nbformat.read(p, as_version=4).cells)]


def run(notebook: Path):
    "Run a notebook where it is, with a line that says how far it is; an error ends the build and shows the cell."
    nb = nbformat.read(notebook, as_version=4)
    with tqdm(total=len(nb.cells), desc=notebook.stem, unit=" cells") as bar:
        NotebookClient(nb, timeout=None, kernel_name="python3", resources={"metadata": {"path": str(notebook.parent)}}, store_widget_state=False,
                       on_cell_complete=lambda cell, cell_index: bar.update(cell_index + 1 - bar.n)).execute()
    nbformat.write(nb, notebook)


def notebooks_at_full_size(notebooks: Path, target: Path) -> Path:
    "A copy of the notebooks in which those chapters have been run; SystemExit, before anything is run, where that cannot be."
    if lacks := missing():
        raise SystemExit(f"FULL=1 make docs cannot run the chapters at full size, because this machine lacks {'; '.join(lacks)}.")
    shutil.copytree(notebooks, target, ignore=shutil.ignore_patterns(".*", "answers.json"))
    os.environ["FULL"] = "1"
    for chapter in chapters_at_full_size(target): run(chapter)
    return target
