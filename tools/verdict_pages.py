"""Twenty verdicts of each exercise on one page, in both themes, to be read: python tools/verdict_pages.py FOLDER [EXERCISE …]

They are of the programs that people wrote (tests/mistakes/people.json), evenly taken. The pages hold what a student sees in the notebook.
"""
import sys
import warnings
from html import escape
from pathlib import Path

import mistakes_table
from spellings_count import NAMES

from mistakes import of_people

MANY = 20
STYLES = {"light": "background:#fff;color:#111;color-scheme:light", "dark": "background:#111;color:#eee;color-scheme:dark;--jp-layout-color1:#111;--jp-ui-font-color1:#eee"}


def verdicts(name: str):
    "Programs of people for an exercise, each with what is said to it."
    rows = [snippet for snippet, _ in of_people(name) if snippet.mistake]
    for snippet in rows[::max(1, len(rows) // MANY)][:MANY]: yield snippet, mistakes_table.judge(snippet)


def page(told: dict, style: str) -> str:
    "All of them, the program above what is said."
    parts = []
    for name, rows in told.items():
        parts.append(f"<h2>{escape(name)}</h2>")
        for snippet, verdict in rows:
            parts.append(f"<p><i>{escape(snippet.mistake)}</i></p><pre>{escape(snippet.code[-900:])}</pre>{verdict._repr_html_()}<hr>")
    return f"<!doctype html><meta charset=utf-8><body style='{style};font-family:sans-serif;max-width:60em;margin:auto'>{''.join(parts)}"


def main():
    "Write the pages, and the words alone as a text."
    folder, names = Path(sys.argv[1]), sys.argv[2:] or NAMES
    folder.mkdir(parents=True, exist_ok=True)
    told = {name: [*verdicts(name)] for name in names}
    for theme, style in STYLES.items(): (folder / f"{theme}.html").write_text(page(told, style))
    words = [f"{name} | {v.why} | {v.hint}" for name, rows in told.items() for _, v in rows]
    (folder / "words.txt").write_text("\n".join(words) + "\n")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
