"""The page: what `view` says, drawn by NiceGUI; texts are labels, never HTML.

A browser holds no data of its own: each second its parts look at the shared snapshot and redraw what changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from copy import copy
from typing import Any

from fastapi import Request
from nicegui import ui

from alerts.severity import Severity
from console import words
from console.health_view import HealthGroup, health_groups, health_note
from console.language import Language
from console.snapshot import Read, Shown
from console.style import CSS
from console.view import AirCard, AlertCard, Asked, Count, Head, air_cards, alert_list, asked_of, head
from core.clock import Clock

LOOK_S = 1.0
_LASTING = ("choices",)
"""Parts that change what they have drawn, in place of being drawn anew."""


def add_page(shown: Callable[[], Shown], clock: Clock, default: Language, refresh_s: float) -> None:
    """Serve the page at `/`."""

    @ui.page("/", title=f"{words.TITLE.zh} {words.TITLE.en}")
    def page(request: Request) -> None:
        asked = asked_of(request.query_params, default)
        client = ui.context.client
        client.page = copy(client.page)  # NiceGUI gives a route one language; here an address chooses it
        client.page.language = asked.language.tag
        ui.add_css(CSS)
        _Page(asked, shown, clock, refresh_s).build()


class _Page:
    """One browser's page."""

    def __init__(self, asked: Asked, shown: Callable[[], Shown], clock: Clock, refresh_s: float) -> None:
        self._asked = asked
        self._shown = shown
        self._clock = clock
        self._refresh_s = refresh_s
        self._drawn: dict[str, object] = {}
        self._read: Read | None = None
        """What the page was last made of: the same is not put in words again."""
        self._opened: set[int] = set()
        """Alerts whose details stay open when the list is redrawn."""
        self._parts: dict[str, tuple[ui.element, Callable[[Any], None]]] = {}
        self._cities: ui.select | None = None

    def build(self) -> None:
        language = self._asked.language
        with ui.element("header").classes("bar"):
            ui.label(words.TITLE.say(language)).classes("title").mark("title")
            self._part("head", self._head)
            switch = Asked(language.other, self._asked.city, self._asked.severity)
            ui.link(words.SWITCH.say(language), switch.address()).classes("switch")
        self._part("warning", self._warning)
        self._part("clock", self._warning)
        with ui.element("div").classes("desk"):
            with ui.element("section").classes("alerts"):
                ui.label(words.OPEN_ALERTS.say(language)).classes("heading")
                self._part("counts", self._counts)
                self._part("choices", self._choices)
                self._part("alerts", self._alerts)
            with ui.element("aside"):
                ui.label(words.CITY_AIR.say(language)).classes("heading")
                self._part("air", self._air)
                ui.label(words.HEALTH.say(language)).classes("heading")
                self._part("health-note", self._warning)
                self._part("health", self._health)
                ui.label(words.READ_ONLY.say(language)).classes("note")
        self._look()
        ui.timer(LOOK_S, self._look)

    def _part(self, name: str, draw: Callable[[Any], None]) -> None:
        self._parts[name] = (ui.element("div").classes(f"part-{name}").mark(name), draw)

    def _look(self) -> None:
        """Redraw the parts that are not as they were."""
        shown, language, monotonic = self._shown(), self._asked.language, time.monotonic()
        said = head(
            shown, language, clock=self._clock, wall=time.time(), monotonic=monotonic, refresh_s=self._refresh_s
        )
        self._draw("head", said)
        self._draw("warning", said.warning)
        self._draw("clock", said.clock)
        if shown.read is not None and shown.read is not self._read:
            self._read = shown.read
            found = alert_list(shown.read, self._asked)
            self._draw("counts", found.counts)
            self._draw("choices", found.cities)
            self._draw("alerts", (found.cards, found.notes, found.empty))
            self._draw("air", air_cards(shown.read.cities, self._asked))
        note = health_note(shown, language, monotonic=monotonic, refresh_s=self._refresh_s)
        self._draw("health-note", note)
        self._draw("health", (health_groups(shown.health, language), bool(note)))

    def _draw(self, name: str, content: object) -> None:
        if name in self._drawn and self._drawn[name] == content:
            return
        part, draw = self._parts[name]
        if name not in _LASTING or name not in self._drawn:
            part.clear()
        with part:
            draw(content)
        self._drawn[name] = content

    def _head(self, said: Head) -> None:
        ui.label(said.data_time).classes("time")
        ui.label(said.state).classes("state old" if said.warning else "state")

    def _warning(self, said: str) -> None:
        if said:
            ui.label(said).classes("warning").props("role=alert")

    def _counts(self, counts: tuple[Count, ...]) -> None:
        with ui.element("div").classes("counts"):
            for count in counts:
                chip = ui.element("div").classes("count" if count.number else "count none")
                with chip.style(f"--colour: {count.colour}"):
                    ui.label(count.name)
                    ui.label(str(count.number)).classes("number")

    def _alerts(self, said: tuple[tuple[AlertCard, ...], tuple[str, ...], str]) -> None:
        cards, notes, empty = said
        if empty:
            ui.label(empty).classes("empty")
        for card in cards:
            self._alert(card)
        for note in notes:
            ui.label(note).classes("note")

    def _choices(self, offered: tuple[str, ...]) -> None:
        asked, language = self._asked, self._asked.language
        cities = {"": words.ALL_CITIES.say(language)} | {city: city for city in offered}
        if self._cities is not None:  # drawn anew, a list that somebody has open would close under their hand
            self._cities.set_options(cities, value=asked.city)
            return
        severities = {"": words.ALL_SEVERITIES.say(language)} | {
            severity.value: words.SEVERITIES[severity].say(language) for severity in reversed(Severity)
        }

        def choose_city(event: Any) -> None:
            ui.navigate.to(Asked(language, event.value, asked.severity).address())

        def choose_severity(event: Any) -> None:
            severity = Severity(event.value) if event.value else None
            ui.navigate.to(Asked(language, asked.city, severity).address())

        with ui.element("div").classes("choices"):
            self._cities = ui.select(
                cities, value=asked.city, label=words.CITY.say(language), on_change=choose_city
            ).mark("city")
            ui.select(
                severities, value=asked.severity or "", label=words.SEVERITY.say(language), on_change=choose_severity
            ).mark("severity")

    def _alert(self, card: AlertCard) -> None:
        with ui.element("article").classes("alert").style(f"--colour: {card.colour}"):
            with ui.element("div").classes("first"):
                ui.label(card.severity).classes("severity")
                ui.label(card.title).classes("what")
                ui.label(f"#{card.alert_id}").classes("number")
            ui.label(card.where).classes("where")
            with ui.element("div").classes("facts"):
                ui.label(card.measured).classes("measured")
                ui.label(card.since)
                ui.label(card.stage).classes("mark waits" if card.waits else "mark")
                for mark in filter(None, (card.order, card.history)):
                    ui.label(mark).classes("mark")
            opened = card.alert_id in self._opened
            details = ui.expansion(words.DETAILS.say(self._asked.language), value=opened).classes("details")
            if opened:
                self._details(details, card)
            details.on_value_change(lambda event: self._turn(details, card, opened=event.value))

    def _turn(self, details: ui.expansion, card: AlertCard, *, opened: bool) -> None:
        if opened:
            self._opened.add(card.alert_id)
            if not details.default_slot.children:
                self._details(details, card)
        else:
            self._opened.discard(card.alert_id)

    def _details(self, details: ui.expansion, card: AlertCard) -> None:
        """Drawn when they are opened: of fifty alerts they are more than all the rest of a page."""
        with details, ui.element("div").classes("list"):
            for name, text in (
                (words.WHAT, card.what),
                (words.TO_DO, card.todo),
                (words.BASIS, card.basis),
                (words.CAMERA, card.camera),
            ):
                with ui.element("div").classes("pair"):
                    ui.label(name.say(self._asked.language)).classes("name")
                    ui.label(text).classes("text")

    def _air(self, cards: tuple[AirCard, ...]) -> None:
        if not cards:
            ui.label(words.NO_AIR.say(self._asked.language)).classes("empty")
        for card in cards:
            with ui.element("div").classes("city").style(f"--level: {card.colour}; --ink: {card.ink}"):
                ui.label(card.aqi).classes("aqi")
                with ui.element("div").classes("about"):
                    with ui.element("div").classes("first"):
                        ui.label(card.city).classes("name")
                        ui.label(card.level).classes("level")
                    ui.label(f"{card.primary} · {card.hour}").classes("hour")

    def _health(self, said: tuple[tuple[HealthGroup, ...], bool]) -> None:
        groups, old = said
        if not groups:
            ui.label(words.HEALTH_UNKNOWN.say(self._asked.language)).classes("empty")
        for group in groups:
            ui.label(group.title).classes("group")
            for row in group.rows:
                well = "old" if old else ""
                with ui.element("div").classes(f"health-row {well if row.well else 'ill'}"):
                    ui.label(row.name).classes("name")
                    ui.label(row.said).classes("said")
