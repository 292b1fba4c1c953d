// --- Core containers: boxes, folded parts, stored outputs ------------------------------------------------------------

/** Children in a row, a column or a grid. */
const sideBySide = (model, places) => places;

/** Accordions and tabs: children under headings, one of them open. */
const folded = (model, places, signal) => {
  const titles = model.get("titles") ?? [];
  const parts = places.map((place, i) =>
    make("details", {}, make("summary", { textContent: titles[i] || `Part ${i + 1}` }), place));
  parts.forEach((part, i) => part.addEventListener("toggle", () => {
    if (part.open) model.set("selected_index", i);
    else if (model.get("selected_index") === i) model.set("selected_index", null);
  }));
  model.follow("change:selected_index", () => {
    parts.forEach((part, i) => (part.open = model.get("selected_index") === i));
  }, signal);
  return parts;
};

/** A stack: only the chosen child. */
const oneAtATime = (model, places, signal) => {
  const parts = places.map((place) => make("div", {}, place));
  model.follow("change:selected_index", () => {
    parts.forEach((part, i) => (part.hidden = model.get("selected_index") !== i));
  }, signal);
  return parts;
};

/** Show the children, and others when the list changes; their views end with it. */
const container = (style, arrange) => async (model, el, signal) => {
  el.classList.add(`afm-${style}`);
  let shownUntil = endingWith(signal);
  let filled;
  model.follow("change:children", () => {
    shownUntil.abort();
    shownUntil = endingWith(signal);
    const children = model.get("children") ?? [];
    const places = children.map(() => make("div"));
    el.replaceChildren(...arrange(model, places, shownUntil.signal));
    filled = Promise.all(places.map((place, i) => mountInto(place, children[i], shownUntil.signal)));
  }, signal);
  await filled;
};

const joined = (text) => [text ?? ""].flat().join("");

/** One output as nbformat stores it. */
async function storedOutput({ data = {}, text, traceback }, signal) {
  if (data[VIEW_TYPE]) {
    const place = make("div");
    await mountInto(place, data[VIEW_TYPE], signal);
    return place;
  }
  const alt = joined(data["text/plain"]) || "output";
  if (data["image/png"]) return make("img", { src: `data:image/png;base64,${joined(data["image/png"])}`, alt });
  const html = data["image/svg+xml"] ?? data["text/html"];
  if (html) return make("div", { innerHTML: joined(html) });
  const ansi = /\u001b\[[\d;]*m/g; // the colours of a traceback
  return make("pre", { textContent: joined(text ?? data["text/plain"] ?? traceback?.join("\n")).replace(ansi, "") });
}

/** What was printed and shown when the notebook ran. */
const output = async (model, el, signal) => {
  el.append(...await Promise.all((model.get("outputs") ?? []).map((stored) => storedOutput(stored, signal))));
  if (el.childElementCount) el.append(noteOf("Stored output: to change it, run the notebook."));
};

Object.assign(controls, {
  BoxModel: container("row", sideBySide), HBoxModel: container("row", sideBySide),
  VBoxModel: container("column", sideBySide), GridBoxModel: container("grid", sideBySide),
  AccordionModel: container("folded", folded), TabModel: container("folded", folded),
  StackModel: container("stack", oneAtATime),
  OutputModel: output,
});
