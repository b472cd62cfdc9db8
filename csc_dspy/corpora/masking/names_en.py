"""Names that English speakers give: "my name is Ann Lee", "this is Ben", "Thanks, Ann.", ``Agent (Ben):``.

Capitals are needed wherever the words around a name do not prove it; "my name is" is proof enough for "ann lee".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from csc_dspy.corpora.masking.words import ALSO_NAMES, NO_NAMES, ORGANISATIONS, SMALL_STOPS, word_set

_L = "A-Za-z\u00c0-\u024f"
_WORD = re.compile(rf"[{_L}]+(?:['-][{_L}]+)*")
_SPELLED = re.compile(rf"(?<![{_L}])[{_L}](?:[ .,-]{{1,2}}[{_L}](?![{_L}'])){{2,}}")
_PARTICLES = word_set("de van von der den la le bin ibn al el del della di da dos du ter st st. mac o'")
_MAX_WORDS = 4

_AFTER_NAME = re.compile(
    r"\s*(?:$|[,.;:!?\n)\]\"-]|(?:and|from|with|at|in|on|here|speaking|calling|again|i|my|the|a|an"
    r"|your|who|we|how|can|for|of|over|by|writing"
    r"|yesterday|today|earlier|last|just|but|because|who|now|so|reaching|contacting|returning|about"
    r"|what|may|could|trying|once|as|to|wanting|wondering|looking|following)\b)",
    re.IGNORECASE,
)
_AFTER_ANSWER = re.compile(r"\s*(?:$|[,.;:!?\n)\]\"-]|(?:and|here|i'm|my|calling|speaking|is my)\b)", re.IGNORECASE)
_NOUN_AFTER = re.compile(
    r"\s+(?:users?|members?|customers?|status|tier|subscribers?|owners?|holders?|plans?|passengers?"
    r"|card|guy|fan|edition)\b",
    re.I,
)

_SURE = re.compile(
    r"""
      \b(?:my|his|her|our|their|the)\s(?:full\s|first\s|last\s|given\s|family\s|legal\s|real\s|maiden\s
        |middle\s|married\s|husband's\s|wife's\s|son's\s|daughter's\s
        |mother's\s|father's\s)?(?:name|surname)s?(?:'s|\sis|\swas|\swould\sbe|\sshould\sbe|:|,)(?:\s(?:also
          |actually|still|now|just|simply))?(?:\s(?:spelled|spelt)(?=\s[a-z][ -]))?[\s:,-]*
    | \bmy\s(?:wife|husband|son|daughter|mother|father|partner|brother|sister|boss|friend
      |colleague)'s\sname\s(?:is|was)\s+
    | \bnames?\son\s(?:the|my|this)\s[a-z]+(?:\s[a-z]+)?\s(?:is|was|should\sbe|would\sbe|reads?)\s+
    | \bunder\s(?:the\s|my\s)?names?\s(?:of\s|is\s)?
    | \b(?:in|by)\sthe\sname\s(?:of\s)?
    | \b(?:full\s|first\s|last\s|customer\s|client\s|caller\s|agent\s|contact\s|guest\s|account\sholder\s
      |cardholder\s|passenger\s|patient\s|recipient\s|your\s)?name\s?[:=]\s*
    | \b(?:account\s?holder|card\s?holder|recipient|passenger|caller|contact\sperson|attn|addressee
      |signed\sby|consignee|beneficiary|policy\s?holder|emergency\scontact)\s?:\s*
    | \b(?:i\sam|i'm|im)\scalled\s+
    | \bname\sof\s
    """,
    re.VERBOSE,
)  # fmt: skip
_NOT_A_PERSONS = re.compile(
    r"\b(?:product|file|brand|company|model|plan|user|store|hotel|network|wifi|wi-fi|app|street|domain"
    r"|host|server|package|game|item|dog|cat|pet|business|bank"
    r"|school|city|device|printer|program|programme|project|team|shop|course|event|login|screen|folder"
    r"|file)(?:'s)?\s(?:display\s)?$",
    re.IGNORECASE,
)
_SELF = re.compile(
    r"\b(?:this\sis|i'm|i\sam|im|i\sgo\sby|call\sme|named|speaking\s(?:with|to)|talking\s(?:with|to)"
    r"|chatting\swith|spoke\s(?:with|to)|talked\s(?:with|to)|ask\sfor"
    r"|you've\sreached|you\shave\sreached|helped\sby|assisted\sby|(?:it's|it\sis|booked|reserved|reservation|booking|registered"
    r"|table)\sunder|it's|it\sis|that's|name's|name)\s+(?=[a-z\u00df-\u024f])"
)
_NEEDS_MORE = re.compile(r"(?:it's|it\sis|that's|name)\s+$", re.IGNORECASE)
_MORE = re.compile(r",?\s+(?:here|speaking|calling|again)\b", re.IGNORECASE)
_TITLE = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|MR|MRS|MS)\b\.?\s+"
    r"(?=[A-Z\u00c0-\u024f]|(?:van|von|de|der|den|la|al|el|bin)\s)"
)
_VOCATIVE = re.compile(
    r"""
    \b(?:
      (?: hi | hello | hey | dear | good\s(?:morning|afternoon|evening|day)
        | thanks\s(?:so\smuch|a\slot|a\smillion|very\smuch) | thanks | thank\syou\s(?:so|very)\smuch | thank\syou
      )(?:\sagain)?(?:\sthere)?,?
    | (?: welcome(?:\sback)? | sorry | goodbye | bye\sbye | bye | you're\s(?:very\s|most\s)?welcome | no\sproblem
        | no\sworries | my\spleasure | nice\sto\smeet\syou | take\scare | i\sunderstand
        | i'm\s(?:so\s|very\s)?sorry | apologi[sz]e | of\scourse | certainly | hear\sthat | understand
        | inconvenience
      ),
    )\s+(?=[a-z\u00df-\u024f])
    """,
    re.VERBOSE,
)  # fmt: skip
_VOCATIVE_END = re.compile(r"\s*(?:$|[,.!?;:\n)-]|\s(?:I|my|this|and|how|can|for|thank|thanks|what)\b)")
_SPEAKING = re.compile(
    rf"(?:^"
    rf"|[.!?,:;\n]\s?)(?P<name>[A-Z\u00c0-\u024f][{_L}'-]+(?:\s[A-Z\u00c0-\u024f][{_L}'-]+)?)\s(?:speaking"
    rf"|here)\b(?=\s*(?:$|[,.!?\n-]|from|with|again|calling|and))"
)
_SIGNED = re.compile(
    r"(?:\b(?:regards|sincerely|cheers|wishes|yours\s(?:truly|faithfully)|respectfully"
    r"|signed)\s?[,.!]?\s*|\b(?:best|yours|thanks|thank\syou"
    r"|many\sthanks)\s?[,.!]?[ ]*\n\s*)[-~]{0,2}\s?(?=[A-Z\u00c0-\u024f])",
    re.IGNORECASE,
)
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
_ANSWER_LEAD = re.compile(
    r"\s*(?:(?:yes|yeah|yep|sure(?:\sthing)?|certainly|of\scourse|ok|okay|absolutely|hi|hello|hey|it's"
    r"|it\sis|its|that's|that\sis|that\swould\sbe|it\swould\sbe|this\sis|i'm|i\sam"
    r"|my\sname|the\sname|my\sname\sis|name's|name\sis|is|uh|um|well|please|no\sproblem"
    r"|you\scan\scall\sme|call\sme|just|under|first\sname|last\sname|full\sname|good\smorning|thanks"
    r"|thank\syou|and)"
    r"(?:\b[\s,.!:;-]*|$))*",
    re.IGNORECASE,
)

# A pattern is only tried where its first word stands; the rest of a text costs a look into this table a word.
_SELF_FIRST = word_set(
    "this i'm i im call named speaking talking chatting spoke booked reserved reservation booking "
    "registered table it talked ask helped assisted it's it that's name name's you've you"
)
_VOCATIVE_FIRST = word_set(
    "hi hello hey dear good thanks thank welcome sorry goodbye bye you're no my nice take i i'm "
    "apologise apologize of certainly hear understand inconvenience"
)
_TITLE_FIRST = word_set("mr mrs ms miss mx dr prof professor")
# All of them need a capital after a word: without one inside a sentence there is nothing to look at.
_CAPITAL = re.compile(
    "[a-zA-Z,:;] [A-Z\u00c0-\u024f][A-Za-z\u00c0-\u024f]|[rsxf]\\. [A-Z\u00c0-\u024f]|[a-z,:]\\n[A-Z]|  [A-Z]"
)
_LOWER_WORD = re.compile("[a-z]+(?:'[a-z]+)?")
_SURE_WORDS = (
    "holder",
    "recipient",
    "passenger",
    "caller",
    "contact person",
    "attn",
    "addressee",
    "signed by",
    "consignee",
    "beneficiary",
    "emergency contact",
)
_SIGNED_WORDS = ("regards", "sincerely", "cheers", "wishes", "yours", "respectfully", "signed", "best", "thank")
_FIRST = {
    word: tuple(kind for kind, words in enumerate((_SELF_FIRST, _VOCATIVE_FIRST, _TITLE_FIRST)) if word in words)
    for word in _SELF_FIRST | _VOCATIVE_FIRST | _TITLE_FIRST
}


def names(folded: str, lower: str, *, asked: bool = False) -> Iterator[tuple[int, int]]:
    """Where English names stand that their surroundings tell.

    Args:
        folded: The text, folded.
        lower: The same in lower case.
        asked: Whether the other side has just asked for a name.
    """
    if asked and (place := _answer(folded)):
        yield place
    colon = ":" in folded
    if "name" in lower or " called " in lower or (colon and any(word in lower for word in _SURE_WORDS)):
        for cue in _SURE.finditer(lower):
            if not _NOT_A_PERSONS.search(folded, max(0, cue.start() - 24), _name_word(folded, cue)):
                yield from _at(folded, cue.end(), sure=not cue[0].rstrip().endswith(","))
    if "calling" in lower or "speaking" in lower:
        for match in _SMALL_SELF.finditer(folded):
            if not any(word in NO_NAMES for word in match["name"].lower().split()):
                yield match.span("name")
    if _CAPITAL.search(folded):
        yield from _beside_set(folded, lower)
    if ("\n" in folded or "egards" in lower or "signed" in lower) and any(word in lower for word in _SIGNED_WORDS):
        for cue in _SIGNED.finditer(folded):
            for start, end in _at(folded, cue.end()):
                if not folded[end:].strip(" .,!-\n") or folded[end : end + 1] == "\n":
                    yield start, end
    for pattern, needed in ((_SPEAKING, " speaking" in lower or " here" in lower), (_TAG, colon)):
        for match in pattern.finditer(folded) if needed else ():
            group = "name" if match["name"] else "name2"
            if _WORD.match(match[group]) and not _is_other(match[group]):
                yield match.start(group), match.start(group) + len(match[group].rstrip(".- "))
    if colon and folded.count("\n") >= 3:
        tags = Counter(match["name"] for match in _BARE_TAG.finditer(folded))
        for match in _BARE_TAG.finditer(folded):
            if (
                tags[match["name"]] >= 2
                and not _is_other(match["name"])
                and not re.fullmatch(_ROLE, match["name"], re.I)
            ):
                yield match.span("name")


def _beside_set(folded: str, lower: str) -> Iterator[tuple[int, int]]:
    """Names after the words of introduction, of address and titles."""
    for word in _LOWER_WORD.finditer(lower):
        for kind in _FIRST.get(word[0], ()):
            cue = (_SELF, _VOCATIVE, _TITLE)[kind].match(folded if kind == 2 else lower, word.start())
            if cue is None:
                continue
            for start, end in _at(folded, cue.end(), capitals=kind == 2, longest=2 if kind == 1 else _MAX_WORDS):
                if (
                    kind == 2
                    or (kind == 1 and _VOCATIVE_END.match(folded, end))
                    or (kind == 0 and _introduces(folded, cue[0], start, end))
                ):
                    yield start, end


_NO_FIRST_NAME = re.compile(r"^\w+(?:able|ible|ful|less|ous|tion|ment|ness|ated)$")
_SMALL_SELF = re.compile(
    r"\b(?:this is|i am|i'm|im) (?P<name>[a-z]{2,}(?: [a-z]{2,})?) (?:speaking|calling)\b", re.IGNORECASE
)


def _introduces(folded: str, cue: str, start: int, end: int) -> bool:
    """Whether what follows a name fits an introduction: "I'm Ben." does, "I'm Gold member" does not."""
    name = folded[start:end]
    if _NO_FIRST_NAME.search(name) or (
        " " not in name and re.search(rf"\b(?:calling|contacting|choosing) {name}\b", folded)
    ):
        return False
    if _NEEDS_MORE.search(cue):
        return _MORE.match(folded, end) is not None
    if _AFTER_NAME.match(folded, end):
        return True
    return " " in folded[start:end] and not _NOUN_AFTER.match(folded, end)


def _name_word(folded: str, cue: re.Match[str]) -> int:
    """Where the word "name" starts in a cue; what is before it says whose name it is."""
    place = folded.lower().find("name", cue.start(), cue.end())
    return place if place >= 0 else cue.start()


def _is_other(name: str) -> bool:
    words = name.lower().split()
    return words[0] in NO_NAMES or any(word in ORGANISATIONS for word in words)


def _at(
    folded: str, place: int, *, sure: bool = False, capitals: bool = False, longest: int = _MAX_WORDS
) -> Iterator[tuple[int, int]]:
    """The name that starts at a place, if one does.

    Args:
        folded: The text.
        place: Where the name would start.
        sure: A name is known to stand there, so small letters will do.
        capitals: Words of capitals only will do, as after a title.
        longest: How many words at most.
    """
    if sure and (spelled := _SPELLED.match(folded, place)) and len(_WORD.findall(spelled[0])) >= 3:
        yield spelled.start(), spelled.end()
        return
    first = _WORD.match(folded, place)
    if first is None or len(first[0]) < 2:
        return
    if (first[0].lower() in NO_NAMES or first[0].lower().split("'")[0] in NO_NAMES) and not (
        first[0].lower() in ALSO_NAMES and first[0].istitle() and (sure or _capital_follows(folded, first.end()))
    ):
        return
    capital = first[0][0].isupper() and not (first[0].isupper() and len(first[0]) > 1)
    if first[0].isupper() and not (sure or capitals):
        return
    if not capital and not sure and not capitals:
        return
    if not first[0][0].isupper() and first[0].lower() in _PARTICLES:
        capital = True
    end, count = first.end(), 1
    others = [first[0].lower()]
    limit = longest if capital or first[0].isupper() else 2
    while count < limit and (word := _next_word(folded, end)) is not None:
        if not _continues(folded, first[0], word, small=not capital, last=count + 1 == limit):
            break
        others.append(word[0].lower())
        end, count = word.end(), count + 1
    if any(word in ORGANISATIONS for word in others):
        return
    if folded[max(first.start(), end - 2) : end] == "'s":
        end -= 2
    # "O'Connor, Siobhan O'Connor"
    if sure and count == 1 and (full := re.compile(rf", [{_L}'-]+ {re.escape(first[0])}\b").match(folded, end)):
        end = full.end()
    yield first.start(), end


def _next_word(folded: str, end: int) -> re.Match[str] | None:
    """The word after a part of a name, over one space or the point of an initial."""
    initial = folded[end : end + 2] == ". " and end - _word_start(folded, end) == 1
    gap = 2 if initial else 1
    return _WORD.match(folded, end + gap) if initial or folded[end : end + 1] == " " else None


def _continues(folded: str, first: str, word: re.Match[str], *, small: bool, last: bool) -> bool:
    """Whether a word goes on with the name that another word began.

    Args:
        folded: The text.
        first: The first word of the name.
        word: The word in question.
        small: The name is written in small letters.
        last: No further word may follow.
    """
    text = word[0]
    lower = text.lower()
    if lower.removesuffix("'s") in NO_NAMES and lower not in _PARTICLES:
        return False
    if lower in _PARTICLES and not last:
        after = _WORD.match(folded, word.end() + 1)
        return after is not None and after[0][0].isupper()
    if len(text) == 1:
        ends = folded[word.end() : word.end() + 1] == "."
        return text.isupper() and text != "I" and (ends or _capital_follows(folded, word.end()))
    if first in _PARTICLES:
        return text[0].isupper()
    if text[0].isupper() != first[0].isupper() or (text.isupper() and not first.isupper()):
        return False
    return not (small and not first.isupper() and text in SMALL_STOPS)


def _word_start(folded: str, end: int) -> int:
    start = end
    while start and folded[start - 1].isalpha():
        start -= 1
    return start


def _capital_follows(folded: str, place: int) -> bool:
    word = _WORD.match(folded, place + 1)
    return folded[place : place + 1] == " " and word is not None and word[0][0].isupper() and len(word[0]) > 1


def _answer(folded: str) -> tuple[int, int] | None:
    """The name in the answer to "May I have your name?"."""
    lead = _ANSWER_LEAD.match(folded)
    place = lead.end() if lead else 0
    rest = folded[place:].strip(" .!,?\n")
    small = len(rest.split()) <= 3 and place <= len(folded)
    for start, end in _at(folded, place, sure=small, capitals=True, longest=3):
        if folded[start].isupper() and _AFTER_ANSWER.match(folded, end):
            return start, end
        if small and not folded[end:].strip(" .!,?\n"):
            return start, end
    return None
