"""The test bed: EC2 instances as namespaces on this machine, each with an engine of its own.

An instance is one set of namespaces (network, mounts, host name, processes) with a small init in
the place of systemd; to kill it is to kill that process. The switch between them is a namespace
too, so that nothing of the machine's own network, files or engines is touched. AWS is the sandbox's
emulator.
"""
