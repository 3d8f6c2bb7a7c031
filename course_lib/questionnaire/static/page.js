// Questions in a page without a kernel. What decides is sealed: each outcome can be opened only with the response that
// it belongs to, so that the page's text does not give the answers away. It is for self-study: who wants to break the
// seals can, and gains nothing by it.

function sha256(bytes) {
  const K = sha256.K ??= (() => {
    const primes = [], root = (x, n) => ((x ** (1 / n) % 1) * 4294967296) | 0;
    for (let i = 2; primes.length < 64; i++) if (primes.every((p) => i % p)) primes.push(i);
    return { k: primes.map((p) => root(p, 3)), h: primes.slice(0, 8).map((p) => root(p, 2)) };
  })();
  const length = bytes.length, padded = new Uint8Array(((length + 8) >> 6) * 64 + 64), h = [...K.h], w = new Int32Array(64);
  padded.set(bytes);
  padded[length] = 0x80;
  new DataView(padded.buffer).setUint32(padded.length - 4, length * 8);
  const turn = (x, n) => (x >>> n) | (x << (32 - n));
  for (let at = 0; at < padded.length; at += 64) {
    for (let i = 0; i < 16; i++) w[i] = new DataView(padded.buffer).getInt32(at + i * 4);
    for (let i = 16; i < 64; i++) {
      const a = w[i - 15], b = w[i - 2];
      w[i] = (w[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)) + w[i - 7] + (turn(b, 17) ^ turn(b, 19) ^ (b >>> 10))) | 0;
    }
    let [a, b, c, d, e, f, g, j] = h;
    for (let i = 0; i < 64; i++) {
      const one = (j + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K.k[i] + w[i]) | 0;
      const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [j, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, j].forEach((x, i) => { h[i] = (h[i] + x) | 0; });
  }
  const out = new Uint8Array(32), view = new DataView(out.buffer);
  h.forEach((x, i) => view.setInt32(i * 4, x));
  return out;
}

const bytesOf = (text) => new TextEncoder().encode(text);
const hex = (bytes) => [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");

export function open(question, answer) {
  const response = (question.prefix ?? "") + answer;  // a gap's outcomes are sealed under its name
  const sealed = question.sealed[hex(sha256(bytesOf(`${question.salt}|look|${response}`))).slice(0, 16)];
  if (!sealed) return null;
  const bytes = Uint8Array.from(atob(sealed), (c) => c.charCodeAt(0));
  for (let i = 0; i < bytes.length; i += 32) {
    const stream = sha256(bytesOf(`${question.salt}|open|${i / 32}|${response}`));
    for (let j = i; j < Math.min(i + 32, bytes.length); j++) bytes[j] ^= stream[j - i];
  }
  return JSON.parse(new TextDecoder().decode(bytes));
}

// What was typed, in plain characters, as `plain` in typed.py has it.
const SPACES = /[\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/g;
const UNSEEN = /[\u00ad\u034f\u061c\u115f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;
export function plain(text) {
  return text.replace(SPACES, " ").replace(UNSEEN, "").replace(/[\u2010-\u2015\u2212\ufe58\ufe63]/g, "-")
    .replace(/[\u2018-\u201b\u2032\u02bc]/g, "'").replace(/[\u201c-\u201f\u2033\u00ab\u00bb]/g, '"')
    .replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0)).normalize("NFC");
}

const outcome = (score, feedback = "", status = "ok") => ({ score, status, feedback });
const said = (score) => outcome(score, score === 1 ? "Right." : score ? "Partly right." : "Not right.");

export function mark(question, response) {
  const empty = typeof response === "string" ? !plain(response).trim() : Array.isArray(response) ? !response.length && question.correct !== 0 :
    typeof response === "object" && !Object.keys(response ?? {}).length;
  if (question.everybody && !question.by_person) return outcome(1, "Everybody gets the points of this question.");
  if (empty) return outcome(0, "Not answered yet.", "blank");
  const rule = types[question.type]?.mark;
  return rule ? rule(question, response) : outcome(0, "Saved in this browser.", "review");
}

// What a mark is worth at an attempt, from 1, as `after` in scoring.py has it.
function after(question, found, attempt) {
  if (!question.cost || attempt < 2 || found.status !== "ok" || !found.score) return found;
  const said = `<p>Attempt ${attempt}: each one before it costs ${Number((question.cost * 100).toPrecision(4))} % of the points.</p>`;
  return outcome(Math.max(0, found.score - question.cost * (attempt - 1)), `${found.feedback}${said}`);
}

export function pageModel(data) {
  const name = `questionnaire ${data.name}`, byId = new Map(data.questions.map((q) => [q.id, q]));
  let kept = {};
  try { kept = JSON.parse(localStorage.getItem(name)) ?? {}; } catch { /* a browser that keeps nothing: answers last as long as the page */ }
  const variants = (q) => [q, ...(q.others ?? [])], state = { ...data, mode: "study", message: "", answers: {}, marks: {} }, listeners = new Map();
  function set(key, value) { state[key] = value; (listeners.get(`change:${key}`) ?? []).forEach((f) => f()); }
  const byVariant = new Map(data.questions.map((q) => [q.id, variants(q)]));
  function ask(id, variant) {
    const all = byVariant.get(id), chosen = { ...all[variant % all.length] };
    byId.set(id, chosen);
    state.questions = state.questions.map((q) => (q.id === id ? chosen : q));
  }
  function left(id) { const q = byId.get(id); return q.attempts ? Math.max(0, q.attempts - (kept[id]?.attempt ?? 0)) : null; }
  function marked(id, response) {
    const q = byId.get(id), found = after(q, mark(q, response), kept[id]?.attempt ?? 1);
    const done = found.status === "review" || found.score === 1 || left(id) === 0;
    return { ...found, left: left(id), explanation: done ? open(q, "the explanation") : "" };
  }
  for (const [id, { response, version, variant }] of Object.entries(kept)) {
    if (byId.get(id)?.version !== version) continue;
    if (variant) ask(id, variant);
    if (response == null) continue;
    state.answers[id] = response;
    state.marks[id] = marked(id, response);
  }
  function keep(id, entry) {
    kept[id] = { ...entry, version: byId.get(id).version };
    try { localStorage.setItem(name, JSON.stringify(kept)); } catch { /* as above */ }
  }
  function again(id) {
    const variant = (kept[id]?.variant ?? 0) + 1, without = (all) => Object.fromEntries(Object.entries(all).filter(([k]) => k !== id));
    ask(id, variant);
    keep(id, { response: null, variant, attempt: 0 });
    state.answers = without(state.answers);
    set("marks", without(state.marks));
    set("questions", state.questions);
  }
  function answer(id, response) {
    const before = kept[id] ?? {}, found = mark(byId.get(id), response);
    const counted = JSON.stringify(response) !== JSON.stringify(before.response) && ["ok", "review"].includes(found.status);
    if (counted && left(id) === 0) return set("message", `All ${byId.get(id).attempts} attempts are used: this was not counted.`);
    keep(id, { response, variant: before.variant ?? 0, attempt: (before.attempt ?? 0) + (counted ? 1 : 0) });
    set("message", "");
    state.answers = { ...state.answers, [id]: response };
    set("marks", { ...state.marks, [id]: marked(id, response) });
  }
  return {
    get: (key) => state[key],
    on(event, f) { listeners.set(event, [...(listeners.get(event) ?? []), f]); },
    off(event, f) { listeners.set(event, (listeners.get(event) ?? []).filter((g) => g !== f)); },
    send({ kind, id, response }) {
      if (kind === "explain") return set("marks", { ...state.marks, [id]: { ...state.marks[id], explanation: open(byId.get(id), "the explanation") } });
      return kind === "again" ? again(id) : answer(id, response);
    },
  };
}
