"""Rate limits."""

from __future__ import annotations

from assistant.web.limits import AtOnce, RateLimit


def test_a_rate_limit_counts_each_name_over_a_minute() -> None:
    now = [0.0]
    limit = RateLimit(2, clock=lambda: now[0])
    assert [limit.allows("ann") for _ in range(3)] == [True, True, False]
    assert limit.allows("bob")
    now[0] = 59.9
    assert not limit.allows("ann")
    now[0] = 60.0
    assert limit.allows("ann")


def test_each_name_does_so_much_at_a_time() -> None:
    bound = AtOnce(2)
    with bound.one("ann") as first, bound.one("ann") as second:
        with bound.one("ann") as third, bound.one("bob") as other:
            assert (first, second, third, other) == (True, True, False, True)
        with bound.one("ann") as still:
            assert not still
    with bound.one("ann") as again:
        assert again
