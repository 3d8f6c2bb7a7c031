"""Notebooks as Sphinx is to read them, and the order in which a reader finds them."""
import re
import shutil
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell, new_notebook, new_output

from colab import invitation
from project import ROOT
from course_lib.classroom.chapters import course_chapters, read_chapter
from course_lib.classroom.server import WIDGET
from course_lib.pictures.live import live_html
from course_lib.questionnaire.asking.page import page_html
from course_lib.questionnaire.question_files import packaged_questionnaires, read_questions
from course_lib.questionnaire.versions import slug

# The library's packages, in the order in which a reader needs them, and what each is about; "" is for modules that belong to none.
PACKAGES = {"": "Settings, files and data", "checks": "Checks", "exercises": "This course's checks", "sandbox": "The sandbox", "questionnaire": "Questions",
            "grading": "Grading", "insight": "What a class has understood", "classroom": "The classroom", "scratch": "By hand", "pets": "Pets", "pictures": "Pictures that can be moved"}
TEXTS = ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")  # from the top of the project, where they are there
ASKS = re.compile(r'^Questionnaire\("(\w+)", chapter="(\w+)"\)$', re.MULTILINE)
KEPT = "<p>In these pages your answers are kept in this browser, and what is right is told at once.</p>"


def chapter_files(notebooks: Path) -> list[Path]:
    "Every notebook that becomes a page: not the assignments, which hold the solutions, and nothing hidden."
    found = (p.relative_to(notebooks) for p in notebooks.rglob("*.ipynb"))
    return sorted(p for p in found if p.parts[0] != "assignments" and not any(part.startswith((".", "_")) for part in p.parts))


def as_html(text: str): return new_output("display_data", {"text/html": text})


def as_page(nb, root: str = "../"):
    "A notebook without what is meant for nbdev, and with questions that can be answered and pictures that can be moved without a kernel."
    cells = []
    for cell in nb.cells:
        if cell.cell_type == "code":
            if re.search(r"^#\|\s*hide\s*$", cell.source, re.MULTILINE): continue
            cell.source = re.sub(r"^#\|.*\n?", "", cell.source, flags=re.MULTILINE).strip("\n")
            if not cell.source: continue
            if asks := ASKS.search(cell.source):
                cell.outputs, cell.metadata = [as_html(KEPT + page_html(*asks.groups(), root))], {"tags": ["remove-input"]}
            # without a kernel a widget is of no use, and Sphinx would load its code from a network
            for data in (output.get("data", {}) for output in cell.outputs):
                data.pop(WIDGET, None)
                if "text/html" in data: data["text/html"] = live_html("".join(data["text/html"]))
        cells.append(cell)
    return new_notebook(cells=cells, metadata={"language_info": {"name": "python", "pygments_lexer": "ipython3"},
                                               "kernelspec": {"name": "python3", "display_name": "Python 3"}})


def tree(caption: str, entries: list[str]) -> str:
    "A table of contents for the side bar, as MyST writes it."
    return "\n".join(["```{toctree}", *[f":caption: {caption}"] * bool(caption), ":hidden:", "", *entries, "```"])


Entry = tuple[str, str, str]  # a page's address from the top, its title and what it is about


def listed(entries: list[Entry]) -> str:
    "Links to pages, each with what it is about."
    words = lambda text: re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)  # a link in a subtitle is one from its own page
    return "\n".join(f"- [{name}](/{page}): {words(about)}" for page, name, about in entries)


def write_overview(target: Path, page: str, title: str, subtitle: str, groups: dict[str, list[Entry]]):
    """Write a page below `target` that leads to others, in groups, and a page for each group.

    The side bar shows the groups, and of a group what is in it where one of its pages is read: with hundreds of pages
    in one list nobody would find any, and to write that list into each page took most of the time of a build.
    """
    below = {group: f"{page.rpartition('/')[0]}/{slug(group)}" for group in groups}
    for group, place in below.items():
        everything = [f"{name} </{address.rsplit('.', 1)[0]}>" for address, name, _ in groups[group]]
        text = f"# {group}\n\n> [{title}](/{page}.md)\n\n{listed(groups[group])}\n\n{tree('', everything)}\n"
        (target / f"{place}.md").write_text(text, encoding="utf-8")
    parts = [f"## [{group}](/{below[group]}.md)\n\n{listed(entries)}" for group, entries in groups.items()]
    trees = tree("", [f"{group} </{place}>" for group, place in below.items()])
    (target / f"{page}.md").write_text("\n\n".join([f"# {title}\n\n> {subtitle}", *parts, trees]) + "\n", encoding="utf-8")


def pages_of(part: str, files: list[Path]) -> list[str]:
    "The pages of a folder of notebooks, in order."
    return [p.with_suffix("").as_posix() for p in files if p.parts[0] == part]


def landing(files: list[Path]) -> str:
    "The tables of contents of the whole site."
    lesson = [f"{c.number} {c.title} <{c.path.removesuffix('.ipynb')}>" for c in course_chapters()]
    questions = [f"questions/{name}" for name in packaged_questionnaires()]
    library = [*(["library/inside"] if pages_of("library", files) else []), "api/index", *(name.lower().removesuffix(".md") for name in TEXTS if (ROOT / name).is_file())]
    trees = {"The lesson": lesson + questions, "The instructor's manual": pages_of("manual", files), "The library": library}
    return "\n\n".join(tree(caption, entries) for caption, entries in trees.items() if entries)


def write_inside(notebooks: Path, files: list[Path], target: Path):
    "Write the pages that lead to the notebooks on how the library is built."
    groups = {package: [] for package in PACKAGES}
    for file in files:
        if file.parts[0] != "library": continue
        chapter = read_chapter(notebooks / file)
        groups.setdefault(file.parts[1] if len(file.parts) > 2 else "", []).append((file.as_posix(), chapter.title, chapter.question))
    write_overview(target, "library/inside", "Inside the library", "How each part is built, for whoever wants to change it or to check what it does",
                   {PACKAGES.get(package, package): entries for package, entries in groups.items() if entries})


def questions_page(name: str):
    "All questions of a questionnaire in one page."
    title = read_questions(packaged_questionnaires()[name]).title
    page = new_notebook(cells=[new_markdown_cell(f"# {title}\n\n> Answer, see at once whether it is right, and where to read again"),
                               nbformat.v4.new_code_cell(f'Questionnaire("{name}")', outputs=[as_html(KEPT + page_html(name))],
                                                         metadata={"tags": ["remove-input"]})])
    return as_page(page)


def to_pages(text: str, above: str = "") -> str:
    "A text whose links lead to the project's texts (`above`: the way to them) as pages of the site."
    for name in TEXTS: text = text.replace(f"]({above}{name})", f"]({name.lower()})")
    return text


def lesson(files: list[Path]) -> list[Path]:
    "Those files that are chapters."
    chapters = {c.path for c in course_chapters()}
    return [file for file in files if file.as_posix() in chapters]


def write_pages(notebooks: Path, target: Path, repository: str = ""):
    "Write every page that comes from a notebook, and the questionnaires, below `target`; `repository`: its address, if it is known."
    files = chapter_files(notebooks)
    chapters = lesson(files)
    for file in files:
        page = as_page(nbformat.read(notebooks / file, as_version=4))
        if file in chapters: page.cells[1:1] = invitation(repository, file)
        if file.name == "index.ipynb":
            for cell in page.cells: cell.source = to_pages(cell.source, "../")
            page.cells.append(new_markdown_cell(landing(files)))
        write(page, target / file)
    for picture in notebooks.rglob("*"):
        place = picture.relative_to(notebooks)
        if picture.suffix in (".png", ".jpg", ".svg") and place.parts[0] != "assignments":
            (target / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(picture, target / place)
    if pages_of("library", files): write_inside(notebooks, files, target)
    for name in TEXTS:
        if not (ROOT / name).is_file(): continue
        text = (ROOT / name).read_text(encoding="utf-8")
        (target / name.lower()).write_text(to_pages(text).replace("](nbs/", "]("), encoding="utf-8")
    for name in packaged_questionnaires(): write(questions_page(name), target / "questions" / f"{name}.ipynb")


def write(page, file: Path):
    file.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(page, file)
