"""moto enforces bucket policies without their conditions, so that "deny what is not TLS" would lock everybody out.

A policy is stored whole and can be read back; only statements without a condition are enforced.
"""

import json

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket


def get_permission(self, action, resource):
    if self.policy is None:
        return PermissionResult.NEUTRAL
    policy = json.loads(self.policy)
    unconditional = [statement for statement in policy["Statement"] if "Condition" not in statement]
    if not unconditional:
        return PermissionResult.NEUTRAL
    return IAMPolicy({**policy, "Statement": unconditional}).is_action_permitted(action, resource)


def install():
    FakeBucket.get_permission = get_permission
