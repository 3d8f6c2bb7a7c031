"""`make release`: what has to hold before a version goes out, the wheel tried where nothing else is installed, and the tag.

Nothing is uploaded and nothing is pushed; the last line says how.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEADING = re.compile(r"^## (\S+)(?: \((\d{4}-\d{2}-\d{2})\))?$", re.MULTILINE)
UNRELEASED = "Unreleased"
# what the package is asked for without its extras, from another folder
SMOKE = """
from course_lib.checks import Trial, find_check
from course_lib.scratch import SGD
trial = Trial(find_check("SGD"), seed=1)
assert trial.verdict(trial.observe(SGD)).status == "right"
"""


def git(root: Path, *words: str) -> str:
    "What git prints."
    return subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


def version_of(root: Path) -> str:
    "The version that the package says it has."
    return re.search(r'__version__ = "(.+)"', (root / "course_lib" / "__init__.py").read_text())[1]


def changes(root: Path) -> list[tuple[str, str, str]]:
    "The sections of the changelog, the newest first: version, date, and what it says. What is not released yet stands under `Unreleased`."
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    found = list(HEADING.finditer(text))
    ends = [*(one.start() for one in found[1:]), len(text)]
    return [(one[1], one[2] or "", text[one.end():end].strip()) for one, end in zip(found, ends, strict=False)]


def latest_change(root: Path) -> tuple[str, str, str]:
    "The newest section of the changelog: its version, its date, and what it says."
    found = changes(root)
    return found[0] if found else ("", "", "")


def disagreements(root: Path) -> list[str]:
    "What stands in the way of a release, a sentence each."
    version, (changed, date, said) = version_of(root), latest_change(root)
    cited = dict(re.findall(r"^(version|date-released): \"?([\w.-]+)\"?$", (root / "CITATION.cff").read_text(), re.MULTILINE))
    wrong = []
    if git(root, "status", "--porcelain"): wrong.append("there are changes that are not committed")
    if changed == UNRELEASED and version in (earlier[0] for earlier in changes(root)[1:]):
        wrong.append(f"CHANGELOG.md has changes under {UNRELEASED}, and {version} has a section of its own: raise the version in course_lib/__init__.py")
    elif changed == UNRELEASED: wrong.append(f"CHANGELOG.md has changes under {UNRELEASED}: give them the version and the date, ## {version} (YYYY-MM-DD)")
    elif changed != version: wrong.append(f"the newest version in CHANGELOG.md is {changed or 'missing'}, and course_lib/__init__.py says {version}")
    elif not date or not said: wrong.append(f"CHANGELOG.md says no date or no change for {version}: ## {version} (YYYY-MM-DD), and a list")
    if cited.get("version") != version: wrong.append(f"CITATION.cff says version {cited.get('version')}, and course_lib/__init__.py {version}")
    elif date and cited.get("date-released") != date: wrong.append(f"CITATION.cff says {cited.get('date-released')}, and CHANGELOG.md {date}")
    if git(root, "tag", "--list", f"v{version}"): wrong.append(f"v{version} is released already: raise the version in course_lib/__init__.py")
    return wrong


def tests(root: Path):
    "All that `make test` runs; ends where something fails."
    if subprocess.run([sys.executable, root / "tools" / "run_all.py"], cwd=root).returncode: sys.exit("release: the tests do not pass")


def build(root: Path) -> list[Path]:
    "The wheel, and then the sdist, in dist/."
    shutil.rmtree(root / "dist", ignore_errors=True)
    done = subprocess.run([sys.executable, "-m", "build", "--outdir", root / "dist", root], capture_output=True, text=True)
    if done.returncode: sys.exit(f"release: wheel and sdist cannot be built:\n{(done.stdout + done.stderr)[-4000:]}")
    return sorted((root / "dist").iterdir(), key=lambda file: file.suffix != ".whl")


def try_wheel(wheel: Path, root: Path):
    "Install the wheel, without extras, into an empty environment, and use it from another folder."
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        venv.create(Path(folder) / "env", with_pip=True)
        programs = Path(folder) / "env" / ("Scripts" if os.name == "nt" else "bin")
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        for command in (["pip", "install", "--quiet", "--disable-pip-version-check", "-c", root / "constraints.txt", wheel],
                        ["course", "--help"], ["course", "doctor"], ["python", "-c", SMOKE]):
            result = subprocess.run([programs / command[0], *command[1:]], cwd=folder, env=environment, capture_output=True, text=True)
            if result.returncode: sys.exit(f"release: in an empty environment `{command[0]} {command[1]}` fails:\n{result.stdout}{result.stderr}")
        size = sum(p.stat().st_size for p in (Path(folder) / "env").rglob("*") if p.is_file() and not p.is_symlink()) / 2**20
    print(f"{wheel.name} works in an empty environment: {time.perf_counter() - started:.0f} s with its packages, {size:.0f} MB", flush=True)


def release(root: Path = ROOT):
    "Check, test, build, try, tag."
    if wrong := disagreements(root): sys.exit("\n".join(["release: not yet", *(f"  {line}" for line in wrong)]))
    tests(root)
    wheel, *rest = build(root)
    try_wheel(wheel, root)
    tag = f"v{version_of(root)}"
    git(root, "tag", "--annotate", tag, "--message", f"{tag}\n\n{latest_change(root)[2]}")
    print(f"{tag} is tagged. In dist/: {', '.join(p.name for p in (wheel, *rest))}.\nNothing has left this machine: git push --follow-tags, "
          "and upload what is in dist/ where it is to be found.")


if __name__ == "__main__": release()
