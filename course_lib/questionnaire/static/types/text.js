// A word or a line of output; a page knows the texts, and no patterns.

types.text = {
  mark(question, response) {
    const typed = question.case ? plain(response) : plain(response).toLowerCase();
    const normal = typed.split(/\s+/).filter(Boolean).join(question.spaces === "ignore" ? "" : " ");
    return open(question, normal) ?? outcome(0, "Not one of the answers that this page knows. Compare it with the explanation.");
  },
};
