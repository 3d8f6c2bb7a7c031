"""Each relation, made wrong on purpose of the reference of every exercise that it applies to; and none for what is right."""
import pytest
from assignments import ASSIGNMENTS, codes_told

from course_lib.checks.compare import Raised
from course_lib.checks.trials import Trial
from course_lib.exercises.checking import find_check

NAMES = [name for names in ASSIGNMENTS.values() for name in names if find_check(name).relation_kind()]


def same_as(trial, cause, got):
    "Whether what is told instead gives these very results: then nobody can tell them apart."
    wrong = [(c, e, g) for c, e, g in zip(trial.cases, trial.expected, got, strict=True) if c.fault(e, g)]
    return any(all(c.alike(e, trial.observe_one(code, c), g) for c, e, g in wrong) for code in codes_told(trial, cause))


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_relation_is_told_of_what_stands_in_it(name):
    trial = Trial(find_check(name), 11)
    trial.cases = [c for c in trial.cases if c.probe != "initial_layers"]  # how layers begin takes long, and is not compared
    assert trial.verdict(trial.expected).cause == trial.verdict(trial.expected).hint == ""
    told = 0
    for relation in trial.check.relations():
        got = trial.observe(relation.change(trial.check.reference, trial.check.relation_kind()))
        verdict = trial.verdict(got)
        if verdict.status == "right" or any(isinstance(g, Raised) for g in got): continue  # it changes nothing here, or stops
        told += 1
        assert verdict.cause == f"relation/{relation.id}" or same_as(trial, verdict.cause, got), f"{relation.id}: {verdict.cause}\n{verdict}"
    assert told >= 2
