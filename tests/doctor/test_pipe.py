"""The CDP client over a pipe, against a browser that is two threads' worth of text."""

from __future__ import annotations

import json
import os
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boundgate.doctor.pipe import BrowserGone, BrowserSilent, CommandRefused, Event, Pipe


class FakeBrowser:
    """The other end: it reads commands in a thread, and answers as the test says."""

    def __init__(self, answer):
        theirs_in, ours_out = os.pipe()
        ours_in, self.out = os.pipe()
        self.pipe = Pipe(ours_in, ours_out, clock=time.monotonic)
        self.commands = []
        self._answer = answer
        self._in = os.fdopen(theirs_in, "rb")
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        buffer = b""
        while chunk := self._in.read1():
            *whole, buffer = (buffer + chunk).split(b"\0")
            for text in whole:
                self.commands.append(json.loads(text))
                self._answer(self, self.commands[-1])

    def say(self, *messages):
        os.write(self.out, b"".join(json.dumps(message).encode() + b"\0" for message in messages))

    def hang_up(self):
        os.close(self.out)
        self.out = None

    def end(self):
        self.pipe.close()
        self._thread.join(10)
        self._in.close()
        if self.out is not None:
            os.close(self.out)


@pytest.fixture
def browser():
    made = []

    def make(answer):
        made.append(FakeBrowser(answer))
        return made[-1]

    yield make
    for one in made:
        one.end()


def test_a_command_gets_the_answer_with_its_own_number(browser):
    def answer(fake, command):
        fake.say({"id": 99, "result": {"of": "another"}}, {"id": command["id"], "result": {"of": command["method"]}})

    fake = browser(answer)
    assert fake.pipe.call("Page.enable", {"a": 1}, target="T") == {"of": "Page.enable"}
    assert fake.commands == [{"id": 1, "method": "Page.enable", "params": {"a": 1}, "sessionId": "T"}]
    assert fake.pipe.call("Browser.close") == {"of": "Browser.close"}


def test_what_comes_in_between_is_kept_in_its_order(browser):
    def answer(fake, command):
        fake.say({"method": "A.one", "params": {"x": 1}, "sessionId": "T"}, {"method": "A.two"})
        fake.say({"id": command["id"], "result": {}})

    fake = browser(answer)
    fake.pipe.call("Page.enable")
    assert fake.pipe.events == [Event("A.one", {"x": 1}, "T"), Event("A.two", {}, None)]


def test_a_refusal_says_what_the_browser_says(browser):
    fake = browser(lambda fake, command: fake.say({"id": command["id"], "error": {"message": "no such thing"}}))
    with pytest.raises(CommandRefused, match="no such thing"):
        fake.pipe.call("Page.nothing")


def test_a_browser_that_does_not_answer_is_given_up(browser):
    fake = browser(lambda fake, command: None)
    with pytest.raises(BrowserSilent, match=r"Page\.enable within 0\.05 seconds"):
        fake.pipe.call("Page.enable", seconds=0.05)


def test_a_browser_that_leaves_is_noticed(browser):
    fake = browser(lambda fake, command: fake.hang_up())
    with pytest.raises(BrowserGone):
        fake.pipe.call("Page.enable")


def test_waiting_ends_with_what_was_looked_for_or_with_nothing(browser):
    fake = browser(lambda fake, command: fake.say({"method": "A.one"}))
    assert fake.pipe.wait(lambda: fake.pipe.events or None, seconds=0.01) is None
    fake.pipe.send("Page.enable")
    (event,) = fake.pipe.wait(lambda: fake.pipe.events or None, seconds=10)
    assert event.method == "A.one"


def test_what_is_no_json_ends_it(browser):
    fake = browser(lambda fake, command: os.write(fake.out, b"<html>\0"))
    with pytest.raises(BrowserGone, match="no JSON"):
        fake.pipe.call("Page.enable")


@settings(max_examples=50, deadline=None)
@given(
    values=st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=30), max_size=3), max_size=5),
    cuts=st.lists(st.integers(1, 40), min_size=1, max_size=8),
)
def test_messages_survive_being_cut_anywhere(values, cuts):
    data = b"".join(json.dumps({"method": "A.b", "params": value}).encode() + b"\0" for value in values)
    ours_in, out = os.pipe()
    pipe = Pipe(ours_in, os.dup(out), clock=time.monotonic)
    try:
        number = 0
        while data:
            piece, data = data[: cuts[number % len(cuts)]], data[cuts[number % len(cuts)] :]
            os.write(out, piece)
            pipe.wait(lambda: None, seconds=0)
            number += 1
        pipe.wait(lambda: len(pipe.events) == len(values) or None, seconds=5)
    finally:
        pipe.close()
        os.close(out)
    assert [event.params for event in pipe.events] == values
