"""Marks sent to a learning platform: against a platform on this machine that checks signatures, tokens and messages as the standard asks."""
import json
import shutil
import stat
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs

import jwt
import pytest
from jwcrypto.jwk import JWK

from course_lib.grading.class_marks import example_class, marks_table
from course_lib.grading.lti import grade_service, send_command
from course_lib.settings import parse_settings

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"


class Platform(BaseHTTPRequestHandler):
    "The parts of a platform that give tokens and take marks; what it was told is in `kept`."
    def log_message(self, *_): pass

    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items(): self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

    def allowed(self): return self.headers["Authorization"] == f"Bearer {self.server.token}"

    def do_GET(self):
        if self.server.broken: return self.answer(200, b"<html>")
        if not self.allowed(): return self.answer(401, b"")
        page, pages = self.path.partition("?page=")[2], [self.server.items[i:i + 1] for i in range(len(self.server.items))] or [[]]
        at = int(page or 0)
        more = {"Link": f'<{self.server.address}/items?page={at + 1}>; rel="next"'} if at + 1 < len(pages) else {}
        self.answer(200, pages[at], **more)

    def do_POST(self):
        data, server = self.rfile.read(int(self.headers["Content-Length"])), self.server
        if self.path == "/token":
            asked = {name: value[0] for name, value in parse_qs(data.decode()).items()}
            try: claim = jwt.decode(asked["client_assertion"], server.public, ["RS256"], audience=f"{server.address}/token", issuer="course-7", subject="course-7")
            except jwt.InvalidTokenError as error: return self.answer(401, str(error).encode())
            if claim["jti"] in server.seen or asked["scope"].split() != [AGS + "lineitem", AGS + "score"]: return self.answer(400, b"")
            server.seen.add(claim["jti"])
            return self.answer(200, {"access_token": server.token, "expires_in": 3600})
        if not self.allowed(): return self.answer(401, b"")
        told = json.loads(data)
        if self.path == "/items":
            server.items.append(told | {"id": f"{server.address}/items/{len(server.items)}"})
            return self.answer(201, server.items[-1])
        if self.headers["Content-Type"] != "application/vnd.ims.lis.v1.score+json": return self.answer(415, b"")
        if told["userId"] in server.strangers: return self.answer(404, b"no \x1b[31msuch user")
        if len(server.kept) == server.full: return self.answer(503, b"maintenance")
        server.kept.append((server.items[int(self.path.split("/")[2])]["tag"], told["userId"], told["scoreGiven"], told["scoreMaximum"]))
        self.answer(200, b"")


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    key, file = JWK.generate(kty="RSA", size=2048), tmp_path_factory.mktemp("key") / "key.pem"
    file.write_bytes(key.export_to_pem(private_key=True, password=None))
    return file, key.export_to_pem().decode()


@pytest.fixture
def platform(keys):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Platform)
    server.address, server.public, server.token = f"http://127.0.0.1:{server.server_port}", keys[1], "secret-token"
    server.items, server.kept, server.seen, server.strangers, server.broken, server.full = [], [], set(), set(), False, 10 ** 6
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    from nbgrader.api import Gradebook
    root = example_class(tmp_path_factory.mktemp("example") / "course")
    with Gradebook(f"sqlite:///{root}/gradebook.db", "small") as gradebook:
        for student, number in ("ada", "16"), ("ben", "17"), ("deniz", "19"): gradebook.update_or_create_student(student, lms_user_id=number)
    return root


@pytest.fixture
def course(example, tmp_path, platform, keys):
    root = shutil.copytree(example, tmp_path / "course")
    with (root / "settings.ini").open("a") as settings:
        settings.write(f"[lti]\nclient = course-7\ntoken = {platform.address}/token\nitems = {platform.address}/items\nkey = {keys[0]}\n")
    return root


def points(root, student, value):
    from nbgrader.api import Gradebook
    with Gradebook(f"sqlite:///{root}/gradebook.db", "small") as gradebook:
        gradebook.find_grade("cell", "essay", "essay", student).manual_score = value
        gradebook.db.commit()


def test_final_marks_travel_once_and_again_when_they_change(course, platform, capsys):
    platform.items.append({"id": f"{platform.address}/items/0", "tag": "another tool's", "label": "x", "scoreMaximum": 1})
    final = sorted((m.assignment, m.lms_id, m.points, m.max_points) for m in marks_table(course) if m.status == "final" and m.lms_id)
    send_command(str(course), dry=True)
    assert not platform.kept and not platform.seen and "Nothing was sent" in capsys.readouterr().out
    send_command(str(course), dry=False)
    assert sorted(platform.kept) == final and len(final) == 3  # ada's essay waits for a person
    assert {item["tag"]: item["scoreMaximum"] for item in platform.items[1:]} == {"loss_functions": 5, "essay": 3}
    assert stat.S_IMODE((course / "marks-sent.json").stat().st_mode) == 0o600
    send_command(str(course), dry=False)
    assert len(platform.kept) == 3 and "0 marks sent, 3 as they were" in capsys.readouterr().out
    points(course, "ben", 2.5)
    send_command(str(course), dry=False)
    assert platform.kept[3:] == [("essay", "17", 2.5, 3.0)] and len(platform.items) == 3


def test_a_student_whom_the_platform_does_not_know_costs_only_that_mark(course, platform, capsys):
    platform.strangers = {"16"}
    send_command(str(course), dry=False)
    told = capsys.readouterr()
    assert {user for _, user, *_ in platform.kept} == {"17"} and "2 marks sent" in told.out
    assert "refused, ada loss_functions: 404 no" in told.err and "\x1b" not in told.err
    platform.strangers = set()
    send_command(str(course), dry=False)
    assert ("loss_functions", "16", 5.0, 5.0) in platform.kept and len(platform.kept) == 3


def test_what_was_sent_before_a_platform_stopped_is_not_sent_again(course, platform):
    platform.full = 1
    with pytest.raises(ValueError, match="503 maintenance; 1 were sent"): send_command(str(course), dry=False)
    platform.full = 10 ** 6
    send_command(str(course), dry=False)
    assert len(platform.kept) == len(set(platform.kept)) == 3


def test_a_platform_that_cannot_be_used_is_told_in_a_sentence(course, platform, tmp_path):
    platform.broken = True
    with pytest.raises(ValueError, match="cannot be reached, or answers oddly"): send_command(str(course), dry=False)
    platform.broken, platform.public = False, JWK.generate(kty="RSA", size=2048).export_to_pem().decode()
    with pytest.raises(ValueError, match="takes no marks: 401"): send_command(str(course), dry=False)
    settings = course / "settings.ini"
    settings.write_text(settings.read_text().replace(platform.address, "http://127.0.0.1:9"))
    with pytest.raises(ValueError, match="cannot be reached"): send_command(str(course), dry=False)
    assert not platform.kept and not (course / "marks-sent.json").exists()


@pytest.mark.parametrize("lines, why", [
    ("client = a", "token, items, key"), ("client = a\ntoken = https://x\nitems = https://x\nkey = /nowhere/key.pem", "private key cannot be read"),
    ("client = a\ntoken = http://x/token", "must begin with https://"), ("client = a\ntoken = https://x\nitems = https://x\nkey = {file}", "holds no private key")])
def test_settings_that_are_not_complete_are_told(tmp_path, lines, why):
    (tmp_path / "file").write_text("-----BEGIN PUBLIC KEY-----")
    with pytest.raises(ValueError, match=why): grade_service(parse_settings("[lti]\n" + lines.format(file=tmp_path / "file")))
