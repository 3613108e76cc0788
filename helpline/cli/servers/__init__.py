"""Embedded servers for demo and tests: a Redis-compatible one and PostgreSQL."""
