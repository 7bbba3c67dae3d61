"""The application as Kubernetes objects: pure functions from ``services.model`` to manifests."""
