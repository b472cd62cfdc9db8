"""Numbers and codes that only their context tells from others: accounts, orders, cases, passports, local phones."""

from __future__ import annotations

import re
from collections.abc import Iterator

from csc_dspy.corpora.masking.cues import Cue, cues
from csc_dspy.corpora.masking.kinds import PLACEHOLDER, Kind, Span
from csc_dspy.corpora.masking.phones import called_phone
from csc_dspy.corpora.masking.quantities import MONEY_BEFORE, is_quantity
from csc_dspy.corpora.masking.questions import NOTHING_ASKED, Asked
from csc_dspy.corpora.masking.reading import Run, Text, matches
from csc_dspy.corpora.masking.shapes import compact
from csc_dspy.framework import Lang

DIRECT, WEAK, LOOSE = 2, 6, 8
"""Ranks of what is found: beside a strong cue, beside a weak one, not far from a strong one or asked for."""

_MIN_DIGITS = {
    Kind.CARD: 12,
    Kind.PHONE: 7,
    Kind.ID_NUMBER: 4,
    Kind.ACCOUNT: 4,
    Kind.ORDER: 4,
    Kind.CODE: 3,
    Kind.ADDRESS: 5,
}
_LOOSE_DIGITS = 6
_LOOSE_GAP = 48
_PART_LENGTH = 6
"""A part of a number that people name is no longer, in characters: "the last six digits"."""
_ANSWER_DIGITS = 4
_PART_DIGITS = 3
_BARE = re.compile(
    r"(?:\W|\b(?:it's|it|is|yes|yeah|ok|okay|and|then|so|um|uh|sure)\b|是|好的?|嗯+|对|然后|后面)*", re.IGNORECASE
)
_CODE = re.compile(
    r"[A-Za-z0-9](?<![A-Za-z0-9@./_-].)(?:(?<=\d)|(?=[A-Za-z0-9_/-]*\d))"
    r"[A-Za-z0-9]*(?:[-_/.][A-Za-z0-9]+)*(?![@A-Za-z0-9])"
)
_NO_PART = (
    r"(?!A [a-z]|(?:I|AM|PM|OK|NO|IS|IT|ID|MY|AND|THE|TO|OF|ON|AT|IN|US|UK|USA|USD|EUR|GBP|RMB|REF|PIN|SSN"
    r"|QQ|GB|TB|MB)\b)"
)
_GROUPED = re.compile(
    rf"{_NO_PART}(?=[A-Z0-9 -]*[A-Z])(?=[A-Z -]*\d)[A-Z0-9]{{1,12}}"
    rf"(?:(?:-|[ ]{_NO_PART}|, {_NO_PART}(?=[A-Z0-9](?![A-Za-z0-9'])))[A-Z0-9]{{1,12}})+(?![A-Za-z0-9])"
)
"""Groups of letters and digits: "FB 2204 7715", "S95 C 123", "X 7 K P 2"."""
_GROUPED_START = re.compile(r"[A-Z0-9](?<![A-Za-z0-9@./_-].)")
_MAY_CODE = re.compile(r"\d(?:(?<=[A-Za-z]\d)|(?<=[A-Za-z][._/-]\d)|[._/-]?[A-Za-z])")
_MAY_GROUP = re.compile(r"\d(?:(?<=[A-Z]\d)|(?<=[A-Z][ -]\d)|(?<=[A-Z], \d)|(?:[ -]|, )?[A-Z](?![a-z]))")
_LATIN = re.compile("[A-Za-z]")
_SHORT_CODE = re.compile(r"(?=[A-Z]*\d)[A-Z0-9]{5,8}")
_LETTERS = re.compile(r"[A-Z]{5,8}(?![A-Za-z0-9])")
_HANDLE = re.compile(
    r"@?[A-Za-z](?=[A-Za-z]*(?:\d|[_.-][A-Za-z0-9]))[A-Za-z0-9._-]{3,}[A-Za-z0-9]|@[A-Za-z0-9_.]{3,}[A-Za-z0-9]"
)

_FILLER_EN = (
    r"number|numbers|no|num|nr|id|ids|code|codes|is|was|are|it|it's|its|it’s|that's|that|this|would|be"
    r"|should|which|reads?|says|as|here|okay|ok|um|uh|yes|sure"
    r"|the|my|your|his|her|our|and|one|following|below|called|given|like|just|well|please|has|with"
    r"|ends?|ending|starts?|starting|namely|back"
    r"|you|gave|got|have|i|me|to|on|in|file|record|think|believe|see|under|check|looking|up"
)
_FILLER_ZH = (
    r"是|为|号码|号|码|编号|就是|叫|应该|应该是|写的是|写着|的|呢|嗯|呃|那个|这个|我的|您的|你的|报一下"
    r"|给您|您记一下|记一下|我|您|你|有|如下|分别|在这|这里|是这个|好的|显示|显示是|显示为|填的是|预留的?"
)
_DIRECT = re.compile(
    rf"(?:[\s:#=,;.?!\"'“”‘’()（）：？！，。、；*<>\[\]-]|\b(?:{_FILLER_EN})\b|{_FILLER_ZH})*+", re.IGNORECASE
)
_ABOUT = re.compile(r"\b(?:for|about|of|with|regarding) (?:my|the|an?|this|that|our|your)\b", re.IGNORECASE)
_TIGHT = re.compile(r"(?:[\s:#=\"'“‘(（：,，-]|\b(?:number|no|num|nr|id|is|code)\b\.?|是|为|号码?)*+", re.IGNORECASE)
_LIST = re.compile(
    r"\s*(?:,|;|/|&|、|，|；|\band\b|\bor\b|\bthen\b|和|以及|还有|跟|与|或者?|另一个(?:是)?|\s|\bthe "
    r"other(?: one)?(?: is)?\b)+\s*"
)
_VERB_ORDER = re.compile(
    r"\b(?:to|can|could|will|would|want|i|we|please|you|they|ever|and|just|'d|'ll) $", re.IGNORECASE
)
_AFTER = re.compile(
    r"[\s,，]*(?:\b(?:is|was|being|that's|that is|for)\b|是|为|就是|,|，)?\s*(?:(?:my|the|our|your|his"
    r"|her)\b|我的?|您的?|这个)?[ ]?(?:new |old |new的)?",
    re.IGNORECASE,
)
_PART_BEFORE = re.compile(
    r"(?:\b(?:last|first|final) (?:four|4|three|3|five|5|six|6|few|two|couple)\b|\bend(?:s|ing|ed)?\b"
    r"|[后末前][四三五六几两346]位|尾号|尾数|开头|结尾)[^0-9]{0,40}$",
    re.IGNORECASE,
)

_PLURAL_AFTER = re.compile(r" [a-z]{3,}s\b")
_RIDE = re.compile(r"(?:[A-Z][A-Z0-9]|[0-9][A-Z])[ -]?\d{2,4}|[GDCZTKYS]\d{1,4}")
_RIDE_AFTER = re.compile(r"\s*(?:次|航班|列车|高铁|动车|班机|flights?\b|trains?\b|from\b|to\b|on\b)", re.IGNORECASE)
_RIDE_BEFORE = re.compile(
    r"(?:\b(?:flights?|trains?|on|board|take|taking|航班|车次|列车|乘坐|坐|搭乘|改签)\s*)$|(?:航班"
    r"|车次|列车|乘坐|坐|搭乘|改签到?|改成|换成)$",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_REACH = 100
"""How far around a number its cues are looked for, in characters; more than the longest gap."""
_WITHOUT_DIGITS = re.compile(
    r"(?i:user ?name|screen name|login|account name|微信|QQ|用户名|支付宝|抖音|登录名|password)"
    r"|(?<![A-Za-z0-9])(?=\d*[A-Z])[A-Z0-9]{5,8}(?![A-Za-z0-9])"
)
_MAY_HANDLE = re.compile("name|login|password|qq|微信|用户名|支付宝|抖音|登录名")
_CAPITAL_CODE = re.compile(r"[A-Z0-9](?<![A-Za-z0-9].)(?:(?<=[A-Z])|(?=\d*[A-Z]))[A-Z0-9]{4,7}(?![A-Za-z0-9])")


class Reader:
    """Reads one text for what its context names."""

    def __init__(self, text: Text, lang: Lang, runs: list[Run], asked: Asked = NOTHING_ASKED) -> None:
        self.text, self.folded, self.lang, self.asked = text, text.folded, lang, asked
        self.candidates = sorted({*self._from_runs(runs), *self._from_codes(runs)}, key=lambda c: (c[0], -c[1]))
        self.runs = {(run.start, run.end): run for run in runs}
        self.cues = self._cues()

    def _cues(self) -> list[Cue]:
        """The cues around the candidates; all of a short text, none where there is nothing to name."""
        if not self.candidates and not self._may_be_without_digits():
            return []
        if len(self.folded) <= 2 * _REACH:
            return cues(self.text)
        found: dict[int, Cue] = {}
        done = 0
        for start, end in self.candidates:
            left = max(done, self.folded.rfind(" ", 0, max(0, start - _REACH)) + 1)
            done = min(len(self.folded), end + _REACH // 2)
            found.update((cue.start, cue) for cue in cues(self.text, left, done) if done > left)
        for match in _WITHOUT_DIGITS.finditer(self.folded):
            left, right = max(0, match.start() - 24), match.end() + 24
            found.update((cue.start, cue) for cue in cues(self.text, left, right))
        return sorted(found.values(), key=lambda cue: cue.start)

    def _may_be_without_digits(self) -> bool:
        lower = self.text.lower
        return (
            _CAPITAL_CODE.search(self.folded) is not None or _MAY_HANDLE.search(lower) is not None
        ) and _WITHOUT_DIGITS.search(self.folded) is not None

    def spans(self) -> Iterator[tuple[Span, int]]:
        """What is found, with its rank."""
        last: Span | None = None
        for start, end in self.candidates:
            if last is not None and start < last.end:
                continue
            found = self._named(start, end) or self._listed(last, start, end) or self._asked_for(start, end)
            if found is not None:
                last = found[0]
                yield found
        yield from self._letters()
        yield from self._handles()

    def _from_runs(self, runs: list[Run]) -> Iterator[tuple[int, int]]:
        for run in runs:
            if run.spoken:
                yield run.start, run.end
                continue
            groups = list(run.groups)
            # "12345678 2 days": the unit belongs to the last group only.
            while len(groups) > 1 and is_quantity(self.folded, *groups[-1]) and groups[-1][1] - groups[-1][0] <= 4:
                groups.pop()
            while len(groups) > 1 and MONEY_BEFORE.search(self.folded, max(0, groups[0][0] - 8), groups[0][0]):
                groups.pop(0)
            start = run.start if groups[0] == run.groups[0] else groups[0][0]
            yield start, groups[-1][1]

    def _from_codes(self, runs: list[Run]) -> Iterator[tuple[int, int]]:
        for found in (
            _CODE.finditer(self.folded) if _MAY_CODE.search(self.folded) else (),
            matches(_GROUPED_START, _GROUPED, self.folded) if _MAY_GROUP.search(self.folded) else (),
        ):
            for match in found:
                if len(match[0]) >= 4 and _LATIN.search(match[0]):
                    end = match.end()
                    # "E12 345 678": groups of digits that follow a code are its own
                    for run in runs:
                        if run.start <= match.end() <= run.end and run.end > end and match[0][-1].isdigit():
                            end = run.end
                    yield match.start(), end

    def _is_ride(self, start: int, end: int) -> bool:
        """Whether a code is a flight's or a train's."""
        return _RIDE.fullmatch(self.folded, start, end) is not None and (
            _RIDE_AFTER.match(self.folded, end) is not None
            or _RIDE_BEFORE.search(self.folded, max(0, start - 20), start) is not None
        )

    def _make(self, start: int, end: int, kind: Kind, *, minimum: int | None = None) -> Span | None:
        if self._is_ride(start, end):
            return None
        text = self.folded[start:end]
        run = self.runs.get((start, end))
        spoken = run is not None and run.spoken
        digits = run.digits if run is not None else "".join(filter(str.isdigit, text))
        letters = not spoken and _LATIN.search(text) is not None
        least = _MIN_DIGITS[kind] if minimum is None else minimum
        if letters:
            few = len(digits) < 2 and not _SHORT_CODE.fullmatch(text)
            if kind in (Kind.PHONE, Kind.CARD, Kind.ADDRESS) or few or len(compact(text)) < max(least, 4):
                return None
        elif len(digits) < least:
            return None
        if (
            not letters
            and not spoken
            and ((len(digits) == 4 and _YEAR.fullmatch(digits)) or is_quantity(self.folded, start, end))
        ):
            return None
        if kind is Kind.CODE and len(digits) > 8:
            kind = Kind.ACCOUNT
        if kind is Kind.PHONE:
            if run is None:
                run = Run(start, end, digits, ((start, end),))
            return called_phone(self.folded, run, self.lang)
        if (
            kind is Kind.ID_NUMBER
            and not letters
            and self.folded[end : end + 1] in ("x", "X")
            and len(digits) in (14, 17)
        ):
            end, digits = end + 1, digits + "x"
        # A bracket or a plus before a number is its layout only in phone numbers.
        start += len(text) - len(text.lstrip("+( ")) if not letters and not spoken else 0
        return Span(start, end, kind, digits if not letters else compact(text))

    def _named(self, start: int, end: int) -> tuple[Span, int] | None:
        cue = next((cue for cue in reversed(self.cues) if cue.end <= start), None)
        if cue is not None and cue.kind is not None and (rank := self._nearness(cue, start, end)) is not None:
            least = {DIRECT: 0, WEAK: 5, LOOSE: _LOOSE_DIGITS}[rank]
            if span := self._make(start, end, cue.kind, minimum=max(least, _MIN_DIGITS[cue.kind])):
                return span, rank
        return self._named_after(start, end)

    def _nearness(self, cue: Cue, start: int, end: int) -> int | None:
        """The rank of what a cue before it names, or ``None`` when the cue does not reach so far."""
        gap = self.folded[cue.end : start]
        if _ABOUT.search(gap):
            return None
        if end - start <= _PART_LENGTH and cue.kind is not Kind.ID_NUMBER and self._is_part(start):
            return None
        if cue.strong and len(gap) <= 60 and _DIRECT.fullmatch(gap):
            return DIRECT
        if cue.strong:
            return LOOSE if len(gap) <= _LOOSE_GAP and not PLACEHOLDER.search(gap) else None
        return WEAK if _TIGHT.fullmatch(gap) and self._is_thing(cue, gap, end) else None

    def _is_part(self, start: int) -> bool:
        """Whether the words before a place say that a part of a number follows: "the last four digits"."""
        return _PART_BEFORE.search(self.folded, max(0, start - 60), start) is not None

    def _is_thing(self, cue: Cue, gap: str, end: int) -> bool:
        """Whether a weak cue names a thing, "order 48213", not a deed, "order 48213 bricks"."""
        if "#" in gap or ":" in gap or not self.folded[cue.start : cue.end].isascii():
            return True
        return not (
            _PLURAL_AFTER.match(self.folded, end) or _VERB_ORDER.search(self.folded, max(0, cue.start - 12), cue.start)
        )

    def _named_after(self, start: int, end: int) -> tuple[Span, int] | None:
        joint = _AFTER.match(self.folded, end)
        place = joint.end() if joint else end
        cue = next((cue for cue in self.cues if cue.start >= end), None)
        if cue is None or cue.kind is None or not cue.strong or cue.start > place or place == end:
            return None
        if self.folded[end:place].strip(" ,，") == "":
            return None
        span = self._make(start, end, cue.kind, minimum=max(5, _MIN_DIGITS[cue.kind]))
        return (span, DIRECT) if span else None

    def _listed(self, last: Span | None, start: int, end: int) -> tuple[Span, int] | None:
        """Another of the same, "123456 and 123457"."""
        if last is None or not _LIST.fullmatch(self.folded, last.end, start):
            return None
        span = self._make(start, end, last.kind, minimum=max(5, _MIN_DIGITS.get(last.kind, 5)))
        return (span, LOOSE) if span else None

    def _asked_for(self, start: int, end: int) -> tuple[Span, int] | None:
        """What answers the other side's question."""
        if not self.asked.kinds or any(cue.kind is None and 0 <= start - cue.end <= 12 for cue in self.cues):
            return None
        if self._is_part(start):
            return None
        for kind in Kind:
            if kind in self.asked.kinds and kind in _MIN_DIGITS:
                least = _MIN_DIGITS[kind] if kind is Kind.CODE else max(_ANSWER_DIGITS, _MIN_DIGITS[kind])
                if span := self._make(start, end, kind, minimum=least):
                    return span, LOOSE
        # Said in parts: a turn that is nothing but digits is a part of what was asked for.
        digits = compact(self.folded[start:end])
        if len(digits) >= _PART_DIGITS and digits.isdigit() and self._is_all(start, end):
            for kind in Kind:
                if kind in self.asked.kinds and kind in _MIN_DIGITS:
                    return Span(start, end, kind, digits), LOOSE
        return None

    def _is_all(self, start: int, end: int) -> bool:
        """Whether there is nothing but small words around a place."""
        return _BARE.fullmatch(self.folded, 0, start) is not None and _BARE.fullmatch(self.folded, end) is not None

    def _letters(self) -> Iterator[tuple[Span, int]]:
        """Booking codes without a digit: only in capitals, only right after their name."""
        for cue in self.cues:
            if cue.kind is Kind.ORDER and cue.strong:
                gap = _TIGHT.match(self.folded, cue.end)
                place = gap.end() if gap else cue.end
                match = _LETTERS.match(self.folded, place)
                if match and place > cue.end and not self.folded.isupper():
                    yield Span(match.start(), match.end(), Kind.ORDER, match[0].lower()), DIRECT

    def _handles(self) -> Iterator[tuple[Span, int]]:
        """User names: letters with a digit, a point or an underscore, right after their name."""
        for cue in self.cues:
            if cue.kind in (Kind.ACCOUNT, Kind.CODE) and cue.strong:
                gap = _TIGHT.match(self.folded, cue.end)
                match = _HANDLE.match(self.folded, gap.end() if gap else cue.end)
                if (
                    match
                    and match.start() - cue.end <= 40
                    and "@" not in match[0][1:]
                    and self.folded[match.end() : match.end() + 1] != "@"
                ):
                    yield Span(match.start(), match.end(), cue.kind, compact(match[0])), DIRECT
