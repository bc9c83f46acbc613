"""moto has no CloudTrail that records. Here reads of objects and of keys go to EventBridge as CloudTrail's events of them do.

Only reads that hand something out, only of callers that IAM or STS knows, and with those fields that rules and functions of ours look at.
Whether a rule in the state that hears reads gets them on AWS is not shown by this.
"""

import io
import json
import uuid

from moto.core.utils import utcnow
from moto.events.models import EventPattern, events_backends
from werkzeug.wrappers import Request, Response

from .api import ACCOUNT
from .callers import identity_of
from .sessions import SCOPE


class Reads:
    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        scope = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        key, region, service = scope.groups() if scope else ("", "", "")
        identity = identity_of(key) if service in READ else None
        if identity is None:
            return self.application(environ, start_response)
        request = Request(environ, populate_request=False)
        describe = READ[service](request)
        if describe is None:
            return self.application(environ, start_response)
        answer = Response.from_app(self.application, environ)
        if answer.status_code < 300:
            tell(service, region, {"userIdentity": identity, **describe(answer)})
        return answer(environ, start_response)


def of_object(request):
    bucket, _, key = request.path.lstrip("/").partition("/")
    asks_for_more = set(request.args) - {"x-id", "versionId", "partNumber"}
    if request.method != "GET" or key == "" or asks_for_more:
        return None
    return lambda _: {"eventName": "GetObject", "requestParameters": {"bucketName": bucket, "key": key}}


def of_key(request):
    if request.headers.get("X-Amz-Target") != "TrentService.Decrypt":
        return None
    body = request.environ["wsgi.input"].read(int(request.environ.get("CONTENT_LENGTH") or 0))
    request.environ["wsgi.input"] = io.BytesIO(body)
    context = json.loads(body).get("EncryptionContext", {})
    return lambda answer: {
        "eventName": "Decrypt",
        "requestParameters": {"encryptionContext": context},
        "resources": [{"ARN": json.loads(answer.get_data())["KeyId"], "accountId": ACCOUNT, "type": "AWS::KMS::Key"}],
    }


READ = {"s3": of_object, "kms": of_key}


def tell(service, region, call):
    detail = {
        "eventID": str(uuid.uuid4()),
        "eventTime": utcnow().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{service}.amazonaws.com",
        "awsRegion": region,
        "recipientAccountId": ACCOUNT,
        "sourceIPAddress": "127.0.0.1",
        "readOnly": True,
        **call,
    }
    event = {"Source": f"aws.{service}", "DetailType": "AWS API Call via CloudTrail", "Detail": json.dumps(detail), "Resources": []}
    events_backends[ACCOUNT][region].put_events([event])


def flatten(node, prefix="", result=None):
    """moto does not look into lists of objects, by whose members a pattern may ask."""
    result = flatten_of_moto(node, prefix, result)
    for name, value in list(result.items()):
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            for member in {member for one in value for member in one}:
                result[f"{name}.{member}"] = [one[member] for one in value if member in one]
    return result


flatten_of_moto = EventPattern._flatten_dict


def install():
    EventPattern._flatten_dict = staticmethod(flatten)
