"""Where each concept of the storyline is taught, drawn and proved: ids of cells.

``text`` says it, ``figure`` shows it (a cell with a picture), ``proof`` checks it (a cell that prints a ✓ line).
"""

from typing import NamedTuple


class Taught(NamedTuple):
    """One concept and its three cells in one chapter."""

    concept: str
    chapter: str
    text: str
    figure: str
    proof: str


CONCEPTS = [
    Taught(
        "generating = mapping noise to data, and sampling", "01-map", "predict-fold", "figure-fold", "prove-quadrature"
    ),
    Taught("p(X) = Σ p(X|Z) p(Z): sample z, then x", "01-map", "the-sum", "figure-mixture", "prove-sampling"),
    Taught(
        "the sum defines the model; learning must reach p_data",
        "01-map",
        "identity-or-goal",
        "figure-three",
        "prove-three-fits",
    ),
    Taught("why a normal", "01-map", "why-normal", "figure-quantile-mixture", "prove-isotropic"),
    Taught("the aim: new samples of the same distribution", "01-map", "predict-ghosts", "figure-ghosts", "draw-ghosts"),
    Taught("prior samples miss", "01-map", "predict-dimension", "figure-dimension", "prove-dimension"),
    Taught(
        "only samples of two distributions", "02-distance", "predict-histogram", "figure-histogram", "prove-histogram"
    ),
    Taught("JS is not the symmetrised KL", "02-distance", "js-bound", "figure-shift", "prove-js-bound"),
    Taught("same distribution and new, measured", "02-distance", "predict-mmd", "figure-novelty", "prove-novelty"),
    Taught("no pairing, no distance", "02-distance", "unpaired-derivation", "figure-digits", "prove-digits"),
    Taught(
        "paired error is no distance of distributions",
        "02-distance",
        "pairs-box",
        "figure-two-distances",
        "prove-two-distances",
    ),
    Taught("a network as the metric", "02-distance", "critic-box", "figure-classifier", "prove-critic"),
    Taught("a private posterior, an independent normal", "03-posterior", "predict-normal", "gap-curve", "gap-proof"),
    Taught(
        "a generator brings z_k back to x_k", "03-posterior", "pairing-text", "reconstructions", "reconstruction-proof"
    ),
    Taught("two networks f1, f2, and the log of σ²", "03-posterior", "logvar-text", "repairs-figure", "relu-proof"),
    Taught("now D² may be minimised", "03-posterior", "pairing-text", "pairing", "pairing-proof"),
    Taught(
        "q is not the posterior: the gap is KL(q‖p)",
        "03-posterior",
        "said-loosely-gap",
        "gap-scatter",
        "free-form-proof",
    ),
    Taught("aggregated posterior", "03-posterior", "aggregate-text", "aggregate-figure", "aggregate-proof"),
    Taught("where 'variational' comes from", "03-posterior", "variational-text", "free-form", "free-form-proof"),
    Taught("training removes the noise", "04-collapse", "digits-predict", "digits-history", "digits-collapse-proof"),
    Taught("the pull towards N(0, I)", "04-collapse", "naive-text", "plane-figure", "runaway-proof"),
    Taught("naive penalties, and the trouble of their ratio", "04-collapse", "map-text", "map-figure", "map-proof"),
    Taught("variance as a learned noise level", "04-collapse", "tension-text", "forces-figure", "kl-lossless-proof"),
    Taught(
        "inner tension without an adversary", "04-collapse", "tension-correction", "forces-figure", "no-saddle-proof"
    ),
    Taught("the prior is used", "04-collapse", "tension-correction", "forces-figure", "prior-proof"),
    Taught(
        "all posteriors equal to the prior tell nothing",
        "04-collapse",
        "aggregate-text",
        "aggregate-figure",
        "useless-proof",
    ),
    Taught("KL to the standard normal, derived", "05-kl", "derivation", "integrand", "kl-oracle-proof"),
    Taught("the ratio 2 : 1", "05-kl", "local-ratio", "contours", "third-order-proof"),
    Taught("no constant ratio does it", "05-kl", "no-constant", "no-constant-figure", "no-constant-proof"),
    Taught("KL does not fix reconstruction : KL", "05-kl", "replaces", "decoder-variance", "variance-proof"),
    Taught("swapped arguments", "05-kl", "swapped", "two-fits-figure", "two-fits-proof"),
    Taught("reparameterization", "06-reparameterization", "the-trick", "paths", "prove-pathwise"),
    Taught("a draw has no derivative", "06-reparameterization", "answer-normal", "figure-cut", "prove-three-draws"),
    Taught("one sample per step", "06-reparameterization", "one-sample", "figure-one-sample", "prove-one-sample"),
    Taught("all together", "07-vae", "jensen", "fit-digits", "fit-proof"),
    Taught("same distribution and new, for the VAE", "07-vae", "measure", "novelty", "novelty-proof"),
    Taught("the joint KL", "07-vae", "joint-question", "joints", "joint-kl-proof"),
    Taught("Bernoulli or Gaussian decoder", "07-vae", "likelihoods", "loss-floors", "grey-bce-proof"),
    Taught("the decoder's variance sets reconstruction : KL", "07-vae", "rate-question", "rate-figure", "rate-proof"),
    Taught("more samples, tighter bounds (IWAE)", "07-vae", "iwae", "iw-figure", "iw-subgroups-proof"),
    Taught("the gap is the KL", "07-vae", "gap-line", "toy-posterior", "gap-is-kl-proof"),
    Taught("why Σ N(0, I) p(x) is no goal", "08-variants", "split", "toy-figure", "toy-proof"),
    Taught("rate = I(x;z) + KL(aggregated‖prior)", "08-variants", "two-integrals", "rate-figure", "study-proof"),
    Taught("β trades rate for distortion", "08-variants", "dial-question", "dial", "dial-proof"),
    Taught("elbo means β = 1", "08-variants", "beta-elbo", "curve-figure", "beta-elbo-proof"),
    Taught("posterior collapse, seen", "08-variants", "collapse-text", "axes-figure", "shuffle-proof"),
    Taught("what KL annealing cures", "08-variants", "annealing-text", "schedule-figure", "schedule-proof"),
    Taught("the hidden β of loss reductions", "08-variants", "hidden-how", "recipes-figure", "hidden-proof"),
    Taught("blur is the mean of what shares a code", "08-variants", "blur-text", "ramp-figure", "contrast-proof"),
    Taught(
        "conditional VAE: a class-dependent prior mean",
        "08-variants",
        "conditional-text",
        "styles-figure",
        "conditional-proof",
    ),
    Taught("choose the class, keep the style", "08-variants", "style-text", "slant-figure", "label-study-proof"),
    Taught("GAN, WGAN, WGAN-GP in contrast", "09-gan", "table", "ring-figure", "ring-proof"),
    Taught("the best discriminator is p/(p + q)", "09-gan", "no-inverse", "discriminator-figure", "best-d-proof"),
    Taught("the gradient vanishes where D(x') is near 0", "09-gan", "vanish-text", "vanish-figure", "vanish-proof"),
    Taught("parallel lines: JS constant, W1 = |θ|", "09-gan", "lines-text", "lines-figure", "lines-proof"),
    Taught("WGAN changed the distance", "09-gan", "dual-answer", "dual-figure", "dual-proof"),
    Taught("clipping: a critic of unknown scale", "09-gan", "clip-answer", "clip-figure", "clip-proof"),
    Taught("gradient penalty: a known bias", "09-gan", "bias-text", "trap-figure", "bias-proof"),
    Taught("a VAE is not adversarial inside", "09-gan", "saddle-answer", "saddle-figure", "joint-proof"),
    Taught("blur and sharpness, coverage", "09-gan", "digits-answer", "digits-scatter", "coverage-proof"),
    Taught("a VAE on the codes of a VAE", "10-diffusion", "second-predict", "second-figure", "second-proof"),
    Taught("the ELBO of T levels", "10-diffusion", "levels-text", "ladder-figure", "two-levels-proof"),
    Taught("an encoder that learns nothing", "10-diffusion", "fixed-text", "forward-figure", "schedule-proof"),
    Taught(
        "the rate is set by the schedule", "10-diffusion", "rate-predict", "information-figure", "information-proof"
    ),
    Taught("a small reverse step is nearly normal", "10-diffusion", "cube-text", "bell-figure", "cube-proof"),
    Taught("the gap against T", "10-diffusion", "gap-answer", "gap-figure", "gap-proof"),
    Taught(
        "mean, x_0 or noise: the same up to weights", "10-diffusion", "target-text", "simple-figure", "targets-proof"
    ),
    Taught("L_simple is not the ELBO", "10-diffusion", "simple-said", "simple-figure", "simple-proof"),
    Taught("VAE → hierarchical VAE → diffusion", "10-diffusion", "network-said", "network-figure", "network-elbo"),
    Taught("how many weights a bound needs: χ²/2K", "11-full-size", "chi-text", "figure-gaps", "prove-chi"),
    Taught(
        "the binarization beside every number", "11-full-size", "binary-said", "figure-binary", "prove-binary-study"
    ),
    Taught(
        "what cross-entropy on grey pixels bounds", "11-full-size", "grey-question", "figure-grey", "prove-grey-pixel"
    ),
    Taught("what epochs and data buy", "11-full-size", "images-text", "figure-images", "prove-images"),
    Taught(
        "latent dimensions that do not pay stay unused", "11-full-size", "latent-text", "figure-latent", "prove-latent"
    ),
    Taught("a bound is as good as its encoder", "11-full-size", "worst-said", "figure-worst", "prove-worst"),
    Taught("a published table, compared honestly", "11-full-size", "burda-honest", "figure-burda", "prove-order"),
]
