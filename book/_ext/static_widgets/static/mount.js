// --- The page: find the views, show the first and those in sight at once, the others when the browser is idle -----------------------------

/** One line in place of what cannot be shown; the stored picture stays. */
function explain(el, error) {
  el.append(make("p", { className: "afm-note", textContent: "This needs a running kernel: open the notebook in JupyterLab." }));
  console.info("[static widgets]", error.message);
}

/** Show a child model; what fails says so in its own place and leaves the others alone. */
async function mountInto(el, model, signal) {
  try {
    await renderModel(model, el, signal);
  } catch (error) {
    el.replaceChildren();
    explain(el, error);
  }
}

const started = new WeakSet(); // views whose mounting has begun

/** Replace the poster of one view by the live widget; the poster stays in the page for paper. */
async function mount(view) {
  if (started.has(view)) return;
  started.add(view);
  const live = make("div", { className: "afm-live" });
  view.append(live);
  try {
    await renderModel(findModel(view.dataset.model), live);
    view.dataset.state = "ready";
    if (!performance.getEntriesByName("afm:first-mounted").length) performance.mark("afm:first-mounted");
    view.dispatchEvent(new CustomEvent("afm:mounted", { bubbles: true }));
  } catch (error) {
    live.remove();
    view.dataset.state = "needs-kernel";
    explain(view, error);
  }
}

/** The place of a view: it holds the poster already if the page was built with one. */
function placeOf(script) {
  const { model_id: id } = JSON.parse(script.textContent);
  let place = script.parentElement.querySelector(":scope > .afm-view:not([data-state])");
  if (!place) {
    place = make("div", { className: "afm-view" });
    script.after(place);
  }
  place.dataset.model = id;
  place.dataset.state = "waiting";
  return place;
}

/** Mount what waits, one view in each idle moment. */
function mountWhenIdle(views) {
  const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 50));
  const next = views.find((view) => !started.has(view));
  if (next) idle(() => mount(next).then(() => mountWhenIdle(views)));
}

function start() {
  for (const script of document.querySelectorAll(`script[type="${STATE_TYPE}"]`)) {
    const { state } = JSON.parse(script.textContent);
    for (const [id, stored] of Object.entries(state)) models.set(id, new Model(id, stored));
  }
  connectLinks();
  const views = [...document.querySelectorAll(`script[type="${VIEW_TYPE}"]`)].map(placeOf);
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
