// The bug clinic: the training of training.js with one part of the program replaced, beside the right one.

/** What each mistake puts in the place of a part of the program; the gradient is that of the wrong program. */
export const MISTAKES = {
  "relu": { logvar: (head) => [Math.max(head, 0), head > 0 ? 1 : 0] },
  "variance-as-sigma": { sigma: (logvar) => [Math.exp(logvar), Math.exp(logvar)] },
  "no-noise": { noise: () => 0 },
  "one-noise": { noise: (eps, i, latent) => eps[i % latent] },
  "detached": { pathwise: false },
  "averaged-error": { logProb: (error, count) => [-(error ** 2) / count, (-2 * error) / count] },
  "no-exp": { kl: (mu) => [0.5 * (mu ** 2 - 1), mu, 0] },
  "wrong-sign": { klWeight: () => -1 },
  "summed-kl": { klWeight: (examples) => examples },
  "uniform-prior": { prior: "uniform" },
};

const LATE = 100; // the last steps, over which the log is averaged
const spread = (values) => Math.sqrt(variance(values));
const median = (values) => {
  const sorted = Float64Array.from(values).sort();
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.floor(sorted.length / 2)]) / 2;
};
const totalVariance = (points) => variance(coordinate(points, 0)) + variance(coordinate(points, 1));

/** What is measured on a run, by the names of `SIGNS` in clinic.py. */
export function signs(run, state = examine(run)) {
  const { loss, reconstruction, kl } = run.log;
  const late = (values) => mean(values.slice(-LATE));
  return {
    steps: run.step,
    firstReconstruction: reconstruction[0],
    firstKl: kl[0],
    loss: late(loss),
    reconstruction: late(reconstruction),
    kl: late(kl),
    lowestKl: Math.min(...kl),
    jitter: spread(reconstruction.slice(-LATE)),
    gap: -state.reconstruction - late(reconstruction),
    sigma: median(state.logvar.map((logvar) => Math.exp(logvar / 2))),
    spread: Math.sqrt(mean(state.variance)),
    samples: totalVariance(newPoints(run)) / totalVariance(run.points),
  };
}

/** "higher", "same" or "lower". */
export function compare({ rule, tolerance }, patient, healthy) {
  const [low, high] = rule === "difference" ? [healthy - tolerance, healthy + tolerance]
    : [healthy / tolerance, healthy * tolerance];
  if (patient > high) return "higher";
  return patient < low ? "lower" : "same";
}

/** Limits of a plane that shows two curves: without the first steps, and without what runs away. */
export function curveLimits(curves) {
  const shown = curves.flatMap(({ means }) => means.slice(3)).map((value) => clamp(value, -12, 24));
  const [low, high] = shown.length ? [Math.min(...shown), Math.max(...shown)] : [-1, 4];
  const margin = Math.max(0.5, 0.1 * (high - low));
  return [low - margin, high + margin];
}

const CURVES = { loss: "loss", reconstruction: "reconstruction loss", kl: "KL" };
const LIMIT = 2.6;
const CODES = 3.4;

function render({ model, el, signal }) {
  const get = (name) => model.get(name);
  const save = () => model.save_changes();
  const points = float32(get("points"));
  const modes = uint8(get("modes"));
  const theta = float32(get("first_weights"));
  const [patients, mistakes, signList, last] = ["patients", "mistakes", "signs", "steps"].map(get);
  const byKey = Object.fromEntries(mistakes.map((mistake) => [mistake.key, mistake]));
  const shape = { data: 2, hidden: get("hidden"), latent: get("latent") };
  const schedule = [[0, 1, 0.01]];

  // --- the two runs
  const fresh = (key) => ({ key, ...newRun({ theta, points, shape, activation: "tanh", seed: get("seed"),
    parts: { ...RIGHT, ...MISTAKES[key] } }) });
  let runs = [];
  const keyNow = () => patients[get("patient") - 1];
  function prepare() {
    ["healthy", keyNow()].forEach((key, i) => {
      if (runs[i]?.key !== key || runs[i].step > get("step")) runs[i] = fresh(key);
    });
    const until = performance.now() + 14;
    return runs.map((run) => trainTo(run, get("step"), schedule, until)).every(Boolean);
  }
  const finished = () => get("step") === last;

  // --- controls of the training
  const advance = (steps) => {
    model.set("step", Math.min(get("step") + steps, last));
    return !finished();
  };
  const play = player({ play: "Train both", signal, step: () => {
    if (reducedMotion()) return advance(1);
    if (finished()) return false;
    const until = performance.now() + 8;
    let step = get("step");
    while (step < last && performance.now() < until) {
      step += 1;
      runs.forEach((run) => trainTo(run, step, schedule));
    }
    model.set("step", step);
    if (step < last) return true;
    save();
    return false;
  } });
  play.element.addEventListener("click", save);
  const jump = (label, act) => button(label, () => {
    play.stop();
    act();
    save();
  });
  const buttons = [play.element, jump("One step", () => advance(1)), jump("100 steps", () => advance(100)),
    jump("To the end", () => advance(last)), jump("Start again", () => model.set("step", 0))];

  const admit = (number) => {
    play.stop();
    model.set({ patient: number, step: 0 });
    diagnosis.set(answered());
    save();
  };
  const patient = choice({ label: "patient", options: patients.map((_, i) => String(i + 1)), value: get("patient") - 1,
    onChange: (i) => admit(i + 1) });
  const next = button("Next patient", () => admit((get("patient") % patients.length) + 1));
  const progress = h("span", {}, "");

  // --- the diagnosis
  const diagnosis = choice({ label: "diagnosis", options: ["choose …", ...mistakes.map(({ name }) => name)], value: 0,
    onChange: () => view.redraw() });
  const decide = button("That is it", () => {
    const { key } = mistakes[diagnosis.input.selectedIndex - 1];
    model.set("answers", { ...get("answers"), [get("patient")]: key });
    save();
  });
  const answered = () => mistakes.findIndex(({ key }) => key === get("answers")[get("patient")]) + 1;
  diagnosis.set(answered());
  diagnosis.input.style.maxWidth = "100%";
  diagnosis.element.style.flexWrap = "wrap";
  diagnosis.element.style.maxWidth = "100%";
  const feedback = h("div", { role: "status" });

  /** What is said to a diagnosis: what it would look like, and a sign that speaks for or against it. */
  function answer(chosen, measured) {
    const shown = (key) => {
      const sign = signList.find((entry) => entry.key === key);
      return `${sign.name} ${value(measured[1][key])}, in the healthy run ${value(measured[0][key])}`;
    };
    const found = (key) => compare(signList.find((sign) => sign.key === key), measured[1][key], measured[0][key]);
    const signsOf = Object.entries(chosen.symptom);
    if (chosen.key !== keyNow()) {
      const [against, wanted] = signsOf.find(([key, expected]) => found(key) !== expected) ?? signsOf[0];
      return [h("p", {}, h("strong", {}, "No. "), chosen.looks),
        h("p", {}, `Here: ${shown(against)}. It would be ${wanted === "same" ? "about the same" : wanted}.`)];
    }
    return [h("p", {}, h("strong", {}, `Yes: ${chosen.name}. `), `What gives it away: ${signsOf.map(([key, expected]) =>
      `${shown(key)} (${expected === "same" ? "about the same" : expected})`).join("; ")}.`), h("p", {}, chosen.why), program(chosen)];
  }
  const program = ({ right, wrong }) => {
    const line = (mark, text) => text.split("\n").map((part) => `${mark} ${part}\n`).join("");
    const element = h("pre", { tabIndex: 0, "aria-label": "The line as it is, and as it should be" },
      line("−", wrong) + line("+", right));
    Object.assign(element.style, { whiteSpace: "pre-wrap", overflowWrap: "anywhere", margin: "0.3rem 0", padding: "0.5rem",
      color: "inherit", background: "none", border: "1px solid var(--vae-grid)", fontSize: "0.85em" });
    return element;
  };

  // --- pictures; they have a name from the start, as training up to the step of the page may take a while
  const WHO = ["healthy", "patient"];
  const planes = {
    curves: Object.values(CURVES).map((name) => new Plane({ x: [0, 1.04 * last], y: [-1, 4], xlabel: "step", height: 170, label: name })),
    data: WHO.map((who) => new Plane({ x: [-LIMIT, LIMIT], y: [-LIMIT, LIMIT], square: true, label: `Data and new points, ${who}` })),
    codes: WHO.map((who) => new Plane({ x: [-CODES, CODES], y: [-CODES, CODES], square: true, label: `Posteriors, ${who}` })),
  };
  const report = table();

  function draw() {
    const there = prepare();
    patient.set(get("patient") - 1);
    const solved = patients.filter((key, i) => get("answers")[i + 1] === key).length;
    progress.textContent = `${solved} of ${patients.length} diagnosed`;
    if (!there) return view.redraw();
    const states = runs.map((run) => examine(run));
    drawCurves();
    runs.forEach((run, i) => {
      drawData(planes.data[i], run, modes, states[i], { samples: true, radius: 1.5 });
      drawCodes(planes.codes[i], run, modes, states[i]);
    });
    const measured = runs.map((run, i) => (run.step ? signs(run, states[i]) : null));
    report.set(measured);
    describe(measured, states);
    decide.disabled = !finished() || diagnosis.input.selectedIndex === 0;
    const chosen = byKey[get("answers")[get("patient")]];
    if (!finished()) feedback.replaceChildren(h("p", {}, "Train to the end before you decide."));
    else if (chosen) feedback.replaceChildren(...answer(chosen, measured));
    else feedback.replaceChildren();
  }

  function drawCurves() {
    Object.keys(CURVES).forEach((name, i) => {
      const plane = planes.curves[i];
      const [healthy, sick] = runs.map((run) => binned(run.log[name]));
      const { colors, muted } = plane.theme;
      plane.y = curveLimits([healthy, sick]);
      plane.clear();
      if (name === "loss") plane.line(plane.x, [get("own_cost"), get("own_cost")], muted, { width: 1, dash: [2, 3] });
      plane.line(sick.steps, sick.means, colors[1]);
      plane.line(healthy.steps, healthy.means, colors[0], { dash: [6, 4] });
      if (runs[1].stopped && name === "loss") {
        plane.text(runs[1].step, plane.y[0] + 0.07 * (plane.y[1] - plane.y[0]), ` stopped at ${runs[1].step}`, colors[1]);
      }
    });
  }

  function describe(measured, states) {
    const step = get("step");
    Object.entries(CURVES).forEach(([name, text], i) => {
      const ends = measured.map((values) => (values ? value(values[name]) : "not begun"));
      planes.curves[i].describe(`${text} after ${step} steps: healthy ${ends[0]}, patient ${ends[1]}` +
        (runs[1].stopped ? `; the patient's program was stopped at step ${runs[1].step}` : ""));
    });
    WHO.forEach((who, i) => {
      const share = measured[i] ? value(measured[i].samples) : "unknown";
      planes.data[i].describe(`Data and new points, ${who}: the variance of the new points is ${share} times that of the data`);
      planes.codes[i].describe(`Posteriors, ${who}: μ varies by ${states[i].variance.map((v) => value(Math.sqrt(v))).join(" and ")} ` +
        `along the axes, σ is about ${measured[i] ? value(measured[i].sigma) : "1"}`);
    });
  }

  /** The report: a row for each sign, with what differs marked. */
  function table() {
    const rows = signList.map(({ name }) => h("tr", {}, h("th", { scope: "row" }, name), h("td"), h("td"), h("td")));
    const head = h("tr", {}, h("td"), ...WHO.map((who) => h("th", { scope: "col" }, who)), h("th", { scope: "col", "aria-label": "against healthy" }, "▲▼"));
    const element = h("table", { className: "vae-readings" }, h("thead", {}, head), h("tbody", {}, ...rows));
    for (const cell of element.querySelectorAll("td, thead th")) {
      Object.assign(cell.style, { padding: "0.1rem 0 0.1rem 0.6rem", minWidth: "1rem", textAlign: "right" });
    }
    const marks = { higher: "▲", lower: "▼" };
    const set = ([healthy, sick]) => signList.forEach((sign, i) => {
      const cells = [...rows[i].querySelectorAll("td")];
      const found = healthy && sick ? compare(sign, sick[sign.key], healthy[sign.key]) : "same";
      cells[0].textContent = healthy ? value(healthy[sign.key]) : "";
      cells[1].textContent = sick ? value(sick[sign.key]) : "";
      cells[2].replaceChildren(...(marks[found] ? [h("span", { role: "img", "aria-label": found }, marks[found])] : []));
    });
    return { element, set };
  }

  const legend = row(h("span", { className: "vae-key-1" }, "healthy (dashed)"), h("span", { className: "vae-key-2" }, "patient"),
    h("span", {}, "dotted: −log p of the points under their own density; on average no model costs less"));
  const parts = [row(patient.element, next, progress), row(...buttons),
    row(...Object.values(CURVES).map((name, i) => captioned(`${name}, nats`, planes.curves[i], "12rem"))), legend,
    row(...[["new points: healthy", planes.data[0]], ["new points: patient", planes.data[1]], ["posteriors: healthy", planes.codes[0]],
      ["posteriors: patient", planes.codes[1]]].map(([text, plane]) => captioned(text, plane, "8.5rem"))),
    report.element, h("p", {}, "▲ higher, ▼ lower than in the healthy run"), row(diagnosis.element, decide), feedback];
  const view = frame({ model, el, signal, planes: Object.values(planes).flat(), parts, draw });
  return view.cleanup;
}

/** A measured number with as many digits as it needs, thousands apart. */
function value(x) {
  if (Math.abs(x) < 100) return number(x, Number.isInteger(x) ? 0 : 2);
  return number(x, 0).replace(/\B(?=(\d{3})+$)/g, ",");
}

export default { render };
