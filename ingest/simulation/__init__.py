"""The simulator: monitors with a plausible daily course and a dust event, the same bytes for the same seed.

In come stations, a span of time, a seed and events; out come numbered reports in order of time, which
`ingest.simulation.sending` sends as devices do.
"""
