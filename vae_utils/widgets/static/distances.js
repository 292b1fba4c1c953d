// Four distances between two piles of n numbers on the line: KL and JS of histograms, W1, MMD².

/**
 * Counts of both piles in all cells in use; cell i reaches from i · width to (i + 1) · width.
 * @returns {Map<number, [number, number]>} from the cell to its count of a and of b
 */
export function cells(a, b, width) {
  const counts = new Map();
  [a, b].forEach((lot, which) => {
    for (const x of lot) {
      const cell = Math.floor(x / width);
      if (!counts.has(cell)) counts.set(cell, [0, 0]);
      counts.get(cell)[which] += 1;
    }
  });
  return counts;
}

/** p log(p/q), where 0 log 0 is 0. */
const term = (p, q) => (p > 0 ? p * Math.log(p / q) : 0);

/** KL(a ‖ b) of the histograms in nats; infinite if one cell holds a number of a and none of b. */
export const histogramKL = (a, b, width) =>
  sum([...cells(a, b, width).values()].map(([m, n]) => term(m / a.length, n / b.length)));

/** JS of the histograms in nats: the mean KL of both to their mixture. */
export const histogramJS = (a, b, width) =>
  sum([...cells(a, b, width).values()].map(([m, n]) => {
    const [p, q] = [m / a.length, n / b.length];
    return 0.5 * (term(p, (p + q) / 2) + term(q, (p + q) / 2));
  }));

/** Exact W1 of two equally large piles: sort both, average the differences. */
export function wasserstein(a, b) {
  const [first, second] = [Float64Array.from(a).sort(), Float64Array.from(b).sort()];
  return mean(Array.from(first, (x, i) => Math.abs(x - second[i])));
}

/** Mean likeness exp(−(u − v)² / 2h²) of two different numbers of one lot. */
export function likenessWithin(lot, bandwidth) {
  let total = 0;
  for (let i = 1; i < lot.length; i += 1) {
    for (let j = 0; j < i; j += 1) total += Math.exp(-0.5 * ((lot[i] - lot[j]) / bandwidth) ** 2);
  }
  return (2 * total) / (lot.length * (lot.length - 1));
}

/** Mean likeness of a number of a and a number of b. */
export function likenessBetween(a, b, bandwidth) {
  let total = 0;
  for (const x of a) for (const y of b) total += Math.exp(-0.5 * ((x - y) / bandwidth) ** 2);
  return total / (a.length * b.length);
}

/** The unbiased estimate of MMD² with a Gaussian kernel. */
export const mmd = (a, b, bandwidth) =>
  likenessWithin(a, bandwidth) + likenessWithin(b, bandwidth) - 2 * likenessBetween(a, b, bandwidth);

/** The n numbers of a lot before they are shifted and spread. `which` is 0 for a, 1 for b. */
export function lot(seed, n, which) {
  return Array.from({ length: n }, normals(uniforms(2 * seed + which)));
}

const X = [-4, 9];
const SHIFT = [-2, 6];
const SHIFTS = linspace(...SHIFT, 81);
const WIDTHS = [2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
const STRIP = { a: 0.93, b: 0.81 }; // where the numbers themselves lie, as shares of the plane's height
const PER_FRAME = 10; // values of MMD², the slow one, computed in one frame
const RULERS = [
  { name: "KL", title: "KL(a‖b), nats", y: [0, 3] },
  { name: "JS", title: "JS, nats", y: [0, 1] },
  { name: "W1", title: "W₁", y: [0, 6.5] },
  { name: "MMD²", title: "MMD²", y: [-0.1, 1.4] },
];
const NAMES = ["KL(a‖b), nats", "JS, nats", "W₁", "MMD²", "cells with a, but no b"];

function render({ model, el, signal }) {
  const lots = new Plane({ x: X, y: [0, 1], xlabel: "x", ylabel: "share", height: 230, label: "" });
  const panels = RULERS.map(({ y }) =>
    new Plane({ x: SHIFT, y, xlabel: "shift of b", height: 150, label: "" }));
  const table = readings(NAMES);
  const save = () => model.save_changes();
  let curves = { key: "" }; // each distance against the shift, for the present numbers
  let offset = 0; // from the pointer to the shift, while b is dragged

  const get = (name) => model.get(name);
  const setShift = (shift) => model.set("shift", clamp(shift, ...SHIFT));
  const nearestWidth = () => {
    const away = WIDTHS.map((width) => Math.abs(Math.log(width / get("width"))));
    return away.indexOf(Math.min(...away));
  };
  const sliders = {
    shift: slider({ label: "shift of b", min: SHIFT[0], max: SHIFT[1], step: 0.05, value: get("shift"),
      onInput: setShift, onChange: save }),
    spread: slider({ label: "spread of b", min: 0.2, max: 2, step: 0.05, value: get("spread"),
      onInput: (spread) => model.set("spread", spread), onChange: save }),
    n: slider({ label: "numbers each", min: 5, max: 200, step: 5, value: get("n"), show: (n) => number(n, 0),
      onInput: (n) => model.set("n", n), onChange: save }),
    width: slider({ label: "cell width", min: 0, max: WIDTHS.length - 1, step: 1, value: nearestWidth(),
      show: (i) => String(WIDTHS[i]), onInput: (i) => model.set("width", WIDTHS[i]), onChange: save }),
  };
  const fresh = button("New numbers", () => {
    model.set("seed", get("seed") + 1);
    save();
  });

  lots.onDrag(
    ([x]) => setShift(x + offset),
    save,
    ([x, y], [dx, dy]) => {
      const beside = Math.abs(x - get("shift")) > 2.5 * get("spread") + dx;
      if (beside || Math.abs(y - STRIP.b * lots.y[1]) > 1.2 * dy) return false;
      offset = get("shift") - x;
      return true;
    },
  );

  /** Start the curves anew if the numbers, the spread or the cells have changed. */
  function prepare(a, eps) {
    const [width, spread, bandwidth] = [get("width"), get("spread"), get("bandwidth")];
    const key = [get("seed"), get("n"), width, spread, bandwidth].join(" ");
    if (curves.key === key) return;
    const spreadOut = eps.map((value) => spread * value);
    const at = (shift) => spreadOut.map((value) => value + shift);
    curves = { key, at, "MMD²": [],
      within: likenessWithin(a, bandwidth) + likenessWithin(spreadOut, bandwidth),
      KL: SHIFTS.map((shift) => histogramKL(a, at(shift), width)),
      JS: SHIFTS.map((shift) => histogramJS(a, at(shift), width)),
      W1: SHIFTS.map((shift) => wasserstein(a, at(shift))) };
  }

  /** Some more values of the slow curve; the rest in the frames that follow. */
  function continueCurve(a) {
    const done = curves["MMD²"];
    for (let i = 0; i < PER_FRAME && done.length < SHIFTS.length; i += 1) {
      const b = curves.at(SHIFTS[done.length]);
      done.push(curves.within - 2 * likenessBetween(a, b, get("bandwidth")));
    }
    if (done.length < SHIFTS.length) shown.redraw();
  }

  function draw() {
    const a = lot(get("seed"), get("n"), 0);
    const eps = lot(get("seed"), get("n"), 1);
    prepare(a, eps);
    continueCurve(a);
    const b = curves.at(get("shift"));
    const counts = cells(a, b, get("width"));
    const values = { KL: histogramKL(a, b, get("width")), JS: histogramJS(a, b, get("width")),
      W1: wasserstein(a, b), "MMD²": curves.within - 2 * likenessBetween(a, b, get("bandwidth")) };
    sliders.shift.set(get("shift"));
    sliders.spread.set(get("spread"));
    sliders.n.set(get("n"));
    sliders.width.set(nearestWidth());
    drawLots(a, b, counts);
    RULERS.forEach((ruler, i) => drawRuler(panels[i], ruler, values[ruler.name]));
    RULERS.forEach(({ name }, i) => table.set(NAMES[i], number(values[name], 3)));
    table.set(NAMES[4], String([...counts.values()].filter(([m, n]) => m && !n).length));
  }

  function drawLots(a, b, counts) {
    const { colors, muted } = lots.theme;
    const width = get("width");
    const shares = [...counts.values()].flat().map((count) => count / a.length);
    lots.y = [0, Math.max(0.1, Math.ceil(Math.max(...shares) * 14) / 10)];
    lots.clear();
    for (const [cell, pair] of counts) {
      const edges = [cell * width, (cell + 1) * width];
      pair.forEach((count, which) => lots.bars(edges, [count / a.length], colors[which], { alpha: 0.4 }));
    }
    const level = { a: STRIP.a * lots.y[1], b: STRIP.b * lots.y[1] };
    lots.points(a, a.map(() => level.a), colors[0], { alpha: 0.5 });
    lots.points(b, b.map(() => level.b), colors[1], { alpha: 0.5 });
    lots.handle(get("shift"), level.b, colors[1]);
    lots.text(X[1] - 0.1, level.a, "a", colors[0], { align: "right" });
    lots.text(X[1] - 0.1, level.b, "b, drag it", colors[1], { align: "right" });
    lots.text(X[1] - 0.1, 0.67 * lots.y[1], "bars: shares in cells", muted, { align: "right" });
    lots.describe(`${a.length} numbers a around 0, ${b.length} numbers b around ${number(get("shift"))}, ` +
      `spread ${number(get("spread"))}, counted in cells of width ${width}`);
  }

  function drawRuler(plane, ruler, value) {
    const { name } = ruler;
    const title = name === "MMD²" ? `${ruler.title}, h = ${get("bandwidth")}` : ruler.title;
    const { colors, ink, muted } = plane.theme;
    const [low, high] = plane.y;
    const curve = curves[name];
    plane.describe(`${title} is ${number(value, 3)} at a shift of ${number(get("shift"))}`);
    plane.clear();
    if (name === "JS") plane.line(SHIFT, [Math.log(2), Math.log(2)], muted, { dash: [2, 3], width: 1.5 });
    if (name === "MMD²") plane.line(SHIFT, [0, 0], muted, { width: 1 });
    const broken = SHIFTS.filter((_, i) => curve[i] === Infinity);
    plane.points(broken, broken.map(() => high - 0.04 * (high - low)), muted, { radius: 1.5 });
    plane.line(SHIFTS, curve, colors[2]);
    plane.points([get("shift")], [clamp(value, low, high)], colors[2], { radius: 6, alpha: 1 });
    plane.text(SHIFT[0] + 0.15, low + 0.85 * (high - low), `${title}: ${number(value)}`, ink);
    if (name === "JS") plane.text(SHIFT[1] - 0.1, Math.log(2) + 0.08, "log 2", muted, { align: "right" });
    if (!broken.length) return;
    plane.text(SHIFT[1] - 0.1, low + 0.85 * (high - low), "dots: ∞", muted, { align: "right" });
  }

  const parts = [lots.element, row(sliders.shift.element, sliders.spread.element),
    row(sliders.n.element, sliders.width.element), row(...panels.map((plane) => plane.element)),
    row(table.element, fresh)];
  const shown = frame({ model, el, signal, planes: [lots, ...panels], parts, draw });
  return shown.cleanup;
}

export default { render };
