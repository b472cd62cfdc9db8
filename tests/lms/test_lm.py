"""One call to a model, against a real server on a loopback port that answers well, badly or not at all."""

from __future__ import annotations

import asyncio
import copy
import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import dspy
import pytest

from csc_dspy.errors import BudgetError, FatalModelError, ModelError, ReplyError, TransientModelError
from csc_dspy.lms.adapter import LeanJSONAdapter
from csc_dspy.lms.gate import Gate
from csc_dspy.lms.lm import CscLM
from csc_dspy.lms.models import Models
from csc_dspy.settings import EndpointSettings, Settings
from csc_dspy.usage import Ledger, Usage
from tests.support.openai_server import Fault, Kind, OpenAIServer

pytestmark = pytest.mark.filterwarnings("ignore:Passing OpenAI-style message:DeprecationWarning")

ANSWER = {"answer": "yes"}
MESSAGES = [{"role": "system", "content": "Be brief, " * 8}, {"role": "user", "content": "Is it?"}]
Call = Callable[..., Any]


class Question(dspy.Signature):  # type: ignore[misc]
    """Answer."""

    question: str = dspy.InputField()
    answer: Literal["yes", "no"] = dspy.OutputField()


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "HOSTED_VLLM_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def models(server: OpenAIServer) -> Iterator[Models]:
    server.reply = lambda body: ANSWER
    with Models(settings=Settings(), api_base=server.api_base, attempts=2, timeout=5) as opened:
        yield opened


def waiting(lm: CscLM, **kwargs: Any) -> Any:
    return asyncio.run(lm.acall(messages=MESSAGES, **kwargs))


def plainly(lm: CscLM, **kwargs: Any) -> Any:
    return lm(messages=MESSAGES, **kwargs)


both = pytest.mark.parametrize("call", [waiting, plainly])


@both
def test_a_call_is_counted_with_its_cached_tokens(server: OpenAIServer, models: Models, call: Call) -> None:
    with Ledger() as ledger:
        assert [json.loads(text) for text in call(models.open("openai/x"))] == [ANSWER]
    total = ledger.total
    assert (total.calls, total.retries, total.cost) == (1, 0, None)
    assert (total.prompt_tokens, total.cached_tokens, total.completion_tokens) == (21, 20, 4)
    assert total.seconds > 0


@both
def test_known_prices_make_a_cost(server: OpenAIServer, call: Call) -> None:
    server.reply = lambda body: ANSWER
    priced = {"openai/x": EndpointSettings(input_price=1.0, output_price=10.0)}
    with Models(settings=Settings(endpoints=priced), api_base=server.api_base) as models, Ledger() as ledger:
        call(models.open("openai/x"))
    assert ledger.total.cost == pytest.approx((21 * 1.0 + 4 * 10.0) / 1e6)


@both
@pytest.mark.parametrize("usage", [{}, {"prompt_tokens": 0, "completion_tokens": 0}], ids=["nothing", "zeros"])
@pytest.mark.parametrize("prices", [None, (1.0, 10.0)])
def test_what_a_server_does_not_count_is_estimated_and_said_once(
    server: OpenAIServer,
    call: Call,
    usage: dict[str, int],
    prices: tuple[float, float] | None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server.reply, server.usage = (lambda body: ANSWER), usage
    name = f"openai/{call.__name__}-{len(usage)}-{prices is None}"
    told = {} if prices is None else {"input_price": prices[0], "output_price": prices[1]}
    with Models(settings=Settings(endpoints={name: EndpointSettings(**told)}), api_base=server.api_base) as models:
        with Ledger() as ledger:
            call(models.open(name))
        asked, answered = 21 + 2, 5  # four characters a token, and one more
        assert (ledger.total.prompt_tokens, ledger.total.completion_tokens) == (asked, answered)
        assert ledger.total.cost == (None if prices is None else pytest.approx((asked * 1.0 + answered * 10.0) / 1e6))
        with Ledger(max_tokens=28) as limited:
            call(models.open(name).copy())
            with pytest.raises(BudgetError):
                call(models.open(name))
    assert limited.total.calls == 1
    assert capsys.readouterr().err.count("tokens are estimated") == 1


def test_what_a_hosted_model_does_not_count_costs_what_the_catalogue_says() -> None:
    name = "openai/gpt-4o-mini"
    prices = Models(settings=Settings()).prices(name)
    assert prices is not None
    entry = {"messages": MESSAGES, "outputs": ["yes", {"text": "no"}], "usage": {}, "cost": 0.0, "response": None}
    for elsewhere in ({}, {"api_base": "http://127.0.0.1:9/v1"}):
        with Ledger() as ledger:
            CscLM(name, name=name, gate=Gate(1), **elsewhere).update_history(entry)  # type: ignore[arg-type]
        assert ledger.total.tokens == 23 + 2
        assert ledger.total.cost == (None if elsewhere else pytest.approx((23 * prices[0] + 2 * prices[1]) / 1e6))


def test_both_ways_of_calling_send_the_same_bytes(server: OpenAIServer, models: Models) -> None:
    lm = models.open("openai/x")
    options = {"temperature": 0.3, "max_tokens": 50, "seed": 11}
    waiting(lm, **options)
    plainly(lm, **options)
    first, second = server.bodies
    assert first == second
    assert {key: first[key] for key in options} == options
    assert first["messages"] == MESSAGES


@both
@pytest.mark.parametrize("kind", ["busy", "error", "cut", "broken"])
def test_a_passing_fault_is_tried_again_and_counted(
    server: OpenAIServer, models: Models, kind: Kind, call: Call
) -> None:
    faults = iter([Fault(kind, retry_after=0.05)])
    server.reply = lambda body: next(faults, ANSWER)
    with Ledger() as ledger:
        call(models.open("openai/x"))
    assert (ledger.total.calls, ledger.total.retries) == (1, 1)
    assert server.bodies[0] == server.bodies[1]


@both
@pytest.mark.parametrize("kind", ["busy", "error", "cut", "broken"])
def test_a_fault_that_stays_ends_as_transient(server: OpenAIServer, models: Models, kind: Kind, call: Call) -> None:
    server.reply = lambda body: Fault(kind, retry_after=0.05)
    with pytest.raises(TransientModelError, match=r"openai/x.*2 attempts"):
        call(models.open("openai/x"))
    assert len(server.log) == 2


def test_an_outage_is_waited_out_where_there_was_an_answer_before(server: OpenAIServer, models: Models) -> None:
    lm = models.open("openai/x")
    lm.patience = 3
    server.reply = lambda body: Fault("busy", retry_after=0.05)
    with pytest.raises(TransientModelError, match="2 attempts"):  # perhaps there is no such server
        plainly(lm)
    server.reply = lambda body: ANSWER
    plainly(lm)
    faults = iter([Fault("busy", retry_after=0.05)] * 3)
    server.reply = lambda body: next(faults, ANSWER)
    plainly(lm)
    assert len(server.log) == 2 + 1 + 4


def test_an_endpoint_that_limits_rates_is_asked_on_while_it_answers_others(server: OpenAIServer) -> None:
    """Whoever asks is answered once in a while, and somebody is refused again and again."""
    last = 0.0

    def reply(body: Mapping[str, Any]) -> Any:
        nonlocal last
        if time.monotonic() - last < 0.3:
            return Fault("busy", retry_after=None)
        last = time.monotonic()
        return ANSWER

    server.reply = reply
    given: dict[str, Any] = {"settings": Settings(), "api_base": server.api_base, "attempts": 1, "concurrency": 6}
    with ThreadPoolExecutor(6) as threads, Models(**given) as models:
        lm = models.open("openai/x")
        plainly(lm)
        found = [threads.submit(plainly, lm) for _ in range(8)]
        assert [json.loads(one.result()[0]) for one in found] == [ANSWER] * 8
    assert len(server.log) > 9


def test_nobody_waits_for_half_a_day(server: OpenAIServer, models: Models) -> None:
    lm = models.open("openai/x")
    plainly(lm)
    server.reply = lambda body: Fault("busy", retry_after=43_200.0)
    with pytest.raises(TransientModelError, match=r"slow down.*it asks to wait for 12:00:00"):
        plainly(lm)


def test_an_answer_that_trickles_is_cut_off_in_time(server: OpenAIServer) -> None:
    server.reply = lambda body: Fault("trickle")
    with Models(settings=Settings(), api_base=server.api_base, attempts=1, timeout=1) as models:
        lm = models.open("openai/x")
        for ask in (waiting, lambda lm: lm(messages=MESSAGES, directly=True)):
            began = time.monotonic()
            with pytest.raises(TransientModelError, match="no answer within 1 s"):
                ask(lm)
            assert time.monotonic() - began < 5


def test_what_one_thread_is_told_to_wait_all_wait(server: OpenAIServer) -> None:
    faults = iter([Fault("busy", retry_after=0.6)])
    asked: list[float] = []

    def reply(body: Mapping[str, Any]) -> Any:
        asked.append(time.monotonic())
        return next(faults, ANSWER)

    server.reply = reply
    with ThreadPoolExecutor() as threads, Models(settings=Settings(), api_base=server.api_base) as models:
        lm = models.open("openai/x")
        first = threads.submit(plainly, lm)
        while not asked:
            time.sleep(0.01)
        time.sleep(0.2)
        plainly(lm)
        first.result(timeout=5)
    assert asked[1] - asked[0] > 0.5


def test_who_still_waits_to_ask_again_gives_up_when_the_models_are_closed(server: OpenAIServer) -> None:
    server.reply = lambda body: Fault("busy", retry_after=30.0)
    with ThreadPoolExecutor() as threads, Models(settings=Settings(), api_base=server.api_base) as models:
        lm = models.open("openai/x")
        left = threads.submit(plainly, lm)
        while not server.log:
            time.sleep(0.01)
        models.close()
        with pytest.raises(TransientModelError, match="closed"):
            left.result(timeout=5)
        with pytest.raises(TransientModelError, match="closed"):
            plainly(lm)
    assert len(server.log) == 1


@both
def test_an_endless_wait_ends_at_the_timeout(server: OpenAIServer, call: Call) -> None:
    server.reply = lambda body: Fault("silence")
    with Models(settings=Settings(), api_base=server.api_base, attempts=2, timeout=0.3) as models:
        with pytest.raises(TransientModelError, match="2 attempts"):
            call(models.open("openai/x"))
    assert len(server.log) == 2


def test_a_server_that_is_not_there_is_transient(models: Models, server: OpenAIServer) -> None:
    with Models(settings=Settings(), api_base="http://127.0.0.1:9/v1", attempts=1, timeout=5) as nowhere:
        with pytest.raises(TransientModelError):
            waiting(nowhere.open("openai/x"))


def test_retry_after_is_waited_for(server: OpenAIServer, models: Models) -> None:
    faults = iter([Fault("busy", retry_after=1.0)])
    server.reply = lambda body: next(faults, ANSWER)
    waiting(models.open("openai/x"))
    assert server.log[1].began - server.log[0].began >= 1.0


def test_a_busy_endpoint_is_sent_less(server: OpenAIServer, models: Models) -> None:
    lm = models.open("openai/x")
    before = lm.gate.limit
    server.reply = lambda body: Fault("busy", retry_after=0.05)
    with pytest.raises(TransientModelError):
        waiting(lm)
    assert lm.gate.limit < before
    assert lm.gate.in_flight == 0


@both
def test_a_refused_key_is_fatal_and_asked_once(server: OpenAIServer, models: Models, call: Call) -> None:
    server.key = "the right one"
    with pytest.raises(FatalModelError, match="openai/x"):
        call(models.open("openai/x"))
    assert len(server.log) == 1


@both
def test_a_model_the_server_has_not_is_fatal(server: OpenAIServer, models: Models, call: Call) -> None:
    server.models = ("y",)
    with pytest.raises(FatalModelError, match="does not exist"):
        call(models.open("openai/x"))


def test_the_key_of_the_environment_is_sent(
    server: OpenAIServer, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "the right one")
    server.key = "the right one"
    lm = models.open("openai/x")
    waiting(lm)
    plainly(lm)
    assert {asked.authorization for asked in server.log} == {"Bearer the right one"}
    assert "the right one" not in repr(lm) + repr(lm.direct)


@both
def test_an_answer_cut_off_at_the_limit_is_an_error_that_was_paid(
    server: OpenAIServer, models: Models, call: Call
) -> None:
    server.reply = lambda body: Fault("length")
    with Ledger() as ledger, pytest.raises(ReplyError, match="cut off"):
        call(models.open("openai/x"))
    assert ledger.total.calls == 1
    assert ledger.total.tokens > 0


@both
@pytest.mark.parametrize("whole", [True, False])
def test_an_answer_with_half_a_character_is_an_error_that_was_paid(
    server: OpenAIServer, models: Models, call: Call, whole: bool
) -> None:
    said = "Great \U0001f600" if whole else "Great \ud83d"
    server.reply = lambda body: said
    with Ledger() as ledger:
        if whole:
            assert call(models.open("openai/x")) == [said]
        else:
            with pytest.raises(ReplyError, match="half a character"):
                call(models.open("openai/x"))
    assert (ledger.total.calls, len(server.log)) == (1, 1)


@both
@pytest.mark.parametrize(
    "limits", [{"max_tokens": 100}, {"max_cost": 0.01}], ids=["tokens used up", "money limited, price unknown"]
)
def test_a_budget_at_its_end_stops_before_the_request(
    server: OpenAIServer, models: Models, call: Call, limits: dict[str, Any]
) -> None:
    spent = Usage(calls=1, prompt_tokens=90, completion_tokens=10, cost=None)
    with Ledger(spent=spent, **limits), pytest.raises(BudgetError):
        call(models.open("openai/x"))
    assert server.log == []


def test_nothing_is_kept_of_a_call(server: OpenAIServer, models: Models) -> None:
    before = len(dspy.clients.base_lm.GLOBAL_HISTORY)
    lm = models.open("openai/x")
    waiting(lm)
    plainly(lm)
    assert lm.history == []
    assert len(dspy.clients.base_lm.GLOBAL_HISTORY) == before


def test_a_copy_works_and_shares_the_gate(server: OpenAIServer, models: Models) -> None:
    lm = models.open("openai/x")
    copied = copy.deepcopy(lm)
    assert copied.gate is lm.gate
    waiting(copied)
    assert len(server.log) == 1


def test_more_requests_than_a_hundred_are_in_flight_if_allowed(server: OpenAIServer) -> None:
    server.reply, server.delay = (lambda body: ANSWER), 0.4

    async def crowd(lm: CscLM) -> None:
        await asyncio.gather(*(lm.acall(messages=MESSAGES) for _ in range(450)))

    with Models(settings=Settings(), api_base=server.api_base, concurrency=150) as models:
        asyncio.run(crowd(models.open("openai/x")))
    assert 120 < server.stats().max_in_flight <= 150


def asked(lm: CscLM) -> Any:
    with dspy.context(adapter=LeanJSONAdapter()):
        predict = dspy.Predict(Question)
        predict.lm = lm
        return predict(question="Is it?")


def asked_waiting(lm: CscLM) -> Any:
    async def ask() -> Any:
        with dspy.context(adapter=LeanJSONAdapter()):
            predict = dspy.Predict(Question)
            predict.lm = lm
            return await predict.acall(question="Is it?")

    return asyncio.run(ask())


def test_a_program_may_be_called_where_an_event_loop_runs(server: OpenAIServer, models: Models) -> None:
    async def cell() -> Any:  # as a notebook's
        return asked(models.open("openai/x"))

    with Ledger() as ledger:
        assert asyncio.run(cell()).answer == "yes"
    assert (ledger.total.calls, len(server.log)) == (1, 1)


either = pytest.mark.parametrize("ask", [asked, asked_waiting])


@either
@pytest.mark.parametrize("name", ["openai/x", "hosted_vllm/x", "ollama_chat/x"])
def test_a_strict_schema_with_the_enum_is_really_on_the_wire(
    server: OpenAIServer, models: Models, name: str, ask: Call
) -> None:
    assert ask(models.open(name)).answer == "yes"
    (body,) = server.bodies
    assert body["model"] == "x"
    sent = body["response_format"]
    assert sent["type"] == "json_schema"
    assert sent["json_schema"]["strict"] is True
    assert sent["json_schema"]["name"] == "reply"
    schema = sent["json_schema"]["schema"]
    assert schema["properties"]["answer"]["enum"] == ["yes", "no"]
    assert schema["required"] == ["answer"]
    assert schema["additionalProperties"] is False


@either
@pytest.mark.parametrize("name", ["openai/x", "hosted_vllm/x", "ollama_chat/x"])
def test_no_schema_is_sent_where_the_settings_say_that_none_is_taken(
    server: OpenAIServer, name: str, ask: Call
) -> None:
    server.reply = lambda body: ANSWER
    settings = Settings(endpoints={name: EndpointSettings(json_schema=False)})
    with Models(settings=settings, api_base=server.api_base) as models:
        assert ask(models.open(name)).answer == "yes"
    assert "response_format" not in server.bodies[0]


@both
@pytest.mark.parametrize("kind", ["busy", "error", "silence"])
def test_every_failure_names_the_model_in_one_line(
    server: OpenAIServer, kind: Kind, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.reply = lambda body: Fault(kind)
    with Models(settings=Settings(), api_base=server.api_base, attempts=1, timeout=0.3) as models:
        with pytest.raises(ModelError) as caught:
            call(models.open("openai/x"))
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("openai/x: ")


def test_an_answer_that_has_to_copy_is_asked_for_without_a_penalty_on_repetition(
    models: Models, server: OpenAIServer
) -> None:
    lm = models.open("openai/x")
    lm.verbatim = {"dry_multiplier": 0.0}
    ask = dspy.Predict(Question)
    for repeats in (True, False):
        with dspy.context(lm=lm, adapter=LeanJSONAdapter(repeats=repeats)):
            asyncio.run(ask.acall(question="Is it?"))
            ask(question="Is it?")
    with_, with_too, without, without_too = server.bodies
    assert with_ == with_too
    assert without == without_too
    assert with_.pop("dry_multiplier") == 0.0
    assert with_ == without


def test_threads_may_let_go_of_ended_loops_at_once(models: Models) -> None:
    class Ended:
        def is_closed(self) -> bool:
            time.sleep(0.02)
            return True

    endpoint = models.open("openai/x").direct
    assert endpoint is not None
    endpoint._open = {Ended(): None for _ in range(3)}  # type: ignore[misc]
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(endpoint.forget_closed) for _ in range(8)]:
            done.result()
    assert not endpoint._open
