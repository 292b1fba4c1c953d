// --- The page: show the first view while it is still read, those in sight at once, the others when nothing is to do ------

const NOTHING = "This needs a running kernel: open the notebook in JupyterLab.";
const PARTLY = "Some of this needs a running kernel: open the notebook in JupyterLab.";
const BROKEN = "This could not be shown here: open the notebook in JupyterLab.";

const noteOf = (textContent) => make("p", { className: "afm-note", textContent });

/** One line in place of what cannot be shown. */
function explain(el, error) {
  el.append(noteOf(error instanceof NeedsKernel ? NOTHING : BROKEN));
  report(error);
}

/** Show a child model in an empty place; what fails says so there and leaves the others alone. */
async function mountInto(el, reference, signal) {
  const ended = endingWith(signal);
  try {
    await renderModel(findModel(reference), el, ended.signal);
  } catch (error) {
    ended.abort();
    el.replaceChildren();
    explain(el, error);
  }
}

/** The live part of a view; it ends when it is taken out of the page (not when it is moved within it). */
class LiveElement extends HTMLElement {
  ended = endingWith(page.signal);

  disconnectedCallback() {
    queueMicrotask(() => {
      if (!this.isConnected) this.ended.abort();
    });
  }
}
customElements.define("afm-live", LiveElement);

const scripts = new WeakMap(); // view → the script element that stores it
const places = new WeakMap(); // the same the other way round
const started = new WeakSet(); // views whose mounting has begun

/** Replace the poster of one view by the live widget; the poster stays in the page for paper. */
async function mount(view) {
  if (started.has(view)) return;
  started.add(view);
  const live = make("afm-live", { className: "afm-live" });
  view.append(live);
  try {
    await renderModel(findModel(JSON.parse(scripts.get(view).textContent)), live, live.ended.signal);
    view.dataset.state = "ready";
    if (!performance.getEntriesByName("afm:first-mounted").length) performance.mark("afm:first-mounted");
    view.dispatchEvent(new CustomEvent("afm:mounted", { bubbles: true }));
  } catch (error) {
    live.remove();
    view.dataset.state = error instanceof NeedsKernel ? "needs-kernel" : "failed";
    explain(view, error);
  }
}

/** The place of a view: it holds the poster already if the page was built with one. */
function placeOf(script) {
  if (places.has(script)) return places.get(script);
  let place = script.parentElement.querySelector(":scope > .afm-view:not([data-state])");
  if (!place) {
    place = make("div", { className: "afm-view" });
    script.after(place);
  }
  scripts.set(place, script);
  places.set(script, place);
  place.dataset.state = "waiting";
  return place;
}

/** In each idle moment mount one view that waits; at last initialize the models that have none. */
function mountWhenIdle(views) {
  const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 50));
  idle(() => {
    const next = views.find((view) => !started.has(view));
    if (!next) return void [...models.values()].filter(isUnseen).forEach((model) => runtimeOf(model).catch(report));
    mount(next);
    mountWhenIdle(views);
  });
}

const scriptsOf = (type) => [...document.querySelectorAll(`script[type="${type}"]`)];

const restored = new WeakSet(); // state scripts whose models have been made

/** Make the models of the page and connect what is linked; what is broken does not keep the others away. */
function restoreModels() {
  const fresh = scriptsOf(STATE_TYPE).filter((script) => !restored.has(script));
  const made = [];
  for (const script of fresh) {
    restored.add(script);
    attempt(() => {
      for (const [id, stored] of Object.entries(JSON.parse(script.textContent).state ?? {})) {
        attempt(() => made.push(new Model(id, stored)));
      }
    });
  }
  for (const model of made) models.set(model.model_id, model);
  for (const model of made) {
    if (model.name === "LinkModel" || model.name === "DirectionalLinkModel") attempt(() => connect(model));
  }
}

/** Whether the browser has read a script element to its end: something follows it or one of its parents. */
const isWhole = (element) => Boolean(element && (element.nextElementSibling || isWhole(element.parentElement)));

/** Its reader comes soonest: mount the first view as soon as the page has been read as far as it and its state. */
function mountFirstEarly() {
  const reading = new MutationObserver(() => {
    const [script] = scriptsOf(VIEW_TYPE);
    if (!isWhole(script) || !scriptsOf(STATE_TYPE).some(isWhole)) return;
    reading.disconnect();
    restoreModels();
    mount(placeOf(script));
  });
  reading.observe(document, { childList: true, subtree: true });
  document.addEventListener("DOMContentLoaded", () => reading.disconnect(), { once: true });
}

function start() {
  restoreModels();
  const views = scriptsOf(VIEW_TYPE).map(placeOf);
  const watcher = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting) {
        watcher.unobserve(target);
        mount(target);
      }
    }
  }, { rootMargin: "600px" });
  views.slice(0, 1).forEach(mount);
  for (const view of views) watcher.observe(view);
  const later = () => mountWhenIdle(views);
  if (document.readyState === "complete") later();
  else addEventListener("load", later, { once: true });
}

if (document.readyState === "loading") {
  mountFirstEarly();
  document.addEventListener("DOMContentLoaded", start, { once: true });
} else start();
