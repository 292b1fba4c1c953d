from tests.chapter_bugs import Bug

BUGS = [
    Bug(
        module="gaussian.py",
        old="0.5 * (mu**2 + torch.expm1(logvar) - logvar).sum(-1)",
        new="0.5 * (mu**2 + torch.expm1(logvar) + logvar).sum(-1)",
        why="wrong sign of log sigma squared in the KL",
    ),
    Bug(
        module="gaussian.py",
        old="0.5 * (mu**2 + torch.expm1(logvar) - logvar).sum(-1)",
        new="(mu**2 + torch.expm1(logvar) - logvar).sum(-1)",
        why="the factor one half of the KL is missing",
    ),
    Bug(
        module="gaussian.py",
        old="0.5 * (mu**2 + torch.expm1(logvar) - logvar).sum(-1)",
        new="0.5 * (mu**2 + torch.expm1(logvar) - logvar).mean(-1)",
        why="the KL averaged over the coordinates instead of summed",
    ),
    Bug(
        module="gaussian.py",
        old="0.5 * (mu**2 + torch.expm1(logvar) - logvar).sum(-1)",
        new="0.5 * (mu**2 + torch.expm1(2 * logvar) - 2 * logvar).sum(-1)",
        why="logvar read as log sigma",
    ),
    Bug(
        module="gaussian.py",
        old="0.5 * (mu**2 + torch.expm1(logvar) - logvar).sum(-1)",
        new="0.5 * ((1 + mu**2) * torch.exp(-logvar) + logvar - 1).sum(-1)",
        why="swapped arguments, KL(p, q) for KL(q, p)",
    ),
    Bug(
        module="gaussian.py",
        old="torch.expm1(logvar) - logvar).sum(-1)",
        new="torch.exp(logvar) - logvar - 1).sum(-1)",
        why="exp minus 1 cancels near the prior; only rounding gives it away",
    ),
    Bug(
        module="gaussian.py",
        old="(LOG_2PI + logvar + (z - mu) ** 2 * torch.exp(-logvar))",
        new="(LOG_2PI + logvar + (z - mu) ** 2 * torch.exp(-0.5 * logvar))",
        why="the density divides by sigma instead of sigma squared",
    ),
    Bug(
        module="gaussian.py",
        old="(logvar**2).sum(-1))",
        new="(logvar**2).mean(-1))",
        why="one naive penalty averaged, the other summed: the ratio hides a factor L",
    ),
    Bug(
        module="gaussian.py",
        old="log_ratio = logvar_q - logvar_p",
        new="log_ratio = logvar_p - logvar_q",
        why="the variance ratio of two normals upside down",
    ),
    Bug(
        module="ppca.py",
        old="precision = self.weights.T @ self.weights / self.variance + torch.eye(",
        new="precision = self.weights.T @ self.weights + torch.eye(",
        why="posterior precision without the decoder variance",
    ),
    Bug(
        module="ppca.py",
        old="torch.sqrt(eigenvalues[:latent] - variance)",
        new="torch.sqrt(eigenvalues[:latent])",
        why="PCA taken for probabilistic PCA: the noise is counted twice",
    ),
    Bug(
        module="likelihoods.py",
        old="-0.5 * (squared_error * torch.exp(-logvar) + x.shape[-1] * (LOG_2PI + logvar))",
        new="-0.5 * (squared_error * torch.exp(-logvar) + LOG_2PI + logvar)",
        why="the normaliser counted for one pixel instead of all",
    ),
]
