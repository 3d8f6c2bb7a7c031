"""Questions of other formats: what they become, what the report says, what is refused, and the same marks on the way back."""
import base64
import functools
import io
import re
import time
import zipfile
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from every_kind import QUESTIONS
from PIL import Image

from course_lib.cli import main
from course_lib.questionnaire.asking.rendering import read_with_pictures, to_text
from course_lib.questionnaire.self_test import cases
from course_lib.questionnaire.exchange.moodle import moodle_question
from course_lib.questionnaire.exchange.qti import assessment_item
from course_lib.questionnaire.exchange.spelled import digits
from course_lib.questionnaire.importing.formats import import_questions
from course_lib.questionnaire.importing.markup import plain
from course_lib.questionnaire.importing.safely import MOST_PIXELS, Refused
from course_lib.questionnaire.model import TYPES
from course_lib.questionnaire.numbers import margin
from course_lib.questionnaire.proofreading import find_problems
from course_lib.questionnaire.question_files import read_questions
from course_lib.questionnaire.scoring import mark
from course_lib.questionnaire.variants import self_study

FILES = Path(__file__).parent / "imported"


@functools.cache
def ours():
    kinds = [TYPES[q["type"]].model_validate(q) for q in QUESTIONS]
    return [(self_study(q), pictures) for file, pictures in map(read_with_pictures, ("mnist_basics", "pet_breeds")) for q in file.questions] + [(self_study(q), {}) for q in kinds]


def package(items, **more):
    resources = "".join(f'<resource identifier="R{i}" type="imsqti_item_xmlv2p1" href="{name}"/>' for i, name in enumerate(items))
    files = {"imsmanifest.xml": f'<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"><resources>{resources}</resources></manifest>', **items, **more}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items(): file.writestr(name, data)
    return buffer.getvalue()


def exported(kind):
    if kind == "qti": return package({f"{a.question.id}.xml": assessment_item(a, {}, a.question.id) for a, _ in ours()})
    quiz = ET.Element("quiz")
    quiz.extend(moodle_question(a, pictures) for a, pictures in ours())
    return ET.tostring(quiz)


def bare(text): return "".join(to_text(text).replace("\\", "").replace("`", "").split())


def worded(text): return bare(re.sub(r"\$[^$]+\$", "", text))  # a formula may come back in other words


def letters(old, new):
    "The letters of one asked question as those of the other."
    found = {}
    if old.options: found = {id: next(i for i, o in new.options if o.text == p.text) for (id, _), p in zip(old.options, new.question.options, strict=False)}
    if old.items:  # what belongs nowhere by its text, where the format has it
        found = dict(zip(old.solution, new.solution, strict=True))
        found |= {id: next((i for i, text in new.items if bare(text) == bare(mine)), id) for id, mine in old.items if id not in found}
    if old.choices: found = {id: next(i for i, text in new.choices if bare(text) == bare(mine)) for id, mine in old.choices}
    return found


def translated(response, known):
    if type(response) is str: return known.get(response, response)
    if type(response) is list: return [translated(part, known) for part in response]
    return {left: translated(right, known) for left, right in response.items()} if type(response) is dict and response else response


ANYWHERE = {"hostile", "wrong type", "too long", "too long in parts", "blank"}  # cases that have nothing to do with what was read


def code(text): return re.findall(r"```\w*\n(.*?)```", re.sub(r"\[\[\w+\]\]", "[[]]", text), re.DOTALL)


def lost(kind, question):
    "The kinds of cases that a format cannot say; the export tells each."
    said, found = " ".join(question.lost(kind)), set()
    if "belong nowhere are left out" in said: found |= {"one missing", "one too many", "everything", "only what belongs nowhere"}
    if "only the first of the right orders" in said: found |= {"a right order"}
    if "`None of these` is added" in said: found |= {"all right ones", "twice the same", "nothing"}
    if "`all_or_nothing` becomes" in said or "`each_answer` becomes" in said: found |= {"one too few or too many", "only one"}
    if "its unit is neither" in said: found |= {"the answer in a gap", "a bound in a gap"}
    return found


def different(old, new):
    "The kinds of cases in which the two questions give different marks."
    known = letters(old, new) if old.question.type == new.question.type else {}
    names = dict(zip(dict(old.parts), dict(new.parts), strict=True))  # of gaps

    gaps = {name: {id: next(i for i, o in dict(new.parts)[names[name]].options if bare(o.text) == bare(p.text)) for id, p in part.options} for name, part in old.parts}

    def there(response):
        if not names or type(response) is not dict: return translated(response, known)
        return {names.get(k, k): gaps.get(k, {}).get(v, v) if type(v) is str else v for k, v in response.items()}
    return {c.what for c in cases(old) if c.what not in ANYWHERE and (a := mark(old, c.response), b := mark(new, there(c.response))) and (a.score, a.status) != (b.score, b.status)}


def at_bounds(asked):
    "The kinds of cases at the very bound, where the answer or its margin has more digits than the formats are given: they may fall to either side."
    return {"a bound"} if endless(asked) else {"a bound in a gap"} if any(endless(part) for _, part in asked.parts) else set()


def endless(asked):
    return asked.question.type == "numeric" and any(Decimal(digits(x)) != x for x in (asked.answer, margin(asked.answer, asked.question.tolerance)))


@pytest.mark.parametrize("kind", ["moodle", "qti"])
def test_a_question_comes_back_with_the_same_marks(kind, tmp_path):
    (tmp_path / f"back.{kind}").write_bytes(exported(kind))
    report = import_questions(tmp_path / f"back.{kind}", tmp_path / "back.yaml")
    back = read_questions(report.target)
    assert len(back.questions) == len(ours()) and not any("NOT IMPORTED" in line for line in str(report).splitlines())
    for old, _ in ours():
        new = self_study(back[old.question.id])
        assert code(old.text) == code(new.text)
        if old.question.type == "expression": assert new.question.type == "essay"
        else: assert different(old, new) <= lost(kind, old.question) | at_bounds(old), old.question.id
        if not old.parts: assert worded(new.question.hint) == worded(old.fill(old.question.hint)) and worded(new.question.explanation) == worded(old.fill(old.question.explanation))


# ---------------------------------------------------------------- files of others
def picture(width=20, height=20, kind="PNG"):
    buffer = io.BytesIO()
    Image.new("L", (width, height)).save(buffer, kind)
    return buffer.getvalue()


def foreign(name, folder):
    "A file in the manner of those found elsewhere, as it is handed on."
    if name == "qti":
        items = {path.name: path.read_bytes() for path in sorted((FILES / "qti").glob("*.xml"))}
        data = package(items, **{"images/sign.png": picture()})
    else: data = (FILES / name).read_bytes().replace(b"PICTURE", base64.b64encode(picture()))
    (folder / name).write_bytes(data)
    return folder / name


def answer(asked, texts):
    "A response in the texts that are seen, as letters."
    q = asked.question.type
    if q in ("single", "multi"):
        ids = [next(id for id, o in asked.options if o.text == text) for text in texts.split(" & ")]
        return ids[0] if q == "single" else ids
    if q == "blanks":
        shown = {option.text: id for _, part in asked.parts for id, option in part.options}
        return {name: shown.get(text, text) for (name, _), text in zip(asked.parts, texts.split("; "), strict=True)}
    if q == "order": return [next(id for id, item in asked.items if item == text) for text in texts.split(" < ")]
    if q == "match":
        pairs = (pair.split(" = ") for pair in texts.split(" & "))
        left, right = {text: id for id, text in asked.prompts}, {text: id for id, text in asked.choices}
        return {left[a]: right[b] for a, b in pairs}
    return texts


MARKED = {  # of a file, by topic: responses and what they earn
    "course.gift": {
        "Averages": {"5": 1, "4": 0, "15": 0.5, "-5": 0}, "Sigmoid": {"True": 1, "False": 0}, "Pi": {"3.14": 1, "3.145": 1, "3.146": 0},
        "Loss": {"Cross entropy": 1, "accuracy": 0},
        "Optimizer": {"robbins": 1, "Robbins and Monro": 1, "Kiefer": 0}, "Range": {"0": 1, "1": 1, "1.1": 0, "0.3": 1},
        "Parts": {"1951": 1, "1950": 0}, "Letters": {"$w$ = weight & $b$ = bias": 1, "$w$ = loss & $b$ = bias": 0.5},
        "Several": {"ReLU & sigmoid": 1, "ReLU": 0.5, "ReLU & sigmoid & SGD": 0.5}, "Which line is right in Python?": {"x = {1: 2}": 1, "x : = 2": 0}},
    "quiz.json": {
        "Which is a tensor of rank 1?": {"`tensor([1, 2])`": 1, "`tensor(1)`": 0}, "Choose all primes.": {"2 & 3": 1, "2 & 3 & 4": 0.5},
        "What does this print?": {"0.125": 1, "0.1251": 1, "8": 0}, "Any probability above one half:": {"0.5": 1, "0.75": 1, "0.4": 0},
        "The class of a module?": {"Module": 1, "module": 0}},
    "moodle.xml": {
        "Median": {"2": 1, "1.5 * 2": 0.5, "4": 0}, "Length": {"1.6 m": 1, "1.6": 1, "150": 0, "1.61": 0},
        "Wildcards": {"The training loss": 1, "the loss falls": 1, "2*x": 1, "2 is not x": 0, "accuracy": 0},
        "Letters": {r"$\mu$ = mean & s = standard deviation": 1, r"$\mu$ = median & s = standard deviation": 0.5}, "True": {"True": 1, "False": 0},
        "Gaps": {"1.5; Middle; between": 1, "1; Middle; between": 0.5, "1.5; edge; below": 0.5}},
    "qti": {
        "A sign at a station": {"Stay with it, for $x^2$ minutes.": 1, "Leave it.": 0}, "Elements of water": {"Hydrogen & Oxygen": 1, "Hydrogen & Helium": 0, "Oxygen": 0.5},
        "Grand Prix": {"Carl < Ada < Ben": 1}, "Who is in which play": {"Prospero = A tempest & Demetrius = A dream & Lysander = A dream": 1},
        "Richard III": {"York; 1485": 1, "york; 1485": 0.5, "York; 1486": 0.5}}}


@pytest.mark.parametrize("name", MARKED)
def test_files_of_others_are_marked_as_there(name, tmp_path):
    report = import_questions(foreign(name, tmp_path), tmp_path / "new.yaml")
    asked = {q.topic: self_study(q) for q in read_questions(report.target).questions}
    found = {topic: {texts: mark(asked[topic], answer(asked[topic], texts)).score for texts in rows} for topic, rows in MARKED[name].items()}
    assert found == MARKED[name]


LOST = {  # what the report must say
    "course.gift": ["Parts", "1950 earns 0.5", "NOT IMPORTED: its braces do not close", "NOT IMPORTED: it is a text that asks nothing", "lines of comments"],
    "quiz.json": ["`points`", "what is said to the right answer", "every other answer: Try it.", "the upper end of a range", "no counterpart of the type drawing"],
    "moodle.xml": ["1 further hints", "its tags", "Well done", "colours", "the unit cm (100 of m)", "Measure again", "attachments: 2", "double braces", "a wrong option costs points there",
                   "gap 1", "1 earns 0.5", "no counterpart of `ddimageortext`", "asks nothing"],
    "qti": ["only the whole order", "costs another share there", "its pairs are worth different shares", "`york` earns 0.5", "no counterpart of hotspotInteraction"]}


@pytest.mark.parametrize("name", LOST)
def test_what_is_lost_is_said(name, tmp_path, capsys):
    main(["questions", "import", str(foreign(name, tmp_path)), "--to", str(tmp_path / "new.yaml")])
    said = capsys.readouterr().out
    assert [what for what in LOST[name] if what not in said] == []
    problems = [str(problem) for problem in find_problems(tmp_path / "new.yaml")]
    assert any("`hint` is still to be written" in problem for problem in problems) and any("`section` is still" in problem for problem in problems)
    assert [p for p in problems if "still to be written" not in p and "says not why" not in p] == []  # nothing else is wrong


def test_pictures_lie_beside_the_file_and_what_is_there_stays(tmp_path):
    report = import_questions(foreign("moodle.xml", tmp_path), tmp_path / "new.yaml")
    q = next(q for q in read_questions(report.target).questions if q.topic == "Median")
    assert "![three points on a line](pictures/my_plot.png)" in q.text and (tmp_path / "pictures/my_plot.png").read_bytes() == picture()
    assert "```\nx = [1,\n     2, 9]\n```" in q.text and "$\\mathbb{R}$" in q.text and q.explanation.strip() == "- Sort.\n- Take the *middle*."
    before = report.target.read_bytes()
    import_questions(tmp_path / "moodle.xml", tmp_path / "twin.yaml")  # the same picture is there
    (tmp_path / "pictures/my_plot.png").write_bytes(b"another")
    for to in ("new.yaml", "other.yaml"):
        with pytest.raises(Refused, match="nothing is overwritten"): import_questions(tmp_path / "moodle.xml", tmp_path / to)
    assert report.target.read_bytes() == before and not (tmp_path / "other.yaml").exists()


# ---------------------------------------------------------------- files that harm
def moodle(text, files=""): return f'<quiz><question type="essay"><name><text>n</text></name><questiontext format="html"><text><![CDATA[{text}]]></text>{files}</questiontext></question></quiz>'.encode()


def linked():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        entry = zipfile.ZipInfo("imsmanifest.xml")
        entry.external_attr = 0o120777 << 16
        file.writestr(entry, "/etc/passwd")
    return buffer.getvalue()


def huge(): return f'<file name="a.png" encoding="base64">{base64.b64encode(picture(MOST_PIXELS // 5000 + 1, 5000)).decode()}</file>'


LAUGHS = b'<!DOCTYPE quiz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><quiz><question type="essay"><name><text>&b;</text></name></question></quiz>'
OUTSIDE = b'<!DOCTYPE quiz [<!ENTITY a SYSTEM "file:///etc/passwd">]><quiz><question type="essay"><name><text>&a;</text></name></question></quiz>'
HARM = {
    "entities": (LAUGHS, "document type or entities"), "a file outside": (OUTSIDE, "document type or entities"),
    "a document type": (b'<!DOCTYPE quiz SYSTEM "http://localhost:9/quiz.dtd"><quiz/>', "document type or entities"),
    "a zip bomb": (package({"a.xml": b" " * 30_000_000}), "zip bomb"), "a path upwards": (package({"../up.xml": b"<a/>"}), "leads out"), "an absolute path": (package({"/etc/x.xml": b"<a/>"}), "leads out"),
    "a backslash": (package({"..\\up.xml": b"<a/>"}), "leads out"), "a link": (linked(), "is a link"), "no manifest": (b"PK\x05\x06" + bytes(18), "no imsmanifest"),
    "a cut zip": (package({"a.xml": b"<a/>"})[:-30], "not a zip"), "a huge picture": (moodle('<img src="@@PLUGINFILE@@/a.png" alt="">', huge()), "pixels, too many"),
    "deep XML": (b"<quiz>" * 50_000 + b"</quiz>" * 50_000, "nested too deeply"), "another XML": (b"<html/>", "no QTI item"), "cut XML": (b"<quiz><question>", "not XML"),
    "another encoding": ("<quiz/>".encode("utf-16"), "UTF-8"), "nothing": (b"", "no GIFT"), "words": (b"Dear all, here are the questions.", "no GIFT"),
    "deep JSON": (b"[" * 100_000, "not JSON"), "another JSON": (b'{"a": 1}', "no file of jupyterquiz"), "no question": (b"<quiz/>", "no question that could be imported")}


@pytest.mark.parametrize("harm", HARM)
def test_what_harms_or_cannot_be_read_is_refused_before_anything_is_written(harm, tmp_path):
    data, reason = HARM[harm]
    file = tmp_path / f"given{'.json' if 'JSON' in harm else ''}"
    file.write_bytes(data)
    with pytest.raises(Refused, match=reason): import_questions(file, tmp_path / "new.yaml")
    assert list(tmp_path.iterdir()) == [file]


PATTERN = """<assessmentItem identifier="i" title="t"><responseDeclaration identifier="R" cardinality="single" baseType="string"/><itemBody><p>x <textEntryInteraction responseIdentifier="R"/></p></itemBody>
<responseProcessing><responseCondition><responseIf><patternMatch pattern="{}"><variable identifier="R"/></patternMatch><setOutcomeValue identifier="SCORE"><baseValue baseType="float">1</baseValue></setOutcomeValue>
</responseIf></responseCondition></responseProcessing></assessmentItem>"""
GAPS = "<quiz><question type='cloze'><name><text>n</text></name><questiontext><text>{}</text></questiontext></question></quiz>"


@pytest.mark.parametrize("given", [PATTERN.format("(?:1|11){60}c"), PATTERN.format("((("), PATTERN.format("(((a{9999}){9999}){9999})"), "q {=a} " + "\\(" * 20_000, "q {=a} " + "$" + "a\\" * 4_000, GAPS.format("{1:MC:=a~" * 6_000),
                                   GAPS.format("{1:SA:=a}" * 3_000), PATTERN.replace("</p>", "<textEntryInteraction responseIdentifier='R'/>" * 1_500 + "</p>").format("a")],
                         ids="a pattern that never ends,no pattern,a pattern of 10^12 letters,formulas that do not end,a formula that does not end,gaps that do not end,gaps,interactions".split(","))
def test_a_hostile_file_takes_no_time(given, tmp_path):
    "Each took from half a minute to for ever, or ended in a traceback."
    (tmp_path / "given").write_text(given)
    begun = time.process_time()
    try: import_questions(tmp_path / "given", tmp_path / "new.yaml")
    except Refused: pass
    assert time.process_time() - begun < 4


@pytest.mark.parametrize("text, shown", [(r"a \(x\) b", "a $x$ b"), (r"a \[x\] b", "a $$x$$ b"), ("$$x$$", "$$x$$"), ("$x$", "$x$"), ("$ x_1$", r"\$ x_1\$"), ("$5 and $6", r"\$5 and \$6"), ("$x^2$ and $", r"$x^2$ and $"), ("$a b$", r"\$a b\$"),
                                         ("$x_1$2", r"\$x_1\$2"), (r"\(a $b_1$", r"\\(a $b_1$"), ("$$ never $x_1$", r"\$\$ never $x_1$")])
def test_formulas_are_found_in_what_others_write(text, shown): assert plain(text) == shown
