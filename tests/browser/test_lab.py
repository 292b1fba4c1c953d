"""The figure that moves in the page is the same object in JupyterLab: a drag there changes its value in Python."""

import json
import os
import re
import secrets
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import course
from tests.browser.conftest import missing
from tests.browser.gestures import drag
from vae_utils.coursework.kernels import OwnKernelManager
from vae_utils.widgets.kl import KL

ROOT = Path(__file__).resolve().parents[2]
READ_BACK = "print('in Python:', kl_figure.mu, kl_figure.logvar)"
# what a reader may have changed elsewhere must not matter here, and every output is on the page, not only what is seen
SETTINGS = {
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


def write_json(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def copy_of_chapter(path):
    """Copy chapter 5 and add a last cell that reads the widget's numbers back."""
    notebook = json.loads((ROOT / "chapters" / "05-kl.ipynb").read_text(encoding="utf-8"))
    cell = {"cell_type": "code", "execution_count": None, "id": "read-back", "metadata": {}, "outputs": []}
    notebook["cells"].append({**cell, "source": READ_BACK})
    write_json(path, notebook)


def environment_of_lab(folder):
    """Settings, and a kernel that is the Python running this test."""
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    kernel = {"argv": argv, "display_name": "Python 3 (ipykernel)", "language": "python"}
    write_json(folder / "path" / "kernels" / "python3" / "kernel.json", kernel)
    for name, values in SETTINGS.items():
        write_json(folder / "settings" / f"{name}.jupyterlab-settings", values)
    places = {
        "JUPYTER_PATH": "path",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython",
    }
    return {**os.environ, **{name: str(folder / place) for name, place in places.items()}}


@contextmanager
def running_lab(notebooks, folder):
    """Run JupyterLab while the block runs; gives a function from a notebook's name to its address."""
    program = course.tool("jupyter-lab", course.LAB)
    if not program.exists():
        missing(f"NO TEST IN JUPYTERLAB without {course.LAB.name}")
    token = secrets.token_hex(16)
    own = OwnKernelManager()
    # the server takes a port that is free; a port of ours could be taken before it starts, and so could a kernel's
    options = "--no-browser --allow-root --ip=127.0.0.1 --port=0"
    options += f" --KernelManager.transport={own.transport} --KernelManager.ip={own.ip}"
    options += f" --IdentityProvider.token={token} --LabApp.extension_manager=readonly"
    command = [str(program), *options.split(), f"--ServerApp.root_dir={notebooks}"]
    log = folder / "lab.log"
    with log.open("wb") as output:
        lab = subprocess.Popen(
            command, cwd=notebooks, env=environment_of_lab(folder), stdout=output, stderr=subprocess.STDOUT
        )
    try:
        address = address_of(lab, folder / "runtime", log)
        yield lambda name: f"{address}lab/tree/{name}?token={token}&reset"
    finally:
        lab.terminate()
        try:
            lab.wait(20)
        except subprocess.TimeoutExpired:
            lab.kill()
            lab.wait()


def address_of(lab, runtime, log, seconds=60):
    """What the server, once it answers, writes of itself where its kernels' files are."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and lab.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            with suppress(OSError, ValueError):
                address = json.loads(file.read_text(encoding="utf-8"))["url"]
                with urllib.request.urlopen(f"{address}api", timeout=5):
                    return address
        time.sleep(0.1)  # nobody can tell us when it listens
    pytest.fail(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8', errors='replace')[-3000:]}")


def read_back(output):
    """The two numbers that the last cell has printed."""
    return [float(text) for text in re.search(r"in Python: (\S+) (\S+)", output).groups()]


def rerun(page, cell):
    """Run the cell that has the focus again and wait until it has its next number."""
    prompt = cell.locator(".jp-InputPrompt")
    before = prompt.inner_text()
    page.keyboard.press("Control+Enter")
    page.wait_for_function(
        "([prompt, before]) => /[0-9]/.test(prompt.innerText) && prompt.innerText !== before",
        arg=[prompt.element_handle(), before],
    )
    cell.locator(".jp-OutputArea-output").filter(has_text="in Python:").wait_for()


def test_a_drag_in_jupyterlab_changes_the_value_in_python(open_page, tmp_path):
    notebooks = tmp_path / "notebooks"
    copy_of_chapter(notebooks / "chapter.ipynb")
    with running_lab(notebooks, tmp_path) as address:
        visit = open_page(address("chapter.ipynb"), height=1200)
        page = visit.page
        page.set_default_timeout(60_000)
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        # what is run before the kernel has answered is lost; the status bar names the kernel's state when it has
        page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        last = page.locator(".jp-Notebook .jp-CodeCell").last
        printed = last.locator(".jp-OutputArea-output").filter(has_text="in Python:")
        printed.wait_for()
        assert read_back(printed.inner_text()) == [KL().mu, KL().logvar]

        sliders = page.locator(".vae-widget input[type=range]")
        drag(sliders.first, (0.7, 0.5), (0.2, 0.5))
        shown = [float(slider.input_value()) for slider in sliders.all()]
        assert shown[0] < 0

        last.locator(".cm-content").click()
        # values on their way are sent one at a time, so the last of a drag may reach Python after the cell has run
        for _ in range(10):
            rerun(page, last)
            if read_back(printed.inner_text()) == shown:
                break
        assert read_back(printed.inner_text()) == shown
        assert not visit.foreign
