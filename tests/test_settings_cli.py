"""settings.ini and the command line: what is right is read, what is wrong is named."""
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from course_lib import cli
from course_lib.settings import KEYS, Settings, load_settings, parse_settings

ROOT = Path(__file__).parents[1]


def test_the_projects_own_file_is_complete():
    text = (ROOT / "settings.ini").read_text()
    assert load_settings(ROOT / "settings.ini").course_id == "from_pixels_to_pets"
    for section, key in KEYS: assert f"[{section}]" in text and f"\n{key} = " in text


def test_defaults(): assert parse_settings("") == Settings()


def test_every_key_is_read():
    settings = parse_settings("[course]\npackage = linear.models\nparts = 2_b, 1_a\nid = a-b_1\ntitle = A 100 % course\nshared = yes\n[exchange]\nroot = /srv/x\n[grading]\nseconds=5\n"
                              "memory_mb: 100\nprocesses = 4\n[marks]\npass = 1\n[gradebook]\nurl = postgresql://db/marks\n")
    assert settings == Settings("linear.models", ("2_b", "1_a"), "a-b_1", "A 100 % course", Path("/srv/x"), seconds=5, memory_mb=100, processes=4, pass_mark=1.0,
                                gradebook_url="postgresql://db/marks", shared=True)


def test_the_manual_has_each_key_with_its_default():
    cells = json.loads((ROOT / "nbs" / "manual" / "09_settings.ipynb").read_text(encoding="utf-8"))["cells"]
    rows = re.findall(r"^\| `\[(\w+)\]` \| `(\w+)` \|.*\| `(.*)` \|$", "\n".join("".join(cell["source"]) for cell in cells), re.MULTILINE)
    words = {(): "all", None: "none"}  # () is all parts
    shown = lambda value: "no" if value is False else words[value] if value in words else str(value)
    defaults = {place: shown(getattr(Settings(), name)) for place, (name, _) in KEYS.items()}
    assert {(section, key): default for section, key, default in rows} == defaults, "nbs/manual/09_settings.ipynb"


@pytest.mark.parametrize("text, words", [
    ("[grading]\nsecnods = 1", r"settings.ini:2: \[grading\] has no key secnods; did you mean seconds\?"),
    ("\n\n[gradign]\nseconds = 1", r"settings.ini:3: there is no section \[gradign\]; did you mean grading\?"),
    ("[course]\nx = 1", "settings.ini:2: .* possible are package, parts, id, title"),
    ("[grading]\nseconds = 1\nmemory_mb = lots", "settings.ini:3: memory_mb must be a whole number above 0, got 'lots'"),
    ("[grading]\nseconds = -1", "settings.ini:2: seconds must be a whole number above 0"),
    ("[grading]\nseconds = 1.5", "must be a whole number"),
    ("[marks]\npass = 60", "settings.ini:2: pass must be a number from 0 to 1"),
    ("[marks]\npass = nan", "must be a number from 0 to 1"),
    ("[course]\npackage = linear-models", "settings.ini:2: package must be the name of a Python package"),
    ("[course]\nparts = ../elsewhere", "settings.ini:2: parts must be names of folders"),
    ("[course]\nid = ../elsewhere", "settings.ini:2: id must be made of letters"),
    ("[course]\nid =", "id must be made of letters"),
    ("[course]\ntitle =", "title must not be empty"),
    ("[weights]\none = 1\none = 2", r"settings.ini:3: \[weights\] has one twice"),
    ("[weights]\none = -1", r"settings.ini:2: a line of \[weights\] is NAME = 2"),
    ("[report]\nstudents = 0", "settings.ini:2: students must be a whole number above 0"),
    ("[exchange]\nroot = here", "root must be an absolute path"),
    ("[gradebook]\nurl = mysql://x", "url must begin with sqlite:/// or postgresql://"),
    ("[cluster]\naddress = machine", "address must be none, local:N, or begin with tls://"),
    ("[cluster]\nencryption = no", "encryption must be one of required, off"),
    ("[marks]\npass = 1\npass = 1", "already exists"),
    ("seconds = 1", "no section headers"),
    ("[marks]\nnothing", "settings.ini"),
])
def test_a_mistake_is_named_with_its_place(text, words):
    with pytest.raises(ValueError, match=words): parse_settings(text)


def test_the_file_is_found_upwards(tmp_path, monkeypatch):
    (tmp_path / "settings.ini").write_text("[grading]\nseconds = 7\n")
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    assert load_settings().seconds == 7
    (tmp_path / "settings.ini").write_text("[grading]\nseconds = 0\n")
    with pytest.raises(ValueError, match=f"{tmp_path}/settings.ini:2"): load_settings()


def test_help_imports_nothing_heavy():
    code = "import sys; from course_lib.cli import main\ntry: main(['--help'])\nfinally: print('torch' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "demo" in result.stdout and "data" in result.stdout and result.stdout.endswith("False\n")


def test_commands_that_read_marks_import_little(tmp_path):
    "What took two of their three seconds: nbgrader's servers, nbconvert, a grammar of addresses; and torch, which they never need."
    from course_lib.grading.class_marks import example_class
    root = example_class(tmp_path / "course")
    code = "import sys\nfrom course_lib.cli import main\nfor words in sys.argv[1:]: assert main(words.split()) == 0\nprint('|', *(m for m, found in sys.modules.items() if found))"
    commands = [f"marks --to moodle --out {tmp_path}/m.csv --course {root}", f"due --course {root}"]
    done = subprocess.run([sys.executable, "-c", code, *commands], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    imported = set(done.stdout.rpartition("|")[2].split())
    assert "nbgrader.api" in imported
    assert not imported & {"torch", "nbconvert", "nbgrader.server_extensions", "nbgrader.apps.api", "rfc3987_syntax", "alembic", "numpy", "pydantic"}


def test_grading_imports_no_grammar_and_no_torch():
    code = "import sys\nfrom course_lib import cli\ncli.run_due = lambda args: None\ncli.main(['due'])\nimport course_lib.grading.autograde\nprint(*(m for m, found in sys.modules.items() if found))"
    imported = set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())
    assert "nbconvert" in imported and not imported & {"torch", "rfc3987_syntax", "nbgrader.server_extensions"}


def test_a_package_alone_becomes_whole_when_it_is_asked(tmp_path):
    (tmp_path / "dear").mkdir()
    (tmp_path / "dear" / "__init__.py").write_text("from . import heavy\nname = 3\n")
    for module in ("heavy", "light"): (tmp_path / "dear" / f"{module}.py").write_text("")
    (tmp_path / "dear" / "other.py").write_text("from . import light\n")
    code = ("import sys\nfrom course_lib.lazily import package_alone\npackage_alone('dear')\npackage_alone('there_is_none')\nimport dear.other\n"
            "print('dear.light' in sys.modules, 'dear.heavy' in sys.modules, dear.name, 'dear.heavy' in sys.modules, hasattr(dear, 'nothing'))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout == "True False 3 True False\n", done.stderr


def test_mistakes_end_in_a_sentence(capsys, tmp_path):
    assert cli.main(["data", "--from", str(tmp_path / "nothing")]) == 2
    assert capsys.readouterr().err == f"course: there is no folder {tmp_path}/nothing\n"


def test_interruption(monkeypatch, capsys):
    def stop(args): raise KeyboardInterrupt
    monkeypatch.setattr(cli, "run_demo", stop)
    assert cli.main(["demo"]) == 130 and capsys.readouterr().err == "course: interrupted\n"


def test_demo(tmp_path, capsys):
    assert cli.main(["demo", "digits", "--quick", "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "The linear model, 785 parameters" in said and "The neural net, 23,581 parameters" in said
    assert said.count("valid_loss") == 2 and "course lab" in said.splitlines()[-1]
    assert all((tmp_path / "out" / name).stat().st_size > 5000 for name in ("accuracy.png", "filters.png"))
