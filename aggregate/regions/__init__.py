"""Evaluation of stored days by regions: stations, counties, cities, provinces and named groups over any period.

Months, quarters and years of stations and cities are made by the worker (`aggregate.periods`); here the same figures
come for any span of days and any region, with attainment, ranking, change against a base, and targets.
"""
