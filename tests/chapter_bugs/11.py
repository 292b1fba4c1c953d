from tests.chapter_bugs import Bug

# Each is noticed before the chapter trains its two epochs.
BUGS = [
    Bug(
        module="mnist.py",
        old="return torch.bernoulli(x, generator=generator)",
        new="return (x > 0.5).to(x.dtype)",
        why="pixels cut at one half where they should be drawn",
    ),
    Bug(
        module="mnist.py",
        old="np.random.RandomState(seed)",
        new="np.random.RandomState()",
        why="a fixed binarization that is another one at each call",
    ),
    Bug(
        module="runs/loop.py",
        old="order = torch.randperm(len(x), generator=generator)",
        new="order = torch.randint(len(x), (len(x),), generator=generator)",
        why="an epoch in which some images stand twice and others not at all",
    ),
    Bug(
        module="runs/loop.py",
        old="for step in range(first, -(-n // batch_size)):",
        new="for step in range(-(-n // batch_size)):",
        why="a resumed epoch that begins at its first step again",
    ),
    Bug(
        module="runs/loop.py",
        old="totals, processes.count / (stop - start))",
        new="totals, 1 / (stop - start))",
        why="the gradient of several processes divided by their number twice",
    ),
    Bug(
        module="runs/loop.py",
        old="loss = (kl - reconstruction).sum()",
        new="loss = (0.5 * kl - reconstruction).sum()",
        why="a hidden weight of one half on the KL",
    ),
    Bug(
        module="runs/processes.py",
        old="start + n * (self.rank + 1) // self.count)",
        new="start + n // self.count * (self.rank + 1))",
        why="shares that leave the last image of a batch to nobody",
    ),
    Bug(
        module="runs/loop.py",
        old="manual_seed(int(torch.randint(2**32, (), generator=generator)))",
        new="manual_seed(torch.Generator().seed() % 2**32)",
        why="pixels drawn by a seed that the checkpoint does not know",
    ),
]
