// A matrix product: each row of the first table meets each column of the second.

// the terms of one number of the product: what stands in row i and column j, in pairs
function meeting(first, second, i, j) { return first[i].map((x, k) => [x, second[k][j]]); }
function total(pairs) { return pairs.reduce((sum, [x, y]) => sum + x * y, 0); }

const plainly = (x) => String(x).replace("-", "−");
const bracketed = (x) => (x < 0 ? `(${plainly(x)})` : plainly(x));

const picture = {
  title: "A row meets a column",
  make({ first, second }, say) {
    const inner = second.length, rows = first.length, columns = second[0].length, size = 40, gap = 26, top = 20, left = 6;
    const seen = new Map(), count = (x) => words(x, 0);
    const row = slider("row", { min: 1, max: rows, step: 1, value: 1, show: count }, begin);
    const column = slider("column", { min: 1, max: columns, step: 1, value: 1, show: count }, begin);
    const terms = slider("products", { min: 0, max: inner, step: 1, value: 0, show: count }, draw);
    const board = svg("svg", { viewBox: `0 0 ${left * 2 + size * (inner + columns) + gap} ${top * 2 + gap + size * (inner + rows) + 2}`, role: "img", "aria-label": "Three tables: pictures at the lower left, weights at the upper right, their product where they meet", class: "cp-board" });
    function begin() { terms.value = 0; draw(); }
    function table(numbers, x0, y0, name, styleOf) {
      return [svg("text", { x: x0, y: y0 - 6, class: "cp-tick cp-start" }, name), ...numbers.flatMap((line, i) => line.map((value, j) => {
        const at = { x: x0 + j * size, y: y0 + i * size };
        return svg("g", { class: `cp-cell ${styleOf(i, j)}` }, svg("rect", { ...at, width: size, height: size }), svg("text", { x: at.x + size / 2, y: at.y + size / 2 + 5 }, value));
      }))];
    }
    function draw() {
      const i = row.value - 1, j = column.value - 1, k = terms.value, pairs = meeting(first, second, i, j), far = left + size * inner + gap, low = top * 2 + size * inner + gap;
      if (k === inner) seen.set(`${i} ${j}`, total(pairs));
      const met = (on, here) => (on ? (here === k - 1 ? "cp-now" : here < k ? "cp-done" : "cp-line") : "");
      board.replaceChildren(
        ...table(first.map((line) => line.map(plainly)), left, low, `${rows} pictures of ${inner} pixels`, (r, c) => met(r === i, c)),
        ...table(second.map((line) => line.map(plainly)), far, top, "@ weights", (r, c) => met(c === j, r)),
        ...table(first.map((_, r) => second[0].map((_, c) => (seen.has(`${r} ${c}`) ? plainly(seen.get(`${r} ${c}`)) : "?"))), far, low, "= predictions", (r, c) => (r === i && c === j ? "cp-now" : "")));
      const sum = pairs.slice(0, k).map(([x, y]) => `${plainly(x)} · ${bracketed(y)}`).join(" + ");
      const place = `Row ${i + 1} and column ${j + 1}: `;
      if (!k) say(`${place}${inner} numbers meet ${inner} numbers, the first with the first. What will come out?`);
      else if (k < inner) say(`${place}${sum} = ${plainly(total(pairs.slice(0, k)))} so far, and ${inner - k} more.`);
      else say(`${place}${sum} = ${plainly(total(pairs))}. It stands in row ${i + 1} and column ${j + 1} of the product.`);
    }
    return { controls: [row.element, column.element, terms.element], views: [board], draw };
  },
};
