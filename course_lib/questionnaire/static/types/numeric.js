// A number. In a page, the cell that it lies in knows what is right there. What is a number is said in numbers.py.

const ASKED = "A number is asked for, such as 0.35, -2 or 1e-3.", LIMIT = 1.7976931348623157e308;
const GROUPS = [/^[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?(?=[eE]|$)/, /^[+-]?[1-9]\d{0,2}([ '_]\d{3})+([.,]\d+)?(?=[eE]|$)/,
  /^[+-]?[1-9]\d{0,2}((\.\d{3})+,\d+|(\.\d{3}){2,})(?=[eE]|$)/];
const POWER = /^(?:(.*[0-9.])\s*[×·⋅∙*xX]\s*|([+-]?))10\s*(?:\^|\*\*)\s*[({]?\s*([+-]?\d{1,6})\s*[)}]?$/;
const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", LOWERED = "0123456789+-";

function withoutUnit(text, unit) {
  const rest = unit && text.toLowerCase().endsWith(unit.toLowerCase()) ? text.slice(0, -unit.length) : text;
  return /\d/.test(rest) ? rest.trim() : text;
}

function ungrouped(text) {
  for (const [place, groups] of GROUPS.entries()) {
    const found = text.match(groups)?.[0];
    if (!found) continue;
    const decimal = place === 2 || (place === 1 && found.includes(",")) ? found.replace(/\./g, "").replace(/,/g, ".") : found;
    return decimal.replace(/[ ,'_]/g, "") + text.slice(found.length);
  }
  return !text.includes(".") && text.split(",").length === 2 ? text.replace(",", ".") : text;
}

function whyNot(text, unit) {
  if (!/^[+-]?[0-9.,]+\s*(\p{L}[^0-9]*|%|°.*)$/su.test(text)) return ASKED;
  if (unit) return `The answer is asked for in ${unit}: write the number alone.`;
  return "Write the number alone" + (text.endsWith("%") ? ", without the sign for per cent: 0.25 for 25 %." : ", without a unit.");
}

function fraction([, above, below], fractions) {
  if (!fractions) return "Write it as a decimal number, such as 0.5 for 1/2.";
  return Number(below) ? Number(above) / Number(below) : "A number cannot be divided by 0.";
}

function toNumber(response, unit, fractions) {
  let text = withoutUnit(plain(response).trim(), plain(unit ?? "").trim()).replace(/^([+-])\s+/, "$1");
  const parts = text.match(/^([+-]?\d{1,20})\s*[/∕⁄]\s*(\d{1,20})$/);
  if (parts) return fraction(parts, fractions);
  const power = text.replace(/[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+/g, (digits) => "**" + [...digits].map((c) => LOWERED[RAISED.indexOf(c)]).join("")).match(POWER);
  if (power) text = `${power[1] ?? power[2] + "1"}e${power[3]}`;
  if (/^[+-]?[1-9]\d{0,2},\d{3}$/.test(text))
    return `With this comma the number can be read in two ways: write ${text.replace(",", "")} or ${text.replace(",", ".")}.`;
  const number = ungrouped(text);
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,6})?$/.test(number)) return whyNot(text, plain(unit ?? "").trim());
  return Math.abs(Number(number)) <= LIMIT ? Number(number) : "This number is too large, or not a number.";
}

types.numeric = {
  enter: (question, name, given) => line(question, name, given, { label: "Your number", inputmode: "decimal" }),
  mark(question, response) {
    const number = toNumber(response, question.unit, question.fractions);
    if (typeof number === "string") return outcome(0, number, "invalid");
    const cell = Math.floor(number / question.step), slack = 1e-12 * Math.max(1, Math.abs(number));
    const found = [cell, cell - 1, cell + 1].flatMap((k) => open(question, String(k)) ?? [])
      .filter((entry) => number >= entry.low - slack && number <= entry.high + slack).sort((a, b) => a.place - b.place)[0];
    const rounded = question.rounded && !found ? open(question, `rounded ${number.toFixed(12)}`)?.[0] : null;
    return found || rounded ? outcome((found ?? rounded).score, (found ?? rounded).feedback) : said(0);
  },
};
