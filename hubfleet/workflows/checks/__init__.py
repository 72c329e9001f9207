"""Checking a hub: as a visitor (`front`), and as a user (`user`)."""
