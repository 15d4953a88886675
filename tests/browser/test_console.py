"""What an operator sees in a browser: real alerts in a real database, the real process, Debian's Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from engine_stage import EIGHT, HOUR
from handling_stage import Ground, clock
from pipeline import Process
from playwright.sync_api import Page, expect
from serving import Servers
from waiting import eventually
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from alerts.handling.machine import Action
from alerts.handling.order import OrderAction
from console.run import page_file
from core.settings import CoreSettings

pytestmark = pytest.mark.stack
pytest_plugins = ["browser_stage"]

HOSTILE = "<script>window.hacked=1</script><img src=x onerror=window.hacked=1>"


@pytest.fixture(scope="module")
def console(servers: Servers, stack_environment: dict[str, str]) -> Iterator[str]:
    """The address of a console whose data time is the second of March 2026, 12:00."""
    environment = stack_environment | {
        "LANTIAN_CONSOLE_METRICS_PORT": "0",
        "LANTIAN_CONSOLE_REFRESH_SECONDS": "0.3",
        "LANTIAN_CLOCK_EPOCH": datetime.fromtimestamp(EIGHT + 4 * HOUR, UTC).isoformat(),
        "LANTIAN_CLOCK_STARTED": datetime.now(UTC).isoformat(),
    }
    process = Process("console", ["console", "run", "--port", "0"], environment, servers.state_dir)
    process.start()
    try:
        process.wait_ready()
        yield page_file(servers.settings).read_text(encoding="utf-8").strip()
    finally:
        assert process.end() == 0, process.tail()


def test_an_open_alert_stands_on_the_page_in_chinese_and_after_the_switch_in_english(
    stack: CoreSettings, console: str, page: Page
) -> None:
    ground = Ground(stack, "two-languages")
    ground.hours(312.0)
    page.goto(console)
    alert = page.locator("article").filter(has_text=ground.site.city).first
    expect(alert).to_contain_text("紧急")
    expect(alert).to_contain_text("待确认")
    expect(alert).to_contain_text("停工令待确认")
    expect(alert).to_contain_text("实测 312 µg/m³")
    expect(alert).to_contain_text("自 2026-03-02 09:00")
    expect(page.get_by_text("实时 ·")).to_be_visible()

    page.get_by_role("link", name="English").click()
    expect(alert).to_contain_text("critical")
    expect(alert).to_contain_text("to be acknowledged")
    expect(page.get_by_text("Open alerts")).to_be_visible()
    assert "lang=en" in page.url


def test_the_legal_basis_is_there_on_demand(stack: CoreSettings, console: str, page: Page) -> None:
    ground = Ground(stack, "legal-basis")
    ground.hours(300.0)
    page.goto(console)
    alert = page.locator("article").filter(has_text=ground.site.city).first
    expect(alert.get_by_text("摄像头", exact=True)).to_have_count(0)
    (basis,) = ground.site.rows("select legal_basis from v_alerts where city = %(city)s limit 1")[0]
    assert basis not in requests.get(console, timeout=10).text, "a page carries what nobody has opened"
    alert.get_by_text("详情与法律依据").click()
    expect(alert.get_by_text("摄像头", exact=True)).to_be_visible()
    expect(alert.get_by_text(basis, exact=True)).to_be_visible()


def test_a_new_alert_appears_what_persons_do_shows_and_what_data_clears_goes_without_a_reload(
    stack: CoreSettings, console: str, page: Page
) -> None:
    ground = Ground(stack, "comes-and-goes")
    page.goto(console)
    page.evaluate("window.loaded = 'once'")
    alerts = page.locator("article").filter(has_text=ground.site.city).filter(has_text="停工")
    expect(alerts).to_have_count(0)
    ground.hours(300.0)
    expect(alerts).to_have_count(1)
    ground.do(Action.ACKNOWLEDGE, "值班员张", clock("09:10"))
    ground.order(OrderAction.CONFIRM, "值班员张", clock("09:12"))
    expect(alerts).to_contain_text("已确认")
    expect(alerts).to_contain_text("停工令已确认")
    ground.hours(90.0, 80.0, first=1)
    expect(alerts).to_have_count(0)
    assert page.evaluate("window.loaded") == "once"


def test_names_from_outside_are_text_and_never_run(stack: CoreSettings, console: str, page: Page) -> None:
    ground = Ground(stack, HOSTILE)
    ground.hours(300.0)
    page.goto(console)
    alert = page.locator("article").filter(has_text=ground.site.city).first
    expect(alert).to_contain_text(HOSTILE)
    alert.get_by_text("详情与法律依据").click()
    expect(alert.get_by_text("摄像头", exact=True)).to_be_visible()
    assert page.evaluate("window.hacked") is None
    assert page.locator("article img").count() == 0


def test_the_address_keeps_city_and_severity(stack: CoreSettings, console: str, page: Page) -> None:
    here, there = Ground(stack, "chosen"), Ground(stack, "not-chosen")
    for ground in (here, there):
        ground.hours(300.0)
    page.goto(f"{console}?city={here.site.city}&severity=critical")
    articles = page.locator("article")
    expect(articles.filter(has_text=here.site.city).first).to_be_visible()
    expect(articles.filter(has_text=there.site.city)).to_have_count(0)
    page.get_by_label("级别").click()
    page.get_by_role("option", name="警告").click()
    page.wait_for_url("**severity=warning**")
    assert f"city={here.site.city}" in page.url
    expect(articles.filter(has_text="紧急")).to_have_count(0)


def test_an_open_list_of_choices_stays_open_while_a_new_city_comes(
    stack: CoreSettings, console: str, page: Page
) -> None:
    here, later = Ground(stack, "is-there"), Ground(stack, "comes-later")
    here.hours(300.0)
    page.goto(f"{console}?city={here.site.city}")
    expect(page.locator("article").filter(has_text=here.site.city).first).to_be_visible()
    page.get_by_label("城市").click()
    expect(page.get_by_role("option", name="全部城市")).to_be_visible()
    later.hours(300.0)
    expect(page.get_by_role("option", name=later.site.city)).to_be_visible()
    expect(page.get_by_role("option", name=here.site.city)).to_be_visible()


def test_nothing_is_asked_of_another_host(stack: CoreSettings, console: str, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    Ground(stack, "at-home").hours(300.0)
    page.goto(console)
    expect(page.locator("article").first).to_be_visible()
    page.get_by_role("link", name="English").click()
    expect(page.get_by_text("Open alerts")).to_be_visible()
    home = urlsplit(console).netloc
    assert any(url.startswith("ws:") for url in asked)
    assert {urlsplit(url).netloc for url in asked if not url.startswith("data:")} == {home}


def test_what_the_page_shows_is_there_as_json_of_the_same_snapshot(stack: CoreSettings, console: str) -> None:
    ground = Ground(stack, "as-json")
    ground.hours(312.0)

    def found() -> dict[str, object]:
        asked = {"city": ground.site.city, "severity": "critical"}
        alerts = requests.get(f"{console}api/v1/alerts", asked, timeout=10).json()["alerts"]
        return alerts[0] if alerts else {}

    alert = eventually("the alert is told", found)
    assert (alert["value"], alert["stage"], alert["order"]) == (312.0, "open", "proposed")
    assert "/api/v1/cities" in requests.get(f"{console}openapi.json", timeout=10).json()["paths"]


def test_a_page_is_readable_on_a_desk_and_on_a_phone(
    stack: CoreSettings, console: str, page: Page, phone: Page, pictures: Path
) -> None:
    Ground(stack, "picture").hours(312.0)
    for tab, name in ((page, "desk"), (phone, "phone")):
        tab.goto(console)
        expect(tab.locator("article").first).to_be_visible()
        expect(tab.locator(".health-row").first).to_be_visible()
        tab.screenshot(path=pictures / f"{name}.png")
        assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "it scrolls sideways"


def test_a_clock_that_is_not_that_of_the_data_is_said_until_it_is(
    stack: CoreSettings, console: str, page: Page
) -> None:
    ground = Ground(stack, "other-clock")
    ground.tamper("truncate heard_until")
    ground.tamper("insert into heard_until values (0, '2026-02-25 12:00+08')")
    page.goto(console)
    warned = page.get_by_role("alert").filter(has_text="数据时间停在 2026-02-25 12:00")
    try:
        expect(warned).to_contain_text("值班台时钟为 2026-03-02 12:")
        assert requests.get(f"{console}api/v1/cities", timeout=10).json()["clocks_apart_s"] > 4 * 86_400
    finally:
        ground.tamper("truncate heard_until")
    expect(warned).to_have_count(0)


@pytest.mark.parametrize(("asked", "language"), [("", "zh-CN"), ("?lang=zh", "zh-CN"), ("?lang=en", "en-US")])
def test_a_page_says_in_which_language_it_is(console: str, page: Page, asked: str, language: str) -> None:
    page.goto(f"{console}{asked}")
    expect(page.get_by_text("English" if language == "zh-CN" else "中文")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", language)


@pytest.mark.parametrize("path", ["", "api/v1/alerts", "openapi.json"])
def test_head_is_answered_as_get_is_without_a_body(console: str, path: str) -> None:
    with requests.Session() as one_connection:
        said = one_connection.head(f"{console}{path}", timeout=10)
        assert (said.status_code, said.content) == (200, b"")
        full = one_connection.get(f"{console}{path}", timeout=10)
        assert full.content
        assert said.headers["Content-Type"] == full.headers["Content-Type"]


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("POST", {}, 405),
        ("DELETE", {}, 405),
        ("GET", {"Host": "evil.test"}, 421),
        ("GET", {"Origin": "http://evil.test"}, 403),
    ],
)
def test_nobody_writes_and_no_other_site_reads(console: str, method: str, headers: dict[str, str], status: int) -> None:
    refused = requests.request(method, console, headers=headers, timeout=10)
    assert refused.status_code == status
    assert "frame-ancestors 'none'" in refused.headers["Content-Security-Policy"]


def test_a_page_of_another_site_opens_no_websocket(console: str) -> None:
    address = f"ws://{urlsplit(console).netloc}/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
    with connect(address, origin=Origin(console.rstrip("/"))) as own:
        assert own.recv(timeout=10)
    with pytest.raises(InvalidStatus) as refused:
        connect(address, origin=Origin("http://evil.test"))
    assert refused.value.response.status_code == 403


def test_a_database_that_is_away_is_said_with_the_age_of_what_is_shown_and_is_no_quiet_night(
    servers: Servers, stack: CoreSettings, console: str, page: Page
) -> None:
    ground = Ground(stack, "database-away")
    ground.hours(300.0)
    page.goto(console)
    alert = page.locator("article").filter(has_text=ground.site.city).first
    expect(alert).to_be_visible()
    away = page.get_by_role("alert").filter(has_text="数据库不通")
    servers.stop("postgres")
    try:
        expect(away).to_be_visible()
        expect(alert).to_be_visible()
        expect(page.get_by_text("没有未解除的报警")).to_have_count(0)
        said = requests.get(f"{console}api/v1/alerts", timeout=10).json()
        assert said["away"]
        assert said["alerts"]
    finally:
        servers.start("postgres")
    expect(away).to_have_count(0)
    expect(page.get_by_text("实时 ·")).to_be_visible()
