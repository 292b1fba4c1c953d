"""A page opened in Chromium, with a record of what it asked for from elsewhere and of what went wrong in it."""

import re
from urllib.parse import urlsplit

# quiet: what a fresh Chromium would ask for by itself is no request of a page
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--no-pings",
    "--disable-features=OptimizationHints,MediaRouter,Translate",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
THEME = "for (const key of ['mode', 'theme']) try { localStorage.setItem(key, %r); } catch {}"


def origin(url):
    """What a page may fetch from, as the beginning of a URL: all files, or one host and port."""
    parts = urlsplit(url)
    return "file://" if parts.scheme == "file" else f"{parts.scheme}://{parts.netloc}/"


def is_foreign(url, home):
    """Whether a request of a page that lives at ``home`` (an `origin`) goes elsewhere."""
    url = re.sub(r"^ws", "http", url)
    return not url.startswith((home, "data:", "blob:", "about:", "chrome-error:"))


class Visit:
    """One page in a browser context of its own.

    Attributes
    ----------
    page : playwright.sync_api.Page
    foreign : list of str
        URLs of all requests to any other origin; every one of them was blocked.
    problems : list of str
        Console errors and warnings, uncaught errors, requests that failed or were answered with 400 and more.
    """

    def __init__(self, browser, url, *, theme, width, height, touch, javascript, reduced_motion, throttle, script):
        self.foreign, self.problems = [], []
        self.home = origin(url)
        self.context = browser.new_context(
            viewport={"width": width, "height": height},
            has_touch=touch,
            java_script_enabled=javascript,
            color_scheme=theme,
            reduced_motion="reduce" if reduced_motion else "no-preference",
            service_workers="block",
        )
        self.context.add_init_script(THEME % theme)
        if script:
            self.context.add_init_script(script)
        own = re.escape(self.home)
        self.context.route(re.compile(rf"^(?!{own}|data:|blob:|about:)"), lambda route: route.abort("blockedbyclient"))
        self.page = self.context.new_page()
        self._listen()
        if throttle != 1:
            session = self.context.new_cdp_session(self.page)
            session.send("Emulation.setCPUThrottlingRate", {"rate": throttle})
        self.page.goto(url, wait_until="load")

    def _listen(self):
        self.context.on("request", lambda request: self._note_if_foreign(request.url))
        self.page.on("websocket", lambda socket: self._note_if_foreign(socket.url))
        self.context.on("requestfailed", self._note_failure)
        self.context.on("response", self._note_status)
        self.page.on("console", self._note_message)
        self.page.on("pageerror", lambda error: self.problems.append(f"uncaught: {error.stack or error}"))

    def _note_if_foreign(self, url):
        if is_foreign(url, self.home):
            self.foreign.append(url)

    def _note_failure(self, request):
        # a reader who leaves a page ends what it was fetching: that is no failure
        if request.failure != "net::ERR_ABORTED":
            self.problems.append(f"failed: {request.url} ({request.failure})")

    def _note_status(self, response):
        if response.status >= 400:
            self.problems.append(f"{response.status}: {response.url}")

    def _note_message(self, message):
        if message.type in ("error", "warning"):
            place = message.location.get("url", "")
            self.problems.append(f"console {message.type}: {message.text} ({place})")

    def close(self):
        self.context.close()


def open_visit(
    browser,
    url,
    *,
    theme="light",
    width=1280,
    height=900,
    touch=False,
    javascript=True,
    reduced_motion=False,
    throttle=1,
    script=None,
):
    """Open a page and wait until it is loaded.

    Parameters
    ----------
    url : str
        An http or file URL.
    theme : {"light", "dark"}
        What the reader has chosen on an earlier visit, and what the system prefers.
    width, height : int
        Of the window, in CSS pixels.
    touch, javascript, reduced_motion : bool
        Of the device and the reader's settings.
    throttle : float
        How many times slower the processor is.
    script : str, optional
        JavaScript that runs in the page before its own.
    """
    if theme not in ("light", "dark"):
        raise ValueError(f'theme must be "light" or "dark", got {theme!r}')
    options = {"theme": theme, "width": width, "height": height, "touch": touch, "javascript": javascript}
    return Visit(browser, url, **options, reduced_motion=reduced_motion, throttle=throttle, script=script)
