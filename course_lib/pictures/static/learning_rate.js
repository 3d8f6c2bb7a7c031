// Gradient descent on the loss p²: where it goes with another learning rate.

// where the parameter was: at the beginning, and after each step against the gradient 2p
function visited(start, rate, steps) {
  const all = [start];
  for (let i = 0; i < steps; i++) all.push(all[i] - rate * 2 * all[i]);
  return all;
}

// what a step does, by what it multiplies the parameter with
function whatHappens(factor) {
  if (factor === 1) return "it does not move";
  if (factor > 0) return "it comes closer, always on the same side";
  if (factor === 0) return "a single step leads to the bottom";
  if (factor > -1) return "it jumps across the valley and lands lower on the other side";
  if (factor === -1) return "it jumps to and fro, for ever, and gets no lower";
  return "it jumps across the valley and lands higher on the other side";
}

const picture = {
  title: "Descending on the loss p²",
  make(values, say) {
    const rate = slider("learning rate", { min: 0, max: 1.2, step: 0.01, value: values.rate }, draw);
    const steps = slider("steps", { min: 0, max: 12, step: 1, value: values.steps }, draw);
    const start = slider("begin at", { min: -4, max: 4, step: 0.5, value: values.start }, draw);
    const plot = axes("The loss p² and the places that were visited", "parameter p", "loss");
    const losses = axes("The loss after each step", "step", "loss");
    function draw() {
      const places = visited(start.value, rate.value, steps.value), farthest = Math.max(...places.map(Math.abs));
      const edge = [4.5, 10, 20, 50, 100, 200, 500].find((e) => e > farthest), factor = Math.round((1 - 2 * rate.value) * 100) / 100;
      plot.set([-edge, edge], [0, edge * edge]);
      const path = places.map((p) => [p, p * p]);
      plot.show(["line", spread(-edge, edge, 100).map((p) => [p, p * p]), "cp-soft"], ["line", path, "cp-red"], ["dot", path, "cp-red"], ["dot", path.slice(-1), "cp-here"]);
      const fall = path.map(([, loss], i) => [i, loss]);
      losses.set([-0.5, 12.5], [0, Math.max(edge === 4.5 ? 20.25 : 0, ...fall.map(([, loss]) => loss)) * 1.05]);
      losses.show(["line", fall, "cp-red"], ["dot", fall, "cp-red"], ["dot", fall.slice(-1), "cp-here"]);
      const last = places.at(-1);
      say(`After ${steps.value} ${steps.value === 1 ? "step" : "steps"} from ${words(start.value, 1)} with learning rate ${words(rate.value)}: parameter ${words(last, 3)}, loss ${words(last * last, 3)}. ` +
        `Each step multiplies the parameter by 1 − 2 · ${words(rate.value)} = ${words(factor)}: ${whatHappens(factor)}.`);
    }
    return { controls: [rate.element, steps.element, start.element], views: [plot.element, losses.element], draw };
  },
};
