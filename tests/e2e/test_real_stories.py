"""Stories that stepped tests play, played by real processes on the wall clock: the same file, the same verdict.

The verdict: every line comes true within its time, the same counts, no promise broken in the carrier's log. People
speak as fast as stepped, and the caller hears the same words in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from helpline.bootstrap_data import data_of
from helpline.cli.demo_parts import DemoParts
from helpline.cli.story import Story
from helpline.cli.story_player import Player, StoryFailed
from helpline.cli.story_reader import parse
from helpline.services.publish_snapshot import publish_snapshot
from tests import builders
from tests.e2e.real_line import RealLine
from tests.e2e.real_story import RealStoryLine
from tests.e2e.test_stories import PLAYS, STORIES

pytestmark = [pytest.mark.real, pytest.mark.timeout(150)]
QUIET = (
    "answered",
    "left_in_line",
    pytest.param("transfer_colleague", marks=pytest.mark.long),
    pytest.param("transfer", marks=pytest.mark.long),  # a minute and a half of talk
)
FAULTS = tuple(pytest.param(name, marks=pytest.mark.long) for name in ("web_dies", "redis_dies"))
"""In check-long: `test_kill.py` kills the same parts in CI."""
STEPPED_CHARS_PER_S = 15


class SteppedPlaces(DemoParts):
    """The demo with the structures that stories know."""

    def _database(self) -> None:
        super()._database()
        data = data_of(self.settings)
        for structure in builders.STRUCTURES:
            data.seeds.add_structure(structure, 500)
        publish_snapshot(data.published, data.snapshots)


@pytest.fixture(scope="module")
def whole_line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealLine]:
    folder = tmp_path_factory.mktemp("stories")
    with RealLine(folder, {"HELPLINE_LEGS_PER_S": "1000"}, parts=SteppedPlaces) as line:
        line.control.set_knobs({"say_chars_per_s": STEPPED_CHARS_PER_S})
        yield line


@pytest.fixture
def line(whole_line: RealLine) -> RealLine:
    """Everybody on duty and free, nothing left to count."""
    for who in whole_line.psychologists.values():
        who.goes_on_duty()
    whole_line.everybody_hangs_up()
    whole_line.until(lambda: not whole_line.service.carrier.finished_legs(), 60)
    whole_line.begins()
    return whole_line


def read(name: str) -> Story:
    (file,) = (file for file in STORIES if file.stem == name)
    return parse(file.read_text(), f"{name}.story")


def words_of(story: Story, who: str) -> list[str]:
    return [step.argument for step in story.steps if step.who == who and step.verb.words == "hears"]


def played(line: RealLine, name: str) -> Story:
    """The story as real processes played it."""
    stage = RealStoryLine(line)
    player = Player(read(name), stage, print)
    try:
        player.play()
    except StoryFailed as failure:
        pytest.fail(f"{failure}\n{line.story()}")
    finally:
        stage.close()
    return parse(player.as_played(), f"{name}.play")


@pytest.mark.parametrize("name", QUIET)
def test_a_story_has_the_same_verdict_and_words_in_real_mode(line: RealLine, name: str) -> None:
    play = played(line, name)

    line.is_sound(third_party=any(step.verb.words == "calls" for step in read(name).steps))
    stepped = parse((PLAYS / f"{name}.play").read_text(), f"{name}.play")
    assert play.counted == stepped.counted
    assert words_of(play, "A") == words_of(stepped, "A") != []


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_has_the_same_verdict_in_real_mode(line: RealLine, name: str) -> None:
    play = played(line, name)

    line.is_sound()
    assert play.counted == read(name).counted
