"""Mistakes of the product: one for each invariant I1-I18 of the reliability study and each rule of order (design §6), and a few races."""

from __future__ import annotations

from tests.mutants.runner import Mutant

D = "helpline/domain/"
S = "helpline/services/"
LUA = "helpline/adapters/redis/lua/"
CARRIER = "helpline/adapters/carriers/twilio/"
WAITING = "tests/domain/test_waiting.py::"
SCRIPTS = "tests/adapters/test_live_state_scripts.py::"
RACES = "tests/adapters/test_live_state_races.py::"
PLAN = "tests/e2e/test_ring_plan.py::"
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
        "            or self._is_cooling(person)\n",
        "",
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
        "'turn', (rung + #made) * 1e13 + age)",
        "'turn', age)",
        PLAN + "test_the_older_callers_first_offer_leaves_before_anybodys_second",
    ),
    Mutant(
        "order of two first legs the younger callers leaves first",
        LUA + "lib.lua",
        "'turn', (rung + #made) * 1e13 + age)",
        "'turn', (rung + #made) * 1e13 - age)",
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

RACES_OF_A_CALL = (
    Mutant(
        "the order to join tears a caller out of the room they are in",
        S + "move_caller.py",
        "if call.moved_ms is not None and now_ms - call.moved_ms < SEEN_AFTER_MS:",
        "if call.moved_ms is not None and now_ms < call.moved_ms:",
        "tests/e2e/test_whatever_dies.py::test_news_of_the_room_that_comes_late_tears_nobody_out_of_it",
    ),
    Mutant(
        "a look that an earlier move asked for is the last",
        S + "move_caller.py",
        "if call.stage is not Stage.WAITING and now_ms < _seen_by_ms(call):",
        "if call.stage is Stage.WAITING and now_ms < _seen_by_ms(call):",
        "tests/adapters/test_live_state_effects.py::test_a_caller_moved_again_soon_after_a_lost_claim_is_looked_after_again",
    ),
    Mutant(
        "a refused order is believed and the caller given up",
        S + "move_caller.py",
        "    if leg is None or leg.status.is_final:\n        end_call(",
        "    if True:\n        end_call(",
        "tests/e2e/test_accept_at_any_moment.py::test_accepted_at_any_moment[phone-refused]",
    ),
    Mutant(
        "who accepted without REST waits for the next document",
        S + "hold_call.py",
        "        # Accepted (or further on, and we are late): the queue's action says where to go.\n"
        "        return documents.out_of_line()\n",
        "        return _wait_on(sw, call, now_ms)\n",
        "tests/e2e/test_whatever_dies.py::test_a_bridge_is_made_without_any_rest",
    ),
    Mutant(
        "what a dead process held is never taken over",
        LUA + "due.lua",
        "redis.call('ZADD', 'due', till, head[1])",
        "redis.call('ZADD', 'due', till + 86400000, head[1])",
        "tests/adapters/test_live_state_due.py::test_an_effect_whose_holder_died_is_taken_over_when_its_lease_ends",
    ),
)

ADMISSION = (
    Mutant(
        "a flood reads the line though nobody is let in",
        LUA + "reception.lua",
        "if found.gate[2] == 0 and found.gate[1] < args.room then",
        "if found.gate[2] == 0 then",
        SCRIPTS + "test_a_reception_reads_no_line_where_nobody_is_let_in",
    ),
    Mutant(
        "two who come at once both take the last place",
        LUA + "arrive.lua",
        "if line_is_full() then return {'', 0} end\n",
        "",
        RACES + "test_of_twenty_who_arrive_at_once_in_a_line_of_five_five_come_in",
    ),
    Mutant(
        "who presses the key is let into a line that is full by then",
        LUA + "save.lua",
        "if line_is_full() then return -1 end\n",
        "",
        RACES + "test_of_twenty_who_press_the_key_at_once_in_a_line_of_five_five_come_in",
    ),
    Mutant(
        "who was too late for the last place is sent into the queue unrecorded",
        S + "take_call.py",
        "    if not came_in and sw.calls.by_leg(call.leg_id) is None:\n",
        "    if False:\n",
        "tests/e2e/test_flood.py::test_who_asked_before_others_took_the_last_places_hears_that_the_line_is_full",
    ),
)

PARTNER_LINE = "tests/e2e/test_partner_line.py::"
ONCE = "test_who_presses_nothing_is_put_through_once_and_hears_where_else_to_turn"
PARTNER = (
    Mutant(
        "the partner line is rung again and again for who presses nothing",
        S + "leave_line.py",
        "call.nobody_flow, call.line, rung=call.partner_rung)",
        "call.nobody_flow, call.line)",
        PARTNER_LINE + ONCE + "[as_shipped]",
    ),
    Mutant(
        "silence in a flow leads to the partner line again",
        S + "press_key.py",
        "if done.outcome is Outcome.PARTNER and call.partner_rung and not digits:",
        "if False:",
        PARTNER_LINE + ONCE + "[silence_leads_there]",
    ),
    Mutant(
        "a wait leads to the partner line again",
        S + "documents.py",
        "if done.outcome is Outcome.PARTNER and rung and not isinstance(given, Keys):",
        "if False:",
        PARTNER_LINE + "test_who_stays_in_line_is_put_through_once_by_a_wait_that_leads_there_and_then_waits",
    ),
    Mutant(
        "the partner line was rung at the door and nobody remembers",
        S + "take_call.py",
        "led_on=True, session=session, partner_rung=rung)",
        "led_on=True, session=session)",
        PARTNER_LINE + ONCE + "[begins_there]",
    ),
)

LONG_TALKS = (
    Mutant(
        "R20 nobody is warned before the carrier ends a talk",
        D + "call.py",
        "return end_ms if now_ms >= end_ms - WARNED_MS else None",
        "return end_ms if now_ms >= end_ms else None",
        "tests/e2e/test_four_hours.py::test_a_quarter_of_an_hour_before_the_carrier_ends_a_talk_her_desk_says_so",
    ),
)

AFTER_A_LOSS = (
    Mutant(
        "who was in the welcome when Redis was lost hears it again",
        S + "hold_call.py",
        "if call.first_wait_ms is None and waited_ms >= ASKED_BEFORE_MS and not digits:",
        "if False:",
        "tests/e2e/test_after_a_loss.py"
        "::test_who_was_in_the_midst_of_the_welcome_hears_it_once_and_is_joined_at_its_end",
    ),
    Mutant(
        "who consults is cut off because her desk is open",
        S + "may_be_held.py",
        "    return presence is None or presence.attempt is None\n",
        "    return presence is None\n",
        "tests/e2e/test_consult_after_a_loss.py::test_who_consults_is_not_rung_and_not_cut_off[desk_is_open-s:lac]",
    ),
    Mutant(
        "who signs on while she consults is rung",
        D + "waiting.py",
        "            presence.apart\n            or presence.psychologist in self._taken",
        "            presence.psychologist in self._taken",
        WAITING + "test_who_the_carrier_shows_on_a_lost_leg_is_not_rung_though_she_is_available",
    ),
    Mutant(
        "an old plan rings who is on a lost leg",
        LUA + "lib.lua",
        "local leg_up = p[3] or (p[2]",
        "local leg_up = (p[2]",
        SCRIPTS + "test_who_is_on_a_leg_that_was_lost_is_not_rung_until_the_carrier_shows_it_gone",
    ),
    Mutant(
        "an old look at the carrier lets her be rung",
        LUA + "apart.lua",
        "if (redis.call('HGET', 'epoch', 'id') or '') ~= args.epoch then return 0 end\n",
        "",
        SCRIPTS + "test_who_is_on_a_leg_that_was_lost_is_not_rung_until_the_carrier_shows_it_gone",
    ),
    Mutant(
        "an epoch begins on a copy that was lost while it was built",
        LUA + "begin_epoch.lua",
        "if given(args.draft) and redis.call('GET', 'draft') ~= args.draft then return 0 end\n",
        "",
        "tests/e2e/test_consult_after_a_loss.py"
        "::test_redis_lost_again_while_it_is_rebuilt_is_not_ready_before_the_talks_are_in_it",
    ),
)

MUTANTS = (*INVARIANTS, *ORDER, *RACES_OF_A_CALL, *AFTER_A_LOSS, *LONG_TALKS, *ADMISSION, *PARTNER)
