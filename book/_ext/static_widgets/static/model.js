// --- Models: state with events, as anywidget and Backbone define them ------------------------------------------------

const models = new Map();

/** The model that a reference means; throws if the page does not store it. */
function findModel(reference) {
  const model = models.get(modelId(reference));
  if (!model) throw new Error(`the page stores no model ${modelId(reference)}`);
  return model;
}

class Model {
  constructor(id, { model_name: name, state, buffers }) {
    this.model_id = id;
    this.name = name;
    this.state = restoreBuffers(state, buffers);
    this.listeners = [];
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

  /** A custom message has no receiver without a kernel. */
  send() {}

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

  emit(name, ...details) {
    for (const listener of [...this.listeners]) {
      if (listener.name === name) listener.callback.call(this, ...details);
    }
  }
}

const widgetManager = { get_model: async (reference) => findModel(reference) };

/** A model as one widget's module sees it: off() without arguments removes only the listeners of `owner`. */
const modelFor = (model, owner) => ({
  get: (key) => model.get(key),
  set: (key, value) => model.set(key, value),
  save_changes: () => model.save_changes(),
  send: (...message) => model.send(...message),
  on: (names, callback) => model.on(names, callback, owner),
  off: (names, callback) => model.off(names, callback, owner),
  widget_manager: widgetManager,
});
