"""How each kind of cluster is reached."""
