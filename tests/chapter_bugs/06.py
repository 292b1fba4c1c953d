"""Mistakes that the proofs of chapter 6 must notice."""

from tests.chapter_bugs import Bug

TRICK = "return mu + torch.exp(0.5 * logvar) * eps"

BUGS = [
    Bug(
        "gaussian.py",
        TRICK,
        "return mu + torch.exp(logvar) * eps",
        why="the variance is taken for the standard deviation",
    ),
    Bug("gaussian.py", TRICK, "return mu + torch.exp(0.5 * logvar)", why="the noise is forgotten"),
    Bug("gaussian.py", TRICK, "return mu - torch.exp(0.5 * logvar) * eps.abs()", why="the noise lies on one side only"),
    Bug("gaussian.py", "eps = torch.randn(", "eps = torch.rand(", why="uniform noise instead of normal noise"),
    Bug("gaussian.py", TRICK, "return mu + torch.exp(0.5 * logvar) * eps[..., :1]", why="one noise for all dimensions"),
    Bug("gaussian.py", TRICK, "return (mu + torch.exp(0.5 * logvar) * eps).detach()", why="the gradient is cut at z"),
    Bug(
        "likelihoods.py",
        "x.shape[-1] * (LOG_2PI + logvar)",
        "(LOG_2PI + logvar)",
        why="the normalising constant is counted once, not once per pixel",
    ),
    Bug(
        "ppca.py",
        "@ self.weights / self.variance + torch.eye",
        "@ self.weights / self.variance - torch.eye",
        why="the prior is subtracted from the posterior's precision",
    ),
    Bug(
        "widgets/gradients.py",
        "score = (2 * self._latent(latent) + 8) * self.sigma**2 + 4 * self._latent(latent) + 4",
        "score = 2 * self._latent(latent) * self.sigma**2 + 4 * self._latent(latent) - 4",
        why="f is taken for independent of the noise it is multiplied by",
    ),
    Bug(
        "widgets/gradients.py",
        "self.count * MOST_LATENTS).reshape(-1, MOST_LATENTS)[:, :latent]",
        "self.count * latent).reshape(-1, latent)",
        why="the noise is dealt out by L, so another L is another race",
    ),
]
