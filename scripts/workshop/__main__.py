"""`python -m workshop`: what the Makefile calls, as a script's first line cannot hold a space."""

from workshop.cli import main

main()
