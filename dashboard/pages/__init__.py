"""The pages, one folder each: see `dashboard/registry.py`."""
