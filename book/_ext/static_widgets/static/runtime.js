// --- Modules: the anywidget front-end module (AFM) of a model --------------------------------------------------------

const runtimes = new Map(); // model → promise of {definition, exports}

/** A module or a style sheet is stored as its text, or as where it is published. */
const isAddress = (source) => /^https?:\/\//.test(source);

/** Import a module, one for each model as anywidget does. A blob: address works where a page was opened as a file. */
async function importSource(source) {
  if (isAddress(source)) return import(source);
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  return import(address).finally(() => URL.revokeObjectURL(address));
}

/** Add the style sheet of a widget's class, once for all of its models. */
function addStyle(model) {
  const css = model.get("_css");
  const id = `afm-style-${model.get("_anywidget_id") || model.model_id}`;
  if (!css || document.getElementById(id)) return;
  document.head.append(isAddress(css) ? make("link", { id, rel: "stylesheet", href: css })
    : make("style", { id, textContent: css }));
}

/** What a module exports: the hooks, a function that gives them, or (before anywidget 0.9) render alone. */
async function definitionOf(module) {
  if (module.render) return { render: module.render };
  if (!module.default) throw new Error("a widget's module must export a default object or function");
  return typeof module.default === "function" ? module.default() : module.default;
}

const experimentalOf = (model) => ({
  invoke: async (name) => {
    model.send();
    throw new NeedsKernel(`invoke(${name}) calls Python`);
  },
});

/** Load the module of a model and call its initialize(), whose result is a clean-up function or what it exports. */
async function initialize(model) {
  addStyle(model);
  const definition = await definitionOf(await importSource(model.get("_esm")));
  const props = { model: modelFor(model, {}), signal: page.signal, experimental: experimentalOf(model) };
  const result = await definition.initialize?.(props);
  if (typeof result === "function") atEnd(page.signal, result);
  return { definition, exports: typeof result === "object" ? result ?? undefined : undefined };
}

/** Initialize a model unless that was done: initialize() runs once per model, render() once per view. */
function runtimeOf(model) {
  if (!runtimes.has(model)) runtimes.set(model, initialize(model));
  return runtimes.get(model);
}

const hasModule = (model) => model.get("_esm") !== undefined;
const isUnseen = (model) => hasModule(model) && !runtimes.has(model);

/** How a view reaches other widgets; what it takes from them ends with it. */
const hostOf = (signal) => ({
  getModel: async (reference) => {
    const model = findModel(reference);
    const owner = {};
    atEnd(signal, () => model.off(null, null, owner));
    return modelFor(model, owner);
  },
  getWidget: async (reference) => {
    const model = findModel(reference);
    const { exports } = hasModule(model) ? await runtimeOf(model) : {};
    const render = ({ el, signal: own = signal }) => renderModel(model, el, endingWith(signal, own).signal);
    return { exports, render };
  },
});

/** Render an AFM model into `el`; its listeners and its clean-up end with `signal`. */
async function renderModule(model, el, signal) {
  const { definition } = await runtimeOf(model);
  const owner = {};
  atEnd(signal, () => model.off(null, null, owner));
  const [host, experimental] = [hostOf(signal), experimentalOf(model)];
  const cleanUp = await definition.render?.({ model: modelFor(model, owner), el, signal, host, experimental });
  if (typeof cleanUp === "function") atEnd(signal, cleanUp);
}

/** Render any model into `el`: an AFM widget, or a core control. */
async function renderModel(model, el, signal) {
  applyLayout(model, el, signal);
  const control = model.origin.startsWith("@jupyter-widgets/") && controls[model.name];
  if (hasModule(model)) await renderModule(model, el, signal);
  else if (control) await control(model, el, signal);
  else throw new NeedsKernel(`${model.name} is not supported`);
  let said = false;
  model.follow("asked-for-kernel", () => {
    if (model.askedForKernel && !said) el.after(noteOf(PARTLY));
    said ||= model.askedForKernel;
  }, signal);
}
