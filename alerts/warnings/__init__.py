"""Heavy-pollution warnings: from forecast and observed daily AQI to levels, proposals and dispatch lists.

Pure, and on files alone: no database, no Kafka, no clock; time is passed in. `scheme` holds the conditions as data,
`assess` says which level a sequence of days meets, `course` what follows for the warning in force, `dispatch` what
each enterprise then has to do, `past` what a scheme would have said of days gone by. docs/warnings.md.
"""
