"""The ledger: what came in against what stands, down to the numbers that differ; `books` reads, `balance` compares."""
