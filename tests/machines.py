"""A Dask cluster for tests and benches whose scheduler and workers are processes of their own, so that they can be killed."""
import json
import subprocess
import sys
import time
from pathlib import Path

from distributed import Security


class Machines:
    "A scheduler and workers, each a process of its own, that show certificates to each other."

    def __init__(self, folder: Path):
        made = Security.temporary()
        for name in ("tls_ca_file", "tls_client_cert", "tls_client_key"): (folder / name).write_text(getattr(made, name))
        self.folder, self.running = folder, []
        self.tls = [f"--tls-{what}={folder / name}" for what, name in (("ca-file", "tls_ca_file"), ("cert", "tls_client_cert"), ("key", "tls_client_key"))]
        self.settings = "".join(f"{key} = {folder / name}\n" for key, name in (("ca_file", "tls_ca_file"), ("cert_file", "tls_client_cert"), ("key_file", "tls_client_key")))

    def start(self, what: str, *words) -> subprocess.Popen:
        self.running.append(subprocess.Popen([sys.executable, "-m", f"distributed.cli.dask_{what}", *words, *self.tls], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return self.running[-1]

    def scheduler(self, port=0) -> subprocess.Popen:
        (self.folder / "scheduler.json").unlink(missing_ok=True)
        found = self.start("scheduler", "--protocol=tls", "--host=127.0.0.1", f"--port={port}", "--no-dashboard", "--scheduler-file=scheduler.json")
        while not (self.folder / "scheduler.json").exists() and found.poll() is None: time.sleep(0.1)
        self.address = json.loads((self.folder / "scheduler.json").read_text())["address"]
        return found

    def worker(self) -> subprocess.Popen: return self.start("worker", self.address, "--nthreads=1", "--no-nanny", "--no-dashboard")

    def close(self):
        for process in self.running: process.kill()
        for process in self.running: process.wait()
