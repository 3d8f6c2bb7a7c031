"""`make docs`: the notebooks become a site of plain files in `_site/`, complete without a network and without JavaScript from elsewhere.

The notebooks are copied to a temporary folder as Sphinx is to read them (pages.py), pages on the modules are added (api.py),
Sphinx writes HTML, and every link in it is followed (links.py). No notebook is run, unless FULL=1 asks for it (full.py).
"""
import os
import shutil
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from sphinx.cmd.build import build_main

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from api import write_api  # noqa: E402
from colab import write_copies  # noqa: E402
from conf import repository  # noqa: E402
from links import broken_links, pages_of  # noqa: E402
from pages import chapter_files, lesson, write_pages  # noqa: E402
from project import NOTEBOOKS, ROOT, SETTINGS  # noqa: E402


def sphinx(source: Path, target: Path, doctrees: Path) -> int:
    "Run Sphinx; every warning is an error, and all of them are shown."
    return build_main(["-q", "-W", "--keep-going", "-j", "auto", "-c", str(HERE), "-d", str(doctrees), str(source), str(target)])


def build(site: Path, full: bool = False) -> int:
    "Build the site, look at its links, say how large it is; 0 if all is well. A site that could not be built replaces nothing."
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        source, html = Path(folder, "source"), Path(folder, "html")
        notebooks = NOTEBOOKS
        if full:
            from full import notebooks_at_full_size  # what it needs is slow to load
            notebooks = notebooks_at_full_size(notebooks, Path(folder, "notebooks"))
        with ProcessPoolExecutor(1) as beside:  # the modules have to be imported for it, which takes as long as the pages
            api = beside.submit(write_api, source)
            write_pages(notebooks, source, repository)
            api.result()
        if failed := sphinx(source, html, Path(folder, "doctrees")): return failed
        wrong = broken_links(html)
        for line in wrong: print(line)
        if wrong: return 1
        if repository: write_copies(notebooks, lesson(chapter_files(notebooks)), html, repository)
        (html / ".buildinfo").unlink(missing_ok=True)  # only Sphinx reads it, when it builds into the same folder again
        shutil.rmtree(site, ignore_errors=True)
        shutil.copytree(html, site)
    pages = pages_of(site)
    average = sum(page.stat().st_size for page in pages) / len(pages) / 1024
    total = sum(p.stat().st_size for p in site.rglob("*") if p.is_file()) / 2**20
    print(f"{len(pages)} pages of {average:.0f} KB on average, {total:.0f} MB with pictures and theme, "
          f"in {time.perf_counter() - started:.0f} s: open {os.path.relpath(site / 'index.html')}")
    return 0


if __name__ == "__main__":
    if SETTINGS.is_file(): os.environ["COURSE_SETTINGS"] = str(SETTINGS)  # the library's functions read them, wherever this is started
    sys.exit(build(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "_site", os.environ.get("FULL") == "1"))
