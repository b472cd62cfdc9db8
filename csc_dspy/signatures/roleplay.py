"""What the roles of a role-play are asked. Source of the roles: arXiv 2508.04423; the wording is ours.

Inputs stand in the order stable → growing → new, so that a server's prefix cache covers all but the
newest turn. Outputs stand in the order in which they should be thought: why, then what, then the words, under
a name that says whose they are. Whether the customer's line ends the call is asked after it: decided before, a small
model speaks as if everything were settled.
"""

from __future__ import annotations

from typing import Literal

import dspy
from pydantic import BaseModel

from csc_dspy.framework import Lang
from csc_dspy.signatures.wording import framework_text, in_chinese

StageId = Literal["connecting", "identifying", "exploring", "resolving", "maintaining"]
_Between = Literal[
    "identity_verification",
    "restatement_or_paraphrasing",
    "problem_refinement",
    "emotional_management",
    "providing_suggestions",
    "information_delivery",
    "resolution_implementation",
    "feedback_request",
    "relationship_continuation",
]
StrategyId = Literal["greeting", _Between, "appreciation_and_closure", "others"]
BetweenId = Literal[_Between, "others"]
"""What may come between the opening and the goodbye."""
YesNo = Literal["yes", "no"]


class Fact(BaseModel):
    """What the customer knows and the agent has to ask for."""

    question: str
    answer: str


class WriteProfile(dspy.Signature):  # type: ignore[misc]
    """Describe a person to the actor who will play them.

    Rewrite the notes as one short paragraph in the second person ("You are ..."). Keep every fact: age, work, income,
    character, habits, worries. Begin with the name. Invent nothing.
    """

    notes: str = dspy.InputField()
    profile: str = dspy.OutputField(desc="one paragraph of 60 to 110 words that begins with 'You are'")


class PlanScenario(dspy.Signature):  # type: ignore[misc]
    """Plan a phone call between a customer and the customer service of a company.

    The call must be about the topic and must fit the person: their age, work, money and character. Make it concrete and
    realistic: name the kind of company, the product, and what happened, with an amount, a date or an error where it
    helps. One problem only, which a customer service can handle in one call. Do not write any dialogue. The facts are
    what only the customer knows and the agent will have to ask: when and where it happened, what they tried, what they
    need it for. Each is a short question to the customer ("When did you ...?") with its answer.
    """

    topic: str = dspy.InputField()
    profile: str = dspy.InputField(desc="Customer")
    scenario: str = dspy.OutputField(
        desc="the situation before the call in 2 or 3 sentences; calls the person 'the customer'"
    )
    facts: list[Fact] = dspy.OutputField(desc="3 facts, each a short question to 'you' and its answer in a few words")
    goal: str = dspy.OutputField(desc="one sentence: what the customer wants to have reached when the call ends")
    solution: str = dspy.OutputField(
        desc="one sentence that begins with 'We can': what the company can really do, and when"
    )


class ChooseStrategy(dspy.Signature):  # type: ignore[misc]  # noqa: D101
    __doc__ = f"""You coach a customer service agent during a call. Decide what the agent's next turn should do.

{framework_text("en")}

How to decide:
- Look at what the customer said last. Upset: emotional_management. Problem still unclear: problem_refinement.
  A long story: restatement_or_paraphrasing. Problem clear: providing_suggestions. Asks how something works:
  information_delivery. Has agreed to a solution: resolution_implementation. Solution carried out:
  feedback_request. Wants nothing more: appreciation_and_closure.
- Move the call forward through the stages; step back only when something new comes up.
- Vary: do not lean on information_delivery and providing_suggestions, do not repeat the last strategy without need."""

    scenario: str = dspy.InputField()
    transcript: str = dspy.InputField(desc="Call so far")
    options: str = dspy.InputField(desc="Strategies allowed now")
    reason: str = dspy.OutputField(desc="what the customer needs right now, at most 12 words")
    stage: StageId = dspy.OutputField(desc="the stage of the agent's next turn")
    strategy: StrategyId = dspy.OutputField(desc="one of the strategies allowed now")


class Support(dspy.Signature):  # type: ignore[misc]
    """You are the agent on the phone, at the customer service of the company in question. Say your next turn.

    - Follow the strategy you are given, and only that one: its rule says what the turn does and what it leaves out.
      An example shows the tone; use your own words.
    - First judge what the customer demands. If it is unreasonable (against the rules, not your company's fault, far
      beyond the damage), say so politely and say what is possible instead.
    - 1 or 2 short sentences, spoken language, warm and professional. Say something new: never repeat an earlier line.
    - You are the agent, not the customer. Use real-sounding details instead of blanks or brackets. Address what the
      customer said last.
    """

    scenario: str = dspy.InputField()
    transcript: str = dspy.InputField(desc="Call so far")
    solution: str = dspy.InputField(desc="What you can offer")
    unknown: str = dspy.InputField(desc="What you do not know yet")
    strategy: str = dspy.InputField(desc="Strategy of your next turn")
    demand: Literal["none", "reasonable", "unreasonable"] = dspy.OutputField(
        desc="the customer's demand in their last turn"
    )
    agent_says: str = dspy.OutputField(desc="what you, the agent, say now: 1 or 2 short sentences")


class DirectCustomer(dspy.Signature):  # type: ignore[misc]
    """You direct an actor who plays a customer on the phone with customer service.

    Say in one short sentence what the customer should do in their next turn: one single step towards their goal that
    reacts to the agent's last turn and fits the customer's character. Answer the agent's question if there is one.
    Give the direction, not the words. Reveal the story step by step. If the agent's solution is good enough, let the
    customer accept it. Mind where the call stands: only when it may end, and the goal is reached or clearly refused,
    let the customer say thanks and end the call.
    """

    scenario: str = dspy.InputField()
    profile: str = dspy.InputField(desc="Customer")
    facts: str = dspy.InputField(desc="What the customer knows")
    goal: str = dspy.InputField(desc="Customer's goal")
    transcript: str = dspy.InputField(desc="Call so far")
    standing: str = dspy.InputField(desc="Where the call stands")
    direction: str = dspy.OutputField(desc="begins with 'The customer', at most 20 words")


class PlayCustomer(dspy.Signature):  # type: ignore[misc]
    """You are the customer in this phone call. You called customer service because you need help. Say your next line.

    - One colloquial sentence, as this person would really say it on the phone; a second short one only if needed.
    - Follow the direction. Answer what the agent just asked, from what you know; make up what is not there (names,
      dates, amounts).
    - Speak as "I" and to the agent as "you". Give your name only when you are asked for it, and only once.
    - You are the customer: you ask and answer, you want something. You never offer help, never thank anyone for
      calling, never explain the company's rules, never speak for the agent.
    - Say something new: never repeat an earlier line, yours or the agent's.
    - The call is over only when you say goodbye because your matter is settled or clearly refused.
    """

    profile: str = dspy.InputField(desc="Who you are")
    scenario: str = dspy.InputField(desc="Why you call")
    facts: str = dspy.InputField(desc="What you know")
    transcript: str = dspy.InputField(desc="Call so far")
    direction: str = dspy.InputField(desc="Direction for your next line")
    customer_says: str = dspy.OutputField(desc="what you, the customer, say now")
    over: YesNo = dspy.OutputField(desc="whether you end the call with this line")


class InventProfile(dspy.Signature):  # type: ignore[misc]
    """Invent a person who might call a customer service.

    Make them ordinary and believable, unlike the examples: another age, work, home, temper and way of speaking.
    """

    examples: str = dspy.InputField(desc="People we already have")
    seed: str = dspy.InputField(desc="Start from")
    profile: str = dspy.OutputField(
        desc="60 to 110 words that begin with 'You are': name, age, work, family, money, character, way of speaking"
    )


_ZH: dict[type[dspy.Signature], type[dspy.Signature]] = {
    WriteProfile: in_chinese(
        WriteProfile,
        """向将要扮演某人的演员介绍这个人。

把笔记改写成一小段第二人称的中文（以“你是”开头）。保留所有事实：年龄、职业、收入、性格、习惯、烦恼。
开头写姓名。不要编造。""",
        notes="笔记",
        profile="一段 80 到 160 字的中文，以“你是”开头",
    ),
    PlanScenario: in_chinese(
        PlanScenario,
        """为客户与某公司客服之间的一通电话设计情景。

电话内容必须属于给定主题，并符合此人的年龄、职业、经济状况和性格。要具体、真实：写明是什么类型的公司、什么产品、发生了什么，
必要时给出金额、日期或故障现象。只有一个问题，客服在一通电话里就能处理。不要写对话。
facts 是只有客户知道、客服要问清的事：什么时候、在哪里发生，试过什么办法，要用来做什么。
每条是对客户（“您”）的简短提问和客户的回答。""",
        topic="主题",
        profile="客户",
        scenario="用两三句中文写明来电之前的情况，称此人为“客户”",
        facts="3 条，每条是一个简短的提问（question）和几个字的回答（answer），用中文",
        goal="一句中文：通话结束时客户希望达成什么",
        solution="以“我们可以”开头的一句中文：公司实际能怎么解决、什么时候",
    ),
    ChooseStrategy: in_chinese(
        ChooseStrategy,
        f"""你在通话中指导一名客服。请决定客服下一句话该做什么。

{framework_text("zh")}

如何决定：
- 看客户最后说了什么。情绪不好：emotional_management。问题还不清楚：problem_refinement。说了一大段：
  restatement_or_paraphrasing。问题已清楚：providing_suggestions。询问规则或流程：information_delivery。
  已同意方案：resolution_implementation。方案已落实：feedback_request。没有别的事了：appreciation_and_closure。
- 让通话沿各阶段向前推进；只有出现新情况时才退回。
- 要有变化：不要总用 information_delivery 和 providing_suggestions，不要无故重复上一个策略。""",
        scenario="情景",
        transcript="通话记录",
        options="现在允许的策略",
        reason="客户此刻需要什么，不超过 15 个字",
        stage="客服下一句话所处的阶段",
        strategy="现在允许的策略之一",
    ),
    Support: in_chinese(
        Support,
        """你是电话里的客服，就在事情涉及的那家公司工作。请说出你的下一句话。

- 只按给定的策略说，策略的规则写明了这句话做什么、不做什么；例子只示范语气，请用自己的话。
- 先判断客户的要求是否合理。如果不合理（违反规定、不是公司的责任、远超损失），就礼貌地说明，并告诉客户可以怎么做。
- 一到两句简短的口语，亲切而专业，用“您”称呼客户。要有新内容，不要重复前面说过的话。
- 你是客服，不是客户。使用像真的一样的细节，不要留空或使用括号占位。要回应客户最后说的话。
""",
        scenario="情景",
        solution="你可以提出的办法",
        unknown="你还不知道的事",
        transcript="通话记录",
        strategy="你下一句话的策略",
        demand="客户最后一句话中的要求：none 没有，reasonable 合理，unreasonable 不合理",
        agent_says="你作为客服现在说的话：一到两句简短的中文，不超过 50 个字",
    ),
    DirectCustomer: in_chinese(
        DirectCustomer,
        """你在指导一名演员，他扮演给客服打电话的客户。

用一句简短的话说明客户下一句该做什么：朝目标前进一小步，回应客服刚才的话，并符合客户的性格。客服有提问就回答。
只给方向，不写台词。情况要一步一步地说出来。如果客服的方案够好，就让客户接受。注意通话进行到哪里：
只有当通话可以结束、且目标已达成或被明确拒绝时，才让客户道谢并结束通话。""",
        scenario="情景",
        profile="客户",
        facts="客户知道的事",
        goal="客户的目标",
        transcript="通话记录",
        standing="通话进行到哪里",
        direction="以“客户”开头，不超过 25 个字",
    ),
    PlayCustomer: in_chinese(
        PlayCustomer,
        """你是这通电话里的客户。你因为需要帮助才打给客服。请说出你的下一句话。

- 只说一句口语，像这个人在电话里真会说的话，不超过 40 个字。
- 按照指导去说。客服刚问了什么就回答什么，用你知道的事来回答；没有的就编造具体的细节（姓名、日期、金额）。
- 用“我”称呼自己，用“你”称呼客服。只有被问到时才报姓名，而且只报一次。
- 你是客户：你提问、回答，你有诉求。你绝不主动提供帮助，绝不感谢对方来电，绝不解释公司的规定，绝不替客服说话。
- 要有新内容，不要重复前面任何一方说过的话。
- 只有当事情已解决或被明确拒绝、你说再见时，通话才算结束。""",
        profile="你是谁",
        scenario="你为什么来电",
        facts="你知道的事",
        transcript="通话记录",
        direction="对你下一句话的指导",
        customer_says="你作为客户现在说的话：一句中文口语，不超过 40 个字",
        over="你是否用这句话结束通话：yes 或 no",
    ),
    InventProfile: in_chinese(
        InventProfile,
        """虚构一个可能给客服打电话的人。要普通、可信，并且与已有的人不同：年龄、职业、家庭、脾气和说话方式都不一样。""",
        examples="已有的人",
        seed="从这里开始",
        profile="80 到 160 字的中文，第二人称，以“你是”开头：姓名、年龄、职业、家庭、经济状况、性格、说话方式",
    ),
}


def wording(signature: type[dspy.Signature], lang: Lang) -> type[dspy.Signature]:
    """A role's signature in one language."""
    return _ZH[signature] if lang == "zh" else signature
