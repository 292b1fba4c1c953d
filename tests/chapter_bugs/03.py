"""Mistakes in the package that chapter 3 must notice."""

from tests.chapter_bugs import Bug

BUGS = [
    Bug(
        module="gaussian.py",
        old="(LOG_2PI + logvar + (z - mu) ** 2 * torch.exp(-logvar))",
        new="(LOG_2PI + logvar + (z - mu) ** 2 * torch.exp(-0.5 * logvar))",
        why="divides by the standard deviation, not by the variance",
    ),
    Bug(
        module="gaussian.py",
        old="-0.5 * (LOG_2PI + logvar + (z - mu) ** 2 * torch.exp(-logvar)).sum(-1)",
        new="-0.5 * (LOG_2PI + (logvar + (z - mu) ** 2 * torch.exp(-logvar)).sum(-1))",
        why="counts log 2 pi once and not once per dimension",
    ),
    Bug(
        module="gaussian.py",
        old="return -0.5 * (LOG_2PI + z**2).sum(-1)",
        new="return -(LOG_2PI + z**2).sum(-1)",
        why="the half of the standard normal's log-density is missing",
    ),
    Bug(
        module="quadrature.py",
        old="return Grid(z, latent * math.log(spacing), spacing)",
        new="return Grid(z, latent * spacing, spacing)",
        why="the cell volume where its logarithm is meant",
    ),
    Bug(
        module="ppca.py",
        old="precision = self.weights.T @ self.weights / self.variance + torch",
        new="precision = self.weights.T @ self.weights + torch",
        why="the posterior's precision forgets the pixel variance",
    ),
    Bug(
        module="ppca.py",
        old="return (x - self.mean) @ self.weights @ covariance / self.variance, covariance",
        new="return x @ self.weights @ covariance / self.variance, covariance",
        why="the posterior mean forgets to subtract the mean image",
    ),
    Bug(
        module="ppca.py",
        old="log_det = 2 * torch.log(cholesky.diagonal()).sum()",
        new="log_det = torch.log(cholesky.diagonal()).sum()",
        why="the log-determinant of the factor where that of the covariance is meant",
    ),
    Bug(
        module="gaussian.py",
        old="return mu + torch.exp(0.5 * logvar) * eps",
        new="return mu + torch.exp(logvar) * eps",
        why="draws with the variance as standard deviation",
    ),
    Bug(
        module="networks.py",
        old="mu, logvar = self.layers(x.flatten(1)).chunk(2, dim=-1)",
        new="logvar, mu = self.layers(x.flatten(1)).chunk(2, dim=-1)",
        why="the two heads of the encoder are swapped",
    ),
    Bug(
        module="quadrature.py",
        old="return (q * (log_q - log_posterior_on_grid(model, x, grid))).sum(1)",
        new="return (q * (log_posterior_on_grid(model, x, grid) - log_q)).sum(1)",
        why="the gap has the wrong sign",
    ),
    Bug(
        module="evaluation.py",
        old="return torch.logsumexp(log_q, 1) - math.log(len(mu))",
        new="return log_q.mean(1)",
        why="averages the log-densities of the posteriors, not their densities",
    ),
    Bug(
        module="widgets/posterior.py",
        old='torch.full((n,), self.chosen) if source == "own" else self._others(n)',
        new='torch.full((n,), self.chosen) if source != "own" else self._others(n)',
        why="the figure hands out a stranger's z as a digit's own",
    ),
    Bug(
        module="widgets/posterior.py",
        old="((self.digits()[self.chosen] - pictures) ** 2).sum(-1)",
        new="((self.digits()[self.chosen] - pictures) ** 2).mean(-1)",
        why="the figure averages the squared distance over the pixels",
    ),
]
