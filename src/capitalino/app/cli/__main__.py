"""`python -m capitalino.app.cli`: how the stack starts its own processes."""

from capitalino.app.cli import main

main()
