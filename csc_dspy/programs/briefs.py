"""What passes between a simulated customer, the call it makes and the judge: records, for whoever reads them later."""

from __future__ import annotations

from csc_dspy.conversation import Record


class Brief(Record):
    """What the simulated customer knows and wants; it never holds what the real agent said.

    Attributes:
        profile: Who they are, in the second person.
        scenario: What happened before the call.
        goal: What they want to have reached.
        demand: What they ask for that no company can give; empty for nothing.
        facts: Question and answer of what they can tell.
    """

    profile: str
    scenario: str
    goal: str
    demand: str = ""
    facts: tuple[tuple[str, str], ...] = ()


class CallOutcome(Record):
    """How a call came out, as the judge sees it.

    Attributes:
        met: Whether the customer's goal was met or properly refused.
        declined: Whether what no company can give was declined.
        reasons: Point to the judge's reason.
    """

    met: bool
    declined: bool
    reasons: dict[str, str]
