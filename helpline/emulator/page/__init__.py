"""The telephone page at "/": a caller's telephone, a psychologist's, and what the carrier asked of the service."""
