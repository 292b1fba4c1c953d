// Shows anywidget models of this page, and nothing else, until the loader of book/_ext is there.
(() => {
  const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  const models = new Map();
  class Model {
    constructor(raw) {
      this.state = raw.state;
      this.handlers = [];
      for (const { path, data } of raw.buffers || []) {
        let at = this.state;
        for (const key of path.slice(0, -1)) at = at[key];
        at[path.at(-1)] = bytes(data);
      }
    }
    get(key) { return this.state[key]; }
    set(key, value) {
      const values = typeof key === "object" ? key : { [key]: value };
      const changed = Object.keys(values).filter((name) => this.state[name] !== values[name]);
      Object.assign(this.state, values);
      for (const name of changed) this.emit(`change:${name}`, this, this.state[name]);
      if (changed.length) this.emit("change", this);
    }
    save_changes() {}
    send() {}
    on(names, run) { for (const name of names.split(/\s+/)) this.handlers.push([name, run]); }
    off(name, run) { this.handlers = this.handlers.filter(([n, r]) => (name && n !== name) || (run && r !== run)); }
    emit(name, ...args) { for (const [n, run] of [...this.handlers]) if (n === name) run.apply(this, args); }
  }
  const modules = new Map();
  const load = (source) => {
    if (!modules.has(source)) {
      modules.set(source, import(URL.createObjectURL(new Blob([source], { type: "text/javascript" }))));
    }
    return modules.get(source);
  };
  async function mount(script) {
    const view = script.closest(".afm-view");
    const model = models.get(JSON.parse(script.textContent).model_id);
    const style = document.createElement("style");
    style.textContent = model.get("_css") ?? "";
    document.head.append(style);
    const signal = new AbortController().signal;
    let widget = (await load(model.get("_esm"))).default;
    if (typeof widget === "function") widget = await widget();
    if (!model.started) model.started = widget.initialize?.({ model, signal }) ?? true;
    await model.started;
    const el = document.createElement("div");
    view.querySelector("img")?.remove();
    view.append(el);
    await widget.render({ model, el, signal });
    view.dataset.state = "ready";
    performance.mark("afm:first-mounted");
  }
  const stored = document.querySelector('script[type="application/vnd.jupyter.widget-state+json"]');
  for (const [id, raw] of Object.entries(JSON.parse(stored.textContent).state)) models.set(id, new Model(raw));
  for (const script of document.querySelectorAll('script[type="application/vnd.jupyter.widget-view+json"]')) {
    mount(script).catch((error) => {
      script.closest(".afm-view").dataset.state = "error";
      console.error(String(error));
    });
  }
})();
