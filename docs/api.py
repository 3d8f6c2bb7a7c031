"""One page for each module: its public names with their signatures, parameters and docstrings, and the chapter that builds it."""
import importlib
import inspect
import re
import textwrap
from collections.abc import Sized
from pathlib import Path
from types import GenericAlias

import nbformat
from fastcore.docments import MarkdownRenderer

from course_lib.classroom.chapters import read_chapter
from pages import chapter_files, write_overview
from project import NOTEBOOKS, PACKAGE

# The rooms of the library, as the list of modules names them ("" is the top).
ROOMS = {"scratch": "By hand", "pets": "With fastai", "pictures": "Pictures that can be moved", "": "Data, settings and the command", "checks": "Checks",
         "exercises": "Exercises and their checks", "sandbox": "The sandbox", "questionnaire": "Questions", "grading": "Grading",
         "insight": "What a class has understood", "classroom": "The classroom"}


def exported_modules() -> dict[str, Path]:
    "The modules that the notebooks export, each with its notebook."
    found = {}
    for file in chapter_files(NOTEBOOKS):
        cells = nbformat.read(NOTEBOOKS / file, as_version=4).cells
        for cell in cells:
            if cell.cell_type == "code" and (name := re.match(r"#\|\s*default_exp\s+(\S+)", cell.source)):
                found[f"{PACKAGE}.{name[1]}"] = file
    return found


def called(thing, name: str) -> tuple[str, str]:
    "How a thing is called, with what its comments say on the parameters, and its docstring."
    try:
        shown = MarkdownRenderer(thing, name=name, maxline=90)
        return str(shown.dm), shown.docs
    except (NameError, TypeError, ValueError):
        # the class of a library's names a type that only its own module knows, and an older Python cannot read it (typing.Self, in 3.11.2)
        try: parameters = str(inspect.signature(thing))
        except (NameError, TypeError, ValueError): parameters = "(…)"
        return f"def {name}{parameters}:", inspect.getdoc(thing) or ""


def signature(thing, name: str) -> str:
    "The same as Markdown."
    shown, docs = called(thing, name)
    code = re.sub(r"(?m)(^\s+|, )(\**\w+):(?=\S)", r"\1\2: ", shown).replace(")->", ") -> ").replace("collections.abc.", "")
    code = re.sub(r":(?=( #.*)?$)", "", code)
    if inspect.isclass(thing): code = re.sub(r"^def ", "class ", code)
    if "#" not in code and len(line := re.sub(r"\n\s*", " ", code)) < 100: code = line.replace("( ", "(").replace(" )", ")")
    return f"```python\n{code}\n```\n\n{as_text(docs)}\n"


def as_text(docstring: str) -> str:
    "A docstring as Markdown that shows it as it was written: only `code` and paragraphs mean anything in it."
    parts = re.split(r"(`[^`]*`)", inspect.cleandoc(docstring))
    return "".join(part if part.startswith("`") else re.sub(r"([\\*_$<>\[\]{}|#~])", r"\\\1", part) for part in parts)


def constant(value) -> str:
    "What kind of value a public name without a docstring has, and the value if it is short."
    shown = repr(value)
    plain = str | int | float | bool | tuple | list | frozenset | GenericAlias
    if isinstance(value, plain) and len(shown) < 200 and not re.search(r" at 0x|/", shown):
        return f"```python\n{shown}\n```\n"
    size = f" with {len(value)} entries" if isinstance(value, Sized) else ""
    return f"A `{type(value).__name__}`{size}.\n"


def methods(cls) -> list[tuple[str, object]]:
    """The public methods and properties that a class, or a private one of its module that it is built on, defines and
    says something about.
    """
    def function(thing): return thing.fget if isinstance(thing, property) else getattr(thing, "__func__", thing)
    own = [base for base in reversed(cls.__mro__) if base.__module__ == cls.__module__ and (base is cls or base.__name__.startswith("_"))]
    found = {name: thing for base in own for name, thing in vars(base).items() if not name.startswith("_")}
    return [(name, thing) for name, thing in found.items()
            if inspect.isfunction(function(thing)) and function(thing).__module__ == cls.__module__ and inspect.getdoc(thing)]


def entry(module, name: str) -> str:
    "The part of a module's page on one public name."
    thing = getattr(module, name)
    if not (inspect.isfunction(thing) or inspect.isclass(thing)): return f"## {name}\n\n{constant(thing)}"
    parts = [f"## {name}\n\n{signature(thing, name)}"]
    for method, function in methods(thing) if inspect.isclass(thing) else []:
        if isinstance(function, property): said = as_text(inspect.getdoc(function)) + "\n"
        else: said = signature(getattr(thing, method), method)
        parts.append(f"### {name}.{method}\n\n{said}")
    return "\n".join(parts)


def import_line(module) -> str:
    "How a module's public classes and functions are imported, over several lines where they are many; constants only if there is nothing else."
    names = [name for name in module.__all__ if inspect.isfunction(thing := getattr(module, name)) or inspect.isclass(thing)] or module.__all__
    line = f"from {module.__name__} import {', '.join(names)}"
    if len(line) <= 83: return line
    listed = textwrap.fill(", ".join(names), 83, initial_indent="    ", subsequent_indent="    ", break_long_words=False)
    return f"from {module.__name__} import (\n{listed},\n)"


def module_page(name: str, notebook: Path) -> str:
    "The page on one module."
    module = importlib.import_module(name)
    built = f"Built and explained in [{read_chapter(NOTEBOOKS / notebook).title}](/{notebook.as_posix()})."
    example = f"```python\n{import_line(module)}\n```"
    return "\n\n".join([f"# {name}", f"> {as_text(module.__doc__)}", built, example, *(entry(module, public) for public in module.__all__)]) + "\n"


def room(name: str) -> str:
    "The title under which a module is listed: course_lib.scratch.learner is in the room scratch."
    parts = name.removeprefix(f"{PACKAGE}.").split(".")
    place = parts[0] if len(parts) > 1 else ""
    return ROOMS.get(place, place)


def write_api(target: Path):
    "Write the pages on the modules, and one that lists them."
    folder = target / "api"
    folder.mkdir(parents=True, exist_ok=True)
    groups = {title: [] for title in ROOMS.values()}
    for name, notebook in exported_modules().items():
        (folder / f"{name}.md").write_text(module_page(name, notebook), encoding="utf-8")
        groups.setdefault(room(name), []).append((f"api/{name}.md", name.removeprefix(f"{PACKAGE}."), as_text(importlib.import_module(name).__doc__)))
    groups = {title: entries for title, entries in groups.items() if entries}
    write_overview(target, "api/index", "What can be imported", f"The modules of {PACKAGE}, each with the chapter that builds it", groups)
