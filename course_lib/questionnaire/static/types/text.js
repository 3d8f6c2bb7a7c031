// A word or a line of output, as text.py marks it: the texts and patterns in the order in which they are tried.

const WORDS_IN = /[\p{L}\p{N}]+|[^\p{L}\p{N}_\s]|_/gu;

function slip(a, b) {
  if (b.length < 5 || !/^\p{L}+$/u.test(a) || !/^\p{L}+$/u.test(b) || Math.abs(a.length - b.length) > 1) return false;
  let i = 0;
  while (i < Math.min(a.length, b.length) && a[i] === b[i]) i++;
  return a.slice(i + 1) === b.slice(i + 1) || a.slice(i) === b.slice(i + 1) || a.slice(i + 1) === b.slice(i) ||
    (a[i] === b[i + 1] && a[i + 1] === b[i] && a.slice(i + 2) === b.slice(i + 2));
}

function misspelt(given, wanted, meant) {
  const written = given.match(WORDS_IN) ?? [], right = wanted.match(WORDS_IN) ?? [];
  return written.length === right.length && written.every((a, i) => a === right[i] || (!meant.includes(a) && slip(a, right[i])));
}

function byRules(question, given) {
  const { rules, meant } = open(question, "the key"), short = [...given].length <= 300;
  const found = rules.find((rule) => rule.text === given || (short && rule.slips && misspelt(given, rule.text, meant)) ||
    (short && rule.pattern && new RegExp(`^(?:${rule.pattern})$`, question.case ? "s" : "is").test(given)));
  return found ? outcome(found.score, found.feedback) : said(0);
}

types.text = {
  mark(question, response) {
    const typed = question.case ? plain(response) : plain(response).toLowerCase();
    const given = typed.split(/\s+/).filter(Boolean).join(question.spaces === "ignore" ? "" : " ");
    return question.rules ? byRules(question, given) : open(question, given) ?? said(0);
  },
};
