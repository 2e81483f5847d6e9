"""`python -m dispatch`: the same as the command `dispatch`."""

from dispatch.cli.main import main

main()
