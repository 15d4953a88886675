"""What monitors measure, kind by kind; `by_kind` finds the model of a kind."""
