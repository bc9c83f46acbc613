"""A door beside the API: tests that have no client of a service call it here by name, and get what boto3 got as JSON."""

import base64
import json

from botocore.exceptions import ClientError, ParamValidationError
from werkzeug.wrappers import Request, Response

from .api import call

PATH = "/local-aws/call"


class Door:
    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] != PATH:
            return self.application(environ, start_response)
        return answered(json.loads(Request(environ).get_data()))(environ, start_response)


def answered(wish):
    try:
        answer = call(wish["service"], wish["operation"], wish["region"], wish["input"])
        return Response(json.dumps(answer, default=readable), content_type="application/json")
    except (ClientError, ParamValidationError) as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else "ParamValidation"
        return Response(json.dumps({"code": code, "message": str(error)}), status=400, content_type="application/json")


def readable(value):
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "read"):
        return value.read().decode()
    return base64.b64encode(value).decode()
