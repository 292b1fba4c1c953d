// --- Models: state with events, as anywidget and Backbone define them ------------------------------------------------

const models = new Map();

/** The model that a reference means; throws if the page does not store it. */
function findModel(reference) {
  const model = models.get(modelId(reference));
  if (!model) throw new Error(`the page stores no model ${modelId(reference)}`);
  return model;
}

class Model {
  constructor(id, { model_name: name, model_module: origin = "", state, buffers }) {
    this.model_id = id;
    this.name = name;
    this.origin = origin;
    this.state = restoreBuffers(state, buffers);
    this.listeners = [];
    this.askedForKernel = false;
  }

  get(key) {
    return this.state[key];
  }

  /** set("key", value) or set({key: value, …}): one "change:key" for each change, then one "change". */
  set(key, value) {
    const changes = Object.entries(typeof key === "object" ? key : { [key]: value })
      .filter(([name, next]) => !sameValue(this.state[name], next));
    for (const [name, next] of changes) this.state[name] = next;
    for (const [name] of changes) this.emit(`change:${name}`, this, this.state[name]);
    if (changes.length) this.emit("change", this);
  }

  /** With a kernel this would send the state; here it is home already. */
  save_changes() {}

  /** A custom message has no receiver without a kernel: the views say so. */
  send() {
    this.askedForKernel = true;
    this.emit("asked-for-kernel");
  }

  on(names, callback, owner) {
    for (const name of names.split(/\s+/)) this.listeners.push({ name, callback, owner });
  }

  /** Without a name, a callback or an owner it means every one of them. */
  off(names, callback, owner) {
    const wanted = names ? names.split(/\s+/) : null;
    this.listeners = this.listeners.filter((listener) =>
      (wanted && !wanted.includes(listener.name)) ||
      (callback && callback !== listener.callback) ||
      (owner && owner !== listener.owner));
  }

  /** Call the listeners; one that fails does not keep the news from the others. */
  emit(name, ...details) {
    for (const { name: wanted, callback } of [...this.listeners]) {
      if (wanted === name) attempt(() => callback.apply(this, details));
    }
  }

  /** Call `show` now and at each of the events, until the signal ends. */
  follow(names, show, signal) {
    const owner = {};
    this.on(names, show, owner);
    atEnd(signal, () => this.off(null, null, owner));
    show();
  }
}

const widgetManager = { get_model: async (reference) => findModel(reference) };

/** A model as one widget's module sees it: off() without arguments removes only the listeners of `owner`. */
const modelFor = (model, owner) => ({
  get: (key) => model.get(key),
  set: (key, value) => model.set(key, value),
  save_changes: () => model.save_changes(),
  send: () => model.send(),
  on: (names, callback) => model.on(names, callback, owner),
  off: (names, callback) => model.off(names, callback, owner),
  widget_manager: widgetManager,
});
