"""What can be said of the hub's files without a hub or a cluster: with which addresses it does not start; that the charts' values are YAML, every key is one of
the chart's, and the Python in them compiles."""
import ast
import re
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
