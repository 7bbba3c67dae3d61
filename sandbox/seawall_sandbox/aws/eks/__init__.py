"""EKS: clusters, node groups, add-ons, access, pod identity."""
