"""The sandbox: runs a Pulumi program against emulated AWS, with Python alone.

Rooms: ``engine`` (speaks the Pulumi protocol to the program, knows no provider), ``aws``,
``kubernetes`` and
``random`` (providers, know no engine), ``emulator`` (AWS on loopback), ``serve`` (a provider as a
Pulumi plugin
over gRPC), ``session`` (puts them together). ``values`` and ``protocol`` are what engine and
providers share.
"""
