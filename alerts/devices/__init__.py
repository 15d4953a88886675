"""Rules about devices: when stations were last heard in, alerts on silence, clocks and stamps of the future out.

Judged by the clock, as far as the worker has read: what waits in Kafka is no silence, nor is a time in which nothing at
all comes in, which is for those who watch the processes.
"""
