// A place to draw. The strokes go to the kernel, and the notebook's own net answers, as long as somebody draws.

const SIZE = 280, PEN = 20, STEP = 0.04;  // of the canvas in pixels; of an arrow key, as a share of it

// 28 × 28 numbers as a small picture
function small(numbers, colour) {
  const canvas = el("canvas", { width: 28, height: 28, class: "cp-pixels" }), data = canvas.getContext("2d").createImageData(28, 28);
  numbers.forEach((x, i) => data.data.set([...colour(x), 255], 4 * i));
  canvas.getContext("2d").putImageData(data, 0, 0);
  return canvas;
}
const grey = (x) => { const v = Math.round(255 * (1 - x)); return [v, v, v]; };
// red speaks for the answer and blue against it; white is 0
function forAndAgainst(largest) {
  return (x) => { const v = Math.round(255 * (1 - Math.min(1, Math.abs(x) / largest))); return x > 0 ? [255, v, v] : [v, v, 255]; };
}

const picture = {
  title: "Draw a digit",
  make({ names }, say, model) {
    const canvas = el("canvas", { width: SIZE, height: SIZE, tabindex: 0, role: "img", class: "cp-canvas",
      "aria-label": "Draw here. By keyboard: arrows move the pen, space puts it down and lifts it, Backspace takes the last stroke away.",
      onpointerdown: press, onpointermove: drag, onpointerup: lift, onpointercancel: lift, onkeydown: key, onfocus: paint, onblur() { lift(); paint(); } });
    const pen = canvas.getContext("2d"), results = el("div", { class: "cp-results" });
    let strokes = model.get("strokes").map((s) => [...s]), down = false, at = [0.5, 0.2], waiting = 0, sent = 0;
    function paint() {
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, SIZE, SIZE);
      Object.assign(pen, { lineWidth: PEN, lineCap: "round", lineJoin: "round", strokeStyle: "#000", fillStyle: "#000" });
      for (const stroke of strokes) {
        pen.beginPath();
        stroke.forEach(([x, y]) => pen.lineTo(x * SIZE, y * SIZE));
        if (stroke.length === 1) pen.lineTo(stroke[0][0] * SIZE + 0.1, stroke[0][1] * SIZE);
        pen.stroke();
      }
      if (document.activeElement !== canvas) return;
      pen.fillStyle = down ? "#c00" : "#06c";  // where the pen is
      pen.fillRect(at[0] * SIZE - 3, at[1] * SIZE - 3, 6, 6);
    }
    const place = (event) => { const box = canvas.getBoundingClientRect(); return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height].map((v) => Math.min(1, Math.max(0, v))); };
    function press(event) { canvas.setPointerCapture(event.pointerId); canvas.focus(); at = place(event); down = true; strokes.push([at]); changed(); event.preventDefault(); }
    function drag(event) { if (!down || !event.buttons) return; at = place(event); strokes.at(-1).push(at); changed(); }
    function lift() { down = false; }
    function key(event) {
      const move = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
      if (move) {
        at = at.map((v, i) => Math.min(1, Math.max(0, v + move[i])));
        if (down) { strokes.at(-1).push(at); changed(); } else paint();
      } else if (event.key === " ") {
        down = !down;
        if (down) { strokes.push([at]); changed(); } else paint();
      } else if (event.key === "Backspace") undo();
      else return;
      event.preventDefault();
    }
    function undo() { down = false; strokes.pop(); changed(); }
    function clear() { down = false; strokes = []; changed(); }
    // at most ten times a second
    function changed() { paint(); if (!waiting) waiting = setTimeout(send, 100); }
    function send() {
      waiting = 0;
      model.set("strokes", strokes.map((s) => s.map((p) => p.map((v) => Math.round(v * 1000) / 1000))));
      model.save_changes();
      clearTimeout(sent);
      sent = setTimeout(() => say("Waiting for the kernel: it is busy, or was stopped. If it was restarted, run this cell again."), 3000);
    }
    function draw() {
      clearTimeout(sent);
      paint();
      const { pixels, scores, map, said } = model.get("answer");
      say(said);
      if (!pixels.length) return results.replaceChildren();
      const most = Math.max(...scores.map(Math.abs), 1e-9), best = scores.indexOf(Math.max(...scores)), largest = Math.max(...map.map(Math.abs), 1e-9);
      results.replaceChildren(
        el("table", {}, el("tbody", {}, ...names.map((name, i) => el("tr", { class: i === best ? "cp-best" : "" }, el("th", { scope: "row" }, name), el("td", {}, words(scores[i])),
          el("td", { class: "cp-wide", "aria-hidden": "true" }, el("span", { class: "cp-bar", style: `width: ${(100 * Math.max(0, scores[i] / most)).toFixed(1)}%` })))))),
        el("figure", {}, small(pixels, grey), el("figcaption", {}, "what the net gets")),
        el("figure", {}, small(map, forAndAgainst(largest)), el("figcaption", {}, `red speaks for ${names[best]}, blue against it`)));
    }
    model.on("change:answer", draw);
    const buttons = el("div", { class: "cp-buttons" }, button("Clear", clear), button("Take back the last stroke", undo));
    return { controls: [buttons], views: [el("div", { class: "cp-paper" }, canvas), results], draw, close() { clearTimeout(sent); model.off("change:answer", draw); } };
  },
};
