"""What a rule would have said of the past: stored statistics in, the alerts that they amount to out.

The same functions judge as in the engine, over all windows at once. Nothing is written, and nobody is told.
"""
