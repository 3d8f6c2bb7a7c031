// A number. In a page, the cell that it lies in knows what is right there.

function toNumber(text) {
  const plain = text.trim().replace(/\u2212/g, "-");
  if (/^[+-]?[1-9]\d{0,2},\d{3}$/.test(plain)) return "With this comma the number can be read in two ways: write 1234 or 1.234.";
  const number = plain.includes(".") ? plain : plain.replace(/,(?=[^,]*$)/, ".");
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,6})?$/.test(number) || !Number.isFinite(Number(number))) return "A number is asked for, such as 0.35, -2 or 1e-3.";
  return Number(number);
}

types.numeric = {
  enter: (question, name, given) => line(question, name, given, { label: "Your number", inputmode: "decimal" }),
  mark(question, response) {
    const number = toNumber(response);
    if (typeof number === "string") return outcome(0, number, "invalid");
    const cell = Math.floor(number / question.step), slack = 1e-12 * Math.max(1, Math.abs(number));
    const found = [cell, cell - 1, cell + 1].flatMap((k) => open(question, String(k)) ?? [])
      .filter((entry) => number >= entry.low - slack && number <= entry.high + slack).sort((a, b) => a.place - b.place)[0];
    return found ? outcome(found.score, found.feedback) : said(0);
  },
};
