"""The unit in which concentrations are compared exactly."""

NANO = 1_000_000_000
"""Parts of a unit."""
NANO_LARGEST = 1e6
"""Up to here a double times `NANO` is exact to the unit (15 digits)."""
