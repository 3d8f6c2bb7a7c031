// Items to be put in order, by button or by key. Where some belong nowhere, they go below a line, which stays in its place
// while the items move past it.

const LINE = "|";

function ordering(question, name, given, say) {
  const texts = new Map(question.items.map(([id, html, plain]) => [id, { html, plain }]));
  const all = question.items.map(([id]) => id);
  let order = Array.isArray(given) && given.every((id) => texts.has(id)) ? [...given] : [...all];
  if (question.leave_out) order = [...order, LINE, ...all.filter((id) => !order.includes(id))];
  const list = el("ol", { class: "cq-order", "aria-label": "Items to put in order. Alt and the arrow keys move an item." });
  function move(id, by, focus) {
    const from = order.indexOf(id), to = from + by;
    if (to < 0 || to >= order.length) return;
    order.splice(to, 0, ...order.splice(from, 1));
    fill();
    list.querySelector(`[data-id="${id}"] ${focus}`)?.focus();
    const line = order.indexOf(LINE), place = order.indexOf(id), among = line < 0 ? order.length : line;
    say(`${texts.get(id).plain}: ` + (line >= 0 && place > line ? "now left out" : `now in place ${place + 1} of ${among}`));
  }
  function fill() {
    list.replaceChildren(...order.map((id, i) => {
      if (id === LINE) return el("li", { class: "cq-line-out" }, "below this line: what belongs nowhere");
      const { html, plain } = texts.get(id);
      const button = (by, sign, word) => el("button", { type: "button", class: `cq-move cq-${word}`, "aria-label": `Move ${word}: ${plain}`,
        "aria-disabled": (by < 0 ? i === 0 : i === order.length - 1) ? "true" : null, onclick: () => move(id, by, `.cq-${word}`) }, sign);
      const item = el("li", { "data-id": id }, el("span", { class: "cq-handle", tabindex: 0, html }), button(-1, "↑", "up"), button(1, "↓", "down"));
      item.querySelector(".cq-handle").dataset.lmSuppressShortcuts = "true";
      item.addEventListener("keydown", (event) => {
        if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
        event.preventDefault();
        event.stopPropagation();
        move(id, event.key === "ArrowUp" ? -1 : 1, ".cq-handle");
      });
      return item;
    }));
  }
  fill();
  return { element: el("div", {}, el("p", { class: "cq-small" }, "Move the items with the arrows, or with Alt + ↑ and Alt + ↓."
    + (question.leave_out ? " Some belong nowhere: move them below the line." : "")), list),
  value: () => (question.leave_out ? order.slice(0, order.indexOf(LINE)) : [...order]) };
}

types.order = {
  enter: ordering,
  mark(question, response) {
    const before = (k, j, id) => open(question, `${k}: ${inside[j]}<${id}`);
    const inside = response.filter((id) => open(question, `${id} belongs`)), foreign = response.length - inside.length;
    const inOrder = (k) => inside.reduce((longest, id) => [...longest, 1 + Math.max(0, ...longest.filter((_, j) => before(k, j, id)))], []);
    const most = Math.max(0, ...[...Array(question.orders).keys()].flatMap(inOrder)), n = question.belong;
    const score = Math.max(0, (most - 1 - foreign) / (n - 1)), strangers = foreign ? ` Of what you chose, ${foreign} ${foreign === 1 ? "belongs" : "belong"} nowhere.` : "";
    return outcome(score, score === 1 ? "Right." : `${most} of ${n} stand in the right order among themselves.${strangers}`);
  },
};
