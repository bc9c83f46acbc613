"""How a stack is brought up to date. moto compares the text of two templates and makes what differs, in any order.

Here a resource is updated when its *resolved* properties differ, in the order of references: a task definition's new revision reaches the
state machine that names it. A change set is found by its stack too (CDK gives all the same name), and one that fails says why.
"""

import copy
import re
import sys
import traceback

from moto.cloudformation import models, parsing, responses
from moto.cloudformation.exceptions import CloudFormationError
from moto.cloudformation.parsing import ResourceMap
from moto.core.responses import ActionResult, EmptyResult


class ChangeSetNotFound(CloudFormationError):
    code = "ChangeSetNotFound"

    def __init__(self, name):
        super().__init__(f"ChangeSet [{name}] does not exist")


class ResourceFailed(Exception):
    def __init__(self, name, cause):
        super().__init__(f"{name}: {cause}")


def references_of(part):
    """Logical ids (and parameters) that a part of a template names."""
    if isinstance(part, list):
        return set().union(*map(references_of, part))
    if not isinstance(part, dict):
        return set()
    return set().union(*(references_in(key, value) for key, value in part.items()))


def references_in(key, value):
    if key == "Ref":
        return {value}
    if key == "DependsOn":
        return {value} if isinstance(value, str) else set(value)
    if key == "Fn::GetAtt":
        return {value.split(".")[0] if isinstance(value, str) else value[0]}
    if key == "Fn::Sub":
        text, names = (value, {}) if isinstance(value, str) else value
        return set(re.findall(r"\$\{([^!.}]+)", text)) | references_of(names)
    return references_of(value)


def in_order(resources):
    """Names of resources, each after those it refers to."""
    ordered, seen = [], set()

    def visit(name):
        if name in seen or name not in resources:
            return
        seen.add(name)
        for other in sorted(references_of(resources[name])):
            visit(other)
        ordered.append(name)

    for name in resources:
        visit(name)
    return ordered


def update(self, template, parameters=None):
    before, existed = self._resource_json_map, set(self._parsed_resources)
    self._template, self._resource_json_map = template, template["Resources"]
    self.input_parameters = parameters or {}
    self.load_mapping()
    self.load_parameters()
    self.load_conditions()
    for name in in_order(template["Resources"]):
        try:
            bring_up_to_date(self, name, existed)
        except Exception as cause:
            traceback.print_exc()
            raise ResourceFailed(name, cause) from cause
    for name in reversed(in_order(before)):
        if name not in template["Resources"] and name in self._parsed_resources:
            take_away(self, name, before[name])


def bring_up_to_date(self, name, existed):
    part = self._resource_json_map[name]
    if part.get("Condition") and not self.lazy_condition_map[part["Condition"]]:
        return
    resource = self[name]
    if resource is None:
        return
    now = parsing.clean_json(copy.deepcopy(part.get("Properties", {})), self)
    deployed = vars(self).setdefault("deployed", {})
    if name in existed and deployed.get(name) != now:
        changed = parsing.parse_and_update_resource(
            name, copy.deepcopy(part), self, account_id=self._account_id, region_name=self._region_name
        )
        if changed is None:
            print(f"the local AWS can't update {part['Type']} ({name}): it stays as it was", file=sys.stderr)
        self._parsed_resources[name] = changed or resource
    deployed[name] = now


def take_away(self, name, part):
    resource = self._parsed_resources.pop(name)
    self.deployed.pop(name, None)
    if part.get("DeletionPolicy") in ("Retain", "RetainExceptOnCreate"):
        return
    try:
        self._delete_resource(resource, part)
    except Exception as cause:
        print(f"the local AWS could not remove {name}: {cause}", file=sys.stderr)


def found(backend, name, stack_name):
    for change_set in backend.change_sets.values():
        if name == change_set.change_set_id:
            return change_set
        if name == change_set.change_set_name and stack_name in (change_set.stack_name, change_set.stack_id):
            return change_set
    raise ChangeSetNotFound(name)


def describe_change_set(self):
    wanted = self._get_param("ChangeSetName"), self._get_param("StackName")
    return ActionResult(found(self.cloudformation_backend, *wanted))


def delete_change_set(self):
    backend = self.cloudformation_backend
    wanted = self._get_param("ChangeSetName"), self._get_param("StackName")
    try:
        del backend.change_sets[found(backend, *wanted).change_set_id]
    except ChangeSetNotFound:
        pass
    return EmptyResult()


def execute_change_set(self):
    backend = self.cloudformation_backend
    change_set = found(backend, self._get_param("ChangeSetName"), self._get_param("StackName"))
    stack, kind = backend.stacks[change_set.stack_id], change_set.change_set_type
    stack._add_stack_event(f"{kind}_IN_PROGRESS")
    try:
        apply(stack, change_set, backend)
        stack.status = f"{kind}_COMPLETE"
    except Exception as cause:
        stack.status = "ROLLBACK_COMPLETE" if kind == "CREATE" else "UPDATE_ROLLBACK_COMPLETE"
        stack._add_stack_event(f"{kind}_FAILED", resource_status_reason=str(cause))
    stack._add_stack_event(stack.status)
    change_set.execution_status = "EXECUTE_COMPLETE"
    return EmptyResult()


def apply(stack, change_set, backend):
    stack.resource_map.update(change_set.template_dict, change_set.parameters)
    stack.template, stack.parameters = change_set.template, change_set.parameters
    stack._parse_template()
    stack.description = stack.template_dict.get("Description")
    stack.tags = change_set.tags or stack.tags
    stack.output_map = stack._create_output_map()
    for export in stack.exports:
        backend.exports[export.name] = export


def given_parameters(self):
    """What was given for a parameter, where moto has what it led to: the name of an SSM parameter, not its value."""
    slots = self.template_dict.get("Parameters", {})
    return {name: self.parameters.get(name, slot.get("Default")) for name, slot in slots.items()}


def install():
    ResourceMap.update = update
    models.Stack.stack_parameters = property(given_parameters)
    responses.CloudFormationResponse.describe_change_set = describe_change_set
    responses.CloudFormationResponse.delete_change_set = delete_change_set
    responses.CloudFormationResponse.execute_change_set = execute_change_set
