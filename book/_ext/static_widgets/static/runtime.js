// --- Modules: the anywidget front-end module (AFM) of a model ----------------------------------------------------------

const modules = new Map(); // source text → promise of the module
const runtimes = new Map(); // model → promise of {definition, exports}

const experimental = {
  invoke: () => Promise.reject(new Error("invoke() needs a running kernel")),
};

/** Import the text of a module once. A blob: address works where a page was opened as a file. */
function importSource(source) {
  if (!modules.has(source)) {
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    modules.set(source, import(address).finally(() => URL.revokeObjectURL(address)));
  }
  return modules.get(source);
}

/** Add the style sheet of a widget's class, once for all of its models. */
function addStyle(model) {
  const css = model.get("_css");
  const id = `afm-style-${model.get("_anywidget_id") || model.model_id}`;
  if (!css || document.getElementById(id)) return;
  document.head.append(Object.assign(document.createElement("style"), { id, textContent: css }));
}

/** The definition of a model's widget after initialize(), which runs once per model. */
function runtimeOf(model) {
  if (!runtimes.has(model)) {
    runtimes.set(model, (async () => {
      addStyle(model);
      const module = await importSource(model.get("_esm"));
      const exported = module.default ?? module;
      const definition = typeof exported === "function" ? await exported() : exported;
      const { signal } = new AbortController(); // a page's models live as long as the page
      const result = await definition.initialize?.({ model: modelFor(model, definition), signal, host, experimental });
      return { definition, exports: typeof result === "object" ? result : undefined };
    })());
  }
  return runtimes.get(model);
}

/** How one widget reaches others: anywidget's host. */
const host = {
  getModel: async (reference) => modelFor(findModel(reference), {}),
  getWidget: async (reference) => {
    const model = findModel(reference);
    const { exports } = await runtimeOf(model);
    return { exports, render: ({ el, signal }) => renderModel(model, el, signal) };
  },
};

/** Render an AFM model into `el`; its listeners and its clean-up end with `signal`. */
async function renderModule(model, el, signal) {
  const { definition } = await runtimeOf(model);
  const owner = {};
  const cleanup = await definition.render?.({ model: modelFor(model, owner), el, signal, host, experimental });
  signal.addEventListener("abort", () => {
    model.off(null, null, owner);
    if (typeof cleanup === "function") cleanup();
  });
}

/** Render any model into `el`: an AFM widget, or a core control. */
async function renderModel(model, el, signal = new AbortController().signal) {
  if (model.get("_esm") !== undefined) await renderModule(model, el, signal);
  else if (controls[model.name]) await controls[model.name](model, el, signal);
  else throw new Error(`${model.name} is not supported`);
  applyLayout(model, el);
}
