"""moto takes the policy of a session and never looks at it. Here who signs with the key of such a session is held to it, in S3 and KMS.

Only what a session policy of ours can say is understood: actions and ARNs with stars, and StringEquals. Whatever else is asked is denied.
What the role itself may is not judged: tests do that on the synthesized policies.
"""

import io
import json
import re

from moto.sts.models import sts_backends
from werkzeug.wrappers import Request, Response

from .api import ACCOUNT

SCOPE = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/")
"""Access key, region and service of a signed request."""


class Sessions:
    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        scope = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        key, _, service = scope.groups() if scope else ("", "", "")
        session = sts_backends[ACCOUNT]["aws"].get_assumed_role_from_access_key(key)
        if not session or not session.policy:
            return self.application(environ, start_response)
        policy = json.loads(session.policy)
        request = Request(environ, populate_request=False)
        if not permits(policy, *ASKED.get(service, anything)(request)):
            return refused(service)(environ, start_response)
        answer = Response.from_app(self.application, environ)
        if service == "s3" and answer.status_code == 404 and not permits(policy, *listing_of(request)):
            answer = refused(service)
        return answer(environ, start_response)


def listing_of(request):
    return "s3:ListBucket", f"arn:aws:s3:::{request.path.split('/')[1]}", {}


def of_bucket(request):
    if request.method == "GET" and request.path.strip("/").count("/") == 0:
        return listing_of(request)
    names = {("GET", False): "s3:GetObject", ("HEAD", False): "s3:GetObject", ("POST", True): "s3:RestoreObject"}
    action = names.get((request.method, "restore" in request.args), "s3:Another")
    return action, f"arn:aws:s3:::{request.path.lstrip('/')}", {}


def of_key(request):
    body = request.environ["wsgi.input"].read(int(request.environ.get("CONTENT_LENGTH") or 0))
    request.environ["wsgi.input"] = io.BytesIO(body)
    call = json.loads(body)
    context = {f"kms:EncryptionContext:{name}": value for name, value in call.get("EncryptionContext", {}).items()}
    return request.headers["X-Amz-Target"].replace("TrentService.", "kms:"), call.get("KeyId", ""), context


def anything(_request):
    return "another:Service", "", {}


ASKED = {"s3": of_bucket, "kms": of_key}


def permits(policy, action, resource, found):
    return any(
        one["Effect"] == "Allow"
        and any(like(pattern, action) for pattern in listed(one["Action"]))
        and any(like(pattern, resource) for pattern in listed(one["Resource"]))
        and all(found.get(name) == value.replace("${$}", "$") for name, value in equals(one))
        for one in policy["Statement"]
    )


def equals(statement):
    return statement.get("Condition", {}).get("StringEquals", {}).items()


def like(pattern, text):
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), text, re.DOTALL)


def listed(value):
    return value if isinstance(value, list) else [value]


def refused(service):
    if service == "s3":
        return Response("<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>", 403, content_type="application/xml")
    body = {"__type": "AccessDeniedException", "message": "The policy of the session does not allow it."}
    return Response(json.dumps(body), 400, content_type="application/x-amz-json-1.1")
