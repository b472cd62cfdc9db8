from __future__ import annotations

from typing import Any

import pytest

from csc_dspy.conversation import Conversation, Turn
from csc_dspy.corpora import rules
from csc_dspy.corpora.rules import RULES, check_rules, with_bounds
from csc_dspy.framework import Lang, Strategy

EN = [
    ("greeting", "Good morning, this is Rivertown Bank, how may I help?", "Hi, I was charged twice for my card."),
    ("identity_verification", "May I have the last four digits of your account?", "Sure, it ends in 4417."),
    ("problem_refinement", "On which day did you notice the second charge?", "Last Tuesday, I think."),
    ("information_delivery", "A double charge is returned within 3-5 days (working days).", "That is quite long."),
    ("resolution_implementation", "I have just filed the return for you.", "Great, thanks a lot."),
    ("appreciation_and_closure", "Thank you for calling, have a lovely day.", "Bye bye then!"),
]
ZH = [
    ("greeting", "您好，这里是河畔银行客服中心，请问有什么可以帮您？", "我的信用卡被重复扣费了。"),
    ("identity_verification", "麻烦提供一下您卡号的后四位，好吗？", "好的，是4417。"),
    ("problem_refinement", "请问第二笔扣费是哪一天出现的呢？", "应该是上周二吧。"),
    ("information_delivery", "重复的款项会原路退回（3-5天），不收取手续费。", "有点久啊。"),
    ("resolution_implementation", "我已经为您提交了退款申请，稍后有短信。", "行，谢谢你。"),
    ("appreciation_and_closure", "感谢您的来电，祝您生活愉快，再见。", "再见！"),
]


def play(lang: Lang = "en", **changes: Any) -> Conversation:
    script = EN if lang == "en" else ZH
    turns: list[Turn] = []
    for strategy, said, answer in script:
        turns.append(Turn(speaker="supporter", text=said, strategy=Strategy(strategy)))
        turns.append(Turn(speaker="customer", text=answer))
    return Conversation(id="c-1", lang=lang, topic="t", source="s", turns=changes.get("turns", tuple(turns)))


def saying(text: str, lang: Lang = "en", speaker: str = "customer") -> Conversation:
    good = play(lang)
    place = 7 if speaker == "customer" else 6
    turns = list(good.turns)
    turns[place] = turns[place].model_copy(update={"text": text})
    return play(lang, turns=tuple(turns))


def with_strategies(*strategies: Strategy | None) -> Conversation:
    turns: list[Turn] = []
    for number, strategy in enumerate(strategies):
        turns.append(Turn(speaker="supporter", text=f"{number} supporter", strategy=strategy))
        turns.append(Turn(speaker="customer", text=f"{number} customer"))
    return play(turns=tuple(turns))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_good_conversation_breaks_no_rule(lang: Lang) -> None:
    assert check_rules(play(lang)) == []


def test_an_empty_conversation_is_reported_and_never_crashes() -> None:
    names = [name for name, _ in check_rules(play(turns=()))]
    assert names == ["utterances", "required_strategies", "opening"]


def test_a_speaker_twice_running_breaks_alternation() -> None:
    turns = play().turns
    assert rules.alternation(play(turns=(*turns[:3], *turns[4:]))) == "turn 4: the supporter speaks twice running"


@pytest.mark.parametrize(("count", "fine"), [(9, False), (10, True), (50, True), (51, False)])
def test_both_bounds_of_the_utterances_are_included(count: int, fine: bool) -> None:
    turns = (play().turns * 5)[:count]
    assert (rules.utterances(play(turns=turns)) is None) is fine


def test_other_bounds_can_be_asked_for() -> None:
    assert "utterances" in dict(check_rules(play(), with_bounds(20, 30)))
    assert "utterances" not in dict(check_rules(play(turns=play().turns[:4]), with_bounds(4, 4)))


def test_a_supporter_turn_without_strategy_is_reported() -> None:
    assert rules.labels(with_strategies(Strategy.GREETING, None)) == "turn 3: the supporter's turn has no strategy"


@pytest.mark.parametrize("missing", list(rules.REQUIRED))
def test_each_required_strategy_is_missed(missing: Strategy) -> None:
    kept = [strategy for strategy in rules.REQUIRED if strategy is not missing]
    assert rules.required_strategies(with_strategies(*kept)) == f"no {missing}"


def test_the_supporter_must_open_with_a_greeting() -> None:
    assert rules.opening(play(turns=play().turns[1:])) == "turn 1: the supporter must open"
    assert rules.opening(with_strategies(Strategy.OTHERS)) == "turn 1: the opening must be a greeting, not others"
    assert "unlabelled" in str(rules.opening(with_strategies(None)))


def test_a_strategy_may_come_twice_running_but_not_three_times() -> None:
    s = Strategy.INFORMATION_DELIVERY
    assert rules.strategy_runs(with_strategies(s, s, Strategy.OTHERS, s, s)) is None
    assert rules.strategy_runs(with_strategies(Strategy.GREETING, s, s, s)) is not None
    assert rules.strategy_runs(with_strategies(None, None, None)) is None


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "on which day, did you notice the SECOND charge"),
        ("en", "May I have the last four digits of your accounts?"),
        ("zh", "麻烦提供一下您卡号的后四位，好吗"),
    ],
)
def test_a_turn_that_nearly_repeats_an_earlier_one_is_reported(lang: Lang, text: str) -> None:
    assert "nearly repeats turn" in str(rules.repetition(saying(text, lang)))


def test_a_summary_may_repeat_the_customer_but_not_the_supporter() -> None:
    story = "My parcel with the winter coat never came home"
    told = Turn(speaker="customer", text=story)
    summary = Turn(speaker="supporter", text=f"{story}?", strategy=Strategy.RESTATEMENT_OR_PARAPHRASING)
    question = Turn(speaker="supporter", text=f"{story}?", strategy=Strategy.PROBLEM_REFINEMENT)
    assert rules.repetition(play(turns=(told, summary))) is None
    assert rules.repetition(play(turns=(told, question))) is not None
    assert rules.repetition(play(turns=(told, summary, summary))) is not None


def test_short_and_different_turns_are_no_repetition() -> None:
    turns = [
        Turn(speaker="customer", text=text) for text in ("Thank you!", "Thank you!", "好的，谢谢。", "好的，谢谢。")
    ]
    assert rules.repetition(play(turns=tuple(turns))) is None


@pytest.mark.parametrize(
    "text",
    [
        "Customer: I want my money back.",
        "Sure.\nSupporter: of course",
        "**Agent:** hello",
        "Customer (Ana): hello",
        "Supporter [Greeting]: hello",
        "客服：您好",
        "客户: 你好",
        "好的。\n客户：谢谢",
        "As an AI, I cannot feel that.",
        "as an AI language model I cannot",
        "I am a large language model.",
        "作为一个AI，我无法感受",
        "作为AI助手，我可以帮您",
        "作为人工智能，我没有账户",
        "我是一个大语言模型",
        "Goodbye! [end of conversation]",
        "Goodbye! (end of the call)",
        "再见（对话结束）",
        "[Greeting] hello",
        "[identity_verification] your name?",
        "【感谢与告别】再见",
        "[策略3 重述或转述] 您是说",
        '{"strategy": "greeting", "text": "hi"}',
        '{"strategy":',
        "[[ ## completed ## ]]",
        "```json",
    ],
)
def test_another_role_or_the_machine_showing_through_is_a_leak(text: str) -> None:
    assert rules.role_leaks(saying(text)) is not None
    check_rules(saying(text))


@pytest.mark.parametrize(
    "text",
    [
        "客服中心说要等三天",
        "客户经理：",
        "请拨打客服热线：95000",
        "Dear customer: that is how your letter begins.",
        "The agent said: wait.",
        "Customer service was slow",
        "As an AI engineer I need the invoice.",
        "作为AI工程师，我需要发票",
        "It arrives in time (3-5 days).",
        "会在三天内到账（3-5天）",
        "I will pay it back (end of March).",
        "I said “greeting cards” (twice).",
        "The code is [4417].",
        "At 10:30, as always: late.",
    ],
)
def test_ordinary_talk_is_no_leak(text: str) -> None:
    assert rules.role_leaks(saying(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "Hello, this is [Your Name].",
        "Dear [Customer Name]",
        "Welcome to [Company]",
        "It is [insert date here].",
        "I am {name}",
        "Hi {{ customer_name }}",
        "Hi <name>, welcome",
        "My number is XXX",
        "My number is XXX-XXXX",
        "I am ____",
        "这里是[公司名称]",
        "您的【手机号码】是",
        "我是XX银行的客服",
        "请联系［您的客户经理］",
        "你好{姓名}",
        "我叫XXX",
    ],
)
def test_a_blank_left_to_fill_in_is_reported(text: str) -> None:
    assert "left to be filled in" in str(rules.placeholders(saying(text)))


@pytest.mark.parametrize(
    "text",
    [
        "It takes (3-5 days).",
        "退款到账（3-5天）",
        "Please click [Account Number] and then [OK].",
        "请点击【手机号码】",
        "【河畔银行】您的验证码是4417",
        "The card XXXX-XXXX-XXXX-4417 is blocked.",
        "卡号138XXXX5678",
        "I wear size XXXL, not XL",
        "Two < three and five > four",
        "The next exit",
    ],
)
def test_masks_buttons_and_brackets_are_no_blanks(text: str) -> None:
    assert rules.placeholders(saying(text)) is None


@pytest.mark.parametrize("text", ["", "  \n", "\u200b", "…", "...", "——"])
def test_a_turn_with_nothing_in_it_is_empty(text: str) -> None:
    assert rules.empty_turns(saying(text)) == "turn 8 is empty"


@pytest.mark.parametrize("text", ["?", ":)", "👍", "嗯", "4"])
def test_a_sign_is_something(text: str) -> None:
    assert rules.empty_turns(saying(text)) is None


def test_exactly_500_characters_are_fine() -> None:
    assert rules.turn_length(saying("a" * 500)) is None
    assert rules.turn_length(saying("很" * 501)) == "turn 8: 501 characters, at most 500 are allowed"


@pytest.mark.parametrize(
    ("lang", "text", "fine"),
    [
        ("en", "我的信用卡被重复扣费了", False),
        ("en", "My name is 张伟 and I live in 苏州.", True),
        ("en", "王小明", True),
        ("zh", "I was charged twice for my card last week.", False),
        ("zh", "我的 iPhone 15 Pro Max 不能登录 App", True),
        ("zh", "Apple Watch Series Ultra 2", True),
        ("zh", "wei.zhang@mail.example.com", True),
        ("zh", "https://www.example.com/help/the/order/page?x=y", True),
        ("zh", "4417", True),
        ("zh", "OK", True),
    ],
)
def test_every_turn_is_in_the_conversations_language(lang: Lang, text: str, fine: bool) -> None:
    assert (rules.language(saying(text, lang)) is None) is fine


def test_rules_can_be_chosen() -> None:
    conversation = saying("Customer: hello [Your Name]")
    only = {"placeholders": RULES["placeholders"]}
    assert [name for name, _ in check_rules(conversation, only)] == ["placeholders"]
    assert [name for name, _ in check_rules(conversation)] == ["role_leaks", "placeholders"]
