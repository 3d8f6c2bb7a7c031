// The questionnaire in a page. In JupyterLab `model` is the widget's model, and the kernel marks and saves;
// in a page without a kernel it is the stand-in of page.js, which does the same on its own.

let made = 0;

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "html") node.innerHTML = value;  // from the question file, already made safe
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null));
  // JupyterLab would take single letters for commands of the notebook
  if (/^(A|BUTTON|INPUT|SELECT|TEXTAREA|SUMMARY|LI|H3|H4)$/.test(node.tagName)) node.dataset.lmSuppressShortcuts = "true";
  return node;
}

const WORDS = { ok: "", blank: "Not answered", invalid: "Cannot be marked", review: "A person will mark this", saved: "Saved" };
const BUSY_AFTER = 2000;  // milliseconds without an answer from the kernel

function verdict(mark) {
  if (!mark || mark.status === "blank") return "open";
  if (mark.status === "saved" || mark.status === "review") return "saved";
  if (mark.status === "invalid") return "invalid";
  return mark.score === 1 ? "right" : mark.score > 0 ? "partly" : "wrong";
}
const NAMES = { open: "not answered", saved: "saved", invalid: "cannot be marked", right: "right", partly: "partly right", wrong: "not right" };
const SIGNS = { open: "○", saved: "●", invalid: "!", right: "✓", partly: "◐", wrong: "✗" };

// ---- what a student enters: an element, and its value as a response

// For each type of question that needs it, as the files in `types` say: `enter(question, name, given, say)`, what a student
// enters (an `element`, its `value()`, and `place(text)` where it stands within the text), and `mark(question, response)`, the
// mark in a page without a kernel.
const types = {};

// how a student enters a response, unless the type of the question has a way of its own: in a line of text
function box(attributes) {
  const input = el("input", { type: "text", autocomplete: "off", autocapitalize: "off", spellcheck: "false", ...attributes, onkeydown(event) {
    if (event.key !== "Enter" || event.isComposing) return;  // within a notebook a form does not send itself
    event.preventDefault();
    input.form?.requestSubmit();
  } });
  return input;
}

function line(question, name, given, { label = "Your answer", inputmode = "text", wide = false, about = null } = {}) {
  const input = box({ id: name, class: wide ? "cq-wide" : "", inputmode, value: given ?? "" });
  const unit = question.unit ? el("span", {}, question.unit) : null;
  return { element: el("div", { class: "cq-line" }, el("label", { for: name }, label), input, unit, about), value: () => input.value };
}

// A menu has no pictures, formulas and code, only text: where an option has more, all of them are shown beside it, by letter.
const rich = (options) => options.some(([, html]) => /<(img|math|code|pre|table)\b/.test(html));

function menu(options, attributes) {
  return el("select", attributes, el("option", { value: "" }, "choose …"),
    ...options.map(([id, , plain]) => el("option", { value: id }, rich(options) ? `${id}. ${plain}` : plain)));
}

function offers(options, label) {
  if (!rich(options)) return null;
  return el("ul", { class: "cq-offers", "aria-label": label },
    ...options.map(([id, html]) => el("li", {}, el("span", { class: "cq-letter" }, `${id}.`), el("span", { html }))));
}

// ---- "read again": a heading on this page if it is here, or else the chapter

function slug(text) {
  return text.replace(/¶/g, "").trim().toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/_/g, "-").replace(/\s+/g, "-").replace(/^-+|-+$/g, "");
}

function readAgain(question, page, words = `Read again: ${question.topic}`) {
  if (!question.read) return question.topic;
  const { path: place, section } = question.read, elsewhere = place.includes("://");  // a chapter's place in the course, or an address
  let href = elsewhere ? place : page ? `${page}${place}.html#${section}` : "#";
  const config = document.getElementById("jupyter-config-data");
  if (!page && !elsewhere && config) {
    const path = decodeURIComponent(location.pathname).match(/\/tree\/(.*)nbs\//);
    href = `${JSON.parse(config.textContent).baseUrl}lab/tree/${path ? path[1] + "nbs/" : ""}${place}.ipynb`;
  }
  return el("a", { href, target: page && !elsewhere ? null : "_blank", rel: "noopener", class: "cq-read", onclick(event) {
    const heading = !elsewhere && section && [...document.querySelectorAll("h1, h2, h3, h4")].find((h) => !h.closest(".cq") && slug(h.textContent) === section);
    if (!heading) return;
    event.preventDefault();
    heading.scrollIntoView({ block: "start" });
    heading.setAttribute("tabindex", "-1");
    heading.focus({ preventScroll: true });
  } }, words);
}

// In a page the questions stand below its title; in a notebook they stand below a heading of the chapter.
const level = (page, n) => (page ? String(n) : null);

// ---- one question

// `drafts` holds what was entered and not sent, by question, for as long as the widget stands; `onwards` goes to the next question.
function card(model, question, index, total, page, uid, drafts, onwards) {
  const study = model.get("mode") === "study", name = `${uid}-${question.id}`;
  const said = el("div", { class: "cq-said", role: "status", "aria-live": "polite" });
  const whisper = el("div", { class: "cq-hidden", role: "status", "aria-live": "polite" });
  const enter = types[question.type]?.enter ?? line;
  const given = drafts.has(question.id) ? drafts.get(question.id) : model.get("answers")[question.id];
  const input = enter(question, name, given, (text) => { whisper.textContent = text; entered(); });
  const text = el("div", { class: "cq-text", html: question.html });
  input.place?.(text);  // what is entered within the text
  const check = el("button", { type: "submit", class: "cq-main" }, study && !question.by_person ? "Check" : "Save answer");
  const explain = el("button", { type: "button", onclick: () => model.send({ kind: "explain", id: question.id }) }, "Show the explanation");
  const again = study && question.varies ? el("button", { type: "button", onclick() { drafts.delete(question.id); drafts.again = question.id; model.send({ kind: "again", id: question.id }); } }, "New numbers") : null;
  const points = `${question.points} ${question.points === 1 ? "point" : "points"}`;
  const form = el("form", { class: "cq-card", "aria-labelledby": `${name}-title`, novalidate: true, onsubmit(event) {
    event.preventDefault();
    if (form.dataset.done && !drafts.has(question.id)) return onwards();
    send();
  }, oninput: () => entered(), onchange: () => entered() },
    el("h4", { id: `${name}-title`, tabindex: -1, "aria-level": level(page, 3) }, `Question ${index + 1} of ${total}`, el("span", { class: "cq-small" }, ` ${question.topic} · ${points} · ${question.id}`)),
    text, input.element,
    el("details", {}, el("summary", {}, "Hint"), el("div", { html: question.hint })),
    el("div", { class: "cq-row" }, check, study ? explain : null, again, whisper), said);
  let sent = 0;  // the timer of an answer that is on its way
  // An old verdict never stands beside a new answer: until it is sent, the answer is a draft.
  function entered() {
    const response = input.value();
    if (!drafts.has(question.id) && JSON.stringify(response) === JSON.stringify(model.get("answers")[question.id] ?? untouched)) return;
    drafts.set(question.id, response);
    unsent();
  }
  function unsent() {
    form.dataset.verdict = "draft";
    delete form.dataset.done;
    check.textContent = study && !question.by_person ? "Check" : "Save answer";
    explain.hidden = true;
    said.replaceChildren(el("p", { class: "cq-small" }, "Not sent yet."));
  }
  function send() {
    drafts.delete(question.id);
    said.replaceChildren();
    try {
      Promise.resolve(model.send({ kind: "answer", id: question.id, response: input.value() })).catch(lost);
      clearTimeout(sent);
      sent = setTimeout(() => said.replaceChildren(el("p", { class: "cq-small" }, "Waiting for the kernel: it is busy, or was stopped.")), BUSY_AFTER);
    } catch { lost(); }
  }
  function lost() {
    clearTimeout(sent);
    drafts.set(question.id, input.value());
    unsent();
    said.replaceChildren(el("p", { class: "cq-verdict" }, "! Not saved"), el("p", {}, "The kernel was restarted or stopped. Run this cell again; what you have entered elsewhere is kept."));
  }
  function show() {
    clearTimeout(sent);
    if (drafts.has(question.id)) return unsent();
    const mark = model.get("marks")[question.id], kind = verdict(mark), used = mark?.left === 0;
    form.dataset.verdict = kind;
    if (again) again.hidden = !mark || kind === "open";
    if (["right", "saved"].includes(kind) || used) form.dataset.done = "yes"; else delete form.dataset.done;
    explain.hidden = !mark || Boolean(mark.explanation) || mark.status === "blank";
    if (form.dataset.done) check.textContent = "Next";
    else if (study && !question.by_person) check.textContent = kind === "open" ? "Check" : "Check again";
    else check.textContent = "Save answer";
    if (!mark) return said.replaceChildren();
    const head = study && mark.status === "review" ? "Compare your text with this" : WORDS[mark.status] || NAMES[kind][0].toUpperCase() + NAMES[kind].slice(1);
    const share = kind === "partly" ? ` (${Math.round(mark.score * 100)} %)` : "";
    const feedback = study && mark.status === "review" ? "" : mark.feedback;
    const reread = study && question.read && !["right", "saved", "open"].includes(kind) ? el("p", {}, readAgain(question, page)) : null;
    const plain = feedback.replace(/<[^>]*>/g, "").replace(/\.$/, "").toLowerCase();
    const tries = study && mark.left != null && kind !== "right" && kind !== "open" ? el("p", { class: "cq-small" }, `Attempts left: ${mark.left} of ${question.attempts}.`) : "";
    said.replaceChildren(el("p", { class: "cq-verdict" }, `${SIGNS[kind]} ${head}${share}`),
      plain && mark.status !== "blank" && plain !== head.toLowerCase() ? el("div", { html: feedback }) : "", mark.explanation ? el("div", { class: "cq-why", html: mark.explanation }) : "", tries, reread ?? "");
  }
  const untouched = input.value();
  show();
  return { form, show, id: question.id, send: () => drafts.has(question.id) && send() };
}

// ---- the whole

function summaryOf(model, page, go, drafts) {
  const questions = model.get("questions"), marks = model.get("marks"), study = model.get("mode") === "study";
  const kinds = questions.map((q) => verdict(marks[q.id]));
  const points = questions.reduce((sum, q) => sum + q.points * (marks[q.id]?.score ?? 0), 0);
  const possible = questions.reduce((sum, q) => sum + (q.by_person ? 0 : q.points), 0);
  const answered = kinds.filter((kind) => kind !== "open").length;
  const rows = questions.map((q, i) => el("li", {}, el("button", { type: "button", class: "cq-link", onclick: () => go(i) },
    `${SIGNS[kinds[i]]} Question ${i + 1}, ${q.topic}: ${NAMES[kinds[i]]}` + (drafts.has(q.id) ? ", a draft not sent" : ""))));
  const review = questions.filter((q, i) => study && ["wrong", "partly", "invalid"].includes(kinds[i]));
  const topics = [...new Map(review.map((q) => [q.read ? `${q.read.path}#${q.read.section}` : q.topic, q])).values()];
  return el("section", { class: "cq-summary", "aria-label": "Summary" }, el("h4", { tabindex: -1, "aria-level": level(page, 3) }, "Summary"),
    el("p", {}, `${answered} of ${questions.length} answered` + (study ? `, ${Math.round(points * 10) / 10} of ${possible} points.` : ". Your answers are saved; they are marked after you have submitted.")),
    study && topics.length ? el("div", {}, el("p", {}, "To review:"), el("ul", {}, ...topics.map((q) => el("li", {}, readAgain(q, page))))) : null,
    study && answered && !topics.length ? el("p", {}, "Nothing to review among what you have answered.") : null,
    study && !page && review.length ? el("p", { class: "cq-small" }, "What was not right comes back after 1, 3, 7 and 21 days: Questionnaire(…, review=True).") : null,
    following(model, page),
    el("ol", { class: "cq-list" }, ...rows));
}

// the way on, after the last question of a chapter
function following(model, page) {
  const next = model.get("following");
  if (!next?.path) return null;
  return el("p", {}, "Next chapter: ", readAgain({ read: { path: next.path, section: "" }, topic: next.title }, page, next.title));
}

// Shortcuts are kept from the widget, so that letters are no commands; saving the notebook still has to work.
function passOn(event, root) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "s") return;
  const notebook = root.closest(".jp-Notebook");
  if (!notebook) return;
  event.preventDefault();
  event.stopPropagation();
  const { key, code, keyCode, ctrlKey, metaKey, shiftKey } = event;
  notebook.dispatchEvent(new KeyboardEvent("keydown", { key, code, keyCode, ctrlKey, metaKey, shiftKey, bubbles: true, cancelable: true }));
}

function dark() {
  const lab = document.body.dataset.jpThemeLight;
  if (lab !== undefined) return lab === "false";
  const theme = document.documentElement.dataset.theme;
  if (theme === "dark" || theme === "light") return theme === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

export function render({ model, el: root }) {
  const uid = `cq${++made}`, page = model.get("page") || "";
  const drafts = new Map(), firstOpen = model.get("questions").findIndex((q) => ["open", "wrong", "partly", "invalid"].includes(verdict(model.get("marks")[q.id])));
  let at = firstOpen < 0 ? model.get("questions").length : firstOpen, all = false, cards = [];
  const bar = el("progress", { max: 1, value: 0, "aria-label": "Questions answered" });
  const count = el("span", { class: "cq-small" }), problem = el("div", { class: "cq-problem", role: "alert" }), body = el("div");
  const toggle = el("button", { type: "button", "aria-pressed": "false", onclick() { keep(); all = !all; draw(); toggle.focus(); } }, "Show all");
  const back = el("button", { type: "button", onclick: () => go(at - 1) }, "Previous");
  const next = el("button", { type: "button", onclick: () => go(at + 1) }, "Next");
  const sum = el("button", { type: "button", onclick: () => go(model.get("questions").length) }, "Summary");
  const box = el("div", { class: "cq", role: "region", "aria-label": model.get("title") },
    el("div", { class: "cq-head" }, el("h3", { class: "cq-title", "aria-level": level(page, 2) }, model.get("title")), el("div", { class: "cq-row" }, bar, count, toggle)),
    problem, body, el("div", { class: "cq-row cq-nav" }, back, next, sum));

  function draw() {
    const questions = model.get("questions"), last = questions.length;
    toggle.textContent = all ? "Show one" : "Show all";
    toggle.setAttribute("aria-pressed", String(all));
    back.hidden = next.hidden = all;
    back.disabled = at === 0;
    next.disabled = at >= last;
    next.textContent = at === last - 1 ? "To the summary" : "Next";
    sum.hidden = !all && at === last;
    const wanted = all ? questions.map((_, i) => i) : at < last ? [at] : [];
    cards = wanted.map((i) => card(model, questions[i], i, last, page, uid, drafts, () => go(i + 1)));
    body.replaceChildren(...cards.map((c) => c.form));
    if (at >= last) body.append(summaryOf(model, page, go, drafts));
  }
  // In the graded questionnaire what was entered is saved when one goes on; in self-study a draft stays a draft.
  function keep() { if (model.get("mode") !== "study") for (const c of cards) c.send(); }
  function go(to) {
    keep();
    at = Math.max(0, Math.min(to, model.get("questions").length));
    draw();
    const target = at === model.get("questions").length ? body.querySelector(".cq-summary h4") : cards[all ? at : 0].form.querySelector("h4");
    target?.focus({ preventScroll: true });
    target?.scrollIntoView({ block: "nearest" });
  }
  function marked() {
    const questions = model.get("questions"), marks = model.get("marks");
    const answered = questions.filter((q) => verdict(marks[q.id]) !== "open").length;
    bar.max = questions.length;
    bar.value = answered;
    count.textContent = `${answered} of ${questions.length} answered`;
    cards.forEach((c) => c.show());
  }
  function asked() {
    draw();
    marked();
    const form = cards.find((c) => c.id === drafts.again)?.form;
    (form?.querySelector("input, select, textarea, .cq-handle") ?? form?.querySelector("h4"))?.focus({ preventScroll: true });
  }
  function told() { problem.textContent = model.get("message"); problem.hidden = !model.get("message"); }
  function themed() { box.classList.toggle("cq-dark", dark()); }

  box.addEventListener("keydown", (event) => passOn(event, root), true);
  model.on("change:marks", marked);
  model.on("change:questions", asked);
  model.on("change:message", told);
  const watch = new MutationObserver(themed);
  for (const node of [document.body, document.documentElement]) watch.observe(node, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-theme"] });
  themed();
  told();
  draw();
  marked();
  root.append(box);
  return () => { watch.disconnect(); model.off("change:marks", marked); model.off("change:questions", asked); model.off("change:message", told); };
}

export default { render };
