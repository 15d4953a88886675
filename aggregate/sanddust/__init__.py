"""Sand-dust periods: what is decided elsewhere, kept here, and what statistics without them leave out."""
