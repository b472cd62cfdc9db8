"""The free rules of the role-play filter: what can be judged wrong without asking a model.

A rule looks at one conversation and says what is wrong with it, or nothing. A rule that cries wolf costs
good conversations, so each of them prefers to miss: "（3-5天）" in a closing, "客服中心" in a sentence and
``press [OK]`` are all fine.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import partial
from itertools import groupby, pairwise
from pathlib import Path
from types import MappingProxyType

from rapidfuzz import fuzz, process

from csc_dspy.conversation import Conversation, OnBad, Record, iter_lines
from csc_dspy.errors import InputError, LineError
from csc_dspy.framework import Stage, Strategy

Rule = Callable[[Conversation], str | None]
"""Takes a conversation; gives the reason why it does not pass, in one line, or ``None``."""

REQUIRED = (Strategy.GREETING, Strategy.IDENTITY_VERIFICATION, Strategy.APPRECIATION_AND_CLOSURE)
"""The strategies that every conversation of CSConv and RoleCS has at least once."""


def alternation(conversation: Conversation) -> str | None:
    """Nobody speaks twice running."""
    for number, (before, turn) in enumerate(pairwise(conversation.turns), start=2):
        if before.speaker == turn.speaker:
            return f"turn {number}: the {turn.speaker} speaks twice running"
    return None


def utterances(conversation: Conversation, low: int = 10, high: int = 50) -> str | None:
    """From ``low`` to ``high`` utterances, both included."""
    count = len(conversation.turns)
    if count < low:
        return f"{count} utterances, at least {low} are needed"
    return f"{count} utterances, at most {high} are allowed" if count > high else None


def labels(conversation: Conversation) -> str | None:
    """Every supporter turn has its strategy."""
    for number, turn in enumerate(conversation.turns, start=1):
        if turn.speaker == "supporter" and turn.strategy is None:
            return f"turn {number}: the supporter's turn has no strategy"
    return None


def required_strategies(conversation: Conversation) -> str | None:
    """Greeting, identity verification, appreciation and closure occur at least once each."""
    present = {turn.strategy for turn in conversation.turns}
    missing = [strategy.value for strategy in REQUIRED if strategy not in present]
    return f"no {', no '.join(missing)}" if missing else None


def opening(conversation: Conversation) -> str | None:
    """The supporter opens, with a greeting."""
    if not conversation.turns:
        return "there is no turn"
    first = conversation.turns[0]
    if first.speaker != "supporter":
        return "turn 1: the supporter must open"
    if first.strategy is not Strategy.GREETING:
        return f"turn 1: the opening must be a greeting, not {first.strategy or 'unlabelled'}"
    return None


def strategy_runs(conversation: Conversation, longest: int = 2) -> str | None:
    """No strategy is used more than ``longest`` times running, whatever the customer says in between."""
    used = (turn.strategy for turn in conversation.supporter_turns)
    for strategy, run in groupby(used):
        length = sum(1 for _ in run)
        if strategy is not None and length > longest:
            return f"{strategy} {length} times running, at most {longest} are allowed"
    return None


def repetition(conversation: Conversation, likeness: float = 0.9, shortest: int = 12) -> str | None:
    """No turn says nearly the same as an earlier one, of either side; a summary may say the customer's words again.

    Compared are case-folded letters and digits by normalised Indel similarity; turns with fewer than ``shortest``
    of them may come again.
    """
    earlier: dict[int, str] = {}
    supporters: dict[int, str] = {}
    for number, turn in enumerate(conversation.turns, start=1):
        text = " ".join(_NOT_WORDS.sub(" ", unicodedata.normalize("NFKC", turn.text).casefold()).split())
        if len(text) < shortest:
            continue
        sums_up = turn.strategy is Strategy.RESTATEMENT_OR_PARAPHRASING
        found = process.extractOne(
            text, supporters if sums_up else earlier, scorer=fuzz.ratio, score_cutoff=100 * likeness
        )
        if found is not None:
            return f"turn {number} nearly repeats turn {found[2]} ({found[1] / 100:.2f} alike)"
        earlier[number] = text
        if turn.speaker == "supporter":
            supporters[number] = text
    return None


def role_leaks(conversation: Conversation) -> str | None:
    """No turn speaks for another role, shows its label, its markup or the machine behind it."""
    for number, turn in enumerate(conversation.turns, start=1):
        if _MAY_LEAK.search(turn.text) and (match := _LEAK.search(turn.text)):
            return f"turn {number}: {_quote(match)} is not something a person on the phone says"
    return None


def placeholders(conversation: Conversation) -> str | None:
    """No blank that a template or a model left to be filled in.

    Digits masked with X (``XXXX-1234``, ``138XXXX5678``) and names of buttons (``click [Account]``) are fine.
    """
    for number, turn in enumerate(conversation.turns, start=1):
        for match in _PLACEHOLDER.finditer(turn.text) if _MAY_BE_BLANK.search(turn.text) else ():
            if not _BUTTON.search(turn.text, max(0, match.start() - 20), match.start()):
                return f"turn {number}: {_quote(match)} is left to be filled in"
    return None


def empty_turns(conversation: Conversation) -> str | None:
    """Every turn has something in it beside spaces, dots and dashes; ``:)`` is something."""
    for number, turn in enumerate(conversation.turns, start=1):
        if _NOTHING.fullmatch(turn.text):
            return f"turn {number} is empty"
    return None


def turn_length(conversation: Conversation, longest: int = 500) -> str | None:
    """No turn over ``longest`` characters."""
    for number, turn in enumerate(conversation.turns, start=1):
        if len(turn.text) > longest:
            return f"turn {number}: {len(turn.text)} characters, at most {longest} are allowed"
    return None


def language(conversation: Conversation) -> str | None:
    """Every turn is in the conversation's language, apart from names, numbers and codes.

    A Chinese character weighs as much as a Latin word. Four of the wrong script are not enough to judge by.
    """
    wrong_is_chinese = conversation.lang == "en"
    for number, turn in enumerate(conversation.turns, start=1):
        text = turn.text
        if wrong_is_chinese and text.isascii():
            continue
        if _foreign(text, wrong_is_chinese) and _foreign(_CODE.sub(" ", text), wrong_is_chinese):
            return f"turn {number} is mostly {'Chinese' if wrong_is_chinese else 'Latin script'}"
    return None


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        rule.__name__: rule
        for rule in (
            alternation,
            utterances,
            labels,
            required_strategies,
            opening,
            strategy_runs,
            repetition,
            role_leaks,
            placeholders,
            empty_turns,
            turn_length,
            language,
        )
    }
)
"""All rules by name, in the order they are checked."""


def with_bounds(low: int, high: int) -> Mapping[str, Rule]:
    """All rules, with other bounds on the number of utterances (both included)."""
    return {**RULES, "utterances": partial(utterances, low=low, high=high)}


def check_rules(conversation: Conversation, rules: Mapping[str, Rule] = RULES) -> list[tuple[str, str]]:
    """What is wrong with a conversation.

    Args:
        conversation: The conversation.
        rules: Rules by name; :data:`RULES` unless told otherwise.

    Returns:
        ``(name of the rule, reason)`` for each rule that does not pass, in the rules' order. Empty: all pass.
    """
    found = ((name, rule(conversation)) for name, rule in rules.items())
    return [(name, reason) for name, reason in found if reason is not None]


class Check(Record):
    """What a file of conversations is worth."""

    conversations: int
    """Lines that are conversations with an id of their own."""
    bad_lines: int
    """Lines that are not."""
    violations: dict[str, int] | None = None
    """Conversations that break a rule, by rule, zeros included; ``None`` when no rule was asked for."""
    examples: dict[str, tuple[str, str]] | None = None
    """For each broken rule the first conversation's id and the reason."""
    clean: int | None = None
    """Conversations that break no rule."""


def check_file(path: Path | str, on_bad: OnBad, rules: Mapping[str, Rule] | None = None) -> Check:
    """Check every line of a file, and with ``rules`` every conversation.

    Memory: one line, and the ids (about 100 bytes each).

    Args:
        path: JSONL of conversations.
        on_bad: Called with the error of each bad line; a line whose id an earlier line has is bad.
        rules: The rules to count; none when not given.

    Raises:
        InputError: The file cannot be read, or has no line.
    """
    ids: set[str] = set()
    bad_lines, clean = 0, 0
    violations: dict[str, int] = dict.fromkeys(rules or (), 0)
    examples: dict[str, tuple[str, str]] = {}

    def parse(line: str) -> Conversation:
        conversation = Conversation.model_validate_json(line)
        if conversation.id in ids:
            raise ValueError(f"the id {conversation.id!r} is already that of an earlier line")
        ids.add(conversation.id)
        return conversation

    def count_bad(error: LineError) -> None:
        nonlocal bad_lines
        bad_lines += 1
        on_bad(error)

    for conversation in iter_lines(path, parse, count_bad):
        found = check_rules(conversation, rules) if rules else []
        clean += not found
        for name, reason in found:
            violations[name] += 1
            examples.setdefault(name, (conversation.id, reason))
    if not ids and not bad_lines:
        raise InputError(f"{path}: the file is empty, there is no conversation in it")
    if rules is None:
        return Check(conversations=len(ids), bad_lines=bad_lines)
    return Check(conversations=len(ids), bad_lines=bad_lines, violations=violations, examples=examples, clean=clean)


def _foreign(text: str, wrong_is_chinese: bool) -> bool:
    chinese, latin = len(_CHINESE.findall(text)), len(_LATIN_WORD.findall(text))
    return chinese > max(latin, 4) if wrong_is_chinese else latin > max(chinese, 4)


def _quote(match: re.Match[str]) -> str:
    text = " ".join(match[0].split())
    return repr(text if len(text) <= 40 else text[:39] + "…")


_NOTHING = re.compile(r"[\s.…。·*_\-—–\"'“”\u200b-\u200f\u2060\ufeff]*")
_NOT_WORDS = re.compile(r"[\W_]+")
_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+(?:['’][A-Za-z]+)?")
_CODE = re.compile(r"[\w.+-]+@[\w.-]+|(?:https?://|www\.)[!-~]+|[A-Za-z_-]*\d[A-Za-z\d_-]*", re.ASCII)

_SPEAKERS = (
    r"customer(?:[ ]service)?|supporter|(?:support[ ]|customer[ ]service[ ])?agent|assistant"
    r"|客服(?:人员|代表|专员|助手)?|客户|顾客|坐席|座席"
)
_NAMES = "|".join(
    re.escape(name).replace("_", "[_ ]").replace(r"\ ", "[_ ]")
    for member in (*Strategy, *Stage)
    for name in sorted({member.value, *member.names})
)
_LEAK = re.compile(
    rf"""
      (?:^|\n)[\s*]*(?:{_SPEAKERS})\s*(?:[\[(（【][^\])）】\n]{{0,40}}[\])）】])?\s*\**\s*[:：]  # Customer (Li):
    | [\[【［]\s*(?:策略\s*\d{{0,2}}\s*[:：、.]?\s*)?(?:{_NAMES})\s*[\]】］]                      # [Greeting]
    | \bas\ an?\ (?:ai|artificial\ intelligence)\b
      (?=\s*(?:[,.;]|$|(?:language\s+)?model\b|(?:virtual\s+)?assistant\b|i\b))
    | \b(?:large\ )?language\ model\b | 语言模型
    | 作为(?:一个|一名|一款|一位)?\s*(?:AI|人工智能)(?=\s*(?:$|[,，。、；]|助手|助理|客服|模型|语言|我))
    | [\[【［]\s*end\b
    | [(（]\s*(?:the\s+)?(?:end\ of\ (?:the\ )?(?:conversation|call|chat)|(?:conversation|call|chat)\ end(?:s|ed))\b
    | [\[【［(（]\s*(?:本次)?(?:对话|通话|会话)(?:已)?结束
    | \[\[\s*\#\#                                                                                 # DSPy's markers
    | "(?:text|strategy|stage|speaker|role|content|reply|response|utterance|turns)"\s*:           # JSON
    | ```
    """,
    re.IGNORECASE | re.VERBOSE,
)

# Most turns hold nothing that could match; one look for a single character tells them ten times faster.
_MAY_LEAK = re.compile(r"[\[【［(（\"`:：]|[Aa][Ss] [Aa]|anguage|ANGUAGE|作为|语言")
_MAY_BE_BLANK = re.compile(r"[\[［【<{_Xx]")

_BLANK_EN = (
    r"(?:(?:insert|enter|your|customer['’]s|client['’]s|agent['’]s)\b[^\]\n<>{}]{0,60}"
    r"|(?:[A-Za-z'’-]+[ _]){0,3}(?:names?|numbers?|ids?|address|e-?mail|phone|dates?|amount|company|customer|agent))"
)
_BLANK_ZH = (
    r"(?:(?:您的|你的|插入|填写|某)[^\]】］\n<>{}]{1,12}|(?:XX)?(?:公司|银行|机构)"
    r"|[^\]】］\n<>{}\d]{0,8}(?:名称|姓名|名字|号码?|手机|地址|日期|时间|金额|邮箱|电话|编号|身份证))"
)
_PLACEHOLDER = re.compile(
    rf"""
      [\[［【]\s*(?:{_BLANK_EN}|{_BLANK_ZH})\s*[\]］】]
    | <\s*(?:{_BLANK_EN}|{_BLANK_ZH})\s*>
    | \{{\s*(?:[A-Za-z_][\w .-]{{0,30}}|[\u4e00-\u9fff]{{1,12}})\s*\}}
    | (?<![A-Za-z\d_])(?<!\d[- ])(?>X{{3,}}(?:[-\ ]X{{2,}})*)(?![A-Za-z\d_]|[-\ ]\d)
    | (?<![A-Za-z\d])XX(?=公司|银行|先生|女士|平台|保险|市|路)
    | _{{3,}}
    """,
    re.IGNORECASE | re.VERBOSE,
)
_BUTTON = re.compile(
    r"(?:click|tap|press|select|choose|open|hit|点击|选择|按下?|进入|打开|点)(?: on| the)*[\s“\"']*$", re.I
)
