"""What nbgrader's own autograder does with the attacks that make sense there: run this, and it prints the last column of the manual's table.

Each attack is graded in a course of its own, beside an honest submission, with assert cells that test the same; inside bubblewrap, so that an attack that
succeeds harms only its copy. A few that would exhaust the machine are not run.
"""
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from attacks import (BUDGET, CHANNELS, EXCHANGE, FORBIDDEN, FRAMES, JUDGES, KEYRING, MEMORY, PLAIN, SIGMOID, Attack)
from attacks import ATTACKS as ALL
from course_dir import make_course, released, source_notebook, submit, with_answers

OURS_ALONE = {MEMORY, EXCHANGE, KEYRING, CHANNELS, JUDGES, FORBIDDEN, FRAMES, BUDGET, PLAIN}  # against parts that nbgrader does not have
ATTACKS = [a for a in ALL if a.family not in OURS_ALONE]
NOT_RUN = {"all memory", "memory in many processes", "a fork bomb", "a full disk"}
CONFIG = "c = get_config()\nc.CourseDirectory.course_id = 'stock'\n"
TEST = """\
from torch.testing import assert_close
expected = torch.tensor(0.4460)
assert_close(mnist_loss(torch.tensor([0.9, 0.4, 0.2]), torch.tensor([1., 0., 1.])), expected, atol=1e-3, rtol=0)
predictions, targets = torch.randn(64, 1), (torch.rand(64, 1) > 0.5).float()
p = 1 / (1 + torch.exp(-predictions))
expected = torch.where(targets == 1, 1 - p, p).mean()
assert_close(mnist_loss(predictions, targets), expected)
"""
HONEST = "def mnist_loss(predictions, targets):\n    p = sigmoid(predictions)\n    return torch.where(targets == 1, 1 - p, p).mean()"
QUERY = """select g.auto_score, g.manual_score from grade g join base_cell b on g.cell_id = b.id join submitted_notebook n on g.notebook_id = n.id
           join submitted_assignment a on n.assignment_id = a.id where b.name = 'check-mnist_loss' and a.student_id = ?"""


def _mark(course: Path, student: str):
    "The mark that stands in the gradebook, 'none', or what is wrong with the gradebook."
    try:
        with sqlite3.connect(f"file:{course / 'gradebook.db'}?mode=ro", uri=True) as db: auto, manual = db.execute(QUERY, (student,)).fetchone()
    except (sqlite3.Error, TypeError): return "gone"
    return manual if manual is not None else "none" if auto is None else auto


def run(attack: Attack, base: Path, folder: Path) -> str:
    "A line for the table: what the stock autograder did."
    if attack.name in NOT_RUN: return "not run: nothing limits it"
    course = folder / "".join(filter(str.isalnum, attack.name))
    shutil.copytree(base, course)
    nb = released(base)
    submit(course, "mallory", attack.edit(with_answers(nb, sigmoid=SIGMOID, mnist_loss=attack.code)), files=attack.files)
    submit(course, "zoe", with_answers(nb, sigmoid=SIGMOID, mnist_loss=HONEST))
    network = [] if attack.name == "a call home" else ["--unshare-net"]
    command = ["bwrap", "--unshare-pid", "--die-with-parent", *network, "--ro-bind", "/", "/", "--tmpfs", "/tmp", "--dir", "/tmp/home", "--bind", str(course), str(course),
               "--proc", "/proc", "--dev", "/dev", "--chdir", str(course), sys.executable, "-c", "from nbgrader.apps.nbgraderapp import main; main()", "autograde", "loss_functions"]
    started = time.monotonic()
    try: subprocess.run(command, env={**os.environ, "HOME": "/tmp/home", "OMP_NUM_THREADS": "1"}, capture_output=True, timeout=240)
    except subprocess.TimeoutExpired: return "the whole class hangs"
    seconds, mine, others = time.monotonic() - started, _mark(course, "mallory"), _mark(course, "zoe")
    said = [f"{mine:g} of 4" if isinstance(mine, float) else {"none": "not graded", "gone": "the gradebook is gone"}[mine]]
    if others != 4 and others != "gone": said.append("the others are not graded")
    if (course / "nbgrader_config.py").read_text() != CONFIG: said.append("the configuration is changed")
    if seconds > 120: said.append("takes minutes")
    return ", ".join(said)


def main():
    "Print the table."
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, ThreadPoolExecutor(2) as pool:
        base = make_course(Path(folder) / "base", source_notebook(TEST, "assert sigmoid(torch.tensor(0.)) == 0.5"))
        (base / "nbgrader_config.py").write_text(CONFIG)
        found = list(pool.map(lambda attack: run(attack, base, Path(folder)), ATTACKS))
    for attack, said in zip(ATTACKS, found): print(json.dumps([attack.family, attack.name, said]))


if __name__ == "__main__": main()
