"""A small chapter that fulfils every rule, so that each rule can be shown to notice what breaks it."""

import base64
import copy
import functools
import io

import nbformat
from PIL import Image, ImageDraw

from tests.notebook_tools import normalise, staleness

HEAD = """# 99. A sample

**You will be able to**
- draw a line
- prove a sum

**Before you start**: you can count.

**Time**: 5 minutes

**Predict**: what is two and two?

<details>
<summary>Answer</summary>

Four.

</details>"""
ENDING = """## What we proved

- one
- two
- three
- four

## The ledger

Nothing is known of the digit yet.

## Further reading

{cite:t}`kingma2014`, {cite:p}`rezende2014`"""


def png(shade=0, size=(60, 40)):
    """A PNG file with a smooth background and a line, as base64 text."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).line([(0, shade), size], fill=(shade, 80, 200), width=2)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def code(name, source, *outputs, **metadata):
    made = [nbformat.v4.new_output(**output) for output in outputs]
    return nbformat.v4.new_code_cell(source, id=name, outputs=made, execution_count=1, metadata=metadata)


def stored(*cells, **metadata):
    """A notebook of these cells."""
    return nbformat.v4.new_notebook(cells=list(cells), metadata=metadata)


def printed(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def drawn(shade=0):
    return {"output_type": "display_data", "data": {"image/png": png(shade), "text/plain": "<Figure>"}}


def sample():
    """The chapter, in normal form and fresh."""
    return copy.deepcopy(made())


@functools.cache
def made():
    cells = [nbformat.v4.new_markdown_cell(HEAD, id="head")]
    cells.append(code("setup", "import math\n\nfrom vae_utils.proofs import prove"))
    for n in range(4):
        image = {"alt": f"A blue line that falls from {n} to the right", "classes": "fig-invert"}
        cells.append(code(f"figure-{n}", f"print(math.sqrt({n}))", drawn(n), mystnb={"image": image}))
    for n in range(8):
        claim = f"the root of {n} squared is {n}"
        cells.append(code(f"proof-{n}", f'prove("{claim}", math.sqrt({n}**2) == {n})', printed(f"✓ {claim}\n")))
    cells.append(nbformat.v4.new_markdown_cell(ENDING, id="ending"))
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["vae_course"] = {"digest": staleness.digest(notebook)}
    return normalise(notebook)
