"A table of the manual that somebody measures: found by the heading of its section, read, and written anew."
import json
import re
from dataclasses import dataclass
from pathlib import Path

MANUAL = Path(__file__).parents[1] / "nbs" / "manual"
_TABLE = re.compile(r"(^\|.*\|\n)+", re.MULTILINE)


@dataclass(frozen=True)
class ManualTable:
    "The first table below a heading."
    page: str     # "08_security"
    heading: str  # "## What was tried against it"

    @property
    def path(self) -> Path:
        "The page's notebook."
        return MANUAL / f"{self.page}.ipynb"

    def text(self) -> str:
        "The table as it stands there."
        return _TABLE.search(self._source(self._cell(self._read())))[0]

    def write(self, text: str):
        "Put another in its place."
        nb = self._read()
        cell = self._cell(nb)
        cell["source"] = _TABLE.sub(lambda found: text, self._source(cell), count=1).rstrip("\n").splitlines(keepends=True)
        self.path.write_text(json.dumps(nb, indent=1, ensure_ascii=False) + "\n")

    def _read(self) -> dict: return json.loads(self.path.read_text())

    def _source(self, cell: dict) -> str: return "".join(cell["source"]) + "\n"

    def _cell(self, nb: dict) -> dict:
        return next(c for c in nb["cells"] if c["cell_type"] == "markdown" and self.heading in self._source(c))
