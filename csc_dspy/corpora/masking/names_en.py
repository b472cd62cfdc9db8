"""Names that English speakers give: "my name is Ann Lee", "this is Ben", "Thanks, Ann.", ``Agent (Ben):``.

Capitals are needed wherever the words around a name do not prove it; "my name is" is proof enough for "ann lee".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from csc_dspy.corpora.masking.capitalised import CAPITALISED, MAX_WORDS, SPELLED, USUAL_CAPITALS, name_at
from csc_dspy.corpora.masking.capitalised import LATIN as _L
from csc_dspy.corpora.masking.reading import Text
from csc_dspy.corpora.masking.tags import is_other, tags
from csc_dspy.corpora.masking.talked_about import RELATIVES, people_talked_about
from csc_dspy.corpora.masking.words import (
    GIVEN_NAMES,
    HERE_WORDS,
    NAME_WORDS,
    NO_NAMES,
    SELF_FIRST,
    SIGNED_WORDS,
    SMALL_STOPS,
    SPEAKING_WORDS,
    SURE_WORDS,
    TITLE_FIRST,
    VOCATIVE_FIRST,
)

_AFTER_NAME = re.compile(
    r"\s*(?:$|[,.;:!?\n)\]\"-]|(?:and|from|with|at|in|on|here|speaking|calling|again|i|my|the|a|an"
    r"|your|who|we|how|can|for|of|over|by|writing"
    r"|yesterday|today|earlier|last|just|but|because|who|now|so|reaching|contacting|returning|about"
    r"|what|may|could|trying|once|as|to|wanting|wondering|looking|following)\b)",
    re.IGNORECASE,
)
_AFTER_ANSWER = re.compile(
    r"\s*(?:$|[,.;:!?\n)\]\"-]|(?:and|or|at|in|from|here|i'm|my|calling|speaking|is my|please)\b)", re.IGNORECASE
)
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
    | \b(?:nicknames?|surname|forename)(?:\sis|'s|:)\s
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
_RELATIVE = rf"(?:my|his|her|our|your)\s{RELATIVES}"
_SELF = re.compile(
    rf"""
    \b(?: this\sis | i'm | i\sam | im | i\sgo\sby | calls?\sme | named | you(?:'ve|\shave)\sreached
      | (?:speaking|talking|chatting|spoke|talked|chatted|speak|talk)\s(?:with|to) | ask(?:ed)?\sfor
      | (?:addressed|registered|belongs|out|reports?)\sto
      | (?:helped|assisted|signed(?:\sfor)?|told|delivered)\sby
      | (?:(?:it's|it\sis|booked|reserved|reservation|booking|registered|table|account's|is|put\sit)\s)?under
      | (?:booking|reservation|appointment|table|ticket|account)\sfor | {_RELATIVE},?
      | (?:first|last|full|family|given|middle|maiden|married)\sname
      | it's | it\sis | that's | name's | name ) \s+(?=[a-z\u00df-\u024f])
    """,
    re.VERBOSE,
)
_RELATED = re.compile(_RELATIVE)
_NAMED = ("first", "last", "full", "family", "given", "middle", "maiden", "married")
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
_CLAUSE_END = re.compile(
    r"[,;!?\n]|\.(?=\s|$)(?<!\b[A-Z]\.)(?<!\bMr\.)(?<!\bMs\.)(?<!\bDr\.)(?<!\bMrs\.)| (?:and|or) |$| - |\.\.\."
)
_LONGEST_CLAUSE = 60
_EXCUSE = re.compile(
    r"\b(?:not (?:really |quite |so )?sure|don't (?:know|remember|have)|can't (?:remember|recall)|forgot|forget"
    r"|no idea|why do you)\b",
    re.IGNORECASE,
)
_ANSWER_LEAD = re.compile(
    r"\s*(?:(?:yes|yeah|yep|sure(?:\sthing)?|certainly|of\scourse|ok|okay|absolutely|hi|hello|hey|it's"
    r"|it\sis|its|that's|that\sis|that\swould\sbe|it\swould\sbe|this\sis|i'm|i\sam"
    r"|my\sname|the\sname|my\sname\sis|name's|name\sis|is|uh|um|well|please|no\sproblem"
    r"|you\scan\scall\sme|call\sme|just|under|for|with|so|then|probably|maybe|actually|(?:maybe|try|probably)\sunder"
    r"|mr|mrs|ms|miss|dr|it'll\sbe|will\sbe|(?:my|his|her)\s(?:[a-z]+'s\sname|name|wife|husband|son|daughter|mother"
    r"|father|mom|mum|dad|partner|boss|brother|sister|friend)(?:\sis|'s)?|surname(?:\sis)?|last|first\sname"
    r"|last\sname|full\sname|good\smorning|thanks"
    r"|thank\syou|and)"
    r"(?:\b[\s,.!:;-]*|$))*",
    re.IGNORECASE,
)

# A pattern is only tried where its first word stands; the rest of a text costs a look into this table a word.
# All of them need a capital after a word: without one inside a sentence there is nothing to look at.
_CAPITAL = re.compile(
    "[A-Z\u00c0-\u024f](?:(?<=[a-zA-Z,:;] .)[A-Za-z\u00c0-\u024f]|(?<=[rsxf]\\. .)|(?<=[a-z,:]\\n[A-Z])|(?<=  [A-Z]))"
)
_TELLING_WORDS = SURE_WORDS | HERE_WORDS | SPEAKING_WORDS | GIVEN_NAMES | TITLE_FIRST
_FIRST = {
    word: tuple(kind for kind, words in enumerate((SELF_FIRST, VOCATIVE_FIRST, TITLE_FIRST)) if word in words)
    for word in sorted(SELF_FIRST | VOCATIVE_FIRST | TITLE_FIRST)
}


def names(text: Text, *, asked: bool = False, answer: bool = False) -> Iterator[tuple[int, int]]:
    """Where English names stand that their surroundings tell.

    Args:
        text: The text.
        asked: Whether the other side has just asked for a name.
        answer: Whether the other side has just asked for something else that is personal.
    """
    folded = text.folded
    if asked or answer:
        yield from _answers(folded, sure=asked)
    colon = ":" in folded
    telling = not text.lacks(_TELLING_WORDS)
    if telling:
        yield from _told(text, colon)
    given = telling and not text.lacks(GIVEN_NAMES)
    if given or not USUAL_CAPITALS.issuperset(CAPITALISED.findall(folded)):
        yield from _capitals(text, given)
    elif telling and not text.lacks(TITLE_FIRST):
        yield from _beside_set(text)
    if colon:
        yield from tags(folded)


def _told(text: Text, colon: bool) -> Iterator[tuple[int, int]]:
    """Names that a word for a name or for speaking stands beside; small letters will do for some."""
    folded = text.folded
    if not text.lacks(SURE_WORDS) and (colon or not text.lacks(NAME_WORDS)):
        for cue in _SURE.finditer(text.lower):
            if not _NOT_A_PERSONS.search(folded, max(0, cue.start() - 24), _name_word(folded, cue)):
                yield from name_at(folded, cue.end(), sure=not cue[0].rstrip().endswith(","))
    if not text.lacks(HERE_WORDS):
        for match in _SPEAKING.finditer(folded):
            if not is_other(match["name"]):
                yield match.span("name")
    if not text.lacks(SPEAKING_WORDS):
        for match in _SMALL_SELF.finditer(folded):
            if not any(word in NO_NAMES for word in match["name"].lower().split()):
                yield match.span("name")


def _capitals(text: Text, given: bool) -> Iterator[tuple[int, int]]:
    """Names that need a capital or are common first names: without either there is nothing to look at."""
    folded = text.folded
    yield from _beside_set(text)
    if given:
        for word in _TITLE_CASE.finditer(folded):
            if word[0] in _GIVEN and not _NO_PERSON_BEFORE.search(folded, max(0, word.start() - 8), word.start()):
                yield from name_at(folded, word.start(), longest=3)
    yield from people_talked_about(text)
    if not text.lacks(SIGNED_WORDS):
        for cue in _SIGNED.finditer(folded):
            for start, end in name_at(folded, cue.end()):
                if not folded[end:].strip(" .,!-\n") or folded[end : end + 1] == "\n":
                    yield start, end


def _beside_set(text: Text) -> Iterator[tuple[int, int]]:
    """Names after the words of introduction, of address and titles."""
    folded, lower = text.folded, text.lower
    if not (_CAPITAL.search(folded) or (folded == lower and folded.isascii())):
        return
    for first in text.words & _FIRST.keys():
        for kind, cue in _cues(first, folded, lower):
            for start, end in name_at(folded, cue.end(), capitals=kind == 2, longest=2 if kind == 1 else MAX_WORDS):
                if (
                    kind == 2
                    or (kind == 1 and _VOCATIVE_END.match(folded, end))
                    or (kind == 0 and _introduces(folded, cue[0], start, end))
                ):
                    yield start, end


def _cues(first: str, folded: str, lower: str) -> Iterator[tuple[int, re.Match[str]]]:
    place = lower.find(first)
    while place >= 0:
        for kind in _FIRST[first] if not place or not lower[place - 1].isalpha() else ():
            cue = (_SELF, _VOCATIVE, _TITLE)[kind].match(folded if kind == 2 else lower, place)
            if cue is not None:
                yield kind, cue
        place = lower.find(first, place + 1)


_TITLE_CASE = re.compile(r"[A-Z](?<!\w.)[a-z]+\b(?![.@]\w|_)")
_GIVEN = frozenset(name.title() for name in GIVEN_NAMES)
_NO_PERSON_BEFORE = re.compile(
    r"(?:\b(?:[Tt]he|[Aa]n?|San|Santa|Saint|Ste?\.?|Los|El|Port|Fort|Lake|Mount|Mt\.?|New) |[@/._-])$"
)
_NO_FIRST_NAME = re.compile(r"^\w+(?:able|ible|ful|less|ous|tion|ment|ness|ated)$")
_SMALL_AFTER = re.compile(r" ([a-z]+)\b")
_SMALL_SELF = re.compile(
    r"\b(?:this is|i am|i'm|im) (?P<name>[a-z]{2,}(?: [a-z]{2,}){0,3}) (?:speaking|calling)\b", re.IGNORECASE
)


def _introduces(folded: str, cue: str, start: int, end: int) -> bool:
    """Whether what follows a name fits an introduction: "I'm Ben." does, "I'm Gold member" does not."""
    name = folded[start:end]
    if _NO_FIRST_NAME.search(name) or (
        " " not in name and re.search(rf"\b(?:calling|contacting|choosing) {name}\b", folded)
    ):
        return False
    if _RELATED.match(cue):
        return True
    if _NEEDS_MORE.search(cue) and not cue.startswith(_NAMED):
        return _MORE.match(folded, end) is not None
    if _AFTER_NAME.match(folded, end):
        return True
    if name in GIVEN_NAMES and (word := _SMALL_AFTER.match(folded, end)) and word[1] in SMALL_STOPS:
        return True
    return " " in folded[start:end] and not _NOUN_AFTER.match(folded, end)


def _name_word(folded: str, cue: re.Match[str]) -> int:
    """Where the word "name" starts in a cue; what is before it says whose name it is."""
    place = folded.lower().find("name", cue.start(), cue.end())
    return place if place >= 0 else cue.start()


def _answers(folded: str, *, sure: bool) -> Iterator[tuple[int, int]]:
    """The names in the answer to "May I have your name?": sentences and clauses that are a name and nothing else.

    Args:
        folded: The answer.
        sure: A name was asked for; otherwise only first names with a family name count.
    """
    place = 0
    small = sure and not _EXCUSE.search(folded)
    for stop in _CLAUSE_END.finditer(folded):
        start, end = place, stop.start()
        place = stop.end()
        if end - start > _LONGEST_CLAUSE:
            continue
        lead = _ANSWER_LEAD.match(folded, start, end)
        start = lead.end() if lead else start
        rest = folded[start:end].strip()
        if sure and (spelled := SPELLED.search(folded, start, end)):
            yield spelled.span()
        count = len(rest.split())
        if not 1 <= count <= 4:
            continue
        for first, last in name_at(folded, start, sure=small and count <= 3, capitals=small, longest=4):
            whole = not folded[last:end].strip() or _AFTER_ANSWER.match(folded, last) is not None
            if (
                whole
                and (folded[first].isupper() or not folded[last:end].strip())
                and (sure or _is_full(folded[first:last]))
            ):
                yield first, last


def _is_full(name: str) -> bool:
    words = name.split()
    return len(words) in (2, 3) and all(word[0].isupper() and word.lower() not in NO_NAMES for word in words)
