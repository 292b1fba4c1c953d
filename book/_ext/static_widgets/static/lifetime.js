// --- Lifetimes: what ends, when, and who hears of it -----------------------------------------------------------------

/** A reader without a kernel asked for Python. */
class NeedsKernel extends Error {}

/** Tell the developer's console: a missing kernel is to be expected, anything else is a mistake. */
function report(error) {
  console[error instanceof NeedsKernel ? "info" : "error"]("[static widgets]", error);
}

/** Do one of several things; if it fails the others go on. */
function attempt(work) {
  try {
    work();
  } catch (error) {
    report(error);
  }
}

/** Call `cleanUp` once when the signal ends, or now if it has ended; its errors stay its own. */
function atEnd(signal, cleanUp) {
  const run = async () => {
    try {
      await cleanUp();
    } catch (error) {
      report(error);
    }
  };
  if (signal.aborted) run();
  else signal.addEventListener("abort", run, { once: true });
}

/** A controller that ends with the first of the signals, if not before. */
function endingWith(...signals) {
  const controller = new AbortController();
  for (const signal of signals) atEnd(signal, () => controller.abort(signal.reason));
  return controller;
}

/** The page: all models and views end with it. A page that the browser keeps for the way back has not ended. */
const page = new AbortController();
addEventListener("pagehide", (event) => {
  if (!event.persisted) page.abort();
});
