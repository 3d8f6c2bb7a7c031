// Gaps in a text: each a number, a word or a choice, entered where it stands.

function gap(question, name, given, id, place, count) {
  const { type, unit, options } = question.gaps[name], label = `Gap ${place} of ${count}: ${name}`;
  if (type !== "single") {
    const input = box({ id, class: "cq-gap", "aria-label": label, inputmode: type === "numeric" ? "decimal" : "text", value: given ?? "" });
    return { input, shown: [input, unit ? el("span", {}, ` ${unit}`) : ""] };
  }
  const input = menu(options, { id, class: "cq-gap", "aria-label": label });
  input.value = given ?? "";
  return { input, shown: [input] };
}

function gapped(question, name, given) {
  const names = Object.keys(question.gaps);
  const gaps = new Map(names.map((g, i) => [g, gap(question, g, given?.[g], `${name}-${g}`, i + 1, names.length)]));
  return {
    element: el("div", {}, ...names.map((g) => offers(question.gaps[g].options, `Options for the gap ${g}`)).filter(Boolean)),
    place(text) {
      const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT), nodes = [];
      while (walker.nextNode()) nodes.push(walker.currentNode);
      for (const node of nodes)
        node.replaceWith(...node.data.split(/(\[\[\s*[a-zA-Z][a-zA-Z0-9_]*\s*\]\])/).flatMap((part) =>
          gaps.get(part.match(/^\[\[\s*(\w+)\s*\]\]$/)?.[1])?.shown ?? [part]));
    },
    value: () => Object.fromEntries(names.map((g) => [g, gaps.get(g).input.value]).filter(([, v]) => v.trim())),
  };
}

types.blanks = {
  enter: gapped,
  mark(question, response) {
    const found = Object.entries(question.gaps).map(([name, shown]) => {
      const rules = question.in_gaps[name], { salt, sealed } = question;
      return { name, points: rules.points, ...mark({ ...shown, ...rules, salt, sealed, prefix: `${name}|` }, response[name] ?? "") };
    });
    const said = found.filter((m) => m.score < 1).map((m) => `<p><code>${m.name}</code>: ${m.feedback.replace(/^<p>|<\/p>$/g, "")}</p>`).join("");
    if (found.every((m) => m.status === "blank")) return outcome(0, "Not answered yet.", "blank");
    if (found.every((m) => ["blank", "invalid"].includes(m.status))) return outcome(0, said, "invalid");
    const all = found.reduce((sum, m) => sum + m.points, 0), score = found.reduce((sum, m) => sum + m.points * m.score, 0) / all;
    return outcome(score, score === 1 ? "Right." : said);
  },
};
