"""YAML files to frozen dataclasses, layers of values, and where each value came from."""
