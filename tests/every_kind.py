"""Questions that together use every type and every option of a type; each is small, and `QUESTIONS` is what a file of them says."""

WHICH = {"topic": "t", "text": "Which?", "hint": "h", "explanation": "So."}
OPTIONS = [{"text": "p", "correct": True}, {"text": "q", "feedback": "f"}, {"text": "r", "feedback": "f"}]
SHAPE = {
    "rows": {"type": "numeric", "answer": "n", "unit": "rows", "mistakes": [{"answer": "n + 1", "feedback": "One too many of {{n}}."}]},
    "columns": {"type": "numeric", "answer": "1 / 7", "tolerance": {"decimals": 4}, "rounded": "0.5", "fractions": True, "points": 2},
    "what": {"type": "text", "accept": ["picture"], "reject": [{"text": "pixel", "feedback": "A pixel is one number."}], "case": True},
    "kind": {"type": "single", "options": [{"text": "$x^2$", "correct": True}, {"text": "b{{n}}", "share": "0.5", "feedback": "f"}, {"text": "c", "feedback": "f"}]}}

QUESTIONS = [
    {"type": "blanks", "text": "Of `{{n}}`:\n\n```python\nx = zeros([[rows]], [[columns]])\n```\n\neach row is one [[what]], of the kind [[ kind ]].", "blanks": SHAPE, "vary": {"n": {"integer": [2, 9]}}},
    {"type": "blanks", "text": "[[a]]", "blanks": {"a": {"type": "numeric", "answer": 3}}},
    {"type": "order", "items": ["p", "q", "r"], "extra": ["s", "t"]},
    {"type": "order", "items": ["p", "q", "r", "s"], "extra": ["t"], "ties": [[2, 3]]},
    {"type": "order", "items": ["p", "q", "r", "s"], "accept_also": [[2, 1, 3, 4]]},
    {"type": "multi", "marking": "shares", "options": [
        {"text": "p", "correct": True, "share": "0.7"}, {"text": "q", "correct": True, "share": "0.3"}, {"text": "r", "share": "-0.5", "feedback": "f"}, {"text": "s", "feedback": "f"}]},
    {"type": "multi", "marking": "each_answer", "options": [*OPTIONS, {"text": "s", "correct": True}]},
    {"type": "multi", "marking": "all_or_nothing", "options": [*OPTIONS, {"text": "s", "correct": True}]},
    {"type": "multi", "nothing_correct": True, "options": [o | {"correct": False, "feedback": "f"} for o in OPTIONS]},
    {"type": "single", "options": [{"text": "a", "correct": True}, {"text": "b", "share": "0.5", "feedback": "f"}, {"text": "c", "last": True, "feedback": "f"}]},
    {"type": "match", "pairs": [{"left": "1", "right": "p"}, {"left": "2", "right": "q"}, {"left": "3", "right": "p"}], "extra": ["r"]},
    {"type": "match", "pairs": [{"left": "1", "right": "p", "accept_also": ["r"]}, {"left": "2", "right": "q"}], "extra": ["r"]},
    {"type": "numeric", "answer": "a / 7", "vary": {"a": {"integer": [1, 60]}}, "where": ["a % 7 != 0"], "tolerance": {"sigfigs": 3}, "rounded": "0.5", "unit": "cm", "accept_also": ["a / 7 + 1000"],
     "mistakes": [{"answer": "7 / a + 100", "feedback": "Upside down."}]},
    {"type": "text", "accept": ["cross-entropy", {"pattern": "(mini-?)?batch", "example": "minibatch"}], "reject": [{"pattern": "acc.*", "example": "accuracy", "feedback": "f"}], "misspellings": True},
    {"type": "text", "accept": ["[{{n}}, 3]", {"pattern": r"\({{n}}, *3\)", "example": "({{n}}, 3)"}], "spaces": "ignore", "vary": {"n": {"integer": [2, 9]}}},
    {"type": "expression", "variables": {"x": {"shape": ["n"]}, "s": {"between": [1, 3]}}, "answer": "(x - x.mean()) / s", "mistakes": [{"answer": "x / s", "feedback": "f"}], "accept_also": ["x"]},
    {"type": "expression", "variables": {"x": {}}, "answer": "clamp(x, -2, 2)", "forbid": ["relu"]},
    {"type": "essay", "rubric": "because"}]
QUESTIONS = [{"id": f"ek-{i:02}", **WHICH, **q} for i, q in enumerate(QUESTIONS, 1)]
FILE = {"questionnaire": "every_kind", "title": "Every kind", "questions": QUESTIONS}
