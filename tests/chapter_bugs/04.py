"""Mistakes in the package that chapter 4 must notice."""

from tests.chapter_bugs import Bug

BUGS = [
    Bug(
        module="gaussian.py",
        old="return mu + torch.exp(0.5 * logvar) * eps",
        new="return mu + torch.exp(logvar) * eps",
        why="the variance is taken for the standard deviation when the code is sampled",
    ),
    Bug(
        module="likelihoods.py",
        old="return -0.5 * (squared_error * torch.exp(-logvar)",
        new="return -0.5 * (squared_error * torch.exp(logvar)",
        why="the squared error is multiplied by the decoder's variance instead of divided",
    ),
    Bug(
        module="likelihoods.py",
        old="x.shape[-1] * (LOG_2PI + logvar))",
        new="(x.shape[-1] * LOG_2PI + logvar))",
        why="the decoder's log-variance is counted once per image instead of once per pixel",
    ),
    Bug(
        module="gaussian.py",
        old="NaivePenalties((mu**2).sum(-1), (logvar**2).sum(-1))",
        new="NaivePenalties((mu**2).sum(-1), (logvar**2).mean(-1))",
        why="one penalty is averaged over the latent dimensions instead of summed",
    ),
    Bug(
        module="gaussian.py",
        old="NaivePenalties((mu**2).sum(-1), (logvar**2).sum(-1))",
        new="NaivePenalties((mu**2).sum(-1), ((logvar.exp() - 1) ** 2).sum(-1))",
        why="the penalty pulls on the variance instead of the log-variance",
    ),
    Bug(
        module="gaussian.py",
        old="return 0.5 * (mu**2 + torch.expm1(logvar) - logvar).sum(-1)",
        new="return (mu**2 + torch.expm1(logvar) - logvar).sum(-1)",
        why="the KL lacks its one half",
    ),
    Bug(
        module="gaussian.py",
        old="return 0.5 * (mu**2 + torch.expm1(logvar) - logvar).sum(-1)",
        new="return 0.5 * (mu**2 + torch.expm1(-logvar) + logvar).sum(-1)",
        why="the wrong sign of log sigma squared in the KL",
    ),
    Bug(
        module="objectives.py",
        old="weight_mu * penalty.mu + weight_logvar * penalty.logvar - terms.reconstruction",
        new="weight_logvar * penalty.mu + weight_mu * penalty.logvar - terms.reconstruction",
        why="the two naive weights are swapped",
    ),
    Bug(
        module="objectives.py",
        old='return {"loss": beta * terms.kl - terms.reconstruction',
        new='return {"loss": beta * terms.kl + terms.reconstruction',
        why="the reconstruction enters the loss with the wrong sign",
    ),
    Bug(
        module="widgets/collapse.py",
        old="+ 2 * weight_logvar * logvar",
        new="+ weight_logvar * logvar",
        why="the figure's training takes the derivative of (log sigma squared)^2 without its factor 2",
    ),
    Bug(
        module="widgets/collapse.py",
        old="+ 0.5 * (a**2 + noise - logvar - 1)",
        new="+ 0.5 * (a**2 + noise - 2 * logvar - 1)",
        why="log sigma is taken for log sigma squared in the KL of the figure's ELBO",
    ),
]
