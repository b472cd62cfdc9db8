"""The Customer Support Conversation framework: five stages, twelve strategies, eight topics.

Source: arXiv 2508.04423, after the COPC customer-experience guidelines. Names are the paper's; the
definitions are written for this project. A stage is a building plan, not a script: a conversation
may step back, and several strategies are at home in more than one stage.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from typing import Literal, NamedTuple, Self

Lang = Literal["en", "zh"]
LANGS: tuple[Lang, ...] = ("en", "zh")


class Text(NamedTuple):
    """One text in both languages of the framework."""

    en: str
    zh: str

    def in_(self, lang: Lang) -> str:
        """The text in one language."""
        return self.zh if lang == "zh" else self.en


def _folded(label: str) -> str:
    """A label without differences of case, width and white space."""
    return " ".join(unicodedata.normalize("NFKC", label).casefold().split())


def _plain(label: str) -> str:
    """A label without differences of separators either: ``Problem_Refinement`` → ``problem refinement``."""
    return re.sub(r"[\s_\-]+", " ", _folded(label)).strip()


class _Named(StrEnum):
    """An id with a name and a definition in both languages; parsed leniently, never guessed."""

    @property
    def names(self) -> Text:
        """The name, English and Chinese."""
        return _NAMES[self]

    @property
    def definition(self) -> Text:
        """What it means, English and Chinese."""
        return _DEFINITIONS[self]

    @classmethod
    def _labels(cls) -> Iterable[tuple[str, Self]]:
        for member in cls:
            yield member.value, member
            yield from ((name, member) for name in member.names)

    @classmethod
    @cache
    def _table(cls) -> Mapping[str, Self]:
        return {_plain(label): member for label, member in cls._labels()}

    @classmethod
    def parse(cls, label: str) -> Self:
        """The member that a label names: an id or a name in either language, in any case or width.

        Args:
            label: One label, as a person or a model wrote it.

        Raises:
            ValueError: The label names nothing, or more than one thing.
        """
        try:
            return cls._table()[_plain(label)]
        except KeyError:
            raise ValueError(f"{label!r} is not a {cls.__name__.lower()}") from None


class Stage(_Named):
    """Where a support conversation stands."""

    CONNECTING = "connecting"
    IDENTIFYING = "identifying"
    EXPLORING = "exploring"
    RESOLVING = "resolving"
    MAINTAINING = "maintaining"

    @property
    def position(self) -> int:
        """Place in the building plan, 0 (connecting) to 4 (maintaining)."""
        return list(Stage).index(self)


class Strategy(_Named):
    """What a supporter's turn does. Every supporter turn carries exactly one."""

    GREETING = "greeting"
    IDENTITY_VERIFICATION = "identity_verification"
    RESTATEMENT_OR_PARAPHRASING = "restatement_or_paraphrasing"
    PROBLEM_REFINEMENT = "problem_refinement"
    EMOTIONAL_MANAGEMENT = "emotional_management"
    PROVIDING_SUGGESTIONS = "providing_suggestions"
    INFORMATION_DELIVERY = "information_delivery"
    RESOLUTION_IMPLEMENTATION = "resolution_implementation"
    FEEDBACK_REQUEST = "feedback_request"
    RELATIONSHIP_CONTINUATION = "relationship_continuation"
    APPRECIATION_AND_CLOSURE = "appreciation_and_closure"
    OTHERS = "others"

    @property
    def number(self) -> int:
        """The paper's number, 1 to 12."""
        return list(Strategy).index(self) + 1

    @property
    def abbreviation(self) -> str:
        """The paper's abbreviation; Others has none."""
        return _ABBREVIATIONS.get(self, "")

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages this strategy is typical of."""
        return _TYPICAL_STAGES[self]

    @classmethod
    def _labels(cls) -> Iterable[tuple[str, Self]]:
        yield from super()._labels()
        for member in cls:
            if member.abbreviation:
                yield member.abbreviation, member
        yield "其他", cls.OTHERS  # the other spelling of 其它, as common as the paper's

    @classmethod
    def parse(cls, label: str) -> Self:
        """The strategy that a label names.

        Accepts ids, English and Chinese names, abbreviations, ``策略3``, ``策略3: 重述或转述`` and
        ``策略3 重述或转述``, in any case and with full-width punctuation.

        Args:
            label: One label, as a person or a model wrote it.

        Raises:
            ValueError: The label names nothing (``策略13``, ``99``), or more than one thing, or its
                number and its name disagree. A wrong label is never turned into ``others``.
        """
        numbered = re.fullmatch(r"策略 ?([1-9][0-9]?)(?: ?[:.、]? ?(\S.*))?", _folded(label))
        if numbered is None:
            return super().parse(label)
        number, name = int(numbered[1]), numbered[2]
        if number > len(cls):
            raise ValueError(f"{label!r} is not a strategy: the numbers go from 1 to {len(cls)}")
        strategy = list(cls)[number - 1]
        if name is not None and cls._table().get(_plain(name)) is not strategy:
            raise ValueError(f"{label!r} is not one strategy: its number and its name disagree")
        return strategy


class Topic(_Named):
    """What a conversation is about, in the paper's data. Other data may use other topics."""

    PRODUCT_INQUIRY = "product_inquiry"
    MARKETING_AND_PROMOTIONS = "marketing_and_promotions"
    ACCOUNT_AND_TRANSACTIONS = "account_and_transactions"
    FINANCIAL_PLANNING = "financial_planning"
    RISK_AND_SECURITY = "risk_and_security"
    COMPLAINTS_AND_DISPUTES = "complaints_and_disputes"
    TECHNICAL_SUPPORT = "technical_support"
    OTHER = "other"


ROLEPLAY_TOPICS: tuple[Topic, ...] = tuple(topic for topic in Topic if topic is not Topic.OTHER)
"""The seven topics that RoleCS plays: all but ``other``."""

_NAMES: dict[_Named, Text] = {
    Stage.CONNECTING: Text("Connecting", "欢迎和建立联系"),
    Stage.IDENTIFYING: Text("Identifying", "理解和识别问题"),
    Stage.EXPLORING: Text("Exploring", "寻求解决方案"),
    Stage.RESOLVING: Text("Resolving", "解决和确认"),
    Stage.MAINTAINING: Text("Maintaining", "结束和保持关系"),
    Strategy.GREETING: Text("Greeting", "礼貌问候"),
    Strategy.IDENTITY_VERIFICATION: Text("Identity Verification", "确认身份"),
    Strategy.RESTATEMENT_OR_PARAPHRASING: Text("Restatement or Paraphrasing", "重述或转述"),
    Strategy.PROBLEM_REFINEMENT: Text("Problem Refinement", "细化问题"),
    Strategy.EMOTIONAL_MANAGEMENT: Text("Emotional Management", "情感管理"),
    Strategy.PROVIDING_SUGGESTIONS: Text("Providing Suggestions", "提供建议"),
    Strategy.INFORMATION_DELIVERY: Text("Information Delivery", "信息传达"),
    Strategy.RESOLUTION_IMPLEMENTATION: Text("Resolution Implementation", "解决实施"),
    Strategy.FEEDBACK_REQUEST: Text("Feedback Request", "反馈请求"),
    Strategy.RELATIONSHIP_CONTINUATION: Text("Relationship Continuation", "关系延续"),
    Strategy.APPRECIATION_AND_CLOSURE: Text("Appreciation and Closure", "感谢与告别"),
    Strategy.OTHERS: Text("Others", "其它"),
    Topic.PRODUCT_INQUIRY: Text("Product inquiry", "产品咨询"),
    Topic.MARKETING_AND_PROMOTIONS: Text("Marketing and promotions", "营销与推广活动"),
    Topic.ACCOUNT_AND_TRANSACTIONS: Text("Account and transactions", "账户和交易管理"),
    Topic.FINANCIAL_PLANNING: Text("Financial planning", "财务咨询与规划"),
    Topic.RISK_AND_SECURITY: Text("Risk and security", "风险管理与安全"),
    Topic.COMPLAINTS_AND_DISPUTES: Text("Complaints and disputes", "投诉与纠纷解决"),
    Topic.TECHNICAL_SUPPORT: Text("Technical support and online service", "技术支持与在线服务"),
    Topic.OTHER: Text("Other", "其他"),
}

_DEFINITIONS: dict[_Named, Text] = {
    Stage.CONNECTING: Text(
        "Welcome the customer, set a friendly tone and find out who is calling.",
        "欢迎客户，营造友好的氛围，了解来电者是谁。",
    ),
    Stage.IDENTIFYING: Text(
        "Understand what the customer needs and feels, and confirm that it was understood.",
        "弄清客户的需求和情绪，并确认理解无误。",
    ),
    Stage.EXPLORING: Text(
        "Look for a solution together: options, conditions, what is possible and what is not.",
        "与客户一起寻找方案：有哪些选择、条件是什么、什么能做什么不能做。",
    ),
    Stage.RESOLVING: Text(
        "Carry out what was agreed, report its progress and check that it solved the problem.",
        "落实已商定的方案，告知进展，并确认问题已解决。",
    ),
    Stage.MAINTAINING: Text(
        "Wrap up, look ahead to later service and part on good terms.",
        "收尾，展望后续服务，友好道别。",
    ),
    Strategy.GREETING: Text(
        "Open the conversation with a friendly, respectful welcome. Only at the very beginning.",
        "用友好、尊重的话语开场。只用在对话最开头。",
    ),
    Strategy.IDENTITY_VERIFICATION: Text(
        "Ask for the one or two personal details needed to verify who the customer is or what they may do, "
        "and nothing else. Right after the greeting.",
        "询问核实客户身份或权限所必需的一两项个人信息，不问别的。紧跟在问候之后。",
    ),
    Strategy.RESTATEMENT_OR_PARAPHRASING: Text(
        "Say the customer's core problem again in simpler words and ask whether that is right. "
        "Add no information and no advice.",
        "用更简单的话复述客户的核心问题，并请客户确认。不添加信息，不给建议。",
    ),
    Strategy.PROBLEM_REFINEMENT: Text(
        "Ask one focused question that brings specific new facts about the problem.",
        "提出一个有针对性的问题，以获得关于问题的具体新信息。",
    ),
    Strategy.EMOTIONAL_MANAGEMENT: Text(
        "Only when the customer is clearly upset: show empathy and calm them first; everything else waits.",
        "仅在客户情绪明显负面时使用：先共情、先安抚，其他事情稍后再说。",
    ),
    Strategy.PROVIDING_SUGGESTIONS: Text(
        "Offer a concrete action or plan for a need that is already confirmed. Not an explanation, not comfort.",
        "针对已确认的需求，提出具体的做法或方案。不是解释，也不是安慰。",
    ),
    Strategy.INFORMATION_DELIVERY: Text(
        "State rules, process or terms objectively. Mix in no advice and no remedy.",
        "客观说明规则、流程或条款。不夹带建议或补救措施。",
    ),
    Strategy.RESOLUTION_IMPLEMENTATION: Text(
        "Start an agreed solution or report its progress: a real operation that you carry out now.",
        "启动已商定的方案或汇报其进展：现在就执行的实际操作。",
    ),
    Strategy.FEEDBACK_REQUEST: Text(
        "After everything is handled, invite the customer to judge the result. Not a check in the middle.",
        "在全部事项处理完后，邀请客户评价结果。不是中途的确认。",
    ),
    Strategy.RELATIONSHIP_CONTINUATION: Text(
        "Point to future service or news that is not urgent: a follow-up, a channel, an offer to come back.",
        "提到今后非紧急的服务或更新：回访、联系渠道、欢迎再来。",
    ),
    Strategy.APPRECIATION_AND_CLOSURE: Text(
        "Thank the customer and say goodbye when the end is confirmed. No information and no advice inside.",
        "在确认对话结束后，感谢客户并道别。不含信息或建议。",
    ),
    Strategy.OTHERS: Text(
        "Only if none of the eleven fits: no answer, off topic, against policy.",
        "仅当前十一种都不适用时：未作回答、偏离主题、违反规定。",
    ),
    Topic.PRODUCT_INQUIRY: Text(
        "Questions about a product or service: features, conditions, fees, who may have it.",
        "咨询产品或服务：功能、条件、费用、适用人群。",
    ),
    Topic.MARKETING_AND_PROMOTIONS: Text(
        "Campaigns, coupons, rewards and points: how to take part, why a benefit did not arrive.",
        "活动、优惠券、奖励和积分：如何参加、权益为何未到账。",
    ),
    Topic.ACCOUNT_AND_TRANSACTIONS: Text(
        "Opening, changing or closing an account; payments, transfers, refunds and statements.",
        "开户、变更、销户；支付、转账、退款和账单。",
    ),
    Topic.FINANCIAL_PLANNING: Text(
        "Saving, borrowing, insurance and repayment plans that fit a person's situation.",
        "符合个人情况的储蓄、借款、保险和还款规划。",
    ),
    Topic.RISK_AND_SECURITY: Text(
        "Fraud, lost cards, strange logins, frozen accounts, privacy.",
        "诈骗、丢卡、异常登录、账户冻结、隐私。",
    ),
    Topic.COMPLAINTS_AND_DISPUTES: Text(
        "A complaint about a charge, a delay or bad service, and what should be done about it.",
        "对收费、延误或服务不佳的投诉，以及应如何处理。",
    ),
    Topic.TECHNICAL_SUPPORT: Text(
        "An app, a website or a device does not do what it should.",
        "应用、网站或设备无法正常使用。",
    ),
    Topic.OTHER: Text("Anything else.", "其他事项。"),
}

_ABBREVIATIONS: dict[Strategy, str] = {
    Strategy.GREETING: "GT",
    Strategy.IDENTITY_VERIFICATION: "IV",
    Strategy.RESTATEMENT_OR_PARAPHRASING: "RP",
    Strategy.PROBLEM_REFINEMENT: "PR",
    Strategy.EMOTIONAL_MANAGEMENT: "EM",
    Strategy.PROVIDING_SUGGESTIONS: "PS",
    Strategy.INFORMATION_DELIVERY: "ID",
    Strategy.RESOLUTION_IMPLEMENTATION: "RI",
    Strategy.FEEDBACK_REQUEST: "FR",
    Strategy.RELATIONSHIP_CONTINUATION: "RC",
    Strategy.APPRECIATION_AND_CLOSURE: "AC",
}

_TYPICAL_STAGES: dict[Strategy, tuple[Stage, ...]] = {
    Strategy.GREETING: (Stage.CONNECTING,),
    Strategy.IDENTITY_VERIFICATION: (Stage.CONNECTING,),
    Strategy.RESTATEMENT_OR_PARAPHRASING: (Stage.IDENTIFYING,),
    Strategy.PROBLEM_REFINEMENT: (Stage.IDENTIFYING, Stage.EXPLORING),
    Strategy.EMOTIONAL_MANAGEMENT: (Stage.IDENTIFYING, Stage.EXPLORING, Stage.RESOLVING),
    Strategy.PROVIDING_SUGGESTIONS: (Stage.EXPLORING,),
    Strategy.INFORMATION_DELIVERY: (Stage.EXPLORING, Stage.RESOLVING),
    Strategy.RESOLUTION_IMPLEMENTATION: (Stage.RESOLVING,),
    Strategy.FEEDBACK_REQUEST: (Stage.RESOLVING, Stage.MAINTAINING),
    Strategy.RELATIONSHIP_CONTINUATION: (Stage.MAINTAINING,),
    Strategy.APPRECIATION_AND_CLOSURE: (Stage.MAINTAINING,),
    Strategy.OTHERS: tuple(Stage),
}
