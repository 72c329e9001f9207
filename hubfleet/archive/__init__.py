"""Archives of home directories: what is in a tar stream, compared with what was in the home. No Kubernetes here."""
