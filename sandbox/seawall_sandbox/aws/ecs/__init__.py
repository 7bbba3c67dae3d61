"""Amazon ECS: clusters, task definitions, services. moto keeps them; no task runs."""

from typing import Final

from seawall_sandbox.aws.ecs.cluster import Cluster
from seawall_sandbox.aws.ecs.service import Service
from seawall_sandbox.aws.ecs.task_definition import TaskDefinition
from seawall_sandbox.aws.resource import ResourceType

RESOURCES: Final[tuple[type[ResourceType], ...]] = (Cluster, Service, TaskDefinition)
