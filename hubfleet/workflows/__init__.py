"""Deploy, check, tear down: each a list of named steps that return results and never print."""
