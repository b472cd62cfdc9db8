"""Read a file of conversations and print how often each strategy is used, and in which stages.

python examples/read_and_describe.py demo/rolecs.en.jsonl
"""

from __future__ import annotations

import sys

from csc_dspy.conversation import read_conversations
from csc_dspy.corpora.statistics import describe
from csc_dspy.errors import CscError, LineError


def main() -> None:
    """Describe the file, leaving out lines that do not fit."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    bad: list[LineError] = []
    try:
        found = describe(read_conversations(sys.argv[1], on_bad=bad.append))
    except CscError as error:
        raise SystemExit(f"error: {error}") from None
    print(f"conversations: {found.conversations:,}, turns: {found.turns:,}, bad lines: {len(bad):,}")
    for strategy, share in sorted(found.strategy_shares.items(), key=lambda pair: -pair[1]):
        stages = [stage.value for stage, used in found.strategies_by_stage.items() if used.get(strategy)]
        print(f"{share:6.1%}  {strategy.names.en:<28} {', '.join(stages)}")


if __name__ == "__main__":
    main()
