// A mixture of normals: p(x) = Σ_c p(c) N(x; μ_c, σ_c²). Samples are drawn in two steps: first c, then x.

/** The joint p(c) p(x|c) of every component at x. @returns {number[]} one number per component */
export const shares = (x, means, stds, weights) =>
  means.map((mu, c) => weights[c] * Math.exp(normalLogProb(x, mu, 2 * Math.log(stds[c]))));

/** p(x), the sum of the shares. */
export const density = (x, means, stds, weights) => sum(shares(x, means, stds, weights));

/** Distribution function of the standard normal by its series (Marsaglia, 2004), to an absolute 1e-14. */
export function normalCdf(z) {
  if (z < -8) return 0;
  if (z > 8) return 1;
  let [total, term, power] = [z, z, 1];
  while (Math.abs(term) > 1e-17) {
    power += 2;
    term *= (z * z) / power;
    total += term;
  }
  return 0.5 + total * Math.exp(normalLogProb(z));
}

/**
 * Exact probability of every cell: below the first edge, between neighbouring edges, above the last edge.
 * @returns {number[]} edges.length + 1 numbers that sum to 1
 */
export function cellProbabilities(edges, means, stds, weights) {
  const below = (edge) => sum(means.map((mu, c) => weights[c] * normalCdf((edge - mu) / stds[c])));
  const cdf = [0, ...edges.map(below), 1];
  return cdf.slice(1).map((value, i) => value - cdf[i]);
}

/** How many samples fall into each of these cells; the edges are evenly spaced. */
export function cellCounts(xs, edges) {
  const counts = new Array(edges.length + 1).fill(0);
  const width = (edges[edges.length - 1] - edges[0]) / (edges.length - 1);
  for (const x of xs) counts[clamp(Math.floor((x - edges[0]) / width) + 1, 0, edges.length)] += 1;
  return counts;
}

/** ½ Σ |share of the samples − probability|: 0 for equal, 1 for disjoint. */
export function totalVariation(counts, probabilities) {
  const n = sum(counts);
  return 0.5 * sum(probabilities.map((p, i) => Math.abs(counts[i] / n - p)));
}

/** log n!, by Stirling's series from 10 on (error below 1e-12). */
function logFactorial(n) {
  if (n < 10) return sum(linspace(1, 9, 9).map((k) => (k <= n ? Math.log(k) : 0)));
  const series = 1 / (12 * n) - 1 / (360 * n ** 3) + 1 / (1260 * n ** 5) - 1 / (1680 * n ** 7);
  return (n + 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI) + series;
}

/**
 * The mean of the total variation over all rolls of n dice. Each count is binomial, and its mean absolute
 * deviation is 2 m C(n, m) p^m (1 − p)^(n − m + 1) with m = ⌊np⌋ + 1 (de Moivre, 1730).
 */
export function meanTotalVariation(n, probabilities) {
  const deviation = (p) => {
    if (p <= 0 || p >= 1) return 0;
    const m = Math.floor(n * p) + 1;
    if (m > n) return 2 * n * p ** n * (1 - p);
    const choose = logFactorial(n) - logFactorial(m) - logFactorial(n - m);
    return 2 * m * Math.exp(choose + m * Math.log(p) + (n - m + 1) * Math.log1p(-p));
  };
  return (0.5 * sum(probabilities.map(deviation))) / n;
}

/** The largest miss of a count in standard errors, among cells that expect five or more; NaN if none does. */
export function worstCell(counts, probabilities) {
  const n = sum(counts);
  const misses = probabilities
    .map((p, i) => [n * p, Math.abs(counts[i] - n * p) / Math.sqrt(n * p * (1 - p))])
    .filter(([expected]) => expected >= 5)
    .map(([, miss]) => miss);
  return misses.length ? Math.max(...misses) : NaN;
}

/** The dice of `count` samples: one uniform number for the choice, one normal number for x. */
export function rollDice(seed, count) {
  const uniform = uniforms(2 * seed);
  const normal = normals(uniforms(2 * seed + 1));
  const fill = (draw) => Float64Array.from({ length: count }, draw);
  return { us: fill(uniform), eps: fill(normal) };
}

/** The component that the uniform number u chooses. */
export function choose(u, weights) {
  let c = 0;
  for (let total = weights[0]; u >= total && c < weights.length - 1; total += weights[c]) c += 1;
  return c;
}

/** The first `count` samples: their choices and their values. @returns {{cs: number[], xs: number[]}} */
export function draws(seed, count, means, stds, weights, dice = rollDice(seed, count)) {
  const [cs, xs] = [new Array(count), new Array(count)];
  for (let i = 0; i < count; i += 1) {
    cs[i] = choose(dice.us[i], weights);
    xs[i] = means[cs[i]] + stds[cs[i]] * dice.eps[i];
  }
  return { cs, xs };
}

/** Weights with weights[c] = weight; the others keep their ratios, and all sum to 1. */
export function reweigh(weights, c, weight) {
  const others = 1 - weights[c];
  return weights.map((w, i) => (i === c ? weight : (w * (1 - weight)) / others));
}

const X = [-5, 5];
const EDGES = linspace(...X, 51);
const MEAN = [-4, 4];
const STD = [0.1, 2];
const WEIGHT = [0.02, 0.98];
const MOST_SAMPLES = 20000;
const MOST_COMPONENTS = 5;
const BARS_FROM = 20; // a histogram of fewer numbers is only a row of spikes
const FALL = { choose: 450, draw: 550 }; // milliseconds
const AGREEMENT = ["samples", "total variation", "its mean by chance", "worst bar, in standard errors"];
const heightOf = (c) => `p(x) at the mean of c = ${c}`;

function render({ model, el, signal }) {
  const choices = new Plane({ x: X, y: [0, 1], ylabel: "p(c)", height: 140, label: "" });
  const values = new Plane({ x: X, y: [0, 0.6], xlabel: "x", ylabel: "density", height: 240, label: "" });
  const components = linspace(0, MOST_COMPONENTS - 1, MOST_COMPONENTS);
  const heights = readings(components.map(heightOf));
  const agreement = readings(AGREEMENT);
  const story = h("p", { className: "vae-task", role: "status" }, "");
  const save = () => model.save_changes();
  let falling = []; // samples on their way: {index, start}
  let request = 0;
  let dice = null;

  // --- the components
  const state = () => ["means", "stds", "weights"].map((name) => model.get(name));
  const selected = () => Math.min(model.get("selected"), model.get("means").length - 1);
  const changed = (name, value) => model.get(name).map((old, c) => (c === selected() ? value : old));
  const setMean = (mean) => model.set("means", changed("means", clamp(mean, ...MEAN)));
  const setStd = (std) => model.set("stds", changed("stds", std));
  const setWeight = (weight) =>
    model.set("weights", reweigh(model.get("weights"), selected(), clamp(weight, ...WEIGHT)));

  const pick = components.map((c) => button(`c = ${c}`, () => {
    model.set("selected", c);
    save();
  }));
  const sliders = {
    weight: slider({ label: "weight p(c)", min: WEIGHT[0], max: WEIGHT[1], step: 0.01, value: 0.5,
      onInput: setWeight, onChange: save }),
    mean: slider({ label: "mean", min: MEAN[0], max: MEAN[1], step: 0.05, value: 0,
      onInput: setMean, onChange: save }),
    std: slider({ label: "standard deviation", min: STD[0], max: STD[1], step: 0.01, value: 1,
      onInput: setStd, onChange: save }),
  };
  const add = button("Add a component", () => {
    const [means, stds, weights] = state();
    const distance = (x) => Math.min(...means.map((mean) => Math.abs(x - mean)));
    const place = linspace(...MEAN, 17).reduce((best, x) => (distance(x) > distance(best) ? x : best));
    const share = means.length / (means.length + 1);
    model.set({ means: [...means, place], stds: [...stds, 0.5], selected: means.length,
      weights: [...weights.map((weight) => weight * share), 1 - share] });
    save();
  });
  const remove = button("Remove it", () => {
    const gone = selected();
    const [means, stds, weights] = state().map((values) => values.filter((_, c) => c !== gone));
    const total = sum(weights);
    model.set({ means, stds, weights: weights.map((weight) => weight / total),
      selected: Math.max(0, gone - 1) });
    save();
  });

  // --- the samples
  const count = () => model.get("count");
  const rolled = () => {
    const seed = model.get("seed");
    if (dice?.seed !== seed) dice = { seed, ...rollDice(seed, MOST_SAMPLES) };
    return dice;
  };
  const drawMany = (more) => {
    land(falling.length);
    model.set("count", Math.min(count() + more, MOST_SAMPLES));
    tell(count() - 1);
  };
  const drawOne = () => {
    const index = count() + falling.length;
    if (index >= MOST_SAMPLES) return;
    if (reducedMotion()) return drawMany(1);
    falling.push({ index, start: performance.now() });
    tell(index);
    request ||= requestAnimationFrame(fall);
  };
  /** The first `landed` of the falling samples join the histogram. */
  function land(landed) {
    if (!landed) return;
    falling = falling.slice(landed);
    model.set("count", count() + landed);
  }
  function fall(now) {
    land(falling.filter(({ start }) => now - start > FALL.choose + FALL.draw).length);
    request = falling.length ? requestAnimationFrame(fall) : 0;
    if (!request && !play.playing()) save();
    shown.redraw();
  }
  const clear = () => {
    play.stop();
    falling = [];
    model.set({ count: 0, seed: model.get("seed") + 1 });
    story.textContent = "No samples; the next ones come from new dice.";
    save();
  };
  /** Slowly at first, so that single samples can be followed; then ever faster. */
  let owed = 0;
  const play = player({ play: "Play", signal, step: (elapsed) => {
    owed += (elapsed / 1000) * Math.max(4, count() / 2);
    const whole = Math.floor(owed);
    owed -= whole;
    if (whole && count() < 30 && !reducedMotion()) drawOne();
    else if (whole) drawMany(whole);
    return count() < MOST_SAMPLES;
  } });
  play.element.addEventListener("click", save);
  const buttons = row(
    button("Draw one", drawOne),
    button("Draw 100", () => {
      drawMany(100);
      save();
    }),
    play.element,
    button("Clear", clear),
  );
  signal?.addEventListener("abort", () => cancelAnimationFrame(request));

  /** In words, how sample `index` came about. */
  function tell(index) {
    const [means, stds, weights] = state();
    const c = choose(rolled().us[index], weights);
    const eps = rolled().eps[index];
    const noise = `${number(stds[c])} · ${eps < 0 ? `(${number(eps)})` : number(eps)}`;
    const x = number(means[c] + stds[c] * eps);
    story.textContent = `Sample ${index + 1}: first c = ${c}, then x = ${number(means[c])} + ${noise} = ${x}`;
  }

  // --- dragging: sideways is the mean, upwards the weight
  choices.onDrag(
    ([x, weight]) => {
      setMean(x);
      setWeight(weight);
    },
    save,
    ([x, y], [dx, dy]) => {
      const [means, , weights] = state();
      const away = means.map((mean, c) => Math.hypot((x - mean) / dx, (y - weights[c]) / dy));
      const nearest = away.indexOf(Math.min(...away));
      if (away[nearest] > 1.5) return false;
      model.set("selected", nearest);
      return true;
    },
  );

  function draw() {
    const [means, stds, weights] = state();
    const { cs, xs } = draws(model.get("seed"), count(), means, stds, weights, rolled());
    showControls(means, stds, weights);
    drawChoices(means, stds, weights);
    drawValues(means, stds, weights, cs, xs);
    drawFalling(means, stds, weights);
  }

  function showControls(means, stds, weights) {
    const c = selected();
    sliders.weight.set(weights[c]);
    sliders.mean.set(means[c]);
    sliders.std.set(stds[c]);
    pick.forEach((element, i) => {
      element.hidden = i >= means.length;
      element.setAttribute("aria-pressed", String(i === c));
    });
    add.disabled = means.length === MOST_COMPONENTS;
    remove.disabled = means.length === 2;
    components.forEach((i) => {
      heights.element.rows[i].hidden = i >= means.length;
      if (i < means.length) heights.set(heightOf(i), number(density(means[i], means, stds, weights), 3));
    });
  }

  function drawChoices(means, stds, weights) {
    const { colors, muted } = choices.theme;
    const g = choices.context;
    choices.clear();
    means.forEach((mean, c) => {
      choices.line([mean, mean], [0, weights[c]], colors[c], { width: 4 });
      choices.line([mean - stds[c], mean + stds[c]], [weights[c], weights[c]], colors[c], { dash: [3, 3] });
      choices.handle(mean, weights[c], colors[c]);
      const [text, below] = [`c = ${c}, ${number(weights[c])}`, weights[c] > 0.8];
      g.font = "12px system-ui, sans-serif";
      const half = g.measureText(text).width / 2;
      g.fillStyle = c === selected() ? colors[c] : muted;
      g.textAlign = "center";
      g.textBaseline = "middle";
      const left = clamp(choices.px(mean), choices.px(X[0]) + half, choices.px(X[1]) - half);
      g.fillText(text, left + (below ? half + 14 : 0), choices.py(weights[c]) + (below ? 0 : -17));
    });
    const each = means.map((mean, c) => `c = ${c} with probability ${number(weights[c])}, ` +
      `mean ${number(mean)}, standard deviation ${number(stds[c])}`);
    choices.describe(`The choice: ${each.join("; ")}`);
  }

  function drawValues(means, stds, weights, cs, xs) {
    const { colors, ink, muted } = values.theme;
    const places = linspace(...X, 401);
    const all = places.map((x) => shares(x, means, stds, weights));
    const total = all.map(sum);
    const probabilities = cellProbabilities(EDGES, means, stds, weights);
    const counts = cellCounts(xs, EDGES);
    values.y = [0, Math.max(0.5, Math.ceil(Math.max(...total) * 1.2 * 5) / 5)];
    values.clear();
    if (xs.length >= BARS_FROM) {
      const width = EDGES[1] - EDGES[0];
      values.bars(EDGES, counts.slice(1, -1).map((k) => k / (xs.length * width)), muted, { alpha: 0.38 });
    }
    means.forEach((_, c) => {
      values.area(places, all.map((parts) => parts[c]), colors[c], { alpha: 0.18 });
      values.line(places, all.map((parts) => parts[c]), colors[c], { width: 1.5, dash: [5, 3] });
    });
    values.line(places, total, ink);
    const last = Math.max(0, xs.length - 200);
    const base = 0.018 * values.y[1];
    values.points(xs.slice(last), xs.slice(last).map(() => base), (i) => colors[cs[last + i]], { radius: 2 });
    const [side, align] = [X[1] - 0.1, "right"];
    values.text(side, 0.93 * values.y[1], "p(x), the sum of the coloured shares", ink, { align });
    values.text(side, 0.84 * values.y[1], "bars: the samples", muted, { align });
    compare(counts, probabilities, xs.length);
    values.describe(`Density of x. ${means.map((mean, c) =>
      `At the mean of c = ${c} it is ${number(density(mean, means, stds, weights), 3)}`).join(". ")}. ` +
      `Histogram of ${xs.length} samples.`);
  }

  function compare(counts, probabilities, n) {
    const worst = worstCell(counts, probabilities);
    agreement.set("samples", n.toLocaleString("en"));
    agreement.set("total variation", n ? number(totalVariation(counts, probabilities), 3) : "–");
    agreement.set("its mean by chance", n ? number(meanTotalVariation(n, probabilities), 3) : "–");
    agreement.set("worst bar, in standard errors", Number.isNaN(worst) ? "–" : number(worst, 1));
  }

  /** A falling sample: down the stick of its choice, then from the mean to its x. */
  function drawFalling(means, stds, weights) {
    const now = performance.now();
    for (const { index, start } of falling) {
      const c = choose(rolled().us[index], weights);
      const x = means[c] + stds[c] * rolled().eps[index];
      const age = now - start;
      const color = values.theme.colors[c];
      if (age < FALL.choose) {
        choices.handle(means[c], weights[c] * (1 - clamp(age / FALL.choose, 0, 1)), color);
      } else {
        const t = clamp((age - FALL.choose) / FALL.draw, 0, 1);
        values.handle(means[c] + (x - means[c]) * t, values.y[1] * (1 - t * t), color);
      }
    }
  }

  const parts = [choices.element, values.element, story, buttons, row(...pick, add, remove),
    row(sliders.weight.element, sliders.mean.element, sliders.std.element),
    row(heights.element, agreement.element)];
  const shown = frame({ model, el, signal, planes: [choices, values], parts, draw });
  tell(Math.max(0, count() - 1));
  return () => {
    play.stop();
    cancelAnimationFrame(request);
    shown.cleanup();
  };
}

export default { render };
