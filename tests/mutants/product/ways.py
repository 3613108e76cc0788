"""Mistakes on a call's way: its races, who is let in, the partner line, long talks, and what follows a loss."""

from __future__ import annotations

from tests.mutants.runner import Mutant

D = "helpline/domain/"
S = "helpline/services/"
LUA = "helpline/adapters/redis/lua/"
WAITING = "tests/domain/test_waiting.py::"
SCRIPTS = "tests/adapters/test_live_state_scripts.py::"
RACES = "tests/adapters/test_live_state_races.py::"
ON_ITS_WAY = "tests/e2e/test_order_on_its_way.py::"
HOSTILE = "tests/e2e/test_hostile_third.py::"
LONG_LINE = "tests/e2e/test_long_line.py::"

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
        "if call.stage is not Stage.WAITING and now_ms < _seen_by_ms(call, now_ms):",
        "if call.stage is Stage.WAITING and now_ms < _seen_by_ms(call, now_ms):",
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
        "if gate[2] == 0 and gate[1] < args.room then",
        "if gate[2] == 0 then",
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
        "who debriefed leaves a look at her leg behind for ten minutes",
        LUA + "lib.lua",
        "    redis.call('DEL', key)\n    forget_due('ring:' .. attempt, 'drop:' .. attempt, 'tell:' .. attempt)\n",
        "    redis.call('DEL', key)\n",
        "tests/e2e/test_conversation.py::test_nothing_of_a_debrief_is_left_once_it_is_over",
    ),
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
        "return not presence.apart and presence.state in (State.AVAILABLE, State.WRAP_UP)",
        "return presence.state in (State.AVAILABLE, State.WRAP_UP)",
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
        "if given(args.draft) and redis.call('HGET', 'draft', 'id') ~= args.draft then return 0 end\n",
        "",
        "tests/e2e/test_consult_after_a_loss.py"
        "::test_redis_lost_again_while_it_is_rebuilt_is_not_ready_before_the_talks_are_in_it",
    ),
    Mutant(
        "an epoch begins while an order from before the loss is on its way",
        S + "reconcile.py",
        "not (in_doubt or forgotten.landing)",
        "not in_doubt",
        ON_ITS_WAY + "test_nobody_is_rung_anew_while_an_order_from_before_the_loss_may_still_arrive",
    ),
    Mutant(
        "a leg whose order comes back to a lost copy rings on",
        S + "ring_psychologist.py",
        "            carrier.end(leg_id)\n",
        "            pass\n",
        ON_ITS_WAY + "test_whose_order_comes_back_to_a_copy_that_was_lost_meanwhile_is_not_left_ringing",
    ),
    Mutant(
        "a forgotten leg in a young copy rings on",
        S + "reconcile.py",
        "at_once=begun.lost or begun.is_young(now_ms)",
        "at_once=begun.lost",
        ON_ITS_WAY + "test_an_order_that_arrives_when_all_is_built_anew_does_not_ring_on",
    ),
    Mutant(
        "a young copy is looked at as seldom as an old one",
        "helpline/processes/sweeps.py",
        "soon = done.young or done.strangers",
        "soon = done.rebuilt or done.strangers",
        ON_ITS_WAY + "test_an_order_that_arrives_when_all_is_built_anew_does_not_ring_on",
    ),
    Mutant(
        "who has picked up is cut off by the late reply to the order",
        S + "ring_psychologist.py",
        "if leg is None or leg.status is not LegStatus.IN_PROGRESS:",
        "if True:",
        HOSTILE + "test_a_third_party_who_has_picked_up_is_not_cut_off_by_the_late_reply_to_the_order",
    ),
    Mutant(
        "a copy that was lost meanwhile explains no leg, and all are ended",
        S + "forgotten_legs.py",
        " and sw.calls.epoch() == look.epoch",
        "",
        HOSTILE + "test_redis_lost_after_the_reconciler_has_looked_into_the_rooms_cuts_off_nobody",
    ),
    Mutant(
        "a leg is ended though its offer's answer has come",
        S + "forgotten_legs.py",
        "return sw.offers.by_leg(leg.leg_id) is None and ",
        "return ",
        HOSTILE + "test_in_a_young_copy_a_leg_whose_news_comes_while_it_is_looked_for_rings_on",
    ),
    Mutant(
        "a talk whose offer has ended goes on with nobody",
        S + "look_after.py",
        "if with_her and offer is not None and offer.state is OfferState.SETTLED:",
        "if False and offer is not None:",
        HOSTILE + "test_the_caller_comes_in_at_the_moment_at_which_her_leg_is_over",
    ),
    Mutant(
        "a caller handed over to nobody stays with nobody",
        S + "look_after.py",
        "elif not with_her and (attempt is None or",
        "elif not with_her and (",
        HOSTILE + "test_the_caller_is_handed_over_at_the_moment_at_which_the_third_party_is_gone",
    ),
    Mutant(
        "what arrives during a long look after a loss is not seen before somebody is rung",
        S + "reconcile.py",
        "        legs = {**legs, **{leg.leg_id: leg for leg in carrier.live_legs()}}\n",
        "",
        HOSTILE + "test_a_look_that_lasts_longer_than_orders_are_on_their_way_is_enough",
    ),
    Mutant(
        "each of two clocks builds a copy of its own",
        LUA + "draft_epoch.lua",
        "redis.call('HSETNX', 'draft', 'id', args.draft) == 1",
        "redis.call('HSET', 'draft', 'id', args.draft) >= 0",
        HOSTILE + "test_two_clocks_that_look_longer_than_the_lease_do_not_undo_each_others_copy",
    ),
    Mutant(
        "a move written hours ahead puts off the look at the room for hours",
        S + "move_caller.py",
        " or call.moved_ms > now_ms:",
        ":",
        HOSTILE + "test_a_caller_moved_by_a_process_hours_ahead_is_looked_after_all_the_same",
    ),
    Mutant(
        "a talk without a fiche goes on without one",
        S + "look_after.py",
        "    if call.stage is Stage.TALKING and sw.fiches.of_call(call.id) is None:\n        _open_late(sw, call, now_ms)\n",
        "",
        HOSTILE + "test_a_talk_found_at_the_carrier_that_met_a_failure_before_its_last_write_has_a_fiche",
    ),
    Mutant(
        "the bridge is written without its fiche",
        LUA + "save.lua",
        "if given(args.fiche) then open_fiche(args.id, unpack(args.fiche)) end\n",
        "",
        HOSTILE + "test_a_bridge_and_its_fiche_are_one_step",
    ),
    Mutant(
        "the end of a talk leaves its fiche open for ever",
        LUA + "save.lua",
        "if given(args.seal_at) then seal_fiche_at(args.id, args.seal_at, now) end\n",
        "",
        HOSTILE + "test_the_end_of_a_talk_and_the_time_of_its_sealing_are_one_step",
    ),
    Mutant(
        "who listens already is cut off as if her telephone only rang",
        LUA + "picked_up.lua",
        "elseif o[1] == 'ringing' or o[1] == 'claimed' then\n",
        "elseif o[1] == 'claimed' then\n",
        SCRIPTS + "test_who_picks_up_is_noted_wherever_her_offer_stands_at_the_carrier",
    ),
    Mutant(
        "who just waits and has hung up unheard stays in line",
        S + "reconcile.py",
        "_missing(roll, seen.legs)",
        "_missing(roll, roll.just_wait)",
        LONG_LINE + "test_who_is_where_they_should_be_is_not_read_whole",
    ),
    Mutant(
        "who stands in a room is taken for one who just waits",
        LUA + "roll.lua",
        " and c[3] ~= '1'",
        "",
        SCRIPTS + "test_who_waits_and_lacks_something_is_whole_in_the_roll[more0]",
    ),
    Mutant(
        "a long line is looked at seldom though its news is getting lost",
        "helpline/processes/sweeps.py",
        "    if not done.agreed:\n",
        "    if done.agreed and done.legs == 0:\n",
        LONG_LINE
        + "test_a_very_long_line_where_all_is_in_place_is_looked_at_more_seldom_until_something_is_not",
    ),
    Mutant(
        "whose leg is over is judged by her offer as it was",
        S + "reconcile.py",
        "sw.offers.get(offer.attempt) or offer, status",
        "offer, status",
        HOSTILE + "test_who_accepts_and_goes_while_another_leg_is_asked_for_does_not_leave_the_caller_alone",
    ),
    Mutant(
        "a webhook that failed waits for the next round",
        "helpline/web/errors.py",
        "    parts().owes_a_look = True\n",
        "",
        "tests/e2e/test_look_at_once.py::"
        "test_news_lost_while_redis_was_away_is_made_up_for_once_a_webhook_reaches_it",
    ),
)

ANSWERED_HERE = "tests/web/test_answered_here.py::"

WEB = (
    Mutant(
        "a webhook that waits for something holds up all others",
        "helpline/web/worker.py",
        "if conn.is_webhook and _now_s() >= self.threads_until:",
        "if conn.is_webhook:",
        ANSWERED_HERE + "test_webhooks_that_wait_for_something_do_not_wait_for_one_another",
    ),
    Mutant(
        "a body whose length only the parser finds is waited for where all are read",
        "helpline/web/connection.py",
        'return _LENGTH.search(head + b"\\r\\n") is not None and is_whole(request)',
        "return is_whole(request)",
        ANSWERED_HERE + "test_a_length_that_only_the_parser_reads_is_waited_for_in_a_thread",
    ),
)
