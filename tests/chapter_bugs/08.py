from tests.chapter_bugs import Bug

# Each is noticed before the chapter trains its ladder: a run costs seconds.
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
        module="rate.py",
        old="log_q = density.clamp(min=torch.finfo(density.dtype).tiny).log()",
        new="log_q = density.clamp(min=torch.finfo(density.dtype).tiny).sqrt()",
        why="another function of q(z) in the place of its logarithm",
    ),
    Bug(
        module="gaussian.py",
        old="0.5 * (mu**2 + torch.expm1(logvar) - logvar).sum(-1)",
        new="(mu**2 + torch.expm1(logvar) - logvar).sum(-1)",
        why="the factor one half of the KL is missing",
    ),
    Bug(
        module="annealing.py",
        old="betas * (stage / stages)",
        new="betas * ((stage - 1) / stages)",
        why="a schedule that never reaches its weight",
    ),
]
