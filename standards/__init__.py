"""What the regulations say: factors, limits by edition, and pure functions on numbers and arrays.

In come numbers, out come numbers; no I/O but the TOML files beside the code, no clock, no settings.
A value that a regulation does not define is NaN, never a guess.
"""
