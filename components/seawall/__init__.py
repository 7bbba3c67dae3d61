"""Seawall: a hardened microservice platform on AWS, as Pulumi components."""
