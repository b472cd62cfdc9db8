"""Names in the tags of speakers: ``Agent (Ben):``, ``Ben Lee [customer]:``, and repeated ``Ben:``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from csc_dspy.corpora.masking.reading import Text
from csc_dspy.corpora.masking.words import GIVEN_NAMES, NO_NAMES, ORGANISATIONS, word_set

_L = "A-Za-z\u00c0-\u024f"
_ROLE = (
    r"customer|client|caller|user|agent|supporter|representative|rep|advisor|adviser|operator|csr"
    r"|assistant|support|specialist|member|guest|passenger|patient|manager|supervisor|technician"
)
_TAG = re.compile(
    rf"^[\s*]*(?:(?i:{_ROLE})(?i:\s(?:service|support"
    rf"|care))?(?i:\s(?:{_ROLE}))?)\s*[\[(-]?\s*(?P<name>[A-Z\u00c0-\u024f][{_L}'.-]*(?:\s[A-Z\u00c0-\u024f][{_L}'.-]*){{0,3}})\s*[\])]?\s*:"
    rf"|^[\s*]*(?P<name2>[A-Z\u00c0-\u024f][{_L}'.-]*(?:\s[A-Z\u00c0-\u024f][{_L}'.-]*){{0,3}})\s*[\[(]\s*(?i:{_ROLE})(?i:\s(?:service"
    rf"|support))?\s*[\])]\s*:",
    re.MULTILINE,
)
_BARE_TAG = re.compile(
    rf"^[ \t*]*(?P<name>[A-Z\u00c0-\u024f][{_L}'-]+(?:\s[A-Z\u00c0-\u024f][{_L}'-]+){{0,2}})\s?:", re.MULTILINE
)


def tags(folded: str) -> Iterator[tuple[int, int]]:
    """Where names stand in the tags of speakers.

    A name alone before a colon counts in a text of four lines or more, and only when it opens at least two of them:
    "Note:" and "Total:" open one.
    """
    for match in _TAG.finditer(folded):
        group = "name" if match["name"] else "name2"
        if not is_other(match[group]):
            yield match.start(group), match.start(group) + len(match[group].rstrip(".- "))
    if folded.count("\n") >= 3:
        tags = Counter(match["name"] for match in _BARE_TAG.finditer(folded))
        for match in _BARE_TAG.finditer(folded):
            if (
                tags[match["name"]] >= 2
                and not is_other(match["name"])
                and not re.fullmatch(_ROLE, match["name"], re.I)
            ):
                yield match.span("name")


_COMPANY_LEADS = (
    *(f" for {word} " for word in ("calling", "contacting", "choosing", "phoning", "reaching", "ringing")),
    *("welcome to ", " here at ", "on behalf of "),
)
_COMPANY_WORDS = word_set("calling contacting choosing phoning reaching ringing welcome here behalf")
_COMPANY = re.compile(
    rf"(?:the\s)?(?P<name>[A-Z0-9\u00c0-\u024f][{_L}0-9'&.-]*(?:\s(?:(?:&|and|of)\s)?[A-Z0-9\u00c0-\u024f][{_L}0-9'&-]*){{0,3}})"
)


def companies(text: Text) -> frozenset[str]:
    """Names that speakers give as those of companies, "thank you for calling Larkspur Vale", in lower case."""
    if text.lacks(_COMPANY_WORDS):
        return frozenset()
    found = set()
    for lead in _COMPANY_LEADS:
        place = text.lower.find(lead)
        while place >= 0:
            place += len(lead)
            match = _COMPANY.match(text.folded, place)
            if match and match["name"].split()[0].lower() not in GIVEN_NAMES:
                found.add(match["name"].rstrip(".'-").lower())
            place = text.lower.find(lead, place)
    return frozenset(found)


def is_other(name: str) -> bool:
    """Whether words are the name of a company, or words that are none."""
    words = name.lower().split()
    return words[0] in NO_NAMES or any(word in ORGANISATIONS for word in words)
