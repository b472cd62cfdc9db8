"""What a supporter's next turn may be: the rules of the play, as code."""

from __future__ import annotations

import random

import pytest

from csc_dspy.conversation import Turn
from csc_dspy.framework import Stage, Strategy
from csc_dspy.programs import moves
from csc_dspy.programs.moves import allowed_stages, allowed_strategies, fits, may_end, stage_of, stage_reached, to_them

S = Strategy


def played(*turns: tuple[Strategy, Stage], last: str = "I have done that.") -> list[Turn]:
    """Supporter turns with a customer's answer between each two."""
    said: list[Turn] = []
    for number, (strategy, stage) in enumerate(turns):
        if number:
            said.append(Turn(speaker="customer", text="Yes."))
        text = last if number == len(turns) - 1 else "Certainly."
        said.append(Turn(speaker="supporter", text=text, strategy=strategy, stage=stage))
    return said


BEGUN = ((S.GREETING, Stage.CONNECTING), (S.IDENTITY_VERIFICATION, Stage.CONNECTING))
IDENTIFIED = (*BEGUN, (S.EMOTIONAL_MANAGEMENT, Stage.IDENTIFYING))
EXPLORED = (*IDENTIFIED, (S.PROVIDING_SUGGESTIONS, Stage.EXPLORING))
RESOLVED = (*EXPLORED, (S.RESOLUTION_IMPLEMENTATION, Stage.RESOLVING))


def test_a_greeting_opens_and_never_comes_again() -> None:
    assert allowed_strategies([]) == (S.GREETING,)
    for past in (BEGUN, IDENTIFIED, EXPLORED, RESOLVED):
        assert S.GREETING not in allowed_strategies(played(*past))


def test_identity_is_verified_second_and_not_twice_running() -> None:
    assert allowed_strategies(played(BEGUN[0])) == (S.IDENTITY_VERIFICATION,)
    assert S.IDENTITY_VERIFICATION not in allowed_strategies(played(*BEGUN))


def test_closing_needs_the_resolving_stage_or_a_customer_who_left() -> None:
    for past in (BEGUN, IDENTIFIED, EXPLORED):
        assert S.APPRECIATION_AND_CLOSURE not in allowed_strategies(played(*past))
        assert allowed_strategies(played(*past), customer_left=True) == (S.APPRECIATION_AND_CLOSURE,)
    assert S.APPRECIATION_AND_CLOSURE in allowed_strategies(played(*RESOLVED))


def test_feedback_and_outlook_wait_for_the_resolving_stage() -> None:
    assert not set(moves.LATE) & set(allowed_strategies(played(*EXPLORED)))
    assert set(moves.LATE) & set(allowed_strategies(played(*RESOLVED)))


def test_nothing_is_carried_out_before_anything_was_explored() -> None:
    assert S.RESOLUTION_IMPLEMENTATION not in allowed_strategies(played(*IDENTIFIED))
    assert S.RESOLUTION_IMPLEMENTATION in allowed_strategies(played(*EXPLORED))


@pytest.mark.parametrize("seed", range(200))
def test_whatever_is_chosen_the_rules_hold_to_the_end(seed: int) -> None:
    draw, turns = random.Random(seed), list[Turn]()
    while len(turns) < 60:
        options, stages = allowed_strategies(turns), allowed_stages(turns)
        assert options
        assert stages
        assert len(set(options)) == len(options)
        strategy = draw.choice(options)
        stage = stage_of(strategy, draw.choice(stages), stages)
        assert stage in strategy.stages
        turns.append(Turn(speaker="supporter", text="Well.", strategy=strategy, stage=stage))
        if strategy is S.APPRECIATION_AND_CLOSURE:
            break
        turns.append(Turn(speaker="customer", text="Well?"))
    used = [turn.strategy for turn in turns if turn.speaker == "supporter"]
    assert used[:2] == [S.GREETING, S.IDENTITY_VERIFICATION]
    assert S.GREETING not in used[1:]
    assert not any(a is b is c for a, b, c in zip(used, used[1:], used[2:], strict=False))
    reached = [turn.stage.position for turn in turns if turn.stage]
    assert all(later <= max(reached[: n + 1]) + 1 for n, later in enumerate(reached[1:]))


def test_the_stage_moves_at_most_one_on_or_back_and_not_before_the_greeting_and_the_check() -> None:
    assert allowed_stages([]) == allowed_stages(played(BEGUN[0])) == (Stage.CONNECTING,)
    assert allowed_stages(played(*BEGUN)) == (Stage.IDENTIFYING,)
    assert allowed_stages(played(*IDENTIFIED)) == (Stage.IDENTIFYING, Stage.EXPLORING)
    assert allowed_stages(played(*EXPLORED)) == (Stage.IDENTIFYING, Stage.EXPLORING, Stage.RESOLVING)


def test_a_stage_is_left_when_patience_ends() -> None:
    stuck = (*BEGUN, *((S.PROBLEM_REFINEMENT, Stage.IDENTIFYING),) * moves.PATIENCE[Stage.IDENTIFYING])
    assert allowed_stages(played(*stuck[:-1])) == (Stage.IDENTIFYING, Stage.EXPLORING)
    assert allowed_stages(played(*stuck)) == (Stage.EXPLORING,)


def test_going_back_does_not_stretch_a_stage() -> None:
    back = (*EXPLORED, *((S.RESTATEMENT_OR_PARAPHRASING, Stage.IDENTIFYING),) * (moves.PATIENCE[Stage.EXPLORING] - 1))
    assert allowed_stages(played(*back)) == (Stage.RESOLVING,)


def test_a_turns_stage_is_the_nearest_that_its_strategy_is_typical_of() -> None:
    both = (Stage.IDENTIFYING, Stage.EXPLORING)
    assert stage_of(S.PROBLEM_REFINEMENT, Stage.EXPLORING, both) is Stage.EXPLORING
    assert stage_of(S.PROVIDING_SUGGESTIONS, Stage.IDENTIFYING, both) is Stage.EXPLORING
    assert stage_of(S.GREETING, Stage.RESOLVING, (Stage.RESOLVING,)) is Stage.CONNECTING


def test_the_furthest_stage_counts_though_the_talk_went_back() -> None:
    assert stage_reached([]) is Stage.CONNECTING
    back = (*EXPLORED, (S.EMOTIONAL_MANAGEMENT, Stage.IDENTIFYING))
    assert stage_reached(played(*back)) is Stage.EXPLORING


def test_a_customer_may_leave_once_something_was_carried_out() -> None:
    assert may_end(played(*RESOLVED), least=10)


@pytest.mark.parametrize("strategy", moves.CONFIRMING)
def test_a_customer_never_leaves_on_the_turn_that_answers_a_confirmation(strategy: Strategy) -> None:
    assert not may_end(played(*RESOLVED, (strategy, Stage.EXPLORING)), least=4)


@pytest.mark.parametrize("question", ["Shall I book it now?", "“Is that all right?”", "这样可以吗？", 'Is it fine?" '])
def test_a_customer_answers_a_question_before_leaving(question: str) -> None:
    assert not may_end(played(*RESOLVED, last=question), least=4)


@pytest.mark.parametrize("strategy", moves.LATE)
def test_being_asked_how_it_was_is_no_reason_to_stay(strategy: Strategy) -> None:
    assert may_end(played(*RESOLVED, (strategy, Stage.RESOLVING), last="How did we do?"), least=4)


def test_a_customer_stays_until_the_call_can_be_long_enough() -> None:
    nine = played(*RESOLVED)
    assert len(nine) == 9
    assert may_end(nine, least=11)
    assert not may_end(nine, least=12)


def test_a_customer_stays_while_no_solution_was_named() -> None:
    asked = (*IDENTIFIED, (S.EMOTIONAL_MANAGEMENT, Stage.EXPLORING))
    assert not may_end(played(*asked), least=4)
    assert may_end(played(*asked, (S.INFORMATION_DELIVERY, Stage.EXPLORING)), least=4)


def test_questions_about_the_problem_end_when_the_plan_has_no_more() -> None:
    asked = played(*IDENTIFIED, (S.PROBLEM_REFINEMENT, Stage.IDENTIFYING))
    assert S.PROBLEM_REFINEMENT in allowed_strategies(asked)
    assert S.PROBLEM_REFINEMENT in allowed_strategies(asked, questions=2)
    assert S.PROBLEM_REFINEMENT not in allowed_strategies(asked, questions=1)


@pytest.mark.parametrize("strategy", moves.SOLVING)
def test_a_solution_is_not_told_again_unless_the_customer_asks(strategy: Strategy) -> None:
    told = [*played(*EXPLORED, (strategy, Stage.RESOLVING)), Turn(speaker="customer", text="All clear, thanks.")]
    assert strategy not in allowed_strategies(told)
    earlier = moves.SOLVING[: moves.SOLVING.index(strategy)]
    assert not {*earlier} & {*allowed_strategies(told)}  # what is proposed is not explained, what is done not proposed
    told[-1] = Turn(speaker="customer", text="这要多久？")
    assert (strategy in allowed_strategies(told)) == (strategy is not S.PROVIDING_SUGGESTIONS)  # that twice running


def test_another_summary_needs_two_more_answers() -> None:
    summary, question = (S.RESTATEMENT_OR_PARAPHRASING, Stage.IDENTIFYING), (S.PROBLEM_REFINEMENT, Stage.EXPLORING)
    again = (S.IDENTITY_VERIFICATION, Stage.IDENTIFYING)
    assert S.RESTATEMENT_OR_PARAPHRASING in allowed_strategies(played(*BEGUN))
    assert S.RESTATEMENT_OR_PARAPHRASING not in allowed_strategies(played(*BEGUN, summary))
    assert S.RESTATEMENT_OR_PARAPHRASING not in allowed_strategies(played(*BEGUN, summary, question))
    assert S.RESTATEMENT_OR_PARAPHRASING in allowed_strategies(played(*BEGUN, summary, again, question))


@pytest.mark.parametrize(
    ("text", "strategy"),
    [
        ("May I have your name, please?", S.IDENTITY_VERIFICATION),
        ("请说一下您的姓名。", S.IDENTITY_VERIFICATION),
        ("我需要确认您的姓名和客户编号，以便进一步了解情况。", S.IDENTITY_VERIFICATION),
        ("I'll need your name and your customer number.", S.IDENTITY_VERIFICATION),
        ("When did it start?", S.PROBLEM_REFINEMENT),
        ("I can hear how tiring that was.", S.EMOTIONAL_MANAGEMENT),
        ("Shall we try the other cable?", S.PROVIDING_SUGGESTIONS),
        ("So it broke on Monday, is that right?", S.RESTATEMENT_OR_PARAPHRASING),
        ("您是说周一就坏了，对吗？", S.RESTATEMENT_OR_PARAPHRASING),
        ("我来确认一下，是周一坏的，对吗？", S.RESTATEMENT_OR_PARAPHRASING),
    ],
)
def test_a_turn_with_its_strategys_form_fits(text: str, strategy: Strategy) -> None:
    assert fits(text, strategy)


@pytest.mark.parametrize(
    ("text", "strategy"),
    [
        ("What happened?", S.IDENTITY_VERIFICATION),
        ("I see your name here.", S.IDENTITY_VERIFICATION),
        ("It started on Monday.", S.PROBLEM_REFINEMENT),
        ("Are you angry?", S.EMOTIONAL_MANAGEMENT),
        ("Could you tell me the order number?", S.RESTATEMENT_OR_PARAPHRASING),
        ("好的，请告诉我您的订单号。", S.RESTATEMENT_OR_PARAPHRASING),
        ("好的，请问具体是什么情况？", S.RESTATEMENT_OR_PARAPHRASING),
        ("您好，我申请的贷款被拒了，对吗？", S.RESTATEMENT_OR_PARAPHRASING),
        ("So my parcel is three days late, is that right?", S.RESTATEMENT_OR_PARAPHRASING),
        ("再见，还有别的吗？", S.APPRECIATION_AND_CLOSURE),
    ],
)
def test_what_asks_must_ask_and_what_tells_must_not(text: str, strategy: Strategy) -> None:
    assert not fits(text, strategy)


def test_nobody_says_goodbye_before_a_call_is_long_enough_to_pass() -> None:
    turns = played(
        (Strategy.GREETING, Stage.CONNECTING),
        (Strategy.IDENTITY_VERIFICATION, Stage.CONNECTING),
        (Strategy.RESOLUTION_IMPLEMENTATION, Stage.RESOLVING),
    )
    next_one = len(turns) + 1
    assert Strategy.APPRECIATION_AND_CLOSURE in allowed_strategies(turns, least=next_one)
    assert Strategy.APPRECIATION_AND_CLOSURE not in allowed_strategies(turns, least=next_one + 1)
    assert allowed_strategies(turns, least=next_one + 1, customer_left=True) == (Strategy.APPRECIATION_AND_CLOSURE,)


@pytest.mark.parametrize(
    ("said", "upset"),
    [
        ("I'm really frustrated, nobody calls back.", True),
        ("I am worried about the fee.", True),
        ("我很生气，等了三天。", True),
        ("有点担心账户安全。", True),
        ("I made a booking for Friday and need a crib.", False),
        ("I'm calling concerning my bill.", False),
        ("I'm concerned about the laptop's battery life.", False),
        ("麻烦帮我查一下，恐怕是天气的原因。", False),
        ("客气了，我想咨询暖气。", False),
    ],
)
def test_comfort_needs_a_customer_who_is_upset(said: str, upset: bool) -> None:
    turns = [*played(*BEGUN), Turn(speaker="customer", text=said)]
    assert (S.EMOTIONAL_MANAGEMENT in allowed_strategies(turns)) == upset


def test_comfort_is_not_given_twice_running() -> None:
    turns = [*played(*IDENTIFIED), Turn(speaker="customer", text="I am so angry.")]
    assert S.EMOTIONAL_MANAGEMENT not in allowed_strategies(turns)


@pytest.mark.parametrize(
    ("answer", "asks_more"),
    [
        ("Yes, please do that.", False),
        ("好的，我同意更换。", False),
        ("No, that doesn't help me.", True),
        ("不用了，我想换一个。", True),
        ("Yes, but which one?", True),
        ("我的银行卡在上海。", True),
    ],
)
def test_what_was_agreed_is_carried_out_before_more_is_asked(answer: str, asks_more: bool) -> None:
    turns = [*played(*EXPLORED), Turn(speaker="customer", text=answer)]
    assert (S.PROBLEM_REFINEMENT in allowed_strategies(turns)) == asks_more
    assert S.RESOLUTION_IMPLEMENTATION in allowed_strategies(turns)


@pytest.mark.parametrize("text", ["好的，我建议更换设备，您是否同意？", "We suggest a new one, is that fine?"])
def test_a_proposal_is_no_question_about_the_problem(text: str) -> None:
    assert not fits(text, S.PROBLEM_REFINEMENT)
    assert fits(text, S.PROVIDING_SUGGESTIONS)


@pytest.mark.parametrize(
    ("text", "put"),
    [
        ("您是说我的快递没到，我很着急，对吗？", "您是说您的快递没到，您很着急，对吗？"),
        ("好的。您是说您的快递没到，我一直在等，对吗？", "好的。您是说您的快递没到，您一直在等，对吗？"),
    ],
)
def test_a_summary_in_the_customers_person_is_put_to_them(text: str, put: str) -> None:
    assert not fits(text, S.RESTATEMENT_OR_PARAPHRASING)
    assert to_them(text) == put
    assert fits(put, S.RESTATEMENT_OR_PARAPHRASING)


@pytest.mark.parametrize(
    "text",
    [
        "您是说我们的规定不合理，我理解，对吗？",
        "我的快递没到，您是说这个吗？",
        "您是说希望我帮您取消订单，对吗？",
        "您是说让我给您重寄一台，对吗？",
        "您说的情况我都记下了，对吗？",
        "您是说我上次给您的方案不好用，对吗？",
        "您是说我的快递没到，我会帮您查，对吗？",
        "So my parcel never came, is that right?",
        "So my colleague told you to wait, right?",
        "My parcel never came.",
        "So your parcel never came, is my understanding right?",
    ],
)
def test_what_is_no_summary_to_them_or_would_come_out_wrong_stays(text: str) -> None:
    assert to_them(text) == text
