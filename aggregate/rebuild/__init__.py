"""`lantian recompute`: statistics made again from what is stored, and what changed by it."""
