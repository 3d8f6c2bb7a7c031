"""Write README.md from nbs/index.ipynb: without hidden cells, and with links that are right from the project's folder."""
import re
from pathlib import Path

import nbformat
from nbconvert import MarkdownExporter

ROOT = Path(__file__).parents[1]


def readme(notebook: Path) -> str:
    nb = nbformat.read(notebook, as_version=4)
    nb.cells = [cell for cell in nb.cells if not cell.source.startswith("#| hide")]
    text, _ = MarkdownExporter().from_notebook_node(nb)
    return re.sub(r"\]\((?!\w+:|#)", f"]({notebook.parent.name}/", text).replace(f"]({notebook.parent.name}/../", "](").strip() + "\n"


if __name__ == "__main__":
    (ROOT / "README.md").write_text(readme(ROOT / "nbs" / "index.ipynb"), encoding="utf-8")
