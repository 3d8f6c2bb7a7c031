"""The site's sidebar: Sphinx's list of pages, with what the theme needs to fold it.

The theme makes it with an HTML parser in Python, for each page anew: most of the time in which pages were written. Here lxml does it.
"""
from functools import cache

from lxml import etree, html

FOLD = '<summary><span role="presentation" class="toctree-toggle"><i class="fa-solid fa-chevron-down"></i></span></summary>'


def _add(element, name: str): element.set("class", f"{element.get('class', '')} {name}".strip())


def _foldable(item):
    "Put what is below a page's link into a part that can be folded."
    _add(item, "has-children")
    link, details = item.find("a"), etree.Element("details")
    current = "current" in item.get("class", "").split()
    if current: details.set("open", "open")
    details.append(html.fragment_fromstring(FOLD))
    for child in list(item):
        if child is not link: details.append(child)
    item.append(details)


def folded(pages: str) -> str:
    "The list as the theme's styles and scripts want it; `pages` is what Sphinx's `toctree()` gives."
    tree = html.fragment_fromstring(pages, create_parent="div")
    for item in list(tree.iter("li")):
        link = item.find(".//a")
        if link is not None and "#" in link.get("href", "").rstrip("#"): item.drop_tree()  # a section of the page
        elif "current" in item.get("class", "").split(): _add(item, "active")
    for pages_of_part in tree.findall("ul"): _add(pages_of_part, "nav bd-sidenav")
    for item in list(tree.iter("li")):
        if item.find(".//ul") is not None: _foldable(item)
    return "".join(html.tostring(part, encoding="unicode") for part in tree)


def offer(app, pagename, templatename, context, doctree):
    "Let the page's template ask for it; it does so twice."
    context["folded_pages"] = cache(lambda: folded(context["toctree"](maxdepth=4, collapse=True, includehidden=True, titles_only=True)))
