// What figures of a trained VAE share: the 8×8 digits, the latent plane, and the networks, packed layer by layer.

const SIDE = 8; // pixels of an image, across and down
const GREYS = 16;
const REACH = 4; // the plane shows codes from −4 to 4

const softplus = (value) => Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value)));
const sigmoid = (value) => 1 / (1 + Math.exp(-value));
const ACTIVATIONS = {
  tanh: Math.tanh,
  relu: (value) => Math.max(value, 0),
  silu: (value) => value * sigmoid(value),
  softplus,
};

/**
 * A multilayer perceptron, linear at its end.
 * @param {{weights: ArrayLike<number>, sizes: number[], activation: string}} network layer by layer, the matrix
 *   (outputs × inputs, row by row) and the bias
 * @param {ArrayLike<number>} input (sizes[0]) @returns {number[]} (last of sizes)
 */
export function perceptron({ weights, sizes, activation }, input) {
  const bend = ACTIVATIONS[activation];
  let values = input;
  let start = 0;
  for (let layer = 1; layer < sizes.length; layer += 1) {
    const [inputs, outputs] = [sizes[layer - 1], sizes[layer]];
    const biases = start + inputs * outputs;
    const next = new Array(outputs);
    for (let o = 0; o < outputs; o += 1) {
      const from = start + o * inputs;
      let total = weights[biases + o];
      for (let i = 0; i < inputs; i += 1) total += weights[from + i] * values[i];
      next[o] = layer < sizes.length - 1 ? bend(total) : total;
    }
    values = next;
    start = biases + outputs;
  }
  return values;
}
