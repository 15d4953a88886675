"""`lantian readings`: looking at readings, and what persons say of them."""
