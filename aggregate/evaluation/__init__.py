"""Evaluation of air by HJ 633, GB 3095 and HJ 663, of whole columns at once and without any server.

In come hours of many stations, as arrays, tables or files; out go hours, days and periods with their indices. Each
window is computed anew, in the order of its slots, so that it is bit for bit what the stream's kernels
(`aggregate.windows`) make of the same hours. What cannot be used is said, with file and row, and never guessed.
"""
