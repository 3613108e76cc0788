"""The parts of `benchmarks.service_level`: the arrivals, the yardsticks, and the product in virtual time."""
