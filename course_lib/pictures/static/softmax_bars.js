// Softmax: three activations and their probabilities.

function softmax(activations) {
  const largest = Math.max(...activations), exps = activations.map((a) => Math.exp(a - largest)), sum = exps.reduce((x, y) => x + y, 0);
  return exps.map((e) => e / sum);
}

const picture = {
  title: "Softmax",
  make({ names, activations }, say) {
    const sliders = names.map((name, i) => slider(name, { min: -10, max: 10, step: 0.01, value: activations[i] }, draw));
    const body = el("tbody"), given = () => sliders.map((s) => s.value);
    const set = (numbers) => () => { numbers().forEach((x, i) => { sliders[i].value = Math.max(-10, Math.min(10, x)); }); draw(); };
    const table = el("table", {}, el("thead", {}, el("tr", {}, ...["", "a", "eᵃ", "probability", ""].map((title) => el("th", { scope: "col" }, title)))), body);
    function draw() {
      const a = given(), p = softmax(a), exps = a.map(Math.exp), winner = p.indexOf(Math.max(...p));
      body.replaceChildren(...names.map((name, i) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, words(a[i])), el("td", {}, words(exps[i], exps[i] < 100 ? 2 : 0)),
        el("td", {}, words(p[i], 3)), el("td", { class: "cp-wide", "aria-hidden": "true" }, el("span", { class: "cp-bar", style: `width: ${(100 * p[i]).toFixed(2)}%` })))));
      const leads = a.map((x) => a[winner] - x).filter((_, i) => i !== winner), lead = Math.min(...leads);
      say(lead === 0 ? "The largest activations are equal, and share." : `The answer is ${names[winner]}, with probability ${words(p[winner], 3)}: it is ${words(lead)} ahead of the next one.`);
    }
    const buttons = [["Add 1 to all", () => given().map((x) => x + 1)], ["Take 1 from all", () => given().map((x) => x - 1)], ["Double all", () => given().map((x) => x * 2)], ["Begin again", () => activations]];
    return { controls: [...sliders.map((s) => s.element), el("div", { class: "cp-buttons" }, ...buttons.map(([name, numbers]) => button(name, set(numbers))))], views: [table], draw };
  },
};
