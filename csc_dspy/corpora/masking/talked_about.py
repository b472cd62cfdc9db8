"""English names of people who are talked about: "I told Maria", "my husband, Peter,", "Lavinia told me to wait"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from csc_dspy.corpora.masking.capitalised import CAPITALISED, LATIN, USUAL_CAPITALS, name_at
from csc_dspy.corpora.masking.reading import Text
from csc_dspy.corpora.masking.words import COMPANIES, GIVEN_NAMES, NO_NAMES, ORGANISATIONS, TELLERS, word_set

RELATIVES = (
    r"(?:(?:step|grand|ex-?|god)?-?(?:wife|husband|son|daughter|mother|father|partner|brother|sister|boyfriend"
    r"|girlfriend|mom|mum|dad|child|kid|grandma|grandpa|nan|granny)(?:-in-law|\sin\slaw)?|boss|friend|mate|colleague"
    r"|co-?worker|neighbou?r|assistant|uncle|aunt(?:ie)?|cousin|flatmate|roommate|housemate|fianc[eé]e?|nephew|niece"
    r"|landlord|landlady|tenant|lawyer|solicitor|attorney|accountant|secretary|nurse|doctor|carer|caretaker|nanny"
    r"|teacher|manager|supervisor|agent|advis[eo]r|technician|engineer|driver|courier|plumber|electrician"
    r"|receptionist|representative|rep|operator|clerk|salesman|saleswoman|salesperson|installer|handyman"
    r"|team\sleader?|teammate|client|customer)"
)
_PERSON = (
    r"(?:lady|woman|man|guy|gentleman|girl|boy|person|bloke|chap|someone|somebody|anyone|anybody|people|fellow|member|"
    + RELATIVES[3:]
)
_BEFORE = re.compile(
    rf"""
    \b(?:
      (?:told|asked|asking|tell|thanked|thank|reminded|informed|ask|remind|inform|trust|blame
        |assured|met|meet|married|saw)
    | (?:spoke|speak|spoken|speaking|talk|talked|talking|chat|chatted|chatting|deal|dealt|dealing|working|worked|met
        |live|lives|corresponded|in\stouch|in\scontact|left\sit|on\sthe\sphone|shared?|discussed\s(?:it|this|that))\s(?:with|to)
    | (?:transferred|passed|put|connected|referred|escalated|assigned|forwarded|handed|emailed|wrote|written|reported
        |sent|gave|given|complained|explained|said|replied|mentioned|returned|sold|lent|listen(?:ed)?)
        (?:\s(?:me|us|him|her|it|this|that|them|the\s[a-z]+|my\s[a-z]+))?(?:\s(?:through|over|on|back|up))?\sto
    | (?:through|back|over)\sto
    | (?:helped|handled|assisted|served|told|signed|installed|delivered|promised|answered|visited|written|booked|seen
        |serviced|repaired|fitted|checked|taken|sent|done|cleaned|treated|approved|authori[sz]ed|collected|picked\sup|called
        |contacted|advised|greeted|met|shown|examined|scheduled|arranged|processed|inspected|confirmed|referred|recommended
        |looked\sat|looked\safter|quoted|accepted|opened|closed|raised|logged|sold|brought|dropped\soff|left)\sby
    | (?:my|his|her|our|your|their)(?:\s[a-z]+)?\s{RELATIVES}(?:\s(?:is|was)(?:\s(?:called|named))?)?
    | (?:an?|the|this|that|your|our|another|some|nice|young)(?:\s[a-z]+)?\s{_PERSON},?
        (?:\s(?:called|named|by\sthe\sname\sof))?
    | (?:someone|somebody|anyone|anybody)(?:\selse)?,?\s(?:called|named|by\sthe\sname\sof)
    | (?:his|her|their|whose)\sname(?:'s|\sis|\swas)
    ),?\s+(?:(?:again|just|both|only)\s)?$
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LAST_WORDS = word_set(
    "told asked asking tell thanked thank reminded informed ask remind inform trust blame assured met meet married"
    " saw with to by called named of is was again just both only s law boss friend mate colleague coworker worker"
    " neighbour neighbor assistant uncle aunt auntie cousin flatmate roommate housemate fiance fiancee nephew niece"
    " landlord landlady tenant lawyer solicitor attorney accountant secretary nurse doctor carer caretaker nanny"
    " teacher manager supervisor agent advisor adviser technician engineer driver courier plumber electrician"
    " receptionist representative rep operator clerk salesman saleswoman salesperson installer handyman leader"
    " teammate client customer lady woman man guy gentleman girl boy person bloke chap someone somebody anyone"
    " anybody people fellow member wife husband son daughter mother father partner brother sister boyfriend"
    " girlfriend mom mum dad child kid grandma grandpa nan granny grandmother grandfather stepson stepdaughter"
    " stepmother stepfather grandson granddaughter godmother godfather"
)
"""The words that can be last before a name here: a quick look before the long one."""
_LAST_WORD = re.compile(r"([A-Za-z]+)[, ]+$")
_TELLS_ME = (
    r"(?:told|promised|assured|advised|informed|reminded|showed|gave|sent|offered|asked|called|emailed|texted|rang"
    r"|phoned|transferred|helped|contacted|charged|sold|wrote|messaged|quoted|served|visited|upgraded|guided|walked"
    r"|met|let)\s(?:me|us|him|her|them|my)\b"
)
_SAYS = (
    r"(?:said|says|explained|mentioned|insisted|suggested|apologi[sz]ed|answered|picked\sup|hung\sup|replied"
    r"|confirmed|refused|agreed|promised|swore|claimed|thinks|thought|signed\sfor)\b"
)
_DESK = (
    r"(?:from|in|at)\s(?:the\s|your\s|our\s)?(?:[a-z]+\s){0,2}?(?:billing|sales|support|accounts|customer|technical"
    r"|tech|returns|claims|reception|service|services|shipping|team|department|desk|branch|store|office|warehouse"
    r"|front|helpdesk|finance|logistics|complaints|retention|collections|dispatch)\b"
)
_KIN_OF = (
    r"(?:birthday|husband|wife|mother|father|mum|mom|dad|son|daughter|passport|school|surname|name"
    r"|number|phone|email)\b"
)
_CAPITAL = rf"[A-Z\u00c0-\u024f][{LATIN}'-]*[a-z\u00e0-\u024f]"
_AFTER = re.compile(
    rf"(?P<name>{_CAPITAL}(?:\s{_CAPITAL})?)(?:\s(?:has\s|had\s|already\s|just\s|then\s|also\s|even\s|kindly\s"
    rf"|never\s)?(?:{_TELLS_ME}|{_SAYS})|,?\s{_DESK}|\swho\s(?:answered|called|said|told|helped|spoke|promised"
    rf"|was\svery|was\sso|served|came|works|handled))"
)
_OWNS = re.compile(rf"(?P<name>[A-Z\u00c0-\u024f][{LATIN}-]*[a-z\u00e0-\u024f])'s\s{_KIN_OF}")
_REACH = 64
_SMALL = re.compile(r"\b[a-z]{2,}\b")
_PLAINLY_TOLD = re.compile(
    rf"\s(?:{_TELLS_ME}|(?:said|says|picked\sup|hung\sup|apologi[sz]ed|swore)\b|who\b)|,?\s{_DESK}"
)
_SENTENCE_START = re.compile(r"(?:^|[.!?:;\n\"]\s*|-\s)$")
_NO_SUBJECT = NO_NAMES | TELLERS | COMPANIES | ORGANISATIONS


def people_talked_about(text: Text) -> Iterator[tuple[int, int]]:
    """Where people are named whom somebody told, asked, met or quotes, or who are somebody's wife or colleague."""
    folded = text.folded
    for word in CAPITALISED.finditer(folded):
        if word[0] not in USUAL_CAPITALS and (not word.start() or folded[word.start() - 1] not in "@/.-'"):
            yield from _around(folded, word)
    if not text.lacks(GIVEN_NAMES) and folded == text.lower:
        for word in _SMALL.finditer(folded):
            if word[0] in GIVEN_NAMES:
                yield from _around(folded, word)


def _around(folded: str, word: re.Match[str]) -> Iterator[tuple[int, int]]:
    """The name that a word begins, when what is before or after it tells."""
    start = word.start()
    last = _LAST_WORD.search(folded, max(0, start - 16), start)
    if (
        last is not None
        and last[1].lower() in _LAST_WORDS
        and _BEFORE.search(folded, max(0, start - _REACH), start)
        and word[0].lower().removesuffix("'s") not in _NO_SUBJECT
    ):
        yield from name_at(folded, start, longest=3)
        return
    for pattern in (_AFTER, _OWNS):
        match = pattern.match(folded, start)
        if match and _is_person(folded, match):
            yield match.span("name")
            return


def _is_person(folded: str, match: re.Match[str]) -> bool:
    name = match["name"].lower().split()
    if any(word in _NO_SUBJECT or word.removesuffix("'s") in _NO_SUBJECT for word in name):
        return False
    start = match.start("name")
    if _SENTENCE_START.search(folded, max(0, start - 3), start) and len(name) == 1:
        # A capital at the start of a sentence proves nothing: "Once confirmed", "Management said".
        if name[0] not in GIVEN_NAMES and not _PLAINLY_TOLD.match(folded, match.end("name")):
            return False
        return not name[0].endswith(
            ("tion", "ment", "ness", "ing", "ers", "ity", "ance", "ence", "ors", "ists", "ship")
        )
    return True
