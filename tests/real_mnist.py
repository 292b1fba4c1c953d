"""Where the tests find the real MNIST, and what they say where it is not.

``VAE_UTILS_TEST_MNIST`` names a folder with the four files. Without it they are looked for where the course keeps them,
so a reader who has once run chapter 11 tests it too. Nothing is downloaded.
"""

import os
import shutil
from pathlib import Path

from vae_utils.download import VARIABLE, data_folder

NAMED_BY = "VAE_UTILS_TEST_MNIST"
FILES = [
    f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")
]  # each packed, .gz, or not
CHAPTERS = ("11",)  # their numbers
MISSING = f"chapter 11 needs MNIST: {NAMED_BY} names no folder with its four files"


def complete(folder):
    """Whether the four files are in a folder."""
    return all((folder / name).is_file() or (folder / f"{name}.gz").is_file() for name in FILES)


def needs(path):
    """Whether the chapter at ``path`` cannot be executed without MNIST."""
    return Path(path).name.partition("-")[0] in CHAPTERS


def environment(folder):
    """What to add to the environment of a process that loads MNIST; None if it is nowhere.

    ``folder`` is an empty one, into which a link to the files is put if they have another place.
    """
    named = os.environ.get(NAMED_BY)
    if not named:
        return {} if complete(data_folder("mnist")) else None
    if not complete(Path(named)):
        return None
    try:
        (folder / "mnist").symlink_to(Path(named).absolute(), target_is_directory=True)
    except OSError:  # Windows may forbid links
        shutil.copytree(named, folder / "mnist")
    return {VARIABLE: str(folder)}
