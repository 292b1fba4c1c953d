// --- The page: find the views, show the first and those in sight at once, the others when the browser is idle -----------------------------

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

const started = new WeakSet(); // views whose mounting has begun

/** Replace the poster of one view by the live widget; the poster stays in the page for paper. */
async function mount(view) {
  if (started.has(view)) return;
  started.add(view);
  const live = make("afm-live", { className: "afm-live" });
  view.append(live);
  try {
    await renderModel(findModel(view.dataset.model), live, live.ended.signal);
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
function placeOf({ script, content }) {
  let place = script.parentElement.querySelector(":scope > .afm-view:not([data-state])");
  if (!place) {
    place = make("div", { className: "afm-view" });
    script.after(place);
  }
  place.dataset.model = content.model_id;
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

/** Make the models of the page; one that is broken does not keep the others away. */
function restoreModels() {
  const stored = storedIn(STATE_TYPE).flatMap(({ content }) => Object.entries(content.state ?? {}));
  for (const [id, entry] of stored) {
    try {
      models.set(id, new Model(id, entry));
    } catch (error) {
      report(error);
    }
  }
}

function start() {
  restoreModels();
  connectLinks();
  const views = storedIn(VIEW_TYPE).map(placeOf);
  const watcher = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting) {
        watcher.unobserve(target);
        mount(target);
      }
    }
  }, { rootMargin: "600px" });
  views.slice(0, 1).forEach(mount); // its reader comes soonest
  for (const view of views) watcher.observe(view);
  const later = () => mountWhenIdle(views);
  if (document.readyState === "complete") later();
  else addEventListener("load", later, { once: true });
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start, { once: true });
else start();
