"""From what happened to people: who is told of what, by which target, when; and the outbox that nothing is lost from.

The engine writes what is to be told in the transaction in which it happened; the notifier makes messages of it and
sends them, at least once, each under an id that stays the same however often it is sent.
"""
