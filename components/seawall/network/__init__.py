"""Seawall: network."""
