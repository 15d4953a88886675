"""Rules as data: TOML packs of rules with their texts, legal basis and cases, and the model that checks them.

In come `*.toml` files; out goes a `RuleBook`. What fails, fails as an `InputError` that names file, line, rule,
field and remedy.
"""
