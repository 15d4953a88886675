"""Grafana's dashboards, made from these sources into `dashboards/*.json`, and what provisions them.

What they show: docs/dashboards.md.
"""
