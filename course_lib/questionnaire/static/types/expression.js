// A formula, which a page cannot compute.

types.expression = {
  enter(question, name, given) {
    const about = el("p", { class: "cq-small" }, `Known names: ${question.variables.join(", ")}. `,
      "Arithmetic, @, indexing, comparisons, and torch's functions such as exp, log, sum, mean, where, amax.");
    return line(question, name, given, { label: "Your expression", wide: true, about });
  },
  mark(question, response) {
    return open(question, response.replace(/\s+/g, "")) ??
      outcome(0, "A page cannot compute this; in the notebook it would be. Compare it with the explanation.", "review");
  },
};
