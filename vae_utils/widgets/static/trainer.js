// The VAE of training.js in the reader's hand: play, pause, step, β and the learning rate while it trains.

const LIMITS = { data: [-3.4, 3.4], codes: [-3.5, 3.5] };
const FRAME_BUDGET = 7; // milliseconds of a frame that training may take; drawing needs the rest
const NOTCHES = 41; // of β: zero, then 2^-4 to 2^6 in quarters of a factor of two
const NAMES = ["step", "ELBO", "reconstruction", "KL", "KL of the axes", "variance of μ", "axes alive"];
const ALIVE = 0.05; // variance of mu of an axis that counts; Adam's steps leave a dead one with up to 0.015

export const betaAt = (notch) => (notch ? 2 ** ((notch - 1) / 4 - 4) : 0);
export const notchOf = (beta) => (beta ? clamp(Math.round(4 * (Math.log2(beta) + 4)) + 1, 1, NOTCHES) : 0);
const showBeta = (beta) => number(beta, beta < 1 && beta ? 3 : beta % 1 ? 2 : 0);

/** The schedule with these settings from `step` on; what was set for later is forgotten. */
export const rescheduled = (schedule, step, { beta, rate }) =>
  [...schedule.filter(([from]) => from < step), [step, beta, rate]];

/** −ELBO, reconstruction loss and KL of a log: β does not enter. */
const curves = ({ reconstruction, kl }) =>
  [reconstruction, kl, reconstruction.map((value, i) => value + kl[i])].map(binned);

function render({ model, el, signal }) {
  const get = (name) => model.get(name);
  const save = () => model.save_changes();
  const shape = { data: 2, hidden: get("hidden"), latent: get("latent") };
  const sets = float32(get("points"));
  const allModes = uint8(get("modes"));
  const starts = float32(get("first_weights"));
  const names = get("names");
  const rates = get("rates");
  const mostSteps = get("most_steps");
  const modes = () => {
    const count = allModes.length / names.length;
    return allModes.subarray(get("data") * count, (get("data") + 1) * count);
  };

  // --- the run: a function of the state, so it is made anew when the state says something else
  let run = null;
  let made = "";
  const part = (all, count, index) => all.slice((index * all.length) / count, ((index + 1) * all.length) / count);
  function prepare() {
    const past = get("schedule").filter(([from]) => run && from < run.step);
    const wanted = JSON.stringify([get("data"), get("start"), get("activation")]);
    if (!run || made !== wanted || get("step") < run.step || run.past !== JSON.stringify(past)) {
      made = wanted;
      run = newRun({ theta: part(starts, starts.length / weightCount(shape), get("start")), points: part(sets, names.length, get("data")),
        shape, activation: get("activation"), seed: get("start") });
    }
    const there = trainTo(run, get("step"), get("schedule"), performance.now() + 2 * FRAME_BUDGET);
    run.past = JSON.stringify(get("schedule").filter(([from]) => from < run.step));
    return there;
  }

  // --- controls
  const now = () => settings(get("schedule"), get("step"));
  const change = (changed) =>
    model.set("schedule", rescheduled(get("schedule"), get("step"), { ...now(), ...changed }));
  const restart = (changed = {}) => {
    play.stop();
    model.set({ ...changed, step: 0, schedule: [[0, now().beta, now().rate]] });
    save();
  };
  const advance = (steps) => {
    model.set("step", Math.min(get("step") + steps, mostSteps));
    return get("step") < mostSteps;
  };

  const play = player({ play: "Train", signal, step: () => {
    if (reducedMotion()) return advance(1);
    if (!run || run.step < get("step")) return true; // still catching up with the state
    const until = performance.now() + FRAME_BUDGET;
    while (run.step < mostSteps && performance.now() < until) trainTo(run, run.step + 1, get("schedule"));
    run.past = JSON.stringify(get("schedule").filter(([from]) => from < run.step));
    model.set("step", run.step);
    if (run.step < mostSteps) return true;
    save();
    return false;
  } });
  play.element.addEventListener("click", save);
  const jump = (label, steps) => button(label, () => {
    play.stop();
    advance(steps);
    save();
  });
  const beta = slider({ label: "β", min: 0, max: NOTCHES, step: 1, value: notchOf(now().beta),
    show: () => showBeta(now().beta), onInput: (notch) => change({ beta: betaAt(notch) }), onChange: save });
  const rate = choice({ label: "learning rate", options: rates.map(String), value: 0,
    onChange: (i) => {
      change({ rate: rates[i] });
      save();
    } });
  const data = choice({ label: "data", options: names, value: get("data"), onChange: (i) => restart({ data: i }) });
  const activations = Object.keys(ACTIVATIONS);
  const activation = choice({ label: "hidden units", options: activations, value: 0,
    onChange: (i) => restart({ activation: activations[i] }) });
  const start = choice({ label: "start", options: ["1", "2", "3"], value: get("start"),
    onChange: (i) => restart({ start: i }) });
  const fresh = toggle({ label: "new points from the prior, in place of reconstructions", value: false,
    onChange: () => view.redraw() });

  // --- pictures
  const dataPlane = new Plane({ x: LIMITS.data, y: LIMITS.data, square: true, label: "" });
  const codePlane = new Plane({ x: LIMITS.codes, y: LIMITS.codes, square: true, label: "" });
  const lossPlane = new Plane({ x: [0, 200], y: [-2, 6], xlabel: "step", ylabel: "nats per point", height: 230, label: "" });
  const table = readings(NAMES);

  function draw() {
    const there = prepare();
    beta.set(notchOf(now().beta));
    rate.set(rates.indexOf(now().rate));
    data.set(get("data"));
    activation.set(activations.indexOf(get("activation")));
    start.set(get("start"));
    if (!there) return view.redraw(); // the rest in the next frames; what stands is drawn when all is there
    const state = examine(run);
    drawData(dataPlane, run, modes(), state, { samples: fresh.input.checked });
    drawCodes(codePlane, run, modes(), state);
    drawLosses();
    tell(state);
  }

  function drawLosses() {
    const { colors, muted, ink } = lossPlane.theme;
    const all = curves(run.log);
    const late = all.flatMap(({ means }) => means.slice(3));
    const top = [6, 10, 16, 25, 40, 80].find((value) => value >= Math.max(...late, 0)) ?? 80;
    const own = get("own_costs")[get("data")];
    Object.assign(lossPlane, { x: [0, 1.04 * Math.max(200, run.step)], y: [-2, top] });
    lossPlane.clear();
    for (const [from, value] of get("schedule").slice(1)) {
      lossPlane.line([from, from], lossPlane.y, muted, { width: 1, dash: [1, 3] });
      if (from === get("schedule").at(-1)[0]) {
        const late_ = from > 0.8 * lossPlane.x[1];
        lossPlane.text(from, 0.94 * top, late_ ? `β = ${showBeta(value)} ` : ` β = ${showBeta(value)}`, muted,
          { align: late_ ? "right" : "left" });
      }
    }
    lossPlane.line(lossPlane.x, [own, own], muted, { width: 1.3, dash: [6, 4] });
    all.forEach(({ steps, means }, i) => lossPlane.line(steps, means, [colors[1], colors[2], ink][i]));
    const [reconstruction, kl, loss] = all.map(({ means }) => number(means.at(-1) ?? NaN));
    lossPlane.describe(run.step ? `Curves over ${run.step} steps: −ELBO is now ${loss} nats, the reconstruction loss ` +
      `${reconstruction}, the KL ${kl}; the points' own cost is ${number(own)}` : "No step is made yet: no curves");
  }

  function tell({ reconstruction, kl, variance: spread }) {
    const alive = spread.filter((value) => value > ALIVE).length;
    const pair = (values) => values.map((value) => number(value, 3)).join(" and ");
    table.set("step", number(run.step, 0));
    table.set("ELBO", number(reconstruction - sum(kl), 3));
    table.set("reconstruction", number(reconstruction, 3));
    table.set("KL", number(sum(kl), 3));
    table.set("KL of the axes", pair(kl));
    table.set("variance of μ", pair(spread));
    table.set("axes alive", number(alive, 0));
    const name = names[get("data")];
    dataPlane.describe(`${name}: ${run.points.length / 2} points and ${fresh.input.checked ? "new points" : "their reconstructions"} after ` +
      `${run.step} steps; the decoded grid is ${["one spot", "a curve", "a bent net"][alive]}`);
    codePlane.describe(`Posteriors of the points as ellipses; μ varies along the axes by ${pair(spread)}, ` +
      "the circles are the prior");
  }

  const key = row(h("span", { className: "vae-key-2" }, "reconstruction loss (minus the reconstruction)"), h("span", { className: "vae-key-3" }, "KL"),
    h("span", {}, "— −ELBO"), h("span", {}, "dashed: −log p of the points under their own density; on average no model costs less"));
  const parts = [row(captioned("data, x₁ and x₂", dataPlane, "9rem"), captioned("posteriors, z₁ and z₂", codePlane, "9rem")),
    row(play.element, jump("One step", 1), jump("100 steps", 100), button("Start again", () => restart())),
    row(beta.element, rate.element), row(lossPlane.element, table.element), key,
    row(data.element, activation.element, start.element), fresh.element];
  const view = frame({ model, el, signal, planes: [dataPlane, codePlane, lossPlane], parts, draw });
  return view.cleanup;
}

export default { render };
