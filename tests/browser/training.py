"""Runs of `training.js` in the browser, with everything that happens in a step, for comparison with torch."""

from vae_utils.widgets._toy_training import flat_weights, new_model

WATCH = """
const watched = ({ theta, points, shape, activation, seed, beta, rate, steps, parts }) => {
  const run = newRun({ theta, points, shape, activation, seed, parts: { ...RIGHT, ...parts } });
  const path = [];
  while (run.step < steps && !run.stopped) {
    trainStep(run, { beta, rate });
    if (!run.stopped) path.push(run.theta.slice());
  }
  return { run, path };
};
export const follow = (options) => {
  const { run, path } = watched({ ...options, parts: wrongParts(options.mistake) });
  return { path, log: run.log, stopped: run.stopped };
};
export const look = (options) => {
  const { run } = watched({ ...options, parts: wrongParts(options.mistake) });
  return { state: examine(run), fresh: newPoints(run), signs: measure(run) };
};
/** Loss and gradient for a given batch and noise, whatever the sizes. */
export const slope = ({ theta, x, eps, shape, activation, beta, mistake }) => {
  const options = { shape, activation, parts: { ...RIGHT, ...wrongParts(mistake) } };
  const [weights, batch, noise] = [theta, x, eps].map((values) => Float64Array.from(values));
  const passed = forward(weights, batch, noise, options);
  return { ...lossTerms(batch, passed, options), gradient: backward(weights, batch, noise, passed, beta, options) };
};
"""
ALONE = "const wrongParts = () => ({}); const measure = () => null;"
CLINIC = """
const wrongParts = (mistake) => MISTAKES[mistake] ?? {};
const measure = signs;
export const keys = () => Object.keys(MISTAKES);
"""


def options(points, *, seed=0, steps=50, beta=1.0, rate=0.01, activation="tanh", mistake=""):
    """What `follow` and `look` need: a run on these points from the first weights of a seed."""
    return {
        "theta": flat_weights(new_model(seed, activation)).tolist(),
        "points": points.flatten().tolist(),
        "shape": {"data": 2, "hidden": 32, "latent": 2},
        "activation": activation,
        "seed": seed,
        "beta": beta,
        "rate": rate,
        "steps": steps,
        "mistake": mistake,
    }
