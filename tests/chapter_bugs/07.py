from tests.chapter_bugs import Bug

BUGS = [
    Bug(
        module="quadrature.py",
        old="return torch.logsumexp(log_joint_on_grid(model, x, grid), 1) + grid.log_volume",
        new="return torch.logsumexp(log_joint_on_grid(model, x, grid), 1)",
        why="a sum over grid points taken for an integral: the cell volume is missing",
    ),
    Bug(
        module="quadrature.py",
        old="return log_likelihood + log_standard_normal(z)",
        new="return log_likelihood",
        why="log p(x) without the prior",
    ),
    Bug(
        module="quadrature.py",
        old="return (q * (log_q - log_posterior_on_grid(model, x, grid))).sum(1)",
        new="return (q * (log_posterior_on_grid(model, x, grid) - log_q)).sum(1)",
        why="the gap with the wrong sign",
    ),
    Bug(
        module="likelihoods.py",
        old="return -0.5 * (squared_error * torch.exp(-logvar) + x.shape[-1] * (LOG_2PI + logvar))",
        new="return -0.5 * (squared_error * torch.exp(-2 * logvar) + x.shape[-1] * (LOG_2PI + logvar))",
        why="the decoder's variance squared in the error term",
    ),
    Bug(
        module="gaussian.py",
        old="return -0.5 * (LOG_2PI + z**2).sum(-1)",
        new="return -0.5 * (z**2).sum(-1)",
        why="the prior without its 2 pi",
    ),
    Bug(
        module="objectives.py",
        old="return Elbo(reconstruction, kl, reconstruction - kl)",
        new="return Elbo(reconstruction, kl, reconstruction + kl)",
        why="the KL added to the bound instead of subtracted",
    ),
    Bug(
        module="objectives.py",
        old="    kl = kl_to_standard_normal(mu, logvar)\n    return Elbo(",
        new="    kl = kl_to_standard_normal(mu, logvar) / model.latent\n    return Elbo(",
        why="the KL divided by the number of latent dimensions",
    ),
    Bug(
        module="gaussian.py",
        old="return mu + torch.exp(0.5 * logvar) * eps",
        new="return mu + torch.exp(logvar) * eps",
        why="exp(logvar), the variance, used as sigma",
    ),
    Bug(
        module="gaussian.py",
        old="0.5 * (mu**2 + torch.expm1(logvar) - logvar).sum(-1)",
        new="(mu**2 + torch.expm1(logvar) - logvar).sum(-1)",
        why="the factor one half of the KL is missing",
    ),
    Bug(
        module="likelihoods.py",
        old="return (x * logits - functional.softplus(logits)).sum(-1)",
        new="return (x * logits - functional.softplus(logits)).mean(-1)",
        why="the BCE averaged over pixels instead of summed",
    ),
    Bug(
        module="handwriting.py",
        old="sum((1, 3)).flatten()",
        new="sum((1, 3)).T.flatten()",
        why="rows and columns of a drawing swapped",
    ),
    Bug(
        module="widgets/latent_explorer.py",
        old="np.polynomial.hermite_e.hermegauss(points)",
        new="np.polynomial.hermite.hermgauss(points)",
        why="the quadrature of the physicists' Hermite polynomials: eps with variance one half",
    ),
]
