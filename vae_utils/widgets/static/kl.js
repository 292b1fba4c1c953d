// KL(q ‖ p) of q = N(mu, sigma²) to the standard normal p, beside the naive penalties. All values in nats.

/** KL(N(mu, exp(logvar)) ‖ N(0, 1)); expm1 keeps its digits near the prior. */
export const klToStandardNormal = (mu, logvar) => 0.5 * (mu ** 2 + Math.expm1(logvar) - logvar);

/** The same with its arguments swapped: KL(N(0, 1) ‖ N(mu, exp(logvar))). */
export const klSwapped = (mu, logvar) => 0.5 * (Math.expm1(-logvar) + mu ** 2 * Math.exp(-logvar) + logvar);

/** ½ mu² + weight · logvar²; with weight ¼ it is the second-order approximation of the KL at the prior. */
export const naivePenalty = (mu, logvar, weight) => 0.5 * mu ** 2 + weight * logvar ** 2;

/** q(z) log q(z)/p(z): what the KL integrates, in nats per unit of z. */
export const integrand = (z, mu, logvar) => {
  const logQ = normalLogProb(z, mu, logvar);
  return Math.exp(logQ) * (logQ - normalLogProb(z));
};

/** The integral of the integrand by the trapezoidal rule, twelve standard deviations to each side. */
export function area(mu, logvar) {
  const reach = 12 * Math.exp(logvar / 2);
  const zs = linspace(mu - reach, mu + reach, 2001);
  return sum(zs.map((z) => integrand(z, mu, logvar))) * (zs[1] - zs[0]);
}

const MU = [-2.5, 2.5];
const LOGVAR = [-5, 2.4];
const NAMES = ["KL(q‖p), the formula", "KL(q‖p), the area", "naive, 2 : 1", "naive, 1 : 1", "KL(p‖q), swapped"];

function render({ model, el, signal }) {
  const densities = new Plane({ x: [-4, 4], y: [0, 1.6], xlabel: "z", ylabel: "density", label: "" });
  const areas = new Plane({ x: [-4, 4], y: [-0.6, 2.2], xlabel: "z", ylabel: "nats per unit of z", label: "" });
  const costs = new Plane({ x: LOGVAR, y: [0, 5], xlabel: "log σ², at this μ", ylabel: "nats", label: "" });
  const table = readings(NAMES);

  const state = () => [model.get("mu"), model.get("logvar")];
  const move = (mu, logvar) => model.set({ mu: clamp(mu, ...MU), logvar: clamp(logvar, ...LOGVAR) });
  const save = () => model.save_changes();
  const top = (logvar) => Math.min(Math.exp(normalLogProb(0, 0, logvar)), 0.97 * densities.y[1]);

  const sliders = {
    mu: slider({ label: "μ", min: MU[0], max: MU[1], step: 0.01, value: model.get("mu"), onChange: save,
      onInput: (mu) => move(mu, model.get("logvar")) }),
    logvar: slider({ label: "log σ²", min: LOGVAR[0], max: LOGVAR[1], step: 0.01, value: model.get("logvar"),
      onChange: save, onInput: (logvar) => move(model.get("mu"), logvar) }),
  };

  // The top of q: sideways is its mean; its height 1/√(2πσ²) says how narrow it is.
  densities.onDrag(
    ([z, height]) => move(z, -2 * Math.log(Math.max(height, 0.05)) - Math.log(2 * Math.PI)),
    save,
    ([z, height], [dz, dy]) => {
      const [mu, logvar] = state();
      return Math.abs(z - mu) < 1.5 * dz && Math.abs(height - top(logvar)) < 1.5 * dy;
    },
  );
  costs.onDrag(([logvar]) => move(model.get("mu"), logvar), save,
    ([logvar], [tolerance]) => Math.abs(logvar - model.get("logvar")) < 1.5 * tolerance);

  function draw() {
    const [mu, logvar] = state();
    const [q, p, good] = densities.theme.colors;
    sliders.mu.set(mu);
    sliders.logvar.set(logvar);
    drawDensities(mu, logvar, q, p);
    drawIntegrand(mu, logvar, good, p);
    drawCosts(mu, logvar, { kl: q, tangent: p, equal: good });
    const values = [klToStandardNormal(mu, logvar), area(mu, logvar), naivePenalty(mu, logvar, 0.25),
      naivePenalty(mu, logvar, 0.5), klSwapped(mu, logvar)];
    NAMES.forEach((name, i) => table.set(name, number(values[i], 3)));
  }

  function drawDensities(mu, logvar, q, p) {
    const zs = linspace(...densities.x, 401);
    densities.clear();
    densities.line(zs, zs.map((z) => Math.exp(normalLogProb(z))), p, { dash: [6, 4] });
    const heights = zs.map((z) => Math.exp(normalLogProb(z, mu, logvar)));
    densities.area(zs, heights, q, { alpha: 0.15 });
    densities.line(zs, heights, q);
    densities.handle(mu, top(logvar), q);
    densities.text(3.9, 1.5, "q", q, { align: "right" });
    densities.text(3.9, 1.32, "p, the prior", p, { align: "right" });
    const sigma = number(Math.exp(logvar / 2));
    densities.describe(`Densities: q is normal with mean ${number(mu)} and standard deviation ${sigma}; p is standard normal`);
  }

  function drawIntegrand(mu, logvar, above, below) {
    const zs = linspace(...areas.x, 801);
    const values = zs.map((z) => integrand(z, mu, logvar));
    areas.clear();
    areas.area(zs, values.map((value) => Math.max(value, 0)), above, { alpha: 0.35 });
    areas.area(zs, values.map((value) => Math.min(value, 0)), below, { alpha: 0.35 });
    areas.line(zs, values, areas.theme.ink, { width: 1.5 });
    areas.text(3.9, 2.05, "q log q/p", areas.theme.ink, { align: "right" });
    areas.describe(`The integrand q log q over p; what lies above zero less what lies below is ${number(area(mu, logvar), 3)} nats`);
  }

  function drawCosts(mu, logvar, { kl, tangent, equal }) {
    const vs = linspace(...LOGVAR, 301);
    costs.clear();
    costs.line(vs, vs.map((v) => naivePenalty(mu, v, 0.5)), equal, { dash: [2, 3] });
    costs.line(vs, vs.map((v) => naivePenalty(mu, v, 0.25)), tangent, { dash: [6, 4] });
    costs.line(vs, vs.map((v) => klToStandardNormal(mu, v)), kl);
    costs.handle(logvar, Math.min(klToStandardNormal(mu, logvar), costs.y[1]), kl);
    [["KL", kl], ["naive, 2 : 1", tangent], ["naive, 1 : 1", equal]].forEach(([text, color], i) =>
      costs.text(-0.6, 4.7 - 0.45 * i, text, color, { align: "center" }));
    costs.describe(`Cost against log variance: the KL is ${number(klToStandardNormal(mu, logvar), 3)} nats, ` +
      `the naive penalty with 2 to 1 is ${number(naivePenalty(mu, logvar, 0.25), 3)}`);
  }

  const parts = [row(densities.element, areas.element), row(sliders.mu.element, sliders.logvar.element),
    row(costs.element, table.element)];
  return frame({ model, el, signal, planes: [densities, areas, costs], parts, draw }).cleanup;
}

export default { render };
