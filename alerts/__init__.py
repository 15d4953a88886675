"""From statistics to people: rule packs, the engine, the life cycle of an alert.

In come statements from `lantian.statistics.v1`; out go alerts in the database and on `lantian.alerts.v1`.
The engine judges a statement once; what is not newer than the last one judged is ignored.
"""
