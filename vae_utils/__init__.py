"""The equations of the VAE course, one module per noun.

Import from the module that names the idea, for example ``from vae_utils.gaussian import kl_to_standard_normal``.
Imports point one way:

``data``, ``toys`` → ``networks`` → ``gaussian`` → ``likelihoods`` → ``model`` → ``objectives``,
``quadrature``, ``ppca`` → ``training``, ``sweep`` → ``evaluation`` → ``plots``, ``ledger``;
then ``conditional`` and ``diffusion``; ``divergences``, ``critics`` → ``gan`` → ``gan_training``, ``modes``;
``idx``, ``download`` → ``mnist``; and the interactive figures in ``widgets``. Programs stand on all of these: ``runs``
trains at full size, ``checks`` and ``coursework`` judge exercises, ``commands`` are what ``vae-course`` offers.

Shapes use B for the batch, K for importance samples, L for latent dimensions and D for pixels. Every value is
in nats and per example until the last line of a computation.
"""

__version__ = "0.1.0"
