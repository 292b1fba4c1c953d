"""``make bench``: ours beside its peers, interleaved round by round, one thread each, medians of wall-clock seconds.

Quote the ratios, not the seconds: those belong to one machine on one day. The table goes to the terminal and, with
``--out``, to a file, from which the book's page *Performance* takes it.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from vae_utils.runs.bench import interleaved, table

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
ENOUGH = -106.0  # nats, the test ELBO that is waited for
NLL_SAMPLES, NLL_IMAGES = 5000, 20
OURS, MIXED, COMPILED = "vae-course train", "vae-course train --amp", "vae-course train --compile"
TABLES = ("full-size", "elbo", "products", "precision", "small", "nll", "imports", "gpu")


def seconds(run: Callable[[], object]) -> float:
    """How long a call takes."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def at(precision: str, run: Callable[[], object]) -> Callable[[], object]:
    """The same with this precision of float32 products; see ``torch.set_float32_matmul_precision``."""
    import torch

    def wrapped() -> object:
        torch.set_float32_matmul_precision(precision)
        try:
            return run()
        finally:
            torch.set_float32_matmul_precision("highest")

    return wrapped


# --- What is measured ---


def full_size(images, rounds: int) -> Iterable[str]:
    """An epoch of the 784-400-20 VAE."""
    from book.benchmarks import peers
    from vae_utils.runs import bench

    runs = {"its matrix products alone": bench.matrix_products(images), "the floor of such a loop": bench.floor(images)}
    runs[OURS] = bench.ours(images).epoch
    runs['the same loop, products "medium"'] = at("medium", bench.ours(images).epoch)
    runs[COMPILED] = bench.ours(images, compile=True).epoch
    beside = [OURS]
    if mixes():
        runs[MIXED] = bench.ours(images, amp=True).epoch
        runs[f"{MIXED} --compile"] = bench.ours(images, amp=True, compile=True).epoch
        beside.append(MIXED)
    runs |= {name: make(images).epoch for name, make in peers.PEERS.items()}
    if mixes():
        runs["Lightning, bf16-mixed"] = peers.lightning(images, precision="bf16-mixed").epoch
    times = interleaved(runs, rounds)
    title = f"{len(images):,} images, 784-400-20"
    yield ""
    yield from table(title, times, unit="s", beside=beside)
    ours, compiled = (times[name] / times["its matrix products alone"] for name in (OURS, COMPILED))
    yield f"  ours is {ours:.2f} x its matrix products, compiled {compiled:.2f} x"
    yield f"  {worth_compiling(images.shape[1], bench.HIDDEN, bench.LATENT, times)}"


def worth_compiling(pixels: int, hidden: int, latent: int, times: Mapping[str, float]) -> str:
    """How long it takes to compile a step, in processes of their own, and how many epochs save as much.

    The first epoch here is one plain step, the second a compiled one.
    """
    code = (
        "import time, torch; torch.set_num_threads(1)\n"
        "from vae_utils.runs import bench\n"
        f"x = torch.rand(bench.BATCH, {pixels})\n"
        f"epoch = bench.ours(x, hidden={hidden}, latent={latent}, compile=True).epoch; epoch()\n"
        "began = time.perf_counter(); epoch(); print(time.perf_counter() - began)"
    )
    with TemporaryDirectory(ignore_cleanup_errors=True) as cache:
        environment = {**os.environ, "TORCHINDUCTOR_CACHE_DIR": cache}
        ask = partial(subprocess.run, [sys.executable, "-c", code], capture_output=True, text=True, check=True)
        first, again = (float(ask(env=environment).stdout) for _ in range(2))
    cost = f"compiling takes {first:.1f} s at first, {again:.1f} s later"
    saved = times[OURS] - times[COMPILED]
    return f"{cost}: what {first / saved:,.0f} and {again / saved:,.0f} epochs save" if saved > 0 else cost


def mixes() -> bool:
    """Whether mixed precision is worth measuring on this processor."""
    import torch

    from vae_utils.runs.processes import multiplies_bfloat16

    return multiplies_bfloat16(torch.device("cpu"))


def test_elbo(loop, x) -> float:
    """The mean ELBO of grey test pixels, one draw of z for each image, always the same noise."""
    import torch

    from vae_utils.gaussian import kl_to_standard_normal, reparameterize, standard_normal
    from vae_utils.likelihoods import bernoulli_log_likelihood

    with torch.no_grad():
        mu, logvar = loop.encoder(x)
        eps = standard_normal(*mu.shape, generator=torch.Generator().manual_seed(1))
        logits = loop.decoder(reparameterize(mu, logvar, eps=eps))
        return (bernoulli_log_likelihood(x, logits) - kl_to_standard_normal(mu, logvar)).mean().item()


def time_to_elbo(images, unseen, most: int = 30) -> Iterable[str]:
    """Seconds of training until the test ELBO is good enough; judging is not counted."""
    import torch

    from book.benchmarks import peers
    from vae_utils.runs import bench
    from vae_utils.runs.settings import Settings

    epochs, peak = 5, 5e-3
    cycle = Settings(schedule="one-cycle", lr=peak, epochs=epochs, batch=bench.BATCH)
    rate = cycle.learning_rate(len(images))
    makers = {OURS: bench.ours, MIXED: partial(bench.ours, amp=True)} if mixes() else {OURS: bench.ours}
    makers |= {f"{name} --schedule one-cycle": partial(make, rate=rate) for name, make in makers.items()}
    makers |= peers.PEERS
    yield ""
    yield f"Time to a test ELBO of {ENOUGH:g} nats, grey pixels"
    yield f"  (epochs, s, and times {OURS})"
    rows = []
    for name, make in makers.items():
        torch.manual_seed(0)
        loop, spent = make(images), 0.0
        for epoch in range(1, most + 1):
            spent += seconds(loop.epoch)
            if test_elbo(loop, unseen) >= ENOUGH:
                rows.append((name, epoch, spent))
                break
        else:
            rows.append((name, None, spent))
    ours = next(spent for name, _, spent in rows if name == OURS)
    for name, epoch, spent in rows:
        reached = f"{epoch:4}" if epoch else f"not in {most}"
        yield f"  {name:50}{reached}{spent:9.1f}{spent / ours:8.2f} x"
    yield f"  one-cycle: --lr {peak} --epochs {epochs}"


def products(rounds: int, often: int = 200) -> Iterable[str]:
    """One matrix product in three precisions: its time, and its error beside float64."""
    import torch

    from vae_utils.runs import bench

    generator = torch.Generator().manual_seed(0)
    shapes = (bench.BATCH, bench.PIXELS), (bench.PIXELS, bench.HIDDEN)
    x, weight = (torch.randn(*shape, generator=generator) for shape in shapes)
    short = x.bfloat16(), weight.bfloat16()
    ways = {
        "float32": lambda: x @ weight,
        'float32, "medium"': at("medium", lambda: x @ weight),
        "bfloat16": lambda: short[0] @ short[1],
    }

    def repeated(way: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            for _ in range(often):
                way()

        return run

    times = interleaved({name: repeated(way) for name, way in ways.items()}, rounds)
    exact = x.double() @ weight.double()
    yield ""
    yield f"A product of {shapes[0]} and {shapes[1]} normal numbers"
    yield "  (μs, and the largest error)"
    for name, way in ways.items():
        yield f"  {name:42}{times[name] / often * 1e6:10.0f}{(way().double() - exact).abs().max():12.1e}"


def precision(images, unseen, epochs: int = 5, seeds: int = 5) -> Iterable[str]:
    """Whether mixed precision changes the ELBO by more than another seed does."""
    import torch

    from vae_utils.runs import bench

    yield ""
    if not mixes():
        yield "This processor has no instructions for bfloat16: mixed precision was not measured."
        return

    def trained(seed: int, **how: bool) -> float:
        loop = bench.ours(images, seed=seed, **how)
        for _ in range(epochs):
            loop.epoch()
        return test_elbo(loop, unseen)

    ways = {"": {}, "--amp": {"amp": True}, "--amp --compile": {"amp": True, "compile": True}}
    elbos = {way: torch.tensor([trained(seed, **how) for seed in range(seeds)]) for way, how in ways.items()}
    rows = {f"{OURS} {way}": values for way, values in elbos.items()}
    rows |= {f"the difference that {way} makes": values - elbos[""] for way, values in elbos.items() if way}
    yield f"Test ELBO after {epochs} epochs, grey pixels"
    yield f"  (nats, mean and standard deviation of {seeds} seeds)"
    for name, values in rows.items():
        yield f"  {name:46}{values.mean():10.3f} ± {values.std():.3f}"


def small(rounds: int) -> Iterable[str]:
    """Digits: an epoch, and a sweep of 32 models."""
    import torch

    from book.benchmarks import peers
    from vae_utils.data import load_digits
    from vae_utils.likelihoods import Bernoulli
    from vae_utils.model import VAE
    from vae_utils.runs import bench
    from vae_utils.sweep import fit_sweep
    from vae_utils.training import fit

    x = load_digits("train").x
    makers = {
        OURS: bench.ours,
        COMPILED: partial(bench.ours, compile=True),
        "the same habits by hand": peers.plain,
        "intro_dgm": peers.intro_dgm,
        "pytorch/examples": peers.pytorch_examples,
    }
    runs = {name: make(x, hidden=64, latent=2).epoch for name, make in makers.items()}
    yield ""
    times = interleaved(runs, 20 * rounds)
    beside = [OURS, "intro_dgm", "pytorch/examples"]
    yield from table(f"An epoch of {len(x):,} digits, 64-64-2", times, unit="ms", beside=beside)
    yield f"  {worth_compiling(64, 64, 2, times)}"

    def models(**how):
        return [VAE.of_size(64, 2, (64,), seed=seed, **how) for seed in range(32)]

    def noise():
        return [torch.Generator().manual_seed(seed) for seed in range(32)]

    def one_by_one(**how):
        for model, generator in zip(models(**how), noise(), strict=True):
            fit(model, x, epochs=20, generator=generator)

    def together(compile=False, **how):
        fit_sweep(models(**how), x, epochs=20, generators=noise(), compile=compile)

    compiled_epoch = runs[COMPILED]

    def compiled_once():
        for _ in range(32 * 20):
            compiled_epoch()

    kinds = {"ReLU, Bernoulli": {"activation": "relu", "likelihood": Bernoulli()}, "tanh, Gaussian": {}}
    for kind, how in kinds.items():
        runs = {
            "one sweep": partial(together, **how),
            "one sweep, compiled": partial(together, compile=True, **how),
            "32 runs": partial(one_by_one, **how),
        }
        runs |= {f'{name}, products "medium"': at("medium", run) for name, run in runs.items()}
        if kind.startswith("ReLU"):
            runs["32 runs of one program, compiled before"] = compiled_once
        title = f"20 epochs of 32 models on digits, 64-64-2, {kind}"
        yield ""
        yield from table(title, interleaved(runs, rounds), unit="s", beside=["one sweep", "32 runs"])


def nll(unseen, rounds: int) -> Iterable[str]:
    """IWAE bounds of a few images, ours and pythae's ``get_nll``, with the number of samples that it really takes."""
    import torch

    from book.benchmarks import peers
    from vae_utils.likelihoods import Bernoulli
    from vae_utils.model import VAE
    from vae_utils.objectives import iw_bound
    from vae_utils.runs import bench

    x = unseen[:NLL_IMAGES].round()
    model = VAE.of_size(x.shape[1], bench.LATENT, (bench.HIDDEN,), likelihood=Bernoulli(), activation="relu")
    theirs = peers.pythae_model(x).eval()

    def pythae():
        with torch.no_grad():
            theirs.get_nll(x, n_samples=NLL_SAMPLES, batch_size=100)

    runs = {
        "iw_bound": lambda: iw_bound(model, x, n_samples=NLL_SAMPLES),
        "pythae get_nll": pythae,
    }
    title = f"log p(x) of {len(x)} images by {NLL_SAMPLES:,} importance samples each"
    yield ""
    yield from table(title, interleaved(runs, rounds), unit="s", beside="iw_bound")
    yield f"  {peak_of_nll()}"


def peak_of_nll() -> str:
    """What 1,000 images cost in time and memory, in a process of their own."""
    code = (
        "import resource, time, torch; torch.set_num_threads(1)\n"
        "from vae_utils.likelihoods import Bernoulli; from vae_utils.model import VAE\n"
        "from vae_utils.objectives import iw_bound\n"
        "model = VAE.of_size(784, 20, (400,), likelihood=Bernoulli(), activation='relu')\n"
        "x = torch.rand(1000, 784).round(); iw_bound(model, x[:2], n_samples=2)\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        "before, began = peak(), time.perf_counter(); iw_bound(model, x, n_samples=5000)\n"
        "print(f'1,000 images: {time.perf_counter() - began:.0f} s, {peak() - before:.0f} MB more than before')"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def imports(rounds: int) -> Iterable[str]:
    """What the package adds to importing torch."""
    modules = sorted(
        f"vae_utils.{path.stem}"
        for path in Path(sys.modules["vae_utils"].__file__).parent.glob("[a-z]*.py")
        if path.stem not in ("plots", "nbval_plugin")  # matplotlib and pytest are asked for by name
    )

    def importing(statement: str) -> Callable[[], object]:
        return partial(subprocess.run, [sys.executable, "-c", statement], check=True)

    runs = {"import torch": importing("import torch"), "import torch, vae_utils": importing("import torch, vae_utils")}
    runs["import torch and every module but plots"] = importing(f"import torch, {', '.join(modules)}")
    yield ""
    yield from table("Importing", interleaved(runs, rounds), unit="s", beside="import torch")


def on_gpu(images, rounds: int) -> Iterable[str]:
    """An epoch on a GPU, in single and in mixed precision."""
    import torch

    from vae_utils.runs import bench

    if not torch.cuda.is_available():
        yield "\nNo GPU here: an epoch on one was not measured."
        return
    x = images.cuda()
    runs = {"single precision": bench.ours(x).epoch, "mixed precision": bench.ours(x, amp=True).epoch}
    title = f"An epoch on {torch.cuda.get_device_name()}"
    yield ""
    yield from table(title, interleaved(runs, rounds), unit="s", beside="single precision")


def machine() -> str:
    """The processor's name and what else belongs beside a number."""
    import torch

    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), name)
    except OSError:
        pass
    return f"{name}, one of {os.cpu_count()} threads; Python {platform.python_version()}, torch {torch.__version__}"


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="of which medians are taken (default: 5)")
    parser.add_argument("--images", type=int, default=60_000, help="of MNIST (default: all 60,000)")
    parser.add_argument("--only", choices=TABLES, help="one table")
    parser.add_argument("--out", type=Path, help="write the tables into this file too")
    options = parser.parse_args(arguments)
    lines = []
    for line in measured(options) if options.only else apart(options):
        lines.append(line)
        print(line, flush=True)
    if options.out:
        options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


def apart(options: argparse.Namespace) -> Iterable[str]:
    """Every table in a process of its own: what one has imported slows down the small steps of the next."""
    numbers = ["--rounds", str(options.rounds), "--images", str(options.images)]
    for place, name in enumerate(TABLES):
        command = [sys.executable, "-m", "book.benchmarks.run", "--only", name, *numbers]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as table:
            lines = (line.rstrip("\n") for line in table.stdout)
            yield from lines if place == 0 else islice(lines, 1, None)  # the machine is named once
        if table.returncode:
            raise subprocess.CalledProcessError(table.returncode, command)


def measured(options: argparse.Namespace) -> Iterable[str]:
    """The machine, and one table."""
    for name in THREADS:
        os.environ.setdefault(name, "1")
    import torch

    from vae_utils.mnist import load_mnist

    torch.set_num_threads(1)
    yield machine()
    images, unseen = load_mnist("train").x[: options.images], load_mnist("test").x
    tables = {
        "full-size": lambda: full_size(images, options.rounds),
        "elbo": lambda: time_to_elbo(images, unseen),
        "products": lambda: products(options.rounds),
        "precision": lambda: precision(images, unseen),
        "small": lambda: small(options.rounds),
        "nll": lambda: nll(unseen, options.rounds),
        "imports": lambda: imports(options.rounds),
        "gpu": lambda: on_gpu(images, options.rounds),
    }
    yield from tables[options.only]()


if __name__ == "__main__":
    sys.exit(main())
