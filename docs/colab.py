"""Chapters that open in Colab: copies with a first cell that installs what is missing, and the links to them on the site.

Colab opens a notebook from a repository, so `make docs` writes the copies into `_site/colab`, and `make colab` puts them on a branch of their own,
`colab`. The repository's address is a setting, `repository` in conf.py; where it is not known there are neither copies nor links.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell

from project import PACKAGE, ROOT

BRANCH = "colab"
SETUP = '''\
# This cell is for Colab. It installs what the chapter needs, once for a session, which takes one to two minutes.
import importlib.util
import subprocess
import sys

if importlib.util.find_spec({package!r}):
    print("All that this chapter needs is here.")
else:
    print("Installing what this chapter needs. That takes one to two minutes, once for a session.", flush=True)
    done = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", {what!r}], capture_output=True, text=True)
    if done.returncode: raise SystemExit("It could not be installed: run this cell again. pip says:\\n" + done.stderr)
    importlib.invalidate_caches()
    print("Done. Run the next cell.")
'''


def setup_source(repository: str, package: str = PACKAGE) -> str:
    "The first cell: it installs the package from its repository, with what chapters and their questions need, if it is not there."
    extras = "[pets,questions]" if package == "course_lib" else ""  # another course asks for what it needs by itself
    return SETUP.format(package=package, what=f"{package}{extras} @ git+{repository}")


def link(repository: str, file: Path) -> str:
    "Where Colab opens a chapter; nothing for a repository that is not on GitHub, since Colab reads no other."
    where = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?", repository)
    return f"https://colab.research.google.com/github/{where[1]}/blob/{BRANCH}/{file.as_posix()}" if where else ""


def copy_for_colab(nb, repository: str):
    "A chapter with that cell below its title, and without what is meant for nbdev."
    copy = nbformat.from_dict(nb)
    copy.cells = [nbformat.from_dict(cell) for cell in nb.cells]
    for cell in copy.cells:
        if cell.cell_type == "code": cell.source = re.sub(r"^#\|.*\n?", "", cell.source, flags=re.MULTILINE)
    copy.cells = [copy.cells[0], new_code_cell(setup_source(repository), id="colab-setup"), *(cell for cell in copy.cells[1:] if cell.source)]
    copy.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return copy


def invitation(repository: str, file: Path) -> list:
    "The cells with which a chapter's page offers Colab."
    if not (address := link(repository, file)): return []
    return [new_markdown_cell(f"[Open this chapter in Colab]({address}): it runs there in your browser, and nothing is installed on your machine. The first cell takes one to two minutes.")]


def write_copies(notebooks: Path, files: list[Path], site: Path, repository: str):
    "The copies of chapters, below `site`/colab, with the pictures that they show."
    for file in files:
        target = site / "colab" / file
        target.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(copy_for_colab(nbformat.read(notebooks / file, as_version=4), repository), target)
        for picture in [*(notebooks / file).parent.glob("*.jpg"), *(notebooks / file).parent.glob("*.png")]:
            (target.parent / picture.name).write_bytes(picture.read_bytes())


def publish(site: Path, root: Path = ROOT) -> str:
    "Put the copies on the branch `colab` of the repository that this one was cloned from; returns what was done."
    copies = site / "colab"
    if not copies.is_dir(): return "There is nothing for Colab: the repository's address is not known (`repository` in docs/conf.py), or make docs has not run."
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "GIT_INDEX_FILE": str(Path(folder) / "index"), "GIT_WORK_TREE": str(copies.resolve()),
                       "GIT_DIR": str(root / ".git") if (root / ".git").is_dir() else git(root, "rev-parse", "--absolute-git-dir")}
        git(root, "add", "--all", "--force", environment=environment)
        tree = git(root, "write-tree", environment=environment)
        commit = git(root, "commit-tree", tree, "-m", "The chapters, as Colab opens them", environment=environment)
    git(root, "push", "--force", "origin", f"{commit}:refs/heads/{BRANCH}")
    return f"{len(list(copies.rglob('*.ipynb')))} chapters are on the branch {BRANCH}."


def git(root: Path, *words: str, environment: dict | None = None) -> str:
    "What git prints."
    return subprocess.run(["git", *words], cwd=(environment or {}).get("GIT_WORK_TREE", root), env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


if __name__ == "__main__": print(publish(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "_site"))
