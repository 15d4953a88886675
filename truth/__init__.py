"""What must follow from what was sent, computed slowly and independently, and the judge that compares.

It is no part of what it judges: of `aggregate` and `alerts` it takes names and data alone (reasons, windows, rules),
never a computation (docs/decisions/0005-truth-is-a-room.md).
"""
