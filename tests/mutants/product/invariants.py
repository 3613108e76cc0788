"""One mistake at least for each invariant I1-I18 of the reliability study."""

from __future__ import annotations

from tests.mutants.runner import Mutant

D = "helpline/domain/"
S = "helpline/services/"
LUA = "helpline/adapters/redis/lua/"
CARRIER = "helpline/adapters/carriers/twilio/"
WAITING = "tests/domain/test_waiting.py::"
SCRIPTS = "tests/adapters/test_live_state_scripts.py::"
RACES = "tests/adapters/test_live_state_races.py::"
RACE = "tests/e2e/races/"

INVARIANTS = (
    Mutant(
        "I1 a caller the carrier holds is not adopted",
        S + "reconcile.py",
        "if call is None and adopt_call(",
        "if call is not None and adopt_call(",
        "tests/e2e/test_whatever_dies.py::test_redis_lost_while_waiting_loses_nobody",
    ),
    Mutant(
        "I2 a call is counted again under the receipt it has",
        "helpline/adapters/sql/ledger.py",
        "        if call.receipt in new:\n",
        "        if call.receipt:\n",
        "tests/services/test_sweep_crashes.py::test_dying_at_any_effect_counts_nothing_twice_and_leaves_nothing[redis stays-after]",
    ),
    Mutant(
        "I2 a leg of an earlier epoch is counted once more",
        D + "sweep.py",
        "return ended_ms > horizon.epoch_began_ms + EPOCH_MARGIN_MS",
        "return True",
        "tests/services/test_sweep.py::test_after_redis_was_lost_what_was_counted_is_only_deleted",
    ),
    Mutant(
        "I3 an ended call is brought back",
        D + "call.py",
        "Stage.ENDED: {},",
        "Stage.ENDED: {Event.ENQUEUED: Stage.WAITING},",
        "tests/domain/test_call.py::test_nothing_brings_an_ended_call_back",
    ),
    Mutant(
        "I4 news of another leg is believed",
        S + "follow_leg.py",
        "if offer is None or (offer.leg_id is not None and offer.leg_id != leg_id):",
        "if offer is None:",
        "tests/web/test_order_of_news.py::test_news_of_another_leg_than_the_offers_changes_nothing",
    ),
    Mutant(
        "I5 a call that is taken is taken again",
        LUA + "claim.lua",
        "if o[1] == 'settled' or o[1] == 'due' or c[1] ~= 'waiting' then return 'taken' end",
        "if o[1] == 'settled' or o[1] == 'due' then return 'taken' end",
        RACES + "test_of_twenty_who_accept_at_once_one_wins_and_all_others_are_told_so",
    ),
    Mutant(
        "I6 who has a leg that is being ended is rung on another",
        LUA + "lib.lua",
        "if free and not leg_up and not cooling then",
        "if free and not cooling then",
        SCRIPTS + "test_who_signed_off_while_ringing_and_back_on_is_not_rung_before_her_leg_is_gone",
    ),
    Mutant(
        "I6 one look is enough to believe that an order made no leg",
        S + "ring_psychologist.py",
        "    if offer.looked == 0:\n",
        "    if offer.looked < 0:\n",
        "tests/e2e/test_hostile.py::test_who_signed_off_during_an_ambiguous_order_is_not_rung",
    ),
    Mutant(
        "I7 who is on a break is rung",
        D + "waiting.py",
        "if presence.state is State.AVAILABLE:\n            return True",
        "if presence.state in (State.AVAILABLE, State.BREAK):\n            return True",
        WAITING + "test_first_choice_or_not_nobody_is_rung_who_is_busy_away_or_on_a_break",
    ),
    Mutant(
        "I8 an offer of long ago frees who is rung by another",
        LUA + "claim.lua",
        "if redis.call('HGET', 'psy:' .. o[3], 'attempt') ~= args.attempt then return 'taken' end",
        "",
        SCRIPTS + "test_only_the_offer_she_is_rung_by_can_be_accepted",
    ),
    Mutant(
        "I9 the offers of a call stay when it is forgotten",
        LUA + "forget.lua",
        "redis.call('DEL', key, 'offers:' .. args.call)",
        "redis.call('DEL', key)",
        RACE + "test_orders.py::test_r09_news_late_double_and_overtaking_changes_nothing[0]",
    ),
    Mutant(
        "I10 one caller keeps everybody who is free from the next",
        D + "waiting.py",
        "return max(1, min(at_once_max, free // waiting))",
        "return max(1, min(at_once_max, free))",
        WAITING + "test_free_divided_by_waiting_are_rung_at_once_between_one_and_five",
    ),
    Mutant(
        "I11 a silence of any length passes the check",
        D + "ivr/check.py",
        "if isinstance(prompt, Silence) and not 1 <= prompt.length_s <= walks.LONGEST_SILENCE_S:",
        "if isinstance(prompt, Silence) and not 1 <= prompt.length_s:",
        "tests/domain/test_ivr_check.py",
    ),
    Mutant(
        "I12 signing off in mid call is forgotten",
        LUA + "presence.lua",
        "redis.call('HSET', key, 'leaving', 1)",
        "redis.call('HDEL', key, 'leaving')",
        SCRIPTS + "test_who_signs_off_in_mid_call_leaves_when_it_ends_and_may_change_her_mind",
    ),
    Mutant(
        "I13 the callers number passes the edge",
        CARRIER + "inbox.py",
        "form = {name: fields[name] for name in ALLOWED if name in fields}",
        'form = {name: fields[name] for name in (*ALLOWED, "From") if name in fields}',
        "tests/web/test_odd_values.py::test_nothing_but_the_allow_list_reaches_any_code_behind_the_edge",
    ),
    Mutant(
        "I14 an error is logged with its text",
        "helpline/web/errors.py",
        '_log.error("webhook failed: %s", place_of(error))',
        '_log.error("webhook failed: %s", error)',
        "tests/web/test_failures.py::test_an_error_of_ours_is_logged_as_type_and_place_and_nothing_else",
    ),
    Mutant(
        "I15 her leg shows her own number",
        CARRIER + "rest.py",
        "from_=self._shown(),",
        "from_=address,",
        "tests/e2e/test_order.py::test_every_leg_shows_one_of_our_own_numbers",
    ),
    Mutant(
        "I16 a leg that could not be deleted is taken for deleted",
        S + "sweep_finished_calls.py",
        "gone = [leg_id for leg_id in missing if self.carrier.leg(leg_id) is None]",
        "gone = missing",
        "tests/services/test_sweep.py::test_a_leg_missing_from_one_list_is_not_forgotten_while_the_carrier_has_it",
    ),
    Mutant(
        "I17 without Redis the first webhook has no document",
        "helpline/web/without_memory.py",
        "        return document_without_memory(sw, form.line())\n",
        "        return ()\n",
        "tests/web/test_failures.py::test_a_caller_hears_french_and_is_led_on_whatever_fails",
    ),
    Mutant(
        "I18 a talk found after a loss is taken for a caller left alone",
        S + "adopt_talks.py",
        "        return Stage.TALKING\n",
        "        return Stage.ALONE\n",
        "tests/e2e/test_whatever_dies.py::test_redis_lost_in_a_talk_touches_no_talk",
    ),
)
