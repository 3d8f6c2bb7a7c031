"""The rules of the house: what imports what, what a fresh process sees, what notebooks carry."""
import ast
import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from conftest import LONGEST
from packaging.requirements import Requirement
from test_extras import asked_for, plain

from course_lib.imports import imported_names
from course_lib.questionnaire.versions import slug

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "course_lib"
MODULES = sorted(p for p in LIBRARY.rglob("*.py") if not p.name.startswith("_"))
NOTEBOOKS = sorted(p for p in (ROOT / "nbs").rglob("*.ipynb") if not any(part.startswith((".", "_")) for part in p.parts))
CHAPTERS = [p for p in NOTEBOOKS if "assignments" not in p.parts]
# a room imports only from floors below (and from its own)
FLOORS = {**dict.fromkeys(("settings", "dates", "files", "untrusted", "data", "samples", "archives", "courses", "imports", "lazily", "torchvision_operators", "pet_pictures", "guessing"), 0),
          "scratch": 1, "pets": 1, "pictures": 1, "checks": 2, "sandbox": 3, "questionnaire": 4, "grading": 5, "exercises": 6, "insight": 7, "classroom": 8, "cli": 9, "demo": 9, "new_course": 9}


def name_of(module): return ".".join(module.relative_to(ROOT).with_suffix("").parts)
def room(module): return name_of(module).split(".")[1]


def imported(module): return sorted(imported_names(module.read_text(), name_of(module).rpartition(".")[0]))  # nbdev makes own imports relative


@pytest.mark.parametrize("module", sorted(m for m in LIBRARY.rglob("*.py") if m.name != "_modidx.py"), ids=name_of)
def test_no_line_is_longer_than_120_characters(module):
    "The names of `__all__` excepted, whose lines nbdev breaks."
    text = re.sub(r"^__all__ = \[.*?\]$", "", module.read_text(), count=1, flags=re.DOTALL | re.MULTILINE)
    assert not [line for line in text.splitlines() if len(line) > 120]


def test_every_room_has_a_floor(): assert {room(m) for m in MODULES} <= set(FLOORS)


def test_a_modules_name_is_used_once():
    "Packages are modules too: `pictures` beside `grading.pictures` would be taken for it."
    names = [m.stem for m in MODULES] + [p.parent.name for p in LIBRARY.rglob("__init__.py")]
    assert not [name for name, times in Counter(names).items() if times > 1]


def test_types_are_checked_where_marks_are_made():
    checked = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["packages"])
    rooms = {"checks", "sandbox", "grading", "questionnaire", "insight"}
    assert {f"course_lib.{p.name}" for p in LIBRARY.iterdir() if p.name in rooms} <= checked


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_imports_go_down(module):
    for name in imported(module):
        if name.startswith("course_lib."):
            assert FLOORS[name.split(".")[1]] <= FLOORS[room(module)], f"{name_of(module)} imports {name}"


@pytest.mark.parametrize("module", [m for m in MODULES if room(m) == "scratch"], ids=name_of)
def test_scratch_is_from_scratch(module):
    for name in imported(module):
        assert not re.match(r"torch\.(nn|optim|utils\.data)\b|torchvision|fastai", name), name


def test_a_process_that_uses_scratch_never_loads_fastai():
    modules = [name_of(m) for m in MODULES if room(m) == "scratch"]
    code = f"import sys, importlib\nfor m in {modules}: importlib.import_module(m)\nprint('fastai' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_newcomers_first_test_waits_for_no_torch():
    "The test that CONTRIBUTING.md names first runs without what takes seconds to load, and the notebook that it names is there."
    text = (ROOT / "CONTRIBUTING.md").read_text()
    words = re.search(r"^pytest (\S+ -k \w+) ", text, re.MULTILINE)[1].split()
    code = f"import sys, pytest\nfailed = pytest.main(['-q', *{words}])\nprint(int(failed), {{'torch', 'fastai', 'nbgrader', 'sklearn'}} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.stdout.splitlines()[-1] == "0 set()" and " passed" in result.stdout, result.stdout + result.stderr
    assert (ROOT / re.search(r"^nbdev-test (\S+) ", text, re.MULTILINE)[1]).exists()


def test_importing_the_library_is_cheap():
    code = "import sys, course_lib; print(sorted({'torch', 'numpy', 'fastai', 'matplotlib'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_every_public_name_works_in_a_fresh_process(tmp_path):
    "Imports every module outside the checkout, resolves every name of __all__, and every annotation of its functions."
    code = """
import importlib, inspect, sys, typing
for name in sys.argv[1:]:
    module = importlib.import_module(name)
    for public in module.__all__:
        thing = getattr(module, public)
        for f in [thing, *vars(thing).values()] if inspect.isclass(thing) else [thing]:
            if inspect.isfunction(f) and f.__module__ == name: typing.get_type_hints(f)
print(len(sys.argv) - 1)
"""
    result = subprocess.run([sys.executable, "-c", code, *map(name_of, MODULES)], capture_output=True, text=True, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) == len(MODULES)


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_every_public_name_has_a_docstring(module):
    for node in ast.parse(module.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{name_of(module)}.{node.name}"


# the extras that a room's modules may import from; the others have what the package itself brings
EXTRAS = {"data": "pets", "samples": "pets", "pets": "pets", "exercises": "pets", "cli": "pets docs", "demo": "pets", "grading": "grading lti cluster", "insight": "grading",
          "new_course": "grading", "pictures": "questions", "questionnaire": "questions grading export", "classroom": "classroom pets"}


def test_every_import_is_a_declared_dependency():
    packages = importlib.metadata.packages_distributions()
    for module in MODULES:
        declared = {plain(Requirement(r).name) for extra in ["", *EXTRAS.get(room(module), "").split()] for r in asked_for(extra)}
        for top in {name.split(".")[0] for name in imported(module)} - set(sys.stdlib_module_names) - {"course_lib"}:
            assert {plain(d) for d in packages[top]} & declared, f"{name_of(module)} imports {top}, which pyproject.toml does not declare for it"


@pytest.mark.parametrize("notebook", CHAPTERS, ids=lambda p: p.stem)
def test_chapters_are_fit_to_be_read(notebook):
    photographs = "pets" in notebook.parent.name  # at less, a face in a row of twenty is mush
    assert notebook.stat().st_size < (600 if photographs else 300) * 1024
    contents = json.loads(notebook.read_text())
    cells = contents["cells"]
    assert "widgets" not in contents["metadata"], "the state of widgets, which are gone when the notebook is opened again"
    title = "".join(cells[0]["source"])
    assert title.startswith("# ") and "\n> " in title, "a title and a one-line subtitle"
    for i, cell in enumerate(cells):
        for output in cell.get("outputs", []):
            text = json.dumps(output)
            assert output["output_type"] != "error", f"cell {i} carries an error"
            assert not re.search(r'(?<![\w.])/(?:root|home|Users|tmp)/[\w.]', text), f"cell {i} shows an absolute path"
            assert not any("widget-view" in kind for kind in output.get("data", {})), f"cell {i} shows a widget, which is gone when the notebook is opened again: keep what stands beside it"
            assert "Warning" not in text, f"cell {i} shows a warning"
            kept = output.get("data", {})
            html = re.findall(r'src="data:image/\w+;base64,([^"]+)', "".join(kept.get("text/html", "")))
            for picture in (*html, *(kept.get(f"image/{kind}", "") for kind in ("png", "jpeg"))):
                assert len(picture) * 3 / 4 < (100 if photographs else 60) * 1024, f"cell {i}: a picture of {len(picture) * 3 // 4096} KB"


def test_a_cell_fits_on_a_screen():
    "Forty lines of code, empty ones and directives not counted."
    long = {p.stem for p in CHAPTERS for cell in json.loads(p.read_text())["cells"] if cell["cell_type"] == "code"
            and sum(bool(line.strip()) and not line.startswith("#|") for line in "".join(cell["source"]).splitlines()) > 40}
    assert not long, f"split the long cells of {', '.join(sorted(long))}: each piece with a job and a sentence before it"


# links to elsewhere are not followed by a test, which has no network: their hosts are named here by whoever has opened them
HOSTS = {"doi.org", "arxiv.org", "en.wikipedia.org", "github.com", "pytorch.org", "distill.pub", "matrixmultiplication.xyz", "www.cs.toronto.edu"}
OPENED = [p for p in CHAPTERS if re.match(r"0[1-9]b?_", p.stem) and p.parent.name == "1_scratch"]


PETS = [p for p in CHAPTERS if p.parent.name == "2_pets"]
PETS_HOSTS = HOSTS | {"www.robots.ox.ac.uk", "creativecommons.org", "docs.python.org", "course.fast.ai"}


def prose_and_code(notebook): return ("\n".join("".join(c["source"]) for c in json.loads(notebook.read_text())["cells"] if c["cell_type"] == kind) for kind in ("markdown", "code"))


def figures_without_words(notebook):
    outputs = [output.get("data", {}) for cell in json.loads(notebook.read_text())["cells"] for output in cell.get("outputs", [])]
    shown = [("".join(o.get("text/html", "")), o) for o in outputs if {"image/png", "image/jpeg"} & set(o) or "<img" in "".join(o.get("text/html", ""))]
    return [html[:100] for html, _ in shown if not re.search(r'<img alt="[^"]{30,}"', html)]


def long_sentences(prose):
    "Those of more than thirty words, outside of code, formulas, tables and lists."
    told = re.sub(r"```.*?```|\$\$.*?\$\$", "", prose, flags=re.DOTALL)
    told = re.sub(r"^[>|#].*$|^(?:[*]|\d[.]) ", "\n\n", told, flags=re.MULTILINE)
    return [s for s in re.split(r"(?<=[.?!:;])[)*]*\s+|\n\n", told) if len(s.split()) > 30]


def hosts(prose): return {urlsplit(host).hostname for host in re.findall(r"\]\((https?://[^\s/)]+)", prose)}


@pytest.mark.parametrize("notebook", PETS, ids=lambda p: p.stem)
def test_a_chapter_on_pets_describes_its_figures_and_says_where_it_comes_from(notebook):
    prose, _ = prose_and_code(notebook)
    assert not figures_without_words(notebook) and not long_sentences(prose), (figures_without_words(notebook), long_sentences(prose))
    assert "Where this comes from" in prose and len(hosts(prose)) >= 2 and hosts(prose) <= PETS_HOSTS


@pytest.mark.parametrize("notebook", OPENED, ids=lambda p: p.stem)
def test_a_chapter_asks_first_says_where_it_comes_from_and_describes_its_figures(notebook):
    prose, code = prose_and_code(notebook)
    assert 2 <= code.count("guess(...)") <= 5 and code.count(".compare(") == code.count("guess(...)"), "two to five places to guess"
    assert all(word in prose for word in ("**Vary it.**", "**Exercise.**", "**Further.**"))
    box = re.search(r"^> \*\*Where this comes from\.\*\*.*(?:\n> .*){2}$", prose, re.MULTILINE)
    assert box, "a box of three lines that says where the ideas come from"
    assert prose.count("](http") >= 3 and hosts(prose) <= HOSTS
    assert not figures_without_words(notebook), "a figure without words"
    assert not [line for line in code.splitlines() if len(line) > 105], "lines that the site's column cuts off"
    assert not long_sentences(prose), long_sentences(prose)


@pytest.mark.parametrize("notebook", CHAPTERS, ids=lambda p: p.stem)
def test_links_between_notebooks_lead_somewhere(notebook):
    for cell in json.loads(notebook.read_text())["cells"]:
        if cell["cell_type"] != "markdown": continue
        for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", "".join(cell["source"])):
            assert (notebook.parent / target).exists(), target


MANUAL = [p for p in CHAPTERS if p.parent.name == "manual"]


def test_the_manual_is_ten_pages_in_reading_order_that_export_nothing():
    assert [p.stem[:3] for p in MANUAL] == [f"{n:02}_" for n in range(1, 11)]
    for page in MANUAL: assert not re.search(r"#\|\s*(default_exp|export)", page.read_text()), page.name


@pytest.mark.parametrize("page", MANUAL, ids=lambda p: p.stem)
def test_the_manual_leads_nowhere_but_to_itself(page):
    "An instructor's copy lies alone in a course directory; and whatever it leads to there is a section that exists."
    sections = {p.name: {slug(re.sub(r"`", "", line.lstrip("# "))) for c in json.loads(p.read_text())["cells"] if c["cell_type"] == "markdown"
                         for line in "".join(c["source"]).splitlines() if line.startswith("#")} for p in MANUAL}
    for cell in json.loads(page.read_text())["cells"]:
        if cell["cell_type"] != "markdown": continue
        for target, section in re.findall(r"\]\(([^)#\s]*)#?([^)\s]*)\)", "".join(cell["source"])):
            if re.match(r"https?://", target): continue
            assert (target or page.name) in sections, f"{target} is not in the manual: a course directory has nothing else"
            assert not section or section in sections[target or page.name], f"{target} has no section {section}"


def test_the_readme_is_the_index():
    from readme import readme
    assert (ROOT / "README.md").read_text() == readme(ROOT / "nbs" / "index.ipynb"), "run make readme"


def test_links_of_the_readme_lead_somewhere():
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text()): assert (ROOT / target).exists(), target


@pytest.mark.parametrize("bench", sorted((ROOT / "tools" / "bench").glob("bench_*.py")), ids=lambda p: p.stem)
def test_make_bench_finds_the_figures(bench):
    assert any(isinstance(node, ast.FunctionDef) and node.name == "rows" for node in ast.parse(bench.read_text()).body)


def test_the_longest_files_are_there_and_begin_first(request):
    assert {*LONGEST} <= {p.name for p in (ROOT / "tests").glob("test_*.py")}, "tests/conftest.py: LONGEST"
    files = [name for name in dict.fromkeys(item.path.name for item in request.session.items) if name in LONGEST]
    assert files == [name for name in LONGEST if name in files]
