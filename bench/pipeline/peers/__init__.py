"""Others on the same work: what moves the same reports with less, or makes the same hours another way.

Each says in one line what it does not do. A peer that cannot be had is skipped with its reason; one that loses or
doubles reports says how many.
"""
