"""The engine: runs an unmodified Pulumi Python program and drives providers.

It hosts Pulumi's ``ResourceMonitor`` and ``Engine`` services as plain objects in this process,
decides the steps between the recorded state and what the program asks for, and runs them. It knows
no provider: see ``seawall_sandbox.protocol``. Others use ``run.Engine``; this file loads nothing,
so that the errors alone can be had without the Pulumi SDK.
"""
