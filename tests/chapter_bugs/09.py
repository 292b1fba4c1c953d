"""Bugs that the first third of the chapter notices, before its costly trainings; the rest has unit tests."""

from tests.chapter_bugs import Bug

BUGS = [
    Bug(
        module="divergences.py",
        old="return torch.sigmoid(log_p - log_q)",
        new="return torch.sigmoid(log_q - log_p)",
        why="the best discriminator believes the fakes",
    ),
    Bug(
        module="divergences.py",
        old="    m = (p + q) / 2\n",
        new="    m = p + q\n",
        why="JS with the sum in place of the mean",
    ),
    Bug(
        module="gan.py",
        old="return softplus(-real_logits) + softplus(fake_logits)",
        new="return softplus(-real_logits) + softplus(-fake_logits)",
        why="the fakes carry the label of the real ones",
    ),
    Bug(
        module="gan.py",
        old="return -softplus(fake_logits) if saturating else softplus(-fake_logits)",
        new="return softplus(-fake_logits) if saturating else -softplus(fake_logits)",
        why="the saturating generator loss by default",
    ),
    Bug(
        module="divergences.py",
        old="distance[rows, partner].mean()",
        new="distance.diagonal().mean()",
        why="W1 of the points as they are paired, not as they are paired best",
    ),
    Bug(
        module="divergences.py",
        old="(p - q).cumsum(-1).abs().sum(-1)",
        new="(p - q).abs().cumsum(-1).sum(-1)",
        why="W1 as an area between densities, not between distribution functions",
    ),
    Bug(
        module="critics.py",
        old="parameter.clamp_(-limit, limit)",
        new="parameter.clamp_(max=limit)",
        why="weights clipped on one side only",
    ),
]
