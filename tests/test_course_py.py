"""course.py: what installs, builds and judges everything else has to be judged itself."""

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from functools import cache
from pathlib import Path

import pytest

import course

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SUPPORTED = [(3, 11), (3, 12), (3, 13), (3, 14)]


def is_one_sentence(text):
    """One line for the reader, ended by a full stop, and no traceback."""
    return "\n" not in text and text.endswith(".") and "Traceback" not in text


# --- a machine or a Python on which the course cannot be installed ---


@pytest.mark.parametrize("version", SUPPORTED)
@pytest.mark.parametrize(
    "where", [("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "arm64"), ("Windows", "win-amd64")]
)
def test_nothing_is_wrong_where_torch_has_a_wheel(version, where):
    assert course.problem(version, *where, True, {}) is None


@pytest.mark.parametrize(
    "version, where, has_venv, words",
    [
        ((3, 10), ("Linux", "x86_64"), True, ["3.10", "too old", "3.11 to 3.14", "PYTHON="]),
        ((2, 7), ("Linux", "x86_64"), True, ["2.7", "too old"]),
        ((3, 15), ("Linux", "x86_64"), True, ["3.15", "too new", "3.11 to 3.14"]),
        ((3, 12), ("Linux", "x86_64"), False, ["venv", "apt install python3.12-venv"]),
        ((3, 12), ("Darwin", "x86_64"), True, ["Intel Mac", "TORCH_INDEX_URL"]),
        ((3, 12), ("Windows", "win-arm64"), True, ["Windows on ARM", "x64 Python"]),
    ],
)
def test_each_obstacle_has_its_sentence(version, where, has_venv, words):
    sentence = course.problem(version, *where, has_venv, {})
    assert is_one_sentence(sentence)
    assert all(word in sentence for word in words), sentence


@pytest.mark.parametrize("variable", ["TORCH_INDEX_URL", "PIP_FIND_LINKS"])
def test_an_intel_mac_with_a_wheel_of_its_own_is_let_through(variable):
    assert course.problem((3, 12), "Darwin", "x86_64", True, {variable: "somewhere"}) is None


def test_an_old_python_can_read_the_file_that_turns_it_away():
    ast.parse((ROOT / "course.py").read_text(encoding="utf-8"), feature_version=(3, 6))


def test_the_supported_pythons_are_named_alike_everywhere():
    assert (course.OLDEST, course.NEWEST) == (SUPPORTED[0], SUPPORTED[-1])
    assert PROJECT["requires-python"] == ">={}.{}".format(*course.OLDEST)


@pytest.mark.parametrize("name", ["test", "nightly"])
def test_both_commands_run_on_three_pythons_and_three_systems(name):
    workflow = (ROOT / ".github" / "workflows" / f"{name}.yml").read_text(encoding="utf-8")
    assert "os: [ubuntu-latest, macos-latest, windows-latest]" in workflow
    assert 'python: ["3.11", "3.12", "3.13"]' in workflow
    commands = ("book", "browser", "test")
    assert [command for command in commands if f"run: python course.py {command}\n" not in workflow] == []
    assert 'REQUIRE_BROWSER: "1"' in workflow
    assert ('COURSE_ALL_CHAPTERS: "1"' in workflow) == (name == "nightly")


def test_the_chinese_readme_names_what_the_english_one_names():
    code = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
    english, chinese = (
        set(code.findall((ROOT / name).read_text(encoding="utf-8"))) for name in ("README.md", "README.zh-CN.md")
    )
    words = {"PIP_INDEX_URL=https://your.mirror/simple make book": "PIP_INDEX_URL=https://镜像地址/simple make book"}
    assert {words.get(span, span) for span in english} == chinese


# --- a failed installation: pip itself fails here, so its words are the real ones ---


@pytest.fixture
def bare_pip(monkeypatch):
    """pip with no configuration of this machine's, that tries only once more."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_RETRIES", "1")


def test_without_a_network_the_reader_is_told_about_mirrors(bare_pip):
    with pytest.raises(course.Stop) as stop:
        course.pip(sys.executable, "--index-url", "http://127.0.0.1:9/simple", "a-package-nobody-has")
    assert is_one_sentence(str(stop.value))
    assert "could not be reached" in str(stop.value) and "PIP_INDEX_URL" in str(stop.value)


def test_a_missing_wheel_is_named(bare_pip):
    with pytest.raises(course.Stop) as stop:
        course.pip(sys.executable, "--no-index", "torch==0.0.1")
    assert is_one_sentence(str(stop.value))
    assert "has no torch==0.0.1" in str(stop.value) and "TORCH_INDEX_URL" in str(stop.value)


def test_a_full_disk_is_named():
    log = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n"
    assert "disk is full" in course.explain(log)


def test_of_an_unknown_failure_the_last_words_are_shown():
    assert course.explain("Collecting torch\nERROR: the moon is full\n\n").endswith("ERROR: the moon is full")
    assert is_one_sentence(course.explain("") + ".")


# --- when the environment is made, mended and left alone ---


@pytest.fixture
def sandbox(tmp_path, monkeypatch):
    """course.py pointed at an empty folder; venvs are plain folders; `sandbox.events` tells what was done."""
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    places = {"ROOT": "", "VENV": ".venv", "LAB": ".venv-lab", "LOCK": "requirements.lock", "BUILD": "_build"}
    for name, place in {**places, "PYPROJECT": "pyproject.toml"}.items():
        monkeypatch.setattr(course, name, tmp_path / place)

    class Sandbox:
        def __init__(self):
            self.path = tmp_path
            self.events = []

        def run(self, *command, **extra):
            self.events.append("venv")
            Path(command[-1]).mkdir()
            return 0

        def install(self):
            self.events.append("install")

        def prepare(self):
            """The events of one call of prepare."""
            self.events.clear()
            course.prepare(course.VENV, self.install)
            return list(self.events)

    box = Sandbox()
    monkeypatch.setattr(course, "run", box.run)
    return box


def test_the_environment_is_made_once(sandbox):
    assert sandbox.prepare() == ["venv", "install"]
    assert sandbox.prepare() == []


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_changed_requirements_are_installed_into_the_same_environment(sandbox, name):
    sandbox.prepare()
    with open(sandbox.path / name, "a") as file:
        file.write("\n# one more line\n")
    assert sandbox.prepare() == ["install"]
    assert sandbox.prepare() == []


def test_another_python_gets_an_environment_of_its_own(sandbox, monkeypatch):
    sandbox.prepare()
    monkeypatch.setattr(course.platform, "python_version", lambda: "3.99.0")
    assert sandbox.prepare() == ["venv", "install"]


@pytest.mark.parametrize("how", [KeyboardInterrupt, course.Stop])
@pytest.mark.parametrize("first_time", [True, False])
def test_an_interrupted_installation_starts_anew(sandbox, monkeypatch, how, first_time):
    if not first_time:
        sandbox.prepare()
        (sandbox.path / "requirements.lock").write_text("torch==2.13.0\n")

    def interrupted():
        (course.VENV / "half of a package").touch()
        raise how

    with pytest.raises(how):
        course.prepare(course.VENV, interrupted)
    assert sandbox.prepare() == ["venv", "install"]
    assert not (course.VENV / "half of a package").exists()


def test_an_active_environment_is_not_pulled_from_under_its_own_feet(sandbox, monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(course.VENV))
    with pytest.raises(course.Stop, match="deactivate"):
        sandbox.prepare()


def test_an_unfit_machine_is_told_before_anything_is_made(sandbox, monkeypatch):
    monkeypatch.setattr(course.sys, "version_info", (3, 10, 1))
    with pytest.raises(course.Stop, match="too old"):
        sandbox.prepare()
    assert not course.VENV.exists()


@pytest.mark.parametrize("torch_index", [None, "https://example.org/cpu"])
def test_torch_comes_first_and_from_its_own_index_if_one_is_named(sandbox, monkeypatch, torch_index):
    calls = []
    monkeypatch.setattr(course, "pip", lambda python, *args: calls.append([str(arg) for arg in args]))
    monkeypatch.delenv("TORCH_INDEX_URL", raising=False)
    if torch_index:
        monkeypatch.setenv("TORCH_INDEX_URL", torch_index)
    course.setup()
    first = [["--no-deps", "--index-url", torch_index, "torch==2.13.0"]] if torch_index else []
    lock, package = ["-r", str(course.LOCK)], ["--no-deps", "--no-build-isolation", "-e", str(course.ROOT)]
    assert calls == [*first, lock, package]


def test_children_see_our_settings_and_nothing_that_leads_astray(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.delenv("REPOSITORY_URL", raising=False)
    env = course.environment()
    assert "PYTHONPATH" not in env and "PIP_USER" not in env
    assert env["REPOSITORY_URL"] == course.setting("repository_url")
    monkeypatch.setenv("REPOSITORY_URL", "https://example.org/mine")
    assert course.environment()["REPOSITORY_URL"] == "https://example.org/mine"


# --- the commands ---


def test_make_and_course_py_know_the_same_commands():
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.M).group(1)
    assert phony.split() == list(course.COMMANDS)


def test_help_lists_every_command(capsys):
    assert course.main([]) == 0
    printed = capsys.readouterr().out
    assert all(re.search(rf"^  {name} +\w", printed, re.M) for name in course.COMMANDS)


def test_an_unknown_command_is_refused(capsys):
    assert course.main(["bok"]) == 2
    assert "'bok'" in capsys.readouterr().err


@pytest.mark.parametrize("how, status", [(course.Stop("Do this."), 1), (KeyboardInterrupt(), 130)])
def test_a_stop_is_a_sentence_and_a_status(monkeypatch, capsys, how, status):
    def command(args):
        raise how

    monkeypatch.setitem(course.COMMANDS, "book", command)
    assert course.main(["book"]) == status
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.fixture
def no_setup(sandbox, monkeypatch):
    monkeypatch.setattr(course, "setup", lambda: None)
    return sandbox


def test_a_built_book_is_announced_with_its_address(no_setup, monkeypatch, capsys):
    page = course.BUILD / "html" / "index.html"
    page.parent.mkdir(parents=True)
    page.touch()
    monkeypatch.setattr(course, "run", lambda *command: 0)
    assert course.main(["book"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == page.as_uri()


@pytest.mark.parametrize("status, page_exists", [(1, True), (0, False)])
def test_a_faulty_book_is_red_and_read_afresh_next_time(no_setup, monkeypatch, status, page_exists):
    doctrees, page = course.BUILD / ".doctrees", course.BUILD / "html" / "index.html"
    doctrees.mkdir(parents=True)
    if page_exists:
        page.parent.mkdir()
        page.touch()
    monkeypatch.setattr(course, "run", lambda *command: status)
    assert course.main(["book"]) == 1
    assert not doctrees.exists()


def test_the_book_is_built_strictly(no_setup, monkeypatch):
    commands = []
    monkeypatch.setattr(course, "run", lambda *command: commands.append(command))
    course.main(["book"])
    assert commands[0][1:] == ("build", ".", "-W", "-n", "--keep-going")


PYTEST_SAYS = {
    "green": "def test_a(): pass\ndef test_b(): pass\n",
    "red": "def test_a(): pass\ndef test_b(): assert 0\n",
    "broken": "import nothing_of_that_name\n",
    "empty": "",
    "skipped": "import pytest\npytestmark = pytest.mark.skip(reason='no such machine')\n"
    "def test_a(): pass\ndef test_b(): pass\n",
    "browserless": "import pytest\npytestmark = pytest.mark.skip(reason='no Chromium: `make browser` installs it')\n"
    "def test_a(): pass\ndef test_b(): pass\n",
    "imageless": "import pytest\ndef test_a(): pass\n"
    "@pytest.mark.skip(reason='chapter 11 needs MNIST: VAE_UTILS_TEST_MNIST names no folder')\ndef test_b(): pass\n",
}


@pytest.fixture(scope="module")
def pytest_result(tmp_path_factory):
    """A function that gives (kind, exit status, report) of a real pytest on a file of that kind."""

    @cache
    def result(kind):
        folder = tmp_path_factory.mktemp(kind)
        (folder / "test_it.py").write_text(PYTEST_SAYS[kind])
        (folder / "pytest.ini").write_text("[pytest]\n")  # its settings, not ours
        options = ["-p", "no:cacheprovider", "--junitxml=report.xml"]
        env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        child = subprocess.run([sys.executable, "-m", "pytest", *options], cwd=folder, env=env, capture_output=True)
        return kind, child.returncode, folder / "report.xml"

    return result


@pytest.mark.parametrize(
    "kinds, status, closing",
    [
        (["green"], 0, "2 passed, 0 failed, 0 skipped"),
        (["green", "red"], 1, "3 passed, 1 failed, 0 skipped"),
        (["red", "green"], 1, "3 passed, 1 failed, 0 skipped"),
        (["green", "broken"], 1, "2 passed, 1 failed, 0 skipped"),
        (["green", "empty"], 1, "2 passed, 0 failed, 0 skipped"),
        (["green", "skipped"], 1, "2 passed, 0 failed, 2 skipped"),
        (["green", "browserless"], 0, "2 passed, 0 failed, 2 skipped"),
        (["green", "imageless"], 0, "3 passed, 0 failed, 1 skipped"),
    ],
)
def test_the_verdict_is_green_only_if_every_suite_passed_something(pytest_result, capsys, kinds, status, closing):
    assert course.summarise([pytest_result(kind) for kind in kinds]) == status
    printed = capsys.readouterr().out
    assert printed.splitlines()[-2:] == [("All green." if status == 0 else printed.splitlines()[-2]), closing]
    assert ("Red: " in printed) == (status == 1)
    assert ("skipped test_a and 1 more: no such machine" in printed) == ("skipped" in kinds)
    assert ("!!! 2 BROWSER TESTS WERE SKIPPED: `make browser`" in printed) == ("browserless" in kinds)
    assert ("!!! 1 TESTS ON REAL IMAGES WERE SKIPPED" in printed) == ("imageless" in kinds)


def test_passing_tests_with_too_little_coverage_are_red(pytest_result, capsys):
    kind, status, report = pytest_result("green")
    assert status == 0
    assert course.summarise([(kind, 1, report)]) == 1
    assert "exit status 1" in capsys.readouterr().out


def test_a_suite_without_a_report_is_red(tmp_path):
    assert course.summarise([("crashed", 0, tmp_path / "none.xml")]) == 1


@pytest.mark.parametrize("red", [None, "tests", "tests/browser", "chapters"])
def test_make_test_runs_all_suites_and_is_red_if_one_is(no_setup, monkeypatch, red):
    commands, books = [], []

    def pytest_of(python, m, name, *rest, **extra):
        name, options = rest[0], rest
        report = Path(options[-1].split("=")[1])
        assert not report.exists(), "a former run's report was left"
        commands.append(options)
        failures = int(name == red)
        counts = f'tests="3" failures="{failures}" errors="0" skipped="0" time="1"'
        report.write_text(f"<testsuites><testsuite {counts} /></testsuites>")
        assert extra["OMP_NUM_THREADS"] == "1" and extra["PYTHONPATH"].endswith("offline")
        books.append(Path(extra["BUILT_BOOK"]))
        assert list(books[-1].iterdir()) == [] if name == "tests" else (books[-1] / "pages").exists()
        (books[-1] / "pages").touch()
        return failures

    monkeypatch.setattr(course, "run", pytest_of)
    for _ in range(2):  # the second time there are reports of the first
        assert course.main(["test"]) == (1 if red else 0)
    assert len(set(books)) == 2 and not any(book.exists() for book in books), "one book for each call, and none is left"
    tests, browser, chapters = commands[:3]
    assert "--cov" in tests and {"--nbval", "--nbval-current-env"} < set(chapters)
    assert tests[tests.index("--ignore") + 1] == browser[0] == "tests/browser"
    assert chapters[chapters.index("--ignore") + 1] == "chapters/exercises"
    assert all(set(options) > {"-n", "2"} for options in commands)
    assert all(options[options.index("--dist") + 1] == "loadscope" for options in (tests, chapters))


# --- the browser that the tests use ---


@pytest.fixture
def machine(no_setup, monkeypatch, tmp_path):
    """A machine with nothing on its PATH and an empty home; `machine.install(name)` puts a program there."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("CHROMIUM", "PLAYWRIGHT_BROWSERS_PATH", "PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(course, "MAC_PROGRAMS", ())
    monkeypatch.setattr(course.Path, "home", lambda: tmp_path / "home")
    monkeypatch.setattr(course.shutil, "which", lambda name: found(programs / name) or found(Path(name)))
    monkeypatch.setattr(course, "setup_lab", lambda: no_setup.events.append("lab"))

    def found(path):
        return str(path) if path.is_file() else None

    def install(name):
        path = programs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        return path

    no_setup.install = install
    return no_setup


def test_the_named_browser_comes_first(machine, monkeypatch):
    assert course.chromium() is None
    chromium, mine = machine.install("chromium"), machine.install("my-own")
    assert course.chromium() == chromium
    monkeypatch.setenv("CHROMIUM", str(mine))
    assert course.chromium() == mine
    monkeypatch.setenv("CHROMIUM", "nowhere")
    with pytest.raises(course.Stop) as stop:
        course.chromium()
    assert is_one_sentence(str(stop.value)) and "CHROMIUM=nowhere" in str(stop.value)


@pytest.mark.parametrize(
    "system, place",
    [
        ("Linux", "home/.cache/ms-playwright/chromium-1200/chrome-linux64/chrome"),
        ("Darwin", "home/Library/Caches/ms-playwright/chromium-1200/chrome-mac/Chromium.app/Contents/MacOS/Chromium"),
        ("Windows", "home/AppData/Local/ms-playwright/chromium-1200/chrome-win/chrome.exe"),
    ],
)
def test_the_browser_of_playwright_is_found_on_each_system(machine, monkeypatch, tmp_path, system, place):
    monkeypatch.setattr(course.platform, "system", lambda: system)
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.touch()
    assert course.chromium() == path


def test_where_a_mac_and_windows_keep_their_browsers(monkeypatch):
    monkeypatch.setenv("PROGRAMFILES", "P")
    assert Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome") in course.usual_places("Darwin")
    names = [re.split(r"[\\/]", str(path)) for path in course.usual_places("Windows")]
    assert [*"P Google Chrome Application chrome.exe".split()] in names
    assert [*"P Microsoft Edge Application msedge.exe".split()] in names


def test_a_browser_that_is_there_is_used_and_nothing_installed(machine, capsys):
    chromium = machine.install("chromium")
    assert course.main(["browser"]) == 0
    assert str(chromium) in capsys.readouterr().out
    assert machine.events == ["lab"]


@pytest.mark.parametrize("user, sudo", [(0, False), (0, True), (1000, True)])
@pytest.mark.parametrize("package", [course.SHELL, "chromium"])
def test_debian_gets_its_package(machine, monkeypatch, user, sudo, package):
    commands = []

    def run(*command, **extra):
        commands.append(command)
        if command[-1] == package:
            machine.install(package)
        return 0 if command[-1] == package else 100  # one source of packages is out of reach

    for name in ["apt-get", "sudo"] if sudo else ["apt-get"]:
        machine.install(name)
    monkeypatch.setattr(course, "run", run)
    monkeypatch.setattr(course.os, "geteuid", lambda: user, raising=False)
    assert course.main(["browser"]) == 0
    wanted = [course.SHELL] if package == course.SHELL else [course.SHELL, "chromium"]
    expected = [("apt-get", "update"), *(("apt-get", "install", "-y", name) for name in wanted)]
    assert commands == [(("sudo", *command) if user else command) for command in expected]
    assert course.chromium() == machine.install(package)


@pytest.mark.parametrize("user", [0, 1000])
def test_an_administrator_gets_the_browser_without_windows_beside_another_one(machine, monkeypatch, user):
    machine.install("chromium")
    machine.install("apt-get")
    machine.install("sudo")
    monkeypatch.setattr(course, "run", lambda *command: machine.install(command[-1]) and 0)
    monkeypatch.setattr(course.os, "geteuid", lambda: user, raising=False)
    assert course.main(["browser"]) == 0
    assert course.chromium().name == (course.SHELL if user == 0 else "chromium")


@pytest.mark.parametrize("programs", [[], ["apt-get"], ["apt-get", "sudo"]])
def test_without_a_browser_one_sentence_says_how_to_get_one(machine, monkeypatch, capsys, programs):
    for name in programs:
        machine.install(name)
    monkeypatch.setattr(course, "run", lambda *command: 100)
    monkeypatch.setattr(course.os, "geteuid", lambda: 1000, raising=False)
    assert course.main(["browser"]) == 1
    sentence = capsys.readouterr().err.strip()
    assert is_one_sentence(sentence) and "playwright" in sentence and "CHROMIUM" in sentence
    assert "lab" not in machine.events


def test_the_lab_gets_the_widgets_and_the_kernel_of_the_course(no_setup, monkeypatch):
    pips, commands = [], []
    monkeypatch.setattr(course, "pip", lambda python, *args: pips.append([str(part) for part in args]))

    def run(*command):
        commands.append([str(part) for part in command])
        return no_setup.run(*command) if "venv" in command else 0

    monkeypatch.setattr(course, "run", run)
    course.setup_lab()
    assert pips == [["-c", str(course.LOCK), *PROJECT["optional-dependencies"]["lab"]]]
    assert commands[-1][0] == str(course.tool("python")) and commands[-1][2:4] == ["ipykernel", "install"]
    assert commands[-1][-1] == str(course.LAB)


def test_serving_listens_on_this_machine_only(no_setup, monkeypatch):
    from http.server import ThreadingHTTPServer

    (course.BUILD / "html").mkdir(parents=True)
    (course.BUILD / "html" / "index.html").touch()
    addresses = []

    def once(server):
        addresses.append(server.server_address[0])
        server.server_close()

    monkeypatch.setattr(ThreadingHTTPServer, "serve_forever", once)
    assert course.main(["serve"]) == 0
    assert addresses == ["127.0.0.1"]


def test_what_is_carried_away_holds_book_and_notebooks(no_setup, monkeypatch, tmp_path):
    notebooks = {"chapters/01.ipynb", "chapters/exercises/01.ipynb"}
    for name in ("_build/html/index.html", "_build/html/chapters/01.html", *notebooks, "LICENSE"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.setattr(course, "book", lambda args: None)
    assert course.main(["dist"]) == 0
    (archive,) = (tmp_path / "dist").iterdir()
    names = {name.split("/", 1)[1] for name in zipfile.ZipFile(archive).namelist()}
    assert names == {"book/index.html", "book/chapters/01.html", *notebooks, "LICENSE"}


@pytest.mark.parametrize("args, kept", [([], True), (["--all"], False)])
def test_cleaning_spares_the_environments_unless_told(no_setup, args, kept):
    for path in (course.BUILD, course.VENV, course.LAB):
        path.mkdir()
    assert course.main(["clean", *args]) == 0
    assert not course.BUILD.exists()
    assert course.VENV.exists() == course.LAB.exists() == kept


# --- the lock file ---


def test_the_lock_pins_names_and_nothing_else():
    line = re.compile(r"[a-z0-9.-]+==[0-9][\w.]*( ; [\w.'<>=! ()]+)?  +# via [\w.(), -]+\n")
    _header, *pins = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines(keepends=True)
    assert len(pins) > 50
    assert [pin for pin in pins if not line.fullmatch(pin)] == []


def test_the_lock_has_every_dependency_and_no_cuda():
    names = set(re.findall(r"^([a-z0-9.-]+)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.M))
    extras = PROJECT["optional-dependencies"]
    wanted = [*PROJECT["dependencies"], *extras["book"], *extras["test"]]
    assert {re.match(r"[\w.-]+", w).group().lower().replace("_", "-") for w in wanted} <= names
    assert not [name for name in names if name.startswith(("nvidia", "cuda", "triton"))]
    assert "torch==2.13.0 " in (ROOT / "requirements.lock").read_text(encoding="utf-8")


def test_slimming_drops_what_only_cuda_needs():
    resolved = "# made in /some/where\nnumpy==2\nnvidia-nccl-cu13==1\ncuda-toolkit==1\ntriton==3\ntorch==2\n"
    once = course.slim(resolved)
    assert [line.split("==")[0] for line in once.splitlines()[1:]] == ["numpy", "torch"]
    assert "/some" not in once and course.slim(once) == once


# --- tests are kept off the network ---


@pytest.mark.parametrize("event", ["socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"])
def test_a_process_under_test_cannot_leave_this_machine(event):
    # the event is raised by hand: should the guard fail, nothing is sent anywhere
    lookup = {"socket.getaddrinfo": "('example.org', 80)", "socket.gethostbyname": "('example.org',)"}
    args = lookup.get(event, "(None, ('192.0.2.1', 80))")
    program = f"import sys; sys.audit({event!r}, *{args})"
    guarded = subprocess.run([sys.executable, "-c", program], capture_output=True)
    assert b"PermissionError: the course's tests use no network" in guarded.stderr


def test_a_process_under_test_may_talk_to_this_machine():
    from tests.offline.sitecustomize import is_here

    assert all(map(is_here, [None, "", "localhost", "127.0.0.1", "127.8.8.8", "::1", "0.0.0.0", b"127.0.0.1"]))
    assert not any(map(is_here, ["example.org", "192.0.2.1", "10.0.0.1", "2001:db8::1", b"example.org"]))
