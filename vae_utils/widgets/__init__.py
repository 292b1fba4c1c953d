"""Interactive figures: each computes in the page, with a kernel (JupyterLab) or without one (the built book).

Import from the module that names the figure, for example ``from vae_utils.widgets.kl import KL``. One Python class
holds the state (its traits) and the poster; one module in ``static/``, joined with ``static/kit.js``, computes and
draws. Whatever the module computes is tested against the package.
"""
