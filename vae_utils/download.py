"""A file from the network that is either there, whole and right, or not there at all.

:func:`fetch` takes a file from a folder on this disk, or brings it there from the first of several mirrors that has it.
It never believes a mirror: what counts is the SHA-256 of the *content*, that is, of the file after gzip is undone.
Mirrors may compress the same content in different ways, or not at all.

What is on the disk under a file's own name was moved there whole, in one step; what is on its way has another name. So
a process that is killed leaves nothing that looks complete, and the next call goes on where it stopped. One process
downloads, others that want the same file wait for it.
"""

# Why not a library: pooch 1.9, the best kept of them, has a cache folder, a progress bar and repeated tries, but one
# address for each file, no resumption, and a hash of the file as it was served, which differs from mirror to mirror.
# So the standard library transfers the bytes; filelock, platformdirs, certifi and tqdm do what they are known for.

from __future__ import annotations

import functools
import gzip
import hashlib
import http.client
import io
import os
import re
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

VARIABLE = "VAE_UTILS_DATA"
CHUNK = 1 << 16  # bytes
SLOWEST = 100  # bytes per second; a mirror that sends less is taken for one that sends nothing
PASSING = {408, 425, 429}  # the errors of HTTP below 500 that another try may mend


class File(NamedTuple):
    """A file and how to know it again.

    Attributes
    ----------
    name : str
        As mirrors call it. A name in ``.gz`` also stands for the same file without that ending, not compressed.
    size : int
        Bytes of its content, that is, not compressed.
    sha256 : str
        SHA-256 of its content, in hexadecimal.
    """

    name: str
    size: int
    sha256: str


class DownloadError(OSError):
    """A file is not on the disk, and no mirror gave it. The message is one sentence with the reason of each."""


class FolderError(OSError):
    """A folder cannot be used: not writable, full, or held by another process. The message is one sentence."""


class _Refused(Exception):
    """A mirror says that it will not give the file; to ask again is of no use."""


def data_folder(name: str) -> Path:
    """Where files are kept: a folder of this name in the platform's cache, or in ``VAE_UTILS_DATA`` if that is set."""
    import platformdirs

    root = os.environ.get(VARIABLE)
    root = Path(root).expanduser() if root else platformdirs.user_cache_path("vae_utils", appauthor=False)
    return (root / name).absolute()


def fetch(
    file: File,
    mirrors: Sequence[str],
    folder: str | os.PathLike,
    *,
    timeout: float = 10.0,
    rounds: int = 3,
    pause: float = 1.0,
    patience: float = 600.0,
    progress: bool | None = None,
) -> bytes:
    """The content of a file: from the folder if it is there, else from the first mirror that gives it.

    Parameters
    ----------
    file : File
    mirrors : sequence of str
        Addresses of folders, in the order in which they are asked; empty: use no network.
    folder : path
        Where the file is kept, as it came. It is made if need be.
    timeout : float
        Seconds that a mirror may say nothing, or send fewer than 100 bytes a second, before the next one is asked.
    rounds : int
        How often each mirror is asked. One that refuses (404, for example) is not asked again.
    pause : float
        Seconds between the first two rounds. Each later pause is twice as long.
    patience : float
        Seconds to wait for another process that is downloading the same file.
    progress : bool, optional
        Whether to draw a progress bar; by default only on a terminal.

    Returns
    -------
    bytes
        The content, not compressed; its SHA-256 was compared in this call.

    Raises
    ------
    DownloadError
        If the file is not in the folder and no mirror gave it.
    FolderError
        If the folder cannot be read or written, or another process holds the file for longer than ``patience``.
    TypeError, ValueError
        If ``mirrors`` is a single address, ``rounds`` < 1, or ``timeout`` is not above 0.
    """
    if isinstance(mirrors, str):
        raise TypeError(f"mirrors must be a sequence of addresses, got the string {mirrors!r}")
    if rounds < 1:
        raise ValueError(f"rounds must be at least 1, got {rounds}")
    if not timeout > 0:
        raise ValueError(f"timeout must be above 0 seconds, got {timeout}")
    folder = Path(folder)
    content, damaged = _kept(file, folder)
    if content is not None:
        return content
    if not mirrors:
        raise DownloadError(f"{file.name} is not in {folder}{damaged} and no mirror was named")
    with _alone(file, folder, patience):
        content, damaged = _kept(file, folder)  # the process that was waited for may have brought it
        if content is not None:
            return content
        content, reasons = _asked(file, mirrors, folder, timeout, rounds, pause, progress)
    if content is not None:
        return content
    told = "; ".join(f"{urllib.parse.urlsplit(mirror).netloc or mirror}: {why}" for mirror, why in reasons.items())
    raise DownloadError(f"{file.name} is not in {folder}{damaged} and no mirror gave it ({told})")


def _kept(file: File, folder: Path) -> tuple[bytes | None, str]:
    """The content if the folder has it; otherwise what is wrong with what the folder has."""
    damaged = ""
    for name in dict.fromkeys((file.name, file.name.removesuffix(".gz"))):
        with _disk(file, folder):
            if (folder / name).is_file():
                try:
                    return _content(folder / name, file), ""
                except ValueError as error:
                    damaged = f" ({name} there {error})"
    return None, damaged


def _content(path: Path, file: File) -> bytes:
    """What a file on the disk holds, not compressed; ValueError if that is not what it should be."""
    with open(path, "rb") as stored:
        packed = stored.read(2) == b"\x1f\x8b"  # gzip's mark
        stored.seek(0)
        try:  # one byte more than it should be is enough to see that it is too long
            content = (gzip.GzipFile(fileobj=stored) if packed else stored).read(file.size + 1)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ValueError(f"is damaged: {error}") from None
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != file.sha256:
        raise ValueError(f"has other content: its SHA-256 is {sha256[:12]}…, not {file.sha256[:12]}…")
    return content


def _asked(
    file: File,
    mirrors: Sequence[str],
    folder: Path,
    timeout: float,
    rounds: int,
    pause: float,
    progress: bool | None,
) -> tuple[bytes | None, dict[str, str]]:
    """The content, now in the folder too; or None, and why each mirror did not give it."""
    willing, reasons = list(dict.fromkeys(mirrors)), {}
    for turn in range(rounds):
        if turn and willing:
            time.sleep(pause * 2 ** (turn - 1))
        for mirror in tuple(willing):
            url = f"{mirror.rstrip('/')}/{file.name}"
            # Each mirror has its own: the first half of one and the second of another need not fit together.
            part = folder / f".{file.name}.{hashlib.sha256(url.encode()).hexdigest()[:8]}.part"
            try:
                _transfer(url, part, file, timeout, progress)
                with _disk(file, folder):
                    content = _content(part, file)
            except FolderError:
                raise
            except _Refused as refusal:
                willing.remove(mirror)
                reasons[mirror] = str(refusal)
            except ValueError as error:  # wrong bytes: to go on from them would be of no use
                with _disk(file, folder):
                    part.unlink(missing_ok=True)
                reasons[mirror] = f"what it sent {error}"
            except (OSError, http.client.HTTPException) as error:
                reasons[mirror] = " ".join(str(getattr(error, "reason", error)).split()) or type(error).__name__
            else:
                with _disk(file, folder):
                    os.replace(part, folder / file.name)
                    for other in folder.glob(f".{file.name}.*.part"):
                        other.unlink(missing_ok=True)
                return content, {}
    return None, reasons


def _transfer(url: str, part: Path, file: File, timeout: float, progress: bool | None) -> None:
    """Brings into ``part`` what it still lacks. It is whole if this returns, as far as the mirror tells."""
    from tqdm import tqdm

    folder = part.parent
    with _disk(file, folder):
        got = part.stat().st_size if part.exists() else 0
    headers = {"User-Agent": "vae_utils", "Accept-Encoding": "identity"}  # gzip is the file's own affair
    if got:
        headers["Range"] = f"bytes={got}-"
    try:
        response = urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=timeout, context=_trusted()
        )
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416 and got:  # there is nothing after those bytes, so they may be the whole file
            return
        reason = f"HTTP {error.code} {error.reason}"
        raise (_Refused if error.code < 500 and error.code not in PASSING else OSError)(reason) from None
    with response:
        if response.status == 206:
            if not re.match(rf"bytes {got}-", response.headers.get("Content-Range", "")):
                raise ValueError("is not the part that was asked for")
        else:
            got = 0  # this mirror always sends the whole file
        length = response.headers.get("Content-Length")
        total = got + int(length) if length else None
        most = file.size + file.size // 1000 + 4096  # what gzip makes of a file that cannot be compressed
        with _disk(file, folder):
            sink = open(part, "ab" if got else "wb", buffering=0)  # a full disk shows when it is full
        bar = tqdm(
            desc=file.name,
            total=total,
            initial=got,
            unit="B",
            unit_scale=True,
            disable=None if progress is None else not progress,  # None: unless this is a terminal
        )
        with sink, bar:
            since, before = time.monotonic(), got
            while block := response.read1(CHUNK):
                with _disk(file, folder):
                    _write(sink, block)
                got += len(block)
                bar.update(len(block))
                if got > most:
                    raise ValueError(f"is longer than {most} bytes")
                if (seconds := time.monotonic() - since) > timeout:
                    if got - before < SLOWEST * seconds:
                        raise TimeoutError(f"sent {got - before} bytes in {seconds:.0f} seconds")
                    since, before = time.monotonic(), got
            with _disk(file, folder):
                os.fsync(sink.fileno())
        if total is not None and got != total:
            raise OSError(f"stopped after {got} of {total} bytes")


def _write(sink: io.FileIO, block: bytes) -> None:
    """All of it: an unbuffered file may take less than it is given."""
    rest = memoryview(block)
    while rest:
        rest = rest[sink.write(rest) :]


@functools.cache
def _trusted() -> ssl.SSLContext:
    """The authorities that the system trusts, and certifi's: Python for macOS may have none of its own."""
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


@contextmanager
def _alone(file: File, folder: Path, patience: float) -> Iterator[None]:
    """Only one process at a time. The system frees the lock when its holder ends, however that ends."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / f".{file.name}.lock", timeout=patience)  # an empty file, which stays
    with _disk(file, folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout:
            raise FolderError(
                f"{file.name} has been on its way into {folder} in another process for {patience:g} seconds: "
                "wait for that process, or end it"
            ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _disk(file: File, folder: Path) -> Iterator[None]:
    """What fails in here is the disk's fault and no mirror's: it ends the call, with one sentence."""
    try:
        yield
    except FolderError:
        raise
    except OSError as error:
        raise FolderError(
            f"{file.name} cannot be kept in {folder} ({error.strerror or error}): "
            f"mend that, or set {VARIABLE} to another folder"
        ) from None
