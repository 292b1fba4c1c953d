// --- The stored state: what MyST-NB put into the page ----------------------------------------------------------------

const STATE_TYPE = "application/vnd.jupyter.widget-state+json";
const VIEW_TYPE = "application/vnd.jupyter.widget-view+json";

/** The id in a reference to a model: "IPY_MODEL_…", "anywidget:…" or a bare id. */
const modelId = (reference) =>
  String(reference?.model_id ?? reference).replace(/^(IPY_MODEL_|anywidget:)/, "");

/** @param {string} base64 @returns {DataView} */
function decodeBase64(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return new DataView(bytes.buffer);
}

/** Put binary values back where they were taken out; a path leads through nested objects and lists. */
function restoreBuffers(state, buffers = []) {
  for (const { path, data } of buffers) {
    const owner = path.slice(0, -1).reduce((value, key) => value[key], state);
    owner[path[path.length - 1]] = decodeBase64(data);
  }
  return state;
}

const bytesOf = (view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
const sameBytes = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

/** Whether a new value changes nothing: objects, lists and buffers are compared by content, as Backbone does. */
function sameValue(a, b) {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b || a.constructor !== b.constructor) return false;
  if (ArrayBuffer.isView(a)) return sameBytes(bytesOf(a), bytesOf(b));
  if (a.constructor !== Object && a.constructor !== Array) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key], b[key]));
}
