"""Heavy-pollution warnings: from forecast and observed daily AQI to levels, proposals and dispatch lists.

`scheme` holds the conditions as data, `assess` says which level a sequence of days meets, `course` what follows for the
warning in force, `decide` what a person may make of it, `dispatch` what each enterprise then has to do, `past` what a
scheme would have said of days gone by: pure, time is passed in. `proposing` is the engine's part on the database,
`desk` that of persons. docs/warnings.md.
"""
