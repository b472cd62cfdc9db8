"""How many requests an endpoint is sent at once, and what it learns from answers and refusals."""

from __future__ import annotations

import asyncio
import copy
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from csc_dspy.lms.gate import Gate


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_starts_at_half_the_ceiling_and_reaches_it_within_one_round_of_answers() -> None:
    gate = Gate(128)
    assert gate.limit == 64
    for _ in range(64):
        gate.succeeded()
    assert gate.limit == 128
    gate.succeeded()
    assert gate.limit == 128


def test_a_quarter_of_a_second_without_a_refusal_is_as_good_as_answers() -> None:
    async def play(refusals: int) -> int:
        gate, inside = Gate(20), 0

        async def one() -> None:
            nonlocal inside
            async with gate.slot():
                inside += 1
                await asyncio.sleep(30)

        tasks = [asyncio.create_task(one()) for _ in range(40)]
        await asyncio.sleep(0.05)
        assert inside == 10
        for _ in range(refusals):
            gate.overloaded()
        await asyncio.sleep(0.4)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert gate.in_flight == 0
        return inside

    assert asyncio.run(play(refusals=0)) == 20
    assert asyncio.run(play(refusals=1)) == 10


@pytest.mark.parametrize(("ceiling", "first"), [(1, 1), (2, 1), (3, 2), (7, 4)])
def test_there_is_always_room_for_one(ceiling: int, first: int) -> None:
    assert Gate(ceiling).limit == first


def test_an_overload_halves_at_most_once_a_second() -> None:
    clock = Clock()
    gate = Gate(64, clock)
    for _ in range(10):
        gate.overloaded()
    assert gate.limit == 16
    clock.now += 1.0
    gate.overloaded()
    assert gate.limit == 8
    for _ in range(10):
        clock.now += 1.0
        gate.overloaded()
    assert gate.limit == 1


def test_after_an_overload_it_grows_slowly_and_still_recovers() -> None:
    gate = Gate(16, Clock())
    gate.overloaded()
    assert gate.limit == 4
    gate.succeeded()
    assert 4 < gate.limit < 5
    for _ in range(200):
        gate.succeeded()
    assert gate.limit == 16


def test_the_bound_holds_for_five_hundred_tasks() -> None:
    async def play() -> tuple[int, int]:
        gate, inside, most, done = Gate(17), 0, 0, 0

        async def one(number: int) -> None:
            nonlocal inside, most, done
            async with gate.slot():
                inside += 1
                most = max(most, inside)
                assert inside <= int(gate.ceiling)
                await asyncio.sleep(0.001 * (number % 3))
                inside -= 1
                gate.overloaded() if number % 50 == 0 else gate.succeeded()
            done += 1

        await asyncio.gather(*(one(number) for number in range(500)))
        assert gate.in_flight == 0
        return most, done

    most, done = asyncio.run(play())
    assert done == 500
    assert 8 <= most <= 17


def test_places_are_given_in_the_order_of_arrival() -> None:
    async def play() -> list[int]:
        gate, order = Gate(1), list[int]()

        async def one(number: int) -> None:
            async with gate.slot():
                order.append(number)
                await asyncio.sleep(0)

        await asyncio.gather(*(one(number) for number in range(20)))
        return order

    assert asyncio.run(play()) == list(range(20))


def test_cancelled_waiters_never_take_a_place_with_them() -> None:
    async def play() -> None:
        gate, draw = Gate(4), random.Random(7)

        async def one() -> None:
            async with gate.slot():
                await asyncio.sleep(draw.random() * 0.005)

        for _ in range(30):
            tasks = [asyncio.create_task(one()) for _ in range(20)]
            for task in tasks:
                if draw.random() < 0.5:
                    await asyncio.sleep(draw.random() * 0.001)
                    task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            assert gate.in_flight == 0
        async with asyncio.timeout(1):
            await asyncio.gather(*(one() for _ in range(8)))

    asyncio.run(play())


def test_one_who_is_cancelled_just_as_its_place_comes_gives_it_to_the_next() -> None:
    async def play() -> None:
        gate = Gate(1)
        holder = gate.slot()
        await holder.__aenter__()

        async def one() -> str:
            async with gate.slot():
                return "in"

        first, second = asyncio.create_task(one()), asyncio.create_task(one())
        await asyncio.sleep(0)
        await holder.__aexit__(None, None, None)  # the place is the first one's now, but it has not run yet
        first.cancel()
        async with asyncio.timeout(1):
            assert await second == "in"
        assert gate.in_flight == 0

    asyncio.run(play())


def test_an_error_inside_gives_the_place_back() -> None:
    async def play() -> int:
        gate = Gate(1)
        with pytest.raises(ValueError, match="broken"):
            async with gate.slot():
                raise ValueError("broken")
        return gate.in_flight

    assert asyncio.run(play()) == 0


def test_retry_after_holds_newcomers_and_those_already_waiting() -> None:
    async def play() -> list[float]:
        gate, entered = Gate(1), list[float]()
        began = time.monotonic()

        async def one() -> None:
            async with gate.slot():
                entered.append(time.monotonic() - began)

        async with gate.slot():
            waiting = asyncio.create_task(one())
            await asyncio.sleep(0)
            gate.overloaded(0.2)
        await asyncio.gather(waiting, one())
        return entered

    assert all(seconds >= 0.19 for seconds in asyncio.run(play()))


def test_a_copy_of_a_model_shares_the_endpoints_gate() -> None:
    gate = Gate(4)
    assert copy.deepcopy({"gate": gate})["gate"] is gate


def test_threads_are_bound_as_tasks_are() -> None:
    gate, asking, most = Gate(3), 0, 0
    lock = threading.Lock()

    def ask() -> None:
        nonlocal asking, most
        with gate.turn():
            with lock:
                asking += 1
                most = max(most, asking)
            time.sleep(0.02)
            with lock:
                asking -= 1
        gate.succeeded()

    with ThreadPoolExecutor(12) as threads:
        for one in [threads.submit(ask) for _ in range(60)]:
            one.result()
    assert most == 3


def test_a_thread_that_waits_for_a_place_ends_with_the_models() -> None:
    gate = Gate(1)
    with gate.turn(), ThreadPoolExecutor(1) as threads:
        waits = threads.submit(lambda: gate.turn().__enter__())
        time.sleep(0.05)
        assert not waits.done()
        gate.closed.set()
        waits.result(timeout=5)


def test_an_endpoint_answers_that_answered_lately_but_for_the_wait_it_asked_for() -> None:
    gate = Gate(4, clock := Clock())
    assert not gate.answers(within=60)
    gate.succeeded()
    clock.now += 61
    assert not gate.answers(within=60)
    gate.overloaded(retry_after=60)
    assert gate.answers(within=60)
    clock.now += 60
    assert not gate.answers(within=60)
