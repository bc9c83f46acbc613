"""How a stack goes, and what keeps it. moto lets stay only what says `Retain`, and knows no termination protection."""

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import CloudFormationBackend
from moto.cloudformation.parsing import ResourceMap
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult
from moto.iam.models import ManagedPolicy

from .deployments import in_order

STAYS = ("Retain", "RetainExceptOnCreate")
"""`RetainExceptOnCreate` too, save where the very deployment fails that makes it: that is not taken back here."""


def delete_resources(self):
    """Each before those it refers to. moto tries in any order, until a round removes nothing more."""
    template = self._resource_json_map
    for name in reversed(in_order(template)):
        resource = self._parsed_resources.get(name)
        if resource is not None and template[name].get("DeletionPolicy") not in STAYS:
            self._delete_resource(resource, template[name])
            self._parsed_resources.pop(name)


def delete_policy(self, account, region):
    """moto leaves it, and a role that has one can't go."""
    for role in [one for one in self.backend.roles.values() if self.arn in one.managed_policies]:
        self.detach_from(role)
    self.backend.delete_policy(self.arn)


def delete_stack(self, name_or_stack_id):
    for stack in [one for one in self.stacks.values() if name_or_stack_id in (one.stack_id, one.name)]:
        if stack.enable_termination_protection:
            message = f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
            raise ValidationError(message=message)
        delete_stack_of_moto(self, stack.stack_id)
        forget_change_sets(self, stack)


def forget_change_sets(backend, stack):
    """A stack that gets its name anew would find them."""
    for name in [name for name, one in backend.change_sets.items() if one.stack_id == stack.stack_id]:
        del backend.change_sets[name]


def update_termination_protection(self):
    stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
    stack.enable_termination_protection = self._get_bool_param("EnableTerminationProtection")
    return ActionResult({"StackId": stack.stack_id})


delete_stack_of_moto = CloudFormationBackend.delete_stack


def install():
    ResourceMap.delete = delete_resources
    ManagedPolicy.delete = delete_policy
    CloudFormationBackend.delete_stack = delete_stack
    CloudFormationResponse.update_termination_protection = update_termination_protection
