"""Clusters made by terraform: plan, apply what was planned, adopt, destroy."""
