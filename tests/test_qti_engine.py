"""What we export as QTI, marked by an engine that others wrote (npm's @citolab/qti-components, in Chromium): as here, or told as lost."""
import re

import pytest
from browser import NEEDS_CHROMIUM, ROOT, open_page, running_chromium
from test_import import ours

from course_lib.questionnaire.self_test import cases
from course_lib.questionnaire.exchange.qti import assessment_item
from course_lib.questionnaire.scoring import mark

converter = pytest.importorskip("qti_convert", reason="the package citolab-qti-convert is not installed")
ENGINE = ROOT / "tests/qti/node_modules/@citolab/qti-components/cdn/index.js"
pytestmark = [NEEDS_CHROMIUM, pytest.mark.skipif(not ENGINE.exists(), reason="the engine is not installed (npm ci --prefix tests/qti)")]
PAGE = "<!doctype html><script type='module'>import '/index.js'; console.log = () => {}; window.ready = true;</script><main></main>"
MARKED = """async (items) => {
  const found = {};
  for (const [id, xml, tries] of items) {
    const box = document.createElement('item-container'), host = document.createElement('qti-item');
    const connected = new Promise((done) => host.addEventListener('qti-assessment-item-connected', (event) => done(event.detail), { once: true }));
    box.itemXML = xml;
    host.append(box);
    document.querySelector('main').replaceChildren(host);
    const item = await connected;
    await item.updateComplete;
    const start = item.variables.map((variable) => ({ ...variable }));
    found[id] = tries.map((responses) => {
      item.variables = start.map((variable) => ({ ...variable }));
      for (const [name, response] of Object.entries(responses)) item.updateResponseVariable(name, response);
      item.processResponse();
      return Number(item.variables.find((variable) => variable.identifier === 'SCORE').value);
    });
  }
  return found;
}"""


def in_qti(asked, response, name="RESPONSE"):
    "A response as the engine gets it, by the names of its variables; None for one that no interaction of QTI can give."
    kind = asked.question.type
    if asked.parts:
        if type(response) is not dict or set(response) - {name for name, _ in asked.parts}: return None
        given = [in_qti(part, response.get(gap) or None, f"RESPONSE_{gap}") for gap, part in asked.parts]
        return None if None in given else {name: value for one in given for name, value in one.items()}
    if response is None: return {name: "" if kind == "text" else None}  # the engine compares no text with nothing
    if kind == "match":
        if type(response) is not dict: return None
        pairs = [f"L{left} R{right}" for left, right in response.items() if type(right) is str and right]
        ok = all(p in {f"L{left} R{right}" for left, _ in asked.prompts for right, _ in asked.choices} for p in pairs)
        return {name: pairs} if ok else None
    ids = {id for id, _ in asked.options or asked.items or ()}
    if kind in ("multi", "order"):
        if type(response) is not list or any(type(r) is not str or r not in ids for r in response) or len(set(response)) < len(response): return None
        return {name: [f"O{r}" for r in response] or None}
    if type(response) is not str: return None
    if kind == "single": return {name: f"O{response}"} if response in ids else None
    if kind == "numeric" and mark(asked, response).status != "ok": return None  # an entry for a number takes no text
    return {name: response}


def readable(asked, response):
    "Whether an entry of QTI takes it as we do: without our aids for typing, which are a comma for a point and blanks that mean nothing."
    if asked.parts: return type(response) is dict and all(readable(part, response.get(name)) for name, part in asked.parts)
    if type(response) is not str or asked.question.type not in ("numeric", "text"): return True
    if asked.question.type == "numeric": return not response or bool(re.fullmatch(r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?", response))
    return response == response.strip() and not re.search("[\u200b\ufeff]|  |\n", response)


def said_lost(asked, case):
    "Whether the export says of this kind of answer that the format cannot tell."
    said = " ".join(asked.question.lost("qti"))
    return ("an order that is partly right" in said and 0 < case.score < 1) or ("without an answer" in said and case.what == "blank")


def tried():
    "Every question that an engine can mark, with the responses that both can be given and what they earn here."
    for asked, _ in ours():
        if asked.question.type in ("essay", "expression"): continue
        tries = []
        for case in cases(asked):
            if case.score is None or case.what.startswith("a bound") or not readable(asked, case.response) or said_lost(asked, case): continue
            response = in_qti(asked, case.response)
            if response is not None: tries.append((case.what, response, mark(asked, case.response).score))
        yield asked.question.id, assessment_item(asked, {}, asked.question.id), tries


def for_the_engine(item):
    "The item in QTI 3, which it reads. A pattern fits the whole text in QTI; this engine forgets that, so it is written here."
    return re.sub(r' pattern="([^"]*)"', r' pattern="^(?:\1)$"', converter.upgrade_qti2_to_qti3(item.decode()))


def test_an_engine_marks_what_we_export_as_we_do():
    ours, errors = {id: (item, tries) for id, item, tries in tried()}, []
    with running_chromium() as chromium:
        page = open_page(chromium, errors)
        script = {"path": ENGINE, "content_type": "text/javascript"}
        page.route("http://engine.test/**", lambda r: r.fulfill(**script if r.request.url.endswith(".js") else {"body": PAGE, "content_type": "text/html"}))
        page.goto("http://engine.test/")
        page.wait_for_function("window.ready")
        theirs = page.evaluate(MARKED, [[id, for_the_engine(item), [response for _, response, _ in tries]] for id, (item, tries) in ours.items()])
    rows = [(id, *row, their) for id, (_, tries) in ours.items() for row, their in zip(tries, theirs[id], strict=True)]
    assert [row for row in rows if abs(row[-2] - row[-1]) > 0.002] == []
    assert not errors
    assert len(rows) > 1000 and {"mb-68", "mb-69", "ek-01"} <= set(ours)  # several gaps in one text, too
