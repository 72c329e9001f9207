"""Container images that the embedded chart runs, tagged by their content."""
