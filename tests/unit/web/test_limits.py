"""Rate limits and the turnstile."""

from __future__ import annotations

import asyncio

from assistant.web.limits import RateLimit, Turnstile


def test_a_rate_limit_counts_each_name_over_a_minute() -> None:
    now = [0.0]
    limit = RateLimit(2, clock=lambda: now[0])
    assert [limit.allows("ann") for _ in range(3)] == [True, True, False]
    assert limit.allows("bob")
    now[0] = 59.9
    assert not limit.allows("ann")
    now[0] = 60.0
    assert limit.allows("ann")


async def test_a_turnstile_lets_in_by_order_and_tells_places() -> None:
    turnstile = Turnstile(1)
    log: list[str] = []
    leave = {name: asyncio.Event() for name in "abc"}

    async def visit(name: str) -> None:
        async with turnstile.passing() as ticket:
            async for place in ticket.places():
                log.append(f"{name}{place}")  # noqa: PERF401 - seen while it is not complete
            log.append(f"{name} in")
            await leave[name].wait()

    tasks = []
    for name in "abc":
        tasks.append(asyncio.create_task(visit(name)))
        await asyncio.sleep(0.01)
    assert log == ["a in", "b1", "c2"]
    tasks[1].cancel()  # whoever goes away gives up the place
    await asyncio.sleep(0.01)
    assert log[3:] == ["c1"]
    leave["a"].set()
    await asyncio.sleep(0.01)
    assert log[4:] == ["c in"]
    leave["c"].set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert turnstile.waiting == 0
    async with turnstile.passing() as ticket:
        assert [place async for place in ticket.places()] == []
