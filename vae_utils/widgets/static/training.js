// A VAE of two small networks on points in the plane, trained by back-propagation written out by hand.
// All values in nats; rows of a batch lie one after the other in flat arrays; B examples, L latent dimensions.

const VARIANCE = 0.05; // s² of the decoder
const BATCH = 64;
const LOSS_LIMIT = 1e6; // beyond it a program counts as stopped
const EXAMINATION = 1000003; // seeds of the noise of `examine` and of `newPoints`
const NEW = 1000004;
const SAMPLES = 256;

// --- The program, part by part ----------------------------------------------------------------------------------

/**
 * What the program does with single numbers; each part gives its value and its slopes. A mistake replaces a part.
 *   logvar    head of the encoder → [logvar, slope]
 *   noise     the noise of all examples and an index → the number that is used
 *   sigma     logvar → [σ, slope]
 *   pathwise  whether gradients of the reconstruction reach the encoder through z
 *   logProb   x̂ − x of one coordinate, and how many there are → [log p(x|z), slope in x̂]
 *   kl        mu, logvar of one coordinate → [KL, slope in mu, slope in logvar]
 *   klWeight  B → what the mean KL of the batch is multiplied with in the loss, beside β
 *   prior     where new codes are drawn from: "normal" or "uniform"
 */
export const RIGHT = {
  logvar: (head) => [head, 1],
  noise: (eps, i) => eps[i],
  sigma: (logvar) => [Math.exp(logvar / 2), Math.exp(logvar / 2) / 2],
  pathwise: true,
  logProb: (error) => [-0.5 * (error ** 2 / VARIANCE + Math.log(2 * Math.PI * VARIANCE)), -error / VARIANCE],
  kl: (mu, logvar) => [0.5 * (mu ** 2 + Math.exp(logvar) - logvar - 1), mu, 0.5 * (Math.exp(logvar) - 1)],
  klWeight: () => 1,
  prior: "normal",
};

const ACTIVATIONS = { // each with its slope as a function of its own value
  tanh: [Math.tanh, (y) => 1 - y * y],
  relu: [(x) => Math.max(x, 0), (y) => (y > 0 ? 1 : 0)],
};

// --- Networks ---------------------------------------------------------------------------------------------------

const sizes = ({ data, hidden, latent }) =>
  [[data, hidden], [hidden, 2 * latent], [latent, hidden], [hidden, data]];

/** How many weights and biases both networks have. */
export const weightCount = (shape) => sum(sizes(shape).map(([inputs, outputs]) => (inputs + 1) * outputs));

/** Views into a flat vector of weights, or of their gradient: two layers of the encoder, two of the decoder. */
export function layers(theta, shape) {
  let end = 0;
  const next = (length) => theta.subarray(end, (end += length));
  return sizes(shape).map(([inputs, outputs]) =>
    ({ inputs, outputs, weight: next(inputs * outputs), bias: next(outputs) }));
}

/** y = x Wᵀ + b: (B, inputs) → (B, outputs); W is (outputs, inputs), as torch stores it. */
function linear(x, { weight, bias, inputs, outputs }) {
  const examples = x.length / inputs;
  const y = new Float64Array(examples * outputs);
  for (let n = 0; n < examples; n += 1) {
    for (let unit = 0; unit < outputs; unit += 1) {
      let total = bias[unit];
      for (let k = 0; k < inputs; k += 1) total += weight[unit * inputs + k] * x[n * inputs + k];
      y[n * outputs + unit] = total;
    }
  }
  return y;
}

/** Backward through `linear`: adds to the layer's gradient, returns the gradient in x. */
function linearBackward(dy, x, { weight, inputs, outputs }, gradient) {
  const examples = x.length / inputs;
  const dx = new Float64Array(x.length);
  for (let n = 0; n < examples; n += 1) {
    for (let unit = 0; unit < outputs; unit += 1) {
      const slope = dy[n * outputs + unit];
      gradient.bias[unit] += slope;
      for (let k = 0; k < inputs; k += 1) {
        gradient.weight[unit * inputs + k] += slope * x[n * inputs + k];
        dx[n * inputs + k] += slope * weight[unit * inputs + k];
      }
    }
  }
  return dx;
}

const activate = (x, activation) => x.map(ACTIVATIONS[activation][0]);
const activateBackward = (dy, y, activation) => dy.map((slope, i) => slope * ACTIVATIONS[activation][1](y[i]));

/** x (B, D) → hidden units of the encoder, and mu, logvar (B, L). */
export function encode(theta, x, { shape, activation, parts = RIGHT }) {
  const [first, second] = layers(theta, shape);
  const { latent } = shape;
  const hidden = activate(linear(x, first), activation);
  const heads = linear(hidden, second); // (B, 2L): mu beside logvar
  const mu = new Float64Array(heads.length / 2);
  const logvar = new Float64Array(heads.length / 2);
  for (let i = 0; i < mu.length; i += 1) {
    const place = 2 * latent * Math.floor(i / latent) + (i % latent);
    mu[i] = heads[place];
    logvar[i] = parts.logvar(heads[place + latent])[0];
  }
  return { hidden, heads, mu, logvar };
}

/** z (B, L) → hidden units of the decoder, and its output (B, D), the mean of x. */
export function decode(theta, z, { shape, activation }) {
  const [, , third, fourth] = layers(theta, shape);
  const hidden = activate(linear(z, third), activation);
  return { hidden, mean: linear(hidden, fourth) };
}

// --- One step of training -----------------------------------------------------------------------------------------

/** Everything from x (B, D) and eps (B, L) to the reconstruction; `options` are shape, activation and parts. */
export function forward(theta, x, eps, options) {
  const encoded = encode(theta, x, options);
  const { noise, sigma } = options.parts ?? RIGHT;
  const z = encoded.mu.map((mu, i) => mu + sigma(encoded.logvar[i])[0] * noise(eps, i, options.shape.latent));
  return { encoded, z, decoded: decode(theta, z, options) };
}

/** Reconstruction log p(x|z) and KL of every example: two arrays (B,). */
export function lossTerms(x, { encoded, decoded }, { shape, parts = RIGHT }) {
  const { data, latent } = shape;
  const reconstruction = new Float64Array(x.length / data);
  const kl = new Float64Array(x.length / data);
  decoded.mean.forEach((mean, i) => {
    reconstruction[Math.floor(i / data)] += parts.logProb(mean - x[i], data)[0];
  });
  encoded.mu.forEach((mu, i) => {
    kl[Math.floor(i / latent)] += parts.kl(mu, encoded.logvar[i])[0];
  });
  return { reconstruction, kl };
}

/** Gradient in all weights of: −(mean reconstruction) + β · klWeight · (mean KL). */
export function backward(theta, x, eps, { encoded, z, decoded }, beta, options) {
  const { shape, activation, parts = RIGHT } = options;
  const { data, latent } = shape;
  const examples = x.length / data;
  const gradient = new Float64Array(theta.length);
  const [own, all] = [layers(gradient, shape), layers(theta, shape)];

  const dMean = decoded.mean.map((mean, i) => -parts.logProb(mean - x[i], data)[1] / examples);
  const dHidden = linearBackward(dMean, decoded.hidden, all[3], own[3]);
  const dz = linearBackward(activateBackward(dHidden, decoded.hidden, activation), z, all[2], own[2]);

  const price = (beta * parts.klWeight(examples)) / examples;
  const dHeads = new Float64Array(encoded.heads.length);
  for (let i = 0; i < dz.length; i += 1) {
    const place = 2 * latent * Math.floor(i / latent) + (i % latent);
    const path = parts.pathwise ? dz[i] : 0; // z = mu + σ ε
    const [, klMu, klLogvar] = parts.kl(encoded.mu[i], encoded.logvar[i]);
    const dLogvar = path * parts.noise(eps, i, latent) * parts.sigma(encoded.logvar[i])[1] + price * klLogvar;
    dHeads[place] = path + price * klMu;
    dHeads[place + latent] = dLogvar * parts.logvar(encoded.heads[place + latent])[1];
  }
  const dEncoder = linearBackward(dHeads, encoded.hidden, all[1], own[1]);
  linearBackward(activateBackward(dEncoder, encoded.hidden, activation), x, all[0], own[0]);
  return gradient;
}

/** Adam (Kingma and Ba, 2015) with its usual constants; changes theta and the two averages in place. */
export function adamStep(theta, gradient, { first, second, count }, rate) {
  const [unbias1, unbias2] = [1 - 0.9 ** count, 1 - 0.999 ** count];
  for (let i = 0; i < theta.length; i += 1) {
    first[i] = 0.9 * first[i] + 0.1 * gradient[i];
    second[i] = 0.999 * second[i] + 0.001 * gradient[i] * gradient[i];
    theta[i] -= ((rate / unbias1) * first[i]) / (Math.sqrt(second[i] / unbias2) + 1e-8);
  }
}

// --- A run ----------------------------------------------------------------------------------------------------------

/** The numbers 0 … count − 1 in random order (Fisher and Yates). */
export function shuffled(count, uniform) {
  const order = linspace(0, count - 1, count);
  for (let i = count - 1; i > 0; i -= 1) {
    const j = Math.floor(uniform() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** `count` standard normal numbers from a seed; uniform ones where that is asked for. */
export function draw(seed, count, prior = "normal") {
  const source = prior === "normal" ? normals(uniforms(seed)) : uniforms(seed);
  return Float64Array.from({ length: count }, source);
}

/**
 * A run at its start.
 * @param {{theta: ArrayLike<number>, points: ArrayLike<number>, shape: {data: number, hidden: number, latent: number},
 *   activation: string, seed: number, parts?: object}} options points (N, D)
 */
export function newRun({ theta, points, shape, activation, seed, parts = RIGHT }) {
  const zeros = () => new Float64Array(theta.length);
  return { theta: Float64Array.from(theta), points: Float64Array.from(points), shape, activation, parts,
    seed, uniform: uniforms(2 * seed), normal: normals(uniforms(2 * seed + 1)), order: [],
    adam: { first: zeros(), second: zeros(), count: 0 }, step: 0, stopped: false,
    log: { loss: [], reconstruction: [], kl: [] } };
}

/** The next batch of a run: x (B, D) and eps (B, L). Every point comes once in an epoch. */
function nextBatch(run) {
  const { data, latent } = run.shape;
  if (run.order.length < BATCH) run.order = shuffled(run.points.length / data, run.uniform);
  const rows = run.order.splice(0, BATCH);
  const x = Float64Array.from({ length: BATCH * data }, (_, i) =>
    run.points[rows[Math.floor(i / data)] * data + (i % data)]);
  return { x, eps: Float64Array.from({ length: BATCH * latent }, run.normal) };
}

/** One step of a run. Logged are the loss and its two parts as the program has them: minus log p(x|z), and the KL. */
export function trainStep(run, { beta, rate }) {
  if (run.stopped) return;
  const { x, eps } = nextBatch(run);
  const passed = forward(run.theta, x, eps, run);
  const terms = lossTerms(x, passed, run);
  const reconstruction = -mean(terms.reconstruction);
  const kl = run.parts.klWeight(BATCH) * mean(terms.kl);
  const loss = reconstruction + beta * kl;
  if (!(Math.abs(loss) < LOSS_LIMIT)) {
    run.stopped = true;
    return;
  }
  const gradient = backward(run.theta, x, eps, passed, beta, run);
  run.adam.count += 1;
  adamStep(run.theta, gradient, run.adam, rate);
  run.step += 1;
  run.log.loss.push(loss);
  run.log.reconstruction.push(reconstruction);
  run.log.kl.push(kl);
}

/** The last entry [from step, β, learning rate] of a schedule that holds at this step. */
export function settings(schedule, step) {
  const [, beta, rate] = schedule.findLast(([from]) => from <= step);
  return { beta, rate };
}

/** Train up to `step`, or until `deadline` (milliseconds of performance.now()). @returns {boolean} whether it is there */
export function trainTo(run, step, schedule, deadline = Infinity) {
  while (run.step < step && !run.stopped) {
    trainStep(run, settings(schedule, run.step));
    if (performance.now() > deadline) break;
  }
  return run.step >= step || run.stopped;
}

/**
 * The state of a run on all its points, by the right program, with one fixed draw of the noise.
 * @returns {{mu: Float64Array, logvar: Float64Array, picture: Float64Array, reconstruction: number, kl: number[],
 *   variance: number[]}} codes (N, L); `picture` is what the mean codes decode to (N, D); mean reconstruction;
 *   mean KL and variance of mu over the points, axis by axis (L,)
 */
export function examine(run) {
  const { shape } = run;
  const examples = run.points.length / shape.data;
  const right = { shape, activation: run.activation };
  const { mu, logvar } = encode(run.theta, run.points, run);
  const eps = draw(EXAMINATION, mu.length);
  const z = mu.map((value, i) => value + Math.exp(logvar[i] / 2) * eps[i]);
  const decoded = decode(run.theta, z, right);
  const { reconstruction } = lossTerms(run.points, { encoded: { mu, logvar }, decoded }, right);
  const axes = linspace(0, shape.latent - 1, shape.latent);
  const along = (values, axis) => linspace(0, examples - 1, examples).map((n) => values[n * shape.latent + axis]);
  const kls = mu.map((value, i) => RIGHT.kl(value, logvar[i])[0]);
  return { mu, logvar, picture: decode(run.theta, mu, right).mean, reconstruction: mean(reconstruction),
    kl: axes.map((axis) => mean(along(kls, axis))), variance: axes.map((axis) => variance(along(mu, axis))) };
}

/** New points: codes from the prior, decoded, without the decoder's noise: (count, D). */
export const newPoints = (run, count = SAMPLES) =>
  decode(run.theta, draw(NEW, count * run.shape.latent, run.parts.prior), run).mean;

/** Mean squared distance to the mean. */
function variance(values) {
  const centre = mean(values);
  return mean(values.map((value) => (value - centre) ** 2));
}

/** A plane under a caption; several of them stand side by side where each finds `width`. */
function captioned(caption, plane, width) {
  const element = h("div", {}, h("p", {}, caption), plane.element);
  Object.assign(element.style, { flex: `1 1 ${width}`, minWidth: "0" });
  return element;
}

// --- Drawings -------------------------------------------------------------------------------------------------------

const BIN = 10; // steps that make one point of a curve

/** Means of BIN values each, and the steps at which they stand. */
export function binned(values) {
  const count = Math.ceil(values.length / BIN);
  const bins = Array.from({ length: count }, (_, i) => values.slice(i * BIN, (i + 1) * BIN));
  return { steps: bins.map((bin, i) => i * BIN + bin.length / 2), means: bins.map(mean) };
}

/** Coordinate `axis` of points that lie one after the other, two numbers each. */
const coordinate = (points, axis) => points.filter((_, i) => i % 2 === axis);

/** Lines of the latent plane on which one coordinate is −2, −1, 0, 1 or 2, decoded: what the decoder makes of a grid. */
function drawGrid(plane, run, color) {
  const along = linspace(-2.5, 2.5, 41);
  for (const fixed of linspace(-2, 2, 5)) {
    for (const axis of [0, 1]) {
      const z = Float64Array.from(along.flatMap((t) => (axis ? [fixed, t] : [t, fixed])));
      const { mean: line } = decode(run.theta, z, run);
      plane.line(coordinate(line, 0), coordinate(line, 1), color, { width: 1 });
    }
  }
}

/** The data plane: the points, the decoder's grid, and reconstructions or new points. */
function drawData(plane, run, modes, state, { samples = false, radius = 2.4 } = {}) {
  const { colors, ink, muted } = plane.theme;
  const byMode = (i) => colors[modes[i] % colors.length];
  plane.clear();
  drawGrid(plane, run, muted);
  plane.points(coordinate(run.points, 0), coordinate(run.points, 1), byMode, { radius: 0.8 * radius, alpha: 0.45 });
  const shown = samples ? newPoints(run) : state.picture;
  plane.points(coordinate(shown, 0), coordinate(shown, 1), samples ? ink : byMode, { radius, alpha: samples ? 0.7 : 0.9 });
}

/** The latent plane: one ellipse for each posterior, one standard deviation wide, and the prior as circles. */
function drawCodes(plane, run, modes, { mu, logvar }) {
  const { colors, muted } = plane.theme;
  plane.clear();
  plane.clipped((g) => {
    const [unitX, unitY] = [plane.px(1) - plane.px(0), plane.py(0) - plane.py(1)];
    for (let i = 0; i < mu.length / 2; i += 1) {
      const [rx, ry] = [Math.exp(logvar[2 * i] / 2) * unitX, Math.exp(logvar[2 * i + 1] / 2) * unitY];
      if (Math.min(rx, ry) > plane.width) continue; // its rim is out of sight
      g.fillStyle = g.strokeStyle = colors[modes[i] % colors.length];
      g.lineWidth = 0.7;
      g.beginPath();
      g.ellipse(plane.px(mu[2 * i]), plane.py(mu[2 * i + 1]), rx, ry, 0, 0, 2 * Math.PI);
      g.globalAlpha = 0.07;
      g.fill();
      g.globalAlpha = 0.35;
      g.stroke();
    }
  });
  plane.points(coordinate(mu, 0), coordinate(mu, 1), (i) => colors[modes[i] % colors.length], { radius: 2, alpha: 0.9 });
  for (const radius of [1, 2]) plane.ellipse(0, 0, radius, radius, muted, { width: 1.3 });
}
