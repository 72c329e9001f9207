"""JSON Schema and cross-file rules, as values: a list of findings."""
