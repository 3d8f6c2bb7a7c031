"""No attack gains a point, does harm, learns anything or keeps others waiting; the same answers without the tricks get nothing, the honest ones all.

The class is graded twice, as root (where this runs as root) and as an ordinary user, with the default limits but for the seconds, and with an exchange in its
usual place that holds a right solution. On weakened builds the attacks succeed: that is the control of all of it.
"""
import json
import os
import re
import shutil

import pytest
from attacked import HONEST_STUDENTS, NAMES, PLAIN_STUDENTS, as_account, harmful
from attacks import ATTACKS, BROWSER, BUDGET, EXCHANGE, HIDDEN_WORD, JUDGED, KEYRING, LOSS, OWN, PLAIN, QUESTIONS, READY_MADE, TARGETS
from attacks_table import TABLE, table
from course_dir import NEEDS_SANDBOX
from weakened import CONTROLLED, PLAIN_WRONG, WITHOUT_CONTROL

pytestmark = NEEDS_SANDBOX
ORDINARY = 24242  # the number of an account that nothing on this machine belongs to
IDS = [f"{a.family}: {a.name}" for a in ATTACKS]
SECONDS_FOR_OTHERS = 30
runs: dict[str, dict] = {}


@pytest.fixture(scope="module", params=["root", "an ordinary user"])
def found(request):
    "What came of the class."
    if request.param == "root" and os.getuid(): pytest.skip("this does not run as root")
    if request.param != "root" and not os.getuid() and not shutil.which("setpriv"): pytest.skip("there is no setpriv here, so root cannot become an ordinary user")
    uid = 0 if request.param == "root" else ORDINARY if os.getuid() == 0 else os.getuid()
    with as_account(uid) as what: runs[request.param] = what
    return what


def of(found, attack, student=None): return found["students"][f"{TARGETS[attack.target][0]} {student or NAMES[attack]}"]


def test_there_are_enough(): assert len(ATTACKS) >= 100 and len({a.family for a in ATTACKS}) >= 22


@pytest.mark.parametrize("attack", ATTACKS, ids=IDS)
def test_an_attack_gains_nothing(found, attack):
    mine = of(found, attack)
    assert not mine["failed"]
    for cell in TARGETS[attack.target][2]:
        auto, manual, waits = mine["points"][cell]
        verdict = mine["verdicts"][cell]
        assert not auto and manual is None and verdict["status"] != "right" and verdict["text"]
        # where a person has to look although the answer is wrong, the trick has gone further than it may
        if not attack.doubted and attack.family not in (PLAIN, READY_MADE): assert verdict["status"] != "review" and not waits, verdict
    assert not re.search("LEAKED|NETWORK|not-for-students", json.dumps(mine))
    if attack.family == READY_MADE: assert mine["verdicts"]["check-mnist_loss"]["status"] in ("forbidden", "invalid", "review")  # torch compiles nothing while the record is on


@pytest.mark.parametrize("student", PLAIN_STUDENTS)
def test_the_same_answer_without_the_trick_gains_nothing(found, student):
    target, _ = PLAIN_STUDENTS[student]
    assignment, _, cells = TARGETS[target]
    points = found["students"][f"{assignment} {student}"]["points"]
    assert [points[cell][0] for cell in cells] == [0] * len(cells)


@pytest.mark.parametrize("student", HONEST_STUDENTS)
def test_the_honest_have_everything(found, student):
    for assignment in LOSS, JUDGED, OWN:
        mine = found["students"][f"{assignment} {student}"]
        assert mine["score"] == mine["max"] and not any(waits for _, _, waits in mine["points"].values()), mine
    assert found["students"][f"{QUESTIONS} {student}"]["points"]["question-mb-10"][0] == 2


def test_nothing_is_left_or_changed(found): assert found["left"] == [] and found["changed"] == []


def test_nobody_waits_for_an_attack(found): assert found["longest"][0] < SECONDS_FOR_OTHERS, found["longest"]


def test_nothing_grows(found): assert found["largest"][0] < 3 * 2 ** 20, found["largest"]


# ---- pages

PAGES = [a for a in ATTACKS if a.family in (BROWSER, PLAIN, BUDGET)]


@pytest.mark.parametrize("attack", PAGES, ids=[a.name for a in PAGES])
def test_its_page_is_there_and_does_nothing(found, attack):
    if NAMES[attack] not in found["pages"]: pytest.skip("this page is looked at where the controls are tried")
    page = found["pages"][NAMES[attack]]
    assert page["page"] and page["seconds"] < SECONDS_FOR_OTHERS, page["log"]
    assert harmful(page["page"]) == []
    assert HIDDEN_WORD not in page["page"]
    assert len(page["page"]) < 3 * 2 ** 20


def test_the_check_of_pages_can_fail():
    bad = "<div id='notebook-container'>{}</div>"
    for part in ("<script>1</script>", "<img src=x onerror=alert(1)>", "<a href='java\tscript:alert(1)'>x</a>", "<img src='/logout'>", "<img src='https://example.org'>", "<iframe src='x'></iframe>",
                 "<math><mi href='x'>x</mi></math>"): assert harmful(bad.format(part))
    assert harmful(bad.format("<p><a href='#here'>x</a><img src='data:image/png;base64,xx'></p>")) == []


# ---- controls

def test_no_family_is_without_a_control():
    assert {a.family for a in ATTACKS} == set(CONTROLLED)
    assert {a.name for a in ATTACKS} >= WITHOUT_CONTROL and len(WITHOUT_CONTROL) <= 5


def _controls(found) -> dict:
    if "controls" not in found: pytest.skip("the weakened builds are tried by the account that runs the tests")
    return found["controls"]


@pytest.mark.parametrize("family", CONTROLLED)
def test_the_weakened_build_falls(found, family):
    tried = _controls(found)[family]
    if family == KEYRING and not found["keyring"]: pytest.skip("this kernel keeps no keyrings")
    if family == EXCHANGE and os.getuid(): pytest.skip("an exchange in its usual place, with a solution, needs root")
    assert tried and all(tried.values()), tried


def test_on_no_weakened_build_the_wrong_answer_alone_succeeds(found):
    alone = _controls(found)[PLAIN_WRONG]
    assert set(alone) == set(CONTROLLED) - {BROWSER, BUDGET} and not any(alone.values()), alone


def test_the_table_of_the_manual_is_this_run():
    for run in runs.values():
        if "controls" in run: assert TABLE.text() == table(run), "run: python tools/attacks_table.py"
