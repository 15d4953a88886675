"""Pictures of a day: in go the database's rows, out come PNG files.

`day` reads rows into courses of numbers and nothing else knows SQL; each of the other modules draws one picture of
them on a `canvas`, which knows fonts, colours and the hours of the day. `draw` says which pictures a day has.
"""
