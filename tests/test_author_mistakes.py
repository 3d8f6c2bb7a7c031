"""Mistakes that authors of questions make, each with its line and what was meant; the silent ones, which spoil a question unseen, come first."""
import argparse

import pytest
from test_questions import ABOUT, HEAD, NUMERIC, SINGLE, problems

from course_lib.questionnaire.commands import add_commands

TEXT = ABOUT + "    type: text\n    accept: [mean]\n"
MATCH = ABOUT + "    type: match\n    pairs:\n      - {left: a, right: p}\n      - {left: b, right: q}\n"
EXPRESSION = ABOUT + "    type: expression\n    variables: {x: {}}\n    answer: exp(x)\n"
ORDER = ABOUT + "    type: order\n    items: [p, q, r]\n"
GAPS = ABOUT.replace("A text", "'[[a]]'") + "    type: blanks\n    blanks: {a: {type: numeric, answer: 3}}\n"
ASKED, KEY, OPTION = "text: A text", "answer: a + b", "text: two"

MISTAKES = {  # what it is: (question, what is written, what stands there by mistake, line, what is said)
    # silent: YAML, Markdown or a formula take them without a word
    "LaTeX in double quotes": (SINGLE, ASKED, r'text: "What is $\frac{1}{2}$?"', 7, r"`\frac` in double quotes"),
    "a new line in a formula": (SINGLE, ASKED, r'text: "What is $\nu$?"', 7, "is read as a new line (single quotes"),
    "a tab in a formula": (SINGLE, ASKED, r'text: "What is $2 \times 3$?"', 7, r"`\times` in double quotes"),
    "an escape two lines below": (SINGLE, ASKED, 'text: "What is\n      $\\bar x$?"', 7, r"`\bar` in double quotes"),
    "a text cut at #": (SINGLE, ASKED, "text: Issue #5 is what?", 7, "the text ends before `#5 is what?`"),
    "a text cut at a number sign": (SINGLE, "A hint", "Count the # of rows", 8, "the text ends before `# of rows`"),
    "a # in an option": (SINGLE, OPTION + ",", "text: two #1,", 13, "behind a blank `#` begins a comment"),
    "a text that begins with &": (SINGLE, ASKED, "text: &x is what?", 7, "`&x` at the start is YAML's own sign"),
    "a text that begins with !": (SINGLE, ASKED, "text: !x is what?", 7, "`!x` at the start is YAML's own sign"),
    "a drawn value in a pattern": (TEXT, "accept: [mean]", "vary: {n: {integer: [1, 3]}}\n    accept: [{pattern: '{{n}}, *3', example: '4, 3'}]", 12, "the example is not accepted, with n = 1"),
    "a key that is no number": (NUMERIC, KEY, "answer: .nan", 14, "`.nan`: this is no number"),
    "a key without end": (NUMERIC, KEY, "answer: inf", 14, "`inf`: this is no number"),
    "a formula without values": (EXPRESSION, "exp(x)", "log(x)", 12, "gives no finite number for x ="),
    "a root of a negative number": (NUMERIC, KEY, "answer: sqrt(a - 8)", 14, "there is no such number, as of the root of -1 or of 0/0, with a = "),
    "a division by 0 in some draws": (NUMERIC, KEY, "answer: 1 / (a - b)", 14, "it divides by 0, with a = "),
    "options that look the same": (SINGLE, OPTION, "text: '**one**'", 13, "option 2 looks the same as option 1"),
    "a choice that looks the same in a list": (MATCH, "right: q}", "right: $p$}", 12, "looks the same as `p` in a list of choices"),
    "items that look the same": (ORDER, "[p, q, r]", "[$x^2$, q, '$x^{2}$']", 11, "looks the same"),
    "a left side twice": (MATCH, "left: b", "left: a", 12, "`a` is there twice"),
    "a digit group": (NUMERIC, KEY, "answer: 1_000", 14, "a number is written in plain digits here"),
    "an octal number": (NUMERIC, KEY, "answer: 0o17", 14, "a number is written in plain digits here"),
    "a number that begins with 0": (NUMERIC, KEY, "answer: 017", 14, "begins with a 0 (17, or in quotes"),
    "a date": (NUMERIC, KEY, "answer: 2026-10-15", 14, "computed as a difference (did you mean `type: text`"),
    "backticks in an answer": (TEXT, "[mean]", "['`mean`']", 11, "students would have to type"),
    "a formula in an answer": (TEXT, "[mean]", "['$x^2$']", 11, "students would have to type `$`"),
    "a pattern as a text": (TEXT, "[mean]", "['(mean|average)']", 11, "letter by letter (a pattern: {pattern"),
    "the same answer twice": (TEXT, "[mean]", "[mean, Mean]", 11, "accepted already, as `mean`"),
    "a drawn value that nothing uses": (SINGLE, "type: single", "vary: {n: {integer: [1, 3]}}\n    type: single", 10, "`n` is used nowhere"),
    "a single brace": (NUMERIC, ASKED, "text: 'A text with {a} in it'", 7, "did you mean {{a}}?"),
    "a width for decimals": (NUMERIC, ASKED, "text: 'A text with {{a:2f}}'", 7, "did you mean {{a:.2f}}?"),
    "a value twice in a choice": (NUMERIC, "{integer: [1, 9]}", "{choice: [1, 2, 1]}", 12, "a value is there twice"),
    "money": (SINGLE, ASKED, "text: It costs $5 or $6?", 7, r"`$5 or $` is read as a formula"),
    "a formula that is not closed": (SINGLE, ASKED, "text: What is $x?", 7, "a dollar sign stands alone"),
    "a formula between \\(": (SINGLE, ASKED, r"text: 'What is \(x\)?'", 7, "stand between dollar signs"),
    "a formula that cannot be read": (SINGLE, ASKED, r"text: What is $\frac{1}$?", 7, "cannot be read (is a brace"),
    "a command that does not exist": (SINGLE, "feedback: no", r"feedback: $\aplha$", 13, "a command misspelt"),
    "a block of code that is not closed": (SINGLE, ASKED, "text: |\n      ```python\n      x = 1", 7, "a block of code is not closed"),
    "HTML": (SINGLE, ASKED, "text: A <b>text</b>", 7, "`<b>` is shown as it is written"),
    "a mistake twice": (NUMERIC, "feedback: minus}", "feedback: minus}\n      - {answer: a - b - 20, feedback: no}", 17, "there a second time"),
    "a name that formulas have": (NUMERIC, "a: {integer", "sqrt: {integer", 12, "already means something in formulas"),
    "an id twice": (SINGLE + SINGLE, "", "", 14, "also the id of question 1"),
    "a missing picture in an option": (SINGLE, OPTION, "text: '![a picture of something](no.png)'", 13, "there is no picture no.png"),
    "an answer that is rejected": (TEXT, "[mean]", "[mean]\n    reject: [{pattern: 'm.*', example: mode, feedback: f}]", 11, "this accepted answer is also rejected"),
    "no tolerance": (NUMERIC, KEY, "answer: a / 7", 14, "endless decimals and no `tolerance`"),
    "a unit in a gap": (GAPS, "answer: 3", "answer: 3 cm", 11, "`unit: cm`"),
    # refused by YAML or by the form of a question: what matters is that the author learns what to write
    "a backslash in double quotes": (SINGLE, ASKED, r'text: "What is $\sigma$?"', 7, "a backslash needs single quotes"),
    "a text that begins with a value": (SINGLE, ASKED, "text: {{a}} is what?", 7, "begins with {{ needs quotes"),
    "a text that begins with code": (SINGLE, ASKED, "text: `x` is what?", 7, "begins with ` needs quotes"),
    "a text that begins with *": (SINGLE, ASKED, "text: *x* is what?", 7, "begins with * needs quotes"),
    "a text that begins with a quote": (SINGLE, ASKED, 'text: "x" is what?', 7, 'begins with " needs quotes'),
    "a sign that cannot be seen": (SINGLE, ASKED, "text: A\x07text", 7, "the sign number 7 cannot be seen"),
    "no blank behind a colon": (SINGLE, "hint: A hint", "hint:A hint", 8, "a blank belongs behind the colon"),
    "a tab": (SINGLE, "    hint", "\thint", 8, "indent with spaces, not tabs"),
    "a wrong indentation": (SINGLE, "    hint", "   hint", 8, "is the indentation that of the line above?"),
    "two files in one": (SINGLE, "  - id", "---\n  - id", 4, "`---` begins another file"),
    "a comma in braces": (SINGLE, "feedback: no", "feedback: Centred, but not scaled.", 13, "a text with a comma needs quotes within braces"),
    "feedback of no option": (SINGLE, "type: single", "type: single\n    feedback: no", 11, "`feedback` belongs to each of `options`"),
    "a hint of an option": (SINGLE, "feedback: no", "feedback: no, hint: h", 13, "`hint` belongs to the question"),
    "a key in capitals": (SINGLE, "    hint:", "    Hint:", 8, "did you mean `hint`?"),
    "a truth value as an answer": (TEXT, "[mean]", "[yes, true]", 11, "`true` without quotes is no text (a text: 'true')"),
    "a number as an answer": (TEXT, "[mean]", "[0.10]", 11, "`0.10` without quotes is no text (a text: '0.10')"),
    "one answer as no list": (TEXT, "[mean]", "mean", 11, "`mean` is no list (in brackets"),
    "a number as a text": (SINGLE, OPTION, "text: 2", 13, "`2` without quotes is no text"),
    "nothing as a text": (SINGLE, "hint: A hint", "hint:", 8, "nothing stands here"),
    "a bare tolerance": (NUMERIC, KEY, "answer: a / 7\n    tolerance: 0.01", 15, "such as {abs: 0.01}"),
    "a tolerance of 0": (NUMERIC, KEY, "answer: a / 7\n    tolerance: {abs: 0}", 15, "should be greater than 0"),
    "points as a fraction": (SINGLE, "type: single", "type: single\n    points: 1/2", 11, "`1/2` is no number (such as 0.5)"),
    "a name that begins with a digit": (EXPRESSION, "{x: {}}", "{1x: {}}", 11, "`1x` is no name"),
    "a comma for a point": (NUMERIC, KEY, "answer: 0,5", 14, "did you mean 0.5?"),
    "a unit": (NUMERIC, KEY, "answer: 5 cm", 14, "`5` with `unit: cm`"),
    "a sign for per cent": (NUMERIC, KEY, "answer: 5%", 14, "or 5 / 100?"),
    "a sign left out": (NUMERIC, KEY, "answer: 2a", 14, "did you mean 2*a?"),
    "a power": (NUMERIC, KEY, "answer: a^2", 14, "did you mean a**2?"),
    "one sign for equal": (NUMERIC, KEY, KEY + "\n    where: [a = b]", 15, "did you mean a == b?"),
    "computed too late": (NUMERIC, KEY, "compute: {c: d, d: a}\n    answer: c + b", 14, "first what others need")}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_typical_mistake_is_named_with_its_line_and_what_was_meant(mistake):
    body, right, wrong, line, said = MISTAKES[mistake]
    assert right in body
    found = problems(body.replace(right, wrong, 1))
    assert any(one.startswith(f"my.yaml:{line}:") and said in one for one in found), found
    assert len(found) <= 2 and all(len(one) < 330 for one in found), found


RIGHT = {  # what looks like one of these and is none
    "escaped LaTeX": (SINGLE, ASKED, r'text: "What is $\\frac{1}{2}$,\nand why?"'), "a comment": (NUMERIC, KEY, "answer: a + b  # the sum"), "a # within a word": (SINGLE, ASKED, "text: What is C#?"),
    "money": (SINGLE, ASKED, r"text: It costs \$5 or \$6?"), "HTML in code": (SINGLE, ASKED, "text: What is `<b>{a}</b>`, and `df['$']`?"), "a formula with braces": (NUMERIC, ASKED, r"text: What is $x_{a}^{ {{b}} }$?"),
    "a choice in a formula": (NUMERIC, KEY, "answer: 3 if a == b else 200"), "code with marks": (TEXT, "[mean]", "['x[0] | y', 'a**b', 2*x, $HOME]"), "case": (SINGLE, OPTION, "text: '$x^{2y}$'")}


@pytest.mark.parametrize("what", RIGHT)
def test_what_is_right_is_not_named(what):
    body, old, new = RIGHT[what]
    assert old in body and problems(body.replace(old, new, 1)) == []


@pytest.mark.parametrize("words", [("export", "bad.yaml", "--to", "moodle"), ("export", "bad.yaml", "--to", "qti"), ("export", "bad.yaml", "--to", "anki"), ("release", "bad.yaml", "--course", ".")], ids=" ".join)
def test_nothing_leaves_that_has_a_mistake(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.yaml").write_text(HEAD + SINGLE.replace(ASKED, "text: Issue #5"))
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers(required=True))
    args = parser.parse_args(["questions", *words])
    with pytest.raises(ValueError, match="1 problem in"): args.run(args)
    assert "bad.yaml:7:11: the text ends before `#5`" in capsys.readouterr().out and [p.name for p in tmp_path.iterdir()] == ["bad.yaml"]
