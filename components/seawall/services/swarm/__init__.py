"""The application as a stack of Docker Swarm."""
