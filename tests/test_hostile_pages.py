"""Formgrader in a browser: what a student hands in neither runs nor loads anything for the person who marks it, who can mark."""
import json
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from browser import NEEDS_CHROMIUM, OUT, expect, free_port, fresh_profile, open_page, playwright, running_chromium, serving
from course_dir import NEEDS_SANDBOX, _cell, make_course, notebook, released, submit
from nbformat.v4 import new_output
from test_classroom import listens_to_marks

from course_lib.grading.course import CONFIG, grade

pytestmark = [NEEDS_CHROMIUM, NEEDS_SANDBOX]
RIGHT = "def sigmoid(x): return 1 / (1 + torch.exp(-x))"
TOKEN = "of-the-instructor"
JS = "javascript:document.title='owned'"
PLOT = """<!DOCTYPE html><title>plot</title><script>(async () => {
  const headers = {"Content-Type": "application/json", "X-XSRFToken": (document.cookie.match(/_xsrf=([^;]+)/) || [])[1]};
  const grades = await (await fetch("/formgrader/api/grades?submission_id=" + location.pathname.split("/")[3])).json();
  for (const grade of grades) await fetch("/formgrader/api/grade/" + grade.id, {method: "PUT", headers, body: JSON.stringify({manual_score: 5})});
  await fetch("/api/kernels", {method: "POST", headers, body: "{}"});
  document.title = "owned";
})();</script>"""
LIVE = "<script>document.title = 'owned'; fetch('/logout')</script><img src=x onerror=\"document.title='owned'\">"
ESSAYS = {
    "linker": "The loss falls, as [my plot](plot.html) shows.",
    "remark": f"More is in [the whole log]({JS}) and in <a href=\"{JS}\">the log</a>.",
    "script": f"It falls. ![](/logout) ![](https://evil.example/t.png) <img src='https://evil.example/u.png'> {LIVE}",
    "honest": "Somebody who always says healthy is right in 99 cases of 100 and has found no one who is ill.",
}
OWN_CELLS = {
    "remark": [f'raise ValueError("[the whole log]({JS}) <a href=\\"{JS}\\">more</a>")'],
    "script": [f"from IPython.display import HTML, Javascript, Markdown, display\npage = {LIVE!r}\ndisplay(HTML(page), Markdown('![](/logout)'), Javascript('document.title = 1'))\nprint(page)"],
}
# nbgrader as it is: the pages and files of the graded course without what the trusted grader has put before them
UNGUARDED = "from course_lib.grading import formgrader\nformgrader.guard_formgrader = lambda: None\n" + CONFIG + \
            "c.HTMLExporter.preprocessors, c.HTMLExporter.filters, c.HTMLExporter.sanitize_html = [], {}, False\n"


def graded_class(root: Path) -> Path:
    "A course with an essay, a plain cell and a check, handed in by three who mean harm and by one who does not, and graded."
    essay = _cell("Why is accuracy not enough?", "essay", 5, "markdown")
    essay["metadata"]["nbgrader"] |= {"solution": True, "locked": False}
    source = notebook(essay, _cell("import torch\nfrom course_lib.exercises.checking import check"), _cell(f"### BEGIN SOLUTION\n{RIGHT}\n### END SOLUTION", "sigmoid"),
                      _cell("assert sigmoid(torch.zeros(1)) == 0.5", "half", 1), _cell('check("sigmoid")', "check-sigmoid", 1))
    make_course(root, source, "essay")
    for student, text in ESSAYS.items():
        nb = released(root, "essay")
        nb["cells"][0]["source"], nb["cells"][2]["source"] = text, RIGHT
        nb["cells"] += [_cell(code) for code in OWN_CELLS.get(student, [])]
        submit(root, student, nb, "essay", [("plot.html", PLOT), ("plot.svg", PLOT)] if student == "linker" else ())
    grade("essay", root, quiet=True)
    return root


def gradebook_marks(root: Path) -> dict[str, dict[str, tuple]]:
    "What the gradebook's file holds; its configuration is not read, for one of them takes the guard away."
    from nbgrader.api import Gradebook
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gb:
        return {s.student.id: {g.name: (g.auto_score, g.manual_score) for n in s.notebooks for g in n.grades} for s in gb.assignment_submissions("essay")}


def graded_notebook(root: Path, student: str) -> dict: return json.loads((root / f"autograded/{student}/essay/essay.ipynb").read_text())


def let_through(root: Path):
    "Put into a graded notebook what grading has taken out of it, as if it had not."
    nb = graded_notebook(root, "script")
    next(c for c in nb["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == "essay")["source"] = ESSAYS["script"] + ESSAYS["remark"]
    nb["cells"][-1]["outputs"].append(new_output("display_data", {"text/html": LIVE, "application/javascript": "document.title = 'owned'"}))
    (root / "autograded/script/essay/essay.ipynb").write_text(json.dumps(nb))


class Marker:
    "Somebody who has logged in to the instructor's server, with what their browser asked for."

    def __init__(self, chromium, address, root):
        self.address, self.root, self.errors, self.asked = address, root, [], []
        self.page = open_page(chromium, self.errors)
        self.page.goto(f"{address}/api/status?token={TOKEN}")
        self.page.context.on("request", lambda request: self.asked.append(request.url))

    def ask(self, path): return self.page.request.get(f"{self.address}/{path}")

    def opens(self, student) -> str:
        "A student's submission, when all is loaded and what is to happen has had its time; its address."
        (found,) = [s for s in self.ask("formgrader/api/submitted_notebooks/essay/essay").json() if s["student"] == student]
        address = f"{self.address}/formgrader/submissions/{found['id']}/"
        self.page.goto(address)
        self.page.wait_for_load_state("networkidle")
        return address

    def strays(self) -> list[str]:
        "What was asked of anybody else, or to log out."
        return [url for url in self.asked if not url.startswith((self.address, "data:", "blob:")) or "/logout" in url]

    def is_logged_in(self): return self.ask("api/contents").status == 200

    def kernels(self): return self.ask("api/kernels").json()


@contextmanager
def marking(chromium, address, root):
    "Such a person while the block runs."
    marker = Marker(chromium, address, root)
    yield marker
    marker.page.context.close()


def instructors_server(root: Path, profile: Path):
    "`course lab --instructor` as it is started by hand: with a token, and with all that guards it."
    profile.mkdir()
    port = free_port()
    command = [Path(sys.executable).parent / "course", "lab", root, "--instructor", f"--port={port}", "--no-browser", "--allow-root", f"--IdentityProvider.token={TOKEN}", "--ServerApp.port_retries=0"]
    return serving(command, port, profile / "lab.log", fresh_profile(profile) | {"COURSE_SETTINGS": str(root / "settings.ini")}, profile)


def a_file_is_only_saved(marker):
    "The first attack: a page beside the notebook, by a click and by its address."
    page, address = marker.page, marker.opens("linker")
    for name in "plot.html", "plot.svg":
        served = page.request.get(address + name)
        assert served.status == 200 and served.headers["content-disposition"] == "attachment" and served.headers["content-security-policy"].startswith("sandbox")
        with page.expect_download(), pytest.raises(playwright.Error, match="Download is starting"): page.goto(address + name)
    with page.expect_download() as download: page.locator("a", has_text="my plot").click()
    assert download.value.url == f"{address}plot.html"


def a_remark_is_text(marker):
    "The second attack: a link in an error message, and in the essay."
    marker.opens("remark")
    page = marker.page
    expect(page.locator(".text_cell_render", has_text="Remarks of the grader").locator("pre")).to_contain_text("[the whole log](javascript:")
    assert not page.locator("a[href*='script:' i]").count() and page.locator("#notebook-container").first.inner_text().count("the whole log") > 2
    OUT.mkdir(exist_ok=True)
    page.screenshot(path=OUT / "hostile_remark.png", full_page=True)


def nothing_is_loaded(marker):
    "The third attack: pictures of other places, and scripts in the essay and in outputs."
    marker.opens("script")
    container = marker.page.locator("#notebook-container").first
    expect(container).to_contain_text("onerror=")
    assert not container.locator("script, iframe, [onerror], img:not([src^='data:']), a[href*='script:' i]").count()
    marker.page.screenshot(path=OUT / "hostile_script.png", full_page=True)


def nothing_is_loaded_even_then(marker):
    "The second and the third, had grading left them as they were."
    let_through(marker.root)
    nothing_is_loaded(marker)


def a_person_marks(marker):
    "The essay's points, typed into their field."
    marker.opens("honest")
    listens_to_marks(marker.page)
    points = marker.page.locator("input.score#essay")
    with marker.page.expect_response(lambda r: r.request.method == "PUT" and "/formgrader/api/grade/" in r.url) as saved:
        points.fill("3.5")
        points.press("Tab")
    assert saved.value.status == 200 and gradebook_marks(marker.root)["honest"]["essay"] == (None, 3.5)


def unguarded_pages_are_taken_over(chromium, address, root, before):
    "The same three without the guard: each gets through, so each can be seen here."
    with marking(chromium, address, root) as marker:
        marker.opens("linker")
        marker.page.locator("a", has_text="my plot").click()
        expect(marker.page).to_have_title("owned")
        assert gradebook_marks(root)["linker"]["essay"][1] == 5 != before["linker"]["essay"][1] and marker.kernels()
    with marking(chromium, address, root) as marker:
        marker.opens("script")
        expect(marker.page).to_have_title("owned")
        assert marker.page.locator("a[href*='script:' i]").count() and any("evil.example" in url for url in marker.strays())
        assert any("/logout" in url for url in marker.strays()) and not marker.is_logged_in()


def test_hostile_submissions_in_formgrader(tmp_path):
    root = graded_class(tmp_path / "course")
    before = gradebook_marks(root)
    assert set(before) == set(ESSAYS) and all(cells["half"][0] == cells["check-sigmoid"][0] == 1 and cells["essay"][1] is None for cells in before.values())
    outputs = graded_notebook(root, "script")["cells"][-1]["outputs"]
    assert "document.title" in str(outputs) and not any(set(o.get("data", {})) - {"text/plain"} for o in outputs)
    weak = shutil.copytree(root, tmp_path / "weak")
    (weak / "nbgrader_config.py").write_text(UNGUARDED)
    let_through(weak)
    with running_chromium() as chromium:
        with instructors_server(weak, tmp_path / "unguarded") as address: unguarded_pages_are_taken_over(chromium, address, weak, before)
        with instructors_server(root, tmp_path / "guarded") as address, marking(chromium, address, root) as marker:
            for attack in a_file_is_only_saved, a_remark_is_text, nothing_is_loaded, nothing_is_loaded_even_then:
                attack(marker)
                expect(marker.page).to_have_title("essay")
                assert not marker.strays() and marker.is_logged_in() and not marker.kernels() and gradebook_marks(root) == before
            a_person_marks(marker)
            assert not marker.errors, marker.errors
