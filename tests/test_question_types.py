"""A tenth type of question, from outside the package: one class and its JavaScript, and everything knows it."""
import io
import json
import re
import sys
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree as ET

import pytest
from browser import NEEDS_CHROMIUM, expect, open_page, running_chromium

from course_lib import courses
from course_lib.grading.stamps import marking_files
from course_lib.questionnaire.exchange.anki import right_answer
from course_lib.questionnaire.self_test import cases, disagreements
from course_lib.questionnaire.proofreading import find_problems
from course_lib.questionnaire.formulas import as_decimal, compute
from course_lib.questionnaire.assignment.question_cells import Course, submission_table
from course_lib.questionnaire.scoring import mark
from course_lib.questionnaire.model import TYPES, Case, Invalid, Mark, Question, json_schema, question_type, scored
from course_lib.questionnaire.exchange.moodle import add_answer, essays_instead, moodle_xml
from course_lib.questionnaire.asking.page import sealed_questions, write_page
from course_lib.questionnaire.parts import Vary
from course_lib.questionnaire.exchange.qti import declare_response, element, qti_package, response_rules
from course_lib.questionnaire.question_files import QuestionErrors, read_questions
from course_lib.questionnaire.versions import drawn_fingerprint, fingerprint
from course_lib.questionnaire.assignment.release import release_questionnaire
from course_lib.questionnaire.asking.terminal import quiz
from course_lib.questionnaire.variants import draw_variant, self_study
from course_lib.questionnaire.widget import Questionnaire, scripts

SCRIPT = """
types.slider = {
  enter(question, name, given) {
    const input = el("input", { type: "range", id: name, min: 0, max: question.steps, value: given ?? 0 });
    return { element: el("div", {}, el("label", { for: name }, "Your place"), input), value: () => Number(input.value) };
  },
  mark: (question, response) => open(question, String(response)) ?? said(0),
};
"""
FILE = """questionnaire: sliders
title: Sliders
questions:
  - id: sl-01
    type: slider
    topic: places
    section: 01_data#broadcasting
    text: Move it to {{a}} and one more.
    hint: One more.
    explanation: It is {{a}} + 1.
    vary:
      a: {integer: [2, 7]}
    steps: 10
    answer: a + 1
"""


@pytest.fixture
def slider(monkeypatch, tmp_path):
    "A type of question as somebody's course would bring it; gone after the test."
    len(TYPES)  # those of the package are found first, and stay
    monkeypatch.setattr(TYPES, "_found", dict(TYPES._found))
    (tmp_path / "slider.js").write_text(SCRIPT)

    @question_type
    class Slider(Question):
        "A place on a line."
        type: Literal["slider"]
        steps: int
        answer: str
        asks, script, moodle_kind = "a place", tmp_path / "slider.js", "numerical"

        def drawn(self, draws, values): return {"answer": as_decimal(compute(self.answer, values))}
        def shown(self): return {"steps": self.steps}
        def drawn_from(self): return {"steps": self.steps}
        def entered(self, line): return int(line) if line.isdecimal() else line

        def marked(self, asked, response):
            if type(response) is not int or not 0 <= response <= self.steps: raise Invalid("Choose a place on the line.")
            return scored(max(Decimal(0), 1 - abs(response - asked.answer) / 2))

        def cases(self, asked):
            yield Case("the place", int(asked.answer), 1.0)
            yield Case("beside it", int(asked.answer) - 1, 0.5)
            yield Case("off the line", self.steps + 1, 0.0, "invalid")

        def problems_of(self, values):
            if compute(self.answer, values) > self.steps: yield ("answer",), "the answer is not on the line", "more `steps`"

        def solution(self, asked): return f"<b>{asked.answer}</b>"

        def outcomes(self, asked, page):
            marks = {place: float(self.marked(asked, place).score) for place in range(self.steps + 1)}
            return {str(place): {"score": score, "status": "ok", "feedback": "So it is."} for place, score in marks.items()}, {}

        def moodle(self, asked, node, page): add_answer(node, 100, str(asked.answer), tolerance="0")

        def qti(self, asked, item, body, files):
            declare_response(item, "single", "integer", [str(asked.answer)])
            element(body, "sliderInteraction", responseIdentifier="RESPONSE", lowerBound=0, upperBound=self.steps)
            return lambda: response_rules(item, "match_correct")

    return Slider


@pytest.fixture
def file(slider, tmp_path):
    (tmp_path / "sliders.yaml").write_text(FILE)
    return tmp_path / "sliders.yaml"


PLACE = """
from typing import Literal
from course_lib.questionnaire.model import Question, question_type, scored
from .steps import near

@question_type
class Place(Question):
    "A place on a line."
    type: Literal["place"]
    asks = "a whole number"
    answer: int
    def marked(self, asked, response): return scored(near(response, self.answer))
"""
PLACES = FILE.replace("type: slider", "type: place").replace("steps: 10", "answer: 7").replace("    answer: a + 1\n", "")


@pytest.fixture
def announced(tmp_path, monkeypatch):
    "Packages that announce a type of question, as pip would install them; gone after the test."
    len(TYPES)
    for name, value in (("_found", dict(TYPES._found)), ("_wrong", {}), ("_looked", False)): monkeypatch.setattr(TYPES, name, value)
    monkeypatch.syspath_prepend(str(tmp_path))
    caches = (courses._announced, courses.installed, courses.course_packages, marking_files)

    def install(package, code=PLACE, name="place"):
        for file, text in {f"{package}/__init__.py": "", f"{package}/steps.py": "def near(a, b): return 1 - min(abs(a - b), 2) / 2\n", f"{package}/kinds.py": code,
                           f"{package}-0.1.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: 0.1\n",
                           f"{package}-0.1.dist-info/entry_points.txt": f"[course_lib.question_types]\n{name} = {package}.kinds\n"}.items():
            (tmp_path / file).parent.mkdir(exist_ok=True)
            (tmp_path / file).write_text(text)
        for cached in caches: cached.cache_clear()
    yield install
    for cached in caches: cached.cache_clear()
    for module in [m for m in sys.modules if m.partition(".")[0] in ("line_types", "other_types")]: del sys.modules[module]


def test_a_type_that_a_package_announces_is_found_without_importing_it(announced, tmp_path):
    announced("line_types")
    question = read_questions("places.yaml", PLACES)["sl-01"]
    assert type(question).__module__ == "line_types.kinds" and [mark(self_study(question), n).score for n in (7, 6, 5)] == [1, 0.5, 0]
    assert {"kinds.py", "steps.py"} <= {p.name for p in marking_files() if "line_types" in str(p)}, "they decide marks, so they are part of a mark's stamp"
    assert "line_types" in courses.course_packages(), "students' code must not see what marks"


@pytest.mark.parametrize("how", ["by two", "broken", "not there", "of ours"])
def test_a_type_that_cannot_be_used_is_told_where_a_question_asks_for_it(announced, how):
    announced("line_types", {"broken": "import nothing_of_this_name", "not there": ""}.get(how, PLACE), "single" if how == "of ours" else "place")
    if how == "by two": announced("other_types")
    text = PLACES.replace("type: place", "type: single") if how == "of ours" else PLACES
    with pytest.raises(QuestionErrors) as told: read_questions("places.yaml", text)
    assert re.search({"by two": r"2 types of question called place: from (line_types 0.1 and from other_types 0.1|other_types 0.1 and from line_types 0.1)",
                      "broken": "type place of line_types 0.1 cannot be read: ModuleNotFoundError", "not there": "line_types 0.1 announces the type place, but line_types.kinds registers none",
                      "of ours": "2 types of question called single: from course_lib.* and from line_types 0.1"}[how], str(told.value))
    assert str(told.value).startswith("places.yaml:5:11: ") and "numeric" in TYPES and ("single" in TYPES) == (how != "of ours")


def test_it_is_read_and_its_mistakes_have_a_place(slider, file):
    question = read_questions(file)["sl-01"]
    assert isinstance(question, slider) and find_problems(file) == [] and "Slider" in json_schema()["$defs"]
    for change, said in ((("steps: 10", "stepz: 10"), "my.yaml:13:5: `stepz` is not a key here (did you mean `steps`?)"),
                         (("steps: 10", "steps: ten"), "my.yaml:13:12: `steps`"), (("a + 1", "a + b"), "my.yaml:14:13: sl-01: `b` is not drawn"),
                         (("steps: 10", "steps: 5"), "my.yaml:14:13: sl-01: the answer is not on the line"),
                         (("type: slider", "type: slyder"), "did you mean `slider`?")):
        assert any(said in str(problem) for problem in find_problems("my.yaml", text=FILE.replace(*change))), said


def test_it_is_drawn_marked_and_grades_itself(file):
    question = read_questions(file)["sl-01"]
    drawn = {draw_variant(question, b"key", k).answer for k in range(20)}
    assert len(drawn) > 3
    for k in range(20): assert disagreements(draw_variant(question, b"key", k)) == []
    asked = self_study(question)
    assert {case.what for case in cases(asked)} >= {"the place", "beside it", "blank", "hostile", "wrong type"}
    assert asked.shown()["steps"] == 10 and "answer" not in asked.shown()
    assert mark(asked, 11) == Mark(0.0, "invalid", "Choose a place on the line.")
    assert mark(question.model_copy(update={"everybody": True}), 0).score == 1


def test_a_changed_copy_is_marked_by_its_own_key(file):
    "What was drawn for the original, and kept, does not mark the copy."
    question = read_questions(file)["sl-01"]
    answer = int(self_study(question).answer)
    mended = question.model_copy(update={"answer": "a + 3"})
    assert mark(question, answer).score == 1 and mark(mended, answer).score == 0 and mark(mended, answer + 2).score == 1
    other = question.model_copy(update={"vary": {"a": Vary(integer=(50, 60))}, "steps": 100})
    assert 51 <= self_study(other).answer <= 61


def test_a_changed_question_of_its_own_type_is_noticed(file):
    question = read_questions(file)["sl-01"]
    longer, mended = question.model_copy(update={"steps": 12}), question.model_copy(update={"answer": "a + 2"})
    for of in (fingerprint, drawn_fingerprint): assert of(longer) != of(question) == of(mended)


def test_what_a_type_does_not_say_needs_a_new_version(slider, file):
    "Whoever forgets to say what students see is told of too many changes, and not of too few."
    del slider.drawn_from
    question = read_questions(file)["sl-01"]
    assert fingerprint(question) != fingerprint(question.model_copy(update={"answer": "a + 2"}))


def test_it_is_asked_in_a_terminal(file, tmp_path):
    lines, prompts, said = iter(["far", str(self_study(read_questions(file)["sl-01"]).answer)]), [], []
    marks = quiz(file, None, tmp_path / "answers.json", lambda prompt: prompts.append(prompt) or next(lines), said.append)
    assert marks["sl-01"].score == 1 and prompts == ["a place > "] * 2 and any("Choose a place" in line for line in said)


def test_it_is_exported(file):
    root = ET.fromstring(moodle_xml(file, b"key", count=3))
    assert len([q for q in root if q.get("type") == "numerical"]) == 3 and essays_instead(file) == []
    package = zipfile.ZipFile(io.BytesIO(qti_package(file, b"key", count=2)))
    assert all(b"sliderInteraction" in package.read(f"items/sl-01-{k}.xml") for k in (1, 2))
    asked = self_study(read_questions(file)["sl-01"])
    assert right_answer(asked, {}) == f"<b>{asked.answer}</b>"


def test_it_is_released_and_graded(file, tmp_path):
    release_questionnaire(file, tmp_path / "course")
    course, name = Course(tmp_path / "course"), "questionnaire_sliders"
    handed_in = tmp_path / "ada"
    handed_in.mkdir()
    quiz = Questionnaire(tmp_path / "course" / "source" / name / "questions.json", answers=handed_in / "answers.json", student="ada")
    assert quiz.questions[0]["steps"] == 10
    quiz.answer("sl-01", int(course.asked(name, "sl-01", "ada")[0].answer))
    assert [row["share"] for row in submission_table(course, name, "ada", handed_in)] == [1.0]


@NEEDS_CHROMIUM
def test_it_is_shown_and_marked_in_a_page(file, tmp_path):
    assert "types.slider" in scripts("widget.js") and sealed_questions(file)["questions"][0]["steps"] == 10
    answer, errors = int(self_study(read_questions(file)["sl-01"]).answer), []
    with running_chromium() as browser:
        page = open_page(browser, errors)
        page.goto(write_page(file, tmp_path / "page.html").as_uri())
        page.get_by_label("Your place").fill(str(answer - 1))
        page.locator(".cq-main").click()
        expect(page.locator(".cq-said")).to_contain_text("Partly right (50 %)")
        page.get_by_label("Your place").fill(str(answer))
        page.locator(".cq-main").click()
        expect(page.locator(".cq-said")).to_contain_text("Right")
        expect(page.locator(".cq-why")).to_contain_text(f"It is {answer - 1} + 1.")
    assert not errors


def test_a_file_in_the_folder_is_all_it_takes(tmp_path, monkeypatch):
    "No list of types is edited: what lies in `types` is found, and each type there is registered by its module."
    import course_lib.questionnaire.types as folder
    len(TYPES)
    monkeypatch.setattr(TYPES, "_found", dict(TYPES._found))
    monkeypatch.setattr(TYPES, "_looked", False)
    monkeypatch.setattr(folder, "__path__", [*folder.__path__, str(tmp_path)])
    (tmp_path / "tenth.py").write_text("from typing import Literal\nfrom course_lib.questionnaire.model import Question, question_type\n\n\n"
                                       "@question_type\nclass Tenth(Question):\n    type: Literal['tenth']\n")
    try: assert len(TYPES) == 10 and TYPES["tenth"].__module__ == "course_lib.questionnaire.types.tenth"
    finally: sys.modules.pop("course_lib.questionnaire.types.tenth", None)


def test_a_type_says_what_it_must(slider, file):
    del slider.marked
    with pytest.raises(NotImplementedError, match="Slider does not say how it is marked"): mark(read_questions(file)["sl-01"], 3)


def test_two_types_of_one_name_are_an_error_that_names_both(slider):
    with pytest.raises(TypeError, match=r"two types of question are called slider: \S*Slider and \S*Other"):
        @question_type
        class Other(Question):
            type: Literal["slider"]
    assert TYPES["slider"] is slider


def test_an_unknown_type_is_told_with_those_that_are_known():
    with pytest.raises(KeyError, match="no type of question is called slider; there are blanks, essay, expression, match"): TYPES["slider"]
    with pytest.raises(QuestionErrors, match=r"`type` is one of blanks, essay, expression, .* not `slider`"): read_questions("my.yaml", FILE)


def test_no_other_module_asks_which_type_a_question_has():
    package = Path(__file__).parents[1] / "course_lib" / "questionnaire"
    asks = re.compile(r"""(\.type|(?<!error)\["type"\])\s*([=!]=|in\b)|match\s[^:]*\.type\b|switch \(\w+\.type\)""")
    files = [*package.glob("*.py"), *(package / "static").glob("*.js")]
    found = [f"{file.name}: {line.strip()}" for file in files for line in file.read_text().splitlines() if asks.search(line)]
    assert len(files) > 20 and not found, found


def test_each_type_is_described_by_the_file_it_stands_in():
    "The nine that come with the course, each with its model, its marks and its cases in a module of `types`."
    assert list(TYPES) == ["blanks", "essay", "expression", "match", "multi", "numeric", "order", "single", "text"]
    for cls in TYPES.values():
        home = {vars(c).get("marked") and c.__module__ for c in cls.__mro__ if "marked" in vars(c)} - {"course_lib.questionnaire.model"}
        assert home == {cls.__module__} and cls.__module__.startswith("course_lib.questionnaire.types."), cls
        assert json.dumps(cls.model_json_schema()["properties"]["type"]["const"])
