"""Seawall: registry."""
