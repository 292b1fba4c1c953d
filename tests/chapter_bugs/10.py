"""Mistakes that the proofs of chapter 10 must notice."""

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
        "(alpha_bar * self.data.stds**2 + 1 - alpha_bar).sqrt(),",
        "alpha_bar * self.data.stds**2 + 1 - alpha_bar,",
        why="a variance is taken for a standard deviation",
    ),
    Bug(
        "diffusion.py",
        "torch.sigmoid(first + (last - first) * t)",
        "torch.sigmoid(last + (first - last) * t)",
        why="the schedule runs from noise to data",
    ),
    Bug(
        "diffusion.py",
        "weight_0 = before.sqrt() * beta / (1 - now)",
        "weight_0 = now.sqrt() * beta / (1 - now)",
        why="q(x_{t-1}|x_t, x_0) weighs x_0 with the level's own ᾱ, not with the one below",
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
        "posterior_variance = beta[2:] * (1 - alpha_bar[1:-1]) / (1 - alpha_bar[2:])",
        "posterior_variance = beta[2:]",
        why="the noise of a step is taken for the variance of the step back, given x_0",
    ),
    Bug(
        "diffusion.py",
        "prior = 0.5 * (last * second_moment - D * last - D * math.log1p(-last))",
        "prior = 0.5 * (last * second_moment - D * last)",
        why="the log variance is missing in the KL to the prior",
    ),
    Bug(
        "diffusion.py",
        "pull = (marginal.means - x[:, None])",
        "pull = (x[:, None] - marginal.means)",
        why="the score points away from the data",
    ),
    Bug(
        "diffusion.py",
        "mu = (x_t - beta / (1 - alpha_bar).sqrt() * guess) / (1 - beta).sqrt()",
        "mu = (x_t - beta.sqrt() * guess) / (1 - beta).sqrt()",
        why="the decoder takes off the noise of one step for that of the whole climb",
    ),
    Bug(
        "diffusion.py",
        'return {"loss": ((eps - model(x_t, t)) ** 2).sum(1)}',
        'return {"loss": ((eps - model(x_t, t)) ** 2).mean(1)}',
        why="the squared error is averaged over the coordinates, not summed",
    ),
    Bug(
        "widgets/ladder.py",
        "standardized(two_bumps(distance=3.0, std=0.2))",
        "two_bumps(distance=3.0, std=0.2)",
        why="the figure's data are not scaled to variance 1, as the prior expects them",
    ),
]
