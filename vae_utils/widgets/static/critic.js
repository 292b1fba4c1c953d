// A critic f(x) = Σ_j v_j max(w_j x + b_j, 0) of one hidden layer, trained to tell a real from a fake pile of points on
// the line: it maximises E f(real) − E f(fake). What keeps it from being ever steeper is a penalty on its slope or a box
// for its weights. Scores and W1 have the unit of x, JS is in nats.

const POINTS = 32; // of each pile
const HIDDEN = 32;
const STEPS = 200;
const RATE = 0.05; // of Adam at the first step; it falls linearly
const DECAY = 0.9; // β₂; β₁ is 0
const SAFE_AT_ZERO = 1e-12; // as vae_utils.critics has it
const ONE_SIDED = "one-sided penalty";
const TWO_SIDED = "two-sided penalty";
const CLIPPED = "clipped weights";

// --- Exact distances ----------------------------------------------------------------------------------------------

/** Real points spread evenly over [−½, ½], and the same moved by theta. @returns {Float64Array[]} real, fake */
export function piles(theta) {
  const real = Float64Array.from({ length: POINTS }, (_, i) => (i + 0.5) / POINTS - 0.5);
  return [real, real.map((x) => x + theta)];
}

/** Exact W1 of two equally large piles on the line: sort both, average the differences. */
export function wasserstein(a, b) {
  const [first, second] = [a, b].map((pile) => Float64Array.from(pile).sort());
  return mean(Array.from(first, (x, i) => Math.abs(x - second[i])));
}

/** JS of two uniform distributions of width 1, one moved by theta. */
export const jsOfShift = (theta) => Math.log(2) * Math.min(Math.abs(theta), 1);

/** What the best critic with a penalty returns for a shift: θ (1 + θ/2λ). */
export const penaltyOptimum = (theta, penalty) => theta * (1 + theta / (2 * penalty));

// --- The critic -----------------------------------------------------------------------------------------------------

/** The start: w, b and v uniform, of the size that torch would give them. @returns {Float64Array[]} each (HIDDEN,) */
export function startOf(seed) {
  const uniform = uniforms(seed);
  const draw = (size) => Float64Array.from({ length: HIDDEN }, () => (2 * uniform() - 1) * size);
  return [draw(1), draw(1), draw(1 / Math.sqrt(HIDDEN))];
}

/** f(x). */
export function score([w, b, v], x) {
  let total = 0;
  for (let j = 0; j < w.length; j += 1) total += v[j] * Math.max(w[j] * x + b[j], 0);
  return total;
}

/** f′(x). */
export function slope([w, b, v], x) {
  let total = 0;
  for (let j = 0; j < w.length; j += 1) if (w[j] * x + b[j] > 0) total += v[j] * w[j];
  return total;
}

/**
 * Gradient of the critic's loss E f(fake) − E f(real) + λ E (|f′(x̂)| − 1)² in w, b and v, by hand.
 * @param {Float64Array[]} critic w, b, v
 * @param {ArrayLike<number>} between the points x̂; none for a critic without penalty
 * @param {{penalty: number, oneSided: boolean}} options oneSided leaves slopes below 1 alone
 */
export function lossGradient(critic, real, fake, between, { penalty, oneSided }) {
  const [w, b, v] = critic;
  const gradient = critic.map((values) => new Float64Array(values.length));
  const [dw, db, dv] = gradient;
  for (const [pile, sign] of [[real, -1], [fake, 1]]) {
    for (const x of pile) {
      for (let j = 0; j < w.length; j += 1) {
        const h = w[j] * x + b[j];
        if (h <= 0) continue;
        dw[j] += (sign * v[j] * x) / pile.length;
        db[j] += (sign * v[j]) / pile.length;
        dv[j] += (sign * h) / pile.length;
      }
    }
  }
  for (const x of between) {
    const steep = slope(critic, x);
    const norm = Math.sqrt(steep ** 2 + SAFE_AT_ZERO);
    const excess = oneSided ? Math.max(norm - 1, 0) : norm - 1;
    const push = (2 * penalty * excess * steep) / norm / between.length; // in f′(x̂); the masks have no slope
    for (let j = 0; j < w.length; j += 1) {
      if (w[j] * x + b[j] <= 0) continue;
      dw[j] += push * v[j];
      dv[j] += push * w[j];
    }
  }
  return gradient;
}

/**
 * Train a critic from its start.
 * @param {{theta: number, constraint: string, penalty: number, clip: number, seed: number}} setting
 * @returns {Float64Array[]} w, b, v
 */
export function train({ theta, constraint, penalty, clip, seed }, steps = STEPS) {
  const critic = startOf(seed);
  const averages = critic.map((values) => new Float64Array(values.length));
  const [real, fake] = piles(theta);
  const uniform = uniforms(seed);
  for (let i = 0; i < 3 * HIDDEN; i += 1) uniform(); // the start has used these
  for (let step = 0; step < steps; step += 1) {
    const between = constraint === CLIPPED ? [] : pointsBetween(real, fake, uniform);
    const gradient = lossGradient(critic, real, fake, between, { penalty, oneSided: constraint === ONE_SIDED });
    const rate = RATE * (1 - step / STEPS);
    const unbias = 1 - DECAY ** (step + 1);
    critic.forEach((values, k) => {
      for (let j = 0; j < values.length; j += 1) {
        averages[k][j] = DECAY * averages[k][j] + (1 - DECAY) * gradient[k][j] ** 2;
        values[j] -= (rate * gradient[k][j]) / (Math.sqrt(averages[k][j] / unbias) + 1e-8);
        if (constraint === CLIPPED) values[j] = clamp(values[j], -clip, clip);
      }
    });
  }
  return critic;
}

/** x̂: for each real point a random fake one, and a random place between them. */
function pointsBetween(real, fake, uniform) {
  const partners = Array.from(real, () => fake[Math.floor(uniform() * fake.length)]);
  return Float64Array.from(real, (x, i) => partners[i] + uniform() * (x - partners[i]));
}

/**
 * What a critic says about two piles.
 * @returns {{estimate: number, steepest: number, felt: number}} E f(real) − E f(fake); the largest |f′| between the
 *   leftmost and the rightmost point, f being straight between two kinks; the mean f′ at the fakes
 */
export function measure(critic, real, fake) {
  const [w, b] = critic;
  const [low, high] = [Math.min(...real, ...fake), Math.max(...real, ...fake)];
  const kinks = Array.from(w, (weight, j) => clamp(-b[j] / weight, low, high)).filter(Number.isFinite);
  const places = [low, ...kinks, high].sort((a, c) => a - c);
  const middles = places.slice(1).map((place, i) => [(place + places[i]) / 2, place - places[i]]);
  const slopes = middles.filter(([, width]) => width > 0).map(([middle]) => Math.abs(slope(critic, middle)));
  const average = (f, pile) => mean(Array.from(pile, (x) => f(critic, x)));
  return { estimate: average(score, real) - average(score, fake), steepest: Math.max(...slopes),
    felt: average(slope, fake) };
}

// --- The figure -----------------------------------------------------------------------------------------------------

const FARTHEST = 4;
const GRID = 0.05; // of θ
const SPEED = 0.5; // of the sweep, in θ per second
const NAMES = ["W1, by sorting", "JS (nats)", "critic Ŵ", "Ŵ − W1", "the penalty's optimum, θ (1 + θ/2λ)",
  "steepest slope of the critic", "Ŵ / steepest slope", "slope of JS in θ", "slope of the critic at the fakes"];

/** Four significant digits at least, for values that may be tiny. */
const fine = (value) => number(value, Math.abs(value) < 0.1 && value !== 0 ? 4 : 3);

function render({ model, el, signal }) {
  const scores = new Plane({ x: [-0.8, FARTHEST + 0.8], y: [-3, 1], xlabel: "x", ylabel: "score f(x)", height: 250, label: "" });
  const meter = new Plane({ x: [0, FARTHEST], y: [0, 8], xlabel: "θ", ylabel: "distance", height: 250, label: "" });
  const table = readings(NAMES);
  const story = h("p", { role: "status" }, "");
  const get = (name) => model.get(name);
  const save = () => model.save_changes();
  const setTheta = (theta) => model.set("theta", Number((Math.round(clamp(theta, 0, FARTHEST) / GRID) * GRID).toFixed(2)));

  // --- what the reader sets
  const kinds = [ONE_SIDED, TWO_SIDED, CLIPPED];
  const constraint = choice({ label: "constraint", options: kinds, value: kinds.indexOf(get("constraint")),
    onChange: (index) => change("constraint", kinds[index]) });
  const sliders = {
    theta: slider({ label: "θ", min: 0, max: FARTHEST, step: GRID, value: get("theta"), onInput: setTheta, onChange: save }),
    penalty: slider({ label: "λ", min: 2, max: 50, step: 0.5, value: get("penalty"), show: (value) => number(value, 1),
      onInput: (value) => model.set("penalty", value), onChange: save }),
    clip: slider({ label: "clip", min: 0.02, max: 0.3, step: 0.01, value: get("clip"),
      onInput: (value) => model.set("clip", value), onChange: save }),
  };
  const fresh = button("New start", () => change("seed", (get("seed") + 1) % 2 ** 31));
  function change(name, value) {
    model.set(name, value);
    save();
  }

  // --- a sweep over θ
  let swept = 0;
  const sweep = player({
    play: "Sweep θ", pause: "Stop", signal,
    step: (milliseconds) => {
      swept = (swept < FARTHEST ? swept : 0) + (SPEED * milliseconds) / 1000;
      setTheta(swept);
      return swept < FARTHEST;
    },
  });
  sweep.element.addEventListener("click", () => {
    if (sweep.playing()) swept = 0;
    save();
  });

  // --- what the reader drags: the fakes, held where they were taken; θ along the curves
  let offset = 0;
  scores.onDrag(([x]) => setTheta(x - offset), save, ([x], [tolerance]) => {
    offset = x - get("theta");
    return Math.abs(offset) < 0.5 + tolerance;
  });
  meter.onDrag(([theta]) => setTheta(theta), save,
    ([theta], [tolerance]) => Math.abs(theta - get("theta")) < 1.5 * tolerance);

  // --- critics that have been trained, by setting: the curves build up as θ moves
  const trails = new Map();
  function trailOf(setting) {
    const key = [setting.constraint, setting.constraint === CLIPPED ? setting.clip : setting.penalty, setting.seed].join();
    if (!trails.has(key)) trails.set(key, new Map());
    return trails.get(key);
  }

  function draw() {
    const setting = Object.fromEntries(["theta", "constraint", "penalty", "clip", "seed"].map((name) => [name, get(name)]));
    const trail = trailOf(setting);
    const [real, fake] = piles(setting.theta);
    if (!trail.has(setting.theta)) {
      const critic = train(setting);
      trail.set(setting.theta, { critic, ...measure(critic, real, fake) });
    }
    const now = trail.get(setting.theta);
    constraint.set(kinds.indexOf(setting.constraint));
    Object.entries(sliders).forEach(([name, { set }]) => set(setting[name]));
    sliders.penalty.element.style.display = setting.constraint === CLIPPED ? "none" : "";
    sliders.clip.element.style.display = setting.constraint === CLIPPED ? "" : "none";
    drawScores(now, real, fake);
    drawMeter(setting, now, trail);
    tell(setting, now, wasserstein(real, fake));
  }

  function drawScores({ critic, estimate, felt }, real, fake) {
    const [blue, orange] = scores.theme.colors;
    const xs = linspace(...scores.x, 241);
    const ys = xs.map((x) => score(critic, x));
    const [low, high] = [Math.min(...ys), Math.max(...ys)];
    const pad = 0.12 * (high - low) || 1;
    scores.y = [low - pad, high + 2 * pad];
    scores.clear();
    scores.line(xs, ys, scores.theme.muted, { width: 1.5 });
    for (const [pile, color] of [[real, blue], [fake, orange]]) {
      const heights = Array.from(pile, (x) => score(critic, x));
      const level = mean(heights);
      scores.line(scores.x, [level, level], color, { width: 1, dash: [5, 4] });
      scores.points(pile, heights, color, { radius: 3 });
    }
    scores.text(scores.x[0] + 0.1, high + 1.3 * pad, "● real", blue);
    scores.text(scores.x[0] + 1.1, high + 1.3 * pad, "● fake, drag it", orange);
    scores.describe(`The critic's score over x: its mean at the real points is ${fine(estimate)} above that at the ` +
      `fake ones; at the fakes its mean slope is ${fine(felt)}`);
  }

  function drawMeter({ theta, constraint: kind, penalty }, now, trail) {
    const { colors, ink } = meter.theme;
    const [, orange, green, violet] = colors;
    meter.y = [kind === TWO_SIDED ? -5 : 0, 8];
    const thetas = linspace(0, FARTHEST, 161);
    const visited = [...trail.keys()].sort((a, b) => a - b);
    const divided = ({ estimate, steepest }) => (steepest ? estimate / steepest : 0);
    meter.clear();
    if (kind !== CLIPPED) meter.line(thetas, thetas.map((t) => penaltyOptimum(t, penalty)), violet, { dash: [2, 3] });
    meter.line(thetas, thetas, ink, { dash: [6, 4], width: 1.5 });
    meter.line(thetas, thetas.map(jsOfShift), orange);
    if (kind === CLIPPED) {
      const last = visited[visited.length - 1];
      meter.line(visited, visited.map((t) => (trail.get(t).estimate * last) / trail.get(last).estimate), violet, { dash: [2, 3] });
    }
    meter.line(visited, visited.map((t) => divided(trail.get(t))), green, { width: 1.5 });
    meter.line(visited, visited.map((t) => trail.get(t).estimate), violet);
    meter.points(visited, visited.map((t) => divided(trail.get(t))), green, { radius: 2 });
    meter.points(visited, visited.map((t) => trail.get(t).estimate), violet, { radius: 2 });
    meter.handle(theta, clamp(now.estimate, ...meter.y), violet);
    meter.points([theta], [divided(now)], green, { radius: 4.5, alpha: 1 });
    const lines = [["● critic Ŵ", violet], ["● Ŵ / its steepest slope", green], ["- - W1 = θ", ink], ["— JS", orange]];
    lines.splice(1, 0, [kind === CLIPPED ? "··· Ŵ, stretched to end on W1" : "··· θ (1 + θ/2λ)", violet]);
    const height = meter.y[1] - meter.y[0];
    lines.forEach(([text, color], i) => meter.text(0.08, meter.y[1] - (0.05 + 0.075 * i) * height, text, color));
    meter.describe(`Distances against θ, at θ = ${number(theta)}: W1 is ${number(theta)}, JS ${number(jsOfShift(theta))} ` +
      `nats, the critic says ${fine(now.estimate)}, divided by its steepest slope ${fine(divided(now))}`);
  }

  function tell({ theta, constraint: kind, penalty }, { estimate, steepest, felt }, w1) {
    const values = [fine(w1), fine(jsOfShift(theta)), fine(estimate), fine(estimate - w1),
      kind === CLIPPED ? "–" : fine(penaltyOptimum(theta, penalty)), fine(steepest),
      steepest ? fine(estimate / steepest) : "–", fine(theta < 1 ? Math.log(2) : 0), fine(felt)];
    NAMES.forEach((name, i) => table.set(name, values[i]));
    story.setAttribute("aria-live", sweep.playing() ? "off" : "polite");
    story.textContent = sentence(kind, theta, estimate, w1);
  }

  /** What is to be seen, in one sentence. */
  function sentence(kind, theta, estimate, w1) {
    if (theta === 0) return "The piles are the same: every critic says 0.";
    if (kind === CLIPPED) return "Its scale is that of the box and the network. Compare the shape of its curve, not its value, with W1.";
    if (estimate < 0.5 * w1) return "A trap: some slopes started with the wrong sign, and the penalty holds them there. Try a new start.";
    return `The penalty lets the critic be too steep: it says ${number((100 * (estimate - w1)) / w1, 1)} % more than W1.`;
  }

  const parts = [row(sliders.theta.element, constraint.element), row(sliders.penalty.element, sliders.clip.element,
    sweep.element, fresh), row(scores.element, meter.element), story, table.element];
  return frame({ model, el, signal, planes: [scores, meter], parts, draw }).cleanup;
}

export default { render };
