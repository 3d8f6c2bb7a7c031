"""Two people and a hub, from the first login to the feedback: real accounts, JupyterHub, nbgrader's exchange, Chromium."""
import re
import shutil
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
import zmq

websocket = pytest.importorskip("websocket", reason="the package websocket-client is not installed")

import hub as hubs  # noqa: E402
from browser import NEEDS_CHROMIUM, OUT, expect, open_page, running_chromium  # noqa: E402

NAME = "loss_functions"
RIGHT = "def sigmoid(x):\n    return 1 / (1 + torch.exp(-x))"
SUM_FOR_MEAN = "def mnist_loss(predictions, targets):\n    p = sigmoid(predictions)\n    return torch.where(targets == 1, 1 - p, p).sum()"
pytestmark = [pytest.mark.skipif(bool(hubs.missing()), reason=hubs.missing() or "-"),
              NEEDS_CHROMIUM]


def logged_in(browser, hub, user):
    "The page of a user who has just come in, and the user's server, started by that."
    page = open_page(browser, [])
    page.goto(f"{hub.address}/hub/login")
    page.fill("#username_input", user)
    page.fill("#password_input", hub.passwords[user])
    page.click("#login_submit")
    page.wait_for_url(re.compile(f"/user/{user}/"), timeout=180_000)  # a server is started for the user
    page.goto(f"{hub.address}/hub/token")
    token = page.evaluate("""async user => (await (await fetch(`/hub/api/users/${user}/tokens?_xsrf=${window.jhdata.xsrf_token}`,
                             {method: "POST", headers: {"Content-Type": "application/json"}, body: "{}"})).json()).token""", user)
    return page, hubs.Server(hub, user, token)


def done(answer):
    "What formgrader answered, which must be a success."
    assert answer["success"], answer.get("log") or answer
    return answer


def listed(assignments):
    "The state of each assignment in a student's list."
    return {a["assignment_id"]: a["status"] for a in assignments["value"]}


def hand_in(student):
    "Fetch the assignment, write one function rightly and one wrongly, submit."
    assert listed(student.ask("assignments?course_id=from_pixels_to_pets"))[NAME] == "released"
    asked = {"course_id": "from_pixels_to_pets", "assignment_id": NAME}
    assert listed(student.ask("assignments/fetch", "POST", asked))[NAME] == "fetched"
    path = f"api/contents/{NAME}/{NAME}.ipynb"
    notebook = student.ask(path)["content"]
    for cell in notebook["cells"]:
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if grade_id in ("sigmoid", "mnist_loss"): cell["source"] = {"sigmoid": RIGHT, "mnist_loss": SUM_FOR_MEAN}[grade_id]
    student.ask(path, "PUT", {"type": "notebook", "format": "json", "content": notebook})
    answer = student.ask("assignments/submit", "POST", asked)
    assert answer.get("success"), answer


def marks(hub):
    "Whose submissions the gradebook knows, with the points of each graded cell."
    with sqlite3.connect(hub.classroom / "course" / "gradebook.db") as database:
        rows = database.execute("select s.student_id, c.name, g.auto_score from grade g join base_cell c on c.id = g.cell_id "
                                "join submitted_notebook n on n.id = g.notebook_id join submitted_assignment s on s.id = n.assignment_id")
        return {(student, cell): score for student, cell, score in rows}


def is_private(hub, student):
    "What is not the student's cannot be read, listed or reached, from a notebook as little as from a browser."
    course, inbound = hub.classroom / "course", hub.folder / "exchange" / "root" / "from_pixels_to_pets" / "inbound"
    forbidden = [course, course / "gradebook.db", course / "settings.ini", course / "source" / NAME / f"{NAME}.ipynb", hub.classroom / "hub",
                 hub.classroom / "hub" / "jupyterhub.sqlite", inbound, *(hub.folder / "home" / u for u in (hub.teacher, hub.other))]
    code = f"""import os
for path in {list(map(str, forbidden))!r}:
    try:
        os.listdir(path) if os.path.isdir(path) else open(path).close()
        print("readable:", path)
    except PermissionError: pass
try: os.rename({str(inbound.parent)!r}, {str(inbound.parent)!r} + "_moved")
except PermissionError: print("all closed")
import getpass; print(getpass.getuser())"""
    assert student.run(code) == f"all closed\n{hub.student}\n"
    assert hubs.Server(hub, hub.teacher, student.token).refused("api/contents") == 403
    assert student.refused("formgrader/api/assignments") == 404


def cannot_be_overheard(hub, student):
    "Whoever listens at the ports of a student's kernel, as any account of the machine may, hears nothing of what it prints."
    with ThreadPoolExecutor() as pool:
        printing = pool.submit(student.run, "import time\nfor _ in range(60): print('a secret', flush=True); time.sleep(0.1)")
        time.sleep(3)
        ports = {c.laddr.port for p in psutil.process_iter() if p.username() == hub.student for c in p.net_connections("tcp") if c.status == psutil.CONN_LISTEN}
        with zmq.Context() as context, context.socket(zmq.SUB) as listener:
            listener.setsockopt(zmq.LINGER, 0)
            listener.subscribe(b"")
            for port in ports: listener.connect(f"tcp://127.0.0.1:{port}")
            heard = listener.poll(2000)
        assert len(ports) >= 5 and not printing.done() and not heard, ports
    assert "a secret" in printing.result()


def mischief(hub):
    "What another student may put into the exchange: a later submission in the student's name, a link to the solutions, a senseless name."
    inbound, solution = hub.folder / "exchange" / "root" / "from_pixels_to_pets" / "inbound", hub.classroom / "course" / "source" / NAME / f"{NAME}.ipynb"
    script = f"""set -e; cd {inbound}
mkdir "{hub.student}+{NAME}+2099-01-01 00:00:00.000000 UTC+x" "{hub.other}+{NAME}+2026-01-01 00:00:00.000000 UTC+x" "{hub.other}+{NAME}+senseless+x"
echo empty > "{hub.student}+{NAME}+2099-01-01 00:00:00.000000 UTC+x/{NAME}.ipynb"
ln -s {solution} "{hub.other}+{NAME}+2026-01-01 00:00:00.000000 UTC+x/{NAME}.ipynb\""""
    assert hub.as_user(hub.other, "sh", "-c", script).returncode == 0


def is_collected_right(hub):
    "The student's own submission was collected, and of the other one's nothing that only the instructor may read."
    submitted = hub.classroom / "course" / "submitted"
    assert {folder.name for folder in submitted.iterdir()} == {hub.student, hub.other}
    assert ".sum()" in (submitted / hub.student / NAME / f"{NAME}.ipynb").read_text()
    assert not list((submitted / hub.other).rglob("*.ipynb"))


def is_limited(student, teacher):
    "Who takes too much memory or starts too many processes is stopped; the other one's server goes on."
    assert "MemoryError" in student.run("pixels = bytearray(4 * 2**30)")
    bomb = """import os, signal, time
children = []
try:
    while len(children) < 2000:
        child = os.fork()
        if child == 0:
            signal.pause()
        children.append(child)
except BlockingIOError: print("stopped at", len(children))
time.sleep(3)
for child in children: os.kill(child, signal.SIGKILL); os.waitpid(child, 0)"""
    with ThreadPoolExecutor() as pool:
        running = pool.submit(student.run, bomb)
        while not running.done(): assert teacher.run("print(6 * 7)") == "42\n"
    assert 0 < int(re.fullmatch(r"stopped at (\d+)\n", running.result())[1]) < 256, running.result()
    assert student.run("print('still here')") == "still here\n"


EVIL = """from pathlib import Path
from tornado.web import RequestHandler

class Evil(RequestHandler):  # asks nobody who they are
    def get(self): self.finish(Path(__file__).with_name("evil.html").read_text())

default_handlers = [("/evil", Evil)]
"""
PAGE = """<!doctype html><title>plot</title><button>the whole plot</button><script>
const there = decodeURIComponent(location.hash.slice(1)), result = {}
const attempt = async (name, doing) => { try { result[name] = await doing() } catch (error) { result[name] = error.name } }
const reads = async page => { for (let i = 0; i < 60; i++) {  // the title of a server's page, if it may be read
    if (page.document.title.includes("Jupyter")) return "read " + page.document.title
    await new Promise(later => setTimeout(later, 250)) } return "nothing" }
document.querySelector("button").onclick = async () => {
    await attempt("fetch", async () => (await fetch(there + "/api/contents", {credentials: "include"})).status)
    await attempt("write", async () => (await fetch(there + "/api/contents/owned.txt", {method: "PUT", credentials: "include",
        body: JSON.stringify({type: "file", format: "text", content: "owned"})})).status)
    await attempt("post", async () => (await fetch(there + "/api/kernels", {method: "POST", credentials: "include", mode: "no-cors", body: "{}"})).type)
    await attempt("window", () => reads(window.open(there + "/lab?reset")))
    await attempt("frame", async () => { const frame = document.createElement("iframe"); frame.src = there + "/lab?reset"; document.body.append(frame)
        await new Promise(loaded => frame.onload = loaded); return await reads(frame.contentWindow) })
    window.result = result
}
</script>"""


def evil_server(hub):
    "The student's server has an address, /evil, that answers everybody; the student may do that."
    home = hub.folder / "home" / hub.student
    files = {"evil.py": EVIL, "evil.html": PAGE, ".jupyter/jupyter_server_config.py":
             f"import sys; sys.path.insert(0, {str(home)!r}); c.ServerApp.extra_services = ['evil']; c.ServerApp.allow_unauthenticated_access = True"}
    (home / ".jupyter").mkdir()
    for name, text in files.items(): (home / name).write_text(text)
    for path in (home / ".jupyter", *(home / name for name in files)): shutil.chown(path, hub.student)


def reached(hub, page, user):
    "What the student's page, opened by somebody, reaches of a user's server."
    page = page.context.new_page()
    page.goto(f"{hub.at(hub.student)}/user/{hub.student}/evil#{hub.at(user)}/user/{user}")
    page.click("button")
    page.wait_for_function("window.result", timeout=90_000)
    found = page.evaluate("window.result")
    for opened in page.context.pages[1:]: opened.close()
    return found


def cannot_be_taken_over(hub, teacher, teacher_page, student_page):
    "The instructor opens the student's page, and nothing of the instructor's server is reached; the student's own is, which shows that the page works."
    mine = reached(hub, student_page, hub.student)
    assert mine["window"].startswith("read"), mine
    kernels = teacher.ask("api/kernels")
    found = reached(hub, teacher_page, hub.teacher)
    assert found["fetch"] == "TypeError" and found["write"] == "TypeError" and found["window"] == found["frame"] == "SecurityError", found
    assert not (hub.classroom / "course" / "owned.txt").exists() and teacher.ask("api/kernels") == kernels


def pictures(hub, teacher_page, student_page):
    "Both at work in JupyterLab: formgrader's frame is filled for the one and not to be found for the other."
    OUT.mkdir(exist_ok=True)
    student_page.goto(f"{hub.at(hub.student)}/user/{hub.student}/lab?reset")
    student_page.locator("#jp-main-dock-panel").wait_for()
    student_page.get_by_role("menuitem", name="Course", exact=True).click()
    expect(student_page.locator(".lm-Menu-itemLabel", has_text="Assignment List")).to_be_visible()
    expect(student_page.locator(".lm-Menu-itemLabel", has_text="Formgrader")).to_have_count(0)
    student_page.get_by_role("menuitem", name="Assignment List").click()
    student_page.locator("#submitted_assignments_list").get_by_text(NAME).first.wait_for()
    student_page.locator(".jp-DirListing-item").first.wait_for()
    student_page.screenshot(path=OUT / "hub_student.png")

    teacher_page.goto(f"{hub.at(hub.teacher)}/user/{hub.teacher}/lab?reset")
    teacher_page.locator("#jp-main-dock-panel").wait_for()
    teacher_page.get_by_role("menuitem", name="Course", exact=True).click()
    teacher_page.get_by_role("menuitem", name="Formgrader", exact=False).click()
    frame = teacher_page.frame_locator("iframe")
    frame.get_by_role("link", name=NAME).first.wait_for()
    teacher_page.locator(".jp-DirListing-item").first.wait_for()
    teacher_page.screenshot(path=OUT / "hub_formgrader.png")


def test_two_people_from_login_to_feedback():
    with hubs.running_hub() as hub, running_chromium() as browser:
        evil_server(hub)
        teacher_page, teacher = logged_in(browser, hub, hub.teacher)
        student_page, student = logged_in(browser, hub, hub.student)
        assert [hub.status(path, token) for path, token in (("metrics", ""), ("metrics", student.token), ("metrics", hub.metrics_token), ("api/users", hub.metrics_token))] \
            == [403, 403, 200, 403]  # a monitor reads numbers, and nobody else
        for user, framed_by in (teacher, "'self'"), (student, "'none'"):
            assert f"frame-ancestors {framed_by}" in user.ask("lab", headers=True)["Content-Security-Policy"]

        for step in "assign", "release": done(teacher.ask(f"formgrader/api/assignment/{NAME}/{step}", "POST"))
        hand_in(student)
        is_private(hub, student)
        cannot_be_overheard(hub, student)
        is_limited(student, teacher)
        mischief(hub)
        done(teacher.ask(f"formgrader/api/assignment/{NAME}/collect", "POST"))
        is_collected_right(hub)
        pictures(hub, teacher_page, student_page)
        cannot_be_taken_over(hub, teacher, teacher_page, student_page)
        done(teacher.ask(f"formgrader/api/submission/{NAME}/{hub.student}/autograde", "POST"))
        graded = marks(hub)
        assert {s for s, _ in graded} == {hub.student}
        assert graded[hub.student, "check-sigmoid"] == 2 and graded[hub.student, "check-mnist_loss"] == 0

        for step in "generate_feedback", "release_feedback": done(teacher.ask(f"formgrader/api/assignment/{NAME}/{step}", "POST"))
        student.ask("assignments/fetch_feedback", "POST", {"course_id": "from_pixels_to_pets", "assignment_id": NAME})
        folder = student.ask(f"api/contents/{NAME}/feedback")["content"][0]["path"]
        feedback = student.ask(f"api/contents/{folder}/{NAME}.html")["content"]
        assert "mean" in feedback and "You took the sum" in feedback, feedback[:2000]
