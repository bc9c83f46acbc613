"""Who calls: moto takes any credentials and names nobody.

Tasks and functions get a session of their own role, as on AWS. Whoever signs with a key that IAM or STS knows here is named as CloudTrail names him.
"""

import threading

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from .api import ACCOUNT, call

kept = {}
making = threading.Lock()


def credentials_of(role, session, region):
    """Environment of a program that runs under a role; nothing where it has none."""
    if not role:
        return {}
    wish = {"RoleArn": role, "RoleSessionName": session}
    made = call("sts", "AssumeRole", region, wish)["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
        "AWS_SESSION_TOKEN": made["SessionToken"],
    }


def kept_credentials_of(role, session, region):
    """The same session for all calls: a function that stays warm has one."""
    with making:
        if (role, session) not in kept:
            kept[role, session] = credentials_of(role, session, region)
        return kept[role, session]


def identity_of(access_key):
    """`userIdentity` of CloudTrail; None for the credentials of this local AWS itself, and for those of tests that are nobody's."""
    session = sts_backends[ACCOUNT]["aws"].get_assumed_role_from_access_key(access_key)
    if session:
        issuer = {"type": "Role", "arn": session.role_arn, "accountId": ACCOUNT}
        return {"type": "AssumedRole", "arn": session.arn, "accountId": ACCOUNT, "sessionContext": {"sessionIssuer": issuer}}
    user = iam_backends[ACCOUNT]["aws"].get_user_from_access_key_id(access_key) if access_key else None
    return {"type": "IAMUser", "arn": user.arn, "accountId": ACCOUNT} if user else None
