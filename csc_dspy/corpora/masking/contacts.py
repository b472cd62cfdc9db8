"""E-mail addresses, personal parts of links, and postal addresses with a house number."""

from __future__ import annotations

import re
from collections.abc import Iterator

from csc_dspy.corpora.masking.kinds import Kind, Span
from csc_dspy.corpora.masking.reading import Text
from csc_dspy.corpora.masking.shapes import compact
from csc_dspy.corpora.masking.words import word_set

_LOCAL = r"[A-Za-z0-9](?:[A-Za-z0-9._%+-]{0,62}[A-Za-z0-9_+-])?"
_EMAIL = re.compile(
    rf"(?<![A-Za-z0-9._%+-])(?P<local>{_LOCAL})(?:@ ?| @ | @(?=[\w.-]+\.(?:com|net|org|co|cn|edu|io)\b))"
    rf"(?P<domain>(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{{2,24}})(?![A-Za-z0-9])"
)
_PROVIDERS = (
    r"gmail|googlemail|yahoo|ymail|hotmail|outlook|icloud|aol|proton(?:mail)?|live|msn|gmx|web|qq|foxmail|163|126|sina"
)
_CUT_EMAIL = re.compile(
    rf"(?<![A-Za-z0-9._%+@-])(?P<local>{_LOCAL})@(?:(?P<known>{_PROVIDERS})|(?P<other>[A-Za-z][A-Za-z0-9-]{{1,30}}))"
    r"(?![A-Za-z0-9@_-]|\.[A-Za-z0-9])",
    re.IGNORECASE,
)
"""An address without its end: "rkhan@gmail"."""
_EMAIL_BEFORE = re.compile(r"(?:\be-?mail\w*|\bmail me|\bwrite (?:to )?me|邮箱|邮件|电邮)[^\n@]{0,40}$", re.IGNORECASE)
_WORD = r"(?:(?:[A-Za-z0-9] ){2,9}(?=[A-Za-z0-9] ))?[A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+)*"
_DOT = r"(?:\s*[\[(<{]\s*dot\s*[\])>}]\s*|\s+dot\s+|\s*点\s*|\.)"
_JOIN = (
    r"(?:\s*[\[(<{]\s*dot\s*[\])>}]\s*|\s+(?:dot|underscore|under score|dash|hyphen|minus|plus)\s+"
    r"|\s*(?:点|下划线|横杠|杠|减号)\s*)"
)
_COUNT = (
    r"(?:\s(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh"
    r"|nine)teen"
    r"|twenty|(?:thir|for|fif|six|seven|eigh|nine)ty)\b)"
)
_AT = (
    r"(?:\s*[\[(<{]\s*at\s*[\])>}]\s*|\s+at,?\s+(?:(?:um|uh|er|erm|hm+|so|the|well),?\s+)*"
    r"|\s*(?:艾特|圈[aA]|小老鼠|@)\s*)"
)
_SPOKEN_EMAIL = re.compile(
    rf"(?<![A-Za-z0-9])(?P<local>{_WORD}(?:{_JOIN}{_WORD}"
    rf"|{_COUNT})*){_AT}(?P<domain>{_WORD}(?:{_DOT}(?:[A-Za-z0-9-]+))*{_DOT}"
    r"(?:com|net|org|edu|gov|io|co|uk|cn|de|fr|info|me|au|ca|in|us|hk|tw|jp|eu|se|no|dk|fi|nl|be|ch|at"
    r"|it|es|pt|pl|cz|ru|br|mx|nz|ie|za|kr|sg|example|test|biz|xyz|app|dev|vip|cc))(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_DOMAIN_ENDS = r"\.(?:com|net|org|edu|co|cn|de|fr|io)\b"
_BARE_DOMAIN = re.compile(rf"(?:\bat |\[at\]|\(at\))[^@]{{0,30}}{_DOMAIN_ENDS}")
_DOMAIN_END = re.compile(_DOMAIN_ENDS)
_SPEAKS = word_set("dot 艾 圈 鼠 点")
EMAIL_WORDS = _SPEAKS | {"at"}
"""One of these, or "@", is in every e-mail address."""
_MAY_SPEAK = re.compile(r"\bat\b[\s\])>}]*\w.{0,40}?(?:\bdot\b|\.[a-z])|艾特|圈[aA]|小老鼠|@.{0,40}点", re.IGNORECASE)
_SPOKEN_LEAD = re.compile(
    r"(?:.*\s)?(?:is|it's|address|to|me|use|email|e-mail|mail|that's|reach|under|the|my|via|on|write|contact)\s+(?=\S)",
    re.IGNORECASE,
)
_SPOKEN_JOINS = (
    (re.compile(r"[\s\[(<{]*(?:\bdot\b|点)[\s\])>}]*", re.IGNORECASE), "."),
    (re.compile(r"\s*(?:\bunder ?score\b|下划线)\s*", re.IGNORECASE), "_"),
    (re.compile(r"\s*(?:\b(?:dash|hyphen|minus)\b|横杠|杠|减号)\s*", re.IGNORECASE), "-"),
    (re.compile(r"\s*\bplus\b\s*", re.IGNORECASE), "+"),
)

_LINK = re.compile(r"(?:https?://|www\.)[!-~]+", re.IGNORECASE)
_USERINFO = re.compile(r"(?<=://)[^\s/@]+(?=@)")
_LINK_KINDS: tuple[tuple[Kind, str], ...] = (
    (Kind.ACCOUNT,
        r"user(?:_?(?:name|id))?|uid|account(?:_?(?:id|no|number))?|acct|member(?:_?id)?"
        r"|customer(?:_?(?:id|no))?|client(?:_?id)?|profiles?|login|openid"),
    (Kind.ORDER,
        r"orders?(?:_?(?:id|no|number))?|booking(?:_?(?:id|ref))?|bookings|tickets?(?:_?(?:id|no))?"
        r"|cases?(?:_?id)?|invoices?(?:_?(?:id|no))?|track(?:ing)?(?:_?(?:id|no|number))?|ref(?:erence)?"
        r"|pnr|trade_?no"),
    (Kind.PHONE, r"phone|mobile|tel|msisdn"),
    (Kind.NAME, r"(?:first|last|full|nick)_?name|name"),
    (Kind.CODE, r"token|otp|code|auth|session(?:_?id)?|sid|key|password|pwd"),
    (Kind.EMAIL, r"e?mail"),
    (Kind.ID_NUMBER, r"ssn|id_?(?:card|no|number)|passport"),
)  # fmt: skip
_LINK_VALUE = re.compile(
    "|".join(
        rf"(?P<k{i}>(?<=[?&;#/])(?:{names})(?:=|/)(?P<v{i}>[^\s&;#/?\[\]<>\"'，。）)]+))"
        for i, (_, names) in enumerate(_LINK_KINDS)
    ),
    re.IGNORECASE,
)
_MIN_LINK_VALUE = 3

_STREET_EN = (
    r"Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Way|Place|Pl|Square|Sq"
    r"|Terrace|Close|Crescent|Parkway|Pkwy|Highway|Hwy"
    r"|Row|Mews|Circle|Cir|Trail|Gardens|Grove|Hill|Walk|Quay|Alley|Turnpike|Parade|Broadway|Crossing|Loop|Pike|Wharf"
)
_UNIT_EN = (
    r"(?:Apt|Apartment|Unit|Suite|Ste|Flat|Floor|Room|Rm|Bldg|Building)\.?[ ]?\#?[A-Za-z]?\d*[A-Za-z]?"
    r"|\#[ ]?\d+[A-Za-z]?"
)
_ADDRESS_EN = re.compile(
    rf"""
    (?<![\w$€£.,/-])
    (?:(?:{_UNIT_EN}),?[ ])?
    (?:No\.?[ ])?\d{{1,5}}(?:-\d{{1,4}})?[A-Za-z]?,?[ ]
    (?:(?:[NSEW]|North|South|East|West|N\.|S\.|E\.|W\.)[ ])?
    (?:[A-Z][A-Za-z'.-]+|\d{{1,3}}(?:st|nd|rd|th))[ ](?:(?:[A-Z][A-Za-z'.-]+|of|the|de|la)[ ]){{0,3}}
    (?:{_STREET_EN})\b\.?(?![ ](?:of|is|has|was)\b)
    (?:,?[ ](?:NW|NE|SW|SE|North|South|East|West|N|S|E|W)\b)?
    (?:,?[ ](?:{_UNIT_EN}))?
    (?:,?[ ]?(?:[A-Z][A-Za-z'.-]+[ ]?){{1,3}},?[ ](?:[A-Z]{{2}}[ ]\d{{5}}(?:-\d{{4}})?
      |[A-Z]{{1,2}}\d[A-Z\d]?[ ]?\d[A-Z]{{2}}|\d{{5}}|[A-Z]{{2,3}}[ ]\d{{4}})\b
      |,[ ](?:[A-Z][a-z'-]+[ ]?){{1,3}}(?:,[ ][A-Z]{{2}}\b)?(?=[.,;!?\n]|$))?
    """,
    re.VERBOSE,
)
_ADDRESS_EN_LOWER = re.compile(
    r"\b(?:live|lives|address|deliver|delivered|ship|shipped|reside|moved?|send|sent|house|home)\b[^.?!\d]{0,24}?"
    rf"(?P<address>\b\d{{1,5}}[a-z]? (?:[a-z'-]+ ){{1,3}}(?:{_STREET_EN.lower()})\b"
    r"(?:,? (?:apt|apartment|unit|suite|flat) ?#?\w{1,5})?)"
)
_PO_BOX = re.compile(r"\bP\.? ?O\.? ?Box \d{1,7}\b", re.IGNORECASE)
_UK_POSTCODE = re.compile(
    r"\bpost ?code\b\W{0,4}(?:is |it's |was )?(?P<address>[A-Za-z]{1,2}\d[A-Za-z\d]?[ ]?\d[A-Za-z]{2})\b", re.IGNORECASE
)
_MAY_ADDRESS_EN = re.compile(r"\d[A-Za-z]?,? (?:[A-Z]|\d{1,3}[a-z])")
_STREET_WORDS = word_set(" ".join((*_STREET_EN.lower().split("|"), "box post postcode")))

_NO = r"(?:\d{1,5}|[一二三四五六七八九十百零〇]{1,5})"
_ADDRESS_ZH = re.compile(
    rf"""
    (?P<lead>[\u4e00-\u9fff]{{0,24}})
    (?: (?:路|街|大道|巷|弄|胡同|道|街道|村|社区|小区|花园|花苑|公寓|苑|里|新村|家园|广场|大厦|中心|城|庄|府
      |园|湾|庭|郡|居)
        (?:[东南西北中]?[一二三四五六]?[路段街区期])? [（(]?
    )
    [ ]?{_NO}[ ]?(?:-\d{{1,4}})?(?:号|弄|栋|幢|座|单元|组|区|期|号楼|号院|室)
    (?: [ ,，]?(?:[\u4e00-\u9fff]{{2,10}}(?:小区|花园|花苑|公寓|苑|大厦|广场|家园|新村|中心
      |城))?[ ]?[A-Za-z]?{_NO}?-?\d{{0,4}}
        (?:号楼|号院|号|弄|栋|幢|座|单元|楼|层|室|房|户|门|组))*
    (?:[ ]?\d{{3,4}}(?!\d|[元块号点个]))?
    (?:[ ]?[,，][ ]?\d{{6}}(?=[。，,.；;\s]|$))?
    """,
    re.VERBOSE,
)
_MAY_ADDRESS_ZH = re.compile(
    r"[路街道巷弄同村区园苑寓里厦场心城庄府湾庭郡居段期][（(]? ?[\d一二三四五六七八九十百]{1,5} "
    r"?[号弄栋幢座单组区期室-]"
)
_LEAD_STOP = re.compile(
    r".*(?:住在|家在|寄到|寄去|寄往|送到|送去|送往|发到|发往|搬到|搬至|位于|改成|改为|改到|换成|填的是"
    r"|写的是|地址|是在|就在|就是|现在|我在|我家|人在|收货|收件|应该是|[是为到至在：，。、；！？]"
    r"|住)(?:[是为在：:]|叫)?"
)
_STATION = re.compile(r"(?:地铁|站|号线|出口|公交)")


def may_hold_email(text: Text) -> bool:
    """Whether a text, or several joined ones, can hold an e-mail address; quick."""
    folded, lower = text.folded, text.lower
    return (
        "@" in folded
        or "dot" in lower
        or _names_domain(lower)
        or (not folded.isascii() and any(word in lower for word in ("艾特", "圈a", "小老鼠")))
    )


def _names_domain(lower: str) -> bool:
    """Whether a text holds "at" before a domain."""
    return " at" in lower and _DOMAIN_END.search(lower) is not None and _BARE_DOMAIN.search(lower) is not None


def emails(text: Text) -> Iterator[Span]:
    """E-mail addresses, also dictated: "ann dot lee at example dot com"."""
    folded, lower = text.folded, text.lower
    if "@" in folded:
        for match in _EMAIL.finditer(folded):
            yield Span(match.start(), match.end(), Kind.EMAIL, f"{match['local']}@{match['domain']}".lower())
        for match in _CUT_EMAIL.finditer(folded):
            if match["known"] or _EMAIL_BEFORE.search(folded, max(0, match.start() - 60), match.start()):
                yield Span(match.start(), match.end(), Kind.EMAIL, match[0].lower())
    if (not text.lacks(_SPEAKS) and _MAY_SPEAK.search(folded)) or _names_domain(lower):
        for match in _SPOKEN_EMAIL.finditer(folded):
            start = match.start("local")
            written = "dot" not in match["domain"].lower() and "点" not in match["domain"]
            if written and (
                match["domain"].lower().startswith("www.") or "mail" not in lower[max(0, start - 40) : start]
            ):
                continue  # "visit us at example.com"
            lead = _SPOKEN_LEAD.match(match["local"])
            start += lead.end() if lead else 0
            local, domain = folded[start : match.end("local")], match["domain"]
            for pattern, sign in _SPOKEN_JOINS:
                local, domain = pattern.sub(sign, local), pattern.sub(sign, domain)
            if local:
                yield Span(start, match.end(), Kind.EMAIL, f"{local}@{domain}".lower())


def links(text: Text) -> Iterator[Span]:
    """The parts of links that belong to a person: ``?order=…``, ``/users/…``, ``name:password@``."""
    folded = text.folded
    if "://" not in folded and "www." not in text.lower:
        return
    for link in _LINK.finditer(folded):
        for match in _USERINFO.finditer(folded, *link.span()):
            yield Span(match.start(), match.end(), Kind.ACCOUNT, match[0].lower())
        for match in _LINK_VALUE.finditer(folded, *link.span()):
            index = int(str(match.lastgroup)[1:])
            start, end = match.span(f"v{index}")
            value = folded[start:end].rstrip(".,!")
            in_path = folded[start - 1] == "/"
            if len(value) < _MIN_LINK_VALUE or (in_path and not any(c.isdigit() for c in value)):
                continue
            kind = _LINK_KINDS[index][0]
            yield Span(start, start + len(value), kind, value.lower() if kind is Kind.EMAIL else compact(value))


def addresses(text: Text) -> Iterator[Span]:
    """Postal addresses: a street with a house number, with what belongs to it before and after."""
    folded = text.folded
    if _MAY_ADDRESS_EN.search(folded):
        for match in _ADDRESS_EN.finditer(folded):
            yield Span(match.start(), match.end(), Kind.ADDRESS, compact(match[0]))
    if not text.lacks(_STREET_WORDS):
        for match in _PO_BOX.finditer(folded):
            yield Span(match.start(), match.end(), Kind.ADDRESS, compact(match[0]))
        for pattern in (_ADDRESS_EN_LOWER, _UK_POSTCODE):
            for match in pattern.finditer(folded):
                start, end = match.span("address")
                yield Span(start, end, Kind.ADDRESS, compact(match["address"]))
    if not folded.isascii() and _MAY_ADDRESS_ZH.search(folded):
        for match in _ADDRESS_ZH.finditer(folded):
            lead = match["lead"]
            stop = _LEAD_STOP.match(lead)
            start = match.start() + (stop.end() if stop else 0)
            if not _STATION.search(match[0]) and folded[start : match.end()][:1] not in "路街道":
                yield Span(start, match.end(), Kind.ADDRESS, compact(folded[start : match.end()]))
