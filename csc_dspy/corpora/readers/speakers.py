"""What stands before the colon: who speaks, in which role, under which name.

``Agent (Ben)``, ``Ben (Agent)``, ``AGENT 1``, ``Ben [Agent] 10:02``, ``**Daleen**``, ``坐席（工号1023）``, ``Speaker 1``.
A label is read by itself here; what a name alone stands for is found out from the whole call, in ``roles``.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal, NamedTuple

Role = Literal["customer", "supporter", "machine"]

MAX_LABEL = 64
"""Characters a label has at most, with its brackets and its time."""

# Phrases of a role, the longer ones first where one begins another (the table is searched by length).
_ENGLISH: dict[Role, str] = {
    "customer": "customer|client|caller|user|end user|guest|passenger|patient|member|subscriber|buyer|shopper|consumer|"
    "cardholder|card holder|policyholder|policy holder|account holder|visitor|traveler|traveller|purchaser|tenant|"
    "claimant|complainant|human|cust",
    "supporter": "agent|supporter|support|representative|rep|reps|operator|advisor|adviser|consultant|csr|csa|associate|"
    "assistant|specialist|supervisor|manager|team lead|team leader|lead|technician|engineer|receptionist|clerk|teller|"
    "banker|dispatcher|staff|employee|helpdesk|help desk|service desk|call taker|attendant|officer|concierge|"
    "customer service|customer support|customer care|customer success|customer relations|customer services|"
    "customer service desk|client service|client services|client support|client care|user support|member services|"
    "guest services|guest service|tech support|technical support|support team|service team|live agent|human agent|"
    "customer agent|account manager|call center|call centre|contact center|contact centre|service|"
    "customer representative|customer advisor|customer adviser|customer assistant|customer success manager|agt",
    "machine": "ivr|system|bot|chatbot|chat bot|auto|automated|automated message|automated system|automated voice|"
    "auto attendant|auto reply|recording|recorded message|recorded voice|voice prompt|prompt|voicemail|announcement|"
    "virtual assistant|virtual agent|digital assistant|ai assistant|ai agent|ai|robot|narrator|system message|"
    "notification|voicebot|voice bot|automated attendant|automated agent|hold music|system notification|"
    "interactive voice response|automated assistant|voice assistant|support bot|service bot|music",
}
_CHINESE: dict[Role, str] = {
    "customer": "客户|顾客|用户|来电者|来电人|来电客户|买家|买方|旅客|乘客|会员|消费者|投保人|持卡人|市民|患者|访客|客人|咨询者|"
    "咨询人|投诉人|客户方|用户方",
    "supporter": "客服|人工客服|在线客服|电话客服|客服人员|客服代表|客服专员|客服经理|客服主管|客服中心|客服小姐|客服方|坐席|座席|"
    "人工坐席|人工座席|坐席人员|座席人员|坐席员|座席员|话务员|接线员|客户经理|客户代表|客户服务|客户专员|客户顾问|客户主管|客户服务人员|"
    "客户服务中心|客户服务代表|服务人员|服务员|工作人员|业务员|专员|主管|班长|组长|值班经理|经理|店员|店主|店家|商家|卖家|小二|店小二|顾问|"
    "技术支持|技术人员|技术员|工程师|柜员|营业员|理财经理|理财师|支持人员|助理|接待员|前台|售后|售前|售后客服|售前客服|售后人员|服务顾问|"
    "用户服务|投诉专员|人工",
    "machine": "系统|机器人|智能客服|智能助手|智能机器人|客服机器人|机器人客服|语音导航|语音播报|自动语音|自动回复|提示音|录音提示|"
    "系统消息|系统提示|系统通知|语音提示|旁白|背景音|语音机器人|智能语音|智能坐席|智能座席|机器坐席|机器座席",
}
LATIN_ROLES: dict[tuple[str, ...], Role] = {
    tuple(phrase.split()): role for role, phrases in _ENGLISH.items() for phrase in phrases.split("|")
}
HAN_ROLES: dict[str, Role] = {phrase: role for role, phrases in _CHINESE.items() for phrase in phrases.split("|")}
_LONGEST = max(len(phrase) for phrase in LATIN_ROLES)

# Beside a role they make a heading or a field of a form, not a speaker: `Customer ID`, `User Settings`, `客服电话`.
_FIELDS = frozenset(
    [
        "id",
        "ids",
        "name",
        "names",
        "number",
        "no.",
        "phone",
        "email",
        "mail",
        "settings",
        "code",
        "portal",
        "feedback",
        "info",
        "information",
        "details",
        "detail",
        "address",
        "type",
        "since",
        "status",
        "rating",
        "satisfaction",
        "interaction",
        "interactions",
        "call",
        "calls",
        "chat",
        "transcript",
        "conversation",
        "guide",
        "manual",
        "account",
        "accounts",
        "request",
        "requests",
        "issue",
        "issues",
        "problem",
        "complaint",
        "page",
        "site",
        "website",
        "hours",
        "line",
        "hotline",
        "ticket",
        "notes",
        "note",
        "summary",
        "experience",
        "review",
        "data",
        "plan",
        "agreement",
        "interface",
        "sentiment",
        "segment",
        "tier",
        "loyalty",
        "fee",
        "fees",
        "charge",
        "charges",
        "record",
        "records",
        "profile",
        "history",
        "location",
        "city",
        "country",
        "language",
        "gender",
        "age",
        "level",
        "policy",
        "policies",
        "app",
        "center",
        "centre",
        "role",
        "group",
        "contact",
        "reference",
        "policyholder",
        "signature",
        "url",
        "link",
        "date",
        "time",
        "department",
        "question",
        "response",
        "responses",
        "answer",
        "inquiry",
        "query",
        "notes",
        "speech",
    ]
)
_HAN_FIELDS = re.compile(
    "电话|热线|编号|号码|姓名|名称|名字|地址|工号$|时间|信息|反馈|需求|问题|诉求|满意度|评价|类型|等级|备注|意见|要求|须知|协议|账号|手机|"
    "端$|标签|来源|情绪|编码|昵称|画像|分类|情况|回访"
)
# Words before a colon that are no one's name.
_NO_NAMES = frozenset(
    [
        "note",
        "notes",
        "date",
        "time",
        "times",
        "duration",
        "transcript",
        "transcripts",
        "participants",
        "participant",
        "scene",
        "subject",
        "topic",
        "summary",
        "agenda",
        "re",
        "from",
        "to",
        "cc",
        "bcc",
        "via",
        "option",
        "options",
        "step",
        "steps",
        "name",
        "username",
        "password",
        "address",
        "email",
        "phone",
        "mobile",
        "account",
        "order",
        "number",
        "total",
        "subtotal",
        "price",
        "cost",
        "plan",
        "plans",
        "proxy",
        "port",
        "server",
        "url",
        "website",
        "web",
        "warning",
        "tip",
        "tips",
        "important",
        "remember",
        "reminder",
        "example",
        "examples",
        "ps",
        "p.s",
        "question",
        "questions",
        "answer",
        "answers",
        "location",
        "hours",
        "status",
        "reference",
        "ref",
        "ticket",
        "case",
        "call",
        "calls",
        "id",
        "model",
        "device",
        "version",
        "error",
        "code",
        "path",
        "click",
        "go",
        "press",
        "tap",
        "select",
        "dial",
        "http",
        "https",
        "ftp",
        "yes",
        "no",
        "yeah",
        "ok",
        "okay",
        "well",
        "so",
        "and",
        "but",
        "or",
        "if",
        "then",
        "first",
        "firstly",
        "second",
        "secondly",
        "third",
        "finally",
        "also",
        "update",
        "word",
        "words",
        "length",
        "start",
        "end",
        "source",
        "file",
        "language",
        "sentiment",
        "outcome",
        "resolution",
        "disposition",
        "category",
        "type",
        "reason",
        "background",
        "context",
        "setting",
        "scenario",
        "characters",
        "speakers",
        "attendees",
        "recording",
        "recordings",
        "company",
        "department",
        "product",
        "item",
        "items",
        "quantity",
        "amount",
        "balance",
        "due",
        "hello",
        "hi",
        "hey",
        "thanks",
        "thank",
        "sorry",
        "sure",
        "great",
        "right",
        "alright",
        "good",
        "perfect",
        "please",
        "here",
        "there",
        "this",
        "that",
        "these",
        "those",
        "it",
        "i",
        "my",
        "your",
        "our",
        "we",
        "you",
        "he",
        "she",
        "they",
        "what",
        "when",
        "where",
        "why",
        "how",
        "who",
        "which",
        "conversation",
        "conversations",
        "dialogue",
        "dialog",
        "chat",
        "session",
        "section",
        "part",
        "chapter",
        "title",
        "description",
        "details",
        "detail",
        "includes",
        "include",
        "including",
        "features",
        "benefits",
        "requirements",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "today",
        "tomorrow",
        "yesterday",
        "morning",
        "afternoon",
        "evening",
        "pros",
        "cons",
        "result",
        "results",
        "solution",
        "issue",
        "problem",
        "comment",
        "comments",
        "attention",
        "caution",
        "disclaimer",
        "authentication",
        "security",
        "mms",
        "mcc",
        "mnc",
        "apn",
        "sms",
        "sim",
        "pin",
        "imei",
        "os",
        "ip",
        "dns",
        "wifi",
        "wi-fi",
        "usb",
        "pause",
        "pauses",
        "silence",
        "music",
        "monthly",
        "weekly",
        "daily",
        "annual",
        "yearly",
        "basic",
        "standard",
        "premium",
        "gold",
        "silver",
        "platinum",
        "free",
        "delivery",
        "shipping",
        "billing",
        "payment",
        "payments",
        "tax",
        "taxes",
        "fee",
        "fees",
        "discount",
        "discounts",
        "credit",
        "debit",
        "cash",
        "visa",
        "mastercard",
        "amex",
        "paypal",
        "confirmation",
        "tracking",
        "invoice",
        "receipt",
        "refund",
        "refunds",
        "returns",
        "warranty",
        "contract",
        "speed",
        "data",
        "minutes",
        "texts",
        "messages",
        "international",
        "domestic",
        "local",
        "national",
        "roaming",
        "voice",
        "internet",
        "network",
        "settings",
        "menu",
        "home",
        "work",
        "office",
        "for",
        "in",
        "on",
        "at",
        "by",
        "with",
        "as",
        "is",
        "are",
        "was",
        "not",
        "all",
        "any",
        "both",
        "either",
        "each",
        "every",
        "just",
        "only",
        "now",
        "later",
        "before",
        "after",
        "because",
        "however",
        "therefore",
        "conclusion",
        "introduction",
        "overview",
        "objective",
        "goal",
        "goals",
        "action",
        "actions",
        "next",
        "follow-up",
        "followup",
        "key",
        "rule",
        "rules",
        "policy",
        "remark",
        "remarks",
        "legend",
        "format",
        "page",
        "line",
        "lines",
        "row",
        "column",
        "count",
        "queue",
        "wait",
        "hold",
        "channel",
        "greeting",
        "closing",
        "opening",
        "verification",
        "intro",
        "introductions",
        "introduction",
        "identification",
        "escalation",
        "diagnosis",
    ]
)
_HAN_NO_NAMES = re.compile(
    "^(?:注意|备注|注|地址|时间|日期|电话|姓名|方法|步骤|第.{1,3}|温馨提示|提示|例如|比如|如下|您好|你好|谢谢|好的|对了|另外|首先|其次|最后|然后|"
    "结果|原因|问题|答|问|主题|标题|内容|说明|总结|场景|背景|人物|参与者|对话|通话|录音|会话|时长|编号|工单|单号|订单|账号|金额|价格|套餐|费用|"
    "总计|合计|优惠|活动|规则|链接|网址|邮箱|密码|状态|类型|分类|摘要|渠道|来源|产品|公司|部门)"
)
_TIME_OF_DAY = r"\d{1,2}[:：]\d{2}(?:[:：]\d{2})?(?:[.,]\d{1,6})?\s*(?:[AaPp]\.?[Mm]\b\.?)?"
_DATE = (
    r"(?:\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|"
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.? \d{1,2}(?:, \d{4})?)"
)
TIME = (
    rf"(?:{_DATE}(?:[ T,，]\s*{_TIME_OF_DAY})?(?:Z|[+-]\d{{2}}:?\d{{2}})?|{_TIME_OF_DAY}|"
    r"\d+(?:\.\d+)?\s?s\b|\d{1,2}[hH] ?\d{1,2}[mM](?: ?\d{1,2}[sS])?|\d{1,2}[mM] ?\d{1,2}[sS])"
)
"""Pattern of a point in time: ``10:02``, ``00:01:02.500``, ``2024-05-06 10:02 PM``, ``12.5s``, ``1m03s``."""

_TIMES = re.compile(rf"(?<![\w.]){TIME}(?:\s*(?:-->|-|–|—|~|to|至|到)\s*{TIME})?")
_MARKUP = str.maketrans(
    dict.fromkeys("*_`#~\"'“”", " ") | dict.fromkeys("【〖［「<{[", "(") | dict.fromkeys("】〗］」>}]", ")")
)
_IN_BRACKETS = re.compile(r"\(([^()]*)\)?")
_HAN = re.compile(r"[\u3400-\u9fff]")
_NUMBER = re.compile(r"^(?:no\.?|id|ext\.?|x)?[\d#.:-]*\d[\d#.:-]*$", re.IGNORECASE)
_NAME_WORD = re.compile(r"^(?:[A-Z\u00c0-\u00de][\w'’.-]*|de|da|van|von|der|la|le|del|bin|al|el|of|\d+)$")
_NUMBERED = re.compile(r"^(?:[A-Za-z]{1,12}[ _-]?\d{1,4}|[A-Z])$")
_PARTS = re.compile(r"[\s/,|_]+|(?<=[A-Za-z])[-–—](?=\s|\d)|\s[-–—](?=[A-Za-z])|(?<=[A-Za-z])(?=\d)")
_HAN_SAID = re.compile("(?:说|答|问|回复|回答|答复|答道|说道)$")


class Label(NamedTuple):
    """A speaker as a call names one."""

    key: str
    """What tells the speakers of one call apart, in lower case: ``agent ben``, ``speaker 1``, ``客服``."""
    role: Role | None
    """As the label itself says; ``None`` for a name."""
    name: str | None
    """The person's name, where the label gives one."""


@lru_cache(maxsize=8192)
def parse_label(text: str) -> Label | None:
    """Read what stands before a colon.

    Args:
        text: At most ``MAX_LABEL`` characters count; time stamps, brackets and markdown are seen through.

    Returns:
        The label, or ``None`` for what is no speaker: a field (``Date``), the beginning of a sentence.
    """
    if not text or len(text) > MAX_LABEL:
        return None
    plain = _TIMES.sub(" ", unicodedata.normalize("NFKC", text).translate(_MARKUP))
    inside = [part.strip() for part in _IN_BRACKETS.findall(plain)]
    main = _IN_BRACKETS.sub(" ", plain).strip(" ,-–—|/:.、•>")
    if not main and inside:
        main = inside.pop(0)
    if not main or len(main) > 48 or not any(character.isalnum() for character in main):
        return None
    found = _split(main)
    if found is None:
        return None
    role, name = found
    for part in inside:
        other = _split(part) if part else None
        if other is None:
            continue
        if role is None and other[0] is not None:
            role, name = other[0], name or other[1]
        elif role is not None and other[0] is None and name is None and other[1] not in ("男", "女"):
            name = other[1]
        elif role is not None and other[0] is not None and role != other[0]:
            return Label(main.casefold(), None, None)
    key = " ".join(main.casefold().split())
    if role is not None and name is not None and name.casefold() not in key:
        key = f"{key} {name.casefold()}"
    return Label(key, role, name)


def is_name(text: str) -> bool:
    """Whether a text looks like a person's name, or like ``Speaker 1``, and like nothing else."""
    found = _split(text)
    return found is not None and found[0] is None


def _split(main: str) -> tuple[Role | None, str | None] | None:
    """Role and name in a text without brackets; ``None`` if it is neither a role nor a name."""
    return _split_han(main) if _HAN.search(main) else _split_latin(main)


def _split_han(main: str) -> tuple[Role | None, str | None] | None:
    text = _HAN_SAID.sub("", "".join(main.split())) or main
    for size in range(min(len(text), 8), 1, -1):
        for role, rest in ((HAN_ROLES.get(text[:size]), text[size:]), (HAN_ROLES.get(text[-size:]), text[:-size])):
            if role is None:
                continue
            name = re.sub(r"^[\W\d_]+|[\W\d_]+$|工号|号$", "", rest)
            name = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", name)
            name = "" if name in ("男", "女") else name
            if len(name) > 8 or _HAN_FIELDS.search(rest) or re.search(r"[，。！？,!?；;]", rest):
                return None
            return role, name or None
    bare = re.sub(r"[\d\s·.]+", "", text)
    if not 0 < len(bare) <= 6 or len(text) > 10 or _HAN_NO_NAMES.match(bare) or not bare.isalnum():
        return None
    return None, text


def _split_latin(main: str) -> tuple[Role | None, str | None] | None:
    words = [word for word in _PARTS.split(main) if word and word != "-"]
    if not 0 < len(words) <= 6:
        return None
    low = [word.casefold().strip(".'’") for word in words]
    place = _role_at(low)
    if place is None:
        return (None, " ".join(words)) if _is_latin_name(main, words, low) else None
    start, end, role = place
    rest = words[:start] + words[end:]
    named = [word for word in rest if not _NUMBER.match(word)]
    if any(word in _FIELDS or _role_at([word]) not in (None, (0, 1, role)) for word in low[:start] + low[end:]):
        return None
    # Names are written large, unless the whole label is small (`agent ben`).
    small = main == main.lower() and len(named) <= 1 and start == 0
    if len(named) > 3 or not all(_NAME_WORD.match(word) or small for word in named):
        return None
    if small and named and named[0] in _NO_NAMES:
        return None
    # `Contoso Agent` names no person, `Ben - Agent` does: only what follows the role, or one word before it.
    after = [word for word in words[end:] if not _NUMBER.match(word)]
    before = [word for word in words[:start] if not _NUMBER.match(word)]
    name = [word for word in after or before if _role_at([word.casefold()]) is None]
    return role, " ".join(name) or None


def _role_at(words: list[str]) -> tuple[int, int, Role] | None:
    """The longest phrase of a role among words: at their beginning, else at their end, else within."""
    count = len(words)
    for size in range(min(_LONGEST, count), 0, -1):
        for start in dict.fromkeys((0, count - size, *range(1, count - size))):
            if start + size <= count and (role := LATIN_ROLES.get(tuple(words[start : start + size]))):
                return start, start + size, role
    return None


def _is_latin_name(main: str, words: list[str], low: list[str]) -> bool:
    if _NUMBERED.match(main) and low[0] not in _NO_NAMES:
        return True
    if len(words) > 4 or any(word in _NO_NAMES for word in low) or not words[0][0].isupper():
        return False
    return all(_NAME_WORD.match(word) for word in words)
