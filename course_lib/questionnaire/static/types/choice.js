// Options: one of them, or any number.

function choices(question, name, given, many) {
  const picked = new Set(many ? (Array.isArray(given) ? given : []) : [given]);
  const inputs = question.options.map(([id]) =>
    el("input", { type: many ? "checkbox" : "radio", name, value: id, id: `${name}-${id}`, checked: picked.has(id) }));
  const rows = question.options.map(([id, html], i) =>
    el("div", { class: "cq-option" }, inputs[i],
      el("label", { for: `${name}-${id}` }, el("span", { class: "cq-letter" }, `${id}.`), el("span", { html }))));
  const legend = el("legend", {}, many ? "Choose all that are right" : "Choose one");
  return {
    element: el("fieldset", {}, legend, ...rows),
    value() { const ids = inputs.filter((i) => i.checked).map((i) => i.value); return many ? ids : ids[0] ?? ""; },
  };
}

types.single = {
  enter: (question, name, given) => choices(question, name, given, false),
  mark(question, response) { return open(question, response) ?? outcome(0, "Choose one of the options.", "invalid"); },
};

types.multi = {
  enter: (question, name, given) => choices(question, name, given, true),
  mark(question, response) {
    const picks = response.map((id) => open(question, id)).filter((p) => !p.free);
    const right = picks.filter((p) => p.correct).length, wrong = picks.length - right;
    const n = question.correct, all = question.options.length - question.free;
    if (!all) return said(1);
    const added = Math.min(1, Math.max(0, picks.reduce((sum, p) => sum + Math.round(p.share * 1e9), 0) / 1e9));
    const score = { shares: added, net_correct: n ? Math.max(0, (right - wrong) / n) : Number(!wrong), all_or_nothing: Number(right === n && !wrong),
      each_answer: (right + all - n - wrong) / all }[question.marking];
    const feedback = picks.filter((p) => !p.correct).map((p) => p.feedback).join("");
    return outcome(score, feedback || (score === 1 ? "Right." : "Something is missing."));
  },
};
