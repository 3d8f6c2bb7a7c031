"""What can be said of the Kubernetes files without a cluster: they are YAML, every key is one of the chart's, and the Python in them compiles."""
from pathlib import Path

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
