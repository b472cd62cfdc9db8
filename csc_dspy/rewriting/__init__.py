"""CSConv: real calls rewritten by strategy, filtered before and after."""
