"""What is to be played: profiles × topics, in an order in which every beginning is already varied."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from csc_dspy.conversation import Profile
from csc_dspy.errors import InputError
from csc_dspy.framework import ROLEPLAY_TOPICS, Lang, Topic
from csc_dspy.synthesis.names import name_of


@dataclass(frozen=True)
class Part:
    """One conversation to play; its id says all that makes it different from the others."""

    id: str
    profile: Profile
    topic: str
    trial: int


def parts(profiles: Sequence[Profile], topics: Sequence[str], lang: Lang, count: int) -> Iterator[Part]:
    """The first ``count`` conversations of profiles × topics × trials.

    Neighbours differ in both profile and topic, and a larger count only adds to a smaller one.

    Args:
        profiles: The people, in order.
        topics: Topic ids.
        lang: Language of the conversations.
        count: How many.
    """
    people, kinds = len(profiles), len(topics)
    for number in range(count):
        trial, place = divmod(number, people * kinds)
        turn, person = divmod(place, people)
        topic = topics[(person + turn) % kinds]
        suffix = f"-t{trial + 1}" if trial else ""
        profile = profiles[person]
        yield Part(f"rolecs-{lang}-{profile.id}-{topic}{suffix}", profile, topic, trial)


def parse_topics(given: str) -> tuple[str, ...]:
    """``all`` (the paper's seven), or topic ids and names separated by commas.

    Raises:
        InputError: A name that is no topic.
    """
    if given.strip() == "all":
        return tuple(topic.value for topic in ROLEPLAY_TOPICS)
    try:
        return tuple(dict.fromkeys(Topic.parse(name).value for name in given.split(",")))
    except ValueError as error:
        raise InputError(f"--topics: {error}; topics are {', '.join(Topic)}") from None


def notes(profile: Profile, lang: Lang) -> str:
    """All that is known of a person, as notes for whoever writes the profile."""
    facts = "; ".join(f"{key}: {_flat(value)}" for key, value in (profile.fields or {}).items())
    named = "姓名：" if lang == "zh" else "Name: "
    return "\n".join(part for part in (profile.text, facts, named + name_of(profile, lang)) if part)


def _flat(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_flat(inner)}" for key, inner in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
