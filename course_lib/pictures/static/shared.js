// What the pictures share: elements, sliders, axes. A picture's own file has `picture`: its `title`, and `make(values, say)`,
// which returns its `controls`, its `views`, and `draw`, to be called whenever something was moved. `say` tells it in words.

let made = 0;
const page = `cp${Math.random().toString(36).slice(2, 8)}`;  // each picture is a module of its own, and their ids must differ
const ownId = () => `${page}-${++made}`;

function added(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}
function el(tag, attributes = {}, ...children) {
  const node = added(document.createElement(tag), attributes, children);
  // JupyterLab would take arrows and letters for commands of the notebook
  if (/^(BUTTON|INPUT|SELECT|CANVAS)$/.test(node.tagName)) node.dataset.lmSuppressShortcuts = "true";
  return node;
}
function svg(tag, attributes = {}, ...children) {
  return added(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

// a number in words: so many places, a true minus, and a comma at each thousand
function words(x, places = 2) {
  const text = x.toLocaleString("en", { minimumFractionDigits: places, maximumFractionDigits: places });
  return (/[1-9∞]/.test(text) ? text : text.replace("-", "")).replace("-", "−");
}

function slider(label, { min, max, step, value, show = (x) => words(x, step < 1 ? (step < 0.1 ? 2 : 1) : 0) }, moved) {
  const id = ownId(), shown = el("output", { for: id });
  const input = el("input", { type: "range", id, min, max, step, value, oninput() { told(); moved(); } });
  function told() { shown.textContent = show(Number(input.value)); input.setAttribute("aria-valuetext", shown.textContent); }
  told();
  return {
    element: el("div", { class: "cp-slider" }, el("label", { for: id }, label), input, shown),
    get value() { return Number(input.value); },
    set value(x) { input.value = x; told(); },
    set max(x) { input.max = x; told(); },
  };
}

function button(label, pressed) { return el("button", { type: "button", onclick: pressed }, label); }

// round numbers between two ends, some five of them
function ticks(low, high) {
  const rough = (high - low) / 5, ten = 10 ** Math.floor(Math.log10(rough));
  const step = ten * [1, 2, 5, 10].find((n) => n * ten >= rough * 0.999), found = [];
  for (let i = Math.ceil(low / step - 1e-6); i * step <= high + step * 1e-6; i++) found.push(i * step);
  return { found, places: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

// axes: `set` their ranges, then `show` lines and dots: [kind, points, class], with points in the axes' own numbers
function axes(label, xlabel, ylabel, { width = 380, height = 250 } = {}) {
  const left = 56, right = 10, top = 10, bottom = 42, clip = ownId();
  const grid = svg("g"), inner = svg("g", { "clip-path": `url(#${clip})` });
  const element = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label, class: "cp-axes" },
    svg("clipPath", { id: clip }, svg("rect", { x: left, y: top - 4, width: width - left - right, height: height - top - bottom + 8 })), grid, inner,
    svg("text", { x: (left + width - right) / 2, y: height - 4, class: "cp-label" }, xlabel),
    svg("text", { x: 12, y: (top + height - bottom) / 2, transform: `rotate(-90 12 ${(top + height - bottom) / 2})`, class: "cp-label" }, ylabel));
  let X, Y;
  return {
    element,
    set([x0, x1], [y0, y1]) {
      X = (x) => left + ((x - x0) / (x1 - x0)) * (width - left - right);
      Y = (y) => height - bottom - ((y - y0) / (y1 - y0)) * (height - top - bottom);
      const across = ticks(x0, x1), up = ticks(y0, y1);
      grid.replaceChildren(
        ...across.found.map((x) => svg("line", { x1: X(x), x2: X(x), y1: top, y2: height - bottom })),
        ...across.found.map((x) => svg("text", { x: X(x), y: height - bottom + 16, class: "cp-tick" }, words(x, across.places))),
        ...up.found.map((y) => svg("line", { x1: left, x2: width - right, y1: Y(y), y2: Y(y) })),
        ...up.found.map((y) => svg("text", { x: left - 6, y: Y(y) + 4, class: "cp-tick cp-end" }, words(y, up.places))));
    },
    show(...parts) {
      inner.replaceChildren(...parts.flatMap(([kind, points, style]) => kind === "line"
        ? [svg("polyline", { points: points.map(([x, y]) => `${X(x).toFixed(2)},${Y(y).toFixed(2)}`).join(" "), class: style })]
        : points.map(([x, y]) => svg("circle", { cx: X(x), cy: Y(y), r: 5, class: style }))));
    },
  };
}

// n + 1 numbers from one end to the other
function spread(low, high, n) { return Array.from({ length: n + 1 }, (_, i) => low + ((high - low) * i) / n); }

function dark() {
  const lab = document.body.dataset.jpThemeLight;
  if (lab !== undefined) return lab === "false";
  const theme = document.documentElement.dataset.theme;
  return theme === "dark" || theme === "light" ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

// Shortcuts are kept from the sliders, so that arrows are no commands; saving the notebook still has to work.
function passOn(event) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "s") return;
  const notebook = event.currentTarget.closest(".jp-Notebook");
  if (!notebook) return;
  event.preventDefault();
  event.stopPropagation();
  const { key, code, keyCode, ctrlKey, metaKey, shiftKey } = event;
  notebook.dispatchEvent(new KeyboardEvent("keydown", { key, code, keyCode, ctrlKey, metaKey, shiftKey, bubbles: true, cancelable: true }));
}

function render({ model, el: root }) {
  const said = el("p", { class: "cp-said", role: "status", "aria-live": "polite" });
  const { controls, views, draw, close } = picture.make(model.get("values"), (text) => { said.textContent = text; }, model);
  const box = el("div", { class: "cp", role: "group", "aria-label": picture.title },
    el("p", { class: "cp-title" }, picture.title), el("div", { class: "cp-controls" }, ...controls), el("div", { class: "cp-views" }, ...views), said);
  const themed = () => box.classList.toggle("cp-dark", dark());
  const watch = new MutationObserver(themed);
  for (const node of [document.body, document.documentElement]) watch.observe(node, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-theme"] });
  box.addEventListener("keydown", passOn, true);
  themed();
  draw();
  root.replaceChildren(box);
  return () => { watch.disconnect(); close?.(); };
}
