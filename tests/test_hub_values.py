"""What can be said of the hub's files without a hub or a cluster: with which addresses it does not start; that the charts' values are YAML, every key is one of
the chart's, and the Python in them compiles."""
import ast
import grp
import os
import pwd
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

FOLDER = Path(__file__).parents[1] / "deploy" / "jupyterhub" / "kubernetes"
CHART = {  # the keys of Zero to JupyterHub's own values.yaml (version 4) that ours may use, two levels deep
    "custom": None,
    "hub": {"config", "loadRoles", "networkPolicy", "extraConfig", "extraEnv", "services", "db", "resources"},
    "proxy": {"https", "service", "chp", "traefik"},
    "singleuser": {"image", "cmd", "startTimeout", "memory", "cpu", "storage", "extraEnv", "profileList", "networkPolicy"},
    "scheduling": {"userScheduler", "podPriority", "userPlaceholder", "corePods", "userPods"},
    "cull": {"enabled", "users", "adminUsers", "removeNamedServers", "timeout", "every", "concurrency", "maxAge"},
}
EXCHANGE = {"ngshare": {"admins", "hub_api_url", "hub_base_url", "hub_api_token", "env", "args"}, "deployment": {"resources", "port"}, "pvc": {"storage"}}


def unknown(values: dict, chart: dict) -> list[str]:
    "The keys that the chart does not have."
    return [f"{part}.{key}" for part in values for key in (values[part] if chart.get(part, True) else ()) if part not in chart or key not in chart[part]]


def test_the_values_are_the_charts():
    values = yaml.safe_load((FOLDER / "values.yaml").read_text())
    assert not unknown(values, CHART)
    assert not unknown(yaml.safe_load((FOLDER / "ngshare.yaml").read_text()), EXCHANGE)
    assert unknown({"hub": {"extraConfigs": {}}}, CHART) == ["hub.extraConfigs"]
    for name, code in values["hub"]["extraConfig"].items(): compile(code, name, "exec")


def test_the_image_holds_what_is_copied_into_it():
    lines = (FOLDER / "Dockerfile").read_text().splitlines()
    sources = [word for line in lines if line.startswith("COPY") for word in line.split()[1:-1] if word != "."]
    assert sources and all((FOLDER.parents[2] / source).is_file() for source in sources)


def merged(*files) -> dict:
    "Values as helm merges them: the later file wins, and null removes."
    def merge(below, above):
        both = {**below, **{key: merge(below[key], value) if isinstance(value, dict) and isinstance(below.get(key), dict) else value for key, value in above.items()}}
        return {key: value for key, value in both.items() if value is not None}
    values = {}
    for file in files: values = merge(values, yaml.safe_load((FOLDER / file).read_text()))
    return values


def test_a_login_from_a_learning_platform_replaces_the_other():
    from ltiauthenticator.lti13.auth import LTI13Authenticator
    values = merged("values.yaml", "lti.yaml")
    assert not unknown(values, CHART) and values["hub"]["config"]["JupyterHub"]["authenticator_class"] == "lti13"
    assert set(values["hub"]["config"]["LTI13Authenticator"]) <= set(LTI13Authenticator.class_trait_names(config=True))
    assert values["hub"]["config"]["JupyterHub"]["subdomain_host"] == "https://HUB"
    assert "OAUTH" not in yaml.safe_dump([values["hub"]["extraEnv"], values["hub"]["extraConfig"]])


KUBERNETES = FOLDER.parents[1] / "kubernetes"


def kinds(file) -> dict: return {(thing["kind"], thing["metadata"]["name"]): thing for thing in yaml.safe_load_all((KUBERNETES / file).read_text())}


@pytest.mark.parametrize("file", ["cluster.yaml", "gradebook.yaml"])
def test_what_a_manifest_names_is_there(file):
    "Selectors find their pods, ports and volumes have a place, and a policy covers each pod."
    things = kinds(file)
    pods = {name: thing["spec"] for (kind, name), thing in things.items() if kind in ("Deployment", "StatefulSet")}
    covers = lambda selector, labels: selector["matchLabels"].items() <= labels.items()
    for name, spec in pods.items():
        labels, pod = spec["template"]["metadata"]["labels"], spec["template"]["spec"]
        assert covers(spec["selector"], labels)
        policies = [thing["spec"] for (kind, _), thing in things.items() if kind == "NetworkPolicy" and covers(thing["spec"]["podSelector"], labels)]
        assert policies and all("Ingress" in policy["policyTypes"] and all(rule["from"] for rule in policy["ingress"]) for policy in policies), name
        (container,) = pod["containers"]
        volumes = {volume["name"] for volume in pod.get("volumes", [])} | {claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", [])}
        assert {mount["name"] for mount in container["volumeMounts"]} == volumes
        assert container["securityContext"]["allowPrivilegeEscalation"] is False and pod["automountServiceAccountToken"] is False and pod["securityContext"]["runAsNonRoot"]
    for (kind, name), thing in things.items():
        if kind != "Service": continue
        (spec,) = (spec for spec in pods.values() if thing["spec"]["selector"].items() <= spec["template"]["metadata"]["labels"].items())
        ports = {port["name"] for port in spec["template"]["spec"]["containers"][0]["ports"]}
        assert all(port["targetPort"] in ports for port in thing["spec"]["ports"]), name


def test_only_those_who_teach_reach_the_cluster_and_the_gradebook():
    values, chart = yaml.safe_load((FOLDER / "values.yaml").read_text()), (FOLDER / "values.yaml").read_text()
    assert '"teaches": "yes"' in chart.partition("not in instructors: return")[2]
    for file, name, port in ("cluster.yaml", "course-scheduler", 8786), ("gradebook.yaml", "course-gradebook", 5432):
        (rule,) = kinds(file)["NetworkPolicy", name]["spec"]["ingress"]
        assert {"podSelector": {"matchLabels": {"teaches": "yes"}}} in rule["from"] and rule["ports"] == [{"protocol": "TCP", "port": port}]
        assert any(port == allowed["ports"][0]["port"] for allowed in values["singleuser"]["networkPolicy"]["egress"])


@pytest.mark.parametrize("what", ["scheduler", "worker"])
def test_a_clusters_programs_know_their_options(what):
    "Those of the manifest and those of the unit of systemd; nothing is started."
    command = pytest.importorskip(f"distributed.cli.dask_{what}", reason="the cluster's extra is not installed").main
    words = kinds("cluster.yaml")["Deployment", f"course-{what}"]["spec"]["template"]["spec"]["containers"][0]["args"]
    unit = (FOLDER.parents[1] / "systemd" / f"course-{what}.service").read_text()
    started = re.search(r"^ExecStart=\S+ (.*)$", unit, re.MULTILINE)[1].replace("${WORKERS}", "2").replace("${CERTIFICATES}", "/etc").split()
    for argv in words[1:], started:
        assert argv[0] == what
        context = command.make_context(what, [__file__ if word.endswith(".pem") else word for word in argv[1:]])
        assert context.params["tls_key"] and not context.params["dashboard"]


def functions(*names):
    "Functions of the hub's configuration, which itself can only be run where the accounts are."
    path = FOLDER.parent / "jupyterhub_config.py"
    here = lambda node: isinstance(node, (ast.Import, ast.ImportFrom)) and not re.search("course_lib|jupyterhub", ast.unparse(node))
    body = [node for node in ast.parse(path.read_text()).body if here(node) or getattr(node, "name", "") in names]
    namespace = {}
    exec(compile(ast.Module(body, []), str(path), "exec"), namespace)
    return [namespace[name] for name in names]


@pytest.mark.parametrize("bind, subdomains, why", [
    ("http://127.0.0.1:8000", "http://hub.localhost:8000", ""), ("http://[::1]:8000/hub", "https://hub.example.org", ""), ("https://0.0.0.0:443", "https://hub.example.org", ""),
    ("http://127.0.0.1:8000", "", "no addresses"), ("https://0.0.0.0:443", "", "no addresses"), ("https://:443", "http://hub.localhost:8000", "this machine alone"),
    ("https://192.168.1.5:443", "https://127.0.0.1", "this machine alone"), ("http://hub.example.org:80", "http://hub.example.org", "not encrypted")])
def test_a_hub_for_others_needs_an_address_for_each_user(bind, subdomains, why):
    unsafe, _ = functions("unsafe", "is_here")
    assert why in unsafe(bind, subdomains) and bool(why) == bool(unsafe(bind, subdomains))


def test_the_charts_hub_needs_it_too():
    values = yaml.safe_load((FOLDER / "values.yaml").read_text())
    assert values["hub"]["config"]["JupyterHub"]["subdomain_host"] == "https://HUB" and "*.HUB" in values["proxy"]["https"]["hosts"]
    code = values["hub"]["extraConfig"]["00-addresses"]
    exec(code, {"c": SimpleNamespace(JupyterHub=SimpleNamespace(subdomain_host="https://hub.example.org"))})
    for wrong in "", "http://hub.example.org", None:
        with pytest.raises(ValueError, match="subdomain_host"): exec(code, {"c": SimpleNamespace(JupyterHub=SimpleNamespace(subdomain_host=wrong))})


def test_frames_are_allowed_for_those_who_teach_on_an_address_of_their_own_only():
    config, chart = (FOLDER.parent / "jupyterhub_config.py").read_text(), (FOLDER / "values.yaml").read_text()
    assert 'framed = teaches and spawner.user.settings.get("subdomain_host")' in config and chart.count("COURSE_FRAMES") == 1
    for frames in "1", "":
        c = SimpleNamespace(KernelManager=SimpleNamespace(), ServerApp=SimpleNamespace(tornado_settings=None))
        code = (FOLDER.parent / "server" / "jupyter_server_config.py").read_text().replace("os.environ.get(\"COURSE_FRAMES\")", repr(frames))
        exec(code, {"get_config": lambda c=c: c})
        assert bool(c.ServerApp.tornado_settings) == bool(frames)


@pytest.mark.skipif(sys.platform != "linux", reason="prepare.sh is for Linux")
@pytest.mark.parametrize("link, said", [("", ""), ("small", "was made by somebody who does not teach"), ("small/inbound", "inbound is a link")])
def test_what_root_makes_in_the_exchange_follows_no_link_of_others(tmp_path, link, said):
    "prepare.sh, with commands that change nothing on this machine: a link to a folder of the system gives nobody that folder."
    bin_, classroom, exchange, victim = (tmp_path / name for name in ("bin", "classroom", "exchange", "etc"))
    for folder in bin_, classroom / "course", exchange, victim: folder.mkdir(parents=True)
    (classroom / "course" / "settings.ini").touch()
    victim.chmod(0o750)
    commands = {"groupadd": "", "usermod": "", "course": "", "runuser": 'shift 3; exec "$@"',
                "python": f'case "$2" in *course_id*) echo small;; *exchange*) echo {exchange};; *shared*) echo False;; *) mkdir -p "$FASTAI_HOME";; esac'}
    for name, does in commands.items():
        (bin_ / name).write_text(f"#!/bin/sh\n{does}\n")
        (bin_ / name).chmod(0o755)
    if link:
        (exchange / link).parent.mkdir(exist_ok=True)
        (exchange / link).symlink_to(victim)
    me, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    environment = {**os.environ, "BIN": str(bin_), "CLASSROOM": str(classroom), "INSTRUCTORS": group, "STUDENTS": group}
    for _ in range(2):  # whenever one likes
        ran = subprocess.run(["sh", str(FOLDER.parent / "prepare.sh"), me], env=environment, capture_output=True, text=True)
        assert ran.returncode == bool(said) and said in ran.stderr and victim.stat().st_mode & 0o7777 == 0o750, ran.stderr
    if not said: assert (exchange / "small").stat().st_mode & 0o7777 == 0o755 and (exchange / "small" / "inbound").stat().st_mode & 0o7777 == 0o3733
