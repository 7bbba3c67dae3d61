"""Seawall: firewall."""
