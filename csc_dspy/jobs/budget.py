"""Whether a budget still has room for one more unit, judged by what units have taken so far."""

from __future__ import annotations

from csc_dspy.usage import Ledger, Usage, check_budgets


class Forecast:
    """Foresees a run's use, so that a budget's end cuts off as little paid work as can be.

    Attributes:
        settled: Use of this run's units that are not running now.
        rows: Rows that the use so far has brought, earlier runs' included.
    """

    def __init__(self, ledger: Ledger, past: Usage, rows: int) -> None:
        """Begin a run.

        Args:
            ledger: The run's limits, holding what counts towards them from earlier.
            past: Use by earlier runs.
            rows: Rows by earlier runs.
        """
        self.settled = Usage()
        self.rows = rows
        self._ledger = ledger
        self._before = ledger.total
        self._past = past

    def shortfall(self, running: int) -> str | None:
        """Why one more unit should not be started next to those running; ``None`` when it may.

        As long as no unit has ended, nothing is known about their size, and only a limit that is reached counts.

        Raises:
            BudgetError: A limit is reached.
        """
        check_budgets()
        if not self.rows:
            return None
        ledger, spent, before = self._ledger, self._ledger.total, self._before
        taken = self._past + self.settled
        if ledger.max_tokens is not None:
            mean = taken.tokens / self.rows
            foreseen = max(spent.tokens, before.tokens + self.settled.tokens + running * mean) + mean
            if foreseen > ledger.max_tokens:
                return (
                    f"token budget nearly used up: {spent.tokens:,} of {ledger.max_tokens:,}, "
                    f"and one more unit takes about {mean:,.0f}"
                )
        if ledger.max_cost is not None:
            paid, settled = spent.cost or 0.0, (before.cost or 0.0) + (self.settled.cost or 0.0)
            price = (taken.cost or 0.0) / self.rows
            if max(paid, settled + running * price) + price > ledger.max_cost:
                return (
                    f"cost budget nearly used up: ${paid:.4f} of ${ledger.max_cost:.4f}, "
                    f"and one more unit takes about ${price:.4f}"
                )
        return None
