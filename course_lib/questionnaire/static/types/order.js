// Items to be put in order, by button or by key.

function ordering(question, name, given, say) {
  const texts = new Map(question.items.map(([id, html, plain]) => [id, { html, plain }]));
  let order = Array.isArray(given) && given.every((id) => texts.has(id)) ? [...given] : question.items.map(([id]) => id);
  const list = el("ol", { class: "cq-order", "aria-label": "Items to put in order. Alt and the arrow keys move an item." });
  function move(id, by, focus) {
    const from = order.indexOf(id), to = from + by;
    if (to < 0 || to >= order.length) return;
    order.splice(to, 0, ...order.splice(from, 1));
    fill();
    list.querySelector(`[data-id="${id}"] ${focus}`)?.focus();
    say(`${texts.get(id).plain}: now in place ${to + 1} of ${order.length}`);
  }
  function fill() {
    list.replaceChildren(...order.map((id, i) => {
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
  return { element: el("div", {}, el("p", { class: "cq-small" }, "Move the items with the arrows, or with Alt + ↑ and Alt + ↓."), list), value: () => [...order] };
}

types.order = {
  enter: ordering,
  mark(question, response) {
    const before = (k, j, id) => open(question, `${k}: ${response[j]}<${id}`);
    const inOrder = (k) => response.reduce((longest, id) => [...longest, 1 + Math.max(0, ...longest.filter((_, j) => before(k, j, id)))], []);
    const most = Math.max(...[...Array(question.orders).keys()].flatMap(inOrder)), n = response.length;
    return outcome((most - 1) / (n - 1), most === n ? "Right." : `${most} of ${n} stand in the right order among themselves.`);
  },
};
