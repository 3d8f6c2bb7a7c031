"""Sphinx's settings for the site; docs/build.py runs it."""
from importlib import import_module

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from project import PACKAGE, TITLE
from sidebar import offer
from course_lib.questionnaire.versions import slug

project = TITLE
author = f"The {PACKAGE} developers"
copyright = author
release = getattr(import_module(PACKAGE), "__version__", "")

# The address of the public repository, such as https://github.com/OWNER/NAME. It is not known here; with it, each chapter has a link to Colab.
repository = ""

extensions = ["myst_nb"]
nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4
myst_heading_slug_func = "course_lib.questionnaire.versions.slug"  # the questions name sections by it

html_theme = "sphinx_book_theme"
html_title = project
html_favicon = "_static/icon.svg"
templates_path = ["_templates"]
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_use_index = False
html_math_renderer = "mathml"
html_context = {"default_mode": "auto"}
html_theme_options = {
    "show_toc_level": 2,
    "collapse_navbar": True,  # of the library's pages only those beside the one that is read
    "use_download_button": False,
    "use_fullscreen_button": False,
    "use_issues_button": False,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}


class SectionsBySlug(SphinxPostTransform):
    "Give each section the name that the questions' links use, besides the one that docutils gives it."
    default_priority = 1

    def run(self):
        for section in self.document.findall(nodes.section):
            name = slug(section[0].astext())
            if name and name not in self.document.ids: section["ids"].insert(0, name)
            self.document.ids.setdefault(name, section)


def mathematics(latex: str, display: str) -> str:
    "TeX as MathML, which a browser shows without a script."
    try: return convert(latex, display=display)
    except Exception as error:  # the converter raises many kinds; a warning fails the build
        logging.getLogger(__name__).warning(f"{latex!r} cannot be converted to MathML: {error!r}")
        return ""


def visit_inline(writer, node):
    writer.body.append(mathematics(node.astext(), "inline"))
    raise nodes.SkipNode


def visit_block(writer, node):
    writer.body.append(f'<div class="formula">{mathematics(node.astext(), "block")}</div>')
    raise nodes.SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", inline_renderers=(visit_inline, None), block_renderers=(visit_block, None))
    app.add_post_transform(SectionsBySlug)
    app.connect("html-page-context", offer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
