"""Faults of a reply that code can see, in both languages; and what only looks like one."""

from __future__ import annotations

import pytest

from csc_dspy.conversation import Speaker, Turn
from csc_dspy.framework import Lang
from csc_dspy.programs.guards import calls, echoes, evades, fault, foreign
from csc_dspy.programs.mending import confirmed, trimmed, unsaid, without_label

CUSTOMER: Speaker = "customer"
SUPPORTER: Speaker = "supporter"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Customer: Hi there.", "Hi there."),
        ("  supporter :  Hi there.", "Hi there."),
        ("Supporter [Greeting]: Good morning!", "Good morning!"),
        ("Agent (Identity Verification): Your name, please.", "Your name, please."),
        ("客服：您好", "您好"),
        ("客服: 您好", "您好"),
        ("客户：我想问一下", "我想问一下"),
        ("客服【】您好", "客服【】您好"),
        ("客服（礼貌问候）：您好", "您好"),
        ('"Hello there."', "Hello there."),
        ("“您好。”", "您好。"),
        ("Hello\n  there.", "Hello there."),
        ("客服中心：请讲", "客服中心：请讲"),
        ("客服中心会在三天内回复您。", "客服中心会在三天内回复您。"),
        ("客户经理：王先生", "客户经理：王先生"),
        ("Customers: all of them.", "Customers: all of them."),
        ('He said "fine"', 'He said "fine"'),
        ("", ""),
    ],
)
def test_a_label_of_its_own_is_taken_off_and_real_words_stay(text: str, clean: str) -> None:
    assert without_label(text) == clean


@pytest.mark.parametrize("text", ["", "  ", "...", "——", "?!", "“”"])
def test_nothing_said_is_empty(text: str) -> None:
    assert fault(text, SUPPORTER, []) == fault(text, CUSTOMER, []) == "empty"


def test_a_speech_is_too_long() -> None:
    assert fault("word " * 100, SUPPORTER, []) is None
    assert fault("word " * 101, SUPPORTER, []) == "too_long"


@pytest.mark.parametrize(
    "text",
    [
        "How can I help you today?",
        "Thank you for calling, goodbye.",
        "We sincerely apologize for the delay.",
        "Is there anything else I can do?",
        "I'm sorry to hear that the parcel is late.",
        "Tell me more so that I better understand the situation.",
        "Could you please confirm your address?",
        "请问有什么可以帮您？",
        "感谢您的来电，再见。",
        "我马上为您查询。",
        "非常抱歉给您带来不便。",
        "您的联系方式是 1234567890。",
    ],
)
def test_a_customer_who_speaks_as_the_agent_is_caught(text: str) -> None:
    assert fault(text, CUSTOMER, []) == "role"
    assert fault(text, SUPPORTER, []) is None


@pytest.mark.parametrize(
    "text",
    [
        "I want a full refund right now.",
        "My card was charged two times.",
        "I'm very disappointed with all this.",
        "I'm calling about the broken kettle.",
        "我要投诉。",
        "我的订单怎么还没到？",
        "你们公司太慢了。",
    ],
)
def test_an_agent_who_speaks_as_the_customer_is_caught(text: str) -> None:
    assert fault(text, SUPPORTER, []) == "role"
    assert fault(text, CUSTOMER, []) is None


@pytest.mark.parametrize("speaker", [CUSTOMER, SUPPORTER])
@pytest.mark.parametrize(
    "text",
    ["Fine. Customer: I see. Supporter: Good.", "好的。客服：还有别的吗", "Yes.\nAgent: And then?", "嗯！客户：行。"],
)
def test_a_reply_that_goes_on_with_the_others_line_is_caught(text: str, speaker: Speaker) -> None:
    assert fault(text, speaker, []) == "role"


@pytest.mark.parametrize("speaker", [CUSTOMER, SUPPORTER])
@pytest.mark.parametrize(
    "text",
    [
        "As an AI, I cannot call.",
        "作为一个人工智能，我不能。",
        "My name is [Your Name].",
        "我叫[姓名]。",
        "The code is XXX-XXX.",
        "我是XX公司的客户。",
        "Dear {name}, hello.",
        "我是王某某。",
        "The customer should ask for a date.",
        "I agree with the agent's explanation.",
        "客户接受客服的方案。",
    ],
)
def test_a_model_showing_through_is_caught(text: str, speaker: Speaker) -> None:
    assert fault(text, speaker, []) == "meta"


@pytest.mark.parametrize(
    "text",
    [
        "客服中心每天九点到十八点有人值班。",
        "客户经理明天会给您回电话。",
        "款项会在工作日到账（3-5天）。",
        "The refund takes a while (3-5 days).",
        "Our customers like it; customer cards are free.",
        "The agent at the airport was kind.",
        "Please press OK & wait, it's < 5 minutes.",
    ],
)
def test_what_only_looks_like_a_fault_passes(text: str) -> None:
    assert fault(text, SUPPORTER, []) is None


@pytest.mark.parametrize(
    "text",
    [
        "My order hasn't come, can you help me?",
        "Thanks for your help, goodbye.",
        "I'll check my mail and call back.",
        "谢谢你的帮助，再见。",
        "我想问一下客服中心几点下班。",
        "客户经理说三天内回复（3-5天），可是没有。",
    ],
)
def test_a_customers_own_words_pass(text: str) -> None:
    assert fault(text, CUSTOMER, []) is None


EARLIER = [
    Turn(speaker="supporter", text="May I have the number of the order, please?"),
    Turn(speaker="customer", text="Sure, it's seven zero four one eight."),
    Turn(speaker="supporter", text="您的订单会在星期五之前送到您家门口。"),
]


@pytest.mark.parametrize(
    "text",
    [
        "May I have the number of the order, please?",
        "may i have the number of the order please",
        "May I have the number of your order, please?",
        "Sure, it's seven zero four one eight!",
        "您的订单会在星期五之前送到您家门口",
        "好的，您的订单会在星期五之前送到您家门口，我再帮您看看别的。",
    ],
)
def test_a_line_said_before_by_either_side_is_an_echo(text: str) -> None:
    assert echoes(text, EARLIER)
    assert fault(text, SUPPORTER, EARLIER) == "echo"


@pytest.mark.parametrize(
    "text", ["Yes, please.", "When will the new one arrive at my place?", "好的，谢谢。", "可以改成星期六上午送来吗？"]
)
def test_new_and_very_short_lines_are_none(text: str) -> None:
    short = [*EARLIER, Turn(speaker="customer", text="Yes, please."), Turn(speaker="customer", text="好的，谢谢。")]
    assert not echoes(text, short)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("One. Two. Three.", "One. Two."),
        ("一句。两句。三句。", "一句。两句。"),
        ("Mr. Hill has it. Ask Dr. Wu. Bye.", "Mr. Hill has it. Ask Dr. Wu."),
        ("It costs 3.50 euros. Fine.", "It costs 3.50 euros. Fine."),
        ("It is sent. I'm happy to help with more. Bye.", "It is sent. Bye."),
        ("Feel free to ask.", "Feel free to ask."),
        ("Customer: Hello.", "Hello."),
    ],
)
def test_a_reply_is_kept_as_short_as_people_talk_on_the_phone(text: str, kept: str) -> None:
    assert trimmed(text) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("It is sent. Is that fine?", "It is sent."),
        ("已经寄出。可以吗？", "已经寄出。"),
        ("Is that fine?", "Is that fine?"),
    ],
)
def test_a_turn_that_tells_leaves_its_questions_out_if_anything_remains(text: str, kept: str) -> None:
    assert trimmed(text, questions=False) == kept


SAID = [
    Turn(speaker="customer", text="订单号 90874，联系方式是 1234567890。"),
    Turn(speaker="supporter", text="When did it arrive, and in what state?"),
    Turn(speaker="customer", text="I'm Grace Okafor, order 70 and a bit, I bought it in May."),
]


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("订单号是 90874，联系方式是 123456 7890，周三晚上收到的。", "周三晚上收到的。"),
        ("I'm Grace Okafor, and it came on Monday.", "It came on Monday."),
        ("I bought it in May, it was 3.5 metres, I bought it in May.", "It was 3.5 metres, I bought it in May."),
    ],
)
def test_what_was_said_before_is_left_out_at_the_beginning(text: str, new: str) -> None:
    assert unsaid(text, SAID) == new


@pytest.mark.parametrize(
    "text",
    [
        "Yes, on Monday.",
        "订单号是 90874。",
        "When did it arrive, please?",
        "It is 3.5 m, yes.",
        "I bought it in May, yes.",
    ],
)
def test_a_line_with_nothing_old_in_front_or_nothing_new_stays(text: str) -> None:
    assert unsaid(text, SAID) == text


SUMMED_UP: dict[Lang, list[Turn]] = {
    "en": [
        Turn(speaker="customer", text="My parcel has not come, and I am going away on Friday."),
        Turn(speaker="supporter", text="So your parcel has not come and you leave on Friday, is that right?"),
    ],
    "zh": [
        Turn(speaker="customer", text="我的快递一直没有到，我周五就要出门了。"),
        Turn(speaker="supporter", text="您是说您的快递一直没有到，周五就要出门了，对吗？"),
    ],
}


@pytest.mark.parametrize(
    ("lang", "text", "kept"),
    [
        ("en", "Yes, my parcel has not come, and I am going away on Friday.", "Yes."),
        ("en", "Yes! My parcel has not come, and I am going away on Friday.", "Yes."),
        ("en", "Yes, my parcel has not come, and I am going away on Friday, so when?", None),
        ("en", "Yes, but my parcel has now come, and I am going away on Friday.", None),
        ("en", "", ""),
        ("en", "Yes, and it is a present.", "Yes, and it is a present."),
        ("en", "No, my parcel has not come, and I am going away on Friday.", None),
        ("en", "My parcel has not come, and I am going away on Friday.", None),
        ("zh", "是的，我的快递一直没有到，我周五就要出门了。", "是的。"),
        ("zh", "没错，是给我妈妈的礼物。", "没错，是给我妈妈的礼物。"),
        ("zh", "是的，我的快递一直没有到，我周六就要出门了。", None),
        ("zh", "是的，我的快递一直没有到，我周五不出门了。", "是的，我的快递一直没有到，我周五不出门了。"),
        ("zh", "不是，我的快递一直没有到，我周五就要出门了。", None),
    ],
)
def test_who_confirms_need_not_say_it_all_again(lang: Lang, text: str, kept: str | None) -> None:
    turns = SUMMED_UP[lang]
    assert confirmed(text, turns) == (text if kept is None else kept)
    if kept is None:
        assert fault(confirmed(text, turns), "customer", turns) == "echo"


def test_a_summary_may_sound_like_what_it_sums_up_but_not_like_an_earlier_summary() -> None:
    said = [Turn(speaker="customer", text="My new phone has not been sent yet.")]
    again = "So your new phone has not been sent yet."
    assert fault(again, SUPPORTER, said) == "echo"
    assert fault(again, SUPPORTER, said, restates=True) is None
    said.append(Turn(speaker="supporter", text=again))
    assert fault(again, SUPPORTER, said, restates=True) == "echo"


@pytest.mark.parametrize(
    ("text", "lang"),
    [("真抱歉，请告诉我您的 customer 编号。", "zh"), ("Where is 我的包裹?", "en"), ("情绪nuances很多", "zh")],
)
def test_a_line_that_falls_into_the_other_language_is_caught(text: str, lang: Lang) -> None:
    assert foreign(text, lang)


@pytest.mark.parametrize(
    "text",
    [
        "我在 Netflix 上看到的。",
        "发到 wang@example.com。",
        "我的 app 打不开 wifi。",
        "见 www.example.com/help。",
        "买了 kindle。",
    ],
)
def test_names_and_addresses_are_of_no_language(text: str) -> None:
    assert not foreign(text, "zh", known="客户买了一台 kindle。")


@pytest.mark.parametrize(
    "text",
    ["您好，这里是客服中心，我是小陈，您好，我是小陈。", "I will check that. It takes a day, I will check that."],
)
def test_a_line_that_goes_round_in_itself_is_an_echo(text: str) -> None:
    assert fault(text, SUPPORTER, []) == "echo"


@pytest.mark.parametrize(
    "text",
    [
        "好的，谢谢。",
        "Okay, thank you so much!",
        "收到，谢谢您。",
        "Sure.",
        "收到，感谢您的帮助。",
        "麻烦您尽快处理。",
        "I see, thank you for your help.",
    ],
)
def test_thanks_answer_no_question(text: str) -> None:
    assert evades(text)


@pytest.mark.parametrize(
    "text", ["Yes.", "No, thanks.", "是的，谢谢。", "王芳，谢谢。", "70 or so, thanks.", "我不知道。"]
)
def test_what_answers_a_question_does_not_evade_it(text: str) -> None:
    assert not evades(text)


@pytest.mark.parametrize(
    "text", ["Certainly!", "Thank you.", "谢谢您。", "好的。", "好的。谢谢您。", "Sure, thank you."]
)
def test_a_supporter_who_only_acknowledges_says_nothing(text: str) -> None:
    assert fault(text, SUPPORTER, []) == "empty"


def test_a_part_of_ones_own_longer_line_is_an_echo_and_of_the_others_an_answer() -> None:
    own = [Turn(speaker="customer", text="Thank you for the help. Next I will test it and then change it for good.")]
    other = [Turn(speaker="supporter", text="Shall we send the voucher to your home in Leeds, or to work?")]
    assert fault("Next I will test it and then change it for good.", "customer", own) == "echo"
    assert fault("To your home in Leeds, or to work.", "customer", other) is None


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("The bank checked it, and the customer changed the account.", True),
        ("审核无误后，客户修改了账户信息。", True),
        ("Your customer service told me so.", False),
        ("The customer number is 70418.", False),
        ("客户经理说可以，客户编号是 70418。", False),
    ],
)
def test_a_customer_who_tells_of_the_customer_is_out_of_the_role(text: str, wrong: bool) -> None:
    assert (fault(text, "customer", []) == "role") == wrong


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("Thank you for explaining, Henry Doyle.", True),
        ("谢谢你，李小凤", True),
        ("I'm Henry Doyle, and it is urgent.", False),
        ("我是李小凤，昨天打过电话。", False),
    ],
)
def test_who_is_addressed_by_name(text: str, called: bool) -> None:
    assert calls(text, "Henry Doyle" if text.isascii() else "李小凤") == called
