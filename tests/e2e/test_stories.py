"""Stories as tables: each file of `stories/` played stepped and held against its recorded play; two in the demo too.

`pytest tests/e2e/test_stories.py --update-stories` rewrites the plays; the diff is then read like code.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from click.testing import CliRunner

from helpline.cli.call import command
from helpline.cli.story import Place, StoryError
from helpline.cli.story_player import Player, StoryFailed
from helpline.cli.story_reader import parse
from tests.e2e.conftest import MakeLine
from tests.e2e.real_line import RealLine
from tests.phone import Line
from tests.story import SteppedLine

ROOT = Path(__file__).parents[2]
STORIES = sorted((Path(__file__).parent / "stories").glob("*.story"))
PLAYS = ROOT / "tests" / "golden" / "stories"
KINDS = """
answered attack_mode busy_then_answered caller_leaves_consult caller_leaves_hold caller_leaves_three
claimed_in_the_choice consult danger_by_one_key declined declined_by_key dropped_calling_third
dropped_in_consult dropped_in_three dropped_on_hold hold hung_up_first interrupted left_in_line
left_in_welcome leg_lost line_full no_position_no_estimate nobody_answers nobody_answers_partner
nobody_on_duty nobody_on_duty_partner nobody_on_duty_partner_never_answers nobody_on_duty_stays
other_lines_by_one_key partner_asked_for_again partner_by_one_key partner_does_not_answer
partner_not_verified redis_dies rung_again standby_when_nobody_on_duty terminer third_busy
third_leaves_consult third_leaves_three third_leaves_transfer third_lost_transfer third_no_answer
three_way transfer transfer_colleague transfer_samu web_dies wrong_code
"""


def named(name: str) -> Path:
    return next(file for file in STORIES if file.stem == name)


def told(steps: str, top: str = "# A story\non duty: vera, bruno\n") -> str:
    return top + steps


def wrong(text: str, *, real: bool = False) -> StoryError:
    with pytest.raises(StoryError) as caught:
        parse(text, "a.story", real=real)
    return caught.value


def failed(line: Line, steps: str) -> str:
    with pytest.raises(StoryFailed) as caught:
        Player(parse(told(steps), "a.story"), SteppedLine(line), str).play()
    return str(caught.value)


# ---- the stories


def test_every_kind_of_story_is_there_and_has_a_play() -> None:
    assert [file.stem for file in STORIES] == KINDS.split()
    assert sorted(file.stem for file in PLAYS.glob("*")) == KINDS.split()


@pytest.mark.parametrize("file", STORIES, ids=lambda file: file.stem)
def test_story(
    file: Path, make_line: MakeLine, seed: int, redis_admin: redis.Redis, request: pytest.FixtureRequest
) -> None:
    said: list[str] = []
    story = parse(file.read_text(), str(file.relative_to(ROOT)))
    line = make_line(standby=story.standby, partner=True if story.partner else None, rules=story.rules)
    player = Player(story, SteppedLine(line, redis_admin, story.partner), said.append)

    try:
        player.play()
    except StoryFailed as failure:
        pytest.fail(f"{failure}\n{line.story()}")

    third_party = any(step.verb.words == "calls" for step in player.story.steps)
    line.is_sound(third_party=third_party)
    assert len(said) == len(player.story.steps) + 1
    play = PLAYS / f"{file.stem}.play"
    if request.config.getoption("--update-stories", default=False):
        play.write_text(player.as_played())
    if seed == 0:  # other seeds ring in another order
        assert player.as_played() == play.read_text()


@pytest.mark.parametrize("name", KINDS.split())
def test_a_play_is_a_story_too(name: str) -> None:
    play = parse((PLAYS / f"{name}.play").read_text(), f"{name}.play")
    story = parse((PLAYS.parents[1] / f"e2e/stories/{name}.story").read_text(), name)
    assert (play.title, play.on_duty, play.counted) == (story.title, story.on_duty, story.counted)
    spoken = [str(step) for step in play.steps]
    assert [str(step) for step in story.steps if str(step) not in spoken] == []


# ---- what fails is told with its line


def test_an_expectation_that_fails_names_its_line_and_the_last_words(line: Line) -> None:
    text = failed(line, '0 A dials 0800288038\n+9 A hears "Bonjour les amis" within 2\n')
    assert text.startswith('a.story:4: A hears "Bonjour les amis": not within 2 s; A last heard « ')
    assert [call["state"] for call in line.control.calls()] == ["ended"]


def test_a_wish_the_telephone_refuses_names_its_line(line: Line) -> None:
    assert failed(line, "0 A dials 0800288038\n+ vera presses 1\n").startswith("a.story:4: vera presses 1: ")
    assert "she is in no talk" in failed(line, "0 A dials 0800288038\n+ vera concludes\n")
    assert "has rung 0" in failed(line, "0 A dials 0800288038\n+ vera has rung 3\n")


def test_a_play_that_stopped_says_so_and_claims_no_counts(line: Line) -> None:
    steps = "0 A dials 0800288038\n+ vera presses 1\ncounted: spoke 1\n"
    player = Player(parse(told(steps), "a.story"), SteppedLine(line), str)
    with pytest.raises(StoryFailed) as caught:
        player.play()
    assert player.as_played().splitlines()[-2:] == [
        "   0.000  A      dials 0800288038",
        f"# stopped: {caught.value}",
    ]


def test_a_wrong_count_names_its_line(line: Line) -> None:
    text = failed(line, "0 A dials 0800288038\n3 A hangs up\ncounted: spoke 1\n")
    assert text == "a.story:5: counted: {'spoke': 1}: counted were {'left_in_welcome': 1}"


def test_somebody_who_is_not_on_this_line_is_refused(line: Line) -> None:
    story = parse(told("0 A dials 0800288038\n", "on duty: vera, zoe\n"), "a.story")
    with pytest.raises(StoryError, match=r"a.story:1:1: zoe is not on this line; here: vera, bruno"):
        Player(story, SteppedLine(line), str).play()


def test_a_withheld_caller_and_two_at_once(line: Line) -> None:
    steps = "0 A dials withheld 0800288038\n+1 B dials 0800288038\n+ vera accepts\n+ vera talks with A\n+ B hangs up\n+ A hangs up\n"
    Player(parse(told(steps), "a.story"), SteppedLine(line), str).play()


# ---- the parser

MISTAKES = [
    ("0 A dails 0800288038", 5, "a caller cannot: 'dails 0800288038'", 'did you mean "dials"?'),
    ("0 A dials", 10, '"dials" wants a number to dial', ""),
    ("0 A dials 0800288038 wihtin 5", 22, "unknown words: 'wihtin 5'", 'did you mean "within"?'),
    ("0 A dials 0800288038 within 5", 22, '"dials" does not wait', "leave out the within"),
    ("0 vera rings within soon", 14, "unknown words: 'within soon'", "n seconds: within 5"),
    ("0 verra rings", 3, "nobody is called 'verra' here", 'did you mean "vera"?'),
    ("0 vera acepts", 8, "a psychologist cannot: 'acepts'", 'did you mean "accepts"?'),
    ("0 A rings", 5, "a caller cannot: 'rings'", ""),
    ("0 A hangs up", 5, "A has not dialled", 'before: "A  dials 0800288038"'),
    ("0 vera calls lac", 14, "'lac' is nobody to call", "one of: bruno"),
    ("0 vera hears Bonjour", 14, '"hears" wants words in quotes, "…"', ""),
    ("2 A dials 0800288038", 1, "the first line is at 2", "times count from it: 0.0"),
    ("+ A dials 0800288038", 1, "no line comes before this one", "the first is at 0.0"),
    ("soon A dials 0800288038", 1, "no time: 'soon'", 'seconds "12.5", or after the line before: "+3", "+"'),
    ("0 A", 1, "half a line: '0 A'", 'wanted: a time, a person and what is done, "+5  A  hangs up"'),
    ("counted: spoke", 10, "no count: 'spoke'", 'a word and a number: "spoke 1"'),
    ("on duty: vera", 1, '"on duty:" stands here twice', ""),
    ("off duty: vera", 1, "vera is both on duty and off duty", ""),
]


@pytest.mark.parametrize(("line", "column", "text", "suggestion"), MISTAKES, ids=[m[0] for m in MISTAKES])
def test_a_mistake_is_told_with_its_place_and_what_was_meant(
    line: str, column: int, text: str, suggestion: str
) -> None:
    error = wrong(told(line))
    assert (error.place, error.wrong) == (Place("a.story", 3, column), text)
    assert suggestion in error.suggestion
    assert str(error).startswith(f"a.story:3:{column}: {text}")


@pytest.mark.parametrize("header", ["standby: vera", "partner: asso", "rules: waiting_max 2"])
def test_a_world_that_the_demo_does_not_have_is_refused_there(header: str) -> None:
    error = wrong(told("0 A dials 0800288038\n", f"# A\n{header}\non duty: bruno\n"), real=True)
    assert f'"{header.partition(":")[0]}:" works stepped only' in str(error)


def test_time_does_not_go_back() -> None:
    error = wrong(told("0 A dials 0800288038\n+5 vera rings\n 4.5 A hangs up\n"))
    assert str(error) == "a.story:5:2: time goes back: 4.5 after 5; 5 or later, or +n"


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", "a.story:1:1", "nobody is named"),
        ("0 A dials 0800288038", "a.story:1:1", 'a step before "on duty:"'),
        ("on duty: vera\n", "a.story:1:1", "nothing happens"),
        ("on duty: vera, 7\n", "a.story:1:16", "no handle: '7'"),
        ("on duty:\n", "a.story:1:9", "no names"),
        ("on duty: vera\n0 A dials 1\noff duty: bruno", "a.story:3:1", "comes after the story began"),
        ("on duty: vera\n0 A dials 1\ncounted: spoke 1\n9 A hangs up", "a.story:4:1", "is the last line"),
        ("on duty: vera\n0 A dials 1\n1 A dials 1", "a.story:3:5", "A has dialled already"),
        ("on duty: vera\n0 vera talks with B", "a.story:2:19", "B has not dialled"),
    ],
)
def test_a_story_out_of_order_is_refused(text: str, place: str, words: str) -> None:
    error = str(wrong(text))
    assert error.startswith(f"{place}: ")
    assert words in error


def test_quotes_in_words_come_back_as_they_were() -> None:
    (step,) = parse(told(r'0 vera hears "dit \"oui\" \\ non"'), "a.story").steps
    assert step.argument == r'dit "oui" \ non'
    assert step.what == r'hears "dit \"oui\" \\ non"'


# ---- the demo


def test_terminer_in_the_demo_says_why_not_and_what_instead() -> None:
    done = CliRunner().invoke(command, ["play", str(Path(__file__).parent / "stories" / "terminer.story")])
    assert done.exit_code == 1
    assert 'terminer.story:6:15: "concludes" works stepped only; Terminer is no key' in done.stderr


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealLine]:
    with RealLine(tmp_path_factory.mktemp("demo")) as line:
        yield line


def play_in(demo: RealLine, file: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """`helpline call play` as somebody at a shell runs it."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("HELPLINE_", "TWILIO_"))}
    env_file = demo.demo.settings.home_dir / "env"
    demo.until(lambda: not [call for call in demo.control.calls() if call["state"] != "ended"])
    demo.everybody_hangs_up()
    return subprocess.run(
        [sys.executable, "-m", "helpline.cli.main", "call", "play", str(file), *more],
        cwd=ROOT, env=plain | {"HELPLINE_ENV_FILE": str(env_file)}, capture_output=True, text=True, timeout=50,
    )  # fmt: skip


@pytest.mark.real
@pytest.mark.timeout(100)
def test_answered_in_the_demo(demo: RealLine, tmp_path: Path) -> None:
    saved = tmp_path / "answered.play"

    done = play_in(demo, named("answered"), "--save", str(saved))

    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "A      talks with vera" in done.stdout
    play = parse(saved.read_text(), "answered.play")
    assert any("Danger immédiat" in step.argument or "anonyme" in step.argument for step in play.steps)

    late = tmp_path / "late.story"
    late.write_text(told('0 A dials 0800288038\n+ A hears "Bonjour les amis" within 0.5\n'))
    done = play_in(demo, late)
    assert (done.returncode, done.stdout.count("\n")) == (1, 1)
    assert done.stderr.startswith(f"{late}:4: A hears")
    assert demo.control.calls()[-1]["state"] == "ended"


@pytest.mark.real
@pytest.mark.long
@pytest.mark.timeout(100)
def test_declined_in_the_demo(demo: RealLine) -> None:
    done = play_in(demo, named("declined"))
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
