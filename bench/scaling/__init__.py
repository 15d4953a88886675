"""How cost grows: with stations, workers, history in the database, and what is recomputed."""
