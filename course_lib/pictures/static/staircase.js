// The accuracy as a staircase, and the smooth loss beside it, while one weight is changed.

const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const mean = (numbers) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;

// what the model returns for each picture when the weight of one pixel is changed
function moved({ predictions, pixel }, change) { return predictions.map((p, i) => p + change * pixel[i]); }
function accuracy(values, change) { return mean(moved(values, change).map((p, i) => Number(p > 0 === (values.targets[i] === 1)))); }
function loss(values, change) { return mean(moved(values, change).map((p, i) => (values.targets[i] === 1 ? 1 - sigmoid(p) : sigmoid(p)))); }
function slope(values, change) {
  return mean(moved(values, change).map((p, i) => (values.targets[i] === 1 ? -1 : 1) * sigmoid(p) * (1 - sigmoid(p)) * values.pixel[i]));
}

// a range that holds all numbers, and is not narrower than `least`
function around(numbers, least) {
  const low = Math.min(...numbers), high = Math.max(...numbers), more = Math.max(least - (high - low), (high - low) * 0.2) / 2;
  return [low - more, high + more];
}

const picture = {
  title: "Accuracy and loss while one weight changes",
  make(values, say) {
    const change = slider("change", { min: -30, max: 30, step: 0.1, value: values.change }, draw);
    const closer = slider("closer", { min: 0, max: 3, step: 1, value: 0, show: (n) => `${words(10 ** n, 0)} ×` }, draw);
    const one = axes("The accuracy, a staircase", "change of the weight", "accuracy"), other = axes("The loss, a smooth curve", "change of the weight", "loss");
    const curve = (f, low, high) => spread(low, high, 300).map((x) => [x, f(values, x)]);
    function draw() {
      const at = change.value, half = 30 / 10 ** closer.value, [low, high] = closer.value ? [at - half, at + half] : [-30, 30];
      const stairs = curve(accuracy, low, high), smooth = curve(loss, low, high), here = [[at, accuracy(values, at)]], there = [[at, loss(values, at)]];
      one.set([low, high], around(stairs.map(([, y]) => y), 0.05));
      one.show(["line", stairs, "cp-red"], ["dot", here, "cp-here"]);
      other.set([low, high], around(smooth.map(([, y]) => y), 0));
      const tangent = [low, high].map((x) => [x, there[0][1] + slope(values, at) * (x - at)]);
      other.show(["line", tangent, "cp-thin"], ["line", smooth, "cp-blue"], ["dot", there, "cp-here-blue"]);
      const further = at + 0.0001, step = accuracy(values, further) - here[0][1];
      say(`Change ${words(at, 1)}: accuracy ${words(here[0][1])}, loss ${words(there[0][1], 4)}. A change of 0.0001 more moves ` +
        `the accuracy by ${step ? words(step) : "exactly 0"}, and the loss by ${words((loss(values, further) - there[0][1]) * 1e6, 3)} millionths: its slope is ${words(slope(values, at), 4)}.`);
    }
    return { controls: [change.element, closer.element], views: [one.element, other.element], draw };
  },
};
