// β as a dial: for each trained β its place on the rate–distortion curve, its rate in two parts, and its pictures.

const MAP = 8; // pictures along a side of the map of the latent plane
const SAMPLES = 12;
const RECONSTRUCTED = 3;
const ACTIVE = 0.01; // Var_x E[z|x] above which an axis counts as active (Burda et al. 2016)

// --- The models -------------------------------------------------------------------------------------------------

/** The decoder number `index` of several equal ones that are packed one after the other. */
export function decoderAt({ weights, sizes, activation }, count, index) {
  const size = weights.length / count;
  return { weights: weights.slice(index * size, (index + 1) * size), sizes, activation };
}

/** Codes of the prior samples (SAMPLES × 2), the same for every β. */
export function priorSamples(seed) {
  const normal = normals(uniforms(seed));
  return Array.from({ length: SAMPLES }, () => [normal(), normal()]);
}

/** The map's codes, row by row from the top left: z₁ grows to the right, z₂ upwards. */
export const mapCodes = (quantiles) =>
  [...quantiles].reverse().flatMap((second) => quantiles.map((first) => [first, second]));

/** How many axes are in use: those with Var_x E[z|x] above 0.01. */
export const activeUnits = (spread) => spread.filter((value) => value > ACTIVE).length;

// --- The curve --------------------------------------------------------------------------------------------------

/** Distortion on the line of slope −β through (rate, distortion): all its points have one D + βR. */
export const tangent = (beta, rate, distortion, at) => distortion - beta * (at - rate);

/** Index of the point that is nearest to (x, y), distances measured in units of dx and dy; and its distance. */
export function nearestPoint(xs, ys, [x, y], [dx, dy]) {
  const away = Array.from(xs, (_, i) => Math.hypot((xs[i] - x) / dx, (ys[i] - y) / dy));
  const distance = Math.min(...away);
  return { index: away.indexOf(distance), distance };
}

/** Pictures of 8×8 pixels side by side with a white line between them: rows × columns of values. */
export function contactSheet(pictures, columns) {
  const rows = Math.ceil(pictures.length / columns);
  const width = columns * (SIDE + 1) - 1;
  const values = new Float32Array((rows * (SIDE + 1) - 1) * width);
  pictures.forEach((pixels, k) => {
    const [top, left] = [(SIDE + 1) * Math.floor(k / columns), (SIDE + 1) * (k % columns)];
    for (let i = 0; i < SIDE ** 2; i += 1) values[(top + Math.floor(i / SIDE)) * width + left + (i % SIDE)] = pixels[i];
  });
  return values;
}

// --- The figure -------------------------------------------------------------------------------------------------

// matplotlib's ten colours, as in the chapter's figures of codes
const CLASS_COLORS = ["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22",
  "#17becf"];
const BAR = 0.055; // half the width of a bar, in decades of β
const column = (width) => `flex:1 1 ${width}rem;width:${width}rem;min-width:0;align-self:flex-start`;
const SMALL = "margin:0.1rem 0 0.5rem;font-size:0.82rem";
const COST = ["rate, the mean KL", "I(x; z)", "KL(aggregated‖prior)", "distortion, −E log p(x|z)", "ELBO (at β = 1)"];
const AXES = ["KL of z₁", "KL of z₂", "Var E[z₁|x]", "Var E[z₂|x]", "active units"];

/** What is fixed. */
function readState(model) {
  const betas = model.get("betas");
  const [mu, logvar, counts] = [float32(model.get("mu")), float32(model.get("logvar")), uint8(model.get("images"))];
  const classes = Array.from(uint8(model.get("labels")));
  const pair = (values, m, k) => Array.from(values.slice(2 * (m * classes.length + k), 2 * (m * classes.length + k) + 2));
  return {
    betas,
    logs: betas.map(Math.log10),
    classes,
    images: classes.map((_, k) => Array.from(counts.slice(SIDE ** 2 * k, SIDE ** 2 * (k + 1)), (count) => count / GREYS)),
    posteriors: (m) => classes.map((_, k) => ({ mu: pair(mu, m, k), logvar: pair(logvar, m, k) })),
    decoders: { weights: float32(model.get("decoders")), sizes: model.get("decoder_sizes"),
      activation: model.get("decoder_activation") },
    ...Object.fromEntries(["rate", "information", "aggregate_kl", "distortion", "kl", "spread"]
      .map((name) => [name, model.get(name)])),
    samples: priorSamples(model.get("seed")),
    map: mapCodes(model.get("quantiles")),
  };
}

/** A sheet of pictures with a caption below it. */
function sheet(rows, columns, scale, text) {
  const size = (count) => count * (SIDE + 1) - 1;
  const { element: canvas, set, describe } = picture({ rows: size(rows), columns: size(columns), scale, label: text });
  return { element: h("div", {}, canvas, h("p", { style: SMALL }, text)), set: (all) => set(contactSheet(all, columns)), describe };
}

function render({ model, el, signal }) {
  const fixed = readState(model);
  const { betas, logs, rate, information, aggregate_kl: aggregate, distortion, kl, spread } = fixed;
  const top = Math.max(...rate);
  const low = Math.min(...distortion);
  const high = Math.max(...distortion);
  const slack = 0.08 * (high - low);
  const curve = new Plane({ x: [-0.05 * top, 1.06 * top], y: [low - slack, high + slack], xlabel: "rate (nats)",
    ylabel: "distortion (nats)", height: 240, label: "" });
  const parts = new Plane({ x: [logs[0] - 0.15, logs[logs.length - 1] + 0.15], y: [0, 1.08 * top], xlabel: "log₁₀ β",
    ylabel: "rate (nats)", height: 240, label: "" });
  const plane = new Plane({ x: [-REACH, REACH], y: [-REACH, REACH], xlabel: "z₁", ylabel: "z₂", square: true, label: "" });
  const map = sheet(MAP, MAP, 3, "decoded grid of prior quantiles");
  const fresh = sheet(2, SAMPLES / 2, 4, "samples: z from the prior, decoded");
  const returned = sheet(2, RECONSTRUCTED, 6, "test digits, and below them g(μ)");
  const cost = readings(COST);
  const axes = readings(AXES);

  const chosen = () => clamp(model.get("index"), 0, betas.length - 1);
  const choose = (index) => model.set({ index });
  const save = () => model.save_changes();
  const dial = slider({ label: "β", min: 0, max: betas.length - 1, step: 1, value: chosen(),
    show: (index) => String(betas[index]), onInput: choose, onChange: save });

  // a finger that is near no point of the curve scrolls the page
  const nearest = (point, tolerance) => nearestPoint(rate, distortion, point, tolerance);
  const span = [curve.x[1] - curve.x[0], curve.y[1] - curve.y[0]];
  curve.onDrag((point) => choose(nearest(point, span).index), save,
    (point, tolerance) => nearest(point, tolerance).distance < 1.3);
  parts.element.addEventListener("click", (event) => {
    const [at] = parts.at(event);
    choose(nearestPoint(logs, logs.map(() => 0), [at, 0], [1, 1]).index);
    save();
  });

  function draw() {
    const m = chosen();
    dial.set(m);
    drawCurve(m);
    drawParts(m);
    drawPlane(m);
    drawPictures(m);
    const values = [rate[m], information[m], aggregate[m], distortion[m], -distortion[m] - rate[m]];
    COST.forEach((name, i) => cost.set(name, number(values[i], i < 3 ? 3 : 2)));
    [...kl[m], ...spread[m]].forEach((value, i) => axes.set(AXES[i], number(value, 3)));
    axes.set(AXES[4], String(activeUnits(spread[m])));
  }

  function drawCurve(m) {
    const { theme } = curve;
    const [blue, warm] = theme.colors;
    curve.clear();
    const ends = curve.x;
    curve.line(ends, ends.map((at) => tangent(betas[m], rate[m], distortion[m], at)), theme.muted, { width: 1.5, dash: [6, 4] });
    curve.line(rate, distortion, blue);
    curve.points(rate, distortion, blue, { radius: 4, alpha: 1 });
    curve.handle(rate[m], distortion[m], warm);
    curve.text(curve.x[1], curve.y[1] - 0.9 * slack, `dashed: slope −${betas[m]} `, theme.ink, { align: "right" });
    curve.describe(`Distortion against rate for ${betas.length} values of β. β = ${betas[m]} pays a rate of ` +
      `${number(rate[m])} nats and leaves a distortion of ${number(distortion[m])} nats`);
  }

  function drawParts(m) {
    const { theme } = parts;
    const [, warm, green, , gold] = theme.colors;
    parts.clear();
    logs.forEach((at, i) => parts.clipped((g) => {
      const [left, right] = [parts.px(at - BAR), parts.px(at + BAR)];
      const [base, middle, tip] = [0, information[i], information[i] + aggregate[i]].map((value) => parts.py(value));
      g.globalAlpha = i === m ? 1 : 0.55;
      g.fillStyle = green;
      g.fillRect(left, middle, right - left, base - middle);
      g.fillStyle = gold;
      g.fillRect(left, tip, right - left, middle - tip);
      if (i !== m) return;
      g.strokeStyle = warm;
      g.lineWidth = 2;
      g.strokeRect(left - 2, tip - 2, right - left + 4, base - tip + 2);
    }));
    parts.text(parts.x[1], 0.99 * top, "KL(aggregated‖prior) ", gold, { align: "right" });
    parts.text(parts.x[1], 0.89 * top, "I(x; z) ", green, { align: "right" });
    parts.describe(`The rate of every β in two parts. At β = ${betas[m]} the information is ${number(information[m])} nats, ` +
      `the divergence of the aggregated posterior from the prior ${number(aggregate[m])}`);
  }

  function drawPlane(m) {
    const { theme } = plane;
    plane.clear();
    const all = fixed.posteriors(m);
    all.forEach(({ mu, logvar }, k) => plane.ellipse(...mu, ...logvar.map((value) => Math.exp(value / 2)),
      CLASS_COLORS[fixed.classes[k]], { width: 1, fill: 0.12 }));
    plane.context.setLineDash([6, 4]);
    plane.ellipse(0, 0, 1, 1, theme.ink, { width: 2 });
    plane.context.setLineDash([]);
    const widths = [0, 1].map((axis) => mean(all.map(({ logvar }) => Math.exp(logvar[axis] / 2))));
    plane.describe(`Posteriors of ${all.length} test digits at β = ${betas[m]}, as ellipses of one standard deviation, ` +
      `which is ${number(widths[0])} along z₁ and ${number(widths[1])} along z₂ on average; the prior has 1`);
  }

  function drawPictures(m) {
    const decoder = decoderAt(fixed.decoders, betas.length, m);
    const decoded = (codes) => codes.map((z) => perceptron(decoder, z));
    const first = fixed.posteriors(m).slice(0, RECONSTRUCTED);
    map.set(decoded(fixed.map));
    fresh.set(decoded(fixed.samples));
    returned.set([...fixed.images.slice(0, RECONSTRUCTED), ...decoded(first.map(({ mu }) => mu))]);
    const names = fixed.classes.slice(0, RECONSTRUCTED).join(", ");
    map.describe(`${MAP} by ${MAP} pictures that a grid of codes decodes to at β = ${betas[m]}`);
    fresh.describe(`${SAMPLES} samples of the model with β = ${betas[m]}`);
    returned.describe(`Above three test digits, ${names}; below what their mean codes decode to at β = ${betas[m]}`);
  }

  const note = h("p", { style: SMALL }, "Ellipses: one standard deviation of q(z|x), of test digits, coloured by class. " +
    "Dashed: the prior. Each β has a model of its own; between them there is none.");
  const body = [row(dial.element), row(curve.element, parts.element),
    row(h("div", { style: column(17) }, plane.element, note),
      h("div", { style: column(17) }, returned.element, fresh.element, map.element)),
    row(cost.element, axes.element)];
  return frame({ model, el, signal, planes: [curve, parts, plane], parts: body, draw }).cleanup;
}

export default { render };
