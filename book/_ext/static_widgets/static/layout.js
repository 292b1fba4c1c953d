// --- LayoutModel: its traits are CSS properties, with underscores ----------------------------------------------------

/** Give `el` the layout and the classes of a model, as they are now and as they change. */
function applyLayout(model, el, signal) {
  el.classList.add(...(model.get("_dom_classes") ?? []));
  const layout = models.get(modelId(model.get("layout")));
  for (const name of Object.keys(layout?.state ?? {}).filter((key) => !key.startsWith("_"))) {
    const property = name.replaceAll("_", "-");
    layout.follow(`change:${name}`, () => {
      const value = layout.get(name);
      if (value === null) el.style.removeProperty(property);
      else el.style.setProperty(property, value);
    }, signal);
  }
}
