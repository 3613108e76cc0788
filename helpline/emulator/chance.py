"""Chance, always seeded: two runs with one seed draw the same."""

import random

Chance = random.Random
