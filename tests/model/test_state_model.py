"""The state model holds over each profile, and every sentence of it is needed."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from . import documentation
from .laws import LawBrokenError
from .machine import Machine
from .mutants import Mutant, Profile
from .profile_alerts import AlertMachine
from .profile_delivery import DeliveryMachine
from .profile_retention import RetentionMachine
from .profile_revision import RevisionMachine
from .profile_zombies import ZombieMachine

MACHINES: dict[Profile, type[Machine]] = {
    machine.profile: machine
    for machine in (DeliveryMachine, RevisionMachine, ZombieMachine, AlertMachine, RetentionMachine)
}

SOUND = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    stateful_step_count=30,
    suppress_health_check=list(HealthCheck),
)
BROKEN = settings(SOUND, max_examples=1000, phases=[Phase.generate], report_multiple_bugs=False, print_blob=False)


def machine_with(mutant: Mutant | None, profile: Profile) -> type[Machine]:
    """The profile's machine over a world with that fault."""
    return type(profile.name.title(), (MACHINES[profile],), {"mutant": mutant})


@pytest.mark.parametrize("profile", Profile, ids=lambda profile: profile.value)
def test_the_state_model_holds(profile: Profile) -> None:
    run_state_machine_as_test(machine_with(None, profile), settings=SOUND)


@pytest.mark.parametrize("mutant", Mutant, ids=lambda mutant: mutant.name.lower())
def test_a_broken_sentence_is_noticed(mutant: Mutant) -> None:
    with pytest.raises(LawBrokenError):
        run_state_machine_as_test(machine_with(mutant, mutant.profile), settings=BROKEN)


def test_the_page_names_every_mutant_with_its_sentence_and_profile() -> None:
    page = documentation.PAGE.read_text(encoding="utf-8")
    assert page == documentation.page_with_table(page), "cd tests && python -m model.documentation"
