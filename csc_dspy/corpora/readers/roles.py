"""Who of a call's speakers is the customer and who the supporter, by what the call itself says; never by guessing.

The evidence, in this order: the label (``Agent (Ben)``); the heading (``Participants: Andrea (Customer)``); how a
speaker with a known role introduces itself (``Operator: … this is Ben speaking``); what only a supporter says
(``thank you for calling``, ``工号``); and, when all others are on one side, that a call has two sides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from csc_dspy.corpora.readers.evidence import ENOUGH, customer_points, supporter_points
from csc_dspy.corpora.readers.speakers import Label, is_go_between, is_third_party
from csc_dspy.corpora.readers.transcripts import Transcript, Utterance
from csc_dspy.corpora.readers.vocabulary import HAN_ROLES, LATIN_ROLES, ROLE_WORDS, Role


def assign_roles(transcript: Transcript) -> dict[str, Role]:
    """The role of every speaker of a call.

    Returns:
        Role by ``Label.key``.

    Raises:
        ValueError: A speaker's role cannot be known from the call, or the call says two different things.
    """
    labels: dict[str, Label] = {}
    for label in transcript.speakers:
        first = labels.setdefault(label.key, label)
        if first.role != label.role and label.role is not None:  # `Ben (Agent)` and later only `Ben`
            if first.role is not None:
                raise ValueError(
                    f"roles disagree: the call calls {label.name or label.key!r} both customer and supporter"
                )
            labels[label.key] = label
    roles: dict[str, Role] = {key: label.role for key, label in labels.items() if label.role is not None}
    if len(roles) == len(labels):
        return roles
    names = _named((*labels.values(), *transcript.labels))
    for key, label in labels.items():
        if key in roles:
            continue
        name = label.name or key
        known = _of_name(name, names) or _in_heading(name, transcript.heading) or _introduced(name, roles, transcript)
        if len(known) > 1:
            raise ValueError(f"roles disagree: the call calls {name!r} both customer and supporter")
        if known:
            roles[key] = known.pop()
    both = {"customer", "supporter"} <= set(roles.values())
    open_ = [key for key, label in labels.items() if key not in roles and not _is_apart(label.name or key, both)]
    if open_:
        _decide(open_, roles, transcript.utterances)
    unknown = [repr(label.name or key) for key, label in labels.items() if key not in roles]
    if unknown:
        who = ", ".join(unknown[:5]) + (f" and {len(unknown) - 5} more" if len(unknown) > 5 else "")
        raise ValueError(
            f"no role: nothing in the call says on which side {who} speaks, the customer's or the supporter's"
        )
    return roles


def _is_apart(name: str, both: bool) -> bool:
    """Whether what a speaker says tells nothing of its side: an interpreter's words, a third person's beside both."""
    return is_go_between(name) or (both and is_third_party(name))


def _words(name: str) -> frozenset[str]:
    words = frozenset(word for word in re.split(r"[\s.,]+", name.casefold()) if word)
    return words - {"mr", "mrs", "ms", "miss", "dr"} or words


def _named(labels: Iterable[Label]) -> list[tuple[frozenset[str], Role]]:
    return [(_words(label.name), label.role) for label in labels if label.role is not None and label.name]


def _of_name(name: str, names: Sequence[tuple[frozenset[str], Role]]) -> set[Role]:
    """The roles of the labels that bring this name: ``Ben`` and ``Ben Ortiz`` are one."""
    words = _words(name)
    return {role for other, role in names if words <= other or other <= words}


@lru_cache(maxsize=512)
def _heading_patterns(name: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    plain = re.escape(name)
    title = r"(?:(?:Mr|Ms|Mrs|Miss|Dr)\.?[ ])?"
    sets_off = r"(?:[:：(（\[–—=-]+|\bis\b)?"
    before = rf"({ROLE_WORDS})(?:'s)?(?: name|姓名|名称)?[ \t]*{sets_off}[ \t*_]*{title}(?<!\w){plain}(?!\w)"
    follows = r"(?:[:：–—=/,，-]+|[(（\[][^()（）\[\]\n]{0,30}?|\b(?:is|as)(?: the| an?)?\b)"
    after = rf"(?<!\w){plain}(?!\w)[ \t*_]*{follows}[ \t]*(?:(?:the|an?) )?({ROLE_WORDS})"
    return re.compile(before, re.IGNORECASE), re.compile(after, re.IGNORECASE)


def _in_heading(name: str, heading: str) -> set[Role]:
    """The roles that the heading gives a name; ``Agent Ben`` counts before ``Ben, agent``."""
    if not heading or name.casefold() not in heading.casefold():
        return set()
    for pattern in _heading_patterns(name):
        found: set[Role] = {_role(match[1]) for match in pattern.finditer(heading)} - {"machine"}
        if found:
            return found
    return set()


def _role(phrase: str) -> Role:
    words = tuple(phrase.casefold().split())
    return LATIN_ROLES[words] if words in LATIN_ROLES else HAN_ROLES[phrase]


@lru_cache(maxsize=512)
def _introduction(name: str) -> re.Pattern[str]:
    plain = re.escape(name)
    return re.compile(
        rf"\b(?:this is|my name(?: is|['’]s)|i am|i['’]m|it['’]s|name is|"
        rf"you(?:['’]re| are) (?:speaking|talking) (?:with|to))\s+"
        rf"(?:(?:agent|operator|mr\.?|mrs\.?|ms\.?|dr\.?)\s+)?{plain}\b(?!['’]s)"
        rf"|\b{plain} (?:speaking|here)\b|(?:我是|我叫|我姓|免贵姓)(?:客服|坐席|座席|客户经理|专员)?{plain}",
        re.IGNORECASE,
    )


def _introduced(name: str, roles: Mapping[str, Role], transcript: Transcript) -> set[Role]:
    """The roles under which a name introduces itself: ``Operator: … this is Ben speaking``."""
    pattern = _introduction(name)
    found: set[Role] = set()
    for utterance in transcript.utterances[:12]:
        label = utterance.label
        if label.role in ("customer", "supporter") and label.name is None and pattern.search(utterance.text):
            found.add(label.role)
    return found


def _decide(open_: Sequence[str], roles: dict[str, Role], utterances: Sequence[Utterance]) -> None:
    """Add the roles of unknown speakers where what they say decides, or where one side is left over."""
    said = {key: [utterance.text for utterance in utterances if utterance.label.key == key][:40] for key in open_}
    supporter = {key: supporter_points(said[key]) for key in open_}
    customer = {key: customer_points(said[key]) for key in open_}
    sides = {role for role in roles.values() if role != "machine"}
    serving = [key for key in open_ if supporter[key] >= ENOUGH and supporter[key] > customer[key]]
    if len(serving) == len(open_) and "customer" not in sides:
        # Both speak like supporters: only a clear difference decides.
        serving = [
            key for key in serving if all(supporter[key] >= 2 * supporter[other] for other in open_ if other != key)
        ]
    for key in serving:
        roles[key] = "supporter"
    sides = {role for role in roles.values() if role != "machine"}
    rest = [key for key in open_ if key not in roles]
    if not sides and len(rest) == 2:
        asking = [key for key in rest if customer[key] >= ENOUGH and not supporter[key]]
        if len(asking) == 1:
            roles[asking[0]] = "customer"
            sides, rest = {"customer"}, [key for key in rest if key not in asking]
    if len(rest) == 1 and len(sides) == 1:
        key = rest[0]
        if sides == {"supporter"} and (supporter[key] < ENOUGH or customer[key] >= supporter[key]):
            roles[key] = "customer"
        elif sides == {"customer"} and (customer[key] < ENOUGH or supporter[key] > customer[key]):
            roles[key] = "supporter"
