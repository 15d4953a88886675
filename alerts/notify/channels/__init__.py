"""The ways out: each sends one message to one target and says what became of it. Nothing here retries or remembers."""
