"""Training at full size: runs that fill a folder, survive being killed, and may use several processes.

Read :mod:`~vae_utils.runs.loop` first: it is the whole of the training, in one page. Around it stand
:mod:`~vae_utils.runs.settings`, what a run is asked to do; :mod:`~vae_utils.runs.processes`, who does which part of a
batch; :mod:`~vae_utils.runs.folder`, what is on the disk, and how it comes there whole; and
:mod:`~vae_utils.runs.trainer`, which holds them together for ``vae-course train``.
"""
