// The latent plane of a trained VAE, and a pad whose drawing is encoded, decoded and priced. All values in nats.

const CELLS = 32; // cells of the pad, across and down: a pixel is a block of 4×4 of them
const DRAWN = -1; // `chosen` of the reader's drawing

// --- The model --------------------------------------------------------------------------------------------------

/** q(z|x): x (64) → mu (2), logvar (2). */
export function encode(vae, x) {
  const heads = perceptron(vae.encoder, x);
  return { mu: heads.slice(0, 2), logvar: heads.slice(2) };
}

/** E[x|z]: z (2) → (64). */
export function decode(vae, z) {
  const parameters = perceptron(vae.decoder, z);
  return vae.likelihood === "gaussian" ? parameters : parameters.map(sigmoid);
}

/** log p(x|z), summed over the pixels: x (64), z (2). */
export function logLikelihood(vae, x, z) {
  const parameters = perceptron(vae.decoder, z);
  let total = 0;
  if (vae.likelihood === "gaussian") {
    for (let i = 0; i < x.length; i += 1) total += (x[i] - parameters[i]) ** 2;
    return -0.5 * (total / Math.exp(vae.pixelLogvar) + x.length * (Math.log(2 * Math.PI) + vae.pixelLogvar));
  }
  for (let i = 0; i < x.length; i += 1) total += x[i] * parameters[i] - softplus(parameters[i]);
  return total;
}

/** KL(N(mu, diag exp(logvar)) ‖ N(0, I)): mu (2), logvar (2). */
export const klToPrior = (mu, logvar) =>
  sum(mu.map((m, i) => 0.5 * (m ** 2 + Math.expm1(logvar[i]) - logvar[i])));

/**
 * The ELBO of an image; its expectation over q is a Gauss–Hermite sum over both axes.
 * @returns {{mu: number[], logvar: number[], reconstruction: number, kl: number, elbo: number}}
 */
export function elbo(vae, x) {
  const { mu, logvar } = encode(vae, x);
  const sigma = logvar.map((value) => Math.exp(value / 2));
  let reconstruction = 0;
  vae.nodes.forEach((first, i) => vae.nodes.forEach((second, j) => {
    const z = [mu[0] + sigma[0] * first, mu[1] + sigma[1] * second];
    reconstruction += vae.weights[i] * vae.weights[j] * logLikelihood(vae, x, z);
  }));
  const kl = klToPrior(mu, logvar);
  return { mu, logvar, reconstruction, kl, elbo: reconstruction - kl };
}

// --- The pad: strokes, cells, counts ----------------------------------------------------------------------------

/** Squared distance of the point (x, y) from the segment a–b. */
function squaredDistance(x, y, [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const share = clamp(((x - ax) * dx + (y - ay) * dy) / (dx ** 2 + dy ** 2 || 1), 0, 1);
  return (x - ax - share * dx) ** 2 + (y - ay - share * dy) ** 2;
}

/**
 * The cells under a round pen.
 * @param {[number, number][][]} strokes points (x to the right, y down), in cells @param {number} radius of the pen
 * @returns {number[]} (1024) of 0 and 1, row by row
 */
export function inked(strokes, radius) {
  const cells = new Array(CELLS ** 2).fill(0);
  const reach = (a, b) => [
    Math.max(0, Math.floor(Math.min(a, b) - radius)),
    Math.min(CELLS - 1, Math.ceil(Math.max(a, b) + radius)),
  ];
  for (const stroke of strokes) {
    stroke.forEach((point, k) => {
      const before = stroke[Math.max(k - 1, 0)];
      const [left, right] = reach(before[0], point[0]);
      const [top, bottom] = reach(before[1], point[1]);
      for (let y = top; y <= bottom; y += 1) {
        for (let x = left; x <= right; x += 1) {
          if (squaredDistance(x + 0.5, y + 0.5, before, point) <= radius ** 2) cells[CELLS * y + x] = 1;
        }
      }
    });
  }
  return cells;
}

/** Inked cells in each block of 4×4: (1024) → (64), 0 to 16. */
export function blockCounts(cells) {
  const counts = new Array(SIDE ** 2).fill(0);
  const block = CELLS / SIDE;
  cells.forEach((cell, i) => {
    const [row, column] = [Math.floor(i / CELLS), i % CELLS];
    counts[SIDE * Math.floor(row / block) + Math.floor(column / block)] += cell;
  });
  return counts;
}

/** The strokes moved and scaled so that, with this pen, they fill a box of 20×32 cells as the scanned digits did. */
export function fitted(strokes, radius) {
  const points = strokes.flat();
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [width, height] = [Math.max(...xs) - left, Math.max(...ys) - top];
  // a flat dash must not be blown up into a block: no more than half its width counts as height
  const down = (CELLS - 2 * radius) / Math.max(height, width / 2, 1);
  const across = Math.min(down, (20 - 2 * radius) / Math.max(width, 1));
  const middle = CELLS / 2;
  return strokes.map((stroke) => stroke.map(([x, y]) => [
    middle + across * (x - left - width / 2), middle + down * (y - top - height / 2)]));
}

/**
 * The cells of a drawing after the treatment of the data set: its box is fitted, and the pen is as thick as gives
 * `ink` inked cells, if a pen can. @returns {number[]} (1024)
 */
export function asScanned(strokes, ink) {
  let [thin, thick] = [1, 5];
  for (let step = 0; step < 7; step += 1) {
    const radius = (thin + thick) / 2;
    if (sum(inked(fitted(strokes, radius), radius)) < ink) thin = radius;
    else thick = radius;
  }
  return inked(fitted(strokes, thick), thick);
}

const PEN = 2.3; // the pen's radius on the pad

// --- The figure -------------------------------------------------------------------------------------------------

const median = (values) => quantile(values, 0.5);

/** The value below which a share of the values lies, between neighbours by interpolation. */
export function quantile(values, share) {
  const sorted = Array.from(values).sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  return sorted[low] + (place - low) * (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]);
}

/** What elbo() needs, from the widget's state. */
function readVae(model) {
  const network = (role) => ({ weights: float32(model.get(role)), sizes: model.get(`${role}_sizes`),
    activation: model.get(`${role}_activation`) });
  return { encoder: network("encoder"), decoder: network("decoder"), likelihood: model.get("likelihood"),
    pixelLogvar: model.get("pixel_logvar"), nodes: model.get("nodes"), weights: model.get("weights") };
}

/** Pixels in [0, 1] of counts. */
const pixels = (counts) => Array.from(counts, (count) => count / GREYS);

/** The test digits: pixels (N × 64), classes, codes, and what each costs. */
function readDigits(model, vae) {
  const [counts, classes, elbos] = [uint8(model.get("images")), Array.from(uint8(model.get("labels"))),
    Array.from(float32(model.get("elbos")))];
  const images = classes.map((_, i) => pixels(counts.slice(SIDE ** 2 * i, SIDE ** 2 * (i + 1))));
  const posteriors = images.map((image) => encode(vae, image));
  const kls = posteriors.map(({ mu, logvar }) => klToPrior(mu, logvar));
  return { images, classes, elbos, kls, codes: posteriors.map(({ mu }) => mu),
    reconstructions: elbos.map((value, i) => value + kls[i]) };
}

const SMALL = "margin:0.15rem 0 0;font-size:0.82rem;line-height:1.3";
const COLUMN = "flex:1 1 17rem;width:17rem;min-width:0;align-self:flex-start";

/** An element with a line of text under it. */
const captioned = (element, text) => h("div", {}, element, h("p", { style: SMALL }, text));

/** Parts side by side that stay side by side on a phone; the first takes what the others leave. */
const beside = (first, ...others) => {
  first.style.flex = "1 1 0";
  first.style.minWidth = "0";
  return h("div", { style: "display:flex;gap:0.8rem;align-items:flex-start;margin:0.4rem 0" }, first, ...others);
};

function render({ model, el, signal }) {
  const vae = readVae(model);
  const digits = readDigits(model, vae);
  const classes = [...new Set(digits.classes)].sort((a, b) => a - b);
  const stops = classes.map((name) => {
    const members = digits.codes.filter((_, i) => digits.classes[i] === name);
    return [0, 1].map((axis) => median(members.map((code) => code[axis])));
  });
  let strokes = [];
  let judged = { of: null };
  let shown = "";

  const plane = new Plane({ x: [-REACH, REACH], y: [-REACH, REACH], xlabel: "z₁", ylabel: "z₂", square: true, label: "" });
  const pad = new Plane({ x: [0, CELLS], y: [0, CELLS], axes: false, square: true, label: "" });
  const span = Math.max(...digits.elbos) - Math.min(...digits.elbos);
  const scale = [Math.min(...digits.elbos) - 0.8 * span, Math.max(...digits.elbos) + 0.1 * span];
  const histogram = new Plane({ x: scale, y: [0, 1], height: 160, xlabel: "ELBO (nats)", label: "" });
  const pictures = {
    seen: picture({ rows: SIDE, columns: SIDE, scale: 11, label: "" }),
    returned: picture({ rows: SIDE, columns: SIDE, scale: 11, label: "" }),
    decoded: picture({ rows: SIDE, columns: SIDE, scale: 11, label: "" }),
  };
  const verdict = h("p", { style: "font-weight:600" });
  const table = priceTable(digits);
  const here = readings(["log p(x|z) at the handle", "log p(x|z) at the encoder's μ"]);

  // --- State

  const save = () => model.save_changes();
  const code = () => [model.get("z1"), model.get("z2")];
  const walk = ([z1, z2]) => model.set({ z1: clamp(z1, -REACH, REACH), z2: clamp(z2, -REACH, REACH) });
  const hasDrawing = () => model.get("drawing").byteLength === SIDE ** 2;
  const image = () => {
    const chosen = model.get("chosen");
    if (chosen !== DRAWN) return digits.images[chosen];
    return hasDrawing() ? pixels(uint8(model.get("drawing"))) : null;
  };

  /** Posterior and prices of the chosen image; computed once for each image. */
  function judgement() {
    const x = image();
    const key = String(x);
    if (judged.of !== key) judged = { of: key, x, ...(x && elbo(vae, x)) };
    return judged;
  }

  function choose(index) {
    tour.stop();
    model.set({ chosen: index });
    if (image()) walk(judgement().mu);
    save();
  }

  /** Count the strokes and let the model see them. */
  function see() {
    const cells = fit.input.checked ? asScanned(strokes, model.get("ink")) : inked(strokes, PEN);
    const counts = strokes.length ? blockCounts(cells) : [];
    tour.stop();
    model.set({ drawing: new DataView(Uint8Array.from(counts).buffer), chosen: DRAWN });
    if (strokes.length) walk(judgement().mu);
  }

  // --- Walking

  const sliders = ["z1", "z2"].map((name, axis) => slider({ label: ["z₁", "z₂"][axis], min: -REACH, max: REACH,
    step: 0.01, value: model.get(name), onChange: save, onInput: (value) => model.set(name, value) }));
  let travelled = 0;
  const tour = player({ play: "Tour of the classes", pause: "Pause the tour", signal, step: (milliseconds) => {
    // a second from one class to the next; a frame may have begun before the press that starts the tour
    travelled += Math.max(0, milliseconds) / 1000;
    const leg = Math.floor(travelled + 1e-9);
    const share = travelled - leg;
    const eased = share ** 2 * (3 - 2 * share);
    const [from, to] = [stops[leg % stops.length], stops[(leg + 1) % stops.length]];
    walk([0, 1].map((axis) => from[axis] + eased * (to[axis] - from[axis])));
    return true;
  } });
  tour.element.addEventListener("click", () => tour.playing() || save());
  const chooser = choice({ label: "Image", value: model.get("chosen") + 1, onChange: (index) => choose(index - 1),
    options: ["your drawing", ...digits.classes.map((name, i) => `test digit ${i + 1}: ${name}`)] });

  const near = ([x, y], [dx, dy]) => Math.abs(x - model.get("z1")) < dx && Math.abs(y - model.get("z2")) < dy;
  let pressed = [0, 0];
  plane.element.addEventListener("pointerdown", (event) => {
    pressed = [event.clientX, event.clientY];
    tour.stop();
    // a mouse needs not aim at the handle; a finger must, since anywhere else it scrolls the page
    if (event.pointerType === "mouse" && !event.button) walk(plane.at(event));
  });
  plane.onDrag(walk, save, near);
  plane.element.addEventListener("click", (event) => {
    if (Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) > 4) return;
    const point = plane.at(event);
    const distances = digits.codes.map(([x, y]) =>
      Math.hypot(plane.px(x) - plane.px(point[0]), plane.py(y) - plane.py(point[1])));
    const nearest = distances.indexOf(Math.min(...distances));
    if (distances[nearest] < 9) choose(nearest);
    else {
      walk(point);
      save();
    }
  });

  // --- Drawing

  const cursor = { x: CELLS / 2, y: CELLS / 2, down: false };
  const status = h("span", { "aria-live": "polite" });
  const add = ([x, y]) => {
    const stroke = strokes[strokes.length - 1];
    const [lastX, lastY] = stroke[stroke.length - 1];
    if (Math.hypot(x - lastX, y - lastY) < 0.5) return;
    stroke.push([clamp(x, 0, CELLS), clamp(y, 0, CELLS)]);
    see();
  };
  const begin = (point) => {
    strokes.push([point]);
    see();
  };
  let drawing = false;
  pad.onDrag(
    ([x, y]) => {
      if (drawing) return add([x, CELLS - y]);
      drawing = true;
      begin([x, CELLS - y]);
    },
    () => {
      drawing = false;
      save();
    },
  );
  const setStrokes = (next) => {
    strokes = next.map((stroke) => stroke.slice());
    cursor.down = false;
    see();
    save();
  };
  pad.element.tabIndex = 0;
  pad.element.setAttribute("role", "application");
  pad.element.setAttribute("aria-roledescription", "drawing pad");
  pad.element.addEventListener("keydown", (event) => {
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in arrows) moveCursor(...arrows[event.key].map((step) => step * (event.shiftKey ? 4 : 1)));
    else if (event.key === " ") togglePen();
    else if (event.key === "Backspace") setStrokes(strokes.slice(0, -1));
    else return;
    event.preventDefault();
    event.stopPropagation(); // a notebook has its own meaning for these keys
    tell();
  });
  for (const name of ["focus", "blur"]) pad.element.addEventListener(name, () => figure.redraw());

  function moveCursor(dx, dy) {
    cursor.x = clamp(cursor.x + dx, 1, CELLS - 1);
    cursor.y = clamp(cursor.y + dy, 1, CELLS - 1);
    if (cursor.down) add([cursor.x, cursor.y]);
    figure.redraw();
  }

  function togglePen() {
    cursor.down = !cursor.down;
    if (cursor.down) begin([cursor.x, cursor.y]);
    else save();
  }

  const tell = () => {
    status.textContent = `Pen ${cursor.down ? "down" : "up"}, column ${cursor.x}, row ${cursor.y}.`;
  };

  const fit = toggle({ label: "size and pen as in the data set", value: true, onChange: () => strokes.length && (see(), save()) });
  const examples = Object.entries(model.get("examples"));
  const buttons = row(
    button("Undo", () => setStrokes(strokes.slice(0, -1))), button("Clear", () => setStrokes([])),
    ...examples.map(([name, drawn]) => button(name, () => setStrokes(drawn))));
  buttons.style.gap = "0.4rem";
  for (const element of buttons.children) element.style.padding = "0.2rem 0.55rem";

  // --- Drawing the figure

  function draw() {
    const found = judgement();
    drawPlane(found);
    drawPad();
    drawPictures(found);
    // a walk changes none of the prices: their histogram is drawn again for another image, theme or size only
    const look = [model.get("chosen"), found.of, histogram.theme.ink, histogram.element.clientWidth, devicePixelRatio];
    if (String(look) === shown) return;
    shown = String(look);
    drawPrices(found);
  }

  function drawPlane({ x, mu, logvar }) {
    const { theme } = plane;
    const z = code();
    plane.clear();
    for (const radius of [1, 2]) plane.ellipse(0, 0, radius, radius, theme.muted, { width: 0.7 });
    plane.clipped((g) => {
      Object.assign(g, { font: "12px system-ui, sans-serif", textAlign: "center", textBaseline: "middle" });
      digits.codes.forEach(([z1, z2], i) => {
        g.fillStyle = theme.colors[digits.classes[i] % 6];
        g.fillText(String(digits.classes[i]), plane.px(z1), plane.py(z2));
      });
    });
    if (x) {
      const [rx, ry] = logvar.map((value) => 2 * Math.exp(value / 2));
      plane.ellipse(...mu, rx, ry, theme.ink, { width: 2, fill: 0.12 });
    }
    plane.clipped(() => {
      plane.segment(plane.px(z[0]), plane.py(-REACH), plane.px(z[0]), plane.py(REACH), theme.muted);
      plane.segment(plane.px(-REACH), plane.py(z[1]), plane.px(REACH), plane.py(z[1]), theme.muted);
    });
    plane.handle(...z, theme.colors[0]);
    sliders.forEach(({ set }, axis) => set(z[axis]));
    chooser.set(model.get("chosen") + 1);
    const posterior = x ? `; the posterior of the image is centred at ${mu.map((value) => number(value)).join(", ")}` : "";
    plane.describe(`Codes of ${digits.codes.length} test digits; the handle is at z₁ ${number(z[0])}, ` +
      `z₂ ${number(z[1])}${posterior}`);
  }

  function drawPad() {
    const { context: g, theme } = pad;
    pad.clear();
    g.fillStyle = "#fff";
    g.fillRect(0, 0, pad.width, pad.height);
    const [cellX, cellY] = [pad.px(1) - pad.px(0), pad.py(0) - pad.py(1)];
    inked(strokes, PEN).forEach((cell, i) => {
      const [column, line] = [i % CELLS, Math.floor(i / CELLS)];
      g.fillStyle = "#222";
      if (cell) g.fillRect(pad.px(column), pad.py(CELLS - line), cellX + 0.4, cellY + 0.4);
    });
    g.lineWidth = 1;
    for (let k = 0; k <= CELLS; k += CELLS / SIDE) {
      pad.segment(pad.px(k), pad.py(0), pad.px(k), pad.py(CELLS), "#c9ced6");
      pad.segment(pad.px(0), pad.py(k), pad.px(CELLS), pad.py(k), "#c9ced6");
    }
    if (document.activeElement === pad.element) {
      const [x, y] = [cursor.x, CELLS - cursor.y];
      if (cursor.down) pad.points([x], [y], "#c2522f", { radius: 7, alpha: 1 });
      pad.ellipse(x, y, PEN, PEN, "#c2522f", { width: 2.5 });
    }
    if (!strokes.length) pad.text(CELLS / 2, CELLS - 5, "write a digit here", "#525d6b", { align: "center" });
    const count = strokes.length === 1 ? "1 stroke" : `${strokes.length} strokes`;
    pad.describe(`Drawing pad with ${count}. Arrow keys move the pen, space lowers or lifts it, ` +
      "backspace undoes a stroke.");
    pad.element.style.border = `1px solid ${theme.muted}`;
  }

  function drawPictures({ x, mu }) {
    const blank = new Array(SIDE ** 2).fill(0);
    const name = model.get("chosen") === DRAWN ? "your drawing" : `test digit ${model.get("chosen") + 1}`;
    pictures.seen.set(x ?? blank);
    pictures.seen.describe(`${name} in 8 by 8 pixels`);
    pictures.returned.set(x ? decode(vae, mu) : blank);
    pictures.returned.describe(`What the mean code of ${name} decodes to`);
    pictures.decoded.set(decode(vae, code()));
    pictures.decoded.describe(`What z₁ ${number(code()[0])}, z₂ ${number(code()[1])} decodes to`);
    here.set("log p(x|z) at the handle", x ? number(logLikelihood(vae, x, code())) : "–");
    here.set("log p(x|z) at the encoder's μ", x ? number(logLikelihood(vae, x, mu)) : "–");
  }

  function drawPrices(found) {
    const { theme } = histogram;
    const edges = linspace(...scale, 46);
    const heights = new Array(45).fill(0);
    for (const value of digits.elbos) {
      heights[Math.min(44, Math.floor((45 * (value - scale[0])) / (scale[1] - scale[0])))] += 1;
    }
    histogram.y = [0, 1.3 * Math.max(...heights)];
    const top = histogram.y[1];
    const middle = median(digits.elbos);
    histogram.clear();
    histogram.bars(edges, heights, theme.colors[0]);
    histogram.line([middle, middle], [0, 0.84 * top], theme.ink, { width: 1.5, dash: [5, 3] });
    table.set(found);
    if (!found.x) {
      verdict.textContent = "Nothing is drawn yet.";
      histogram.describe(`Histogram of the ELBOs of the test digits; their median is ${number(middle, 1)} nats`);
      return;
    }
    const inside = found.elbo >= scale[0];
    const place = Math.max(found.elbo, scale[0]);
    const share = (place - scale[0]) / (scale[1] - scale[0]);
    const align = share < 0.15 ? "left" : share > 0.85 ? "right" : "center";
    histogram.line([place, place], [0, 0.84 * top], theme.colors[1], { width: 3 });
    histogram.text(place, 0.92 * top, inside ? number(found.elbo, 1) : `◀ ${number(found.elbo, 1)}, off this scale`,
      theme.colors[1], { align });
    verdict.textContent = sentence(found, middle);
    histogram.describe(`Histogram of the ELBOs of the test digits. ${verdict.textContent}`);
  }

  /** The prices in words. */
  function sentence({ elbo: value, mu }, middle) {
    const chosen = model.get("chosen");
    const others = digits.elbos.filter((_, i) => i !== chosen);
    const above = others.filter((other) => other < value).length / others.length;
    const distances = digits.codes.map(([x, y], i) => (i === chosen ? Infinity : Math.hypot(x - mu[0], y - mu[1])));
    const nearest = digits.classes[distances.indexOf(Math.min(...distances))];
    const who = chosen === DRAWN ? "Your drawing" : `Test digit ${chosen + 1}, ${aDigit(digits.classes[chosen])},`;
    const side = value < middle ? "below" : "above";
    return `${who} is ${number(Math.abs(value - middle), 1)} nats ${side} the median test digit: ` +
      `it stands above ${Math.round(100 * above)} % of them. The nearest code belongs to ${aDigit(nearest)}.`;
  }

  const help = h("p", { style: SMALL }, "Mouse or finger. Keys: arrows move the pen, space lowers or lifts it. ", status);
  for (const { element } of sliders) element.style.gridTemplateColumns = "1.2rem minmax(4rem, 1fr) 2.8rem";
  const walking = h("div", { style: COLUMN }, plane.element,
    beside(h("div", {}, ...sliders.map(({ element }) => element), row(tour.element)),
      captioned(pictures.decoded.element, "decoded, g(z)")),
    here.element);
  const writing = h("div", { style: COLUMN }, chooser.element,
    beside(h("div", { style: "max-width:17rem" }, pad.element),
      h("div", { style: "display:grid;gap:0.5rem" }, captioned(pictures.seen.element, "the image, x"),
        captioned(pictures.returned.element, "returns as g(μ)"))),
    help, buttons, fit.element);
  const key = h("p", { style: SMALL }, h("span", { className: "vae-key-1" }, "the test digits"), " ",
    h("span", { style: "white-space:nowrap" }, "- - their median"), " ",
    h("span", { className: "vae-key-2" }, "this image"));
  const parts = [row(walking, writing), verdict,
    row(h("div", { style: COLUMN }, table.element), h("div", { style: COLUMN }, histogram.element, key))];
  const figure = frame({ model, el, signal, planes: [plane, pad, histogram], parts, draw });
  return figure.cleanup;
}

/** The class with its article. */
const aDigit = (label) => `${label === 8 ? "an" : "a"} ${label}`;

/** The three prices of an image beside those of the middle half of the test digits. */
function priceTable(digits) {
  const rows = { reconstruction: digits.reconstructions, kl: digits.kls, elbo: digits.elbos };
  const names = { reconstruction: "reconstruction", kl: "KL", elbo: "ELBO" };
  const cells = Object.fromEntries(Object.keys(rows).map((key) => [key, h("td", {}, "")]));
  const header = (text, scope, style = "") => h("th", { scope, style }, text);
  const right = "text-align:right;padding:0.1rem 0 0.1rem 1rem;vertical-align:bottom";
  const body = Object.entries(rows).map(([key, values]) => h("tr", {}, header(names[key], "row"), cells[key],
    h("td", {}, `${number(quantile(values, 0.25), 1)} to ${number(quantile(values, 0.75), 1)}`)));
  const head = h("tr", {}, header("nats", "col", "vertical-align:bottom"), header("this image", "col", right),
    header("test digits, middle half", "col", right));
  const element = h("table", { className: "vae-readings" }, h("thead", {}, head), h("tbody", {}, ...body));
  const set = (found) => {
    for (const key of Object.keys(rows)) cells[key].textContent = found.x ? number(found[key]) : "–";
  };
  return { element, set };
}

export default { render };
