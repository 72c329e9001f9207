"""New clusters and new hubs: files that validate at once, or none."""
