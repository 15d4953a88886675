"""What is measured, and against what. `python -m bench` runs all, `python -m bench NAME` one."""
