"""Makes ``fakes`` importable in this folder."""
