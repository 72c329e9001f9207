"""Tasks by topic. The only place that imports invoke."""
