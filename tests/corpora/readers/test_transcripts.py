from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csc_dspy.conversation import Turn, render_transcript
from csc_dspy.corpora.readers.marks import clean_text
from csc_dspy.corpora.readers.roles import assign_roles
from csc_dspy.corpora.readers.transcripts import read_transcript

CALL = [
    ("S", "Thank you for calling Acme, my name is Tara. How can I help you today?"),
    ("C", "Hi Tara, this is Omar. My router is down: no lights at all."),
    ("S", "I'm sorry to hear that, Omar. May I have your account number?"),
    ("C", "Sure, it's 12345."),
    ("S", "Thanks. Note: it may take a minute."),
    ("C", "10:30 works for me."),
]
CHINESE_CALL = [
    ("S", "您好，这里是云帆客服，我是客服小陈，请问有什么可以帮您？"),
    ("C", "我的宽带坏了：灯都不亮。"),
    ("S", "请您提供一下手机号。"),
    ("C", "好的，尾号是1234。"),
]
Layout = Callable[[bool, str, int], str]
ENGLISH: dict[str, Layout] = {
    "roles": lambda s, t, i: f"{'Agent' if s else 'Customer'}: {t}\n",
    "roles and names": lambda s, t, i: f"{'Agent (Tara)' if s else 'Customer (Omar)'}: {t}\n\n",
    "name, role, time": lambda s, t, i: f"{'Tara [Agent]' if s else 'Omar [Customer]'} 10:{i:02d}: {t}\n",
    "numbers": lambda s, t, i: f"{'AGENT 1' if s else 'CUSTOMER'}: {t}\n",
    "time and dash": lambda s, t, i: f"[00:01:{i:02d}] {'Agent' if s else 'Customer'} - {t}\n",
    "time behind": lambda s, t, i: f"{'Agent' if s else 'Customer'} (00:{i:02d}): {t}\n",
    "role, dash, name, time": lambda s, t, i: f"{'Agent - Tara' if s else 'Customer - Omar'} (10:{i:02d}): {t}\n",
    "role, dash, name, bare time": lambda s, t, i: f"{'Agent – Tara' if s else 'Customer – Omar'} 10:{i:02d}: {t}\n",
    "role, dash, name, square time": lambda s, t, i: f"{'Agent - Tara' if s else 'Customer - Omar'} [10:{i:02d}] {t}\n",
    "role, dash, name": lambda s, t, i: f"{'Agent - Tara' if s else 'Customer - Omar'}: {t}\n",
    "dash": lambda s, t, i: f"{'Agent' if s else 'Customer'} - {t}\n",
    "time before text": lambda s, t, i: f"{'Agent Tara' if s else 'Customer Omar'}: 00:00:{i:02d} {t}\n",
    "ISO time": lambda s, t, i: f"2024-05-06T10:{i:02d}:00Z {'agent' if s else 'customer'}: {t}\n",
    "names": lambda s, t, i: f"{'Tara' if s else 'Omar'}: {t}\n\n",
    "bold names": lambda s, t, i: f"**{'Tara' if s else 'Omar'}:** {t}\n\n",
    "bold roles": lambda s, t, i: f"**{'Agent' if s else 'Customer'}**: {t}\n\n",
    "list": lambda s, t, i: f"- **{'Agent' if s else 'Customer'}:** {t}\n",
    "numbered": lambda s, t, i: f"{i + 1}. {'Agent' if s else 'Customer'}: {t}\n",
    "brackets": lambda s, t, i: f"[{'Agent' if s else 'Customer'}] {t}\n",
    "angles": lambda s, t, i: f"<{'Agent' if s else 'Customer'}> {t}\n",
    "tabs": lambda s, t, i: f"10:{i:02d}:00\t{'Agent' if s else 'Customer'}\t{t}\n",
    "pipes": lambda s, t, i: f"2024-05-06 10:{i:02d} | {'Agent' if s else 'Customer'} | {t}\n",
    "label above": lambda s, t, i: f"{'Agent' if s else 'Customer'}\n{t}\n\n",
    "label and time above": lambda s, t, i: f"{'Tara (Agent)' if s else 'Omar (Customer)'}  10:{i:02d} AM\n{t}\n\n",
    "heading": lambda s, t, i: f"### {'Agent' if s else 'Customer'}\n{t}\n\n",
    "tags": lambda s, t, i: f"<b>{'Agent' if s else 'Customer'}:</b> {t}<br>\n",
    "subtitles": lambda s, t, i: (
        f"{i}\n00:00:{i:02d},000 --> 00:00:{i + 1:02d},000\n{'Agent' if s else 'User'}: {t}\n\n"
    ),
    "web subtitles": lambda s, t, i: f"00:{i:02d}.000 --> 00:{i + 1:02d}.000\n<v {'Tara' if s else 'Omar'}>{t}</v>\n\n",
    "speakers by number": lambda s, t, i: f"Speaker {1 if s else 2}: {t}\n",
    "recognised speech": lambda s, t, i: f"[{i}.5s] SPEAKER_0{0 if s else 1}: {t}\n",
    "one role": lambda s, t, i: f"{'Agent' if s else 'Omar'}: {t}\n",
    "mood": lambda s, t, i: f"{'Agent' if s else 'Customer (frustrated)'}: {t}\n",
}
CHINESE: dict[str, Layout] = {
    "roles": lambda s, t, i: f"{'客服' if s else '客户'}：{t}\n",
    "number": lambda s, t, i: f"{'坐席（工号1023）' if s else '用户'}：{t}\n",
    "time": lambda s, t, i: f"[10:{i:02d}:33] {'坐席001' if s else '顾客'}：{t}\n",
    "names": lambda s, t, i: f"{'小陈' if s else '李女士'}：{t}\n",
    "names and roles": lambda s, t, i: f"{'陈静（客服）' if s else '王先生（客户）'}：{t}\n",
    "chat": lambda s, t, i: f"{'小陈' if s else '李女士'} 2023/05/06 10:{i:02d}:00\n{t}\n\n",
    "brackets": lambda s, t, i: f"【{'客服' if s else '客户'}】{t}\n",
    "space": lambda s, t, i: f"{'客服' if s else '客户'} {t}\n",
    "narrow colon": lambda s, t, i: f"{'客户经理' if s else '客户'}: {t}\n",
    "speakers by number": lambda s, t, i: f"说话人{1 if s else 2}：{t}\n",
}
FRAMES = {
    "bare": lambda text: text,
    "framed": lambda text: f"Call Transcript\nDate: 2024-05-06\n\n{text}\n[End of call]\nTotal words: 50\n",
    "ruled": lambda text: f"---\n{text}---\n",
}


def sides(text: str) -> list[tuple[str, str]]:
    transcript = read_transcript(text)
    roles = assign_roles(transcript)
    letters = {"supporter": "S", "customer": "C", "machine": "M"}
    return [(letters[roles[utterance.label.key]], utterance.text) for utterance in transcript.utterances]


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize(
    ("layout", "call"),
    [
        *(pytest.param(layout, CALL, id=f"en {name}") for name, layout in ENGLISH.items()),
        *(pytest.param(layout, CHINESE_CALL, id=f"zh {name}") for name, layout in CHINESE.items()),
    ],
)
def test_a_call_is_read_the_same_in_every_layout(layout: Layout, call: list[tuple[str, str]], frame: str) -> None:
    text = "".join(layout(side == "S", said, number) for number, (side, said) in enumerate(call))
    assert [(side, said.removesuffix("<br>")) for side, said in sides(FRAMES[frame](text))] == call


WORDS = st.sampled_from(
    [
        "parcel",
        "refund",
        "blue",
        "yes",
        "tomorrow",
        "street",
        "again",
        "card",
        "17",
        "wallet",
        "快递",
        "退款",
        "明天",
        "您好",
        "谢谢",
        "ok",
    ]
)
SAID = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)
TURNS = st.lists(st.tuples(st.booleans(), SAID), min_size=1, max_size=12).map(
    lambda turns: [(True, "hello there, sir"), (False, "good day to you"), *turns]
)


@given(TURNS, st.sampled_from([layout for name, layout in ENGLISH.items() if name not in ("names", "bold names")][:15]))
def test_what_was_written_down_in_a_layout_is_read_back(turns: list[tuple[bool, str]], layout: Layout) -> None:
    text = "".join(layout(is_agent, said, number) for number, (is_agent, said) in enumerate(turns))
    assert sides(text) == [("S" if is_agent else "C", said) for is_agent, said in turns]


@given(TURNS, st.sampled_from(["en", "zh"]))
def test_the_projects_own_rendering_is_read_back(turns: list[tuple[bool, str]], lang: str) -> None:
    own = [Turn(speaker="supporter" if is_agent else "customer", text=said) for is_agent, said in turns]
    text = render_transcript(own, lang, strategies=True)  # type: ignore[arg-type]
    assert sides(text) == [("S" if is_agent else "C", said) for is_agent, said in turns]


@given(st.text(alphabet="Agent:Customer（客服）[]*\n0123456789 -=.：<>|\t", max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        transcript = read_transcript(text)
        found = assign_roles(transcript)
    except ValueError:
        return
    assert found.keys() == {utterance.label.key for utterance in transcript.utterances}


def test_lines_without_a_speaker_go_on_with_the_turn_above() -> None:
    text = "Agent: We offer:\n1. Post: two days\n2. Courier\nName: Acme\n\nPort: 80\nCustomer: The first.\nplease\n"
    said = [("S", "We offer:\n1. Post: two days\n2. Courier\nName: Acme\nPort: 80"), ("C", "The first.\nplease")]
    assert sides(text) == said


@pytest.mark.parametrize(
    "words", ["Tina at 10:00: yes", "call me (10:00) then", "Tomorrow 10:00 works", "please ask Tina (10:00): fine"]
)
def test_a_time_that_is_said_after_a_dash_is_not_taken_off(words: str) -> None:
    assert sides(f"Agent - Hello.\nCustomer - Hi.\nAgent - {words}\n")[-1] == ("S", words)


def test_consecutive_turns_of_one_speaker_stay_apart() -> None:
    assert sides("Agent: One.\nAgent: Two.\nCustomer: Three.\n") == [("S", "One."), ("S", "Two."), ("C", "Three.")]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Well [pauses] yes", "Well yes"),
        ("(laughs) No", "No"),
        ("One moment. *(pause)* Here it is", "One moment. Here it is"),
        ("*sighs heavily* Fine", "Fine"),
        ("好的（停顿）我看一下", "好的我看一下"),
        ("【笑】没事", "没事"),
        ("[00:12] Hello [00:14]", "Hello"),
    ],
)
def test_stage_directions_and_square_times_are_taken_off(said: str, left: str) -> None:
    assert clean_text(said)[0] == left


@pytest.mark.parametrize(
    "said",
    [
        "call (555) 010-0123",
        "press the pound (#) key",
        "mail me at [email protected]",
        "我的[手机号码]变了（3-5天）",
        "it said [inaudible] twice",
        "*please* hurry",
        "the (background check fee) is due",
    ],
)
def test_brackets_that_belong_to_the_words_stay(said: str) -> None:
    assert clean_text(said) == (said, 0)


def test_directions_on_their_own_line_are_left_out_and_counted() -> None:
    directions = "[Tara checks the account]\n(A few minutes later)\n*pause*\n*** on hold ***"
    text = f"Agent: One moment.\n{directions}\nDone.\nCustomer: Thanks.\n"
    transcript = read_transcript(text)
    assert [utterance.text for utterance in transcript.utterances] == ["One moment.\nDone.", "Thanks."]
    assert transcript.directions == 4


@pytest.mark.parametrize(
    "end",
    ["[End of Call", "(Call ends)", "Transcript End.Total Word Count: 40 words.", "**End of transcript**", "通话结束"],
)
def test_what_follows_the_end_of_a_call_is_no_part_of_it(end: str) -> None:
    assert sides(f"Agent: Hello there, how are you?\nCustomer: Bye now.\n{end}\nNote: a longer version exists.\n")[
        -1
    ] == (
        "C",
        "Bye now.",
    )


@pytest.mark.parametrize("cut", ["T", "Omar (C", "0"])
def test_a_call_cut_off_within_a_label_loses_only_the_label(cut: str) -> None:
    text = f"Tara (Agent): Hello.\nOmar (Customer): Hi.\n\n{cut}"
    assert sides(text) == [("S", "Hello."), ("C", "Hi.")]


@pytest.mark.parametrize(
    "after", ["Summary: The parcel was late.\nSentiment: calm", "**Call notes:** none", "通话小结：已解决"]
)
def test_what_is_written_about_a_call_below_it_is_no_part_of_it(after: str) -> None:
    assert sides(f"Agent: Hello.\nCustomer: Note: I pay later.\n\n{after}\n")[-1] == ("C", "Note: I pay later.")


@pytest.mark.parametrize(
    ("below", "count"),
    [
        ("(END OF CALL)\nWrap-up notes: Customer called 3x about this.\nRefund given.", 2),
        ("(END OF CALL)\nWrap-up notes:\n- called 3x\n- refund: given", 3),
        ("Wrap-up notes: Customer called 3x about this.", 1),
        ("After-call work: none\nRefund given.", 2),
        ("ACW: none", 1),
        ("[Agent notes: refund given]", 1),
        ("Disposition: solved", 1),
        ("话后小结：已退款", 1),
        ("通话结束\n备注：已退款", 1),
        ("\nSummary: solved", 1),
    ],
)
def test_notes_below_a_call_are_no_turn_and_are_counted(below: str, count: int) -> None:
    text = f"Agent: Hello, sir.\nCustomer: Bye now.\n{below}\n"
    assert sides(text) == [("S", "Hello, sir."), ("C", "Bye now.")]
    transcript = read_transcript(text)
    assert (transcript.notes, transcript.directions) == (count, 0)


@pytest.mark.parametrize("line", ["I took notes: three pages.", "Wrap it up: I am late.", "Summary: I want it back."])
def test_what_a_customer_says_last_about_notes_stays(line: str) -> None:
    assert sides(f"Agent: Hello, sir.\nCustomer: Bye now.\n{line}\n")[-1] == ("C", f"Bye now.\n{line}")
    assert sides("Agent: Hello, sir.\nWrap-up: is next.\nCustomer: Bye now.\n")[0][1].endswith("Wrap-up: is next.")


@pytest.mark.parametrize(
    "line",
    [
        "<Media omitted>",
        "image omitted",
        "\u200eGIF omitted",
        "<attached: 0001-PHOTO.jpg>",
        "IMG-2024 01.jpg (file attached)",
        "[Image: card.png]",
        "This message was deleted",
        "<图片>",
        '[语音] 12"',
        "【动画表情】",
        "图片已省略",
    ],
)
def test_what_stands_for_a_picture_or_a_file_is_left_out_and_counted(line: str) -> None:
    text = f"Agent: Hello.\nCustomer: {line}\nCustomer: Here.\n{line}\nSee?\nAgent: Yes.\n"
    assert sides(text) == [("S", "Hello."), ("C", "Here.\nSee?"), ("S", "Yes.")]
    assert (read_transcript(text).media, read_transcript(text).directions) == (2, 0)


@pytest.mark.parametrize("said", ["I omitted the image", "The image is omitted.", "图片打不开", "I attached it (file)"])
def test_words_about_a_picture_stay(said: str) -> None:
    assert sides(f"Agent: Hello.\nCustomer: {said}\nAgent: Yes.\n")[1] == ("C", said)


@pytest.mark.parametrize(
    "text",
    [
        "Agent: Hello, sir. Customer: My card: it is gone! Agent (Tara): Oh.",
        "客服：您好。客户：我的卡丢了！客服001：好的。",
        'Agent 1: "Hello." Client: "Hi there?" Agent 1: "Oh."',
    ],
)
def test_a_call_on_one_line_is_taken_apart_at_its_labels(text: str) -> None:
    assert [side for side, _ in sides(text)] == ["S", "C", "S"]


def test_numbers_lines_as_the_file_does() -> None:
    transcript = read_transcript("Transcript\n\nAgent: One.\n\nCustomer: Two.\n", first_line=10)
    assert [utterance.line for utterance in transcript.utterances] == [12, 14]
    assert transcript.heading == "Transcript"


@pytest.mark.parametrize("text", ["", " \n\n", "---\n"])
def test_an_empty_call_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="empty"):
        read_transcript(text)


def test_a_log_without_speakers_is_refused() -> None:
    with pytest.raises(ValueError, match="no speakers"):
        read_transcript("hello thank you for calling\nyes my phone is dead\nlet me look\n")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["我想问一下，", "账单什么时候出？"], "我想问一下，账单什么时候出？"),
        (["我的宽带坏了", "三天"], "我的宽带坏了三天"),
        (["好的。", "那就这样"], "好的。\n那就这样"),
        (["型号是 A40", "发票在"], "型号是 A40\n发票在"),
    ],
)
def test_a_chinese_sentence_that_was_wrapped_has_no_gap(lines: list[str], said: str) -> None:
    text = "客服：您好。\n客户：" + "\n".join(lines) + "\n客服：再见。\n"
    assert read_transcript(text, 1).utterances[1].text == said


def test_a_time_stamp_on_a_line_of_its_own_is_no_turn() -> None:
    found = read_transcript("Agent: Good morning.\n[00:00:04]\nCustomer: Hello there.\n[00:00:09]\nAgent: What is it?")
    assert [utterance.text for utterance in found.utterances] == ["Good morning.", "Hello there.", "What is it?"]
