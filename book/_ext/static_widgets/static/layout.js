// --- LayoutModel: its traits are CSS properties, with underscores ----------------------------------------------------

/** Give `el` the layout and the classes of a model, as they are now and as they change. */
function applyLayout(model, el, signal) {
  el.classList.add(...(model.get("_dom_classes") ?? []));
  const layout = models.get(modelId(model.get("layout")));
  for (const name of Object.keys(layout?.state ?? {}).filter((key) => !key.startsWith("_"))) {
    const show = () => el.style.setProperty(name.replaceAll("_", "-"), layout.get(name)); // null takes it away
    layout.follow(`change:${name}`, show, signal);
  }
}
