// A diffusion as a VAE with T levels on the line: the data are a mixture of normals, so that every density of the chain
// is a mixture, the best Gaussian decoder is known, and the gap of its ELBO is a sum of integrals over x_t. In nats.
// A mixture is {means, stds, weights}; a chain is ᾱ_0 = 1, …, ᾱ_T.

const MOST_LEVELS = 128;
const LOG_2PI = Math.log(2 * Math.PI);

/** ᾱ_0, …, ᾱ_T: the log signal-to-noise ratio falls in equal steps from 10 (at t = 0, where ᾱ is 1 instead) to −8. */
export const alphaBars = (levels) => [1,
  ...Array.from({ length: levels }, (_, i) => 1 / (1 + Math.exp(-(10 - (18 * (i + 1)) / levels))))];

/** β_t, the variance of the noise that level t adds. */
export const beta = (chain, t) => 1 - chain[t] / chain[t - 1];

/** q(x_t): the centres move to √ᾱ_t μ_c, the variances become ᾱ_t σ_c² + 1 − ᾱ_t. */
export const marginal = ({ means, stds, weights }, alphaBar) => ({
  means: means.map((mean) => Math.sqrt(alphaBar) * mean),
  stds: stds.map((std) => Math.sqrt(alphaBar * std ** 2 + 1 - alphaBar)),
  weights,
});

/** log of weight times density for each component. */
const logJoint = ({ means, stds, weights }, x) =>
  means.map((mean, c) => Math.log(weights[c]) + normalLogProb(x, mean, 2 * Math.log(stds[c])));

/** log density of a mixture. */
export const logProb = (mixture, x) => logSumExp(logJoint(mixture, x));

/** q(x_{t−1}|x_t): within a component the product of two normals, and the component's probability given x_t. */
export function reverse(data, chain, t, x) {
  const [before, noise] = [marginal(data, chain[t - 1]), beta(chain, t)];
  const joint = logJoint(marginal(data, chain[t]), x);
  const total = logSumExp(joint);
  const shrink = before.stds.map((std) => noise / (noise + (1 - noise) * std ** 2));
  return {
    means: shrink.map((s, c) => s * before.means[c] + ((1 - s) / Math.sqrt(1 - noise)) * x),
    stds: shrink.map((s, c) => Math.sqrt(s) * before.stds[c]),
    weights: joint.map((value) => Math.exp(value - total)),
  };
}

/** Mean and variance of a mixture. */
export function moments({ means, stds, weights }) {
  const center = sum(means.map((mean, c) => weights[c] * mean));
  return { mean: center, variance: sum(means.map((mean, c) => weights[c] * (stds[c] ** 2 + (mean - center) ** 2))) };
}

/** The decoder p(x_{t−1}|x_t): the reverse step's mean, and its variance or, with `fixed`, β_t. */
export function decoder(data, chain, t, x, fixed) {
  const { mean, variance } = moments(reverse(data, chain, t, x));
  return { mean, variance: fixed ? beta(chain, t) : variance };
}

/** Points of a grid that holds a mixture: ten for the narrowest standard deviation, nine of them around each centre. */
function gridFor({ means, stds }) {
  const low = Math.min(...means.map((mean, c) => mean - 9 * stds[c]));
  const high = Math.max(...means.map((mean, c) => mean + 9 * stds[c]));
  const count = Math.ceil((10 * (high - low)) / Math.min(...stds)) + 1;
  return linspace(low, high, count);
}

/** −E log q(x) by the trapezoidal rule, and E of `cost(x)`. */
function averages(mixture, cost) {
  const xs = gridFor(mixture);
  let [entropy, expected] = [0, 0];
  for (const x of xs) {
    const logQ = logProb(mixture, x);
    const q = Math.exp(logQ);
    entropy -= q * logQ;
    expected += q * cost(x);
  }
  const spacing = xs[1] - xs[0];
  return [entropy * spacing, expected * spacing];
}

/**
 * Where the ELBO of the chain is lost, level by level: E KL(q(x_{t−1}|x_t) ‖ p(x_{t−1}|x_t)) for t = 1 … T, and last
 * KL(q(x_T) ‖ N(0, 1)). Their sum is the gap. h(x_{t−1}|x_t) = h(x_{t−1}) + h(x_t|x_{t−1}) − h(x_t) saves an integral.
 */
export function gaps(data, levels, fixed) {
  const chain = alphaBars(levels);
  let [before] = averages(data, () => 0);
  const found = [];
  for (let t = 1; t <= levels; t += 1) {
    const surprise = (x) => {
      const { mean, variance } = moments(reverse(data, chain, t, x));
      const own = fixed ? beta(chain, t) : variance;
      return 0.5 * (LOG_2PI + Math.log(own) + variance / own);
    };
    const [entropy, crossEntropy] = averages(marginal(data, chain[t]), surprise);
    found.push(crossEntropy - (before + 0.5 * (LOG_2PI + 1 + Math.log(beta(chain, t))) - entropy));
    before = entropy;
  }
  const [, prior] = averages(marginal(data, chain[levels]), (x) => -normalLogProb(x));
  return [...found, prior - before];
}

/** KL(q(x_{t−1}|x_t) ‖ p(x_{t−1}|x_t)) at one x_t, by the trapezoidal rule. */
export function stepKl(data, chain, t, x, fixed) {
  const exact = reverse(data, chain, t, x);
  const { mean, variance } = decoder(data, chain, t, x, fixed);
  const [entropy, crossEntropy] = averages(exact, (y) => -normalLogProb(y, mean, Math.log(variance)));
  return crossEntropy - entropy;
}

const ROW = MOST_LEVELS + 1; // normal numbers of one path, whatever T is
export const PATHS = 20;
export const SAMPLES = 500;

/**
 * Paths x_0, …, x_T of the encoder. Their components are dealt out by weight, in order, so that every bump starts some.
 * @param {ArrayLike<number>} eps (paths, 129) row by row: for x_0, and for each step
 * @returns {number[][]} [path][t]
 */
export function forwardPaths(data, chain, eps, count) {
  return Array.from({ length: count }, (_, n) => {
    let c = 0;
    for (let left = (n + 0.5) / count - data.weights[0]; left > 0; left -= data.weights[c]) c += 1;
    const path = [data.means[c] + data.stds[c] * eps[n * ROW]];
    for (let t = 1; t < chain.length; t += 1) {
      const noise = beta(chain, t);
      path.push(Math.sqrt(1 - noise) * path[t - 1] + Math.sqrt(noise) * eps[n * ROW + t]);
    }
    return path;
  });
}

/** Paths of the decoder from x_T ~ N(0, 1) down to x_0; arguments and result as in `forwardPaths`. */
export function reversePaths(data, chain, eps, count, fixed) {
  const levels = chain.length - 1;
  return Array.from({ length: count }, (_, n) => {
    const path = new Array(chain.length);
    path[levels] = eps[n * ROW];
    for (let t = levels; t > 0; t -= 1) {
      const { mean, variance } = decoder(data, chain, t, path[t], fixed);
      path[t - 1] = mean + Math.sqrt(variance) * eps[n * ROW + 1 + levels - t];
    }
    return path;
  });
}

/** Densities of samples in `count` bins from `low` to `high`; what lies outside counts for the total only. */
export function histogram(values, low, high, count) {
  const heights = new Array(count).fill(0);
  const width = (high - low) / count;
  for (const value of values) {
    const bin = Math.floor((value - low) / width);
    if (bin >= 0 && bin < count) heights[bin] += 1 / (values.length * width);
  }
  return heights;
}

/** The rungs of the ladder that are drawn: all of them, or nine. */
export const rungs = (levels) =>
  levels <= 8 ? linspace(0, levels, levels + 1) : linspace(0, 8, 9).map((i) => Math.round((i * levels) / 8));

// --- The figure ---------------------------------------------------------------------------------------------------

const NOTCHES = [...linspace(1, 24, 24), 28, 32, 40, 48, 56, 64, 80, 96, 112, 128];
const X = [-3.2, 3.2];
const HALF = 2.6; // how far x_t can be set
const BINS = 64;
const NAMES = ["gap of all levels, nats", "share of this step, nats", "KL of this step from this x_t, nats",
  "β_t, noise of this step", "ᾱ_t, what is left of the data"];
const nearest = (levels) => NOTCHES.reduce((best, notch, i) =>
  (Math.abs(notch - levels) < Math.abs(NOTCHES[best] - levels) ? i : best), 0);
/** A small positive number: three digits. */
const short = (value) => number(value, value >= 0.1 ? 3 : value >= 0.01 ? 4 : 5);

function render({ model, el, signal }) {
  const ladder = { x: X, y: [-0.1, 9.2], yticks: [], height: 340, around: [40, 10, 10, 36], label: "" };
  const up = new TickedPlane({ ...ladder, xlabel: "x, forward: the encoder adds noise", ylabel: "level t" });
  const down = new TickedPlane({ ...ladder, xlabel: "x, reverse: the decoder takes it away", ylabel: "level t" });
  const bell = new TickedPlane({ x: [-4, 4], y: [0, 1], yticks: [], around: [22, 10, 10, 36], height: 230,
    xlabel: "x of the level below, in its standard deviations", ylabel: "density", label: "" });
  const curve = new TickedPlane({ x: [-0.04, Math.log10(MOST_LEVELS) + 0.04], y: [-3, 0.4], height: 230,
    around: [50, 10, 10, 36], xticks: [1, 2, 4, 8, 16, 32, 64, 128].map((levels) => [Math.log10(levels), String(levels)]),
    yticks: [], xlabel: "T, levels", ylabel: "gap, nats", label: "" });
  const table = readings(NAMES);
  const story = h("p", { role: "status" }, "");
  const get = (name) => model.get(name);
  const save = () => model.save_changes();
  const mixture = () => get("mixtures")[get("data")];

  // --- what is computed is kept until what it depends on changes
  const kept = new Map();
  const keep = (name, key, compute) => {
    if (kept.get(name)?.key !== key) kept.set(name, { key, value: compute() });
    return kept.get(name).value;
  };
  const gapsOf = (levels) => {
    const key = `${get("data")} ${get("fixed")}`;
    const all = keep("gaps", key, () => new Map());
    if (!all.has(levels)) all.set(levels, gaps(mixture(), levels, get("fixed")));
    return all.get(levels);
  };
  const gapOf = (levels) => Math.max(sum(gapsOf(levels)), 1e-12); // rounding leaves ±1e-14 where it is zero
  const noise = () => keep("noise", get("seed"), () =>
    Float64Array.from({ length: (PATHS + SAMPLES) * ROW }, normals(uniforms(get("seed")))));
  const paths = () => keep("paths", `${get("seed")} ${get("data")} ${get("fixed")} ${get("levels")}`, () => {
    const chain = alphaBars(get("levels"));
    return { chain, forward: forwardPaths(mixture(), chain, noise(), PATHS),
      reverse: reversePaths(mixture(), chain, noise().subarray(PATHS * ROW), SAMPLES, get("fixed")) };
  });

  // --- what the reader sets
  let share = 0; // of the ladder below t: kept while T changes, so that rounding does not add up
  const setLevels = (levels) => {
    if (Math.round(share * get("levels")) !== get("time")) share = get("time") / get("levels");
    model.set({ levels, time: Math.round(share * levels) });
  };
  const setTime = (time) => {
    share = clamp(Math.round(time), 0, get("levels")) / get("levels");
    model.set("time", Math.round(share * get("levels")));
  };
  const setX = (x) => model.set("x", clamp(Math.round(100 * x) / 100, -HALF, HALF));
  const levelsSlider = slider({ label: "T", min: 0, max: NOTCHES.length - 1, step: 1, value: nearest(get("levels")),
    show: () => String(get("levels")), onInput: (i) => setLevels(NOTCHES[i]), onChange: save });
  const timeSlider = slider({ label: "t", min: 0, max: get("levels"), step: 1, value: get("time"), show: String,
    onInput: setTime, onChange: save });
  const xSlider = slider({ label: "x_t", min: -HALF, max: HALF, step: 0.01, value: get("x"), onInput: setX,
    onChange: save });
  const set = (name) => (value) => {
    model.set(name, value);
    save();
  };
  const names = Object.keys(get("mixtures"));
  const dataChoice = choice({ label: "data", options: names, value: names.indexOf(get("data")),
    onChange: (index) => set("data")(names[index]) });
  const fixedToggle = toggle({ label: "variance held at β_t", value: get("fixed"), onChange: set("fixed") });
  const fresh = button("New noise", () => set("seed")((get("seed") + 1) % 2 ** 31));

  const height = (t) => (8 * t) / get("levels");
  const stepLevel = () => Math.max(get("time"), 1);
  const grab = ([x, y], [dx, dy]) =>
    Math.abs(x - get("x")) < 1.5 * dx && Math.abs(y - height(stepLevel())) < 1.5 * dy;
  down.onDrag(([x, y]) => {
    setX(x);
    setTime(Math.max(1, (y * get("levels")) / 8));
  }, save, grab);
  curve.onDrag(([log]) => setLevels(NOTCHES[nearest(10 ** log)]), save, ([log, gap], [dx, dy]) =>
    Math.abs(log - Math.log10(get("levels"))) < 1.5 * dx && Math.abs(gap - shownGap(get("levels"))) < 1.5 * dy);

  // --- playing: the whole ladder in four seconds
  let position = 0;
  const climb = (direction) => (milliseconds) => {
    const levels = get("levels");
    if (Math.round(position) !== get("time")) position = get("time");
    const end = direction > 0 ? levels : 0;
    if (get("time") === end) position = levels - end; // from the other end again
    else position += direction * (reducedMotion() ? 1 : Math.min((milliseconds / 4000) * levels, 0.25 * levels));
    setTime(position);
    if (reducedMotion() || get("time") !== end) return true;
    save();
    return false;
  };
  const forward = player({ play: "Play forward", signal, step: climb(1) });
  const back = player({ play: "Play reverse", signal, step: climb(-1) });
  const hop = (direction) => () => {
    forward.stop();
    back.stop();
    setTime(get("time") + direction);
    save();
  };
  const hops = [button("Step up", hop(1)), button("Step down", hop(-1))];
  forward.element.addEventListener("click", back.stop); // one at a time
  back.element.addEventListener("click", forward.stop);
  [forward, back].forEach(({ element }) => element.addEventListener("click", save));

  function draw() {
    const [levels, time] = [get("levels"), get("time")];
    levelsSlider.set(nearest(levels));
    timeSlider.input.max = levels;
    timeSlider.set(time);
    xSlider.set(get("x"));
    dataChoice.set(names.indexOf(get("data")));
    fixedToggle.set(get("fixed"));
    hops[0].disabled = time >= levels;
    hops[1].disabled = time <= 0;
    drawLadder(up, "forward");
    drawLadder(down, "reverse");
    drawBell();
    drawCurve();
    tell();
  }

  function drawLadder(plane, way) {
    const [levels, time] = [get("levels"), get("time")];
    const { chain, [way]: all } = paths();
    const { colors, ink, muted } = plane.theme;
    const own = colors[way === "forward" ? 0 : 1];
    const spacing = levels <= 8 ? 8 / levels : 1;
    const marks = rungs(levels);
    plane.yticks = marks.map((t) => [height(t), String(t)]);
    plane.clear();
    const xs = linspace(...X, 321);
    const faint = way === "reverse" ? 0.45 : 0.28;
    const ridge = (t, color, alpha, width) => {
      const density = xs.map((x) => Math.exp(logProb(marginal(mixture(), chain[t]), x)));
      const scale = (0.82 * Math.min(spacing, 1.1)) / Math.max(...density); // each ridge to its own top
      const drawn = density.map((value) => height(t) + scale * value);
      if (way === "reverse") {
        const bars = histogram(all.map((path) => path[t]), ...X, BINS);
        const edges = linspace(...X, BINS + 1);
        plane.clipped((g) => {
          g.globalAlpha = alpha;
          g.fillStyle = color;
          bars.forEach((bar, i) => g.fillRect(plane.px(edges[i]), plane.py(height(t) + scale * bar),
            Math.max(1, plane.px(edges[i + 1]) - plane.px(edges[i]) - 0.5),
            plane.py(height(t)) - plane.py(height(t) + scale * bar)));
        });
      } else {
        plane.area(xs, drawn, color, { alpha, base: height(t) });
      }
      plane.line(xs, drawn, t === time ? ink : muted, { width });
    };
    // from the top down, so that a lower ridge stands in front of a higher one
    const made = (t) => way === "reverse" && t === 0; // what the decoder is for
    [...marks].reverse().forEach((t) => t === time || ridge(t, made(t) ? own : muted, made(t) ? 0.55 : faint, 1));
    ridge(time, own, 0.55, 1.8);
    const strong = levels > 24 ? 0.35 : 0.6; // many steps make much ink
    for (const path of all.slice(0, PATHS)) {
      const piece = (first, last, alpha, width) => plane.clipped((g) => {
        g.globalAlpha = alpha;
        g.strokeStyle = own;
        g.lineWidth = width;
        g.beginPath();
        for (let t = first; t <= last; t += 1) g.lineTo(plane.px(path[t]), plane.py(height(t)));
        g.stroke();
      });
      piece(0, levels, strong / 3, 1);
      if (way === "forward") piece(0, time, strong, 1.2);
      else piece(time, levels, strong, 1.2);
    }
    const dots = all.slice(0, PATHS).map((path) => path[time]);
    plane.points(dots, dots.map(() => height(time)), own, { radius: 3, alpha: 1 });
    if (way === "reverse") plane.handle(get("x"), height(stepLevel()), ink);
    const what = way === "forward" ? "The encoder: densities of x at the levels, noise on top, data at the bottom, and " +
      `${PATHS} paths up to level ${time}` : `The decoder: histograms of ${SAMPLES} samples at the levels over the ` +
      `exact densities, and ${PATHS} paths from level ${levels} down to level ${time}; the handle is at ` +
      `x = ${number(get("x"))} on level ${stepLevel()}`;
    plane.describe(`${what}, of ${levels}`);
  }

  function drawBell() {
    const { chain } = paths();
    const t = stepLevel();
    const exact = reverse(mixture(), chain, t, get("x"));
    const { mean, variance } = moments(exact);
    const used = decoder(mixture(), chain, t, get("x"), get("fixed"));
    const sd = Math.sqrt(variance);
    const zs = linspace(-4, 4, 401);
    const truth = zs.map((z) => sd * Math.exp(logProb(exact, mean + sd * z)));
    const normal = zs.map((z) => sd * Math.exp(normalLogProb(mean + sd * z, used.mean, Math.log(used.variance))));
    const { colors, ink } = bell.theme;
    bell.y = [0, 1.35 * Math.max(...truth, ...normal)];
    bell.clear();
    bell.area(zs, truth, colors[2], { alpha: 0.3 });
    bell.line(zs, truth, colors[2]);
    bell.line(zs, normal, ink, { dash: [5, 4] });
    bell.text(-3.9, 0.93 * bell.y[1], `exact step ${t} → ${t - 1}, from x_t = ${number(get("x"))}`, colors[2]);
    bell.text(-3.9, 0.83 * bell.y[1], get("fixed") ? "- -  normal with variance β_t" : "- -  normal of the same moments", ink);
    bell.describe(`The exact reverse step from level ${t} to ${t - 1} at x = ${number(get("x"))}, beside the normal that ` +
      `the decoder uses: KL ${short(Math.max(stepKl(mixture(), chain, t, get("x"), get("fixed")), 0))} nats`);
  }

  /** Where the gap of T stands on the logarithmic axis. */
  const shownGap = (levels) => clamp(Math.log10(gapOf(levels)), curve.y[0], curve.y[1]);

  function drawCurve() {
    const { colors, ink, muted } = curve.theme;
    curve.yticks = [[0, "1"], [-1, "0.1"], [-2, "0.01"], [-3, "0.001"]];
    curve.clear();
    curve.line(curve.x, [-1, -1], muted, { dash: [3, 3], width: 1.5 });
    curve.line(NOTCHES.map(Math.log10), NOTCHES.map(shownGap), colors[3]);
    curve.points(NOTCHES.map(Math.log10), NOTCHES.map(shownGap), colors[3], { radius: 2 });
    const levels = get("levels");
    curve.handle(Math.log10(levels), shownGap(levels), colors[3]);
    const right = levels < 24;
    curve.text(curve.x[right ? 1 : 0] + (right ? -0.04 : 0.04), right ? 0.24 : -2.8,
      `T = ${levels}: ${short(gapOf(levels))} nats`, ink, { align: right ? "right" : "left" });
    curve.describe(`The gap against T, both logarithmic; the handle stands at T = ${levels}, ` +
      `where the gap is ${short(gapOf(levels))} nats`);
  }

  function tell() {
    const { chain } = paths();
    const [levels, t] = [get("levels"), stepLevel()];
    const texts = [gapOf(levels), Math.max(gapsOf(levels)[t - 1], 0),
      Math.max(stepKl(mixture(), chain, t, get("x"), get("fixed")), 0), beta(chain, t), chain[get("time")]].map(short);
    NAMES.forEach((name, i) => table.set(name, texts[i]));
    story.setAttribute("aria-live", forward.playing() || back.playing() ? "off" : "polite");
    story.textContent = `Level ${get("time")} of ${levels}; the step shown below leads from level ${t} to ${t - 1}.`;
  }

  const note = (text) => h("p", { className: "vae-task" }, text);
  const parts = [row(levelsSlider.element, timeSlider.element), row(dataChoice.element, fixedToggle.element),
    row(forward.element, back.element, ...hops, fresh), story, row(up.element, down.element),
    note("Lines: the exact densities of x at each level, each drawn to its own height. Right: bars of " +
      `${SAMPLES} samples that the decoder makes from noise. Drag the round handle to look at another step.`),
    row(xSlider.element), row(bell.element, curve.element), table.element];
  return frame({ model, el, signal, planes: [up, down, bell, curve], parts, draw }).cleanup;
}

export default { render };
