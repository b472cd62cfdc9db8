"""Personal data out of conversations: typed placeholders instead of phones, cards, accounts, names and the like.

Recognition prefers proof: check digits (python-stdnum), numbering plans (libphonenumber), then words that name what
stands beside them. Amounts, dates, times, models, flights and versions stay, so that facts can still be checked.
"""

from csc_dspy.corpora.masking.conversations import Masked, mask
from csc_dspy.corpora.masking.finding import find
from csc_dspy.corpora.masking.kinds import PLACEHOLDER, Kind, Span, placeholder
from csc_dspy.corpora.masking.texts import mask_texts

__all__ = ["PLACEHOLDER", "Kind", "Masked", "Span", "find", "mask", "mask_texts", "placeholder"]
