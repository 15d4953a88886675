"""Retention: days that are over are closed and condensed, so that their readings may go; `closing` is the work."""
