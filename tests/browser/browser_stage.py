"""A browser for tests: Debian's Chromium, driven by Playwright, with the Chinese font of the system root."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from serving import Servers

from deploy.setup import for_tests, places

FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><dir>/usr/share/fonts</dir><dir>{chinese}</dir><cachedir>{cache}</cachedir>
<match target="pattern"><edit name="family" mode="append"><string>WenQuanYi Micro Hei</string></edit></match>
</fontconfig>
"""


@pytest.fixture(scope="session")
def browser(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium without a window; `make test-tools` installs it."""
    program = for_tests.chromium()
    assert program, "there is no Chromium: run `make test-tools`"
    folder = tmp_path_factory.mktemp("browser")
    chinese = (places.system_root(servers.settings.cache_dir) / places.CHINESE_FONT).parent
    fonts = folder / "fonts.conf"
    fonts.write_text(FONTS.format(chinese=chinese, cache=folder / "fonts"), encoding="utf-8")
    environment: dict[str, str | float | bool] = {**os.environ, "FONTCONFIG_FILE": str(fonts)}
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"], env=environment)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh tab of a desk's size."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, timezone_id="America/New_York")
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A fresh tab of a phone's size."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of pages go: `LANTIAN_TEST_PICTURES`, or a folder that is thrown away."""
    folder = Path(os.environ.get("LANTIAN_TEST_PICTURES") or tmp_path_factory.mktemp("pictures"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
