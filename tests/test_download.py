"""Downloads from mirrors on this machine that truncate, corrupt, stall and fail: whole and right, or not there."""

import contextlib
import gzip
import hashlib
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from filelock import FileLock

from tests.idx_server import serving
from vae_utils import download
from vae_utils.download import DownloadError, File, FolderError, fetch

CONTENT = random.Random(0).randbytes(20_000)  # hard to compress, so half of the packed file is half of the content
PACKED = gzip.compress(CONTENT, mtime=0)
FILE = File("a-idx1-ubyte.gz", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
LONG = random.Random(1).randbytes(100_000)  # half a second from the slow mirror
LONG_FILE = File("long.gz", len(LONG), hashlib.sha256(LONG).hexdigest())
QUICK = {"pause": 0.0, "timeout": 20.0}  # a mirror that answers may take its time on a busy machine
posix = pytest.mark.skipif(os.name == "nt", reason="needs kill -9, limits and terminals as Unix has them")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """A proxy of the machine that runs this must not stand between us and ourselves."""
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def server():
    with serving({FILE.name: PACKED, LONG_FILE.name: gzip.compress(LONG, mtime=0)}) as running:
        yield running


def visible(folder):
    """Names of the files that a reader would take for data."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def parts(folder):
    return sorted(folder.glob(".*.part"))


def is_one_sentence(error):
    text = str(error)
    return "\n" not in text and ". " not in text and len(text) < 1000


# --- What should happen ---


def test_a_file_is_downloaded_once(tmp_path, server):
    folder = tmp_path / "deep" / "cache"
    assert fetch(FILE, [server.mirror("good")], folder) == CONTENT
    assert visible(folder) == [FILE.name] and not parts(folder)
    assert (folder / FILE.name).read_bytes() == PACKED  # as it came
    assert fetch(FILE, [server.mirror("good")], folder) == CONTENT
    assert fetch(FILE, [], folder) == CONTENT
    assert server.asked("good") == [None]


def test_a_file_put_there_by_hand_is_taken_packed_or_not(tmp_path):
    for name, stored in {FILE.name: PACKED, "a-idx1-ubyte": CONTENT}.items():
        (tmp_path / name).write_bytes(stored)
        assert fetch(FILE, [], tmp_path) == CONTENT
        (tmp_path / name).unlink()


@pytest.mark.parametrize(
    ("behaviour", "requests"),
    [
        ("whole", 1),
        ("unannounced", 1),
        ("raw", 1),
        ("repacked", 1),
        ("flaky", 3),
        ("corrupt_once", 2),
        ("broken_once", 2),
        ("broken_once_whole", 2),
        ("half", 16),  # of 20,028 bytes, half of what is left comes each time: the 15th ends it, rounded up
    ],
)
def test_mirrors_with_whims_still_serve(tmp_path, server, behaviour, requests):
    assert fetch(FILE, [server.mirror(behaviour)], tmp_path, rounds=30, **QUICK) == CONTENT
    assert len(server.asked(behaviour)) <= requests
    assert visible(tmp_path) == [FILE.name] and not parts(tmp_path)


def test_a_mirror_may_send_its_clients_elsewhere(tmp_path, server):
    assert fetch(FILE, [server.mirror("moved")], tmp_path, **QUICK) == CONTENT
    assert server.asked("moved") == server.asked("good") == [None]


# --- What should not, and does ---

HALF = len(PACKED) // 2
FAILURES = {  # behaviour: (what the sentence says, requests in two rounds, whether a later call can go on from there)
    "403": ("HTTP 403 Forbidden", 1, False),
    "404": ("HTTP 404 Not Found", 1, False),
    "410": ("HTTP 410 Gone", 1, False),
    "429": ("HTTP 429 Too Many Requests", 2, False),
    "500": ("HTTP 500 Internal Server Error", 2, False),
    "503": ("HTTP 503 Service Unavailable", 2, False),
    "half_whole": (f"stopped after {HALF} of {len(PACKED)} bytes", 2, True),
    "unannounced_half": ("what it sent is damaged: Compressed file ended", 2, False),
    "corrupt": ("what it sent is damaged: |what it sent has other content", 2, False),
    "page": ("what it sent has other content: its SHA-256 is", 2, False),
    "other": ("what it sent has other content: its SHA-256 is", 2, False),
    "endless": ("what it sent is longer than 24116 bytes", 2, False),
    "garbage": ("what", 2, False),
    "shifted": ("is not the part that was asked for", 2, False),
    "silent": ("timed out", 2, False),
    "stalled": ("timed out", 2, True),
    "drip": (r"sent \d+ bytes in \d seconds", 2, True),
}
IMPATIENT = {"silent", "stalled", "drip"}


@pytest.mark.parametrize("behaviour", FAILURES)
def test_mirrors_that_fail_give_a_sentence_and_leave_no_file(tmp_path, server, behaviour):
    reason, requests, resumable = FAILURES[behaviour]
    how = QUICK | {"timeout": 0.2} if behaviour in IMPATIENT else QUICK
    began = time.monotonic()
    with pytest.raises(DownloadError, match=reason) as caught:
        fetch(FILE, [server.mirror(behaviour)], tmp_path, rounds=2, **how)
    assert time.monotonic() - began < 10
    assert is_one_sentence(caught.value) and FILE.name in str(caught.value) and str(tmp_path) in str(caught.value)
    assert "127.0.0.1" in str(caught.value)
    assert len(server.asked(behaviour)) == requests
    assert visible(tmp_path) == [] and bool(parts(tmp_path)) == resumable
    # and it is no obstacle to the next mirror, nor to the next call
    assert fetch(FILE, [server.mirror(behaviour), server.mirror("whole")], tmp_path, rounds=9, **how) == CONTENT
    assert visible(tmp_path) == [FILE.name] and not parts(tmp_path)


def test_every_mirror_is_named_with_its_reason(tmp_path, server):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # nobody listens there
        dead = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        mirrors = [dead, server.mirror("404"), "no-address"]
        with pytest.raises(DownloadError) as caught:
            fetch(FILE, mirrors, tmp_path, rounds=1)
    assert is_one_sentence(caught.value)
    for reason in ("refused", "404", "no-address: what it sent unknown url type", dead.removeprefix("http://")[:-1]):
        assert reason in str(caught.value)


def test_without_mirrors_the_sentence_names_the_folder(tmp_path):
    with pytest.raises(
        DownloadError, match=re.escape(f"{FILE.name} is not in {tmp_path / 'x'} and no mirror was named")
    ):
        fetch(FILE, [], tmp_path / "x")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("how", "error", "sentence"),
    [
        ({"mirrors": "http://127.0.0.1/"}, TypeError, "mirrors must be a sequence of addresses, got the string 'http"),
        ({"rounds": 0}, ValueError, "rounds must be at least 1, got 0"),
        ({"timeout": 0.0}, ValueError, "timeout must be above 0 seconds, got 0.0"),
        ({"timeout": float("nan")}, ValueError, "timeout must be above 0 seconds, got nan"),
    ],
)
def test_bad_arguments_get_a_sentence(tmp_path, how, error, sentence):
    with pytest.raises(error, match=sentence):
        fetch(FILE, **({"mirrors": [], "folder": tmp_path} | how))


def test_each_pause_is_twice_as_long(tmp_path, server, monkeypatch):
    pauses = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    with pytest.raises(DownloadError):
        fetch(FILE, [server.mirror("500"), server.mirror("503")], tmp_path, rounds=4, pause=0.5)
    assert pauses == [0.5, 1.0, 2.0]
    pauses.clear()
    with pytest.raises(DownloadError):
        fetch(FILE, [server.mirror("404")], tmp_path, rounds=4, pause=0.5)
    assert pauses == []  # nobody is left to wait for


# --- Going on where it stopped ---


def test_the_next_call_asks_for_the_rest(tmp_path, server):
    mirror = server.mirror("broken_once")
    with pytest.raises(DownloadError):
        fetch(FILE, [mirror], tmp_path, rounds=1, **QUICK)
    (part,) = parts(tmp_path)
    there = part.stat().st_size
    assert PACKED.startswith(part.read_bytes()) and there == (len(PACKED) + 1) // 2
    assert fetch(FILE, [mirror], tmp_path, **QUICK) == CONTENT
    assert server.asked("broken_once") == [None, f"bytes={there}-"]


def test_halves_of_different_mirrors_are_not_joined(tmp_path, server):
    with pytest.raises(DownloadError):
        fetch(FILE, [server.mirror("broken_once")], tmp_path, rounds=1, **QUICK)
    assert fetch(FILE, [server.mirror("repacked")], tmp_path, **QUICK) == CONTENT
    assert server.asked("repacked") == [None] and not parts(tmp_path)


def test_a_mirror_that_changed_its_file_meanwhile_is_asked_for_all_of_it(tmp_path, server):
    with pytest.raises(DownloadError):
        fetch(FILE, [server.mirror("broken_once")], tmp_path, rounds=1, **QUICK)
    server.files[FILE.name] = gzip.compress(CONTENT, 1, mtime=2)
    assert fetch(FILE, [server.mirror("broken_once")], tmp_path, rounds=2, **QUICK) == CONTENT
    assert [bool(extent) for extent in server.asked("broken_once")] == [False, True, False]


@pytest.mark.parametrize("longer", [b"", b"!", b"!" * 30_000])
def test_killed_between_the_last_byte_and_the_move(tmp_path, server, longer):
    with pytest.raises(DownloadError):
        fetch(FILE, [server.mirror("broken_once")], tmp_path, rounds=1, **QUICK)
    (part,) = parts(tmp_path)
    part.write_bytes(PACKED + longer)
    assert fetch(FILE, [server.mirror("broken_once")], tmp_path, rounds=2, **QUICK) == CONTENT
    # nothing is sent a second time, unless what is there is not the file
    assert len(server.asked("broken_once")) == (3 if longer else 2)


CHILD = """
import os, sys, time
from pathlib import Path
import certifi, filelock, tqdm
from vae_utils.download import File, fetch
mirror, folder, name, size, sha256, go, user = sys.argv[1:]
if user:  # after the imports: Python may lie where only root can read
    os.setuid(int(user))
while go and not Path(go).exists():
    time.sleep(0.005)
print(len(fetch(File(name, int(size), sha256), [mirror], folder, timeout=20.0)), flush=True)
"""


def child(mirror, folder, file=LONG_FILE, go="", user="", **how):
    """Another process that fetches a file, as soon as the file ``go`` is there, and with the rights of ``user``."""
    arguments = (mirror, folder, file.name, file.size, file.sha256, go, user)
    command = [sys.executable, "-c", CHILD, *map(str, arguments)]
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | how
    return subprocess.Popen(command, cwd=Path(__file__).parent.parent, **how)


def wait_for_part(folder, size, process):
    deadline = time.monotonic() + 20
    while not any(part.stat().st_size >= size for part in parts(folder)):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.005)


@posix
def test_kill_9_in_mid_download_leaves_no_half_file(tmp_path, server):
    mirror = server.mirror("slow")
    process = child(mirror, tmp_path)
    wait_for_part(tmp_path, 20_000, process)
    process.kill()  # SIGKILL
    out, _ = process.communicate()
    assert process.returncode == -signal.SIGKILL and out == ""
    assert visible(tmp_path) == []
    (part,) = parts(tmp_path)
    there = part.stat().st_size
    assert 20_000 <= there < 100_000
    assert fetch(LONG_FILE, [mirror], tmp_path, patience=0.0, **QUICK) == LONG  # nobody holds the lock any more
    assert server.asked("slow") == [None, f"bytes={there}-"]
    assert visible(tmp_path) == [LONG_FILE.name] and not parts(tmp_path)


@posix
def test_a_second_process_takes_over_from_one_that_is_killed(tmp_path, server):
    first = child(server.mirror("slow"), tmp_path)
    wait_for_part(tmp_path, 10_000, first)
    second = child(server.mirror("slow"), tmp_path)
    wait_for_part(tmp_path, 30_000, first)
    first.kill()
    first.communicate()
    out, errors = second.communicate(timeout=20)
    assert (out, errors) == ("100000\n", "")
    assert len(server.asked("slow")) == 2 and server.asked("slow")[1] is not None


def test_processes_that_start_at_once_download_once(tmp_path, server):
    go = tmp_path / "go"
    processes = [child(server.mirror("slow"), tmp_path / "cache", go=go) for _ in range(3)]
    time.sleep(0.3)
    go.touch()
    assert [process.communicate(timeout=30) for process in processes] == [("100000\n", "")] * 3
    assert server.asked("slow") == [None]
    assert visible(tmp_path / "cache") == [LONG_FILE.name] and not parts(tmp_path / "cache")


def test_waiting_for_another_process_has_an_end(tmp_path):
    with FileLock(tmp_path / f".{FILE.name}.lock"), pytest.raises(FolderError, match="in another process") as caught:
        fetch(FILE, ["http://127.0.0.1:9/"], tmp_path, patience=0.1)
    assert is_one_sentence(caught.value) and str(tmp_path) in str(caught.value)


# --- What is wrong on this side ---


def test_a_damaged_file_is_replaced(tmp_path, server):
    (tmp_path / FILE.name).write_bytes(PACKED[:-100])
    with pytest.raises(DownloadError, match=rf"\({FILE.name} there is damaged: .*\) and no mirror was named"):
        fetch(FILE, [], tmp_path)
    assert (tmp_path / FILE.name).exists()  # somebody may want to look at it
    assert fetch(FILE, [server.mirror("good")], tmp_path) == CONTENT
    (tmp_path / FILE.name).write_bytes(gzip.compress(b"something else"))
    with pytest.raises(DownloadError, match=rf"\({FILE.name} there has other content: its SHA-256 is .*404"):
        fetch(FILE, [server.mirror("404")], tmp_path)
    assert fetch(FILE, [server.mirror("good")], tmp_path) == CONTENT
    assert (tmp_path / FILE.name).read_bytes() == PACKED


def test_a_file_that_unpacks_to_too_much_is_not_unpacked(tmp_path):
    """Two gigabytes of zeros have two megabytes when packed; no more of them is read than the file should have."""
    (tmp_path / FILE.name).write_bytes(gzip.compress(bytes(10_000_000)) * 200)
    began = time.monotonic()
    with pytest.raises(DownloadError, match="there has other content"):
        fetch(FILE, [], tmp_path)
    assert time.monotonic() - began < 0.5


def says_what_to_do(error, folder):
    return is_one_sentence(error) and str(folder) in str(error) and "VAE_UTILS_DATA" in str(error)


def test_a_folder_that_cannot_be_made(tmp_path, server):
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderError) as caught:
        fetch(FILE, [server.mirror("good")], tmp_path / "file" / "cache")
    assert says_what_to_do(caught.value, tmp_path / "file" / "cache") and not server.requests


@contextlib.contextmanager
def read_only(files):
    """A folder that a process without root's rights cannot write to, and a user without them."""
    with tempfile.TemporaryDirectory() as top:
        folder = Path(top) / "cache"
        folder.mkdir()
        for name, stored in files.items():
            (folder / name).write_bytes(stored)
        os.chmod(top, 0o755)
        os.chmod(folder, 0o555)
        try:
            yield folder, 65534 if os.geteuid() == 0 else ""
        finally:
            os.chmod(folder, 0o755)


@posix
def test_a_read_only_folder_serves_what_it_has(server):
    with read_only({FILE.name: PACKED}) as (folder, user):
        assert child("http://127.0.0.1:9/", folder, FILE, user=user).communicate(timeout=20) == ("20000\n", "")
    with read_only({}) as (folder, user):
        out, errors = child(server.mirror("good"), folder, FILE, user=user).communicate(timeout=20)
        sentence = errors.strip().splitlines()[-1].removeprefix("vae_utils.download.FolderError: ")
        assert out == "" and "Permission denied" in sentence and says_what_to_do(sentence, folder)
        assert list(folder.iterdir()) == [] and not server.requests


@posix
def test_a_full_disk_is_not_taken_for_a_bad_mirror(tmp_path, server):
    """A limit on the size of files stands in for the disk: the same failure of the same call."""
    import resource

    def small_disk():
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))

    process = child(server.mirror("whole"), tmp_path, preexec_fn=small_disk)
    out, errors = process.communicate(timeout=20)
    sentence = errors.strip().splitlines()[-1].removeprefix("vae_utils.download.FolderError: ")
    assert out == "" and "File too large" in sentence and says_what_to_do(sentence, tmp_path)
    assert server.asked("whole") == [None] and visible(tmp_path) == []
    assert fetch(LONG_FILE, [server.mirror("good")], tmp_path, **QUICK) == LONG  # when there is room again


def test_a_disk_may_take_less_at_a_time_than_it_is_given():
    class Slow:
        taken = b""

        def write(self, block):
            self.taken += bytes(block[:3])
            return min(3, len(block))

    sink = Slow()
    download._write(sink, b"0123456789")
    assert sink.taken == b"0123456789"


# --- Where and how ---


def test_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("VAE_UTILS_DATA", str(tmp_path))
    assert download.data_folder("mnist") == tmp_path / "mnist"
    monkeypatch.setenv("VAE_UTILS_DATA", "here")
    assert download.data_folder("mnist") == Path.cwd() / "here" / "mnist"  # a sentence names the whole path
    monkeypatch.setenv("VAE_UTILS_DATA", "~/data")
    assert download.data_folder("mnist") == Path.home() / "data" / "mnist"
    for unset in ("", None):
        monkeypatch.setenv("VAE_UTILS_DATA", "") if unset == "" else monkeypatch.delenv("VAE_UTILS_DATA")
        folder = download.data_folder("mnist")
        assert folder.is_absolute() and folder.parts[-2:] in {("vae_utils", "mnist"), ("Cache", "mnist")}


@pytest.mark.skipif(sys.platform != "linux", reason="where Linux keeps its caches")
def test_the_cache_folder_of_the_platform(monkeypatch, tmp_path):
    monkeypatch.delenv("VAE_UTILS_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert download.data_folder("mnist") == tmp_path / "vae_utils" / "mnist"


def test_a_bar_only_on_a_terminal_or_when_asked_for(tmp_path, server, capfd):
    fetch(FILE, [server.mirror("good")], tmp_path / "a")
    assert capfd.readouterr() == ("", "")
    fetch(FILE, [server.mirror("good")], tmp_path / "b", progress=True)
    out, errors = capfd.readouterr()
    assert out == "" and FILE.name in errors and "100%" in errors and "20.0k/20.0k" in errors


@posix
def test_a_bar_on_a_terminal(tmp_path, server):
    import pty
    import termios

    ours, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 100))
    process = child(server.mirror("slow"), tmp_path, stderr=terminal)
    os.close(terminal)
    drawn = b""
    with contextlib.suppress(OSError):  # Linux's way of saying that the other end was closed
        while block := os.read(ours, 1024):
            drawn += block
    os.close(ours)
    assert process.communicate(timeout=20)[0] == "100000\n"
    assert b"long.gz" in drawn and b"100%" in drawn and drawn.count(b"\r") > 2  # it moved


def test_certificates_are_checked_against_known_authorities():
    import ssl

    context = download._trusted()
    assert context.verify_mode == ssl.CERT_REQUIRED and context.check_hostname and context.get_ca_certs()
