"""What ``vae-course`` can do: one module per subcommand.

Each has ``add_arguments(parser)``, which also says what ``--help`` says and imports nothing heavy, and ``run(args)``,
which returns the exit status.
"""
