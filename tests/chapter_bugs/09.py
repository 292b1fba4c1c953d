from tests.chapter_bugs import Bug

BUGS = [
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
        module="gan.py",
        old="return fake_scores - real_scores",
        new="return real_scores - fake_scores",
        why="one sign flipped: the critic learns to score fakes high, and so does the generator",
    ),
    Bug(
        module="critics.py",
        old="parameter.clamp_(-limit, limit)",
        new="parameter.clamp_(max=limit)",
        why="weights clipped on one side only",
    ),
    Bug(
        module="critics.py",
        old="SAFE_AT_ZERO).sqrt() - 1",
        new="SAFE_AT_ZERO).sqrt()",
        why="the penalty pulls the slope to 0 instead of 1",
    ),
    Bug(
        module="critics.py",
        old="torch.lerp(fake, real, eps)",
        new="torch.lerp(fake, real, 1.5 * eps - 0.25)",
        why="points between real and fake that lie beyond them",
    ),
    Bug(
        module="critics.py",
        old="gradient = (gradient * mask) @ layer.weight  # (B, H_l) @ (H_l, H_(l−1))",
        new="gradient = gradient @ layer.weight",
        why="the critic's slope as if no ReLU were ever closed",
    ),
    Bug(
        module="gan_training.py",
        old="total = loss + self.penalty * excess",
        new="total = loss + excess",
        why="the weight of the penalty forgotten",
    ),
    Bug(
        module="gan_training.py",
        old="            clip_weights(self.critic, self.clip)",
        new="            clip_weights(self.critic, 1.0)",
        why="a clip that is not the one asked for",
    ),
    Bug(
        module="gan_training.py",
        old="for _ in range(n_critic):",
        new="for _ in range(1):",
        why="an undertrained critic: one step where five were asked for",
    ),
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
        module="divergences.py",
        old="(p - q).cumsum(-1).abs().sum(-1)",
        new="(p - q).abs().cumsum(-1).sum(-1)",
        why="W1 as an area between densities, not between distribution functions",
    ),
    Bug(
        module="divergences.py",
        old="distance[rows, partner].mean()",
        new="distance.diagonal().mean()",
        why="W1 of the points as they are paired, not as they are paired best",
    ),
    Bug(
        module="divergences.py",
        old="torch.where(apart, LOG_2, zero)",
        new="LOG_2 * theta.abs().clamp(max=1)",
        why="JS of parallel lines as if it could see how far apart they are",
    ),
    Bug(
        module="divergences.py",
        old="return distance * (1 + distance / (2 * penalty))",
        new="return distance * (1 + distance / penalty)",
        why="twice the bias of the penalty",
    ),
    Bug(
        module="modes.py",
        old="distance = torch.cdist(x, mixture.means) / mixture.stds  # (N, C)",
        new="distance = torch.cdist(x, mixture.means)",
        why="a mode's radius not in units of its width: every point is in one",
    ),
]
