"""The operators' console: one read-only page and the same as JSON, of the views alone.

What is shown is read once for all browsers (`poll`), is a frozen value (`snapshot`), is put in words and in order by
pure functions (`view`), and only then becomes a page (`page`) or JSON (`api`).
"""
