"""The simulator: monitors that behave like monitors, the same bytes for the same seed.

In comes a scenario (`scenario`): a network, spans of time, episodes, faults. `generator` makes what its monitors
measure, `stream` numbered messages of it as devices do, `sending` hands them to the broker until the centre has all.
"""
