"""Passwords, memorable words and answers to security questions: words that only their owner should know.

Secrets of digits are numbers like others; these here look like any word, so the question or the words before tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from csc_dspy.corpora.masking.kinds import Kind, Span
from csc_dspy.corpora.masking.reading import Text
from csc_dspy.corpora.masking.shapes import compact
from csc_dspy.corpora.masking.words import NO_NAMES, STATES, phrases, word_set

_SECRET_WORDS = word_set(
    "password passwords passphrase passcode pin memorable secret security codeword keyword pet school teacher"
    " favourite favorite car"
)
_SECRET_WORDS_ZH = phrases("密码, 口令, 密保, 暗号, 宠物, 小学, 中学, 安全问题, 学校, 最喜欢")

_THING = (
    r"(?:pass ?(?:word|phrase|code)|(?:memorable|secret|security|code|key|safe)[ -]?(?:word|answer|phrase)|pin|codeword"
    r"|(?:answer|reply) to (?:the|your|my|that|a) (?:security|secret|memorable) question)"
)
_ASKS = re.compile(
    rf"""
      \bwhat(?:'s|\sis|\swas|\swould\sbe)?\s(?:the|your|my|that)\s(?:[a-z-]+\s){{0,3}}?{_THING}\b
        (?!\s(?:polic|rule|hint|reset|requirement|field|manager|length|page|for\b))
    | \b(?:give|tell|confirm|provide|share|read|have|need|verify|say|spell)(?:\s(?:me|us))?(?:\swith)?
        \s(?:out\s|what\s)?(?:the|your|that)\s(?:[a-z-]+\s){{0,3}}?{_THING}\b(?!\s(?:polic|rule|hint|reset))
    | ^(?:(?:and|okay|ok|so|then|thanks|thank\syou|great|now)\b[\s,.]*)*(?:the\s|your\s)(?:[a-z-]+\s){{0,3}}?{_THING}
        (?:\s(?:on|for)\s(?:the|your|this|that)\s[a-z]+)?(?:,?\splease)?\s*[?.]?$
    | \b(?:security|secret)\squestion\b.*\?
    | \b(?:your|the)\s(?:first|favou?rite|childhood|earliest)\s(?:pet|school|primary|car|teacher|street|job|boss|food
        |film|movie|book|band|colou?r|team|place|holiday|singer|sport|subject|concert)\b[^.!]{{0,24}}\?
    | \b(?:city|town|place|country)\b[^.?!]{{0,16}}\byou\sborn\b
    """,
    re.VERBOSE,
)
_THING_ZH = "密码|口令|暗号|密保(?:问题)?(?:的)?(?:答案)?|安全问题(?:的)?(?:答案)?"
_ASKS_ZH = re.compile(
    rf"(?:{_THING_ZH})(?:[^。！？?吗]{{0,6}})(?:是什么|是多少|是啥|什么|多少|是\s*[?？]|是$|呢)"
    rf"|^(?:您|你|请问|那|还有|的|卡|账户|登录|查询|支付|交易){{0,4}}(?:{_THING_ZH})\s*[?？]"
    rf"|(?:告诉|报|说|提供|念|核对|核实|确认)(?!.{{0,6}}[过没])[^。！？?吗]{{0,8}}(?:{_THING_ZH})"
    r"|(?:第一[个只条所]|最喜欢的?|小时候)[^。！]{0,8}(?:宠物|小学|中学|学校|老师|食物|电影|城市|歌手|颜色"
    r"|车)[^。！]{0,8}(?:叫什么|是什么|是哪|什么|哪)|(?:宠物|小学|中学|学校)[^。！]{0,4}(?:叫什么|是哪)"
)
_LEAD = re.compile(
    r"\s*(?:(?:yes|yeah|yep|sure thing|sure|okay|ok|of course|certainly|right|well|um|uh|hm+|er|so|please|here you go"
    r"|i think|i believe|it's|it is|it was|that's|that is|that would be|it should be|should be|is|was|called|then"
    r"|hang on|one moment|an?|the|a place called|(?:the|my) (?:[a-z]+ ){0,2}(?:password|passphrase|passcode|pin|word"
    r"|answer|phrase|pet|school|teacher)(?: is| was|'s)?)"
    r"(?:\b[\s,.:;!-]*|$))*",
    re.IGNORECASE,
)
_LEAD_ZH = re.compile(
    r"(?:好的?|嗯+|行|可以|是的|是|呃|应该|就是|就|叫做?|答案|(?:我的?)?(?:密码|口令|暗号)|您?记一下|我想想"
    r"|[\s，,。.：:、])*"
)
_CLAUSE = re.compile(r"[^\n,.;!?，。；！？]+(?:[.!?@#$%&*_-][^\s,.;!?，。；！？]+)*")
_TAIL = re.compile(r"\s+(?:all|with|in|and|capital|lower|upper|that|but|i|please|without|as)\b.*$", re.IGNORECASE)
_WORD = re.compile(r"[^\s]+")
_MOST_WORDS = 4
_LAST_CLAUSE = 2
"""A secret stands in one of the first three clauses: "Sure thing, hold on, it's bluefish"."""
_SIMPLE = re.compile(r"[A-Za-z0-9@#$%^&*!_.-]{3,32}")
_HAN = re.compile(r"[\u4e00-\u9fff]{2,6}")
_NO_SECRET_ZH = re.compile(
    r"[我你您他她它不没忘记了吗呢吧过收试请稍等谢哪这那怎么得对]|什么|可以|知道|好的|有的|一下|随便|正确"
)
_NO_SECRET = word_set(
    "forgot forgotten remember know never arrived came come sent send see look find try tried says said got get give"
    " second moment minute wait hang hold twice once again later sorry pardon idea clue don't can't didn't won't"
    " isn't doesn't haven't couldn't wasn't change changed reset entered enter type typed incorrect rather allowed"
    " supposed want you're it'll hm mm i i'm i've i'd you we he she they me my your it its it's that that's this"
    " there here what which oh dear gosh um uh who why how when where yes yeah no nope not ok okay sure please thanks"
    " thank hello hi hey is are was were be do does did have has had can could will would should and or but so if"
    " then for from to of on off in at with without just only still even again too very really actually well right"
    " wrong correct all any some none nothing something thing things wait one"
)

_TOLD = re.compile(
    rf"\b(?:(?P<pin>pin)|{_THING})(?:\s(?:code|number))?(?:\s(?:on|for)\s(?:the|my|this|that|our)\s[a-z]+)?"
    # "the password I set when I signed up is abc@123"
    r"(?P<chosen>,?\s(?:that\s|which\s)?(?:i|we)(?:'ve|\shave|'m|\sam|\swas)?"
    r"(?:\s(?:usually|always|just|normally|originally|currently|first))?"
    r"\s(?:set|use|using|used|chose|picked|made|created|put|typed|entered|remember|signed\sup\swith|changed\sit\sto)"
    r"(?:\s(?:up|in|there|here|for\s(?:it|that|this)|back\sthen|now|myself|when\si\s[a-z]+(?:\sup)?))?,?)?"
    r"(?P<joint>(?:'s|\s(?:is|was|should be|will be|would be))\s+(?:just\s|set\sto\s|actually\s|now\s)?|\s?[:=]\s*)"
    r"(?:(?P<quote>[\"'])(?P<quoted>[^\"'\n]{2,30})(?P=quote)|(?P<plain>[^\s,;?\"'\[\]]{3,32}))",
    re.IGNORECASE,
)
_TOLD_LATER_ZH = re.compile(
    r"(?:密码|口令)[，,]?(?:我们?|您|你|自己|当时|之前|以前|原来|现在|一直|一般|平时|都|就|也|还|又|好像|应该|可能|大概"
    r"|记得|后来|上次|昨天|今天|刚刚?|才|这边|那边|给|把它|它|忘了|不是){0,6}"
    r"(?P<verb>设置?|设定|用|改|换|填|写|输入?|定|取)?(?:的|了|过|就|好像|应该|还){0,2}(?P<is>是|为|成了?|叫|[:：])?\s*[\"“]?"
    r"(?:(?P<mixed>(?=[A-Za-z0-9.-]*[A-Za-z@#$%^&*!_])(?=[A-Za-z@#$%^&*!_.-]*\d|[A-Za-z0-9.-]*[@#$%^&*!_])"
    r"[A-Za-z0-9@#$%^&*!_.-]{4,32})"
    r"|(?P<plain>[A-Za-z]{3,32}|\d{3,8}(?![\d.%]))(?=\s*(?:[”\"，。！？；,.!?;]|[吗吧啊呀呢哈]|$)))"
)
"""A password with words between its name and it: "密码我设的是abc@123"; a plain word or digits need "是" before."""
_TOLD_ZH = re.compile(
    r"(?:密码|口令)(?:就)?(?:[是为:：]|设的是|设成了?"
    r"|改成了?)\s*[\"“]?(?P<latin>(?=[^\s]*[A-Za-z])[A-Za-z0-9@#$%^&*!_.-]{3,32})|(?:密保(?:问题)?(?:的)?答案"
    r"|安全问题(?:的)?答案|暗号|口令)(?:就)?(?:[是为:：])\s*[\"“]?(?P<han>[\u4e00-\u9fff]{2,6}"
    r"|[A-Za-z0-9]{3,32})(?=[”\"，。！？,.!?\s]|$)"
)
_MAY_TELL = word_set("password passphrase passcode passwords word answer phrase codeword pin memorable 密 令 暗")


def may_hold_secret(text: Text) -> bool:
    """Whether a text, or several joined ones, can hold or ask for a secret of words; quick."""
    return not text.lacks(_SECRET_WORDS) or (
        not text.lower.isascii() and any(word in text.lower for word in _SECRET_WORDS_ZH)
    )


def asks_secret(text: Text) -> bool:
    """Whether a turn asks for a password, a memorable word or the answer to a security question."""
    lower = text.lower
    return (not text.lacks(_SECRET_WORDS) and _ASKS.search(lower) is not None) or (
        not lower.isascii() and _ASKS_ZH.search(lower) is not None
    )


def secret_answers(text: Text) -> Iterator[Span]:
    """The secret in the answer to a question for one: the first clause that is a word or a few and no excuse."""
    folded = text.folded
    lead = _LEAD_ZH.match(folded, _end(_LEAD.match(folded)))
    for number, clause in enumerate(_CLAUSE.finditer(folded, _end(lead))):
        start = _end(_LEAD.match(folded, clause.start(), clause.end()))
        value = _TAIL.sub("", folded[start : clause.end()]).rstrip(" \"'”.!?-")
        bare = value.lstrip(" \"'“")
        if bare and _may_be_secret(bare):
            start += len(value) - len(bare)
            yield Span(start, start + len(bare), Kind.CODE, compact(bare))
            return
        if number == _LAST_CLAUSE or not _NO_SECRET.isdisjoint(bare.lower().split()) or _NO_SECRET_ZH.search(bare):
            return


def secrets(text: Text) -> Iterator[Span]:
    """Secrets that are told with their name: "my password is sunshine"."""
    folded = text.folded
    if text.lacks(_MAY_TELL):
        return
    for match in _TOLD.finditer(folded):
        if match["quoted"]:
            yield Span(match.start("quoted"), match.end("quoted"), Kind.CODE, compact(match["quoted"]))
            continue
        value = match["plain"].rstrip(".!?:)")
        end = match.start("plain") + len(value)
        ends = folded[end : end + 1] in ".,;!?\n" or _TAIL.match(folded, end) is not None
        told = ":" in match["joint"] or "=" in match["joint"]
        # Digits are numbers: whoever reads those knows where they end.
        digits = value.isdigit() and not (match["chosen"] and ends)
        if len(value) < 3 or is_state(value) or digits or (match["pin"] and value.isalpha()):
            continue
        if told or ends or any(map(str.isdigit, value)):
            yield Span(match.start("plain"), end, Kind.CODE, compact(value))
    if not folded.isascii():
        for match in _TOLD_ZH.finditer(folded):
            group = str(match.lastgroup)
            value = match[group].rstrip(".!-")
            if not _NO_SECRET_ZH.search(value):
                yield Span(match.start(group), match.start(group) + len(value), Kind.CODE, compact(value))
        for match in _TOLD_LATER_ZH.finditer(folded):
            group = str(match.lastgroup)
            value = match[group].rstrip(".!-")
            if match["is"] or (group == "mixed" and match["verb"]):
                yield Span(match.start(group), match.start(group) + len(value), Kind.CODE, compact(value))


def is_state(word: str) -> bool:
    """Whether a word after "is" says how something is, not what: "wrong", "locked", "not"."""
    lower = word.lower()
    return lower in STATES or lower in NO_NAMES or lower.endswith(("ed", "ing", "able", "ible", "ly"))


def _may_be_secret(value: str) -> bool:
    if _HAN.search(value):
        return _HAN.fullmatch(value) is not None and not _NO_SECRET_ZH.search(value)
    found = _WORD.findall(value.lower())
    if len(found) > _MOST_WORDS or any(word in _NO_SECRET for word in found):
        return False
    if len(found) == 1:
        return _SIMPLE.fullmatch(value) is not None and not (value.isalpha() and value.lower().endswith(("ed", "ing")))
    return len(compact(value)) >= 4


def _end(match: re.Match[str] | None) -> int:
    return match.end() if match else 0
