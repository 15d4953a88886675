"""The whole pipeline under load: how much it takes, how late it is, what it costs, and whether all of it is right."""
