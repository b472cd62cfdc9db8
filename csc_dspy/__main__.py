"""``python -m csc_dspy`` is ``csc-dspy``."""

from csc_dspy.cli import main

main()
