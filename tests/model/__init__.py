"""The state model, executable: what the pipeline promises, without brokers, database or product code.

In go reports that devices, persons and replays make; out come tables, a ledger, statements and alerts. `laws.py` says
what must hold after every step and once all is settled, `machine.py` looks for an order of events that breaks it, and
`mutants.py` breaks the model one sentence at a time, to show that the laws would notice.
"""
