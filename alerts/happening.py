"""What can happen to an alert by data."""

from __future__ import annotations

from enum import StrEnum


class Happening(StrEnum):
    """What a judgement did to an alert."""

    OPENED = "opened"
    EXTENDED = "extended"
    """A further window belongs to it."""
    RAISED = "raised"
    """It became graver."""
    LOWERED = "lowered"
    """It became less grave."""
    CORRECTED = "corrected"
    """A window that it stands on changed."""
    CLEARED = "cleared"
    """Valid later windows ended it, or the rule's schedule did."""
    REOPENED = "reopened"
    """The window that had ended it no longer does."""
    WITHDRAWN = "withdrawn"
    """A correction left none of the windows that caused it."""
    MERGED = "merged"
    """What lay between it and a later alert no longer separates them: the later one goes on."""
    SPLIT = "split"
    """The earlier part of an alert that a late or corrected window divided; the later part keeps the alert."""
    RETIRED = "retired"
    """Its rule is in force no more: nobody judges whether it lasts."""
