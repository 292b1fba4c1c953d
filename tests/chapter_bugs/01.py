"""Mistakes that a proof of chapter 1 notices."""

from tests.chapter_bugs import Bug

BUGS = [
    Bug(
        module="toys.py",
        old="self.means, logvar) + torch.log(self.weights)",
        new="self.means, logvar)",
        why="the prior p(c) forgotten in the sum over the choices",
    ),
    Bug(
        module="toys.py",
        old="logvar = 2 * torch.log(self.stds)[:, None]",
        new="logvar = torch.log(self.stds)[:, None]",
        why="a standard deviation taken for a variance",
    ),
    Bug(
        module="gaussian.py",
        old="return -0.5 * (LOG_2PI + logvar + (z - mu) ** 2 * torch.exp(-logvar)).sum(-1)",
        new="return -0.5 * (LOG_2PI + logvar + (z - mu) ** 2 * torch.exp(logvar)).sum(-1)",
        why="the squared error multiplied by the variance instead of divided",
    ),
    Bug(
        module="toys.py",
        old="return self.means[component] + self.stds[component, None] * eps, component",
        new="return self.means[component] + self.stds[component, None] ** 2 * eps, component",
        why="samples scaled by the variance, so that density and samples disagree",
    ),
    Bug(
        module="quadrature.py",
        old="return log_likelihood + log_standard_normal(z)",
        new="return log_likelihood",
        why="an integral over z without the prior",
    ),
    Bug(
        module="quadrature.py",
        old="return torch.logsumexp(log_joint_on_grid(model, x, grid), 1) + grid.log_volume",
        new="return torch.logsumexp(log_joint_on_grid(model, x, grid), 1)",
        why="a sum over the grid that forgets the distance of its points",
    ),
    Bug(
        module="gaussian.py",
        old="return -0.5 * (LOG_2PI + z**2).sum(-1)",
        new="return -0.5 * (LOG_2PI + (z**2).sum(-1))",
        why="log 2π counted once instead of once per latent dimension",
    ),
    Bug(
        module="ppca.py",
        old="log_det = 2 * torch.log(cholesky.diagonal()).sum()",
        new="log_det = torch.log(cholesky.diagonal()).sum()",
        why="half of the log determinant lost with the Cholesky factor",
    ),
    Bug(
        module="likelihoods.py",
        old="squared_error = ((x - mean) ** 2).sum(-1)",
        new="squared_error = ((x - mean) ** 2).mean(-1)",
        why="the pixel mean for the pixel sum",
    ),
    Bug(
        module="ppca.py",
        old="return self.decode(z) + math.sqrt(self.variance) * eps",
        new="return self.decode(z) + self.variance * eps",
        why="pixel noise drawn with the variance as its standard deviation",
    ),
    Bug(
        module="ppca.py",
        old="eigenvectors[:, :latent] * torch.sqrt(eigenvalues[:latent] - variance)",
        new="eigenvectors[:, :latent] * torch.sqrt(eigenvalues[:latent])",
        why="the pixel noise counted twice, once in W: no longer the best-fitting model",
    ),
]
