"""Mistakes of the order: who is rung first, who comes first, how many at once (design §6)."""

from __future__ import annotations

from tests.mutants.runner import Mutant

D = "helpline/domain/"
S = "helpline/services/"
LUA = "helpline/adapters/redis/lua/"
WAITING = "tests/domain/test_waiting.py::"
SCRIPTS = "tests/adapters/test_live_state_scripts.py::"
RACES = "tests/adapters/test_live_state_races.py::"
PLAN = "tests/e2e/test_ring_plan.py::"
RACE = "tests/e2e/races/"

ORDER = (
    Mutant(
        "order a bonus puts back instead of forward",
        D + "call.py",
        "return self.arrived_ms - 1000 * self.bonus_s",
        "return self.arrived_ms + 1000 * self.bonus_s",
        "tests/domain/test_call.py::test_the_place_in_the_line_is_the_arrival_less_the_bonus",
    ),
    Mutant(
        "order who called last comes first",
        D + "waiting.py",
        "callers = sorted(line, key=lambda c: (c.key_ms, c.call))",
        "callers = sorted(line, key=lambda c: (-c.key_ms, c.call))",
        WAITING + "test_the_oldest_caller_comes_first_and_of_two_alike_the_first_by_name",
    ),
    Mutant(
        "order who is brought back goes to the end of the line",
        LUA + "lib.lua",
        "local age, need = redis.call('HGET', 'call:' .. call, 'line_key_ms'), need_of(call)",
        "local age, need = now, need_of(call)",
        RACE + "test_talks_cut.py::test_r07_who_was_cut_off_comes_before_who_called_later[0]",
    ),
    Mutant(
        "order one telephone at a time, seen by callers",
        D + "waiting.py",
        "return max(1, min(at_once_max, free // waiting))",
        "return 1",
        "tests/e2e/test_service_level.py::test_within_reach_of_the_limit",
    ),
    Mutant(
        "order who called last comes first, seen by callers",
        D + "waiting.py",
        "callers = sorted(line, key=lambda c: (c.key_ms, c.call))",
        "callers = sorted(line, key=lambda c: (-c.key_ms, c.call))",
        "tests/e2e/test_service_level.py::test_nobody_is_overtaken",
    ),
    Mutant(
        "order fifty who need somebody else hide who comes after them",
        S + "offer_call.py",
        "    view = sw.calls.line(HEAD_OF_LINE, now_ms, of_each_need=True)\n",
        "    view = sw.calls.line(HEAD_OF_LINE, now_ms)\n",
        "tests/e2e/test_ring_plan.py::test_whoever_somebody_free_can_take_is_rung_for_however_many_wait_before_them",
    ),
    Mutant(
        "order the most flexible is rung first",
        D + "waiting.py",
        "        len(person.skills - set(call.skills)),\n",
        "        -len(person.skills - set(call.skills)),\n",
        WAITING + "test_the_least_flexible_with_the_needed_skill_comes_first",
    ),
    Mutant(
        "order who has just talked is rung first",
        D + "waiting.py",
        "        presence.idle_since_ms,\n",
        "        -presence.idle_since_ms,\n",
        WAITING + "test_among_equals_the_longest_idle_comes_first",
    ),
    Mutant(
        "order standby is rung before who is on duty",
        D + "waiting.py",
        "        len(steps) if in_wrap_up else step,\n",
        "        len(steps) if in_wrap_up else -step,\n",
        WAITING + "test_once_their_step_is_due_standby_come_after_all_on_duty",
    ),
    Mutant(
        "order a missed ring does not put back",
        D + "waiting.py",
        "        presence.missed_in_row,\n",
        "        0,\n",
        WAITING + "test_who_missed_a_ring_comes_last_until_she_takes_a_call_even_after_standby",
    ),
    Mutant(
        "order who lost the caller is no longer first",
        D + "waiting.py",
        "return presence.psychologist != call.first_choice, presence.recall_until_ms <= now_ms",
        "return presence.psychologist == call.first_choice, presence.recall_until_ms <= now_ms",
        WAITING + "test_who_had_just_lost_this_caller_comes_first_even_out_of_her_wrap_up",
    ),
    Mutant(
        "order who declined is rung again at once",
        D + "waiting.py",
        "if self._is_cooling(person) or not self._endpoints(person):",
        "if not self._endpoints(person):",
        WAITING + "test_who_declined_is_not_rung_again_for_that_call_but_for_others",
    ),
    Mutant(
        "order a store takes a plan older than a decline",
        LUA + "lib.lua",
        "local cooling = c[2] and tonumber(c[2]) > now",
        "local cooling = false",
        SCRIPTS + "test_a_plan_made_before_she_declined_does_not_ring_her_again",
    ),
    Mutant(
        "order standby waits its time though nobody on duty is left",
        D + "waiting.py",
        "if there and not unwilling:",
        "if not unwilling:",
        WAITING + "test_standby_is_rung_at_once_when_nobody_is_on_duty_at_all",
    ),
    Mutant(
        "order each ring tries the same endpoint again",
        D + "waiting.py",
        "return min(endpoints, key=lambda e: (self._tried.get(e, 0), endpoints.index(e)))",
        "return endpoints[0]",
        "tests/e2e/test_order.py::test_an_unreachable_browser_gives_way_to_her_phone",
    ),
    Mutant(
        "order the last reachable endpoint is suspended like any other",
        D + "waiting.py",
        "return open_endpoints(person) if self._suspensions_hold else person.endpoints",
        "return open_endpoints(person)",
        WAITING + "test_a_suspended_endpoint_rings_all_the_same_when_nothing_else_can_be_rung",
    ),
    Mutant(
        "order legs leave faster than the account may",
        LUA + "token.lua",
        "redis.call('HSET', 'tokens', 'free_at_ms', now + args.gap_ms)",
        "redis.call('HSET', 'tokens', 'free_at_ms', now)",
        RACES + "test_legs_leave_one_by_one_at_the_accounts_rate",
    ),
    Mutant(
        "order an older callers second leg leaves before the next callers first",
        LUA + "lib.lua",
        "local turn = (rung + #made) * 1e13 + age",
        "local turn = age",
        PLAN + "test_the_older_callers_first_offer_leaves_before_anybodys_second",
    ),
    Mutant(
        "order of two first legs the younger callers leaves first",
        LUA + "lib.lua",
        "local turn = (rung + #made) * 1e13 + age",
        "local turn = (rung + #made) * 1e13 - age",
        PLAN + "test_the_older_callers_first_offer_leaves_before_anybodys_second",
    ),
    Mutant(
        "order an offer not yet sent is kept when another accepts",
        LUA + "claim.lua",
        "  if offer[2] == 'due' then settle(offer[1], 'withdrawn', 0, 0) end\n",
        "",
        SCRIPTS + "test_who_was_not_ordered_yet_is_free_again_at_the_moment_another_accepts",
    ),
    Mutant(
        "order a wrap up gives way to anybody",
        D + "waiting.py",
        "interruptible = any(step.who is Who.WRAP_UP for step in steps)",
        "interruptible = True",
        WAITING + "test_a_wrap_up_gives_way_to_no_other_caller",
    ),
)
