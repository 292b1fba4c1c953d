// The linear VAE, axis by axis: code z = a x + σ ε, decoded as w z, with the data x of an axis scaled to variance one.
// Images and noise enter by their second moments alone, so every expectation below is exact. All values in nats.

export const STEPS = 4000; // of Adam, with the learning rate and the start of chapter 4
const RATE = 0.01;
const START = [0.5, 0, 0.5]; // a, log σ², w

/**
 * Gradient of ρ/2 ((1 − wa)² + w² σ²) + λ_μ a² + λ_σ (log σ²)² + β/2 (a² + σ² − log σ² − 1).
 * @param {number} rho strength of the axis, its variance over s²
 * @param {{mu: number, logvar: number, beta: number}} weights λ_μ, λ_σ, β
 * @returns {[number, number, number]} slopes in a, log σ² and w
 */
export function axisGradient(a, logvar, w, rho, weights) {
  const error = 1 - w * a;
  const noise = Math.exp(logvar);
  return [
    -rho * w * error + (2 * weights.mu + weights.beta) * a,
    (rho / 2) * w * w * noise + 2 * weights.logvar * logvar + (weights.beta / 2) * (noise - 1),
    rho * (w * noise - a * error),
  ];
}

/**
 * Adam on the exact loss of every axis.
 * @param {number[]} rhos strengths (L,)
 * @returns {Float64Array} a, log σ² and w after each step: (STEPS, L, 3), row by row
 */
export function train(rhos, weights) {
  const path = new Float64Array(STEPS * rhos.length * 3);
  rhos.forEach((rho, j) => {
    const theta = [...START];
    const first = [0, 0, 0];
    const second = [0, 0, 0];
    let [decay1, decay2] = [1, 1];
    for (let step = 0; step < STEPS; step += 1) {
      decay1 *= 0.9;
      decay2 *= 0.999;
      const slope = axisGradient(theta[0], theta[1], theta[2], rho, weights);
      const rate = RATE / (1 - decay1);
      for (let i = 0; i < 3; i += 1) {
        first[i] = 0.9 * first[i] + 0.1 * slope[i];
        second[i] = 0.999 * second[i] + 0.001 * slope[i] * slope[i];
        theta[i] -= (rate * first[i]) / (Math.sqrt(second[i] / (1 - decay2)) + 1e-8);
        path[3 * (step * rhos.length + j) + i] = theta[i];
      }
    }
  });
  return path;
}

/** What `train` holds after so many steps: (L, 3). */
export const thetasAt = (path, step, axes) =>
  Array.from({ length: axes }, (_, j) => {
    const begin = 3 * ((step - 1) * axes + j);
    return [path[begin], path[begin + 1], path[begin + 2]];
  });

/** Smallest negative ELBO of an axis, up to the constant ½ log 2πs²: that of probabilistic PCA. */
export const bestNegativeElbo = (rho) => (rho > 1 ? 0.5 * (1 + Math.log(rho)) : rho / 2);

/** Nats by which the ELBO of an axis is below its optimum. */
export function axisLost(a, logvar, w, rho) {
  const noise = Math.exp(logvar);
  const reconstruction = (rho / 2) * ((1 - w * a) ** 2 + w * w * noise);
  return reconstruction + 0.5 * (a * a + noise - logvar - 1) - bestNegativeElbo(rho);
}

/** Nats lost by all axes: [a, log σ², w] and strength of each. */
export const lost = (thetas, rhos) => sum(thetas.map((theta, j) => axisLost(...theta, rhos[j])));

/** Steps that are drawn, evenly spaced in their logarithm: 1, 2, 3, …, 4000. */
export const shownSteps = () =>
  [...new Set(linspace(0, Math.log(STEPS), 121).map((value) => Math.round(Math.exp(value))))];

/**
 * Evenly spaced in their logarithm, `perDecade` to a factor of ten, rounded to two digits: what a reader reads is what
 * is computed.
 */
export const notches = (low, high, perDecade = 20) =>
  linspace(0, Math.round(perDecade * Math.log10(high / low)), Math.round(perDecade * Math.log10(high / low)) + 1)
    .map((k) => Number((low * 10 ** (k / perDecade)).toPrecision(2)));

/**
 * Prior samples, decoded.
 * @param {number[][]} z (samples, L) @param {number[]} w (L,) @param {ArrayLike<number>} basis (D, L), row by row
 * @param {ArrayLike<number>} average (D,)
 * @returns {number[][]} (samples, D)
 */
export const decode = (z, w, basis, average) =>
  z.map((code) => Array.from(average, (gray, pixel) =>
    gray + sum(code.map((value, j) => basis[pixel * w.length + j] * w[j] * value))));

/** The standard normal codes of the samples: (count, latent). */
export function codes(seed, count, latent) {
  const draw = normals(uniforms(seed));
  return Array.from({ length: count }, () => Array.from({ length: latent }, draw));
}

// --- The figure ---------------------------------------------------------------------------------------------------

const LOSSES = ["naive", "KL", "reconstruction"];
const LOSS_NAMES = ["naive penalties", "KL", "reconstruction only"];
const WEIGHTS_MU = [0, ...notches(0.05, 5)];
const WEIGHTS_LOGVAR = [0, ...notches(0.002, 2)];
const VARIANCE = [0.003, 0.3];
const PICTURES = 10;
const SCALE = [-2.7, 1.3]; // log₁₀ of the standard deviations that are drawn
const NATS = [-3, 3]; // log₁₀ of the nats
const SHOWN_PER_SECOND = 30;
const LOST = "ELBO lost (nats)";

const toDigits = (value) => (value < 5e-5 ? "0" : number(value, clamp(1 - Math.floor(Math.log10(value)), 0, 4)));
const sigmaOf = (theta) => Math.exp(theta[1] / 2);
const ratioOf = (theta) => theta[0] ** 2 / Math.exp(theta[1]);

/** Index of the value that is nearest. */
const nearest = (values, value) =>
  values.reduce((best, other, i) => (Math.abs(other - value) < Math.abs(values[best] - value) ? i : best), 0);

/** The fitted variance and, in steps of 12 %, those around it. */
const variancesAround = (fitted) =>
  linspace(-40, 40, 81).map((k) => fitted * 10 ** (k / 20)).filter((v) => v >= VARIANCE[0] && v <= VARIANCE[1]);

/** Text in which `λ_μ` and `λ_σ` stand as λ with an index: nodes for an element. */
const indexed = (text) => text.split(/(λ_.)/).map((part) =>
  (part.startsWith("λ_") ? h("span", { style: "white-space: nowrap" }, "λ", h("sub", {}, part[2])) : part));

/** A table with a column for your loss and one for the KL. */
function comparison(names) {
  const cells = new Map(names.map((name) => [name, [h("td"), h("td")]]));
  const heading = (text, key) => h("th", { scope: "col", style: "text-align: right" }, h("span", { className: key }, text));
  const head = h("tr", {}, h("td"), heading("yours", "vae-key-2"), heading("KL", "vae-key-1"));
  const rows = names.map((name) => h("tr", {}, h("th", { scope: "row" }, name), ...cells.get(name)));
  const element = h("table", { className: "vae-readings" }, h("thead", {}, head), h("tbody", {}, ...rows));
  return { element, set: (name, texts) => texts.forEach((text, i) => (cells.get(name)[i].textContent = text)) };
}

/** Pictures side by side, one white column between them: (count, side²) → side rows. */
function sheet(pictures, side) {
  const columns = pictures.length * (side + 1) - 1;
  const values = new Float32Array(side * columns);
  pictures.forEach((gray, k) => {
    for (let i = 0; i < side * side; i += 1) {
      values[Math.floor(i / side) * columns + k * (side + 1) + (i % side)] = gray[i];
    }
  });
  return values;
}

function render({ model, el, signal }) {
  const get = (name) => model.get(name);
  const save = () => model.save_changes();
  const dataVariance = get("data_variance");
  const axes = dataVariance.length;
  const ends = [...new Set([0, axes - 1])]; // the axes that the table names
  const basis = float32(get("basis"));
  const average = float32(get("mean"));
  const side = Math.sqrt(average.length);
  const steps = shownSteps();
  const last = steps.length - 1;
  const variances = variancesAround(get("variance"));
  const sigmaName = (j) => `σ, axis ${j + 1}`;
  const ratioName = (j) => `signal-to-noise, axis ${j + 1}`;
  const SPREAD = "variance of samples";

  const plane = new Plane({ x: [0.5, axes + 0.5], y: SCALE, xlabel: "axis, the strongest first",
    ylabel: "log₁₀ of signal and noise", height: 250, label: "" });
  const curve = new Plane({ x: [0, Math.log10(STEPS)], y: NATS, xlabel: "log₁₀ step",
    ylabel: "log₁₀ of the nats lost", height: 250, label: "" });
  const sheets = [0, 1].map(() =>
    picture({ rows: side, columns: PICTURES * (side + 1) - 1, scale: 56 / side, label: "" }));
  const table = comparison([LOST, ...ends.map(sigmaName), ...ends.map(ratioName), SPREAD]);
  let yours = { key: "" };
  let reference = { key: "" };

  /** The step shown, as an index into those that are drawn. */
  const index = () => Math.max(0, steps.findLastIndex((step) => step <= get("step")));
  const show = (i) => model.set("step", steps[clamp(i, 0, last)]);

  const chosen = choice({ label: "train with", options: LOSS_NAMES, value: LOSSES.indexOf(get("loss")),
    onChange: (i) => {
      model.set("loss", LOSSES[i]);
      save();
    } });
  const valueSlider = (label, values, text, name, loss) =>
    slider({ label, min: 0, max: values.length - 1, step: 1, value: nearest(values, get(name)), show: text,
      onInput: (i) => model.set({ [name]: values[i], ...loss }), onChange: save });
  const weightText = (name) => () => (get("loss") === "naive" ? toDigits(get(name)) : "not used");
  const sliders = {
    mu: valueSlider(h("span", {}, ...indexed("λ_μ")), WEIGHTS_MU, weightText("weight_mu"), "weight_mu", { loss: "naive" }),
    logvar: valueSlider(h("span", {}, ...indexed("λ_σ")), WEIGHTS_LOGVAR, weightText("weight_logvar"), "weight_logvar", { loss: "naive" }),
    variance: valueSlider("s²", variances, () => toDigits(get("variance")), "variance", {}),
    step: slider({ label: "step", min: 0, max: last, step: 1, value: index(), onInput: show, onChange: save,
      show: () => String(get("step")) }),
  };

  let progress = 0; // of the play, in drawn steps
  const play = player({ play: "Play the training", signal, step: (milliseconds) => {
    if (index() >= last) progress = 0;
    else if (Math.floor(progress) !== index()) progress = index();
    progress = Math.min(progress + (milliseconds / 1000) * SHOWN_PER_SECOND, last);
    show(Math.floor(progress));
    if (progress < last) return true;
    save();
    return false;
  } });
  const fresh = button("New samples", () => {
    model.set("seed", get("seed") + 1);
    save();
  });

  // The handle on the curve goes sideways, through the steps.
  const height = (losses, i) => clamp(Math.log10(Math.max(losses[i], 1e-12)), ...NATS);
  curve.onDrag(([x]) => show(nearest(steps.map(Math.log10), x)), save,
    ([x, y], [dx, dy]) => Math.abs(x - Math.log10(steps[index()])) < 1.5 * dx &&
      Math.abs(y - height(yours.losses, index())) < 1.5 * dy);

  /** All axes trained under these weights, and what they lose at each step that is drawn; kept until either changes. */
  function trained(old, rhos, weights) {
    const key = JSON.stringify([rhos, weights]);
    if (old.key === key) return old;
    const path = train(rhos, weights);
    return { key, path, losses: steps.map((step) => lost(thetasAt(path, step, axes), rhos)) };
  }

  function weights() {
    const naive = get("loss") === "naive" ? 1 : 0;
    return { mu: naive * get("weight_mu"), logvar: naive * get("weight_logvar"), beta: get("loss") === "KL" ? 1 : 0 };
  }

  function draw() {
    const rhos = dataVariance.map((c) => c / get("variance"));
    yours = trained(yours, rhos, weights());
    reference = trained(reference, rhos, { mu: 0, logvar: 0, beta: 1 });
    const i = index();
    const now = thetasAt(yours.path, get("step"), axes);
    const goal = thetasAt(reference.path, STEPS, axes);
    chosen.set(LOSSES.indexOf(get("loss")));
    sliders.mu.set(nearest(WEIGHTS_MU, get("weight_mu")));
    sliders.logvar.set(nearest(WEIGHTS_LOGVAR, get("weight_logvar")));
    sliders.variance.set(nearest(variances, get("variance")));
    sliders.step.set(i);
    drawAxes(now, goal);
    drawCurve(lost(now, rhos), i);
    drawSamples(now, goal);
    tell(now, goal, rhos);
  }

  /** Signal and noise of each axis; on this scale their distance is the signal-to-noise ratio. */
  function drawAxes(now, goal) {
    const { colors } = plane.theme;
    const noise = (theta) => clamp(Math.log10(sigmaOf(theta)), ...plane.y);
    const signal = (theta) => clamp(Math.log10(Math.abs(theta[0])), ...plane.y);
    const [rx, ry] = [5 / (plane.px(1) - plane.px(0)), 5 / (plane.py(0) - plane.py(1))];
    plane.clear();
    goal.forEach((theta, j) => {
      plane.line([j + 0.65, j + 1.35], [signal(theta), signal(theta)], colors[0], { width: 1.5, dash: [4, 2] });
      plane.ellipse(j + 1, noise(theta), rx, ry, colors[0], { width: 1.5 });
    });
    now.forEach((theta, j) => {
      plane.line([j + 1, j + 1], [signal(theta), noise(theta)], colors[1], { width: 1 });
      plane.line([j + 0.65, j + 1.35], [signal(theta), signal(theta)], colors[1], { width: 3 });
    });
    plane.points(now.map((_, j) => j + 1), now.map(noise), colors[1], { radius: 4, alpha: 1 });
    plane.describe(`Signal and noise of ${axes} axes at step ${get("step")}: ` + now.map((theta, j) =>
      `axis ${j + 1} has σ ${toDigits(sigmaOf(theta))}, with the KL ${toDigits(sigmaOf(goal[j]))}`).join("; "));
  }

  function drawCurve(nats, i) {
    const { colors, muted } = curve.theme;
    const xs = steps.map(Math.log10);
    const heights = (losses) => losses.map((value) => Math.log10(Math.max(value, 1e-12)));
    curve.clear();
    curve.line(curve.x, [-1, -1], muted, { width: 1, dash: [2, 3] });
    curve.text(0.05, -1.3, "0.1 nat", muted);
    curve.line(xs, heights(reference.losses), colors[0], { dash: [6, 4] });
    curve.line(xs, heights(yours.losses), colors[1]);
    curve.handle(xs[i], height(yours.losses, i), colors[1]);
    curve.describe(`Nats of ELBO lost against steps; at step ${get("step")} yours loses ${number(nats, 3)}, ` +
      `the KL ${number(reference.losses[i], 3)}`);
  }

  function drawSamples(now, goal) {
    const z = codes(get("seed"), PICTURES, axes);
    [now, goal].forEach((thetas, which) =>
      sheets[which].set(sheet(decode(z, thetas.map((theta) => theta[2]), basis, average), side)));
    const [own, best] = [now, goal].map(spread);
    sheets[0].describe(`Ten samples of the prior, decoded by your model; their variance is ${number(own)}`);
    sheets[1].describe(`The same ten samples, decoded by the model that the KL has trained; their variance is ${number(best)}`);
  }

  /** Variance of decoded samples of the prior, all pixels together, in squared grey values. */
  const spread = (thetas) => sum(thetas.map((theta, j) => dataVariance[j] * theta[2] ** 2));

  function tell(now, goal, rhos) {
    const both = (text) => [now, goal].map(text);
    table.set(LOST, both((thetas) => number(Math.max(0, lost(thetas, rhos)), 3)));
    for (const j of ends) {
      table.set(sigmaName(j), both((thetas) => toDigits(sigmaOf(thetas[j]))));
      table.set(ratioName(j), both((thetas) => toDigits(ratioOf(thetas[j]))));
    }
    table.set(SPREAD, both((thetas) => number(spread(thetas))));
  }

  const captions = ["samples of the prior, yours", "the same samples, KL"];
  const pictures = captions.map((text, which) =>
    h("div", {}, h("p", { className: which ? "vae-key-1" : "vae-key-2" }, text), sheets[which].element));
  const column = (...children) => h("div", { style: "flex: 1 1 17rem; min-width: 0" }, ...children);
  const controls = column(chosen.element, sliders.mu.element, sliders.logvar.element, sliders.variance.element);
  const keys = row(h("p", { className: "vae-key-2" }, "yours; bar: standard deviation of μ, dot: σ"),
    h("p", { className: "vae-key-1" }, "KL, trained to its end"));
  const top = row(controls, table.element); // the choice of the loss stands beside the table's head
  top.style.alignItems = "flex-start";
  const parts = [top, keys, row(plane.element, curve.element),
    row(play.element, fresh, sliders.step.element), ...pictures];
  const figure = frame({ model, el, signal, planes: [plane, curve], parts, draw });
  el.querySelector(".vae-task")?.replaceChildren(...indexed(get("task")));
  return figure.cleanup;
}

export default { render };
