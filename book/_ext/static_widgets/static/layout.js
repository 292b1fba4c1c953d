// --- LayoutModel: the CSS properties that ipywidgets names ----------------------------------------------------------------

const LAYOUT = ["align_content", "align_items", "align_self", "border", "bottom", "display", "flex", "flex_flow", "grid_area",
  "grid_auto_columns", "grid_auto_flow", "grid_auto_rows", "grid_column", "grid_gap", "grid_row",
  "grid_template_areas", "grid_template_columns", "grid_template_rows", "height", "justify_content", "justify_items",
  "left", "margin", "max_height", "max_width", "min_height", "min_width", "order", "overflow", "padding", "right",
  "top", "visibility", "width"];

function applyLayout(model, el) {
  const layout = models.get(modelId(model.get("layout")));
  if (!layout) return;
  for (const name of LAYOUT) {
    const value = layout.get(name);
    if (value !== null && value !== undefined) el.style.setProperty(name.replaceAll("_", "-"), value);
  }
}
