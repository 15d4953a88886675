"""What persons do about alerts: acknowledge, dispatch, feed back, verify; stop-work orders; silences; the log of it.

In come alerts as the engine keeps them and what operators ask for; out go stages, orders, escalations and rows of one
append-only log. What is asked for may be refused, with the reason and the remedy; nothing of it is kept then.
"""
