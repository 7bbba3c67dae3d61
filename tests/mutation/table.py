"""Rules of the engine, each broken in one place: the tests must notice every one of them.

A mutation replaces a text of a module of ``seawall_sandbox/engine`` that stands there once.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """What is broken: a name, the rule in words, and the text of a module with what replaces it."""

    name: str
    rule: str
    module: str
    text: str
    instead: str


class StaleError(Exception):
    """The text of a mutation does not stand exactly once in its module."""


def mutated(mutation: Mutation, source: str) -> str:
    """The module's source with the rule broken. Raises ``StaleError``."""
    count = source.count(mutation.text)
    if count != 1:
        raise StaleError(
            f"The text of the mutation {mutation.name} stands {count} times in engine/"
            f"{mutation.module}, not once: the code has changed, so change tests/mutation/table.py."
            f"\n{mutation.text}"
        )
    return source.replace(mutation.text, mutation.instead)


MUTATIONS = (
    # Deletion
    Mutation(
        "delete-order",
        "what depends on a resource is deleted before it",
        "graph.py",
        "                    before[id(needed)].append(state)\n",
        "                    before[id(state)].append(needed)\n",
    ),
    Mutation(
        "delete-at-once",
        "a deletion waits until all that depends on its resource is gone",
        "apply.py",
        "ready = [key for key in waiting if not blockers[key]]",
        "ready = list(waiting)",
    ),
    Mutation(
        "delete-after-failure",
        "what a resource that could not be deleted depends on stays",
        "apply.py",
        "                    if future.result():\n",
        "                    if future.result() or True:\n",
    ),
    Mutation(
        "delete-component-children",
        "one that depends on a component depends on the component's children",
        "graph.py",
        "                        self._add_children(urn, place, found)\n",
        "                        pass\n",
    ),
    Mutation(
        "deleted-with",
        "what is deleted with another resource is not asked of the provider",
        "plan.py",
        "return bool(state.deleted_with) and state.deleted_with in self.deletes",
        "return False",
    ),
    Mutation(
        "deleted-with-replaced",
        "what is deleted with another resource is replaced with it",
        "plan.py",
        "if new.deleted_with and new.deleted_with in self.replaces:",
        "if new.deleted_with and new.deleted_with in ():",
    ),
    Mutation(
        "retain-on-delete",
        "what is retained stays in the cloud when the state forgets it",
        "apply.py",
        "kept = old.retain_on_delete or self.is_deleted_with(old)",
        "kept = self.is_deleted_with(old)",
    ),
    Mutation(
        "delete-what-is-read",
        "what the program only reads is discarded, not deleted",
        "step.py",
        "    if state.external:\n",
        "    if False:\n",
    ),
    # Protection
    Mutation(
        "protect-delete",
        "what is protected is not deleted",
        "apply.py",
        "        if old.protect and not step.replacing:\n",
        "        if False:\n",
    ),
    Mutation(
        "protect-destroy",
        "a destroy with something protected touches nothing",
        "apply.py",
        "if step.state.protect and not step.replacing]",
        "if False]",
    ),
    Mutation(
        "protect-replace",
        "what is protected is not replaced",
        "plan.py",
        "            if new.protect and old.protect:\n",
        "            if False:\n",
    ),
    Mutation(
        "protect-dependent",
        "what is protected is not replaced with what it depends on",
        "plan.py",
        "            if state.protect and not state.delete:\n",
        "            if False:\n",
    ),
    # Replacement
    Mutation(
        "create-before-delete",
        "a replacement is made before what it replaces is deleted",
        "plan.py",
        "first = diff.delete_before_replace\n",
        "first = True\n",
    ),
    Mutation(
        "delete-before-replace",
        "with deleteBeforeReplace the old resource is deleted first",
        "plan.py",
        "                first = goal.delete_before_replace\n",
        "                pass\n",
    ),
    Mutation(
        "delete-before-replace-dependents",
        "what depends on a resource that is deleted first is deleted before it",
        "plan.py",
        "for state, keys in reversed(dependents):",
        "for state, keys in dependents:",
    ),
    Mutation(
        "replace-on-changes",
        "a change under replaceOnChanges is a replacement",
        "difference.py",
        "    if not patterns or not (diff.changed or has_init_errors):\n",
        "    if True:\n",
    ),
    Mutation(
        "replaced-is-pending",
        "what was replaced waits in the state until it is deleted",
        "apply.py",
        "            self._recorder.put(old)\n            old = None\n"
        "        outputs = new.outputs\n",
        "        outputs = new.outputs\n",
    ),
    # Differences
    Mutation(
        "ignore-changes",
        "a property under ignoreChanges keeps its recorded value",
        "paths.py",
        "    if not ignored:\n        return news, ()\n",
        "    if True:\n        return news, ()\n",
    ),
    Mutation(
        "half-done-update",
        "after an update that failed, what it was to change is still a difference",
        "apply.py",
        "inputs=new.inputs if error is None else old.inputs)",
        "inputs=new.inputs)",
    ),
    Mutation(
        "half-done-create",
        "what a failed create left is in the state",
        "apply.py",
        "            raise error\n        if new.custom:\n            # Those",
        "            self._recorder.remove(new)\n            raise error\n"
        "        if new.custom:\n            # Those",
    ),
    # Identity
    Mutation(
        "alias",
        "a resource is known by the aliases that the program gives it",
        "identity.py",
        "        for alias in self.alias_urns(goal):\n",
        "        for alias in ():\n",
    ),
    Mutation(
        "alias-of-parent",
        "the children of a resource with an alias inherit it",
        "identity.py",
        "        if goal.parent and parent_alias:\n",
        "        if False:\n",
    ),
    Mutation(
        "alias-references",
        "what names a resource by its former URN in the state names it by the new one",
        "serialize.py",
        "    if not present:\n        return list(states)\n",
        "    if True:\n        return list(states)\n",
    ),
    Mutation(
        "duplicate-urn",
        "two resources cannot have one URN",
        "identity.py",
        "        if urn in self.seen:\n",
        "        if False:\n",
    ),
    # Secrets
    Mutation(
        "secret-output-of-input",
        "an output is secret whose input of the same name is",
        "marks.py",
        "        if key not in outputs or not is_secret(given):\n",
        "        if True:\n",
    ),
    Mutation(
        "secret-by-provider",
        "an output is secret that the provider says is",
        "providers.py",
        "outputs = mark(annotate(result.outputs, inputs), result.secret_outputs)",
        "outputs = annotate(result.outputs, inputs)",
    ),
    Mutation(
        "additional-secret-outputs",
        "an output under additionalSecretOutputs is secret",
        "apply.py",
        "outputs = mark(new.outputs, new.additional_secret_outputs)",
        "outputs = new.outputs",
    ),
    Mutation(
        "secret-in-state",
        "a secret is in the state as ciphertext alone",
        "serialize.py",
        'return {SIGNATURE_KEY: SECRET_SIGNATURE, "ciphertext": sealed}',
        "return self.value(value.value, urn)",
    ),
    Mutation(
        "secret-in-message",
        "no message shows a secret of the inputs",
        "deploy.py",
        "        self._progress.hide(secret_texts(goal.inputs))\n",
        "",
    ),
    Mutation(
        "secret-of-read",
        "what was secret is secret after a refresh",
        "providers.py",
        "        result = secured(result, outputs)\n        if",
        "        if",
    ),
    # Previews
    Mutation(
        "unknown-inputs",
        "a preview asks the provider for a preview, never for the deed",
        "apply.py",
        "return instance.create(new, preview=self._dry_run)",
        "return instance.create(new, preview=False)",
    ),
    Mutation(
        "unknown-output",
        "an output that a run leaves unknown is the provider's fault",
        "apply.py",
        "if not self._dry_run and not is_known(result.outputs):",
        "if False:",
    ),
    Mutation(
        "unknown-touched",
        "what depends on a replaced property is compared with an unknown in its place",
        "dependents.py",
        "UNKNOWN if key in touched else value",
        "value",
    ),
    # Selection
    Mutation(
        "target",
        "a run with targets changes nothing else",
        "selection.py",
        "                return True\n            return False\n",
        "                return True\n            return True\n",
    ),
    Mutation(
        "target-dependents",
        "--target-dependents takes along what depends on the targets",
        "selection.py",
        "(self.target_dependents and self._follows(state))",
        "self.target_dependents",
    ),
    Mutation(
        "target-missing-dependency",
        "a target whose dependency does not exist is refused",
        "plan.py",
        "        missing = self.skipped_creates.intersection(registration.new.needs())\n",
        "        missing: set[str] = set()\n",
    ),
    Mutation(
        "target-delete",
        "deleting what depends on a target needs a word from the user",
        "selection.py",
        "return bool(self.targets) and not self.target_dependents and urn not in self.targets",
        "return False",
    ),
    # Journal and interruption
    Mutation(
        "journal-before-call",
        "an operation is noted before the provider is asked",
        "apply.py",
        "operation = None if self._dry_run else self._recorder.begin(_PENDING[step.op], new)",
        "operation = None",
    ),
    Mutation(
        "journal-delete-before-call",
        "a deletion is noted before the provider is asked",
        "apply.py",
        "operation = self._recorder.begin(_PENDING[step.op], old)",
        "operation = -1",
    ),
    Mutation(
        "journal-result-before-end",
        "an operation ends in the journal after its outcome is there",
        "apply.py",
        "        # What a half-done update was to change shows as a difference again next time.\n",
        "        self._end(operation)\n",
    ),
    Mutation(
        "journal-replayed",
        "what a killed run did is in the state of the next one",
        "journal.py",
        '    if not records or records[0].get("base") != header:\n',
        "    if True:\n",
    ),
    Mutation(
        "journal-of-another-state",
        "a journal that was folded into the state already is passed over",
        "journal.py",
        '    if not records or records[0].get("base") != header:\n',
        "    if not records:\n",
    ),
    Mutation(
        "pending-kept",
        "an operation without an answer stays pending in the state",
        "journal.py",
        "    return Deployment(states, [pending[key] for key in sorted(pending)])",
        "    return Deployment(states, [])",
    ),
    Mutation(
        "pending-create-found",
        "what an interrupted create left is taken into the state",
        "refresh.py",
        "            _succeed(resources, state, result)\n",
        "            pass\n",
    ),
    # Order and refresh
    Mutation(
        "state-order",
        "in the state a resource stands after what it depends on",
        "serialize.py",
        "    for state in states:\n        visit(state)\n    return result\n",
        "    return list(states)\n",
    ),
    Mutation(
        "refresh-gone",
        "a refresh forgets what is gone",
        "refresh.py",
        "    if not result.id:\n        return None, ()\n",
        "    if not result.id:\n        return state, ()\n",
    ),
    Mutation(
        "refresh-dependencies",
        "what is gone is gone from the dependencies of others",
        "refresh.py",
        "        _forget(gone, recorder)\n",
        "        pass\n",
    ),
    Mutation(
        "refresh-drift",
        "a refresh records what has changed",
        "refresh.py",
        "inputs=inputs, outputs=result.outputs, init_errors=())",
        "inputs=inputs, init_errors=())",
    ),
    # Providers and outputs
    Mutation(
        "provider-replaced",
        "what is replaced of a provider replaces its resources",
        "deploy.py",
        '            return DiffResult(changed=True, replaces=("provider",))\n'
        "        instance = self._registry.get(new.provider)\n",
        "            return DiffResult(changed=False)\n"
        "        instance = self._registry.get(new.provider)\n",
    ),
    Mutation(
        "outputs-after-failure",
        "after a failure the stack keeps the outputs that were not reached",
        "deploy.py",
        "            outputs = {**state.outputs, **outputs}\n",
        "            pass\n",
    ),
    Mutation(
        "inherited-provider",
        "a child has the provider of its parent",
        "requests.py",
        "            request.provider = parent.provider\n",
        "            pass\n",
    ),
)
