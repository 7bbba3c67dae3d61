"""Seawall: report."""
