#!/usr/bin/env python3
"""The course's commands: python course.py COMMAND. Each is also a make target, e.g. `make book`.

Only the standard library is used here, because this file is what installs everything else: into .venv, from
requirements.lock, whenever the lock, pyproject.toml or the Python version changed. (An old Python must be
able to read this file, if only to say that it is too old: no syntax newer than Python 3.6's.)
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LAB = ROOT / ".venv-lab"
BENCH = ROOT / ".venv-bench"
LOCK = ROOT / "requirements.lock"
PYPROJECT = ROOT / "pyproject.toml"
BUILD = ROOT / "_build"
OLDEST, NEWEST = (3, 11), (3, 14)  # torch 2.13.0 has wheels for these and those between


class Stop(Exception):
    """Ends a command with one sentence for the reader instead of a traceback."""


# --- What can go wrong while installing, in one sentence each ---


def problem(version, system, machine, has_venv, env):
    """Why the course cannot be installed on this Python and machine and what to do, or None."""
    python = "{}.{}".format(*version)
    if not OLDEST <= version <= NEWEST:
        age = "old" if version < OLDEST else "new"
        span = "{}.{} to {}.{}".format(*OLDEST, *NEWEST)
        return (
            f"Python {python} is too {age}: torch 2.13.0 and this course need Python {span}; "
            "install one of those and name it, e.g. `make book PYTHON=python3.12`."
        )
    if not has_venv:
        return (
            "This Python lacks the venv module: install it (on Debian and Ubuntu: "
            f"`sudo apt install python{python}-venv`) and run the same command again."
        )
    own_wheel = env.get("TORCH_INDEX_URL") or env.get("PIP_FIND_LINKS")
    if (system, machine) == ("Darwin", "x86_64") and not own_wheel:
        return (
            "torch 2.13.0 has no wheel for Intel Macs: with an Apple chip use an arm64 Python; on an "
            "Intel Mac use a Linux container, or set TORCH_INDEX_URL to an index that has such a wheel."
        )
    if machine == "win-arm64" and not own_wheel:
        return "torch 2.13.0 has no wheel for Windows on ARM: install the x64 Python, which Windows emulates."
    return None


def explain(log):
    """What to do about a failed installation, from what pip said."""
    if re.search(r"No space left|Errno 28|WinError 112", log):
        return "The disk is full: free some space (torch alone takes 1 GB) and run the same command again."
    unreachable = "NewConnectionError|NameResolutionError|Connect(ion)?Timeout|ReadTimeout|Read timed out"
    if re.search(unreachable + "|ProxyError|SSLError|ConnectionReset|Connection broken|unreachable", log):
        return (
            "The package index could not be reached: check the network or proxy, or set PIP_INDEX_URL to a "
            "mirror near you, and run the same command again."
        )
    missing = re.search(r"No matching distribution found for (\S+)", log)
    if missing:
        where = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
        return (
            f"The package index has no {missing.group(1)} for {where}: set PIP_INDEX_URL (for torch: "
            "TORCH_INDEX_URL) to an index that has it, or use another Python."
        )
    last = [line.strip() for line in log.splitlines() if line.strip()][-1:] or ["nothing"]
    return f"pip could not install what the course needs; its last words: {last[0]}"


# --- The environment ---


def tool(name, venv=VENV):
    """The path of a program inside a virtual environment, on any system."""
    return venv / "Scripts" / f"{name}.exe" if os.name == "nt" else venv / "bin" / name


def setting(name):
    """A string of pyproject.toml: version, or repository_url (which the book's own extension reads)."""
    return re.search(f'^{name} = "(.*)"', PYPROJECT.read_text(encoding="utf-8"), re.M).group(1)


def environment(**extra):
    """The environment of every child process: ours, less what would lead it out of .venv."""
    strays = ("PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX")
    env = {name: value for name, value in os.environ.items() if name not in strays}
    env.setdefault("REPOSITORY_URL", setting("repository_url"))
    return dict(env, PYTHONUTF8="1", PYTHONNOUSERSITE="1", PIP_DISABLE_PIP_VERSION_CHECK="1", **extra)


def run(*command, **extra):
    """Runs a command at the root, with extra in its environment, and returns its exit status."""
    sys.stdout.flush()
    return subprocess.call([str(part) for part in command], cwd=ROOT, env=environment(**extra))


def pip(python, *args):
    """Runs pip install, showing one line of progress on a terminal; Stop with one sentence if it fails."""
    command = [str(part) for part in (python, "-m", "pip", "install", "--no-input", *args)]
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8", "errors": "replace"}
    log, packages = [], 0
    with subprocess.Popen(command, cwd=ROOT, env=environment(), **pipe) as child:
        for line in child.stdout:
            log.append(line)
            step = re.match(r"(?:Collecting|Requirement already satisfied:) ([\w.-]+)|Installing coll", line)
            if step and sys.stdout.isatty():
                packages += 1
                doing = step.group(1) or "unpacking, a minute or two"
                print(f"\r  {packages} packages: {doing:<50}", end="", flush=True)
    if packages:
        print("\r" + " " * 72, end="\r")
    if child.returncode:
        raise Stop(explain("".join(log)))


def prepare(venv, install):
    """Makes venv and calls install() unless a stamp says that just this was done.

    The stamp goes first and comes back last: whatever interrupts an installation, the next call starts anew.
    """
    stamp = venv / "course-stamp"
    home = f"{platform.python_version()} {platform.machine()} {ROOT}"
    contents = hashlib.sha256(LOCK.read_bytes() + PYPROJECT.read_bytes()).hexdigest()
    old = stamp.read_text(encoding="utf-8").split("\n") if stamp.exists() else [""]
    if old == [home, contents]:
        return
    # on Windows what counts is what Python was built for: an x64 Python runs on ARM too
    machine = sysconfig.get_platform() if os.name == "nt" else platform.machine()
    has_venv = bool(find_spec("venv") and find_spec("ensurepip"))
    why = problem(sys.version_info[:2], platform.system(), machine, has_venv, os.environ)
    if why:
        raise Stop(why)
    print(f"Setting up {venv.name} (the first time this takes a few minutes)", flush=True)
    if old[0] == home:
        stamp.unlink()
    else:
        if Path(sys.prefix).resolve() == venv.resolve():
            raise Stop(f"{venv.name} must be made anew: `deactivate` it, then run the same command again.")
        shutil.rmtree(venv, ignore_errors=True)
        if run(sys.executable, "-m", "venv", venv):
            raise Stop("`python -m venv` failed as told above: mend that and run the same command again.")
    install()
    stamp.write_text(f"{home}\n{contents}", encoding="utf-8")


def setup():
    """Brings .venv up to date: the lock file, then the package itself."""

    def install():
        torch_index = os.environ.get("TORCH_INDEX_URL")
        if torch_index:
            torch = re.search(r"^torch==\S+", LOCK.read_text(encoding="utf-8"), re.M).group()
            pip(tool("python"), "--no-deps", "--index-url", torch_index, torch)
        elif platform.system() == "Linux":
            print("(torch may bring gigabytes of CUDA on Linux; README.md: how TORCH_INDEX_URL avoids that)")
        pip(tool("python"), "-r", LOCK)
        pip(tool("python"), "--no-deps", "--no-build-isolation", "-e", ROOT)

    prepare(VENV, install)


def setup_lab():
    """Brings .venv-lab up to date: JupyterLab, with the kernel of .venv, where torch and vae_utils are."""

    def install():
        import tomllib

        project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
        pip(tool("python", LAB), "-c", LOCK, *project["optional-dependencies"]["lab"])
        if run(tool("python"), *"-m ipykernel install --name python3 --prefix".split(), LAB):
            raise Stop("The course's kernel could not be installed into .venv-lab, for the reason above.")

    prepare(LAB, install)


def setup_bench():
    """Brings .venv-bench up to date: the course, and the libraries that `make bench` holds beside it."""

    def install():
        import tomllib

        project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
        torch = next(pin for pin in project["dependencies"] if pin.startswith("torch=="))
        pip(tool("python", BENCH), torch)
        pip(tool("python", BENCH), torch, *project["dependencies"], *project["optional-dependencies"]["bench"])
        pip(tool("python", BENCH), "setuptools>=77")
        pip(tool("python", BENCH), "--no-deps", "--no-build-isolation", "-e", ROOT)

    prepare(BENCH, install)


# --- The browser that the tests use ---

SHELL = "chromium-headless-shell"  # Chromium without windows: a page opens in it with a quarter of the work
PROGRAMS = "chromium google-chrome google-chrome-stable chromium-browser microsoft-edge microsoft-edge-stable msedge"
MAC_PROGRAMS = ("Google Chrome", "Chromium", "Microsoft Edge")
WINDOWS_PROGRAMS = (r"Google\Chrome\Application\chrome.exe", r"Microsoft\Edge\Application\msedge.exe")
# where `playwright install chromium` puts its own: per system the folder and the program inside
PLAYWRIGHT = {
    "Linux": (".cache", "chromium-*/chrome-linux*/chrome"),
    "Darwin": ("Library/Caches", "chromium-*/chrome-mac*/*.app/Contents/MacOS/*"),
    "Windows": ("AppData/Local", "chromium-*/chrome-win*/chrome.exe"),
}


def chromium():
    """The path of a Chromium, Chrome or Edge: the one named by CHROMIUM, or the first found; None without any."""
    named = os.environ.get("CHROMIUM")
    if named:
        found = shutil.which(named)
        if not found:
            raise Stop(f"CHROMIUM={named} names no program: give the path of Chromium, Chrome or Edge.")
        return Path(found)
    for name in [SHELL, *PROGRAMS.split()]:
        found = shutil.which(name)
        if found:
            return Path(found)
    return next((path for path in usual_places(platform.system()) if path.is_file()), None)


def usual_places(system):
    """Where a browser is installed on a system that does not have it on its PATH."""
    places = []
    if system == "Darwin":
        places += [Path(f"/Applications/{name}.app/Contents/MacOS/{name}") for name in MAC_PROGRAMS]
    if system == "Windows":
        folders = [os.environ.get(name) for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")]
        places += [Path(folder) / program for program in WINDOWS_PROGRAMS for folder in folders if folder]
    if system in PLAYWRIGHT:
        cache, program = PLAYWRIGHT[system]
        folder = os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / cache / "ms-playwright"
        places += sorted(Path(folder).glob(program), reverse=True)  # the newest first
    return places


def is_root():
    """Whether system packages can be installed without asking anybody."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def install_chromium():
    """Installs Debian's package where there is one, if it can the one without windows; else Stop says what to do."""
    sudo = [] if is_root() else ["sudo"]
    if shutil.which("apt-get") and (is_root() or shutil.which("sudo")):
        print("Installing Chromium with apt-get", flush=True)
        run(*sudo, "apt-get", "update")  # a source of another program may be out of reach: apt-get install decides
        if run(*sudo, "apt-get", "install", "-y", SHELL) and not chromium():  # Ubuntu and older Debians lack it
            run(*sudo, "apt-get", "install", "-y", "chromium")
    if not chromium():
        own = tool("playwright", VENV).relative_to(ROOT)
        raise Stop(
            "No Chromium, Chrome or Edge was found: install one as your system does it, or by "
            f"`{own} install chromium`, or set CHROMIUM to its path, and run the same command again."
        )


# --- The commands; the docstrings are what `make help` shows ---


def book(args):
    """build the book from the stored outputs and say where it is"""
    setup()
    status = run(tool("jupyter-book"), "build", ".", "-W", "-n", "--keep-going")
    page = BUILD / "html" / "index.html"
    if status or not page.exists():
        # Sphinx would not read a faulty page again, so the next build would pass: make it read them all
        shutil.rmtree(BUILD / ".doctrees", ignore_errors=True)
        raise Stop("The book was not built: each warning above counts as an error.")
    print(f"\nThe book is built: open {page.relative_to(ROOT)} in a browser, or the address\n{page.as_uri()}")


def test(args):
    """run every test, then every chapter, and compare with what is stored"""
    setup()
    BUILD.mkdir(exist_ok=True)
    # two processes of one thread each: two of two threads are several times slower on two cores
    extra = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS")}
    extra["PYTHONPATH"] = str(ROOT / "tests" / "offline")  # connections that leave this machine are refused
    suites = {
        "tests": "tests --ignore tests/browser --cov --dist loadscope",
        "browser": "tests/browser --dist load",
        # exercises wait for an answer, so tests of their own judge them
        "chapters": "chapters --nbval --nbval-current-env --nbval-cell-timeout 120 --dist loadscope"
        " --ignore chapters/exercises",
    }
    results = []
    with tempfile.TemporaryDirectory(prefix="vae-course-book-") as folder:
        extra["BUILT_BOOK"] = folder  # two suites read the pages, and building them takes most of a minute
        for name, options in suites.items():
            report = BUILD / f"pytest-{name}.xml"
            if report.exists():
                report.unlink()  # what a former run says must not count
            print(f"\npytest {options}")
            options = [*options.split(), "-n", "2", f"--junitxml={report}"]
            results.append((name, run(tool("python"), "-m", "pytest", *options, **extra), report))
    return summarise(results)


def summarise(results):
    """Prints what passed, what was skipped and why; 1 unless every suite exited with 0 and passed a test.

    Tests that lack what `make browser` installs may all be skipped, but not quietly.
    """
    from xml.etree import ElementTree

    total, red, homeless, imageless = [0, 0, 0], [], 0, 0
    print("\n             passed   failed  skipped  seconds")
    for name, status, report in results:
        suite = ElementTree.Element("testsuite")
        if report.exists():
            suite = ElementTree.parse(report).find("testsuite")
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped = int(suite.get("skipped", 0))
        passed = int(suite.get("tests", 0)) - failed - skipped
        print(f"{name:10} {passed:8} {failed:8} {skipped:8} {float(suite.get('time', 0)):8.0f}")
        reasons = {}
        for case in suite.findall("testcase[skipped]"):
            reasons.setdefault(case.find("skipped").get("message"), []).append(case.get("name"))
        for reason, names in reasons.items():
            more = f" and {len(names) - 1} more" if names[1:] else ""
            print(f"  skipped {names[0]}{more}: {reason}")
        without = sum(len(names) for reason, names in reasons.items() if "`make browser`" in reason)
        imageless += sum(len(names) for reason, names in reasons.items() if "VAE_UTILS_TEST_MNIST" in reason)
        if status or failed or not (passed or without):
            red.append(f"{name} (pytest's exit status {status}, {passed} passed)")
        total = [total[0] + passed, total[1] + failed, total[2] + skipped]
        homeless += without
    if homeless:
        print(f"!!! {homeless} BROWSER TESTS WERE SKIPPED: `make browser` installs what they need. !!!")
    if imageless:
        print(
            f"!!! {imageless} TESTS ON REAL IMAGES WERE SKIPPED, chapter 11 among them: let VAE_UTILS_TEST_MNIST "
            "name a folder with MNIST's four files. !!!"
        )
    print("Red: " + "; ".join(red) if red else "All green.")
    print("{} passed, {} failed, {} skipped".format(*total))
    return 1 if red else 0


def chapters(args):
    """re-execute the stale chapters (or --all, or those named) and store them"""
    setup()
    return run(tool("python"), ROOT / "book" / "tools" / "chapters.py", *args)


def exercises(args):
    """make the exercise notebooks and their solutions from book/exercises (--verify: only compare)"""
    setup()
    return run(tool("python"), ROOT / "book" / "tools" / "exercises.py", *args)


def lab(args):
    """open the chapters in JupyterLab"""
    setup()
    setup_lab()
    return run(tool("jupyter-lab", LAB), "--notebook-dir", ROOT / "chapters", *args)


def browser(args):
    """install what the browser tests need: Chromium, and JupyterLab"""
    setup()
    better = is_root() and shutil.which("apt-get") and not (os.environ.get("CHROMIUM") or shutil.which(SHELL))
    if not chromium() or better:
        install_chromium()
    print(f"The browser tests use {chromium()}")
    setup_lab()
    print(f"and the JupyterLab in {LAB.name}")


def bench(args):
    """time the training beside pytorch/examples, pythae, Pyro and Lightning, on MNIST"""
    setup_bench()
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS")}
    return run(tool("python", BENCH), "-m", "book.benchmarks.run", *args, **threads)


def bench_pages(args):
    """measure every page of the book in Chromium, beside a stock Jupyter Book"""
    setup()
    return run(tool("python"), ROOT / "book" / "tools" / "bench_pages.py", *args)


def serve(args):
    """serve the built book on this machine only"""
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    if not (BUILD / "html" / "index.html").exists():
        book([])
    handler = partial(SimpleHTTPRequestHandler, directory=str(BUILD / "html"))
    try:
        server = ThreadingHTTPServer(("127.0.0.1", 8000), handler)
    except OSError:
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)  # that port is taken: any free one
    print(f"The book is at http://127.0.0.1:{server.server_port}/ (Ctrl-C ends this)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()


def dist(args):
    """write a zip of the book and the notebooks to carry away"""
    from zipfile import ZIP_DEFLATED, ZipFile

    book([])
    html = BUILD / "html"
    files = {f"book/{f.relative_to(html).as_posix()}": f for f in html.rglob("*") if f.is_file()}
    for folder in ("chapters", "chapters/exercises"):
        files.update({f"{folder}/{f.name}": f for f in (ROOT / folder).glob("*.ipynb")})
    files.update({f.name: f for pattern in ("README*", "LICENSE*", "THIRD*") for f in ROOT.glob(pattern)})
    name = "vae-course-" + setting("version")
    target = ROOT / "dist" / f"{name}.zip"
    target.parent.mkdir(exist_ok=True)
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for inside, path in sorted(files.items()):
            archive.write(path, f"{name}/{inside}")
    megabytes = target.stat().st_size / 1e6
    print(f"{target.relative_to(ROOT)} ({megabytes:.1f} MB): unpack it and open book/index.html")


def lint(args):
    """look for mistakes with ruff (--fix mends what it can)"""
    setup()
    mistakes = run(tool("ruff"), "check", ".", *args)
    return run(tool("ruff"), "format", ".", *([] if "--fix" in args else ["--check"])) or mistakes


def lock(args):
    """resolve pyproject.toml into requirements.lock (--upgrade: to newest versions)"""
    setup()
    pip(tool("python"), "uv")
    oldest = "{}.{}".format(*OLDEST)
    options = f"--extra book --extra test --extra train --universal --python-version {oldest} --fork-strategy fewest"
    options += " --no-header --annotation-style line --quiet --output-file " + LOCK.name
    mirror = os.environ.get("PIP_INDEX_URL")
    extra = {"UV_DEFAULT_INDEX": mirror} if mirror else {}
    if run(tool("uv"), "pip", "compile", PYPROJECT.name, *options.split(), *args, **extra):
        raise Stop("The lock file was not renewed, for the reason above.")
    LOCK.write_text(slim(LOCK.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


def slim(resolved):
    """The resolved requirements, less CUDA's: torch's own wheel asks for those if it needs them."""
    header = "# For every system and supported Python. Made by `python course.py lock`: don't edit.\n"
    unwanted = re.compile("#|nvidia-|cuda-|triton")
    return header + "".join(line for line in resolved.splitlines(True) if not unwanted.match(line))


def clean(args):
    """remove what was built (--all: the environments too)"""
    doomed = "_build dist build .pytest_cache .ruff_cache .hypothesis".split()
    doomed += [".venv", ".venv-lab", ".venv-bench", "vae_utils.egg-info"] if "--all" in args else []
    caches = [cache for top in ("vae_utils", "tests", "book") for cache in (ROOT / top).rglob("__pycache__")]
    for path in [ROOT / name for name in doomed] + caches:
        shutil.rmtree(path, ignore_errors=True)


def help(args):
    """show this list"""
    print("Usage: make COMMAND, or python course.py COMMAND\n")
    for name, command in COMMANDS.items():
        print(f"  {name:11} {command.__doc__}")


FUNCTIONS = (book, test, chapters, exercises, lab, browser, bench, bench_pages, serve, dist, lint, lock, clean, help)
COMMANDS = {f.__name__.replace("_", "-"): f for f in FUNCTIONS}


def main(args):
    """Runs one command and returns its exit status."""
    name, rest = (args[0], args[1:]) if args else ("help", [])
    if name not in COMMANDS:
        print(f"There is no command {name!r}.\n", file=sys.stderr)
        help([])
        return 2
    try:
        return COMMANDS[name](rest) or 0
    except Stop as sentence:
        print(f"\n{sentence}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted: the same command starts over cleanly.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
