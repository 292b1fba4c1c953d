"""What a reader's hand does to a widget, and what the eye then sees."""

import hashlib


def position(target, place):
    """Page coordinates of a place inside a locator, given as fractions (across, down) of its box."""
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    return box["x"] + place[0] * box["width"], box["y"] + place[1] * box["height"]


def drag(target, start, end, steps=12):
    """Drag with the mouse from one place of the locator to another."""
    mouse = target.page.mouse
    mouse.move(*position(target, start))
    mouse.down()
    mouse.move(*position(target, end), steps=steps)
    mouse.up()


def swipe(target, start, end, steps=12):
    """Drag with one finger; the page must have been opened with ``touch=True``."""
    (x0, y0), (x1, y1) = position(target, start), position(target, end)
    session = target.page.context.new_cdp_session(target.page)

    def send(kind, *points):
        touches = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    send("touchStart", (x0, y0))
    for step in range(1, steps + 1):
        send("touchMove", (x0 + (x1 - x0) * step / steps, y0 + (y1 - y0) * step / steps))
    send("touchEnd")
    session.detach()


def picture(target):
    """A digest of the pixels that a canvas shows, after the next frame is drawn."""
    target.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return hashlib.sha256(target.evaluate("canvas => canvas.toDataURL()").encode()).hexdigest()


def reading(widget, name):
    """The number that a widget's table shows in the row ``name``."""
    row = widget.locator(".vae-readings tr").filter(has=widget.page.get_by_role("rowheader", name=name, exact=True))
    return number(row.locator("td").inner_text())


def number(text):
    """The number that a reader reads: with a real minus sign."""
    return float(text.replace("−", "-").replace("∞", "inf"))
