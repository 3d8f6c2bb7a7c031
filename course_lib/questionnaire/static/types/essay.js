// A text that a person marks.

types.essay = {
  enter(question, name, given) {
    const area = el("textarea", { id: name, rows: 7 });
    area.value = given ?? "";
    return { element: el("div", {}, el("label", { for: name }, "Your text"), area), value: () => area.value };
  },
};
