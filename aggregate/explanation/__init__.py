"""`lantian explain`: a figure with all that it is made of, and the rules that make it; no kin of the ledger's."""
