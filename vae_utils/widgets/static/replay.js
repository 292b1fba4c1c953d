// GAN replay: recorded points of several trainings, and in how many modes of the ring they lie.

const LIMIT = 2.5;

/** The coordinates that `quantised` of replay.py wrote as bytes. */
export const coordinates = (bytes) => Float64Array.from(bytes, (byte) => (byte * 2 * LIMIT) / 255 - LIMIT);

/** The part of a normal in the plane that lies within `radius` standard deviations of its centre. */
export const shareInMode = (radius) => -Math.expm1(-0.5 * radius ** 2);

/**
 * Each point belongs to the nearest centre, if it is within `radius` standard deviations of it. A mode is found if it
 * holds at least the part `least` of what a sample of the equal mixture itself would put there.
 * @param {ArrayLike<number>} points x, y, x, y, … @param {ArrayLike<number>} centres likewise
 * @returns {{found: number, inMode: number, counts: number[]}} `inMode` is a share of all points
 */
export function countModes(points, centres, std, { radius = 3, least = 0.1 } = {}) {
  const counts = new Array(centres.length / 2).fill(0);
  for (let i = 0; i < points.length; i += 2) {
    const away = counts.map((_, c) => Math.hypot(points[i] - centres[2 * c], points[i + 1] - centres[2 * c + 1]) / std);
    const nearest = away.indexOf(Math.min(...away));
    if (away[nearest] <= radius) counts[nearest] += 1;
  }
  const total = points.length / 2;
  const enough = (least * total * shareInMode(radius)) / counts.length;
  return { found: counts.filter((count) => count >= enough).length, inMode: sum(counts) / total, counts };
}

const VIEW = [-2.1, 2.1]; // of a panel; what lies beyond is drawn at its edge
const EDGE = 2.06;
const PER_MOMENT = 280; // milliseconds

const percent = (share) => `${number(100 * share, share > 0 && share < 0.1 ? 1 : 0)} %`;

function render({ model, el, signal }) {
  const get = (name) => model.get(name);
  const save = () => model.save_changes();
  const [moments, methods, steps, std] = ["moments", "methods", "steps", "std"].map(get);
  const centres = float32(get("centres"));
  const modes = centres.length / 2;
  const last = moments.length - 1;
  const real = coordinates(uint8(get("real")));
  const fake = coordinates(uint8(get("fake")));
  const count = (points) => countModes(points, centres, std);

  /** The points of a method at a moment. */
  const at = (moment, method) => {
    const start = (moment * methods.length + method) * real.length;
    return fake.subarray(start, start + real.length);
  };
  const course = methods.map((_, method) => moments.map((_, moment) => count(at(moment, method))));
  const realCount = count(real);

  // --- what is shown
  const panels = ["real points", ...methods].map((name) => {
    const plane = new Plane({ x: VIEW, y: VIEW, square: true, axes: false, label: "" });
    const caption = h("span", {}, "");
    caption.style.display = "inline-block"; // on a narrow page it goes below the name as a whole
    const key = methods.indexOf(name) + 1;
    const title = h("b", key ? { className: `vae-key-${key}` } : {}, name);
    const element = h("div", {}, plane.element, h("p", {}, title, " ", caption));
    return { plane, caption, element };
  });
  const grid = h("div", {}, ...panels.map(({ element }) => element));
  // three panels in a row where there is room, two on a phone
  Object.assign(grid.style, { display: "grid", gap: "0.3rem 0.7rem", margin: "0.5rem 0",
    gridTemplateColumns: "repeat(auto-fill, minmax(min(11rem, calc(50% - 0.35rem)), 1fr))" });
  const shares = new Plane({ x: [0, 1.02], y: [0, 1.05], xlabel: "part of the training", ylabel: "share in a mode",
    label: "" });
  const found = new Plane({ x: [0, 1.02], y: [0, modes + 1], xlabel: "part of the training", ylabel: "modes found",
    label: "" });
  const cells = methods.map(() => [0, 1, 2].map(() => h("td", {}, "")));
  const heads = ["", "steps", "modes", "in a mode"].map((text, i) => (i ? h("th", { scope: "col" }, text) : h("td", {}, text)));
  heads.slice(1).forEach((head) => Object.assign(head.style, { textAlign: "right", padding: "0.1rem 0 0.1rem 1rem" }));
  const table = h("table", { className: "vae-readings" }, h("thead", {}, h("tr", {}, ...heads)),
    h("tbody", {}, ...methods.map((name, i) => h("tr", {}, h("th", { scope: "row" }, name), ...cells[i]))));

  // --- what the reader moves
  const show = (moment) => model.set("moment", clamp(moment, 0, last));
  const scrubber = slider({ label: "training done", min: 0, max: last, step: 1, value: get("moment"),
    show: (moment) => percent(moments[moment]), onChange: save, onInput: (moment) => {
      play.stop();
      show(moment);
    } });
  let waited = 0;
  const onwards = () => show(get("moment") === last ? 0 : get("moment") + 1); // from the end it starts again
  const play = player({ play: "Play", signal, step: (milliseconds) => {
    if (reducedMotion()) return onwards();
    waited += milliseconds;
    if (get("moment") < last && waited < PER_MOMENT) return true;
    waited = 0;
    onwards();
    if (get("moment") < last) return true;
    save();
    return false;
  } });
  play.element.addEventListener("click", save);
  const jump = (label, name, where) => {
    const element = button(label, () => {
      play.stop();
      show(where());
      save();
    });
    element.setAttribute("aria-label", name);
    return element;
  };
  const buttons = [jump("«", "To the start", () => 0), jump("‹", "One moment back", () => get("moment") - 1),
    play.element, jump("›", "One moment on", () => get("moment") + 1), jump("»", "To the end", () => last)];
  const trails = toggle({ label: "where each point was before", value: get("trails"), onChange: (checked) => {
    model.set("trails", checked);
    save();
  } });
  const nearest = (done) => {
    const away = moments.map((moment) => Math.abs(moment - done));
    return away.indexOf(Math.min(...away));
  };
  for (const plane of [shares, found]) {
    plane.onDrag(([done]) => show(nearest(done)), save, ([done], [tolerance]) => {
      if (Math.abs(done - moments[get("moment")]) > 1.5 * tolerance) return false;
      play.stop();
      return true;
    });
  }

  // --- drawing
  function drawPanel({ plane, caption }, { name, points, before, counted, color }) {
    const { ink, muted } = plane.theme;
    const inside = (values) => values.map((value) => clamp(value, -EDGE, EDGE));
    const [xs, ys] = [0, 1].map((axis) => inside(points.filter((_, i) => i % 2 === axis)));
    const enough = (0.1 * (points.length / 2) * shareInMode(3)) / modes;
    plane.clear();
    plane.context.strokeStyle = plane.theme.grid;
    plane.context.strokeRect(0.5, 0.5, plane.width - 1, plane.height - 1);
    for (let c = 0; c < modes; c += 1) {
      const full = counted.counts[c] >= enough;
      plane.ellipse(centres[2 * c], centres[2 * c + 1], 3 * std, 3 * std, full ? ink : muted, { width: full ? 1.5 : 0.75 });
    }
    if (before) {
      plane.clipped((g) => {
        g.globalAlpha = 0.3;
        g.lineWidth = 1;
        for (let i = 0; i < points.length; i += 2) {
          plane.segment(plane.px(before[i]), plane.py(before[i + 1]), plane.px(points[i]), plane.py(points[i + 1]), color);
        }
      });
    }
    plane.points(xs, ys, color, { radius: plane.width > 180 ? 1.8 : 1.4, alpha: 0.75 });
    caption.textContent = `${counted.found} of ${modes} modes`;
    plane.describe(`${name}: ${points.length / 2} points, ${counted.found} of ${modes} modes found, ` +
      `${percent(counted.inMode)} of the points in a mode`);
  }

  function drawCourse(plane, { read, text, describe, all }) {
    const { colors, muted } = plane.theme;
    const now = moments[get("moment")];
    plane.clear();
    plane.line([now, now], plane.y, muted, { width: 1.5, dash: [4, 3] });
    plane.line([0, 1], [all.value, all.value], muted, { width: 1 });
    plane.text(0.01, all.value, all.text, muted, { baseline: "bottom" });
    course.forEach((counts, i) => plane.line(moments, counts.map(read), colors[i]));
    course.forEach((counts, i) => plane.points([now], [read(counts[get("moment")])], colors[i], { radius: 4, alpha: 1 }));
    plane.handle(now, plane.y[1] * 0.03, muted);
    plane.describe(`${describe} at ${percent(now)} of the training: ` +
      methods.map((name, i) => `${name} ${text(course[i][get("moment")])}`).join(", "));
  }

  function draw() {
    const moment = get("moment");
    const { colors, ink } = panels[0].plane.theme;
    scrubber.set(moment);
    trails.set(get("trails"));
    drawPanel(panels[0], { name: "Real points", points: real, counted: realCount, color: ink });
    methods.forEach((name, i) => {
      const counted = course[i][moment];
      const before = get("trails") && moment ? at(moment - 1, i) : null;
      drawPanel(panels[i + 1], { name, points: at(moment, i), before, counted, color: colors[i] });
      const texts = [number(Math.round(moments[moment] * steps[i]), 0), String(counted.found), percent(counted.inMode)];
      texts.forEach((text, j) => (cells[i][j].textContent = text));
    });
    drawCourse(shares, { read: ({ inMode }) => inMode, text: ({ inMode }) => percent(inMode),
      describe: "Share of points in a mode", all: { value: shareInMode(3), text: "the mixture itself" } });
    drawCourse(found, { read: (counted) => counted.found, text: (counted) => String(counted.found),
      describe: "Modes found", all: { value: modes, text: `all ${modes}` } });
  }

  const note = h("p", {}, `Recorded with seed ${get("seed")}: all start with the same weights and the same noise. ` +
    `Counted are the ${real.length / 2} points shown in each panel.`);
  const parts = [row(...buttons, scrubber.element), grid, trails.element, row(shares.element, found.element), table, note];
  return frame({ model, el, signal, planes: [shares, found, ...panels.map(({ plane }) => plane)], parts, draw }).cleanup;
}

export default { render };
