"""Calls to the local AWS from inside it, by its public API: what a call stored can be read back by the same API."""

import base64
import json
import threading

import boto3
from botocore import xform_name
from botocore.config import Config
from moto.settings import moto_server_port

ACCOUNT = "123456789012"
CREDENTIALS = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}

clients = {}
making = threading.Lock()


def endpoint():
    return f"http://127.0.0.1:{moto_server_port()}"


def client(service, region):
    """boto3 can make only one client at a time; many threads may use it."""
    with making:
        if (service, region) not in clients:
            patient = Config(retries={"total_max_attempts": 1}, read_timeout=3600)
            clients[service, region] = boto3.client(
                service, region_name=region, endpoint_url=endpoint(), config=patient, **CREDENTIALS
            )
        return clients[service, region]


def call(service, operation, region, properties):
    """Carries out an operation with properties in CloudFormation's spelling; those it does not know are left out."""
    service_client = client(service, region)
    shape = service_client.meta.service_model.operation_model(operation).input_shape
    answer = getattr(service_client, xform_name(operation))(**fitted(properties, shape))
    answer.pop("ResponseMetadata", None)
    return answer


def fitted(value, shape):
    """CloudFormation writes numbers and booleans as text too, and member names with a capital; the API is strict about both.

    Bytes may be given as Base64, save those that are the body of a request: they are what they are.
    """
    if shape.type_name == "structure" and isinstance(value, dict):
        members = {name.lower(): name for name in shape.members}
        known = {members[key.lower()]: part for key, part in value.items() if key.lower() in members and part is not None}
        body = shape.serialization.get("payload")
        return {name: body_or_fitted(part, shape.members[name], name == body) for name, part in known.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [fitted(part, shape.member) for part in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: fitted(part, shape.value) for key, part in value.items()}
    if shape.type_name in ("integer", "long"):
        return int(value)
    if shape.type_name in ("float", "double"):
        return float(value)
    if shape.type_name == "boolean":
        return value if isinstance(value, bool) else value == "true"
    if shape.type_name == "string":
        return value if isinstance(value, str) else json.dumps(value)
    if shape.type_name == "blob":
        return base64.b64decode(value) if isinstance(value, str) else value
    return value


def body_or_fitted(value, shape, is_body):
    return value if is_body and shape.type_name == "blob" else fitted(value, shape)
