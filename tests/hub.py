"""A hub for tests: temporary users of the operating system, the repository's own configuration, and clients for its servers."""
import contextlib
import importlib.util
import json
import os
import secrets
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from pathlib import Path

import psutil
import websocket
from browser import free_ports

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy" / "jupyterhub"
PROXY = DEPLOY / "node_modules" / ".bin" / "configurable-http-proxy"


def missing() -> str:
    "What this machine lacks for a hub with users of its own, or nothing."
    if sys.platform != "linux" or os.getuid() != 0: return "a hub with real users needs Linux and root"
    for command in ("useradd", "runuser", "unshare", "prlimit", "bwrap", "node"):
        if not shutil.which(command): return f"there is no {command} here"
    if not PROXY.exists(): return "the hub's proxy is not installed: make hub-setup"
    installed = all(importlib.util.find_spec(name) for name in ("jupyterhub", "jupyterhub_idle_culler"))
    return "" if installed else "JupyterHub is not installed: make hub-setup"


def closed(folder: Path) -> bool:
    "Whether ordinary users may not enter a folder."
    return folder.is_dir() and not folder.stat().st_mode & stat.S_IXOTH


def opening(paths: list[Path], keep: Path) -> str:
    """Shell commands that make paths reachable for ordinary users inside a mount namespace of one's own.

    A closed folder on the way (root's home, where root has installed Python there) is covered by an empty open one, in which only
    the paths are to be seen. Outside the namespace nothing changes.
    """
    paths = [inner for path in dict.fromkeys(paths) for inner in (path.iterdir() if closed(path) else [path])]
    hidden = {path: cover for path in paths if (cover := next((p for p in reversed(path.parents) if closed(p)), None))}
    quoted = {path: shlex.quote(str(path)) for path in [*hidden, *hidden.values()]}
    make = lambda path, place: f"mkdir -p {place}" if path.is_dir() else f"mkdir -p $(dirname {place}) && touch {place}"
    lines = []
    for i, path in enumerate(hidden): lines += [make(path, f"{keep}/{i}"), f"mount --rbind {quoted[path]} {keep}/{i}"]
    for cover in dict.fromkeys(hidden.values()): lines.append(f"mount -t tmpfs -o mode=755 none {quoted[cover]}")
    for i, path in enumerate(hidden): lines += [make(path, quoted[path]), f"mount --rbind {keep}/{i} {quoted[path]}"]
    return "\n".join(lines)


class Server:
    "One user's server behind the hub, spoken to with a token of that user."

    def __init__(self, hub: "Hub", user: str, token: str):
        # Browsers know by themselves that names below .localhost are this machine; Python asks for the address and names the host.
        self.host, self.address, self.token = hub.at(user).removeprefix("http://"), f"http://127.0.0.1:{hub.port}/user/{user}", token

    def ask(self, path: str, method="GET", body=None, headers=False):
        "The answer's JSON (its text, where it is none); with `headers` the headers instead."
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.address}/{urllib.parse.quote(path, safe='/?=')}", data, {"Authorization": f"token {self.token}", "Content-Type": "application/json", "Host": self.host}, method=method)
        with urllib.request.urlopen(request, timeout=120) as answer:
            if headers: return answer.headers
            text = answer.read().decode()
        try: return json.loads(text)
        except ValueError: return text

    def refused(self, path: str, method="GET") -> int:
        "The status with which the server refuses, or 0 if it does not."
        try: self.ask(path, method)
        except urllib.error.HTTPError as error: return error.code
        return 0

    def run(self, code: str, seconds=90) -> str:
        "What a cell prints that the user runs in a new notebook kernel; an exception is printed as its last line."
        kernel = self.ask("api/kernels", "POST", {"name": "python3"})["id"]
        url = f"{self.address}/api/kernels/{kernel}/channels".replace("http", "ws", 1)
        with contextlib.closing(websocket.create_connection(url, timeout=seconds, host=self.host, origin=f"http://{self.host}", header={"Authorization": f"token {self.token}"})) as channel:
            asked = uuid.uuid4().hex
            header = {"msg_id": asked, "msg_type": "execute_request", "username": "", "session": uuid.uuid4().hex, "version": "5.3", "date": ""}
            content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False, "stop_on_error": True}
            channel.send(json.dumps({"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell", "buffers": []}))
            printed = ""
            while True:
                message = json.loads(channel.recv())
                if message["parent_header"].get("msg_id") != asked: continue
                kind, content = message["header"]["msg_type"], message["content"]
                if kind == "stream": printed += content["text"]
                if kind == "error": printed += f"{content['ename']}: {content['evalue']}\n"
                if kind == "status" and content["execution_state"] == "idle": break
        self.ask(f"api/kernels/{kernel}", "DELETE")
        return printed


class Hub:
    "A running hub: `teacher`, `student` and `other` are accounts, `passwords` theirs, `classroom` the shared folder."

    def __init__(self, folder: Path):
        self.folder, self.classroom, self.log = folder, folder / "classroom", folder / "hub.log"
        mark = secrets.token_hex(3)
        self.teacher, self.student, self.other = (f"{name}{mark}" for name in ("teacher", "student", "other"))
        self.groups = {"INSTRUCTORS": f"teaching_{mark}", "STUDENTS": f"learning_{mark}"}
        self.users, self.passwords, self.process = [self.teacher, self.student, self.other], {}, None
        self.metrics_token = secrets.token_hex(32)

    def make_users(self):
        "Accounts with a home of their own and a password that nobody knows, the teacher's not among the students."
        for group in self.groups.values(): subprocess.run(["groupadd", group], check=True)
        (self.folder / "home").mkdir(mode=0o755)
        for user in self.users:
            group = self.groups["INSTRUCTORS" if user == self.teacher else "STUDENTS"]
            subprocess.run(["useradd", "--create-home", "--base-dir", self.folder / "home", "--groups", group, "--key", "HOME_MODE=0700",
                            "--shell", "/bin/bash", user], check=True)
            self.passwords[user] = secrets.token_urlsafe(12)
        lines = "".join(f"{user}:{password}\n" for user, password in self.passwords.items())
        subprocess.run(["chpasswd"], input=lines, text=True, check=True)

    def remove_users(self):
        "Everything that make_users made."
        for user in self.users: subprocess.run(["pkill", "-KILL", "-u", user], capture_output=True)
        time.sleep(0.5)
        for user in self.users: subprocess.run(["userdel", "--remove", user], capture_output=True)
        for group in self.groups.values(): subprocess.run(["groupdel", group], capture_output=True)

    def start(self):
        "prepare.sh and then the hub, in a mount namespace where everybody reaches the interpreter."
        self.classroom.mkdir(mode=0o755)
        settings = (ROOT / "settings.ini").read_text().replace("/usr/local/share/nbgrader/exchange", str(self.folder / "exchange" / "root"))
        (self.classroom / "settings.ini").write_text(settings)
        self.port, hub_port, proxy_port = free_ports(3)
        self.address = f"http://hub.localhost:{self.port}"
        environment = {**os.environ, **self.groups, "SUBDOMAINS": self.address, "CLASSROOM": str(self.classroom), "BIN": str(Path(sys.executable).parent), "PYTHONPATH": str(ROOT), "METRICS_TOKEN": self.metrics_token}
        hub = [sys.executable, "-m", "jupyterhub", "-f", DEPLOY / "jupyterhub_config.py", f"--JupyterHub.bind_url=http://127.0.0.1:{self.port}",
               f"--JupyterHub.hub_port={hub_port}", f"--ConfigurableHTTPProxy.api_url=http://127.0.0.1:{proxy_port}"]
        paths = [Path(p).resolve() for p in (sys.base_prefix, sys.prefix, ROOT, self.folder)]
        script = "\n".join(["set -e", opening(paths, self.folder / "kept"), f"sh {shlex.quote(str(DEPLOY / 'prepare.sh'))} {self.teacher}",
                            f"cd {self.classroom}/hub", "exec " + shlex.join(map(str, hub))])
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-c", script], stdout=log, stderr=log,
                                            env=environment, start_new_session=True)
        for _ in range(600):  # preparing takes minutes on a busy machine
            if self.process.poll() is not None: break
            asked = urllib.request.Request(f"http://127.0.0.1:{self.port}/hub/api", headers={"Host": f"hub.localhost:{self.port}"})
            try: return urllib.request.urlopen(asked, timeout=2).close()
            except OSError: time.sleep(0.5)
        raise RuntimeError(self.log.read_text()[-4000:])

    def status(self, path: str, token: str = "") -> int:
        "What the hub itself answers to a program with this token."
        headers = {"Host": f"hub.localhost:{self.port}", **({"Authorization": f"token {token}"} if token else {})}
        try: return urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{self.port}/hub/{path}", headers=headers), timeout=20).status
        except urllib.error.HTTPError as error: return error.code

    def at(self, user: str) -> str:
        "The address of a user's own server."
        return f"http://{user}.hub.localhost:{self.port}"

    def stop(self):
        "The hub and with it the proxy and the users' servers."
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try: self.process.wait(90)  # it ends each user's server first
            except subprocess.TimeoutExpired:
                for process in [*psutil.Process(self.process.pid).children(recursive=True), self.process]: process.kill()
                self.process.wait()

    def as_user(self, user: str, *command) -> subprocess.CompletedProcess:
        "Run a command of the system as a user, outside any server."
        return subprocess.run(["runuser", "-u", user, "--", *map(str, command)], capture_output=True, text=True)


@contextlib.contextmanager
def running_hub():
    "A hub with its users, which are gone afterwards whatever happens."
    folder = Path(tempfile.mkdtemp(prefix="hub-"))
    folder.chmod(0o755)
    hub = Hub(folder)
    try:
        hub.make_users()
        hub.start()
        yield hub
    finally:
        hub.stop()
        hub.remove_users()
        if hub.log.exists():
            (ROOT / "out").mkdir(exist_ok=True)
            shutil.copy(hub.log, ROOT / "out" / "hub.log")
        shutil.rmtree(folder, ignore_errors=True)
