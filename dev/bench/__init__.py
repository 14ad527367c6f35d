"""Figures: a large ledger, and what the add-on takes for it. See README.rst."""
