// Pairs, a menu for each left-hand side.

function matching(question, name, given) {
  const selects = question.prompts.map(([id]) => {
    const select = menu(question.choices, { id: `${name}-${id}` });
    select.value = given?.[id] ?? "";
    return select;
  });
  const rows = question.prompts.map(([id, html], i) =>
    el("div", { class: "cq-pair" }, el("label", { for: `${name}-${id}`, html }), selects[i]));
  return {
    element: el("fieldset", {}, el("legend", {}, "Choose the partner of each"), offers(question.choices, "Partners") ?? "", ...rows),
    value: () => Object.fromEntries(question.prompts.map(([id], i) => [id, selects[i].value]).filter(([, v]) => v)),
  };
}

types.match = {
  enter: matching,
  mark(question, response) {
    const right = Object.entries(response).filter(([left, choice]) => open(question, `${left}=${choice}`)).length, n = question.prompts.length;
    return outcome(right / n, right === n ? "Right." : `${right} of ${n} pairs are right.`);
  },
};
