"""Run the examples of the interest without Odoo: ``python -m interest`` from the root of the add-on."""

import doctest
import importlib
import pkgutil
import sys

import interest

names = ["interest", *(f"interest.{module.name}" for module in pkgutil.iter_modules(interest.__path__))]
results = [doctest.testmod(importlib.import_module(name)) for name in names if not name.endswith("__main__")]
print(f"{sum(result.attempted for result in results)} examples, {sum(result.failed for result in results)} failed")
sys.exit(any(result.failed for result in results))
