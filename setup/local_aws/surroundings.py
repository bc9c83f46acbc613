"""What a program that runs in the local AWS finds around itself, and who may not be left running."""

import json
import os

from .api import endpoint

PASSED_ON = ("PATH", "HOME", "TMPDIR", "LANG")


def environment(region, *more):
    """Nothing of ours but the way to programs; `HOLDFAST_LOCAL_ENVIRONMENT` is what the caller wants all of them to have."""
    found = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    found |= {
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": endpoint(),
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    for part in (json.loads(os.environ.get("HOLDFAST_LOCAL_ENVIRONMENT", "{}")), *more):
        found |= {name: str(value) for name, value in part.items()}
    return found
