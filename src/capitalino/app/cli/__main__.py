"""`python -m capitalino.app.cli`: how the stack starts its own processes."""

from capitalino.app.cli import main

if __name__ == "__main__":  # the processes that hash passwords read this file too
    main()
