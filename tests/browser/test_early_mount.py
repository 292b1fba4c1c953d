"""The first figure of a page does not wait for the rest of the page."""

from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

from tests.browser.staging import loader, write_stage
from vae_utils.widgets.kl import KL

REST = "<p>The rest of the page.</p>"


@contextmanager
def slow_server(first, rest):
    """Serve one page in two parts; gives its address and the event that lets the second part go."""
    go_on = Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(first.encode())
            self.wfile.flush()
            go_on.wait(60)
            self.wfile.write(rest.encode())

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", go_on
    finally:
        go_on.set()
        server.shutdown()
        server.server_close()
        thread.join()


def test_the_first_figure_is_live_before_the_page_has_been_read(browser, tmp_path):
    figure = KL()
    html = write_stage(tmp_path, [figure, figure]).read_text(encoding="utf-8")
    html = html.replace('<script defer src="loader.js"></script>', f"<script>{loader()[0]}</script>")
    first, second = html.split("</main>")
    context = browser.new_context()
    page = context.new_page()
    with slow_server(first + REST, "</main>" + second) as (address, go_on):
        page.goto(address, wait_until="commit")
        page.locator(".afm-view[data-state=ready] .vae-widget").first.wait_for()
        assert page.evaluate("document.readyState") == "loading"
        assert page.locator(".vae-widget").count() == 1
        go_on.set()
        page.wait_for_load_state("load")
        page.wait_for_function("() => document.querySelectorAll('.afm-view[data-state=ready]').length === 2")
    assert page.locator(".vae-widget").count() == 2
    # both views show one model, made once
    page.locator(".vae-widget input[type=range]").first.fill("0.5")
    values = page.locator(".vae-widget").nth(1).locator("input[type=range]").first
    page.wait_for_function("input => input.value === '0.5'", arg=values.element_handle())
    context.close()
