"""What a student wrote, shown to others: no text of it moves a terminal, is markup, runs, loads or stops a page."""
import base64
import csv
import io
import json
import re
import time
import tracemalloc

import lxml.html
import nbformat
import pytest
from course_dir import _cell, make_course, notebook, released, submit
from hypothesis import given
from hypothesis import strategies as st
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image
from traitlets.config import Config

from course_lib.cli import main
from course_lib.checks.verdict import Verdict
from course_lib.grading.class_marks import WAITING, StudentMark
from course_lib.grading.course import course_config, gradebook_table, grade, summary
from course_lib.grading.export import moodle_rows, remarks
from course_lib.grading.feedback import CourseFeedback
from course_lib.grading.formgrader import file_headers, marking_page
from course_lib.grading.markdown import TAGS, Budget, to_html
from course_lib.grading.pages import FILTERS, HideTests, SafePage, ansi2html, remarks_cell
from course_lib.grading.reading import Unreadable, read_cells
from course_lib.grading.records import Outcome
from course_lib.grading.submissions import ReleasedCell, restore, to_notebook, with_pictures
from course_lib.untrusted import for_csv, for_html, for_markdown, for_terminal, plain_logs, received

MARK = "MARK\x1b]52;c;bHM=\x07\x1b[8m\u202e\u200b\r\nzoe 5 of 5 <script>alert(1)</script> [x](javascript:alert(1)) \ud800"
MATHML = {"math", "mrow", "mi", "mn", "mo", "mtext", "mfrac", "msub", "msup", "msqrt", "mtable", "mtr", "mtd", "mspace"}


def painted(kind="PNG", size=(40, 20)):
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, kind)
    return file.getvalue()


def harmless(text): return "\n" not in text and not set("\x1b\x07\u202e\u200b\r\ud800\u2028\x9b") & set(text)


# untrusted text and its sinks
@given(st.text(st.characters(exclude_categories=[])))
def test_no_character_that_acts_comes_through(text):
    for shown in received(text), for_terminal(text), for_markdown(text):
        assert harmless(shown) and all(c.isprintable() or c.isspace() for c in shown)
        shown.encode()
    assert "<" not in for_html(text) and not re.search(r"[<>*_`\[\]()!$|#]", for_markdown(text).replace("&#", ""))
    assert received(received(text)) == received(text) and len(received(text)) <= 600


@pytest.mark.parametrize("size", [10 ** 3, 10 ** 7])
def test_receiving_costs_what_is_kept(size):
    for text in "\x1b" * size, b"\xff" * size: assert len(received(text, 300)) <= 300


def test_the_mark_reaches_no_sink(capsys):
    verdict = Verdict(MARK, "wrong", MARK, MARK, MARK, ((MARK, MARK),), (MARK,))
    outcome = Outcome(MARK, {"nb": {MARK: verdict}}, [MARK], failed=MARK)
    table = [StudentMark(MARK, MARK, MARK, MARK, MARK, MARK, 1.0, 2.0, WAITING)]
    shown = [str(verdict), repr(verdict), gradebook_table([outcome]), summary([outcome]), *remarks(table), json.dumps(verdict.to_dict())]
    text = io.StringIO(newline="")
    csv.writer(text).writerows(moodle_rows(table))
    for one in [*shown, text.getvalue(), verdict._repr_html_(), remarks_cell([MARK]).source]: assert not set("\x1b\x07\u202e\u200b\x9b\ud800") & set(one), one
    for one in shown: assert not any(line.startswith("zoe") for line in one.splitlines())
    for one in verdict._repr_html_(), to_html(remarks_cell([MARK]).source, trusted=True), to_html(for_markdown(MARK)): assert "<script" not in one and "<a " not in one
    assert main(["marks", "--to", "moodle", "--course", "/nowhere\x1b[2J"]) == 2 and "\x1b" not in capsys.readouterr().err


def test_logs_are_harmless():
    import logging
    before, told = logging.getLogRecordFactory(), io.StringIO()
    log = logging.Logger("nbgrader")
    log.addHandler(logging.StreamHandler(told))
    try:
        plain_logs()
        log.info("Copying %s", MARK)
        try: raise ValueError(MARK)
        except ValueError: log.exception("stopped")
    finally: logging.setLogRecordFactory(before)
    assert not set("\x1b\x07\u202e\ud800") & set(told.getvalue()) and not any(line.startswith("zoe") for line in told.getvalue().splitlines())


def test_cells_of_a_table_are_no_formulas():
    for text in "=1", "\x1b=1", "\u202e=1": assert for_csv(text)[0] not in "=+-@"


# Markdown
ADDRESSES = ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "java&#115;cript:alert(1)", "javascript&colon;alert(1)", "vbscript:x", "data:text/html,<script>1</script>", "/logout",
             "//evil.example/x", "https://evil.example/t.png", "http:evil.example", "\\\\evil.example\\x", "/\\evil.example", "../../../api", "%2e%2e/%2e%2e/api", "..%2f..%2fx", "file:///etc/passwd", "blob:x", "about:blank",
             "mailto:x@y", "?token=1", "./..//x", "a:b", ".hidden", "https&#58;//evil.example", "%6aavascript:alert(1)", "\x01javascript:alert(1)", "attachment:none", "plot.html/../../x", "ftp://e/x"]
SHAPES = ["[x]({})", "![x]({})", "[x](<{}>)", "![x](<{}>)", "<{}>", "[x][r]\n\n[r]: {}", "![x][r]\n\n[r]: <{}> 'title'", '<a href="{}">x</a>', '<img src="{}">', "<iframe src='{}'></iframe>", "[![x]({})](y)", "# [x]({})", "- ![x]({})",
          "| a |\n|---|\n| ![x]({}) |", '<svg><a xlink:href="{}">x</a></svg>', "`x`[x]({})", "$x$ [$y$]({})", "<form action='{}'><input type=submit>"]


def only_what_is_allowed(page, trusted=False):
    for element in lxml.html.fragments_fromstring(f"<div>{page}</div>")[0].iter():
        assert isinstance(element.tag, str) and element.tag in TAGS | MATHML, (element.tag, page)
        for name, value in element.attrib.items():
            assert not name.startswith("on") and name not in ("action", "formaction", "srcset", "srcdoc", "background", "poster", "data", "id", "name"), page
            if name == "src": assert value.startswith("data:image/"), page
            if name == "href" and not trusted: assert re.fullmatch(r"#[\w.:-]+|[^\W_][\w .()+%/-]*", value) and ".." not in value, page


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_address_leads_out_of_the_page(address):
    for shape in SHAPES: only_what_is_allowed(to_html(shape.format(address)))


TAGGED = ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "<style>*{background:url(//e)}</style>", "<base href=//e>", "<meta http-equiv=refresh content=0>", "<object data=x>", "<embed src=x>",
          "<math><mtext></table><style><img src=x onerror=alert(1)>", "<b onmouseover=alert(1)>x</b>", '<p style="position:fixed;background:url(//e)">x', "<details open ontoggle=alert(1)>", "<!--><script>1</script>-->", "<input autofocus onfocus=1>",
          "$\\text{<img src=x onerror=alert(1)>}$", "$\\href{javascript:alert(1)}{x}$", "$$\\style{color:red}{x}$$", "<div\nonclick=1>", "</pre><script>1</script>", "\ue0000\ue001", "<a\x00href=javascript:1>", "<link rel=stylesheet href=//e>", "<video src=//e>"]


@pytest.mark.parametrize("tagged", TAGGED)
def test_a_students_tags_are_text(tagged):
    for shape in "{}", "a {} b", "- {}", "> {}", "`{}`", "```\n{}\n```", "# {}", "| {} |\n|---|\n| {} |", "[{}](x)", "![{}](x)", "**{}**", "```{}\nx\n```": only_what_is_allowed(to_html(shape.replace("{}", tagged)))
    only_what_is_allowed(to_html(tagged, trusted=True), trusted=True)
    assert "<script" not in to_html(tagged, trusted=True)


def test_an_honest_essay_is_shown_as_it_is_meant():
    page = to_html("## Why\n\n*It* falls: $\\frac{1}{n}$, see [here](https://example.org/a?b=1&c=2), `a<b && $c$`, a < b & c.\n\n\\begin{equation}\nx = y\n\\end{equation}\n\nand $`z`$\n\n| a | b |\n|:-|-:|\n| 1 | 2 |")
    assert page.count("<math") == 3 and "https://example.org/a?b=1&amp;c=2" in page and "<code>a&lt;b &amp;&amp; $c$</code>" in page and "a &lt; b &amp; c" in page
    assert "<h2>Why</h2>" in page and "<em>It</em>" in page and page.count("<td") == 2
    assert '<a href="https://example.org/a?b=1&amp;c=2"' in to_html("[x](https://example.org/a?b=1&c=2) <b>y</b>", trusted=True)


PIECES = ["\\\\[", "\\\\(", "$$", "$a", "$a$", "```", "` ", "[a](", "![", "[", "*a ", "_a", "> ", "- ", "1. a\n", "<a ", "<!--", "&", "&#", "|a|\n|-|\n", "a\n: b\n\n", "~~a", "#\n", "[a]: b\n", "\\begin{align}", "\\begin{align}x\\end{align}", "<b>", "(", "\n", " ", "\\", "é"]


@pytest.mark.parametrize("piece", PIECES)
def test_no_text_costs_more_than_its_length_deserves(piece):
    begun = time.process_time()
    page = to_html(piece * (300_000 // len(piece)))
    assert time.process_time() - begun < 6 and len(page) < 4_000_000
    assert len(to_html(piece * 20)) < 100_000


def test_a_page_has_a_budget():
    budget, begun = Budget(), time.process_time()
    pages = [to_html("*a* $x$ & " * 5_000, budget=budget) for _ in range(40)]
    assert time.process_time() - begun < 20 and "not shown here" in pages[-1] and "not shown here" not in pages[0]


@pytest.mark.parametrize("cells", [[new_code_cell("%a")] * 6_000, [new_markdown_cell("a")] * 6_000, [new_code_cell("a+" * 25_000)] * 12, [new_code_cell("<" * 2_000)] * 900],
                         ids=["cells", "texts", "code with many colours", "code that is escaped"])
def test_a_page_costs_a_bounded_time(cells):
    "Formgrader makes it in the instructor's server, where nobody ends it."
    config = Config({"HTMLExporter": {"preprocessors": ["course_lib.grading.pages.SafePage"], "filters": FILTERS, "sanitize_html": True}})
    cells = [nbformat.from_dict({**cell, "id": f"c{i}"}) for i, cell in enumerate(cells)]
    cells[-1].metadata["nbgrader"] = {"grade_id": "last"}
    begun = time.process_time()
    page, _ = HTMLExporter(config=config).from_notebook_node(new_notebook(cells=cells))
    assert time.process_time() - begun < 14
    assert len(page) < 12_000_000 and ("more cells are not shown" in page) == (len(cells) > 1_500)


# pictures
def attached(data, kind="image/png", name="a.png"): return {name: {kind: base64.b64encode(data).decode()}}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
def test_a_pasted_picture_goes_all_the_way(kind):
    cells = [{"cell_type": "markdown", "source": "![x](attachment:a.png)", "metadata": {"nbgrader": {"grade_id": "essay"}}, "attachments": attached(painted(kind))}]
    restored = restore(read_cells(json.dumps({"cells": cells}).encode()), [ReleasedCell("essay", "markdown", "", "", False, solution=True)])
    cell = nbformat.from_dict(to_notebook(restored)).cells[0]
    assert f'src="data:image/{kind.lower()};base64,' in to_html(cell.source, cell.attachments)


@pytest.mark.parametrize("data", [b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", b"<script>", b"", painted()[:16] + b"\x00\x01\x00\x00" * 2 + painted()[24:], painted() + bytes(6 * 2 ** 20)], ids=["svg", "html", "empty", "bomb", "large"])
def test_what_is_no_picture_becomes_words(data):
    cells = read_cells(json.dumps({"cells": [{"cell_type": "markdown", "source": "![x](attachment:a.png)", "attachments": attached(data)}]}).encode())
    assert not cells[0].attachments and "[picture: x" in to_html(cells[0].source, attached(data))


def test_all_pictures_of_a_page_together_unfold_to_a_bounded_size():
    "A PNG of 4 KB can be 6,000 points wide and high: thirty of them are 4 GB in a browser, and in the outputs of a notebook there is room for hundreds."
    file = io.BytesIO()
    Image.new("1", (6000, 6000)).save(file, "PNG")
    pictures = {f"{i}.png": attached(file.getvalue())["a.png"] for i in range(30)}
    page = to_html("".join(f"![x](attachment:{name})\n\n" for name in pictures), pictures)
    shown = [new_output("display_data", {"image/png": base64.b64encode(file.getvalue()).decode(), "text/plain": ""}) for _ in range(100)]
    nb, _ = SafePage().preprocess(new_notebook(cells=[new_code_cell("x", outputs=shown[:50]), new_code_cell("x", outputs=shown[50:])]), {})
    assert page.count("<img") == 2 == sum("image/png" in output.data for cell in nb.cells for output in cell.outputs)
    film = io.BytesIO()
    Image.new("P", (2000, 2000)).save(film, "GIF", save_all=True, append_images=[Image.new("P", (2000, 2000), i) for i in range(40)])
    assert file_headers(film.getvalue())["Content-Disposition"] == "attachment" and "<img" not in to_html("![x](attachment:a.png)", attached(film.getvalue()))


def test_pictures_of_released_cells_are_the_released_ones(tmp_path):
    cell = {"cell_type": "markdown", "source": "?", "metadata": {"nbgrader": {"grade_id": "q"}}, "attachments": attached(painted())}
    (tmp_path / "nb.ipynb").write_text(json.dumps({"cells": [cell]}))
    release = with_pictures([ReleasedCell("q", "markdown", "?", "", True)], tmp_path / "none.ipynb", tmp_path / "nb.ipynb")
    for handed_in in [], read_cells(json.dumps({"cells": [{**cell, "attachments": attached(painted("GIF"))}]}).encode()):
        assert restore(handed_in, release).cells[0][0].attachments == attached(painted())


# the notebook's file
@pytest.mark.parametrize("place", ['{"cells": [{"outputs": [%s1]}]}', '{"cells": [{"source": [%s1]}]}', '{"metadata": [%s1], "cells": []}', '{"cells": [%s1]}', '{"cells": [{"metadata": {"a": [%s1]}}]}'])
@pytest.mark.parametrize("piece", ['{"":{}},', "[],", '"ab",', "1.5,", '"\\"[",', "{},", '"😀",'])
def test_reading_a_notebook_is_bounded(place, piece):
    data = (place % (piece * (15_000_000 // len(piece.encode())))).encode()
    tracemalloc.start()
    try: read_cells(data)
    except Unreadable: pass
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 200 * 2 ** 20, most / len(data)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["cells", "source", "outputs", "metadata", "cell_type"]), inner), max_leaves=30))
def test_cells_are_found_as_json_has_them(value):
    for file in value, {"cells": [{"cell_type": "code", "source": "x", "outputs": value, "metadata": value}, value], "metadata": value}:
        data = json.dumps(file).encode()
        raw = json.loads(data)
        try: found = read_cells(data)
        except Unreadable: assert not isinstance(raw, dict) or not isinstance(raw.get("cells"), list)
        else: assert len(found) == sum(isinstance(cell, dict) for cell in raw["cells"])


# outputs and hidden tests
def test_of_outputs_only_text_and_pictures_are_shown():
    png, evil = base64.b64encode(painted()).decode(), base64.b64encode(b"<script>").decode()
    data = {"text/html": "<script>1</script>", "image/svg+xml": "<svg onload=1>", "application/javascript": "1", "text/markdown": "[x](javascript:1)", "text/latex": "$x$", "text/plain": "shown", "image/png": png, "image/jpeg": evil}
    cell = new_code_cell("x", outputs=[new_output("display_data", data, metadata={"image/png": {"width": "1 onload=alert(1)"}})])
    nb, _ = SafePage().preprocess(new_notebook(cells=[cell]), {})
    assert set(nb.cells[0].outputs[0].data) == {"text/plain", "image/png"} and not nb.cells[0].outputs[0].metadata
    assert "<script" not in ansi2html("\x1b[31m<script>") and "<script" not in ansi2html("\x1b[31m<script>" * 10_000)


@pytest.mark.parametrize("begin, end", [("BEGIN HIDDEN TESTS", "END HIDDEN TESTS"), ("VERBORGEN", "ENDE")])
def test_hidden_tests_are_in_no_feedback(begin, end):
    from traitlets.config import Config
    source = f"assert f(1) == 2\n### {begin}\nassert f(17) == 4242\n### {end}\nassert f(0) == 0\n### {begin}\nassert f(18) == 4243\n### {end}"
    outputs = [new_output("error", ename="4242", evalue="4242", traceback=["assert f(17) == 4242"]), new_output("stream", text="----> \x1b[31massert f(17)\x1b[0m == 4242"),
               new_output("execute_result", {"text/html": "<td>assert f(17) == 4242</td>", "text/plain": "0"})]
    config = Config({"ClearHiddenTests": {"begin_test_delimeter": begin, "end_test_delimeter": end}})
    nb, _ = HideTests(config=config).preprocess(new_notebook(cells=[new_code_cell(source, outputs=outputs)]), {})
    assert "424" not in str(nb) and "f(1) == 2" in str(nb) and "f(0) == 0" in str(nb)


# files and pages of formgrader
def test_only_pictures_are_shown_by_formgrader():
    for data in b"<script>alert(1)</script>", b"<svg onload='alert(1)'/>", b"%PDF-", b"alert(1)", b"GIF89a/*":
        headers = file_headers(data)
        assert headers["Content-Disposition"] == "attachment" and headers["Content-Type"] == "application/octet-stream"
        assert headers["Content-Security-Policy"].startswith("sandbox") and headers["X-Content-Type-Options"] == "nosniff"
    assert file_headers(painted())["Content-Type"] == "image/png" and "Content-Disposition" not in file_headers(painted())


def test_only_formgraders_scripts_have_the_word():
    page, policy = marking_page('<head><script src="a.js"></script><script>own()</script></head><body><div id="notebook-container"><script>alert(1)</script><script src="/files/x.js"></script></div>')
    nonce = re.search("nonce-([^']+)", policy)[1]
    assert page.count(nonce) == 2 and "'self'" not in re.search("script-src([^;]*)", policy)[1] and "unsafe-inline" not in re.search("script-src([^;]*)", policy)[1]
    assert marking_page(page)[1] != policy


# the whole way
@pytest.fixture(scope="module")
def course(tmp_path_factory):
    "Essays: an honest one with a picture, one that refers to none, one of brackets, one that means harm."
    def md(source, name=None, picture=None, **meta):
        cell = {"cell_type": "markdown", "id": name or "text", "metadata": {"nbgrader": {"schema_version": 3, "grade_id": name, "task": False, **meta}} if name else {}, "source": source}
        return cell | ({"attachments": attached(picture)} if picture else {})
    source = notebook(md("![mine](attachment:a.png)", picture=painted()), md("![locked](attachment:a.png)", "q", painted("GIF"), grade=False, solution=False, locked=True),
                      md("answer", "essay", grade=True, solution=True, locked=False, points=5))
    root = make_course(tmp_path_factory.mktemp("pages") / "course", source, "essay")
    essays = {"ada": "$\\frac{1}{2}$ ![](attachment:b.png)", "ben": "![](attachment:none)", "mal": "\\\\[" * 60_000,
              "eve": "[my plot](plot.html) ![](/logout) ![](https://evil.example/t.png) <script>alert(1)</script> [x](javascript:alert(1))"}
    for student, text in essays.items():
        nb = released(root, "essay")
        nb["cells"][2] |= {"source": text} | ({"attachments": attached(painted("JPEG"), "image/jpeg", "b.png")} if student == "ada" else {})
        nb["cells"].append(_cell("raise ValueError('[the whole log](javascript:alert(1))')"))
        submit(root, student, nb, "essay", [("plot.html", "<script>alert(1)</script>")])
    grade("essay", root, quiet=True)
    return root


def feedback(root, but="", **more):
    from nbgrader.coursedir import CourseDirectory
    config = course_config(root)
    coursedir = CourseDirectory(config=config)
    coursedir.assignment_id, coursedir.student_id_exclude = "essay", but
    maker = CourseFeedback(coursedir=coursedir, config=config, **more)
    maker.start()
    return {p.parent.parent.name: p.read_text() for p in root.glob("feedback/*/essay/essay.html")}, maker.short


def test_everybody_has_a_page_and_it_is_made_anew_when_marks_change(course):
    from nbgrader.api import Gradebook
    pages, short = feedback(course)
    assert set(pages) == {"ada", "ben", "eve", "mal"} and not short
    assert pages["ada"].count('src="data:image/jpeg') == 1 and all('src="data:image/gif' in p and 'src="data:image/png' in p for p in pages.values())
    for page in pages.values():
        assert "<script" not in page.lower() and 'http-equiv="Content-Security-Policy"' in page.replace("'", '"')
        tree = lxml.html.fromstring(page)
        assert not [v for v in tree.xpath("//@href|//@src|//@action") if re.match(r"(?i)\s*(javascript|https?|/|data:(?!image/))", v)]
    stands = (course / "feedback/ada/essay/essay.html").stat().st_mtime_ns
    with Gradebook(course_config(course).CourseDirectory.db_url) as gradebook:
        gradebook.find_grade("essay", "essay", "essay", "eve").manual_score = 4.5
        gradebook.db.commit()
    assert "4.5" in feedback(course)[0]["eve"] and (course / "feedback/ada/essay/essay.html").stat().st_mtime_ns == stands


def test_a_page_that_takes_too_long_is_short_and_says_so(course):
    "For two of them: each costs the process that made it, and the next one imports for seconds."
    pages, short = feedback(course, but="ada,mal", seconds=0.0, force=True)
    assert len(short) == 2 and all("cannot be shown here" in pages[student] and "of 5" in pages[student] for student in ("ben", "eve"))
    pages, short = feedback(course)  # without --force: the cause is gone
    assert not short and not any("cannot be shown here" in page for page in pages.values())
