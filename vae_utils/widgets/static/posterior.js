// The private posterior of one digit among all the others: draw z from it, or from elsewhere, decode, and compare.

const DEVIATIONS = 2; // half-axes of the ellipses, in standard deviations
const MOST_DRAWS = 500;
const RECENT = 10;
const SOURCES = ["own", "another", "prior"];

// --- The model --------------------------------------------------------------------------------------------------

/** g(z): z (2) → picture (64). */
export function decode(decoder, z) {
  const parameters = perceptron(decoder, z);
  return decoder.likelihood === "gaussian" ? parameters : parameters.map(sigmoid);
}

/** ‖a − b‖², summed over the pixels. */
export function squaredDistance(a, b) {
  let total = 0;
  for (let i = 0; i < a.length; i += 1) total += (a[i] - b[i]) ** 2;
  return total;
}

// --- Draws ------------------------------------------------------------------------------------------------------

/** The dice of the draws: noise (count × 2), and a uniform number each that chooses another digit. */
export function rollDice(seed, count) {
  const normal = normals(uniforms(2 * seed));
  const uniform = uniforms(2 * seed + 1);
  return Array.from({ length: count }, () => ({ eps: [normal(), normal()], u: uniform() }));
}

/**
 * z = μ + σ ε from a digit's own posterior, from that of another one, or from the prior, where z = ε.
 * @param {string} source @param {number} k the digit @param {{mu: number[], logvar: number[]}[]} posteriors
 * @returns {{z: number[], of: number}} `of` is the digit whose posterior it was, −1 for none
 */
export function draw(source, k, posteriors, { eps, u }) {
  if (source === "prior") return { z: eps, of: -1 };
  const n = posteriors.length;
  const of = source === "own" ? k : (k + 1 + Math.floor(u * (n - 1))) % n;
  const { mu, logvar } = posteriors[of];
  return { z: eps.map((value, i) => mu[i] + Math.exp(logvar[i] / 2) * value), of };
}

/** Means of the first 1, 2, 3, … values. */
export function runningMeans(values) {
  let total = 0;
  return values.map((value, i) => (total += value) / (i + 1));
}

// --- The plane --------------------------------------------------------------------------------------------------

/** Distance of a point from a posterior's centre, in standard deviations along each axis. */
const deviations = ([x, y], { mu, logvar }) =>
  Math.hypot((x - mu[0]) / Math.exp(logvar[0] / 2), (y - mu[1]) / Math.exp(logvar[1] / 2));

/** The digit in whose ellipse a point lies, the most central one; −1 if it lies in none. */
export function digitAt(point, posteriors) {
  const away = posteriors.map((posterior) => deviations(point, posterior));
  const nearest = away.indexOf(Math.min(...away));
  return away[nearest] <= DEVIATIONS ? nearest : -1;
}

/** The digit with the nearest centre in a direction [dx, dy], at most 45° off it; k itself if there is none. */
export function neighbour(posteriors, k, [dx, dy]) {
  const [x, y] = posteriors[k].mu;
  let [best, least] = [k, Infinity];
  posteriors.forEach(({ mu }, i) => {
    const [right, up] = [mu[0] - x, mu[1] - y];
    const [along, across] = [right * dx + up * dy, Math.abs(right * dy - up * dx)];
    const distance = Math.hypot(along, across);
    if (i !== k && along > 0 && across <= along && distance < least) [best, least] = [i, distance];
  });
  return best;
}

/** The digits with the `count` nearest centres, nearest first, without k. */
export function nearest(posteriors, k, count) {
  const away = posteriors.map(({ mu }) => Math.hypot(mu[0] - posteriors[k].mu[0], mu[1] - posteriors[k].mu[1]));
  return posteriors.map((_, i) => i).filter((i) => i !== k).sort((a, b) => away[a] - away[b]).slice(0, count);
}

// --- The figure -------------------------------------------------------------------------------------------------

// matplotlib's ten colours, as in the chapter's figures of codes
const CLASS_COLORS = ["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22",
  "#17becf"];
const KEYS = { own: 1, another: 2, prior: 4 }; // colours of the sources, as --vae-color-…
const LABELS = { own: "own", another: "another's", prior: "prior" };
const column = (width) => `flex:1 1 ${width}rem;width:${width}rem;min-width:0;align-self:flex-start`;
const SMALL = "margin:0.1rem 0 0;font-size:0.82rem;font-variant-numeric:tabular-nums";

/** What is fixed: digits with their posteriors, the decoder, the mean image. */
function readState(model) {
  const [counts, mu, logvar] = [uint8(model.get("images")), float32(model.get("mu")), float32(model.get("logvar"))];
  const classes = Array.from(uint8(model.get("labels")));
  const pair = (values, k) => [values[2 * k], values[2 * k + 1]];
  return {
    classes,
    images: classes.map((_, k) => Array.from(counts.slice(SIDE ** 2 * k, SIDE ** 2 * (k + 1)), (count) => count / GREYS)),
    posteriors: classes.map((_, k) => ({ mu: pair(mu, k), logvar: pair(logvar, k) })),
    meanImage: float32(model.get("mean_image")),
    decoder: { weights: float32(model.get("decoder")), sizes: model.get("decoder_sizes"),
      activation: model.get("decoder_activation"), likelihood: model.get("likelihood") },
  };
}

/** A picture of 8×8 pixels with a line of text under it. */
function captioned(scale) {
  const { element: canvas, set, describe } = picture({ rows: SIDE, columns: SIDE, scale, label: "" });
  const caption = h("p", { style: SMALL });
  const element = h("div", {}, canvas, caption);
  const show = (values, text, description) => {
    set(values);
    describe(description);
    caption.textContent = text;
  };
  return { element, show };
}

/** A table with one row for each source of z and one for the mean image. */
function comparison() {
  const cells = {};
  const line = (key, name) => {
    cells[key] = [h("td", {}), h("td", { style: "padding-left:1rem" })];
    return h("tr", {}, h("th", { scope: "row" }, name), ...cells[key]);
  };
  const head = (...parts) => h("th", { scope: "col" }, ...parts);
  const distance = h("span", { style: "white-space:nowrap" }, "‖x − g(z)‖²");
  const keyed = (source) => h("span", { className: `vae-key-${KEYS[source]}` }, LABELS[source]);
  const element = h("table", { className: "vae-readings" },
    h("thead", {}, h("tr", {}, head("z from"), head("draws"), head("mean ", distance))),
    h("tbody", {}, ...SOURCES.map((source) => line(source, keyed(source))), line("mean", "no z: mean image")));
  const set = (key, draws, distance) => {
    cells[key][0].textContent = draws;
    cells[key][1].textContent = Number.isNaN(distance) ? "–" : number(distance);
  };
  return { element, set };
}

function render({ model, el, signal }) {
  const { classes, images, posteriors, meanImage, decoder } = readState(model);
  const plane = new Plane({ x: [-REACH, REACH], y: [-REACH, REACH], xlabel: "z₁", ylabel: "z₂", square: true, label: "" });
  const chart = new Plane({ x: [0, 10], y: [0, 10], xlabel: "draw", ylabel: "squared distance", label: "" });
  const [seen, returned, decoded] = [captioned(9), captioned(9), captioned(9)];
  const strip = Array.from({ length: RECENT }, () => captioned(6));
  const table = comparison();
  const place = h("p", {});
  const story = h("p", { "aria-live": "polite", style: "min-height:2.9em" });

  // --- State

  const save = () => model.save_changes();
  const chosen = () => model.get("chosen");
  const source = () => model.get("source");
  const code = () => [model.get("z1"), model.get("z2")];
  const walk = ([z1, z2]) => model.set({ z1: clamp(z1, -REACH, REACH), z2: clamp(z2, -REACH, REACH) });
  const aDigit = (k) => `${classes[k] === 8 ? "an" : "a"} ${classes[k]}`;
  const name = (k) => `test digit no. ${k + 1}, ${aDigit(k)}`;

  let dice = { seed: null };
  let known = { of: null };

  /** The draws of a source for the chosen digit, computed once. @returns {{z, of, image, distance}[]} */
  function drawn(from) {
    const [k, seed, count] = [chosen(), model.get("seed"), model.get(from)];
    if (dice.seed !== seed) dice = { seed, rolls: rollDice(seed, MOST_DRAWS) };
    if (known.of !== `${k} ${seed}`) known = { of: `${k} ${seed}`, own: [], another: [], prior: [] };
    const lot = known[from];
    for (let i = lot.length; i < count; i += 1) {
      const { z, of } = draw(from, k, posteriors, dice.rolls[i]);
      const image = decode(decoder, z);
      lot.push({ z, of, image, distance: squaredDistance(images[k], image) });
    }
    return lot.slice(0, count);
  }

  function choose(k) {
    model.set("chosen", k);
    walk(posteriors[k].mu);
    save();
  }

  function drawMore(count) {
    const from = source();
    model.set(from, Math.min(model.get(from) + count, MOST_DRAWS));
    walk(drawn(from).at(-1).z);
    save();
  }

  /** The last draw in words; a live region speaks when its text changes, and only then. */
  function tell(lot) {
    const { z, of, distance } = lot.at(-1) ?? {};
    const whose = of < 0 ? "the prior" : of === chosen() ? "its own posterior" : `the posterior of ${name(of)}`;
    const text = lot.length ? `Draw ${lot.length}: z = (${z.map((value) => number(value)).join(", ")}) from ${whose}. ` +
      `Distance ${number(distance)}.` : "Nothing is drawn from there yet.";
    if (story.textContent !== text) story.textContent = text;
  }

  // --- Controls

  const order = classes.map((_, k) => k).sort((a, b) => classes[a] - classes[b] || a - b);
  const chooser = choice({ label: "x, the digit", value: order.indexOf(chosen()), onChange: (i) => choose(order[i]),
    options: order.map((k) => `${aDigit(k)}: test digit no. ${k + 1}`) });
  const sliders = ["z1", "z2"].map((key, axis) => slider({ label: ["z₁", "z₂"][axis], min: -REACH, max: REACH,
    step: 0.01, value: model.get(key), onChange: save, onInput: (value) => model.set(key, value) }));
  const sources = SOURCES.map((from) => button(LABELS[from], () => {
    model.set("source", from);
    save();
  }));
  const more = [button("Draw z", () => drawMore(1)), button("Draw 100", () => drawMore(100))];
  const again = button("Restart", () => {
    model.set({ own: 0, another: 0, prior: 0, seed: model.get("seed") + 1 });
    save();
  });

  plane.onDrag(walk, save, ([x, y], [dx, dy]) =>
    Math.hypot((x - model.get("z1")) / dx, (y - model.get("z2")) / dy) < 1);
  let pressed = [0, 0];
  plane.element.addEventListener("pointerdown", (event) => {
    pressed = [event.clientX, event.clientY];
  });
  // a tap or a click chooses; inside the chosen ellipse, or outside all, it puts z there
  plane.element.addEventListener("pointerup", (event) => {
    if (event.button || Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) > 5) return;
    const point = plane.at(event);
    const k = digitAt(point, posteriors);
    if (k >= 0 && k !== chosen()) return choose(k);
    walk(point);
    save();
  });
  plane.element.tabIndex = 0;
  plane.element.setAttribute("role", "application");
  plane.element.setAttribute("aria-roledescription", "latent plane");
  plane.element.addEventListener("keydown", (event) => {
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.key in arrows) choose(neighbour(posteriors, chosen(), arrows[event.key]));
    else if (event.key === "Enter" || event.key === " ") drawMore(1);
    else return;
    event.preventDefault();
    event.stopPropagation(); // a notebook has its own meaning for these keys
  });

  // --- Drawing the figure

  function drawAll() {
    const lots = Object.fromEntries(SOURCES.map((from) => [from, drawn(from)]));
    const meanDistance = squaredDistance(images[chosen()], meanImage);
    drawPlane(lots[source()]);
    drawPictures();
    drawStrip(lots[source()]);
    tell(lots[source()]);
    drawChart(lots, meanDistance);
    SOURCES.forEach((from, i) => {
      table.set(from, lots[from].length, mean(lots[from].map(({ distance }) => distance)));
      sources[i].setAttribute("aria-pressed", String(from === source()));
    });
    table.set("mean", "–", meanDistance);
    more.forEach((element) => (element.disabled = model.get(source()) === MOST_DRAWS));
    chooser.set(order.indexOf(chosen()));
    code().forEach((value, axis) => sliders[axis].set(value));
  }

  function drawPlane(lot) {
    const { theme, context: g } = plane;
    const k = chosen();
    const halves = ({ logvar }) => logvar.map((value) => DEVIATIONS * Math.exp(value / 2));
    plane.clear();
    posteriors.forEach((posterior, i) =>
      plane.ellipse(...posterior.mu, ...halves(posterior), CLASS_COLORS[classes[i]], { width: 0.7, fill: 0.13 }));
    plane.clipped(() => {
      g.setLineDash([6, 4]);
      plane.ellipse(0, 0, DEVIATIONS, DEVIATIONS, theme.ink, { width: 1.2 });
    });
    plane.clipped(() => {
      g.font = "10px system-ui, sans-serif";
      g.fillStyle = theme.ink;
      g.textAlign = "center";
      g.textBaseline = "middle";
      posteriors.forEach(({ mu: [x, y] }, i) => g.fillText(classes[i], plane.px(x), plane.py(y)));
    });
    const color = theme.colors[KEYS[source()] - 1];
    const last = lot.at(-1);
    if (last && last.of >= 0 && last.of !== k) {
      plane.ellipse(...posteriors[last.of].mu, ...halves(posteriors[last.of]), color, { width: 2 });
    }
    plane.ellipse(...posteriors[k].mu, ...halves(posteriors[k]), theme.ink, { width: 2.5, fill: 0.12 });
    plane.points(lot.map(({ z }) => z[0]), lot.map(({ z }) => z[1]), color, { radius: lot.length > 50 ? 1.8 : 3 });
    drawHandle(theme);
    const around = nearest(posteriors, k, 10).map((i) => classes[i]);
    place.textContent = `x is test digit no. ${k + 1}, which is ${aDigit(k)}. Classes of the ten nearest centres: ${around.join("\u00a0")}.`;
    plane.describe(`Latent plane with the posteriors of ${classes.length} digits as ellipses of two standard ` +
      `deviations. ${place.textContent} Its mean is ${posteriors[k].mu.map((value) => number(value)).join(", ")}, its ` +
      `standard deviations ${posteriors[k].logvar.map((value) => number(Math.exp(value / 2))).join(" and ")}; z is at ` +
      `${code().map((value) => number(value)).join(", ")}. Arrow keys go to the next digit, Enter draws.`);
  }

  /** A ring: the draws under it stay visible. */
  function drawHandle({ surface, ink }) {
    const g = plane.context;
    for (const [color, width] of [[surface, 6], [ink, 3]]) {
      g.beginPath();
      g.arc(plane.px(model.get("z1")), plane.py(model.get("z2")), 8, 0, 2 * Math.PI);
      g.strokeStyle = color;
      g.lineWidth = width;
      g.stroke();
    }
  }

  function drawPictures() {
    const x = images[chosen()];
    const [atMean, atHandle] = [decode(decoder, posteriors[chosen()].mu), decode(decoder, code())];
    const say = (what, image) => [`${what}: ${number(squaredDistance(x, image))}`,
      `${what}, at squared distance ${number(squaredDistance(x, image))} from the digit`];
    seen.show(x, `x, ${aDigit(chosen())}`, `${name(chosen())}, in 8 by 8 pixels`);
    returned.show(atMean, ...say("g(μ)", atMean));
    decoded.show(atHandle, ...say("g(z)", atHandle));
  }

  function drawStrip(lot) {
    const recent = lot.slice(-RECENT);
    strip.forEach(({ element, show }, i) => {
      element.style.visibility = i < recent.length ? "visible" : "hidden";
      const { image, distance } = recent[i] ?? { image: meanImage, distance: 0 };
      const nth = lot.length - recent.length + i + 1;
      show(image, number(distance), `Draw ${nth} from ${LABELS[source()]}, at squared distance ${number(distance)}`);
    });
  }

  function drawChart(lots, meanDistance) {
    const { theme } = chart;
    const all = SOURCES.flatMap((from) => lots[from].map(({ distance }) => distance));
    chart.x = [0, 1.06 * Math.max(10, ...SOURCES.map((from) => lots[from].length))];
    chart.y = [0, 2 * Math.ceil(0.55 * Math.max(meanDistance * 1.5, ...all))];
    chart.clear();
    chart.line(chart.x, [meanDistance, meanDistance], theme.muted, { width: 1.5, dash: [6, 4] });
    for (const from of SOURCES) {
      const values = lots[from].map(({ distance }) => distance);
      const numbers = values.map((_, i) => i + 1);
      const color = theme.colors[KEYS[from] - 1];
      chart.points(numbers, values, color, { radius: values.length > 50 ? 1.6 : 3, alpha: 0.55 });
      chart.line(numbers, runningMeans(values), color, { width: 2.5 });
    }
    chart.text(chart.x[1], meanDistance, "mean image ", theme.ink, { align: "right", baseline: "bottom" });
    const known = SOURCES.filter((from) => lots[from].length).map((from) =>
      `${LABELS[from]}, mean ${number(mean(lots[from].map(({ distance }) => distance)))} of ${lots[from].length} draws`);
    chart.describe(`Squared distance of every draw from the digit, with running means: ${known.join("; ") || "no draws"}. ` +
      `The mean image is at ${number(meanDistance)}.`);
  }

  for (const element of [...sources, ...more, again]) element.style.padding = "0.2rem 0.65rem";
  const close = (...children) => h("div", { className: "vae-row", style: "gap:0.3rem 0.4rem" }, ...children);
  const group = close("z from", ...sources);
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "z comes from");
  const caption = h("p", { style: SMALL }, "Ellipses: two standard deviations of each digit's q(z|x). Dashed: of the prior. ",
    "A number under a picture: its squared distance to x. Click or tap an ellipse to choose its digit, or use the arrow keys; drag the ring to move z.");
  const parts = [
    row(h("div", { style: column(21) }, plane.element, caption, ...sliders.map(({ element }) => element)),
      h("div", { style: column(17) }, chooser.element, row(seen.element, returned.element, decoded.element), place, group,
        close(...more, again), story, close(...strip.map(({ element }) => element)))),
    row(chart.element, table.element),
  ];
  return frame({ model, el, signal, planes: [plane, chart], parts, draw: drawAll }).cleanup;
}

export default { render };
