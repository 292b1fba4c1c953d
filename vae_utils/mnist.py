"""MNIST and Fashion-MNIST: 28×28 grey images, downloaded once, and two ways of making them black and white.

The images are kept in the platform's cache folder, or in the folder that the environment variable ``VAE_UTILS_DATA``
names; :mod:`vae_utils.download` tells how they come there.

**Name the binarization beside every number.** A grey pixel x in [0, 1] is no coin, and the ELBO with a Bernoulli
decoder means something else for each reading of it:

- *grey*: the cross-entropy with x itself. No likelihood of the grey image; it bounds the expected log-likelihood of its
  dynamic binarization.
- *dynamic*: each pixel is 1 with probability x, drawn anew each time an image is seen: :func:`binarize`. The
  convention of Burda et al. (2016).
- *fixed*: drawn once, and the same for everybody: ``binarize="fixed"``. A model can overfit these draws, so values are
  not those of dynamic binarization.

Nor is any fixed binarization another one: ours is not the file *binarized MNIST* of Salakhutdinov and Murray (2008)
that many papers use.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from vae_utils import _validate, idx
from vae_utils.data import BINARIZATIONS as DRAWN
from vae_utils.data import Images, binarized
from vae_utils.download import VARIABLE, DownloadError, File, data_folder, fetch

SPLITS = ("train", "validation", "test")
BINARIZATIONS = (*DRAWN, "fixed")
FASHION_CLASSES = tuple("T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot".split(","))


class Source(NamedTuple):
    """Where a data set of four IDX files comes from.

    Attributes
    ----------
    name : str
        What messages call it.
    folder : str
        Name of its folder in the cache.
    mirrors : tuple of str
        Addresses of folders with the files, in the order in which they are asked.
    train : tuple of File
        Two files: images of shape (N, height, width) and labels of shape (N,), both uint8.
    test : tuple of File
        The same for the test images.
    """

    name: str
    folder: str
    mirrors: tuple[str, ...]
    train: tuple[File, File]
    test: tuple[File, File]

    @property
    def files(self) -> tuple[File, ...]:
        """All four files."""
        return self.train + self.test


def _four(train_images: str, train_labels: str, test_images: str, test_labels: str) -> dict[str, tuple[File, File]]:
    """The four files, under the names and of the sizes that both data sets share, by their SHA-256."""
    return {
        "train": (
            File("train-images-idx3-ubyte.gz", 47_040_016, train_images),
            File("train-labels-idx1-ubyte.gz", 60_008, train_labels),
        ),
        "test": (
            File("t10k-images-idx3-ubyte.gz", 7_840_016, test_images),
            File("t10k-labels-idx1-ubyte.gz", 10_008, test_labels),
        ),
    }


# Mirrors: the one that torchvision uses; the one that PaddlePaddle uses, in Baidu's cloud in Beijing; and the copy that
# the CVDF keeps with leave of MNIST's authors, at Google. torchvision and PaddlePaddle name the same MD5 of the
# compressed files. The SHA-256 of the contents were computed from the files.
MNIST = Source(
    "MNIST",
    "mnist",
    (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://dataset.bj.bcebos.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    **_four(
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
)
# Mirrors: the authors' two, and PaddlePaddle's. The authors publish only the MD5 of the compressed files. These SHA-256
# of the contents are what several projects independently publish, one of which says that its files had the authors'
# MD5; they were not compared with the files themselves when this was written.
FASHION_MNIST = Source(
    "Fashion-MNIST",
    "fashion-mnist",
    (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://dataset.bj.bcebos.com/fashion_mnist/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
    **_four(
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
)


def load_mnist(
    split: str = "train",
    *,
    held_out: int = 0,
    binarize: str = "none",
    seed: int = 0,
    generator: torch.Generator | None = None,
    dtype: torch.dtype = torch.float32,
    **how: Any,
) -> Images:
    """The 70,000 handwritten 28×28 digits of LeCun, Cortes and Burges: 60,000 for training, 10,000 for testing.

    The first call downloads 10 MB (2 MB for the test images); later ones take about a second and no network.

    Parameters
    ----------
    split : {"train", "validation", "test"}
    held_out : int
        How many of the last training images form the validation split: ``"train"`` is then the others. With 10,000,
        the usual number, 50,000 are left. Name the same number for both, so that they cannot overlap.
    binarize : {"none", "threshold", "sample", "fixed"}
        ``"none"`` keeps the grey levels, which :func:`binarize` takes for dynamic binarization. ``"threshold"`` cuts
        at ½, ``"sample"`` draws each pixel once with ``generator``, ``"fixed"`` once with ``seed``.
    seed : int
        Of the fixed binarization; another seed, another data set.
    generator : torch.Generator, optional
        Source of randomness for ``"sample"``.
    dtype : torch.dtype
        float32 or float64.
    **how
        ``folder``, where the files are or will be; ``mirrors``, another list of addresses, and with ``mirrors=()`` the
        network is not used; and ``timeout``, ``rounds``, ``pause``, ``patience``, ``progress`` of
        :func:`vae_utils.download.fetch`.

    Returns
    -------
    Images
        ``x`` of shape (N, 784) in [0, 1], 0 is paper and 1 is ink, ``y`` of shape (N,).

    Raises
    ------
    ValueError
        If an argument is not one of the values above.
    DownloadError
        If the files are not there and cannot be downloaded; the sentence says which files to put where.
    FolderError
        If the folder cannot be used.

    Notes
    -----
    One of the three mirrors is PaddlePaddle's, in Beijing, for readers in China. Their addresses are those that
    torchvision, PaddlePaddle and the CVDF publish. Whether they answer today, and from your network, no test of this
    course can tell, since the tests use no network; what they send is compared with its SHA-256 every time.
    """
    how |= {"held_out": held_out, "binarize": binarize, "seed": seed, "generator": generator, "dtype": dtype}
    return load(MNIST, split, **how)


def load_fashion_mnist(
    split: str = "train",
    *,
    held_out: int = 0,
    binarize: str = "none",
    seed: int = 0,
    generator: torch.Generator | None = None,
    dtype: torch.dtype = torch.float32,
    **how: Any,
) -> Images:
    """The 70,000 grey 28×28 pictures of clothes of Xiao, Rasul and Vollgraf (2017), in ten classes.

    Everything is as in :func:`load_mnist`, except that the download has 30 MB. Class k is ``FASHION_CLASSES[k]``.

    Notes
    -----
    Here a pixel is a brightness and not a coverage with ink: as a probability it means less than with digits, and
    binarization loses more. Its authors publish no SHA-256; what the downloads are compared with comes from other
    projects that publish it.
    """
    how |= {"held_out": held_out, "binarize": binarize, "seed": seed, "generator": generator, "dtype": dtype}
    return load(FASHION_MNIST, split, **how)


def load(
    source: Source,
    split: str = "train",
    *,
    held_out: int = 0,
    binarize: str = "none",
    seed: int = 0,
    generator: torch.Generator | None = None,
    dtype: torch.dtype = torch.float32,
    folder: str | os.PathLike | None = None,
    mirrors: Sequence[str] | None = None,
    **how: Any,
) -> Images:
    """Images of any data set in four IDX files, as in :func:`load_mnist`."""
    _check(split, held_out, binarize, seed, dtype)
    _validate.generator(generator)
    pixels, labels = _pair(source, "test" if split == "test" else "train", folder, mirrors, how)
    if split != "test" and held_out >= len(pixels):
        raise ValueError(f"held_out must be less than the {len(pixels)} training images, got {held_out}")
    if binarize == "fixed":  # before the split: an image looks the same in every split
        pixels = binarize_fixed(pixels, seed=[seed, int(split == "test")]) * np.uint8(255)
    if split != "test":
        first = len(pixels) - held_out
        rows = slice(first, None) if split == "validation" else slice(first)
        pixels, labels = pixels[rows], labels[rows]
    x = torch.from_numpy(pixels).to(dtype).div_(255).flatten(1)
    if binarize in DRAWN:
        x = binarized(x, binarize, generator=generator)
    return Images(x, torch.from_numpy(labels).to(torch.int64))


def binarize(x: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
    """Dynamic binarization: each pixel is drawn anew, 1 with its grey value as probability.

    Call it on each batch, in training and in testing, and call the result "dynamic" wherever a number is shown.

    Parameters
    ----------
    x : Tensor, shape (...)
        Grey pixels in [0, 1]. The values are not checked here, since this is called within a training step.
    generator : torch.Generator, optional
        Source of randomness, on the device of ``x``.

    Returns
    -------
    Tensor, shape (...)
        Of the same dtype, only 0 and 1.
    """
    _validate.floating(x=x)
    _validate.generator(generator)
    return torch.bernoulli(x, generator=generator)


def binarize_fixed(pixels: np.ndarray, *, seed: int | Sequence[int] = 0) -> np.ndarray:
    """Fixed binarization: each pixel is drawn once, and the same for everybody.

    A pixel g of 0 … 255 becomes 1 with probability exactly g / 255: if a whole number drawn from 0 … 254 is below g.
    No rounding is involved, and the stream of NumPy's ``RandomState`` is frozen, so the result depends on no machine
    and on no version.

    Parameters
    ----------
    pixels : numpy.ndarray of uint8, shape (...)
    seed : int or sequence of int

    Returns
    -------
    numpy.ndarray of uint8, shape (...)
        Only 0 and 1.
    """
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
        came = f"an array of {pixels.dtype}" if isinstance(pixels, np.ndarray) else _validate.describe(pixels)
        raise TypeError(f"pixels must be a NumPy array of uint8, got {came}")
    return (np.random.RandomState(seed).randint(0, 255, pixels.shape, dtype=np.uint8) < pixels).astype(np.uint8)


def _check(split: str, held_out: int, binarize: str, seed: int, dtype: torch.dtype) -> None:
    if split not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}, got {split!r}")
    for name, value in {"held_out": held_out, "seed": seed}.items():
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{name} must be an integer, got {_validate.describe(value)}")
        if not 0 <= value < 2**32:
            raise ValueError(f"{name} must be at least 0 and below 2**32, got {value}")
    if split == "validation" and not held_out:
        raise ValueError("held_out must be at least 1 for the validation split, such as 10000, got 0")
    if binarize not in BINARIZATIONS:
        raise ValueError(f"binarize must be one of {', '.join(BINARIZATIONS)}, got {binarize!r}")
    if dtype not in _validate.FLOATS:
        raise ValueError(f"dtype must be torch.float32 or torch.float64, got {dtype!r}")


def _pair(
    source: Source,
    part: str,
    folder: str | os.PathLike | None,
    mirrors: Sequence[str] | None,
    how: dict[str, Any],
) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels of the training or the test files, as uint8."""
    folder = data_folder(source.folder) if folder is None else Path(folder)
    mirrors = source.mirrors if mirrors is None else mirrors
    arrays = []
    for file in getattr(source, part):
        try:
            content = fetch(file, mirrors, folder, **how)
        except DownloadError as error:
            names = ", ".join(file.name for file in source.files)
            raise DownloadError(
                f"{source.name} cannot be loaded, because {error}: put {names} into {folder}, packed or unpacked, "
                f"or set {VARIABLE} to a folder with a subfolder {source.folder} that has them"
            ) from None
        arrays.append(idx.decode(content, name=file.name))
    pixels, labels = arrays
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or labels.dtype != np.uint8 or labels.shape != pixels.shape[:1]:
        raise ValueError(
            f"{source.name} must have uint8 images of shape (N, height, width) and uint8 labels of shape (N,), got "
            f"{pixels.dtype} of {pixels.shape} and {labels.dtype} of {labels.shape}"
        )
    return pixels, labels
