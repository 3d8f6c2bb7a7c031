"""JupyterHub for one server: real users of the operating system, nbgrader's exchange, limits for each user.

`prepare.sh` makes what is shared; nbs/manual/06_the_hub.ipynb has the commands in order. What differs between
installations comes from the environment:

    CLASSROOM    the folder that prepare.sh made (default /srv/classroom)
    INSTRUCTORS  the Unix group of those who teach (default instructors)
    STUDENTS     the Unix group of those who learn (default students)
    SPAWNER      systemd, where systemd runs the machine: memory and processor are then limited for each user as a whole
    SUBDOMAINS   the hub's address, https://hub.example.org; each user's server has an address below it. The default,
                 http://hub.localhost:8000, is for a browser on this machine
    METRICS_TOKEN  what Prometheus shows to read SUBDOMAINS/hub/metrics (openssl rand -hex 32); without it nobody reads them
"""
import grp
import ipaddress
import os
import pwd
import sys
from pathlib import Path
from urllib.parse import urlparse

from jupyterhub.proxy import ConfigurableHTTPProxy

from course_lib.settings import load_settings

c = get_config()  # noqa: F821

# A student decides what their server answers. On one address for all, a page of theirs could do in an instructor's browser whatever
# the instructor may do; a browser keeps pages apart by their address alone. So each server has its own, below the hub's. That needs
# a domain with a wildcard entry, and a certificate for it; names that end in .localhost need neither.
c.JupyterHub.subdomain_host = os.environ.get("SUBDOMAINS", "http://hub.localhost:8000")
# Cookies that no other address below the domain can set; browsers keep them on https only.
c.JupyterHub.cookie_host_prefix_enabled = c.JupyterHub.subdomain_host.startswith("https://")
c.JupyterHub.tornado_settings = {"cookie_options": {"SameSite": "Lax"}}


def is_here(host: str | None) -> bool:
    "Whether a name or an address is one that only this machine's own browsers reach."
    if host == "localhost" or (host or "").endswith(".localhost"): return True
    try: return ipaddress.ip_address(host or "").is_loopback
    except ValueError: return False


def unsafe(bind: str, subdomains: str) -> str:
    "Why a hub must not start with these addresses, or nothing."
    public = urlparse(subdomains)
    if not public.hostname: return "there are no addresses for each user's own server: a student's page could take over an instructor's server"
    if is_here(urlparse(bind).hostname): return ""
    if is_here(public.hostname): return f"it listens for others, at {bind}, but the address below which each user's server has its own, {subdomains}, is for this machine alone"
    if public.scheme != "https": return f"{subdomains} is not encrypted, and passwords would be sent there"
    return ""


class CheckedProxy(ConfigurableHTTPProxy):
    "The proxy, which does not start where one user's page could reach into another's server; here all options have been read."

    async def start(self):
        if why := unsafe(self.app.bind_url, self.app.subdomain_host):
            self.log.critical("The hub does not start: %s. Set SUBDOMAINS=https://HOST, where HOST and *.HOST lead to this machine (nbs/manual/06_the_hub.ipynb)", why)
            self.app.exit(1)
        await super().start()


c.JupyterHub.proxy_class = CheckedProxy
c.JupyterHub.bind_url = "http://127.0.0.1:8000"  # passwords go over the network only with TLS: see nbs/manual/06_the_hub.ipynb
here = Path(__file__).resolve().parent
environment = Path(sys.executable).parent
classroom = Path(os.environ.get("CLASSROOM", "/srv/classroom"))
instructors = os.environ.get("INSTRUCTORS", "instructors")
students = os.environ.get("STUDENTS", "students")

# Students read their own settings file: the course's holds the gradebook's address, perhaps with a password in it.
for_students, for_course = (load_settings(folder / "settings.ini") for folder in (classroom, classroom / "course"))
if (for_students.course_id, for_students.exchange) != (for_course.course_id, for_course.exchange):
    raise ValueError(f"{classroom}/settings.ini and {classroom}/course/settings.ini must name the same course and exchange")

# Who may come in: members of two Unix groups, with the password of their account. PAM checks it; the hub keeps none.
c.JupyterHub.authenticator_class = "pam"
c.PAMAuthenticator.allowed_groups = {instructors, students}

# The hub's own state, for root alone: sessions survive a restart, and nobody can forge one.
state = classroom / "hub"
c.JupyterHub.cookie_secret_file = str(state / "cookie_secret")
c.JupyterHub.db_url = f"sqlite:///{state / 'jupyterhub.sqlite'}"
c.ConfigurableHTTPProxy.pid_file = str(state / "proxy.pid")
c.ConfigurableHTTPProxy.command = [str(here / "node_modules/.bin/configurable-http-proxy")]

# A student needs about 1 GB to train the pets' network; an instructor grades several submissions at a time.
limits = {"student": {"memory": 3, "processes": 256, "processors": 1}, "instructor": {"memory": 8, "processes": 1024, "processors": 4}}


def belongs(user: str, group: str) -> bool:
    "Whether a Unix user is in a Unix group, by the group's list or as their primary group."
    found = grp.getgrnam(group)
    return user in found.gr_mem or pwd.getpwnam(user).pw_gid == found.gr_gid


def choose_server(spawner):
    "The command, the environment and the limits of one user's server, which depend on whether the user teaches."
    teaches = belongs(spawner.user.name, instructors)
    limit = limits["instructor" if teaches else "student"]
    command = [str(environment / "course"), "lab", "--hub"]
    if teaches: command += ["--instructor", str(classroom / "course")]
    settings = classroom / "course" if teaches else classroom
    if spawner_kind == "systemd":
        spawner.mem_limit, spawner.cpu_limit = f"{limit['memory']}G", float(limit["processors"])
        spawner.unit_extra_properties = {"TasksMax": str(limit["processes"])}
    else:
        # The kernel holds processes and threads to a number for each user, but memory to a size for each process only.
        command = ["prlimit", f"--data={limit['memory'] * 2**30}", f"--nproc={limit['processes']}", "--core=0", "--", *command]
    # Formgrader's tab is a frame; frames are allowed within an origin that is one person's alone, and nowhere else.
    framed = teaches and spawner.user.settings.get("subdomain_host")
    spawner.environment = {**spawner.environment, "COURSE_FRAMES": "1" if framed else "", "COURSE_SETTINGS": str(settings / "settings.ini"),
                           "OMP_NUM_THREADS": str(limit["processors"])}
    spawner.cmd = command


spawner_kind = os.environ.get("SPAWNER", "local")
if spawner_kind not in ("local", "systemd"): raise ValueError(f"SPAWNER must be local or systemd, got {spawner_kind!r}")
c.JupyterHub.spawner_class = {"local": "jupyterhub.spawner.LocalProcessSpawner", "systemd": "systemdspawner.SystemdSpawner"}[spawner_kind]
c.Spawner.pre_spawn_hook = choose_server
c.Spawner.http_timeout = c.Spawner.start_timeout = 120  # the first start after a reboot reads torch from the disk
c.Spawner.environment = {
    "FASTAI_HOME": str(classroom / "fastai"),  # one copy of the pictures for everybody, read-only
    "JUPYTER_CONFIG_PATH": str(here / "server"),
    "PATH": f"{environment}:/usr/local/bin:/usr/bin:/bin",
}

# A server that nobody has used for an hour is stopped; what is in its notebooks is on the disk.
c.JupyterHub.services = [{"name": "idle-culler", "command": [sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=3600"]}]
c.JupyterHub.load_roles = [{"name": "idle-culler", "services": ["idle-culler"],
                            "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"]}]

# Prometheus reads how many servers run and how long they take to start; it may do nothing else.
if token := os.environ.get("METRICS_TOKEN"):
    c.JupyterHub.services.append({"name": "metrics", "api_token": token})
    c.JupyterHub.load_roles.append({"name": "metrics", "services": ["metrics"], "scopes": ["read:metrics"]})
