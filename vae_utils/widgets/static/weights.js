// The bound of K importance weights for one inked pixel and a code of one bit, in nats.

/** p(z = 1 | x): the prior is a fair coin, the decoder inks the pixel with 0.9 (z = 1) or with 0.1 (z = 0). */
const POSTERIOR = 0.9;
const LOG_P = Math.log(0.5);

/** The two weights p(x, z) / q(z) of an encoder that says 1 with probability q: of z = 0, of z = 1. */
export const weightsOf = (q) => [(0.5 * (1 - POSTERIOR)) / (1 - q), (0.5 * POSTERIOR) / q];

/**
 * L_K = E log of the mean of K weights, a sum over the number of ones, which is binomial. Its probabilities are taken
 * by their ratios from the most probable number on, until they no longer count.
 */
export function bound(q, K) {
  const [w0, w1] = weightsOf(q);
  const value = (ones) => Math.log((ones * w1 + (K - ones) * w0) / K);
  const mode = Math.min(K, Math.floor((K + 1) * q));
  const odds = q / (1 - q);
  let mass = 1;
  let total = value(mode);
  for (let ones = mode, p = 1; ones < K && p > 1e-18; ) {
    p *= ((K - ones) / (ones + 1)) * odds;
    ones += 1;
    mass += p;
    total += p * value(ones);
  }
  for (let ones = mode, p = 1; ones > 0 && p > 1e-18; ) {
    p *= ones / ((K - ones + 1) * odds);
    ones -= 1;
    mass += p;
    total += p * value(ones);
  }
  return total / mass;
}

/** χ² of the posterior from the encoder's answer: the relative variance of one weight. */
export const chi2 = (q) => POSTERIOR ** 2 / q + (1 - POSTERIOR) ** 2 / (1 - q) - 1;

/** How many of the first K draws are ones, for each K of an increasing list: one run with a seed. */
export function onesOf(q, counts, seed) {
  const uniform = uniforms(seed);
  const found = [];
  let [ones, drawn] = [0, 0];
  for (const K of counts) {
    for (; drawn < K; drawn += 1) ones += uniform() < q ? 1 : 0;
    found.push(ones);
  }
  return found;
}

/** The log-mean of K weights, `ones` of which belong to z = 1. */
export const logMean = (q, K, ones) => {
  const [w0, w1] = weightsOf(q);
  return Math.log((ones * w1 + (K - ones) * w0) / K);
};

/** The numbers of weights of the curves: about twelve in each power of ten. */
const COUNTS = [...new Set(linspace(0, 5, 61).map((power) => Math.floor(10 ** power + 1e-9)))];

const LOGIT = [-9.2, 4.6];
const LOG_K = [0, 5];
const NAMES = ["log p(x)", "the bound of K weights", "missing", "what K more weights add", "χ²/2K",
  "this run's value", "ones among its K draws"];

const chance = (logit) => 1 / (1 + Math.exp(-logit));
const grouped = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ",");
const probability = (logit) => number(chance(logit), chance(logit) < 0.01 ? 5 : 3);

function render({ model, el, signal }) {
  const bounds = new Plane({ x: LOG_K, y: [-3.2, 0.4], xlabel: "log₁₀ K", ylabel: "nats", height: 260, label: "" });
  const answers = new Plane({ x: [-0.6, 1.6], y: [-0.22, 1.3], axes: false, height: 260, label: "" });
  const table = readings(NAMES);
  const count = () => Math.round(10 ** model.get("log_k"));
  const save = () => model.save_changes();
  const moveTo = (logK) => model.set("log_k", clamp(logK, ...LOG_K));

  const sliders = {
    logit: slider({ label: "q, its chance of 1", min: LOGIT[0], max: LOGIT[1], step: 0.1, value: model.get("logit"),
      show: probability, onChange: save, onInput: (logit) => model.set("logit", logit) }),
    logK: slider({ label: "weights K", min: LOG_K[0], max: LOG_K[1], step: 0.01, value: model.get("log_k"),
      show: (logK) => grouped(Math.round(10 ** logK)), onChange: save, onInput: moveTo }),
  };
  const again = button("Another run", () => {
    model.set("seed", model.get("seed") + 1);
    save();
  });

  bounds.onDrag(([logK]) => moveTo(logK), save, ([logK, nats], [dx, dy]) =>
    Math.abs(logK - model.get("log_k")) < 1.5 * dx &&
    Math.abs(nats - bound(chance(model.get("logit")), count())) < 1.5 * dy);

  function draw() {
    const [q, K] = [chance(model.get("logit")), count()];
    sliders.logit.set(model.get("logit"));
    sliders.logK.set(model.get("log_k"));
    drawBounds(q, K);
    drawAnswers(q);
    const here = bound(q, K);
    const ones = onesOf(q, [K], model.get("seed"))[0];
    [number(LOG_P, 3), number(here, 3), number(LOG_P - here, 3), number(bound(q, 2 * K) - here, 4),
      number(chi2(q) / (2 * K), 3), number(logMean(q, K, ones), 3), grouped(ones)]
      .forEach((text, i) => table.set(NAMES[i], text));
  }

  function drawBounds(q, K) {
    const [exact, run, law] = bounds.theme.colors;
    const xs = COUNTS.map(Math.log10);
    const drawn = onesOf(q, COUNTS, model.get("seed"));
    const here = bound(q, K);
    bounds.clear();
    bounds.line(LOG_K, [LOG_P, LOG_P], bounds.theme.muted, { dash: [6, 4], width: 1.5 });
    bounds.line(xs, COUNTS.map((n) => LOG_P - chi2(q) / (2 * n)), law, { dash: [2, 3] });
    bounds.line(xs, COUNTS.map((n, i) => logMean(q, n, drawn[i])), run, { width: 1.2 });
    bounds.line(xs, COUNTS.map((n) => bound(q, n)), exact);
    bounds.handle(Math.log10(K), here, exact);
    bounds.text(0.1, LOG_P + 0.15, "log p", bounds.theme.muted);
    [["the bound, exactly", exact], ["log p − χ²/2K", law], ["one run", run]].forEach(([text, color], i) =>
      bounds.text(4.9, -2.55 - 0.22 * i, text, color, { align: "right" }));
    bounds.describe(`Bound against the number of weights: with ${grouped(K)} weights it is ${number(here, 3)} nats, ` +
      `log p is ${number(LOG_P, 3)}`);
  }

  function drawAnswers(q) {
    const [encoder, posterior] = answers.theme.colors;
    answers.clear();
    for (const [code, mine, truth] of [[0, 1 - q, 1 - POSTERIOR], [1, q, POSTERIOR]]) {
      for (const [place, chance, color] of [[code - 0.21, mine, encoder], [code + 0.21, truth, posterior]]) {
        answers.bars([place - 0.19, place + 0.19], [chance], color, { alpha: 0.75 });
        answers.text(place, chance + 0.06, number(chance, chance < 0.01 ? 5 : 3), color, { align: "center" });
      }
      answers.text(code, -0.1, `code ${code}`, answers.theme.muted, { align: "center" });
    }
    answers.line([-0.5, 1.5], [0, 0], answers.theme.grid, { width: 1 });
    answers.text(-0.5, 1.22, "encoder", encoder);
    answers.text(1.5, 1.22, "posterior", posterior, { align: "right" });
    answers.describe(`The encoder says 1 with probability ${number(q, q < 0.01 ? 5 : 3)}, the true posterior with 0.9`);
  }

  const parts = [row(bounds.element, answers.element), row(sliders.logit.element, sliders.logK.element),
    row(table.element, again)];
  return frame({ model, el, signal, planes: [bounds, answers], parts, draw }).cleanup;
}

export default { render };
