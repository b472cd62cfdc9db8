"""Conversations as plain chat messages: what a student is trained on, and token for token what it is served.

system     You are a customer service agent … one of: Greeting, Identity Verification, …
user       Hello, my parcel has not come.
assistant  [Identity Verification] I am sorry to hear that. May I have your order number?

Seen from the other side, the customer's words are the assistant's, without any strategy.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

from csc_dspy.conversation import Speaker, Turn
from csc_dspy.framework import Lang, Strategy

CONTEXT = 60
"""Turns of a call that who answers it is shown, the newest ones; all of any conversation of CSConv or RoleCS."""
FORMAT_VERSION = 2
"""Of the form of the messages; a student says which one it was trained on."""

Role = Literal["system", "user", "assistant"]
Side = Literal["supporter", "customer", "both"]
"""Whose turns a student learns."""
SIDES: tuple[Side, ...] = get_args(Side)


def only_speaks(side: str) -> str:
    """What a student of a side is, where it is asked for something else."""
    speaks = "for both sides of a call" if side == "both" else f"as the {side}"
    return f"a student that speaks {speaks} and does nothing else; name another model for"


_SUPPORTER: dict[Lang, str] = {
    "en": "You are a customer service agent in a call. Begin every reply with its support strategy in square brackets, "
    "one of: {names}. Then say one or two short, warm and professional sentences.",
    "zh": "你是正在与客户通话的客服。每次回复都以方括号中的支持策略开头，策略只能是：{names}。"
    "然后说一到两句简短、亲切而专业的话。",
}
_CUSTOMER: dict[Lang, str] = {
    "en": "You are a customer in a call with customer service. Say your next turn in one or two short sentences, as "
    "people speak.",
    "zh": "你是正在与客服通话的客户。用一到两句简短的口语说出你的下一句话。",
}
_ABOUT: dict[Lang, tuple[str, str, str]] = {
    "en": ("Who you are: ", "What happened: ", "What you want: "),
    "zh": ("你是谁：", "发生了什么：", "你想要："),
}
_OPENER: dict[Lang, str] = {"en": "(on the call)", "zh": "（通话中）"}
"""Before a first turn of the own side: whether the call begins there or was cut, nobody knows who is only asked."""
_SILENCE: dict[Lang, str] = {"en": "(says nothing)", "zh": "（没有说话）"}
_CONTROL = re.compile(r"<(?=[|｜]|/?(?:s|bos|eos|pad|unk|start_of_turn|end_of_turn|end_of_text)>)")
"""Where something begins that many tokenizers take for a mark of theirs, such as the end of a turn."""
_TAGGED = re.compile(r"\s*[\[【]([^\]】]*)[\]】]\s*(.*)", re.DOTALL)


class Message(NamedTuple):
    """One message of a chat.

    Attributes:
        role: Whose it is.
        content: Its text.
        turn: The turn it renders, if it is the assistant's.
    """

    role: Role
    content: str
    turn: Turn | None = None

    def plain(self) -> dict[str, str]:
        """As endpoints and chat templates take it."""
        return {"role": self.role, "content": self.content}


def supporter_system(lang: Lang) -> str:
    """What a student is told when it is the supporter; the same for every conversation, so that it is cached."""
    names = ("、" if lang == "zh" else ", ").join(strategy.names.in_(lang) for strategy in Strategy)
    return _SUPPORTER[lang].format(names=names)


def customer_system(
    lang: Lang,
    *,
    profile: str | None = None,
    scenario: str | None = None,
    facts: str | None = None,
    goal: str | None = None,
) -> str:
    """What a student is told when it is the customer: who it is, what happened, what it wants; as far as is known.

    Args:
        lang: Language of the call.
        profile: The person.
        scenario: What happened.
        facts: What it can tell when it is asked, such as its customer number.
        goal: What it wants.
    """
    happened = "\n".join(filter(None, (scenario, facts)))
    known = zip(_ABOUT[lang], (profile, happened, goal), strict=True)
    return "\n".join([_CUSTOMER[lang], *(f"{about}{_worded(text)}" for about, text in known if text)])


def chat(system: str, turns: Sequence[Turn], lang: Lang, side: Speaker = "supporter") -> list[Message]:
    """A conversation as messages that alternate strictly, the user first.

    Several turns of the other side running are one message; several of the own side get a silence between them, and a
    conversation that the own side begins an opener, since many chat templates refuse anything else.

    Args:
        system: The system message.
        turns: The turns, oldest first.
        lang: Language of opener, silence and strategies.
        side: Whose words are the assistant's.
    """
    found = [Message("system", system)]
    for turn in turns:
        if turn.speaker != side:
            if found[-1].role == "user":
                heard = found.pop().content
                found.append(Message("user", f"{heard}\n{_worded(turn.text)}"))
            else:
                found.append(Message("user", _worded(turn.text)))
            continue
        if found[-1].role != "user":
            found.append(Message("user", (_OPENER if len(found) == 1 else _SILENCE)[lang]))
        label = f"{tag(turn.strategy, lang)} " if turn.strategy else ""
        found.append(Message("assistant", label + _worded(turn.text), turn))
    return found


def question(system: str, turns: Sequence[Turn], lang: Lang, side: Speaker = "supporter") -> list[dict[str, str]]:
    """The messages that ask for the next turn: those of :func:`chat`, with the user's at the end."""
    found = chat(system, turns, lang, side)
    if found[-1].role != "user":
        found.append(Message("user", (_OPENER if len(found) == 1 else _SILENCE)[lang]))
    return [message.plain() for message in found]


def tag(strategy: Strategy, lang: Lang) -> str:
    """What a reply of this strategy begins with, for example ``[Greeting]`` or ``[礼貌问候]``."""
    return f"[{strategy.names.in_(lang)}]"


def read_reply(reply: str) -> tuple[Strategy | None, str]:
    """The strategy and the words of a reply; no strategy where it begins with no tag of the twelve."""
    if found := _TAGGED.fullmatch(reply):
        try:
            return Strategy.parse(found[1]), _said(found[2])
        except ValueError:
            pass
    return None, _said(reply)


def _worded(text: str) -> str:
    """What was said, with nothing in it that a tokenizer would take for a mark: ``<|im_end|>`` as ``< |im_end|>``."""
    return _CONTROL.sub("< ", _said(text))


def _said(text: str) -> str:
    """On one line and with composed letters: training and serving must not differ by a blank or an accent."""
    return unicodedata.normalize("NFC", " ".join(text.split()))
