"""MNIST's loader on small files of the same form, served from this machine; on the real ones where they are."""

import gzip
import hashlib
import os

import numpy as np
import pytest
import torch

from tests.idx_server import serving
from vae_utils import data, idx, mnist
from vae_utils.download import DownloadError, File
from vae_utils.mnist import FASHION_MNIST, MNIST, Source, binarize, binarize_fixed, load, load_fashion_mnist, load_mnist

COUNTS = {"train": 50, "test": 20}
NAMES = {split: [file.name for file in getattr(MNIST, split)] for split in COUNTS}


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")


def small_arrays():
    """Images and labels of the training and test files: like MNIST's, but few, and noise."""
    draw = np.random.RandomState(0)
    return {
        split: (draw.randint(0, 256, (n, 28, 28), dtype=np.uint8), draw.randint(0, 10, n, dtype=np.uint8))
        for split, n in COUNTS.items()
    }


def source_of(arrays, mirrors=()):
    """A data set with these arrays, and its files as a mirror has them."""
    kept, served = {}, {}
    for split, pair in arrays.items():
        contents = [idx.encode(array) for array in pair]
        kept[split] = tuple(
            File(name, len(content), hashlib.sha256(content).hexdigest())
            for name, content in zip(NAMES[split], contents, strict=True)
        )
        served |= {name: gzip.compress(content) for name, content in zip(NAMES[split], contents, strict=True)}
    return Source("Small", "small", tuple(mirrors), **kept), served


@pytest.fixture
def arrays():
    return small_arrays()


@pytest.fixture
def source(arrays, tmp_path, monkeypatch):
    """The small data set, already in the cache."""
    monkeypatch.setenv("VAE_UTILS_DATA", str(tmp_path))
    source, served = source_of(arrays)
    (tmp_path / source.folder).mkdir()
    for name, packed in served.items():
        (tmp_path / source.folder / name).write_bytes(packed)
    return source


# --- What is loaded ---


@pytest.mark.parametrize("split", COUNTS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_images_and_labels(source, arrays, split, dtype):
    images, labels = arrays[split]
    x, y = load(source, split, dtype=dtype)
    assert x.shape == (COUNTS[split], 784) and x.dtype == dtype and y.dtype == torch.int64
    assert y.tolist() == labels.tolist()
    # row by row; the nearest floating-point number to g / 255
    assert np.array_equal(x.numpy(), images.reshape(-1, 784) / np.array(255, dtype=x.numpy().dtype))
    assert x.numpy().flags.writeable


def test_only_the_files_that_are_needed_are_downloaded(arrays, tmp_path):
    source, served = source_of(arrays)
    with serving(served) as server:
        mirrors = [server.mirror("404"), server.mirror("good")]
        test = load(source, "test", folder=tmp_path, mirrors=mirrors, pause=0.0)
        assert sorted(path.name for path in tmp_path.iterdir() if path.suffix == ".gz") == sorted(NAMES["test"])
        load(source, "train", folder=tmp_path, mirrors=mirrors, pause=0.0)
        asked = len(server.requests)
        again = load(source, "test", folder=tmp_path, mirrors=mirrors)
        assert len(server.requests) == asked == 8
    assert torch.equal(test.x, again.x) and torch.equal(test.y, again.y)


@pytest.mark.parametrize("loader", [load_mnist, load_fashion_mnist])
def test_the_loaders_keep_each_data_set_in_its_own_folder(monkeypatch, tmp_path, arrays, loader):
    name = {load_mnist: "MNIST", load_fashion_mnist: "FASHION_MNIST"}[loader]
    small, served = source_of(arrays)
    real = getattr(mnist, name)
    monkeypatch.setattr(mnist, name, real._replace(mirrors=(), train=small.train, test=small.test))
    monkeypatch.setenv("VAE_UTILS_DATA", str(tmp_path))
    folder = tmp_path / real.folder
    folder.mkdir()
    for file, packed in served.items():
        (folder / file.removesuffix(".gz")).write_bytes(gzip.decompress(packed))
    assert torch.equal(loader("test").x, load(small, "test", folder=folder).x)
    options = {"held_out": 10, "binarize": "fixed", "seed": 3, "dtype": torch.float64}
    assert torch.equal(loader("validation", **options).x, load(small, "validation", folder=folder, **options).x)
    drawn = [
        call(generator=torch.Generator().manual_seed(1), binarize="sample").x
        for call in (loader, lambda **how: load(small, folder=folder, **how))
    ]
    assert torch.equal(*drawn)


def test_the_validation_split_is_the_end_of_the_training_images(source):
    everything = load(source)
    train, validation = load(source, "train", held_out=20), load(source, "validation", held_out=20)
    assert len(train.x) == len(train.y) == 30 and len(validation.x) == len(validation.y) == 20
    for whole, first, last in zip(everything, train, validation, strict=True):
        assert torch.equal(whole, torch.cat([first, last]))
    assert torch.equal(load(source, "test", held_out=30).x, load(source, "test").x)  # test images are never held out


# --- Black and white ---


def test_threshold_and_sample_are_those_of_the_digits(source):
    grey = load(source, "test").x
    assert torch.equal(load(source, "test", binarize="threshold").x, data.binarized(grey, "threshold"))
    one, two = (torch.Generator().manual_seed(5) for _ in range(2))
    drawn = load(source, "test", binarize="sample", generator=one).x
    assert torch.equal(drawn, data.binarized(grey, "sample", generator=two))


def test_fixed_binarization_is_the_same_for_everybody(source):
    x = load(source, binarize="fixed").x
    assert x.dtype == torch.float32 and set(x.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(x, load(source, binarize="fixed").x)
    assert torch.equal(x, load(source, binarize="fixed", dtype=torch.float64).x.float())
    # for everybody means: on every machine and with every version; these are the draws, for ever
    digest = hashlib.sha256(x.to(torch.uint8).numpy().tobytes()).hexdigest()
    assert digest == "153d767c5c89e1780c324a0567141df0dadc43194ee1c9bb7744ae24d5ac128d"
    # the same image has the same draws in every split
    train, validation = (load(source, split, held_out=20, binarize="fixed").x for split in ("train", "validation"))
    assert torch.equal(x, torch.cat([train, validation]))


def test_fixed_binarization_depends_on_its_seed_and_on_nothing_global(source):
    x = load(source, binarize="fixed").x
    other = load(source, binarize="fixed", seed=1).x
    # two independent draws of a pixel x differ with probability 2 x (1 − x), a third on average for uniform grey
    assert 0.2 < (x != other).float().mean() < 0.45
    np.random.seed(3)  # noqa: NPY002  the state that must not matter
    torch.manual_seed(3)
    before = np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    assert torch.equal(load(source, binarize="fixed").x, x)
    assert np.array_equal(before[0], np.random.get_state()[1]) and torch.equal(before[1], torch.get_rng_state())  # noqa: NPY002


def test_training_and_test_images_are_drawn_independently(tmp_path):
    grey, labels = np.full((40, 28, 28), 128, dtype=np.uint8), np.zeros(40, dtype=np.uint8)
    source, served = source_of({"train": (grey, labels), "test": (grey, labels)})
    for name, packed in served.items():
        (tmp_path / name).write_bytes(packed)
    x, other = (load(source, split, binarize="fixed", folder=tmp_path).x for split in ("train", "test"))
    # 31,360 pairs of (almost) fair coins: they differ in one half, with a standard error of 0.0028
    assert abs((x != other).float().mean() - 0.5) < 5 * 0.0028


@pytest.mark.parametrize("way", ["dynamic", "fixed"])
def test_each_grey_value_is_its_own_probability(way):
    """Of n draws a share g / 255 is 1, with standard error √(p (1 − p) / n); black and white have none."""
    n = 20_000
    pixels = np.repeat(np.arange(256, dtype=np.uint8)[:, None], n, axis=1)
    if way == "fixed":
        drawn = torch.from_numpy(binarize_fixed(pixels, seed=7))
    else:
        drawn = binarize(torch.from_numpy(pixels) / 255, generator=torch.Generator().manual_seed(7))
    p = torch.arange(256, dtype=torch.float64) / 255
    error = drawn.double().mean(1) - p
    standard = (p * (1 - p) / n).sqrt()
    assert error[0] == error[255] == 0
    z = error[1:255] / standard[1:255]
    assert z.abs().max() < 4.5  # P(any of 254 is beyond) = 0.2 %
    assert abs((z**2).mean() - 1) < 4.5 * (2 / 254) ** 0.5  # nor are they too good


def test_dynamic_binarization_is_fresh_each_time():
    x = torch.rand(100, 50, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    generator = torch.Generator().manual_seed(1)
    first, second = binarize(x, generator=generator), binarize(x, generator=generator)
    assert first.dtype == x.dtype and first.shape == x.shape and set(first.unique().tolist()) == {0.0, 1.0}
    # the chance to agree is 1 − 2 x (1 − x), two thirds on average for uniform grey; standard error < 0.007
    assert abs((first == second).double().mean() - (1 - 2 * x * (1 - x)).mean()) < 4.5 * 0.007
    assert torch.equal(first, binarize(x, generator=torch.Generator().manual_seed(1)))
    assert torch.equal(binarize(first), first)  # black and white stay


# --- What goes wrong ---


@pytest.mark.parametrize("loader", [load_mnist, load_fashion_mnist])
def test_offline_with_nothing_cached_one_sentence_tells_what_to_put_where(loader, tmp_path, monkeypatch):
    monkeypatch.setenv("VAE_UTILS_DATA", str(tmp_path))
    source = {load_mnist: MNIST, load_fashion_mnist: FASHION_MNIST}[loader]
    for mirrors in ([], ["http://127.0.0.1:9/a/", "http://127.0.0.1:9/b/"]):  # nobody listens on port 9
        with pytest.raises(DownloadError) as caught:
            loader(mirrors=mirrors, pause=0.0)
        text = str(caught.value)
        assert text.startswith(f"{source.name} cannot be loaded, because ") and "\n" not in text and ". " not in text
        assert f"put {', '.join(NAMES['train'] + NAMES['test'])} into {tmp_path / source.folder}, packed or" in text
        assert "VAE_UTILS_DATA" in text and ("refused" in text) == bool(mirrors)


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"split": "valid"}, ValueError, "split must be one of train, validation, test, got 'valid'"),
        ({"split": "validation"}, ValueError, "held_out must be at least 1 for the validation split.*got 0"),
        ({"held_out": 50}, ValueError, "held_out must be less than the 50 training images, got 50"),
        ({"held_out": -1}, ValueError, "held_out must be at least 0 .* got -1"),
        ({"held_out": 0.1}, TypeError, "held_out must be an integer, got 0.1"),
        ({"held_out": True}, TypeError, "held_out must be an integer, got True"),
        ({"binarize": "dynamic"}, ValueError, "binarize must be one of none, threshold, sample, fixed, got 'dynamic'"),
        ({"binarize": "fixed", "seed": -1}, ValueError, "seed must be at least 0 .* got -1"),
        ({"binarize": "fixed", "seed": None}, TypeError, "seed must be an integer, got None"),
        ({"binarize": "sample", "generator": 3}, TypeError, "generator must be a torch.Generator or None, got 3"),
        ({"dtype": torch.float16}, ValueError, "dtype must be torch.float32 or torch.float64, got torch.float16"),
    ],
)
def test_bad_arguments_get_a_sentence(source, options, error, sentence):
    with pytest.raises(error, match=sentence):
        load(source, **options)


def test_bad_arguments_of_binarization():
    with pytest.raises(TypeError, match=r"x must be a float32 or float64 tensor, got a torch.uint8 tensor"):
        binarize(torch.zeros(3, dtype=torch.uint8))
    with pytest.raises(TypeError, match=r"generator must be a torch.Generator or None, got 3"):
        binarize(torch.zeros(3), generator=3)
    with pytest.raises(TypeError, match=r"pixels must be a NumPy array of uint8, got an array of float64"):
        binarize_fixed(np.zeros(3))
    with pytest.raises(TypeError, match=r"pixels must be a NumPy array of uint8, got a torch.uint8 tensor"):
        binarize_fixed(torch.zeros(3, dtype=torch.uint8))


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (np.zeros((5, 784), np.uint8), np.zeros(5, np.uint8)),
        (np.zeros((5, 28, 28), np.uint8), np.zeros(4, np.uint8)),
        (np.zeros((5, 28, 28), np.float32), np.zeros(5, np.uint8)),
        (np.zeros((5, 28, 28), np.uint8), np.zeros(5, np.int32)),
    ],
    ids=["flat", "counts", "images", "labels"],
)
def test_files_that_are_no_images_with_labels(tmp_path, images, labels):
    source, served = source_of({"train": (images, labels), "test": (images, labels)})
    for name, packed in served.items():
        (tmp_path / name).write_bytes(packed)
    with pytest.raises(ValueError, match=r"Small must have uint8 images of shape \(N, height, width\)"):
        load(source, folder=tmp_path)


# --- The table of files ---


@pytest.mark.parametrize("source", [MNIST, FASHION_MNIST], ids=lambda source: source.folder)
def test_the_table_of_files_fits_the_format(source):
    for split, n in {"train": 60_000, "test": 10_000}.items():
        images, labels = getattr(source, split)
        assert images.size == len(idx.encode(np.zeros((n, 28, 28), np.uint8)))
        assert labels.size == len(idx.encode(np.zeros(n, np.uint8)))
    assert len({file.name for file in source.files}) == len({file.sha256 for file in source.files}) == 4
    assert all(len(bytes.fromhex(file.sha256)) == 32 for file in source.files)
    assert len(source.mirrors) == len(set(source.mirrors)) >= 3
    assert any("://dataset.bj.bcebos.com/" in mirror for mirror in source.mirrors)  # the one in China


def test_the_data_sets_share_no_content():
    assert not {file.sha256 for file in MNIST.files} & {file.sha256 for file in FASHION_MNIST.files}
    assert len(mnist.FASHION_CLASSES) == 10


# --- The real files ---

real = pytest.mark.skipif(
    not os.environ.get("VAE_UTILS_TEST_MNIST"),
    reason="needs MNIST's four files: VAE_UTILS_TEST_MNIST names their folder",
)
# How many images of 0, 1, …, 9 there are: numbers that everybody finds.
CLASSES = {
    "train": [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    "test": [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
}


@real
@pytest.mark.parametrize("split", CLASSES)
def test_the_real_files(split):
    folder = os.environ["VAE_UTILS_TEST_MNIST"]
    x, y = load_mnist(split, folder=folder, mirrors=())
    assert x.shape == (sum(CLASSES[split]), 784) and x.dtype == torch.float32
    assert torch.bincount(y).tolist() == CLASSES[split]
    assert x.min() == 0 and x.max() == 1
    if split == "train":  # the mean and deviation that every tutorial normalises with
        assert (round(x.mean().item(), 4), round(x.std().item(), 4)) == (0.1307, 0.3081)
    # each label is beside its image: four of five images lie closest to the mean of their own class
    means = torch.stack([x[y == digit].mean(0) for digit in range(10)])
    assert 0.79 < (torch.cdist(x, means).argmin(1) == y).double().mean() < 0.84


@real
def test_the_fixed_binarization_of_the_real_files():
    folder = os.environ["VAE_UTILS_TEST_MNIST"]
    x = load_mnist("test", folder=folder, mirrors=(), binarize="fixed").x
    assert (
        hashlib.sha256(x.to(torch.uint8).numpy().tobytes()).hexdigest()
        == "c1981b3336188a8cb8b0cef04c4e2871f384c5c3aa378f372309836f9e8766a7"
    )
    validation = load_mnist("validation", held_out=10_000, folder=folder, mirrors=())
    assert validation.x.shape == (10_000, 784)
