"""`lantian bench kernels`: a year of hourly air of many stations, evaluated by Lantian, by pandas and by Polars.

All three make the same two tables of the same long columns, and must agree in every cell (`compare`).
"""
