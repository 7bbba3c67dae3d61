"""Seawall: eks."""
