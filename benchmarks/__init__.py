"""How fast the sandbox is, next to the SDK's own mocks and to the stock CLI: ``make bench``."""
