"""Every link of a built site that leads to the site itself, followed."""
import re
from os.path import normpath
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lxml import html

def pages_of(site: Path) -> list[Path]:
    "The HTML pages of a site; the theme leaves templates of its own in `_static`."
    return sorted(page for page in site.rglob("*.html") if "_static" not in page.parts)


def links_of(tree) -> list[str]:
    "What a page's elements lead to or load, and where its questions say to read again."
    links = [value for element, _, value, _ in tree.iterlinks() if element.tag not in ("form",)]
    for script in tree.iter("script"):
        for place, section in re.findall(r'"read": \{"path": "([^"]+)", "section": "([^"]*)"\}', script.text or ""):
            links.append(place if "://" in place else f"../{place}.html#{section}")  # as widget.js has it
    return links


def broken_links(site: Path) -> list[str]:
    "A line for each link that leads nowhere."
    trees = {page: html.parse(str(page)).getroot() for page in pages_of(site)}
    names = {page: {e.get("id") or e.get("name") for e in tree.xpath("//*[@id or @name]")} for page, tree in trees.items()}
    broken = []
    for page, tree in trees.items():
        for link in tree.xpath("//@src | //link[@rel='stylesheet' or @rel='icon']/@href"):
            if urlsplit(link).netloc: broken.append(f"{page.relative_to(site)}: {link} would be loaded from another host")
        for link in dict.fromkeys(links_of(tree)):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc: continue
            target = Path(normpath(page.parent / unquote(parts.path))) if parts.path else page
            if target not in names and not target.exists(): broken.append(f"{page.relative_to(site)}: {link} leads to no file")
            elif parts.fragment and target in names and unquote(parts.fragment) not in names[target]:
                broken.append(f"{page.relative_to(site)}: {link} leads to no place in the page")
    return broken
