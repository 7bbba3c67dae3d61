"""What all resource types share: a type is a small class that says what is special about it."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import ClassVar

from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.errors import UndecidedError
from seawall_sandbox.aws.naming import automatic_name
from seawall_sandbox.aws.schema import Schema, resource_schema
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Value

DEFAULTS_KEY = "__defaults"
"""Where the real provider notes, in the inputs, which of them it filled in."""


class ResourceType(ABC):
    """One resource type: declare what differs, and write create, read, update and delete.

    Property paths in the declarations are camelCase names joined by dots, without list indexes:
    ``vpcConfig.subnetIds``, ``ingress.self``. Types and which arguments are required come from
    pulumi_aws; arguments that are optional and computed are recognised by their output type.
    """

    token: ClassVar[str]
    """The type token, such as ``aws:ec2/vpc:Vpc``."""
    force_new: ClassVar[frozenset[str]] = frozenset()
    """Arguments whose change needs a new resource. ``region`` always does."""
    defaults: ClassVar[Mapping[str, Value]] = {}
    """Values that the real provider's Check fills in, noted in ``__defaults``. A nested path fills
    every object at that place that is given."""
    implied: ClassVar[Mapping[str, Value]] = {}
    """What AWS takes for arguments that are not given and that Check leaves alone, by path: known
    in a preview all the same."""
    usual: ClassVar[Mapping[str, Value]] = {}
    """What AWS tells of arguments that are not given, which is neither drift nor promised in a
    preview."""
    computed: ClassVar[frozenset[str]] = frozenset()
    """Nested arguments that AWS fills in when they are not given; unknown in a preview. At the top
    level pulumi_aws's types say so, but for those whose removal the real provider overlooks."""
    sets: ClassVar[frozenset[str]] = frozenset()
    """Lists without an order."""
    documents: ClassVar[frozenset[str]] = frozenset()
    """Strings that hold a JSON document, compared by meaning."""
    zeros: ClassVar[Mapping[str, Mapping[str, Value]]] = {}
    """Objects by path whose outputs carry every key, with these values when not given."""
    changing: ClassVar[frozenset[str]] = frozenset()
    """Outputs that any update may change: unknown in its preview."""
    write_only: ClassVar[frozenset[str]] = frozenset()
    """Arguments that AWS never tells back: the outputs repeat the inputs."""
    unemulated: ClassVar[frozenset[str]] = frozenset()
    """Arguments that AWS keeps and the emulator forgets: the outputs repeat the inputs."""
    hashed: ClassVar[frozenset[str]] = frozenset()
    """Texts (maybe in base64) whose outputs are their SHA-1, so that no state holds them. What has
    been asked for last tells whether one changed."""
    plainly_hashed: ClassVar[frozenset[str]] = frozenset()
    """Sets of texts that the real provider orders by another checksum than all others: see
    ``ordering``."""
    secret_outputs: ClassVar[frozenset[str]] = frozenset()
    """Outputs that are secret whatever the inputs were."""
    name_property: ClassVar[str] = "name"
    """The argument that gets an automatic name, if the type has such an argument; or empty."""
    name_max: ClassVar[int] = 255
    """How long an automatic name may be."""
    name_prefix_property: ClassVar[str] = "namePrefix"
    """Given this argument, no automatic name is made."""
    framework: ClassVar[bool] = False
    """Whether the real provider wrote the type on Terraform's newer framework: keys of an object
    that are not given stay absent then. The older SDK tells them as zero values.

    https://developer.hashicorp.com/terraform/plugin/framework/migrating/benefits"""
    propagating: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Refusals of a create that pass by themselves, by code: AWS does not see yet, all over, what
    was made just before. With texts one of which the message holds; none: whatever it says. They
    are those for which the real provider waits."""
    delete_before_replace: ClassVar[bool] = False
    """Whether old and new can never exist side by side."""
    emulated: ClassVar[str] = "fully"
    """``fully``, ``partly`` (some updates are kept by the provider), or ``recorded`` only."""

    @cached_property
    def schema(self) -> Schema:
        """Arguments and outputs as pulumi_aws declares them."""
        schema = resource_schema(self.token)
        inputs = {
            key: replace(argument, computed=argument.computed or key in self.computed)
            for key, argument in schema.inputs.items()
        }
        return replace(schema, inputs=inputs)

    @property
    def taggable(self) -> bool:
        """Whether the type has tags that the provider merges with its default ones."""
        return "tags" in self.schema.inputs and "tagsAll" in self.schema.outputs

    @property
    def regional(self) -> bool:
        """Whether the type takes a region (since version 7 all but the global services do)."""
        return "region" in self.schema.inputs

    def automatic_name(self, name: str, seed: bytes) -> str:
        """The name of a resource that was given none. Raises ``ValueError`` if it is too long."""
        return automatic_name(name, seed, max_length=self.name_max)

    def validate(self, inputs: Properties) -> Iterable[Failure]:  # noqa: ARG002  # for subclasses
        """What is wrong with inputs that the types alone accept. They may hold unknowns."""
        return ()

    def force_new_on(self, old: Properties, new: Properties) -> frozenset[str]:  # noqa: ARG002
        """Further arguments that replace, for this change only (a cross-field rule of AWS)."""
        return frozenset()

    def same(self, place: str, old: Value, new: Value) -> bool:  # noqa: ARG002  # for subclasses
        """Whether two values at a path mean the same to AWS, though they are written differently.

        ``old`` is what AWS said, ``new`` what the program wants. Asked only when they differ.
        """
        return False

    def checked_text(self, place: str, item: Properties) -> str | None:  # noqa: ARG002
        """What the real provider makes the checksum of an object in a set of, by which it orders.

        ``None``: not known here, or not with unknown values; the set stays as it is.
        """
        return None

    def inapplicable(self, inputs: Properties) -> frozenset[str]:  # noqa: ARG002  # for subclasses
        """Arguments that AWS ignores for this kind of resource, default values included.

        They are neither compared nor promised as outputs.
        """
        return frozenset()

    def changing_on(self, changed: frozenset[str], new: Properties) -> frozenset[str]:  # noqa: ARG002
        """Outputs that an update of these arguments may change: unknown in its preview."""
        return self.changing if changed else frozenset()

    @abstractmethod
    def create(self, ctx: Context, inputs: Properties) -> str:
        """Make it with one call, after looking at whatever must be there, and return its id.

        ``inputs`` are checked, without ``__defaults``; ``inputs["tagsAll"]`` are the tags to set.
        All that follows the making belongs in ``finish``: what fails there is told with the id.
        When AWS's answer is lost, ``find`` is asked for what was made before this is called again.
        """

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:  # noqa: B027
        """Do what is left once AWS has made it: wait until it can be used, attach, set up.

        May be called again, by a later run too, after any part of it was done: so it looks first.
        """

    @abstractmethod
    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        """The outputs as AWS has them now, or ``None`` when it is gone.

        ``known``: inputs or outputs known last, empty when importing. A type with tags gives all of
        them as ``tagsAll``; ``id``, ``region`` and ``tags`` are filled in for it.
        """

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        """Apply the changed top-level arguments other than tags, which ``retag`` does.

        ``old``: outputs and inputs known last. A type all of whose arguments replace needs none.
        """
        raise NotImplementedError(f"{self.token} must say how {sorted(changed)} change in place.")

    @abstractmethod
    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        """Delete it. "Not found" is a success and "in use" is tried again: both by the caller."""

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        """Set and remove tags of a resource that exists."""
        raise NotImplementedError(f"{self.token} has tags and must say how they change.")

    def find(self, ctx: Context, inputs: Properties) -> str | None:  # noqa: ARG002
        """The id of the resource that these very inputs have made already.

        For recovery after a crash between a create and its being noted, and after a create whose
        answer was lost. By a unique name or the like, and never one of ``ctx.held``; ``None`` when
        there is none. Raises ``UndecidedError`` when it cannot be told.
        """
        raise UndecidedError
