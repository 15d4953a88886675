"""An image is taken where it is, pulled where it can be, and else stood in for by what says so."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from . import engine, images, standin
from .engine import EngineError, docker, image
from .images import Origin

KAFKA = "apache/kafka:4.3.1"


def test_every_image_that_the_tested_profiles_name_has_a_stand_in_of_its_very_version() -> None:
    assert sorted({*images.named(), standin.BASE}) == sorted(standin.FOLDERS)


def test_an_image_made_on_a_stand_in_is_not_taken_for_one() -> None:
    inherited = {standin.MARK: "true", standin.FOR: standin.BASE}
    assert standin.is_one(standin.BASE, inherited)
    assert not standin.is_one("lantian/lantian:0.1.0", inherited)


def test_an_image_without_labels_is_a_real_one() -> None:
    assert not standin.is_one(KAFKA, {})


@pytest.mark.parametrize("change", ["content", "name", "right to run"])
def test_another_source_is_another_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    shutil.copytree(standin.SOURCES / "mosquitto", tmp_path / "mosquitto")
    monkeypatch.setattr(standin, "SOURCES", tmp_path)
    script = tmp_path / "mosquitto" / "docker-entrypoint.sh"
    before = standin.digest("eclipse-mosquitto:2.0.21")
    match change:
        case "content":
            script.write_text("#!/bin/sh\n", encoding="utf-8")
        case "name":
            script.rename(script.with_name("entrypoint.sh"))
        case _:
            script.chmod(0o644)
    assert standin.digest("eclipse-mosquitto:2.0.21") != before


@pytest.fixture
def tag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The tag of an image that no registry has, with sources for a small stand-in."""
    engine.required()
    images.ensure(standin.BASE)
    name = f"lantian-standin-{uuid.uuid4().hex[:8]}:1"
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "Dockerfile").write_text(f"FROM {standin.BASE}\nENV SAYS=first\n", encoding="utf-8")
    monkeypatch.setattr(standin, "SOURCES", tmp_path)
    monkeypatch.setattr(standin, "FOLDERS", {name: "small"})
    yield name
    with suppress(EngineError):
        docker("image", "rm", name)


@pytest.mark.containers
def test_what_cannot_be_pulled_is_stood_in_for_once(tag: str) -> None:
    assert images.ensure(tag) is Origin.MADE
    assert images.ensure(tag) is Origin.STANDS_IN


@pytest.mark.containers
def test_a_stand_in_is_made_anew_when_its_sources_change_and_the_old_one_goes(tag: str, tmp_path: Path) -> None:
    images.ensure(tag)
    first = image(tag)
    assert first is not None
    (tmp_path / "small" / "Dockerfile").write_text(f"FROM {standin.BASE}\nENV SAYS=second\n", encoding="utf-8")
    assert images.ensure(tag) is Origin.MADE
    assert docker("run", "--rm", tag, "sh", "-c", "echo $SAYS") == "second"
    assert image(first[0]) is None


@pytest.mark.containers
def test_an_image_that_is_there_is_left_as_it_is(tag: str) -> None:
    docker("tag", standin.BASE, tag)
    assert images.ensure(tag) is Origin.THERE
    assert image(tag) == image(standin.BASE)


@pytest.mark.containers
def test_what_cannot_be_had_is_told_and_does_not_stop_the_others(tag: str) -> None:
    told: list[str] = []
    assert not images.ensure_all(["lantian-standin-unknown:1", tag], told.append)
    assert told[0].startswith("lantian-standin-unknown:1: FAILED: docker pull:")
    assert told[1].startswith(f"{tag}: stand-in, made (")
