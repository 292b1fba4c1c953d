"""Links to the repository: all of them when its address is known, none otherwise.

The address comes from the environment variable ``REPOSITORY_URL``, for example
``https://github.com/someone/vae-course``. It switches on

* the repository and issue buttons of the theme,
* launch buttons for Binder and (on GitHub) Colab on every chapter,
* the link "Report an error on this page" at the foot of every page (``report-error.html``).
"""

from __future__ import annotations

import os
from urllib.parse import quote, urlencode, urlsplit

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

VARIABLE = "REPOSITORY_URL"
BINDER = "https://mybinder.org"
COLAB = "https://colab.research.google.com"


def clean_url(text: str) -> str:
    """Return the address without a trailing slash or ``.git``; raise if it cannot be a repository's."""
    url = text.strip().rstrip("/").removesuffix(".git")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or len(parts.path.strip("/").split("/")) < 2:
        raise ExtensionError(
            f"{VARIABLE} must look like https://github.com/owner/name, but it is {text!r}. "
            "Unset it to build without links."
        )
    return url


def provider_of(url: str) -> str:
    """Return ``github``, ``gitlab``, or an empty string for a host whose addresses we do not know."""
    host = urlsplit(url).netloc.lower()
    return next((name for name in ("github", "gitlab") if name in host), "")


def report_url(url: str, page: str) -> str:
    """Return the address that opens a new report about ``page``."""
    title, body = f"Error on page {page}", "What the page says:\n\nWhat it should say, and how you know:\n"
    match provider_of(url):
        case "github":
            return f"{url}/issues/new?{urlencode({'title': title, 'body': body}, quote_via=quote)}"
        case "gitlab":
            query = {"issue[title]": title, "issue[description]": body}
            return f"{url}/-/issues/new?{urlencode(query, quote_via=quote)}"
        case _:
            return f"{url}/issues"


def switch_on_buttons(app: Sphinx, config: Config) -> None:
    """Tell the theme where the repository is, if anybody told us."""
    address = os.environ.get(VARIABLE, "").strip()
    config.book_repository_url = clean_url(address) if address else ""
    provider = provider_of(config.book_repository_url)
    if not provider:
        return
    config.html_theme_options |= {
        "repository_url": config.book_repository_url,
        "repository_branch": "main",
        "repository_provider": provider,
        "use_repository_button": True,
        "use_issues_button": True,
        "launch_buttons": {
            "notebook_interface": "jupyterlab",
            "binderhub_url": BINDER,
            "colab_url": COLAB if provider == "github" else "",
        },
    }


def add_report_link(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object) -> None:
    """Give the page template its report address."""
    url = app.config.book_repository_url
    context["report_error_url"] = report_url(url, pagename) if url and doctree is not None else ""


def setup(app: Sphinx) -> None:
    """Connect to Sphinx. A changed address rewrites every page."""
    app.add_config_value("book_repository_url", "", "html", types=(str,))
    app.connect("config-inited", switch_on_buttons)
    app.connect("html-page-context", add_report_link)
