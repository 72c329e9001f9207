"""The charts: where they come from, packaged into the cache by content."""
