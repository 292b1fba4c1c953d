from tests.chapter_bugs import Bug

BUGS = [
    Bug(
        module="rate.py",
        old="return AggregatedPosterior(axes, first.T @ second / len(mu), area)",
        new="return AggregatedPosterior(axes, first.T @ second, area)",
        why="the sum of the posteriors taken for their mean",
    ),
    Bug(
        module="rate.py",
        old="return own - cross",
        new="return cross - own",
        why="the information with the wrong sign",
    ),
    Bug(
        module="rate.py",
        old="(torch.xlogy(density, density) - density * log_prior)",
        new="(torch.xlogy(density, density) + density * log_prior)",
        why="the prior's log-density added instead of subtracted",
    ),
    Bug(
        module="annealing.py",
        old="betas * (stage / stages)",
        new="betas * ((stage - 1) / stages)",
        why="a schedule that never reaches its weight",
    ),
    Bug(
        module="gaussian.py",
        old="0.5 * (mu**2 + torch.expm1(logvar) - logvar).sum(-1)",
        new="(mu**2 + torch.expm1(logvar) - logvar).sum(-1)",
        why="the factor one half of the KL is missing",
    ),
    Bug(
        module="conditional.py",
        old="return mu - self.shift, logvar",
        new="return mu, logvar",
        why="the KL measured from 0 instead of from the mean of the class",
    ),
    Bug(
        module="conditional.py",
        old="z = style + self.shift",
        new="z = style",
        why="the style decoded without the mean of its class",
    ),
    Bug(
        module="evaluation.py",
        old="return mu.var(0) > threshold",
        new="return mu.std(0) > threshold",
        why="active units by the standard deviation instead of the variance",
    ),
    Bug(
        module="widgets/beta.py",
        old='"spread": mu.var(0).tolist()',
        new='"spread": mu.std(0).tolist()',
        why="the figure counts axes by their standard deviation",
    ),
]
