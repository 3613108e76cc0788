"""The due list on a real Redis: leases, takeovers, and what is put while an effect is held."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest
import redis

from helpline.adapters.redis.due import RedisDueList
from helpline.adapters.redis.scripts import Scripts

NOW = 1_780_000_000_000
LEASE = 1_000

MakeList = Callable[[], RedisDueList]


@pytest.fixture
def make_list(redis_app: redis.Redis) -> MakeList:
    return lambda: RedisDueList(redis_app, Scripts(redis_app))


@pytest.fixture
def due(make_list: MakeList) -> RedisDueList:
    return make_list()


def test_the_most_overdue_effect_is_taken_first_and_nothing_before_its_time(due: RedisDueList) -> None:
    due.put("ring:b", NOW + 5, NOW)
    due.put("ring:a", NOW + 10, NOW)
    due.put("rest:p", NOW + 11, NOW)

    assert due.take(LEASE, NOW + 4) is None
    assert due.take(LEASE, NOW + 10) == ("ring:b", NOW + 10 + LEASE)
    assert due.take(LEASE, NOW + 10) == ("ring:a", NOW + 10 + LEASE)
    assert due.take(LEASE, NOW + 10) is None


def test_putting_an_effect_again_brings_it_forward_and_never_delays_it(due: RedisDueList) -> None:
    due.put("match", NOW + 500, NOW)
    due.put("match", NOW + 900, NOW)
    assert due.next_due() == NOW + 500

    due.put("match", NOW + 100, NOW)
    assert due.next_due() == NOW + 100


def test_an_effect_whose_holder_died_is_taken_over_when_its_lease_ends(due: RedisDueList) -> None:
    due.put("ring:a", NOW, NOW)
    due.take(LEASE, NOW)

    assert due.take(LEASE, NOW + LEASE - 1) is None
    assert due.take(LEASE, NOW + LEASE) == ("ring:a", NOW + 2 * LEASE)


def test_a_holder_whose_lease_was_taken_over_changes_nothing_any_more(due: RedisDueList) -> None:
    due.put("ring:a", NOW, NOW)
    _, stale = due.take(LEASE, NOW) or ("", 0)
    _, fresh = due.take(LEASE, NOW + LEASE) or ("", 0)

    due.done("ring:a", stale, NOW + LEASE)
    due.later("ring:a", stale, NOW + 60_000, NOW + LEASE)
    assert due.next_due() == fresh

    due.done("ring:a", fresh, NOW + LEASE)
    assert due.next_due() is None


def test_a_holder_who_lives_keeps_it_and_only_the_holder_can(due: RedisDueList) -> None:
    due.put("ring:a", NOW, NOW)
    _, held = due.take(LEASE, NOW) or ("", 0)

    kept = due.keep("ring:a", held, NOW + 900 + LEASE, NOW + 900)
    assert kept == NOW + 900 + LEASE
    assert due.take(LEASE, NOW + LEASE) is None, "renewed"
    due.put("ring:a", NOW + 1_000, NOW + 1_000)
    assert due.take(LEASE, NOW + 1_000) is None, "put while it is held: it waits for the holder"

    _, other = due.take(LEASE, kept) or ("", 0)
    assert due.keep("ring:a", kept, kept + 9 * LEASE, kept + 1) == 0, "taken over: too late"
    due.done("ring:a", kept, kept + 1)
    assert due.next_due() == other
    assert due.keep("ring:b", kept, kept + LEASE, kept) == 0, "nobody holds what is not there"


def test_what_a_process_whose_time_was_ahead_has_written_is_done_all_the_same(due: RedisDueList) -> None:
    hour = 3_600_000
    due.put("ring:p", NOW + hour, NOW + hour)
    due.put("rest:p", NOW + 3 * hour, NOW + 3 * hour)

    assert due.take(LEASE, NOW) is None
    _, held = due.take(LEASE, NOW + 10_000) or ("", 0)
    _, other = due.take(LEASE, NOW + 10_000) or ("", 0)
    assert 0 not in (held, other), "both, ten seconds from when they were seen"
    due.done("ring:p", held, NOW + 10_000)
    due.done("rest:p", other, NOW + 10_000)
    assert due.next_due() is None


def test_it_is_found_behind_many_who_are_coding_for_long(due: RedisDueList) -> None:
    for nth in range(30):
        due.put(f"rest:p{nth}", NOW + 600_000 + nth, NOW)
    due.put("ring:a", NOW + 3_600_000, NOW)

    assert due.take(LEASE, NOW) is None
    assert due.take(LEASE, NOW + 10_000) == ("ring:a", NOW + 10_000 + LEASE)


def test_what_is_due_late_by_its_nature_keeps_its_moment(due: RedisDueList) -> None:
    """The last step of a ring plan, the end of a debrief, and of the longest wrap-up made longer."""
    late = {"match": NOW + 300_000, "drop:a": NOW + 600_000, "rest:p": NOW + 4_200_000}
    for member, at in late.items():
        due.put(member, at, NOW)

    for member, at in late.items():
        assert due.take(LEASE, at - 1) is None
        assert due.take(LEASE, at) == (member, at + LEASE)
        due.done(member, at + LEASE, at)


def test_a_later_moment_put_by_the_holder_itself_survives_its_being_done(due: RedisDueList) -> None:
    # A round of offers asks for the next round when the ring plan widens, 20 s from now.
    due.put("match", NOW, NOW)
    _, held = due.take(LEASE, NOW) or ("", 0)

    due.put("match", NOW + 20_000, NOW)
    due.done("match", held, NOW)

    assert due.next_due() == NOW + 20_000
    assert due.take(LEASE, NOW + 20_000) is not None


def test_what_is_put_while_an_effect_is_held_is_due_once_the_holder_is_done(due: RedisDueList) -> None:
    due.put("match", NOW, NOW)
    _, held = due.take(LEASE, NOW) or ("", 0)

    due.put("match", NOW + 1, NOW + 1)
    due.put("match", NOW + 2, NOW + 2)
    assert due.take(LEASE, NOW + 3) is None, "two would hold one effect at once"

    due.done("match", held, NOW + 3)
    assert due.take(LEASE, NOW + 3) == ("match", NOW + 3 + LEASE)


def test_doing_an_effect_later_keeps_the_earlier_of_two_moments(due: RedisDueList) -> None:
    due.put("ring:a", NOW, NOW)
    _, held = due.take(LEASE, NOW) or ("", 0)
    due.put("ring:a", NOW + 300, NOW)
    due.later("ring:a", held, NOW + 2_000, NOW)
    assert due.next_due() == NOW + 300

    _, held = due.take(LEASE, NOW + 300) or ("", 0)
    due.put("ring:a", NOW + 9_000, NOW + 300)
    due.later("ring:a", held, NOW + 500, NOW + 300)
    assert due.next_due() == NOW + 500


def test_a_moment_put_before_the_holder_died_is_kept_by_who_takes_over(due: RedisDueList) -> None:
    due.put("match", NOW, NOW)
    due.take(LEASE, NOW)
    due.put("match", NOW + 20_000, NOW)

    _, held = due.take(LEASE, NOW + LEASE) or ("", 0)
    due.done("match", held, NOW + LEASE)

    assert due.next_due() == NOW + 20_000


def test_a_list_with_nothing_left_to_do_leaves_only_its_bell(
    due: RedisDueList, redis_admin: redis.Redis
) -> None:
    for _ in range(9):
        due.put("match", NOW, NOW)
        _, held = due.take(LEASE, NOW) or ("", 0)
        due.put("match", NOW, NOW)
        due.done("match", held, NOW)
        _, held = due.take(LEASE, NOW) or ("", 0)
        due.done("match", held, NOW)

    assert redis_admin.keys() == ["due:wake"]
    assert redis_admin.llen("due:wake") == 4, "the bell is a list of bounded length"


def test_putting_something_due_wakes_who_waits(make_list: MakeList, redis_app: redis.Redis) -> None:
    sleeper, woken = make_list(), threading.Event()

    def sleep() -> None:
        sleeper.wait(1.9)
        woken.set()

    thread = threading.Thread(target=sleep)
    thread.start()
    make_list().put("match", NOW, NOW)

    assert woken.wait(1.0)
    thread.join()


def test_processes_that_take_at_once_lose_no_effect_and_share_none_within_its_lease(
    make_list: MakeList,
) -> None:
    wanted = [f"ring:{n:03d}" for n in range(120)]
    for n, member in enumerate(wanted):
        make_list().put(member, NOW + n % 7, NOW)
    held_by: Counter[str] = Counter()
    lock = threading.Lock()

    def work(dies_with_every: int) -> None:
        own = make_list()
        while (taken := own.take(LEASE, NOW + 10)) is not None:
            member, held = taken
            with lock:
                held_by[member] += 1
                dead = sum(held_by.values()) % dies_with_every == 0
            if not dead:
                own.done(member, held, NOW + 10)

    threads = [threading.Thread(target=work, args=(every,)) for every in (3, 5, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(held_by) == set(wanted)
    assert set(held_by.values()) == {1}

    survivor, rest = make_list(), []
    while (taken := survivor.take(LEASE, NOW + 10 + LEASE)) is not None:
        rest.append(taken[0])
        survivor.done(*taken, NOW + 10 + LEASE)
    assert rest, "some died with an effect in hand"
    assert len(rest) == len(set(rest)) < len(wanted)
    assert survivor.next_due() is None
