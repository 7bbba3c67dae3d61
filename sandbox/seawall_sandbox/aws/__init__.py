"""The sandbox's ``aws`` provider: what pulumi-aws answers, with boto3 against a local emulator."""
