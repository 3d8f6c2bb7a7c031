// A sum of ReLUs: each unit is switched on at its kink and adds its slope from there on.

// what a net of such units returns at x
function output({ units, bias }, x) { return units.reduce((sum, { kink, slope }) => sum + slope * Math.max(0, x - kink), bias); }

function target(x) { return Math.sin(3 * x) + 0.4 * Math.sin(11 * x); }
const PLACES = spread(-1, 1, 100);
function loss(net) { return PLACES.reduce((sum, x) => sum + (output(net, x) - target(x)) ** 2, 0) / PLACES.length; }

// units whose kinks are spread evenly, and which do nothing yet
function beginning(n) { return { units: Array.from({ length: n }, (_, i) => ({ kink: -1 + (2 * i) / n, slope: 0 })), bias: 0 }; }

// gradient descent with momentum; kinks move at a tenth of the rate, or they run into one another; `speed` is what it remembers
function descend(net, speed, steps, rate = { slope: 0.05, kink: 0.005, bias: 0.05 }, momentum = 0.97) {
  net = { units: net.units.map((u) => ({ ...u })), bias: net.bias };
  for (let i = 0; i < steps; i++) {
    const gradient = { units: net.units.map(() => ({ kink: 0, slope: 0 })), bias: 0 };
    for (const x of PLACES) {
      const error = (2 * (output(net, x) - target(x))) / PLACES.length;
      gradient.bias += error;
      net.units.forEach(({ kink, slope }, u) => {
        if (x < kink) return;
        gradient.units[u].slope += error * (x - kink);
        gradient.units[u].kink -= error * slope;
      });
    }
    speed.bias = momentum * speed.bias + gradient.bias;
    net.bias -= rate.bias * speed.bias;
    net.units.forEach((unit, u) => { for (const part of ["kink", "slope"]) {
      speed.units[u][part] = momentum * speed.units[u][part] + gradient.units[u][part];
      unit[part] -= rate[part] * speed.units[u][part];
    } });
  }
  return net;
}
function still(n) { return { units: Array.from({ length: n }, () => ({ kink: 0, slope: 0 })), bias: 0 }; }

const picture = {
  title: "A line with kinks",
  make(values, say) {
    let net = beginning(values.units), speed = still(values.units), taken = 0;
    const count = (x) => words(x, 0);
    const units = slider("units", { min: 1, max: 8, step: 1, value: values.units, show: count }, again);
    const which = slider("move unit", { min: 1, max: values.units, step: 1, value: 1, show: count }, chosen);
    const kink = slider("its kink", { min: -1.5, max: 1.5, step: 0.01, value: 0 }, byHand);
    const slope = slider("its slope", { min: -15, max: 15, step: 0.1, value: 0 }, byHand);
    const bias = slider("height", { min: -3, max: 3, step: 0.05, value: 0 }, byHand);
    const plot = axes("A curve, and the line with kinks that a net of a few units makes", "x", "y", { height: 280 });
    function chosen() { const unit = net.units[which.value - 1]; kink.value = unit.kink; slope.value = unit.slope; bias.value = net.bias; draw(); }
    function byHand() {
      net.units[which.value - 1] = { kink: kink.value, slope: slope.value };
      net.bias = bias.value;
      speed = still(units.value);
      draw();
    }
    function again() { net = beginning(units.value); speed = still(units.value); taken = 0; which.max = units.value; if (which.value > units.value) which.value = units.value; chosen(); }
    function learn(steps) { net = descend(net, speed, steps); taken += steps; chosen(); }
    function draw() {
      plot.set([-1, 1], [-2, 2]);
      const now = net.units[which.value - 1], own = PLACES.map((x) => [x, net.bias + now.slope * Math.max(0, x - now.kink)]);
      const on = net.units.filter(({ kink }) => kink >= -1 && kink <= 1).map(({ kink }) => [kink, output(net, kink)]);
      plot.show(["line", PLACES.map((x) => [x, target(x)]), "cp-soft"], ["line", own, "cp-thin"], ["line", spread(-1, 1, 400).map((x) => [x, output(net, x)]), "cp-red"],
        ["dot", on, "cp-red"], ["dot", [[now.kink, output(net, now.kink)]], "cp-here"]);
      const inside = on.length === 1 ? "1 kink" : `${on.length} kinks`;
      say(`${units.value} ${units.value === 1 ? "unit" : "units"}, ${inside} in the picture: loss ${words(loss(net), 4)}` + (taken ? ` after ${words(taken, 0)} steps of gradient descent.` : ".") +
        ` Unit ${which.value} is on from ${words(now.kink)} and adds a slope of ${words(now.slope)} there.`);
    }
    const buttons = el("div", { class: "cp-buttons" }, button("100 steps of gradient descent", () => learn(100)), button("1,000 steps", () => learn(1000)), button("Begin again", again));
    chosen();
    return { controls: [units.element, which.element, kink.element, slope.element, bias.element, buttons], views: [plot.element], draw };
  },
};
