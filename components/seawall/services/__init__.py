"""Seawall: services."""
