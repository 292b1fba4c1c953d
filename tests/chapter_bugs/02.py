"""Mistakes that a proof of chapter 2 notices."""

from tests.chapter_bugs import Bug

BUGS = [
    Bug(
        module="evaluation.py",
        old="return (a.sort(-1).values - b.sort(-1).values).abs().mean(-1)",
        new="return (a - b).abs().mean(-1)",
        why="pairs taken as they come instead of sorted",
    ),
    Bug(
        module="evaluation.py",
        old="return (a.sort(-1).values - b.sort(-1).values).abs().mean(-1)",
        new="return (a.sort(-1).values - b.sort(-1).values).abs().sum(-1)",
        why="the sum of the distances for their mean",
    ),
    Bug(
        module="evaluation.py",
        old="axes = axes / axes.norm(dim=0)",
        new="axes = axes / axes.norm(dim=1, keepdim=True)",
        why="random directions normalised along the wrong axis",
    ),
    Bug(
        module="evaluation.py",
        old="return wasserstein_1d((a @ axes).T, (b @ axes).T).mean()",
        new="return wasserstein_1d(a @ axes, b @ axes).mean()",
        why="a transpose forgotten: each picture's own projections are sorted, not the pictures",
    ),
    Bug(
        module="evaluation.py",
        old="kernel = torch.exp(-(torch.cdist(points, points) ** 2) / (2 * width**2))",
        new="kernel = torch.exp(-torch.cdist(points, points) / (2 * width**2))",
        why="the distance in the kernel not squared",
    ),
    Bug(
        module="evaluation.py",
        old="return kernel.fill_diagonal_(0)",
        new="return kernel",
        why="every picture compared with itself: the estimate is biased",
    ),
    Bug(
        module="evaluation.py",
        old="return within_a / (n * (n - 1)) + within_b / (m * (m - 1)) - 2 * between / (n * m)",
        new="return within_a / (n * (n - 1)) + within_b / (m * (m - 1)) - between / (n * m)",
        why="the factor 2 of the cross term lost",
    ),
    Bug(
        module="evaluation.py",
        old="as_far = int((shuffled >= observed).sum())",
        new="as_far = int((shuffled <= observed).sum())",
        why="the p-value counts the wrong tail",
    ),
    Bug(
        module="evaluation.py",
        old="return MMDTest(observed.item(), (as_far + 1) / (permutations + 1))",
        new="return MMDTest(observed.item(), as_far / permutations)",
        why="a permutation p-value that can be 0: the real labelling not counted",
    ),
    Bug(
        module="evaluation.py",
        old="return torch.cdist(a, b).min(1).values",
        new="return torch.cdist(b, a).min(1).values[: len(a)]",
        why="the nearest sample of every training image, not the other way round",
    ),
    Bug(
        module="sweep.py",
        old="            noises.append(model.noise(n, generator=generator) if has_noise else None)",
        new="            noises.append(0 * model.noise(n, generator=generator) if has_noise else None)",
        why="a generator trained without its noise: nothing tells it to be constant elsewhere",
    ),
    Bug(
        module="toys.py",
        old="return gaussian_mixture(torch.tensor([[-distance / 2], [distance / 2]], dtype=dtype), std)",
        new="return gaussian_mixture(torch.tensor([[distance / 2], [distance / 2]], dtype=dtype), std)",
        why="a sign lost: both bumps in one place",
    ),
    Bug(
        module="likelihoods.py",
        old="squared_error = ((x - mean) ** 2).sum(-1)",
        new="squared_error = ((x - mean) ** 2).mean(-1)",
        why="the pixel mean for the pixel sum",
    ),
]
