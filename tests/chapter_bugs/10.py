"""Mistakes that the proofs of chapter 10 must notice, and early: each run trains the first section's VAEs."""

from tests.chapter_bugs import Bug

BUGS = [
    Bug(
        "diffusion.py",
        "alpha_bar.sqrt() * self.data.means,",
        "alpha_bar * self.data.means,",
        why="the mean is shrunk by ᾱ, not by its root",
    ),
    Bug(
        "diffusion.py",
        "torch.sigmoid(first + (last - first) * t)",
        "torch.sigmoid(last + (first - last) * t)",
        why="the schedule runs from noise to data",
    ),
    Bug(
        "diffusion.py",
        "spread = self.variances[:, None] + (self.means - mean[:, None]) ** 2",
        "spread = self.variances[:, None].expand_as(self.means)",
        why="the variance between the components is forgotten",
    ),
    Bug(
        "diffusion.py",
        "shrink * variance, self.marginal(t).posterior(x))",
        "shrink * variance, before.posterior(x))",
        why="the components are weighed at the wrong level",
    ),
    Bug(
        "diffusion.py",
        "entropies.append(-float((q * log_q).sum()))",
        "entropies.append(-2 * float((q * log_q).sum()))",
        why="an entropy counted twice, which cancels in the sum of the gaps",
    ),
    Bug(
        "diffusion.py",
        "surprise = 0.5 * (LOG_2PI + logvar",
        "surprise = 0.9 * (LOG_2PI + logvar",
        why="the steps' cross-entropy without its factor one half: it cancels in the sum of the gaps",
    ),
]
