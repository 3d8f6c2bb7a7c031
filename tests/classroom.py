"""A class for the browser stories: a course directory, an exchange, a student, and the things that both do in JupyterLab."""
import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

from browser import course_lab, fresh_profile

COURSE = Path(sys.executable).parent / "course"
SETTINGS = "[course]\nid = from_pixels_to_pets\ntitle = From pixels to pets\n[exchange]\nroot = {exchange}\n[grading]\nseconds = 30\n"


class Classroom:
    "A course directory, made by `course init`, and a folder and a fresh profile for each of two people."

    def __init__(self, root: Path):
        self.root, self.exchange, self.course, self.student = root, root / "exchange", root / "course", root / "ada" / "from_pixels_to_pets"
        self.exchange.mkdir()
        os.chmod(self.exchange, 0o777)  # as nbgrader asks for
        self.settings = root / "settings.ini"
        self.settings.write_text(SETTINGS.format(exchange=self.exchange))
        subprocess.run([COURSE, "init", self.course], cwd=root, check=True, capture_output=True,
                       env=fresh_profile(root / "instructor") | {"COURSE_SETTINGS": str(self.settings)})

    def student_lab(self): return course_lab(self.student, self.root / "ada", self.settings)
    def instructor_lab(self): return course_lab(self.course, self.root / "instructor", self.course / "settings.ini", "--instructor")


def ask(address: str, path: str, method="GET", body=None):
    "What a server answers, as JSON."
    request = urllib.request.Request(f"{address}/{path}", json.dumps(body).encode() if body is not None else None,
                                     {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=120) as answer: return json.loads(answer.read() or "null")


def set_theme(address: str, dark: bool):
    "Choose JupyterLab's theme, as the menu Settings does; pages show it when they are loaded again."
    raw = json.dumps({"theme": "JupyterLab Dark" if dark else "JupyterLab Light"})
    request = urllib.request.Request(f"{address}/lab/api/settings/@jupyterlab/apputils-extension:themes", json.dumps({"raw": raw}).encode(), method="PUT")
    urllib.request.urlopen(request, timeout=30).close()
