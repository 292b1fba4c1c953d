// Two estimates of one gradient from the same noise ε ~ N(0, I) in L dimensions: f(z) = Σ (z_i − 1)² with z = μ + σ ε
// at μ = 0. Shown is the first component ∂/∂μ₁ E f, whose exact value is 2 (μ₁ − 1) = −2.

const GRADIENT = -2;
const TOLERANCE = 0.1 * Math.abs(GRADIENT);
const MOST_DRAWS = 20000;
const MOST_LATENTS = 64; // numbers in a row of the noise: a draw uses the first L of them, so its ε₁ is that of every L

/** The noise of the first `count` draws. @returns {Float64Array} (count, MOST_LATENTS), row by row */
export const noise = (seed, count) =>
  Float64Array.from({ length: count * MOST_LATENTS }, normals(uniforms(seed)));

/**
 * Both estimates of the gradient for each draw.
 * @param {ArrayLike<number>} eps (count or more, MOST_LATENTS), row by row
 * @param {{count: number, latent: number, sigma: number, baseline: boolean}} options `baseline` subtracts E f from f
 * @returns {{pathwise: Float64Array, score: Float64Array}} each (count,)
 */
export function estimates(eps, { count, latent, sigma, baseline }) {
  const pathwise = new Float64Array(count);
  const score = new Float64Array(count);
  const subtracted = baseline ? expectedF(latent, sigma) : 0;
  for (let n = 0; n < count; n += 1) {
    const first = n * MOST_LATENTS;
    let f = 0;
    for (let i = first; i < first + latent; i += 1) f += (sigma * eps[i] - 1) ** 2;
    pathwise[n] = 2 * (sigma * eps[first] - 1);
    score[n] = ((f - subtracted) * eps[first]) / sigma;
  }
  return { pathwise, score };
}

/** E f = L (1 + σ²). */
const expectedF = (latent, sigma) => latent * (1 + sigma ** 2);

/** Exact variances of one estimate each; without the baseline, E f times the score comes on top. */
export function exactVariances({ latent, sigma, baseline }) {
  const kept = baseline ? 0 : expectedF(latent, sigma);
  const score = (2 * latent + 8) * sigma ** 2 + 4 * latent + 4 + (kept / sigma) ** 2 + 4 * kept;
  return { pathwise: 4 * sigma ** 2, score };
}

/** The mean of the first n values, for every n. @returns {Float64Array} */
export function runningMeans(values) {
  let total = 0;
  return Float64Array.from(values, (value, i) => (total += value) / (i + 1));
}

/** Sample variance, with n − 1; NaN for fewer than two values. */
export function sampleVariance(values) {
  if (values.length < 2) return NaN;
  const center = mean(values);
  return sum(values.map((value) => (value - center) ** 2)) / (values.length - 1);
}

/** The draw since which the running mean has been within a tenth of the exact gradient; NaN if it is not now. */
export function settledAt(means) {
  let outside = means.length;
  while (outside > 0 && Math.abs(means[outside - 1] - GRADIENT) <= TOLERANCE) outside -= 1;
  return outside < means.length ? outside + 1 : NaN;
}

/** How many draws bring the standard error of the mean down to a tenth of the gradient. */
export const drawsNeeded = (variance) => variance / TOLERANCE ** 2;

/** Half the width of the histograms: four standard deviations of the wider one, rounded up. */
export function reach({ pathwise, score }) {
  const wanted = 4 * Math.sqrt(Math.max(pathwise, score));
  const power = 10 ** Math.floor(Math.log10(wanted));
  return power * [1, 1.5, 2, 3, 5, 7, 10].find((factor) => factor * power >= wanted);
}

/** How many values fall between neighbouring, evenly spaced edges; `outside` counts the others. */
export function histogram(values, edges) {
  const counts = new Array(edges.length - 1).fill(0);
  const [low, high] = [edges[0], edges[edges.length - 1]];
  let outside = 0;
  for (const value of values) {
    if (value < low || value >= high) outside += 1;
    else counts[Math.min(Math.floor(((value - low) / (high - low)) * counts.length), counts.length - 1)] += 1;
  }
  return { counts, outside };
}

// --- The figure ---------------------------------------------------------------------------------------------------

const BINS = 80;
const SIGMA = [0.25, 2];
const NAMES = ["pathwise", "score function"];
const KEYS = ["pathwise", "score"];
const COLUMNS = [...NAMES, "ratio"];
const ROWS = ["mean", "its standard error, exact", "variance, measured", "variance, exact",
  "mean within 10 % since draw", "standard error is 10 % at draw"];
const LATENTS = linspace(1, MOST_LATENTS, MOST_LATENTS);
const POWERS = ["1", "10", "10²", "10³", "10⁴", "10⁵", "10⁶"].map((text, i) => [i, text]);

/** A whole number with commas; a dash for what is not known. */
const whole = (value) => (Number.isFinite(value) ? number(value, 0).replace(/\B(?=(\d{3})+$)/g, ",") : "–");

/** Three digits, or all before the point. */
const short = (value) =>
  Number.isFinite(value) && Math.abs(value) < 100 ? number(value, Math.abs(value) < 10 ? 2 : 1) : whole(value);

/** A table of numbers, one column for each estimate and one for their ratio. */
function comparison() {
  const right = "text-align: right; min-width: 0; padding: 0.1rem 0 0.1rem 0.7rem";
  const cells = ROWS.map(() => COLUMNS.map(() => h("td", { style: right }, "")));
  const head = COLUMNS.map((name, i) => h("th", { scope: "col", style: right },
    i < 2 ? h("span", { style: `color: var(--vae-color-${i + 1})` }, name) : name));
  const element = h("table", { className: "vae-readings" },
    h("thead", {}, h("tr", {}, h("td", {}), ...head)),
    h("tbody", {}, ...ROWS.map((name, i) => h("tr", {}, h("th", { scope: "row", style: "padding-right: 0" }, name), ...cells[i]))));
  const set = (texts) => texts.forEach((line, i) => line.forEach((text, j) => (cells[i][j].textContent = text)));
  return { element, set };
}

function render({ model, el, signal }) {
  // a blank label on the y axis leaves room for counts of five digits
  const histograms = NAMES.map((name, i) => new Plane({ x: [-20, 16], y: [0, 1], ylabel: " ",
    xlabel: i ? "one estimate of ∂E f/∂μ₁" : "", height: i ? 144 : 130, label: "" }));
  const means = new TickedPlane({ x: [0, Math.log10(MOST_DRAWS)], y: [GRADIENT - 1, GRADIENT + 1], xticks: POWERS,
    xlabel: "draws", ylabel: "mean of the estimates", label: "" });
  const ratios = new TickedPlane({ x: [-0.06, 1.9], y: [0, 3], yticks: POWERS, xlabel: "L",
    xticks: [1, 2, 4, 8, 16, 32, 64].map((latent) => [Math.log10(latent), String(latent)]),
    ylabel: "variance ratio", label: "" });
  const table = comparison();
  const story = h("p", { role: "status" }, "");
  const get = (name) => model.get(name);
  const save = () => model.save_changes();

  // --- what the reader sets
  const setLatent = (latent) => model.set("latent", clamp(Math.round(latent), 1, MOST_LATENTS));
  const latentSlider = slider({ label: "L", min: 1, max: MOST_LATENTS, step: 1, value: get("latent"), show: String,
    onInput: setLatent, onChange: save });
  const sigmaSlider = slider({ label: "σ", min: SIGMA[0], max: SIGMA[1], step: 0.05, value: get("sigma"),
    onInput: (sigma) => model.set("sigma", sigma), onChange: save });
  const baseline = toggle({ label: "baseline E f", value: get("baseline"), onChange: (checked) => {
    model.set("baseline", checked);
    save();
  } });
  const exactRatio = (latent) => {
    const { pathwise, score } = exactVariances({ latent, sigma: get("sigma"), baseline: get("baseline") });
    return score / pathwise;
  };
  const handle = () => [Math.log10(get("latent")), Math.log10(exactRatio(get("latent")))];
  const grab = ([x, y], [dx, dy]) => Math.abs(x - handle()[0]) < 1.5 * dx && Math.abs(y - handle()[1]) < 1.5 * dy;
  ratios.onDrag(([x]) => setLatent(10 ** x), save, grab);

  // --- the draws; their noise is drawn when it is first needed and kept
  let dice = { seed: NaN };
  const rolled = () => {
    const [seed, count] = [get("seed"), get("count")];
    if (dice.seed !== seed) dice = { seed, eps: new Float64Array(0), drawn: 0, next: normals(uniforms(seed)) };
    if (dice.eps.length < count * MOST_LATENTS) {
      const wider = new Float64Array(Math.min(2 * count, MOST_DRAWS) * MOST_LATENTS);
      wider.set(dice.eps);
      dice.eps = wider;
    }
    for (; dice.drawn < count * MOST_LATENTS; dice.drawn += 1) dice.eps[dice.drawn] = dice.next();
    return dice.eps;
  };
  const drawMore = (more) => model.set("count", Math.min(get("count") + more, MOST_DRAWS));
  const drawing = player({
    signal,
    step: (milliseconds) => {
      drawMore(Math.max(1, Math.round((milliseconds / 1000) * Math.max(20, get("count") / 2))));
      if (get("count") < MOST_DRAWS && !reducedMotion()) return true;
      save();
      return false;
    },
  });
  const afterwards = (change) => () => {
    drawing.stop();
    change();
    save();
  };
  drawing.element.addEventListener("click", save);
  const draws = [1, 100].map((more) =>
    button(more === 1 ? "Draw one" : `Draw ${more}`, afterwards(() => drawMore(more))));
  const clear = button("Clear", afterwards(() => model.set("count", 0)));
  const fresh = button("New noise", afterwards(() => model.set("seed", (get("seed") + 1) % 2 ** 31)));

  function draw() {
    const setting = Object.fromEntries(["count", "latent", "sigma", "baseline"].map((name) => [name, get(name)]));
    const both = estimates(rolled(), setting);
    const exact = exactVariances(setting);
    const tracks = KEYS.map((key) => runningMeans(both[key]));
    const measured = KEYS.map((key) => sampleVariance(both[key]));
    latentSlider.set(setting.latent);
    sigmaSlider.set(setting.sigma);
    baseline.set(setting.baseline);
    [drawing.element, ...draws].forEach((element) => (element.disabled = setting.count >= MOST_DRAWS));
    clear.disabled = !setting.count;
    KEYS.forEach((key, i) => drawHistogram(i, both[key], tracks[i], exact));
    drawMeans(tracks, KEYS.map((key) => exact[key]));
    drawRatios(measured[1] / measured[0]);
    tell(both, tracks, measured, exact);
  }

  function drawHistogram(i, values, track, exact) {
    const plane = histograms[i];
    const color = plane.theme.colors[i];
    const half = reach(exact);
    const edges = linspace(GRADIENT - half, GRADIENT + half, BINS + 1);
    const { counts, outside } = histogram(values, edges);
    const spread = Math.sqrt(exact[KEYS[i]]);
    plane.x = [edges[0], edges[BINS]];
    plane.y = [0, 1.5 * Math.max(4, ...counts)];
    const [center, left, right] = [GRADIENT, GRADIENT - spread, GRADIENT + spread];
    const level = 0.76 * plane.y[1];
    plane.clear();
    plane.bars(edges, counts, color, { alpha: 0.6 });
    plane.line([center, center], [0, 0.88 * plane.y[1]], plane.theme.ink, { dash: [4, 3], width: 1.5 });
    plane.line([left, right], [level, level], color);
    for (const end of [left, right]) plane.line([end, end], [0.95 * level, 1.05 * level], color);
    if (values.length) {
      plane.points([track[track.length - 1]], [level], plane.theme.ink, { radius: 4, alpha: 1 });
      plane.points([values[values.length - 1]], [0.06 * plane.y[1]], color, { radius: 5, alpha: 1 });
    }
    plane.text(edges[0] + 0.02 * half, 0.92 * plane.y[1], NAMES[i], color);
    const beyond = outside ? `${outside} beyond` : "";
    plane.text(edges[BINS] - 0.02 * half, 0.92 * plane.y[1], beyond, plane.theme.muted, { align: "right" });
    plane.describe(`Histogram of ${values.length} ${NAMES[i]} estimates around the exact gradient ${GRADIENT}; ` +
      `exact standard deviation ${short(spread)}`);
  }

  function drawMeans(tracks, variances) {
    const logs = linspace(...means.x, 260);
    const { colors, ink, muted } = means.theme;
    means.clear();
    means.area(means.x, [GRADIENT + TOLERANCE, GRADIENT + TOLERANCE], muted, { alpha: 0.3, base: GRADIENT - TOLERANCE });
    for (const i of [1, 0]) {
      for (const sign of [-1, 1]) {
        const errors = logs.map((x) => GRADIENT + sign * Math.sqrt(variances[i] / 10 ** x));
        means.area(logs, errors.map((y) => clamp(y, ...means.y)), colors[i], { alpha: 0.12, base: GRADIENT });
        means.line(logs, errors, colors[i], { width: 1, dash: [3, 3] });
      }
    }
    means.line(means.x, [GRADIENT, GRADIENT], ink, { dash: [4, 3], width: 1.5 });
    tracks.forEach((track, i) => {
      const last = track.length;
      const drawn = logs.map((x) => Math.round(10 ** x)).filter((n, j, all) => n < last && n !== all[j - 1]);
      if (last) drawn.push(last);
      means.line(drawn.map(Math.log10), drawn.map((n) => track[n - 1]), colors[i]);
      if (last) means.points([Math.log10(last)], [track[last - 1]], colors[i], { radius: 4, alpha: 1 });
    });
    const words = tracks.map((track, i) => `${NAMES[i]} ${track.length ? number(track[track.length - 1]) : "none"}`);
    means.describe(`Means of the first n estimates against n, after ${tracks[0].length} draws: ${words.join(", ")}; ` +
      `exact ${GRADIENT}`);
  }

  function drawRatios(measured) {
    const { colors, ink, muted } = ratios.theme;
    const xs = LATENTS.map(Math.log10);
    const exact = LATENTS.map((latent) => Math.log10(exactRatio(latent)));
    ratios.y = [0, Math.ceil(exact[MOST_LATENTS - 1] + 0.1)];
    const [bottom, top] = ratios.y;
    ratios.clear();
    ratios.line(xs, LATENTS.map((latent) => Math.log10((latent + 4) / 2)), muted, { dash: [2, 3] });
    ratios.line(xs, exact, colors[2]);
    ratios.handle(...handle(), colors[2]);
    if (measured > 0) {
      ratios.points([handle()[0]], [clamp(Math.log10(measured), bottom, top)], ink, { radius: 4, alpha: 1 });
    }
    ["exact; drag it along L", "● measured", "··· (L + 4) / 2"].forEach((text, i) =>
      ratios.text(ratios.x[0], top, text, [colors[2], ink, muted][i], { right: 8, down: 12 + 16 * i }));
    ratios.describe(`Variance of the score function over that of the pathwise gradient, against L: at L = ` +
      `${get("latent")} exactly ${short(exactRatio(get("latent")))}, measured ${short(measured)}`);
  }

  function tell(both, tracks, measured, exact) {
    const count = get("count");
    const settled = tracks.map(settledAt);
    const needed = KEYS.map((key) => drawsNeeded(exact[key]));
    const variances = KEYS.map((key) => exact[key]);
    table.set([
      [...tracks.map((track) => (count ? number(track[count - 1]) : "–")), ""],
      [...variances.map((variance) => short(Math.sqrt(variance / (count || NaN)))), ""],
      [...measured, measured[1] / measured[0]].map(short),
      [...variances, variances[1] / variances[0]].map(short),
      [...settled.map((n) => (Number.isNaN(n) && count ? "not now" : whole(n))), short(settled[1] / settled[0])],
      [...needed.map((n) => whole(Math.ceil(n - 1e-9))), short(needed[1] / needed[0])],
    ]);
    story.setAttribute("aria-live", drawing.playing() ? "off" : "polite");
    story.textContent = count
      ? `Draw ${whole(count)}: ε₁ = ${number(dice.eps[(count - 1) * MOST_LATENTS])}, pathwise ` +
        `${number(both.pathwise[count - 1])}, score function ${number(both.score[count - 1])}.`
      : "No draws yet.";
  }

  const note = (text) => h("p", { className: "vae-task" }, text);
  const settings = row(latentSlider.element, sigmaSlider.element, baseline.element);
  settings.style.columnGap = "3rem"; // so that the value of L does not read as a factor of σ
  const parts = [settings,
    row(...draws, drawing.element, clear, fresh), story, ...histograms.map((plane) => plane.element),
    note("Dashed line: the exact gradient, −2. Bar above each histogram: one exact standard deviation to each side; " +
      "dot on it: the mean so far; dot below: the last draw."),
    row(means.element, ratios.element),
    note("Funnels: the exact gradient ± one exact standard error of the mean. Grey band: within 10 %."),
    table.element];
  return frame({ model, el, signal, planes: [...histograms, means, ratios], parts, draw }).cleanup;
}

export default { render };
