"""A PostgreSQL server for tests: the system's own, started by an ordinary user on a private socket, gone with the tests."""
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path


def _program(name: str) -> str | None:
    return shutil.which(name) or next((str(p) for p in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)), None)


MISSING = ("there is no PostgreSQL: make system, or apt-get install postgresql" if not (_program("initdb") and _program("postgres"))
           else "" if importlib.util.find_spec("psycopg") else "there is no driver: pip install 'course_lib[postgres]'")


class Server:
    "A server with the account `course`; each course has a database of its own in it."

    def __init__(self, folder: Path):
        self.folder, self.process, self.env = folder, None, {"LANG": "C.UTF-8", "PATH": os.environ["PATH"]}
        # PostgreSQL does not run as root
        self.user = {"user": pwd.getpwnam("nobody").pw_uid, "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
        if self.user: os.chown(folder, self.user["user"], self.user["group"])
        self.run("initdb", "-D", "data", "-U", "course", "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8")

    def run(self, name: str, *words): subprocess.run([_program(name), *words], cwd=self.folder, check=True, capture_output=True, env=self.env, **self.user)


    def start(self):
        options = ["-k", str(self.folder), "-c", "listen_addresses=", "-F"]
        self.process = subprocess.Popen([_program("postgres"), "-D", "data", *options], cwd=self.folder, env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self.user)
        ready = [_program("pg_isready"), "-q", "-h", str(self.folder), "-U", "course"]
        for _ in range(300):
            if subprocess.run(ready, env=self.env).returncode == 0: return
            time.sleep(0.1)
        raise RuntimeError("PostgreSQL does not start")

    def end(self):
        "End it at once, as where the power fails."
        if self.process: self.process.send_signal(3)  # SIGQUIT: no goodbye to those who are connected
        if self.process: self.process.wait()
        self.process = None

    def url(self, name: str) -> str:
        "A new and empty database."
        self.run("createdb", "-h", str(self.folder), "-U", "course", name)
        return f"postgresql://course@/{name}?host={self.folder}"


@contextmanager
def running_server():
    folder = Path(tempfile.mkdtemp(prefix="course-pg-", dir="/tmp"))
    server = Server(folder)
    try:
        server.start()
        yield server
    finally:
        server.end()
        shutil.rmtree(folder)
