// What the widgets share: state, random numbers, elements, a plane to draw on, and one frame around all.
// Joined in front of each widget's module (vae_utils/widgets/_base.py), so that every module is complete by itself.

// --- State: tensors travel as bytes ---------------------------------------------------------------------------

/** @param {DataView} view little-endian float32 bytes @returns {Float32Array} */
const float32 = (view) =>
  new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

/** @param {DataView} view @returns {Uint8Array} */
const uint8 = (view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

// --- Numbers ----------------------------------------------------------------------------------------------------

const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
const sum = (values) => values.reduce((total, value) => total + value, 0);
const mean = (values) => sum(values) / values.length;

/** `count` evenly spaced numbers from `low` to `high`, both included. */
const linspace = (low, high, count) =>
  Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));

/** log Σ exp(values), safe for large and for very negative values. */
const logSumExp = (values) => {
  const top = Math.max(...values);
  return top === -Infinity ? top : top + Math.log(sum(values.map((value) => Math.exp(value - top))));
};

/** log density of N(mu, exp(logvar)) at x, in nats. */
const normalLogProb = (x, mu = 0, logvar = 0) =>
  -0.5 * (Math.log(2 * Math.PI) + logvar + (x - mu) ** 2 / Math.exp(logvar));

/** A number for the reader: a real minus sign and fixed decimals. */
const number = (value, digits = 2) => {
  if (value === Infinity) return "∞";
  if (value === -Infinity) return "−∞";
  if (Number.isNaN(value)) return "undefined";
  const text = Math.abs(value).toFixed(digits);
  return (value < 0 && Number(text) !== 0 ? "−" : "") + text;
};

/** Uniform numbers in [0, 1) from a seed (mulberry32): the same seed gives the same figure. */
function uniforms(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Standard normal numbers from uniform ones (Box and Muller). */
function normals(uniform) {
  let spare = null;
  return () => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

// --- Elements ---------------------------------------------------------------------------------------------------

let kitCount = 0;

/** An id that is used nowhere else in the page. */
const freshId = (name) => `vae-${name}-${Date.now().toString(36)}-${(kitCount += 1)}`;

/** An element: h("p", { className: "note" }, "text", child, …). Names with a dash, and role, are attributes. */
function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role" || name === "for") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}

/**
 * A labelled range input with its value beside it: mouse, touch and arrow keys.
 * @param {{label: string, min: number, max: number, step: number, value: number, show?: (value: number) => string,
 *   onInput: (value: number) => void, onChange?: (value: number) => void}} options onInput at each move,
 *   onChange when the reader lets go
 * @returns {{element: HTMLElement, input: HTMLInputElement, set: (value: number) => void}}
 */
function slider({ label, min, max, step, value, show = number, onInput, onChange = () => {} }) {
  const id = freshId("slider");
  const input = h("input", { type: "range", id, min, max, step, value });
  const output = h("output", { for: id });
  const set = (next) => {
    input.value = next;
    output.textContent = show(Number(next));
    input.setAttribute("aria-valuetext", output.textContent);
  };
  input.addEventListener("input", () => {
    set(input.value);
    onInput(Number(input.value));
  });
  input.addEventListener("change", () => onChange(Number(input.value)));
  set(value);
  return { element: h("div", { className: "vae-slider" }, h("label", { for: id }, label), input, output), input, set };
}

/** A push button. */
function button(label, onClick) {
  const element = h("button", { type: "button" }, label);
  element.addEventListener("click", onClick);
  return element;
}

/**
 * A labelled drop-down list.
 * @param {{label: string, options: string[], value: number, onChange: (index: number) => void}} options
 * @returns {{element: HTMLElement, input: HTMLSelectElement, set: (index: number) => void}}
 */
function choice({ label, options, value, onChange }) {
  const id = freshId("choice");
  const input = h("select", { id }, ...options.map((text) => h("option", {}, text)));
  input.selectedIndex = value;
  input.addEventListener("change", () => onChange(input.selectedIndex));
  const set = (index) => (input.selectedIndex = index);
  return { element: h("div", { className: "vae-choice" }, h("label", { for: id }, label), input), input, set };
}

/**
 * A labelled checkbox.
 * @returns {{element: HTMLElement, input: HTMLInputElement, set: (checked: boolean) => void}}
 */
function toggle({ label, value, onChange }) {
  const id = freshId("toggle");
  const input = h("input", { type: "checkbox", id, checked: value });
  input.addEventListener("change", () => onChange(input.checked));
  const set = (checked) => (input.checked = checked);
  return { element: h("div", { className: "vae-toggle" }, input, h("label", { for: id }, label)), input, set };
}

/**
 * A table of named numbers that change.
 * @param {string[]} names row headers @returns {{element: HTMLElement, set: (name: string, text: string) => void}}
 */
function readings(names) {
  const cells = new Map(names.map((name) => [name, h("td", {}, "")]));
  const rows = names.map((name) => h("tr", {}, h("th", { scope: "row" }, name), cells.get(name)));
  const element = h("table", { className: "vae-readings" }, h("tbody", {}, ...rows));
  return { element, set: (name, text) => (cells.get(name).textContent = text) };
}

/** Controls side by side; they wrap on a phone. */
const row = (...children) => h("div", { className: "vae-row" }, ...children);

// --- Time -------------------------------------------------------------------------------------------------------

/** Whether the reader asked the system for less motion. */
const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * A button that plays and pauses. `step(milliseconds since the last frame)` is called once a frame; if the reader wants
 * less motion, each press makes one step instead. `step` returns false to end the play.
 * @returns {{element: HTMLButtonElement, stop: () => void, playing: () => boolean}}
 */
function player({ play = "Play", pause = "Pause", step, signal }) {
  let request = 0;
  let last = 0;
  const element = button(play, () => {
    if (request) return stop();
    if (reducedMotion()) return void step(1000);
    element.textContent = pause;
    last = performance.now();
    request = requestAnimationFrame(frame);
  });
  function frame(now) {
    const more = step(Math.max(0, now - last)); // the first frame may have begun before the press
    last = now;
    if (more === false) stop();
    else if (request) request = requestAnimationFrame(frame);
  }
  function stop() {
    cancelAnimationFrame(request);
    request = 0;
    element.textContent = play;
  }
  signal.addEventListener("abort", stop);
  return { element, stop, playing: () => request !== 0 };
}

// --- A plane: a canvas in the units of its data -------------------------------------------------------------------

/** Round numbers between `low` and `high`, about `count` of them. */
function ticks(low, high, count = 5) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/**
 * A canvas with axes. Positions are data coordinates; sharp on every screen; its width follows the page.
 * `draw` of the frame must call clear() first. Colours come from `plane.theme` ({ink, muted, grid, surface, colors}).
 */
class Plane {
  /**
   * @param {{x: [number, number], y: [number, number], xlabel?: string, ylabel?: string, height?: number,
   *   square?: boolean, axes?: boolean, label: string}} options `label` is the text for those who do not see;
   *   `square` keeps one unit equally long on both axes by making the canvas as high as it is wide
   */
  constructor({ x, y, xlabel = "", ylabel = "", height = 220, square = false, axes = true, label }) {
    Object.assign(this, { x, y, xlabel, ylabel, height, square, axes });
    this.element = h("canvas", { className: "vae-plane", role: "img", "aria-label": label });
    this.context = this.element.getContext("2d");
    this.theme = { ink: "#222", muted: "#666", grid: "#ddd", surface: "#fff", colors: [] };
    this.width = 320;
  }

  /** What those hear who do not see the picture; keep it up to date. */
  describe(text) {
    this.element.setAttribute("aria-label", text);
  }

  /** Pixels around the drawing area: left, right, top, bottom. */
  get margins() {
    return this.axes ? [this.ylabel ? 46 : 34, 8, 8, this.xlabel ? 36 : 22] : [1, 1, 1, 1];
  }

  px(x) {
    const [left, right] = this.margins;
    return left + ((x - this.x[0]) / (this.x[1] - this.x[0])) * (this.width - left - right);
  }

  py(y) {
    const [, , top, bottom] = this.margins;
    return this.height - bottom - ((y - this.y[0]) / (this.y[1] - this.y[0])) * (this.height - top - bottom);
  }

  /** Data coordinates of a pointer event. */
  at(event) {
    const box = this.element.getBoundingClientRect();
    const [left, right, top, bottom] = this.margins;
    const u = (event.clientX - box.left - left) / (this.width - left - right);
    const v = (box.bottom - bottom - event.clientY) / (this.height - top - bottom);
    return [this.x[0] + u * (this.x[1] - this.x[0]), this.y[0] + v * (this.y[1] - this.y[0])];
  }

  /** Fit the canvas to its place and the screen, wipe it, draw the axes. */
  clear() {
    const { element, context: g, theme } = this;
    this.width = element.clientWidth || this.width;
    if (this.square) this.height = this.width;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    element.style.height = `${this.height}px`;
    element.width = Math.round(this.width * ratio);
    element.height = Math.round(this.height * ratio);
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (!this.axes) return;
    g.font = "12px system-ui, sans-serif";
    g.lineWidth = 1;
    g.textAlign = "center";
    g.textBaseline = "top";
    const [x0, x1, y0, y1] = [this.px(this.x[0]), this.px(this.x[1]), this.py(this.y[0]), this.py(this.y[1])];
    for (const x of ticks(...this.x, this.width > 420 ? 8 : 4)) {
      this.segment(this.px(x), y0, this.px(x), y1, theme.grid);
      g.fillStyle = theme.muted;
      g.fillText(number(x, Number.isInteger(x) ? 0 : 1), this.px(x), y0 + 5);
    }
    g.textAlign = "right";
    g.textBaseline = "middle";
    const decimals = clamp(Math.ceil(-Math.log10((this.y[1] - this.y[0]) / 4)), 0, 4);
    for (const y of ticks(...this.y, 4)) {
      this.segment(x0, this.py(y), x1, this.py(y), theme.grid);
      g.fillStyle = theme.muted;
      g.fillText(number(y, decimals), x0 - 5, this.py(y));
    }
    g.textAlign = "center";
    if (this.xlabel) g.fillText(this.xlabel, (x0 + x1) / 2, this.height - 9);
    if (this.ylabel) {
      g.save();
      g.translate(9, (y0 + y1) / 2);
      g.rotate(-Math.PI / 2);
      g.fillText(this.ylabel, 0, 0);
      g.restore();
    }
  }

  segment(x0, y0, x1, y1, color) {
    const g = this.context;
    g.strokeStyle = color;
    g.beginPath();
    g.moveTo(x0, y0);
    g.lineTo(x1, y1);
    g.stroke();
  }

  /** Everything that `paint(context)` draws stays within the axes. */
  clipped(paint) {
    const g = this.context;
    const [left, right, top, bottom] = this.margins;
    g.save();
    g.beginPath();
    g.rect(left, top, this.width - left - right, this.height - top - bottom);
    g.clip();
    paint(g);
    g.restore();
  }

  /** A curve through (xs[i], ys[i]); values that are not finite interrupt it. */
  line(xs, ys, color, { width = 2, dash = [] } = {}) {
    this.clipped((g) => {
      g.strokeStyle = color;
      g.lineWidth = width;
      g.setLineDash(dash);
      g.beginPath();
      let pen = false;
      for (let i = 0; i < xs.length; i += 1) {
        const drawn = Number.isFinite(ys[i]);
        if (drawn) g[pen ? "lineTo" : "moveTo"](this.px(xs[i]), this.py(ys[i]));
        pen = drawn;
      }
      g.stroke();
    });
  }

  /** The area between a curve and `base`. */
  area(xs, ys, color, { alpha = 0.25, base = 0 } = {}) {
    this.clipped((g) => {
      g.globalAlpha = alpha;
      g.fillStyle = color;
      g.beginPath();
      g.moveTo(this.px(xs[0]), this.py(base));
      for (let i = 0; i < xs.length; i += 1) g.lineTo(this.px(xs[i]), this.py(ys[i]));
      g.lineTo(this.px(xs[xs.length - 1]), this.py(base));
      g.fill();
    });
  }

  /** Bars of a histogram: heights[i] stands between edges[i] and edges[i + 1]. */
  bars(edges, heights, color, { alpha = 0.5 } = {}) {
    this.clipped((g) => {
      g.globalAlpha = alpha;
      g.fillStyle = color;
      for (let i = 0; i < heights.length; i += 1) {
        const [x0, x1] = [this.px(edges[i]), this.px(edges[i + 1])];
        g.fillRect(x0, this.py(heights[i]), Math.max(1, x1 - x0 - 0.5), this.py(0) - this.py(heights[i]));
      }
    });
  }

  /** Dots. `color` is one colour or a function of the index. */
  points(xs, ys, color, { radius = 2.5, alpha = 0.8 } = {}) {
    this.clipped((g) => {
      g.globalAlpha = alpha;
      for (let i = 0; i < xs.length; i += 1) {
        g.fillStyle = typeof color === "function" ? color(i) : color;
        g.beginPath();
        g.arc(this.px(xs[i]), this.py(ys[i]), radius, 0, 2 * Math.PI);
        g.fill();
      }
    });
  }

  /** An axis-parallel ellipse with half-axes rx, ry in data units. */
  ellipse(x, y, rx, ry, color, { width = 2, fill = 0 } = {}) {
    this.clipped((g) => {
      g.beginPath();
      g.ellipse(this.px(x), this.py(y), Math.abs(this.px(x + rx) - this.px(x)),
        Math.abs(this.py(y + ry) - this.py(y)), 0, 0, 2 * Math.PI);
      g.strokeStyle = g.fillStyle = color;
      g.lineWidth = width;
      if (width) g.stroke();
      g.globalAlpha = fill;
      if (fill) g.fill();
    });
  }

  /** A handle that shows that it can be dragged. */
  handle(x, y, color) {
    const g = this.context;
    g.beginPath();
    g.arc(this.px(x), this.py(y), 8, 0, 2 * Math.PI);
    g.fillStyle = color;
    g.fill();
    g.strokeStyle = this.theme.surface;
    g.lineWidth = 2;
    g.stroke();
  }

  /** A text at (x, y), moved by `right` and `down` pixels. */
  text(x, y, text, color = this.theme.ink, { align = "left", baseline = "middle", right = 0, down = 0 } = {}) {
    const g = this.context;
    g.font = "12px system-ui, sans-serif";
    g.fillStyle = color;
    g.textAlign = align;
    g.textBaseline = baseline;
    g.fillText(text, this.px(x) + right, this.py(y) + down);
  }

  /**
   * Call `move([x, y])` while a pointer is down, `done()` when it is lifted. With `grab([x, y], tolerance)` a touch that
   * grabs nothing (returns false) scrolls the page as usual; `tolerance` is a finger's width in data units [dx, dy].
   */
  onDrag(move, done = () => {}, grab = () => true) {
    const canvas = this.element;
    canvas.classList.add("vae-draggable");
    const tolerance = () => [22, 22].map((pixels, axis) =>
      axis ? (pixels / this.height) * (this.y[1] - this.y[0]) : (pixels / this.width) * (this.x[1] - this.x[0]));
    let held = null; // not the captured pointer: browsers capture each finger, also one that will scroll the page
    canvas.addEventListener("touchstart", (event) => {
      if (grab(this.at(event.touches[0]), tolerance()) !== false) event.preventDefault();
    }, { passive: false });
    canvas.addEventListener("pointerdown", (event) => {
      const point = this.at(event);
      if (event.button || grab(point, tolerance()) === false) return;
      held = event.pointerId;
      canvas.setPointerCapture(held);
      move(point);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerId === held) move(this.at(event));
    });
    for (const name of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(name, (event) => {
        if (event.pointerId !== held) return;
        held = null;
        done();
      });
    }
  }
}

/** A plane whose ticks are given as [place, text] pairs, for logarithms and the like; null for round numbers. */
class TickedPlane extends Plane {
  /**
   * @param {{xticks?: [number, string][]|null, yticks?: [number, string][]|null, around?: number[]}} options and those
   *   of Plane; `around` are its margins, ticks outside its range are not drawn
   */
  constructor({ xticks = null, yticks = null, around = [52, 8, 8, 36], ...options }) {
    super(options);
    Object.assign(this, { xticks, yticks, around });
  }

  get margins() {
    return this.around;
  }

  clear() {
    this.axes = false; // the plane's own axes
    super.clear();
    this.axes = true;
    const { context: g, theme } = this;
    const [x0, x1, y0, y1] = [this.px(this.x[0]), this.px(this.x[1]), this.py(this.y[0]), this.py(this.y[1])];
    const within = ([low, high]) => ([place]) => place >= low - 1e-9 && place <= high + 1e-9;
    g.lineWidth = 1;
    const xticks = this.xticks ?? ticks(...this.x, 6).map((x) => [x, number(x, 0)]);
    for (const [x, text] of xticks.filter(within(this.x))) {
      this.segment(this.px(x), y0, this.px(x), y1, theme.grid);
      this.text(x, this.y[0], text, theme.muted, { align: "center", baseline: "top", down: 5 });
    }
    const yticks = this.yticks ?? ticks(...this.y, 4).map((y) => [y, number(y, 1)]);
    for (const [y, text] of yticks.filter(within(this.y))) {
      this.segment(x0, this.py(y), x1, this.py(y), theme.grid);
      this.text(this.x[0], y, text, theme.muted, { align: "right", right: -5 });
    }
    g.font = "12px system-ui, sans-serif";
    g.fillStyle = theme.muted;
    g.textAlign = "center";
    g.textBaseline = "middle";
    g.fillText(this.xlabel, (x0 + x1) / 2, this.height - 9);
    g.save();
    g.translate(9, (y0 + y1) / 2);
    g.rotate(-Math.PI / 2);
    g.fillText(this.ylabel, 0, 0);
    g.restore();
  }
}

/**
 * Gray pictures as one canvas: values 0 (paper) to 1 (ink), as in the course's figures, always ink on white.
 * @param {{rows: number, columns: number, scale?: number, label: string}} options
 * @returns {{element: HTMLCanvasElement, set: (values: ArrayLike<number>) => void, describe: (text: string) => void}}
 */
function picture({ rows, columns, scale = 14, label }) {
  const element = h("canvas", { className: "vae-picture", width: columns, height: rows, role: "img", "aria-label": label });
  element.style.width = `${columns * scale}px`;
  const context = element.getContext("2d");
  const image = context.createImageData(columns, rows);
  const set = (values) => {
    for (let i = 0; i < rows * columns; i += 1) {
      const gray = 255 - Math.round(255 * clamp(values[i], 0, 1));
      image.data.set([gray, gray, gray, 255], 4 * i);
    }
    context.putImageData(image, 0, 0);
  };
  return { element, set, describe: (text) => element.setAttribute("aria-label", text) };
}

// --- The frame of a widget ------------------------------------------------------------------------------------------

/**
 * Put a widget together: its title, what the reader should try, its parts; draw it now, after each change of the model,
 * of the theme and of its width, at most once a frame.
 * @param {{model: object, el: HTMLElement, signal?: AbortSignal, planes?: Plane[], parts: (HTMLElement|string)[],
 *   draw: () => void}} options
 * @returns {{redraw: () => void, cleanup: () => void}} return `cleanup` from render()
 */
function frame({ model, el, signal, planes = [], parts, draw }) {
  const title = h("p", { className: "vae-title", id: freshId("title") }, model.get("title"));
  const root = h("div", { className: "vae-widget", role: "group", "aria-labelledby": title.id }, title);
  if (model.get("task")) root.append(h("p", { className: "vae-task" }, model.get("task")));
  root.append(...parts);
  el.replaceChildren(root);
  let request = 0;
  const readTheme = () => {
    const style = getComputedStyle(root);
    const color = (name) => style.getPropertyValue(`--vae-${name}`).trim() || "#777";
    const colors = linspace(1, 6, 6).map((i) => color(`color-${i}`));
    const theme = { ink: color("ink"), muted: color("muted"), grid: color("grid"), surface: color("surface"), colors };
    for (const plane of planes) plane.theme = theme;
  };
  const redraw = () => {
    request ||= requestAnimationFrame(() => {
      request = 0;
      readTheme();
      draw();
    });
  };
  model.on("change", redraw);
  const themes = new MutationObserver(redraw);
  for (const node of [document.documentElement, document.body]) {
    themes.observe(node, { attributes: true, attributeFilter: ["data-theme", "data-mode", "data-jp-theme-light"] });
  }
  const sizes = new ResizeObserver(redraw);
  sizes.observe(root);
  redraw();
  const cleanup = () => {
    cancelAnimationFrame(request);
    model.off("change", redraw);
    themes.disconnect();
    sizes.disconnect();
  };
  signal?.addEventListener("abort", cleanup);
  return { redraw, cleanup };
}
