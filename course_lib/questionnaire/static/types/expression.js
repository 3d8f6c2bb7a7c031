// A formula. A page computes it as expressions.py does: it is taken apart, looked at, and evaluated at the points that the
// question brings along; then it is compared with the question's own formulas. Numbers are tensors of a shape and a row of data.

const LISTED = "Only arithmetic, indexing and the listed functions may be used here.", NOTATION = "This is not one expression in Python's notation.";
const SHAPES = "This cannot be computed for these shapes.", WHOLE = "A whole number is needed for a size, a dimension or a place.";
const MOST = 100000, LARGE = "This makes a tensor larger than any answer needs.", METHODS = ["T", "shape"], MODULES = ["torch", "F"];
class Refused extends Error {}
const refuse = (words = SHAPES) => { throw new Refused(words); };
const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);
const tensor = (shape, data, bool = false) => ({ shape, data, bool });
const made = (shape, f, bool = false) => (sizeOf(shape) > MOST || shape.length > 6 ? refuse(LARGE) : tensor(shape, Array.from({ length: sizeOf(shape) }, (_, i) => f(i)), bool));
const single = (x) => tensor([], [x]);

function asTensor(value) {
  if (typeof value === "boolean") return tensor([], [Number(value)], true);
  if (Array.isArray(value)) {
    const parts = value.map(asTensor);
    if (new Set(parts.map((p) => p.shape.join())).size > 1) refuse("The rows of a list are of one length.");
    if (parts.some((p, i) => p.shape.length && !Array.isArray(value[i]))) refuse("In a list there are only numbers.");
    return tensor([parts.length, ...(parts[0]?.shape ?? [])], parts.flatMap((p) => p.data));
  }
  return value?.shape ? value : refuse("A number or a tensor is needed where there is none.");
}
function whole(value) {
  const { shape, data, bool } = asTensor(value);
  return shape.length || bool || !Number.isInteger(data[0]) || Math.abs(data[0]) > 1e9 ? refuse(WHOLE) : data[0];
}

// ---- shapes that fit together, numbers one by one, and along dimensions

function together(...shapes) {
  const rank = Math.max(...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, k) => {
    const sizes = new Set(shapes.map((s) => s[s.length - rank + k] ?? 1).filter((n) => n !== 1));
    return sizes.size > 1 ? refuse(`The sizes ${[...sizes].sort((a, b) => a - b).join(" and ")} do not fit together.`) : [...sizes][0] ?? 1;
  });
}
const placesOf = (i, shape) => { const at = []; for (let k = shape.length - 1; k >= 0; k--) { at[k] = i % shape[k]; i = Math.floor(i / shape[k]); } return at; };
const placeOf = (at, shape) => shape.reduce((i, n, k) => i * n + at[k], 0);
function spread(t, shape) {
  if (t.shape.join() === shape.join()) return (i) => t.data[i];
  const skip = shape.length - t.shape.length;
  return (i) => { const at = placesOf(i, shape); return t.data[placeOf(t.shape.map((n, k) => (n === 1 ? 0 : at[k + skip])), t.shape)]; };
}
function each(f, bool, ...given) {
  const all = given.map(asTensor), shape = together(...all.map((t) => t.shape)), at = all.map((t) => spread(t, shape));
  return made(shape, (i) => f(...at.map((get) => get(i))), bool);
}
const one = (f) => (x) => each(f, false, x);
function along(t, dim, keepdim, f) {
  if (typeof keepdim !== "boolean") refuse("`keepdim` is True or False.");
  const rank = t.shape.length, named = dim == null ? t.shape.map((_, k) => k) : (Array.isArray(dim) ? dim : [dim]).map(whole);
  const gone = named.map((d) => (d < 0 ? d + rank : d));
  if (gone.some((d) => d < 0 || d >= rank) || new Set(gone).size < gone.length) refuse();
  const kept = t.shape.map((n, k) => (gone.includes(k) ? 1 : n)), groups = Array.from({ length: sizeOf(kept) }, () => []);
  t.data.forEach((x, i) => groups[placeOf(placesOf(i, t.shape).map((p, k) => (gone.includes(k) ? 0 : p)), kept)].push(x));
  return tensor(keepdim ? kept : t.shape.filter((_, k) => !gone.includes(k)), groups.map(f));
}
const total = (xs) => xs.reduce((a, b) => a + b, 0);
const extreme = (f) => (xs) => (xs.length ? xs.reduce((a, b) => (Number.isNaN(a) || Number.isNaN(b) ? NaN : f(a, b))) : refuse());
const largest = extreme(Math.max), smallest = extreme(Math.min), twice = (f) => (a, b) => (Number.isNaN(a) || Number.isNaN(b) ? NaN : f(a, b));

function matmul(a, b) {
  [a, b] = [asTensor(a), asTensor(b)];
  if (!a.shape.length || !b.shape.length) refuse("A matrix product needs tensors, not single numbers.");
  if (a.shape.length > 2 || b.shape.length > 2) throw new RangeError("not here");
  const A = a.shape.length === 1 ? [1, a.shape[0]] : a.shape, B = b.shape.length === 1 ? [b.shape[0], 1] : b.shape;
  if (A[1] !== B[0]) refuse();
  const shape = [...(a.shape.length > 1 ? [A[0]] : []), ...(b.shape.length > 1 ? [B[1]] : [])];
  return made(shape, (i) => { const r = Math.floor(i / B[1]), c = i % B[1]; let s = 0; for (let k = 0; k < A[1]; k++) s += a.data[r * A[1] + k] * b.data[k * B[1] + c]; return s; });
}
function reshape(x, ...given) {
  const t = asTensor(x), sizes = (given.length === 1 && Array.isArray(given[0]) ? given[0] : given).map(whole), free = sizes.indexOf(-1);
  if (free >= 0) sizes[free] = t.data.length / -sizeOf(sizes);
  return sizes.some((n) => n < 0 || !Number.isInteger(n)) || sizeOf(sizes) !== t.data.length ? refuse() : tensor(sizes, t.data, t.bool);
}
function transposed(x) {
  const t = asTensor(x), shape = [...t.shape].reverse();
  return made(shape, (i) => t.data[placeOf(placesOf(i, shape).reverse(), t.shape)], t.bool);
}
function unsqueeze(x, dim) {
  const t = asTensor(x), rank = t.shape.length + 1, at = whole(dim) < 0 ? whole(dim) + rank : whole(dim);
  return at < 0 || at >= rank ? refuse() : tensor([...t.shape.slice(0, at), 1, ...t.shape.slice(at)], t.data, t.bool);
}
function squeeze(x, dim = null) {
  const t = asTensor(x), rank = t.shape.length, at = dim == null ? null : whole(dim) < 0 ? whole(dim) + rank : whole(dim);
  if (at != null && (at < 0 || at >= rank)) refuse();
  return tensor(t.shape.filter((n, k) => n !== 1 || (at != null && k !== at)), t.data, t.bool);
}
function softmax(x, dim) {
  const t = asTensor(x), e = each((a, top) => Math.exp(a - top), false, t, along(t, dim, true, largest));
  return each((a, s) => a / s, false, e, along(e, dim, true, total));
}
function logsumexp(x, dim, keepdim = false) {
  const t = asTensor(x), top = along(t, dim, true, largest), e = each((a, b) => Math.exp(a - b), false, t, top);
  const found = each((s, b) => Math.log(s) + b, false, along(e, dim, true, total), top);
  return keepdim ? found : squeeze(found, dim);
}
function clamp(x, min = null, max = null) {
  let t = asTensor(x);
  if (min != null) t = each(twice(Math.max), false, t, min);
  return max == null ? t : each(twice(Math.min), false, t, max);
}
function arange(n) { return whole(n) < 0 || whole(n) > 1000 ? refuse(LARGE) : made([whole(n)], (i) => i); }
function power(x, n) {
  const found = each((a, b) => (a === 1 || b === 0 ? 1 : a ** b), false, x, n);
  return !found.shape.length && Math.abs(found.data[0]) === Infinity && asTensor(x).data[0] ? refuse("This number is larger than any answer needs.") : found;
}

// each takes exactly what its parameters say, the last `n` of which may be left out
const reduced = (f) => [["x", "dim", "keepdim"], 2, (x, dim = null, keepdim = false) => along(asTensor(x), dim, keepdim, f)];
const ofOne = (f) => [["x"], 0, one(f)], shaped = [null, 0, reshape], counted = [["n"], 0, arange];
const FUNCTIONS = {
  exp: ofOne(Math.exp), log: ofOne(Math.log), sqrt: ofOne(Math.sqrt), abs: ofOne(Math.abs), square: ofOne((x) => x * x), tanh: ofOne(Math.tanh),
  sigmoid: ofOne((x) => 1 / (1 + Math.exp(-x))), relu: ofOne(twice(Math.max).bind(null, 0)), float: ofOne((x) => x), pow: [["x", "n"], 0, power],
  maximum: [["a", "b"], 0, (a, b) => each(twice(Math.max), false, a, b)], minimum: [["a", "b"], 0, (a, b) => each(twice(Math.min), false, a, b)],
  where: [["test", "a", "b"], 0, (test, a, b) => each((t, x, y) => (t ? x : y), false, test, a, b)],
  clamp: [["x", "min", "max"], 2, clamp], clamp_min: [["x", "min"], 0, clamp], matmul: [["a", "b"], 0, matmul],
  sum: reduced(total), mean: reduced((xs) => total(xs) / xs.length), amax: reduced(largest), amin: reduced(smallest),
  softmax: [["x", "dim"], 0, softmax], log_softmax: [["x", "dim"], 0, (x, dim) => each(Math.log, false, softmax(x, dim))],
  logsumexp: [["x", "dim", "keepdim"], 1, logsumexp], view: shaped, reshape: shaped, unsqueeze: [["x", "dim"], 0, unsqueeze],
  squeeze: [["x", "dim"], 1, squeeze], t: [["x"], 0, transposed], arange: counted, range: counted,
  len: [["x"], 0, (x) => (Array.isArray(x) ? single(x.length) : asTensor(x).shape.length ? single(asTensor(x).shape[0]) : refuse("A single number has no length."))],
};

function call(name, given, named) {
  if (!Object.hasOwn(FUNCTIONS, name)) refuse("Only the listed functions can be called.");
  const [parameters, optional, f] = FUNCTIONS[name];
  if (Object.keys(named).some((k) => !["dim", "keepdim", "min", "max"].includes(k))) refuse("Of named arguments, dim, keepdim, min and max are known here.");
  if (!parameters) return f(...given);
  const all = parameters.map((p, i) => (i < given.length ? given[i] : named[p])), known = Object.keys(named).every((k) => parameters.indexOf(k) >= given.length);
  const missing = parameters.some((p, i) => i < parameters.length - optional && i >= given.length && !(p in named));
  return given.length > parameters.length || !known || missing ? refuse(`It is called as ${name}(${parameters.join(", ")}).`) : f(...all);
}

// ---- what stands between square brackets

function pieces(part, n) {
  const [a, b, c] = part.piece.map((p) => (p == null ? null : whole(p))), step = c ?? 1, found = [];
  if (!step) refuse();
  const bound = (x, other) => (x == null ? other : Math.min(Math.max(x < 0 ? x + n : x, step < 0 ? -1 : 0), step < 0 ? n - 1 : n));
  for (let i = bound(a, step < 0 ? n - 1 : 0), end = bound(b, step < 0 ? -1 : n); step < 0 ? i > end : i < end; i += step) found.push(i);
  return found;
}
function masked(mask, shape, at) {
  if (!mask.shape.length || mask.shape.some((n, k) => n !== shape[at + k])) refuse("This mask is not of the tensor's shape.");
  const hits = mask.data.flatMap((yes, i) => (yes ? [placesOf(i, mask.shape)] : []));
  return mask.shape.map((_, k) => tensor([hits.length], hits.map((hit) => hit[k])));
}
function item(value, parts) {
  if (Array.isArray(value)) {
    if (parts[0]?.piece) return pieces(parts[0], value.length).map((i) => value[i]);
    const i = whole(parts[0]);
    return parts.length === 1 && i < value.length && i >= -value.length ? value.at(i) : refuse();
  }
  const x = asTensor(value), index = [];  // an entry for each dimension of the result or array of places
  let at = 0;
  for (const part of parts) {
    if (part === null) index.push({ added: true });
    else if (at >= x.shape.length) refuse("There are more indices than dimensions.");
    else if (part.piece) index.push({ of: at, places: pieces(part, x.shape[at++]) });
    else {
      const t = asTensor(part), arrays = t.bool ? masked(t, x.shape, at) : [t];
      for (const array of arrays) {
        if (array.data.some((p) => !Number.isInteger(p))) refuse("An index is a whole number.");
        if (array.data.some((p) => p < -x.shape[at] || p >= x.shape[at])) refuse();
        index.push({ of: at++, array });
      }
    }
  }
  while (at < x.shape.length) index.push({ of: at, places: pieces({ piece: [null, null, null] }, x.shape[at++]) });
  const arrays = index.filter((entry) => entry.array), shape = arrays.length ? together(...arrays.map((a) => a.array.shape)) : [];
  const first = index.findIndex((entry) => entry.array), apart = arrays.length && index.slice(first, first + arrays.length).some((entry) => !entry.array);
  const kept = index.filter((entry) => !entry.array), before = apart ? 0 : kept.filter((entry) => index.indexOf(entry) < first).length;
  const sizes = kept.map((entry) => (entry.added ? 1 : entry.places.length)), result = [...sizes.slice(0, before), ...shape, ...sizes.slice(before)];
  const gets = arrays.map((entry) => [entry.of, spread(entry.array, shape)]);
  return made(result, (i) => {
    const places = placesOf(i, result), middle = placeOf(places.slice(before, before + shape.length), shape), from = [];
    kept.forEach((entry, k) => { if (!entry.added) from[entry.of] = entry.places[places[k < before ? k : k + shape.length]]; });
    for (const [of, get] of gets) { const p = get(middle); from[of] = p < 0 ? p + x.shape[of] : p; }
    return x.data[placeOf(from, x.shape)];
  }, x.bool);
}

// ---- from a text to a function of the variables' values

const TOKEN = /\s*(?:((?:\d[\d_]*\.?[\d_]*|\.\d+)(?:[eE][+-]?\d+)?)|([\p{L}_][\p{L}\p{N}_]*)|(\*\*|==|!=|<=|>=|\/\/|:=|->|[-+*\/@()[\],:.=<>%&|^~{};]))/uy;
const COMPARED = { "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b, "==": (a, b) => a === b, "!=": (a, b) => a !== b };

function tokens(text) {
  if (/['"\\]/.test(text)) refuse(LISTED);
  const found = [];
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < text.trimEnd().length;) {
    const hit = TOKEN.exec(text);
    if (!hit) refuse(NOTATION);
    found.push({ number: hit[1], name: hit[2], sign: hit[3] });
  }
  return found;
}

function arithmetic(sign, a, b) {
  const bools = asTensor(a).bool && asTensor(b).bool;
  if (sign === "-" && bools) refuse();
  if (sign === "@") return matmul(a, b);
  if (sign === "**") return power(a, b);
  if (bools && sign !== "/") return each(sign === "+" ? (x, y) => Number(x || y) : (x, y) => x * y, true, a, b);
  return each({ "+": (x, y) => x + y, "-": (x, y) => x - y, "*": (x, y) => x * y, "/": (x, y) => x / y }[sign], false, a, b);
}

function parsed(text, variables, forbid) {
  const row = tokens(text);
  let at = 0;
  const sign = (...signs) => (signs.includes(row[at]?.sign) ? row[at++].sign : null), wanted = (s) => sign(s) ?? refuse(NOTATION);
  const layer = (inner, ...signs) => () => {
    let left = inner();
    for (let s; (s = sign(...signs));) { const a = left, b = inner(); left = (env) => arithmetic(s, a(env), b(env)); }
    return left;
  };
  function unary() {
    const s = sign("-", "+");
    if (!s) return powers();
    const of = unary();
    return (env) => { const t = of(env); return s === "+" ? t : asTensor(t).bool ? refuse() : each((x) => -x, false, t); };
  }
  function powers() {
    const base = postfix();
    if (!sign("**")) return base;
    const exponent = unary();
    return (env) => power(base(env), exponent(env));
  }
  const sums = layer(layer(unary, "*", "/", "@"), "+", "-");
  function comparison() {
    const left = sums(), s = sign(...Object.keys(COMPARED));
    if (!s) return left;
    const right = sums();
    if (sign(...Object.keys(COMPARED))) refuse(LISTED);
    return (env) => each((a, b) => Number(COMPARED[s](a, b)), true, left(env), right(env));
  }
  function list(end, one = comparison) {
    const parts = [];
    for (; !sign(end); sign(",") || row[at]?.sign === end || refuse(NOTATION)) parts.push(one());
    return parts;
  }
  function atom() {
    const { number, name } = row[at] ?? refuse(NOTATION);
    if (number) {
      at++;
      const x = Number(number.replaceAll("_", ""));
      return Math.abs(x) <= 1e9 ? () => single(x) : refuse("Only ordinary numbers may be used here.");
    }
    if (name) {
      at++;
      if (["True", "False", "None"].includes(name)) return () => ({ True: true, False: false, None: null })[name];
      if (["lambda", "if", "else", "and", "or", "not", "in", "is", "for", "await", "yield"].includes(name)) refuse(LISTED);
      if (variables.includes(name)) return (env) => env[name];
      return Object.hasOwn(FUNCTIONS, name) || MODULES.includes(name) ? Object.assign(() => refuse(LISTED), { called: name }) : refuse(`The name ${name} is not known here; known are ${variables.join(", ")}.`);
    }
    if (sign("[")) { const parts = list("]"); return (env) => parts.map((p) => p(env)); }
    if (!sign("(")) refuse(NOTATION);
    const start = at, parts = list(")"), tuple = parts.length !== 1 || row[at - 2]?.sign === ",";
    return tuple && at > start ? (env) => parts.map((p) => p(env)) : (env) => parts[0](env);
  }
  function argument() {
    if (!(row[at]?.name && row[at + 1]?.sign === "=")) return { value: comparison() };
    const { name } = row[at];
    at += 2;
    return { name, value: comparison() };
  }
  function place() {
    const bounds = [];
    for (let k = 0; k < 3; k++) {
      bounds.push(row[at]?.sign === ":" || row[at]?.sign === "]" || row[at]?.sign === "," ? null : comparison());
      if (!sign(":")) break;
      if (k === 2) refuse(NOTATION);
      if (k === 0 || k === 1) bounds.sliced = true;
    }
    if (!bounds.sliced) return bounds[0] ?? refuse(NOTATION);
    return (env) => ({ piece: [0, 1, 2].map((k) => (bounds[k] ? bounds[k](env) : null)) });
  }
  function called(name, first) {
    if (forbid.includes(name)) refuse(`Write it without the ready-made ${name}.`);
    const given = list(")", argument);
    return (env) => call(name, [...first.map((f) => f(env)), ...given.filter((g) => !g.name).map((g) => g.value(env))],
      Object.fromEntries(given.filter((g) => g.name).map((g) => [g.name, g.value(env)])));
  }
  function postfix() {
    let left = atom();
    for (;;) {
      const of = left;
      if (sign("[")) { const parts = list("]", place); if (!parts.length) refuse(NOTATION); left = (env) => item(of(env), parts.map((p) => p(env))); }
      else if (row[at]?.sign === "(") { at++; left = of.called && !MODULES.includes(of.called) ? called(of.called, []) : refuse(LISTED); }
      else if (sign(".")) {
        const name = row[at++]?.name ?? refuse(NOTATION);
        if (!Object.hasOwn(FUNCTIONS, name) && !METHODS.includes(name)) refuse(`${name} is not on the list of what may be used here.`);
        if (sign("(")) left = called(name, MODULES.includes(of.called) ? [] : [of]);
        else if (MODULES.includes(of.called)) left = Object.assign(() => refuse(LISTED), { called: name });
        else left = (env) => (name === "T" ? transposed(of(env)) : name === "shape" ? asTensor(of(env)).shape.map(single) : refuse(LISTED));
      } else return left;
    }
  }
  const whole = comparison();
  return at === row.length ? whole : refuse(NOTATION);
}

function valuesOf(text, question, forbid = []) {
  const f = parsed(text, question.variables, forbid);
  return question.samples.map((row) => asTensor(f(row)));
}
const finite = (t) => t.data.every(Number.isFinite);
function same(found, right) {
  let counted = 0;
  for (const [i, x] of found.entries()) {
    const y = right[i];
    if (x.shape.join() !== y.shape.join()) return false;
    if (!finite(y)) continue;
    if (!x.data.every((a, k) => Math.abs(a - y.data[k]) <= 1e-9 + 1e-6 * Math.abs(y.data[k]))) return false;
    counted++;
  }
  return 2 * counted >= right.length;
}

function marked(question, response) {
  if ([...response].length > 500) return outcome(0, "An expression has at most 500 characters.", "invalid");
  const keys = open(question, "the key"), known = { ...question, samples: question.samples.map((row) => Object.fromEntries(Object.entries(row).map(([k, [shape, data]]) => [k, tensor(shape, data)]))) };
  const right = keys.right.map((text) => valuesOf(text, known)), wrong = keys.wrong.map(([text, feedback]) => [valuesOf(text, known), feedback]);
  let found;
  try { found = valuesOf(plain(response).trim(), known, question.forbid); } catch (error) {
    if (error instanceof Refused) return outcome(0, error.message, "invalid");
    throw error;
  }
  if (right.some((key) => same(found, key))) return said(1);
  const mistake = wrong.find(([values]) => same(found, values));
  if (mistake) return outcome(0, mistake[1]);
  return found.every((x, i) => x.shape.join() === right[0][i].shape.join()) ? said(0) : outcome(0, "Not right: the result has another shape than asked for.");
}

types.expression = {
  enter(question, name, given) {
    const about = el("p", { class: "cq-small" }, `Known names: ${question.variables.join(", ")}. `,
      "Arithmetic, @, indexing, comparisons, and torch's functions such as exp, log, sum, mean, where, amax.");
    return line(question, name, given, { label: "Your expression", wide: true, about });
  },
  mark(question, response) {
    try { return marked(question, response); } catch {
      return outcome(0, "A page cannot compute this; in the notebook it would be. Compare it with the explanation.", "review");
    }
  },
};
