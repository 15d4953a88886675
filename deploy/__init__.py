"""How the parts run together: the `lantian` command, the local stack, the demonstration.

In come settings and commands; out come running processes. No logic of the domain lives here.
"""
