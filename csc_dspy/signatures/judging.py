"""What the conversation judge is asked: five 0/1 points, each with its reason before it.

The paper's five points. The sum and the verdict are computed by code: a model asked for a total keeps its own rule.
"""

from __future__ import annotations

from typing import Literal

import dspy

from csc_dspy.framework import Lang, Strategy
from csc_dspy.signatures.wording import in_chinese

Point = Literal[0, 1]


def _rules(lang: Lang) -> str:
    return "\n".join(f"- {s.names.in_(lang)}: {s.definition.in_(lang)}" for s in Strategy)


class JudgeConversation(dspy.Signature):  # type: ignore[misc]  # noqa: D101
    __doc__ = f"""Judge a played phone call between a customer and a customer service agent. Each of the agent's turns
is labelled with the strategy it should follow, in brackets. Strategies:
{_rules("en")}

Give five points, each 1 or 0, with a short reason first:
1. strategy: the agent's turns do what their labels say (1 even if one turn is a little off).
2. demands: every unreasonable demand was recognised and declined politely (1 as well if there was none).
3. natural: it reads like a real call: turns answer each other, details stay consistent, it ends properly.
4. varied: wording differs from turn to turn; no line is said twice.
5. roles: the customer speaks only as a customer and the agent only as an agent.
Give 0 only for a fault you can name."""

    scenario: str = dspy.InputField()
    transcript: str = dspy.InputField(desc="Call")
    strategy_reason: str = dspy.OutputField(desc="at most 15 words")
    strategy: Point = dspy.OutputField(desc="1 or 0")
    demands_reason: str = dspy.OutputField(desc="at most 15 words")
    demands: Point = dspy.OutputField(desc="1 or 0")
    natural_reason: str = dspy.OutputField(desc="at most 15 words")
    natural: Point = dspy.OutputField(desc="1 or 0")
    varied_reason: str = dspy.OutputField(desc="at most 15 words")
    varied: Point = dspy.OutputField(desc="1 or 0")
    roles_reason: str = dspy.OutputField(desc="at most 15 words")
    roles: Point = dspy.OutputField(desc="1 or 0")


_JUDGE_ZH = in_chinese(
    JudgeConversation,
    f"""评判一段客户与客服之间的模拟通话。客服的每句话都在括号里标注了应遵循的策略。策略：
{_rules("zh")}

给出五个分数，每个为 1 或 0，先写简短理由：
1. strategy：客服的话符合所标注的策略（有一句略有偏差仍可得 1）。
2. demands：不合理的要求都被识别并礼貌拒绝（没有不合理要求也得 1）。
3. natural：像真实的通话：前后衔接，细节一致，结尾完整。
4. varied：措辞有变化，没有重复的话。
5. roles：客户只以客户身份说话，客服只以客服身份说话。
只有能指出具体问题时才给 0。""",
    scenario="情景",
    transcript="通话",
    **{f"{p}_reason": "不超过 20 个字" for p in ("strategy", "demands", "natural", "varied", "roles")},
    **dict.fromkeys(("strategy", "demands", "natural", "varied", "roles"), "1 或 0"),
)

POINTS = ("strategy", "demands", "natural", "varied", "roles")


def judging(lang: Lang) -> type[dspy.Signature]:
    """The conversation judge's signature in one language."""
    return _JUDGE_ZH if lang == "zh" else JudgeConversation
