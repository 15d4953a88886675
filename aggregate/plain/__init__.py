"""Plain reports: numbers alone, of which nothing is known yet, taken and stored by columns.

Nearly every report is one. What a plain report comes to follows from its numbers, so thousands are judged, stored and
put into their hours at once; `aggregate.judge`, `take` and `revision` take all others one by one, and say what is right
where the two could differ. A station with a single report that is not plain has all of a batch taken one by one.
"""
