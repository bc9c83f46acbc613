"""moto runs Lambda functions in Docker. Here a function is a process of node with its own bundle and environment.

At most four run at once, and each ends at its time-out. What is invoked as an event runs apart from the caller; when it has failed once and
twice more (at once: AWS waits minutes), the event goes to the function's dead-letter queue.
"""

import hashlib
import io
import json
import os
import pathlib
import subprocess
import tempfile
import threading
import uuid
import zipfile
from dataclasses import dataclass

from moto.awslambda.models import LambdaBackend, LambdaFunction

from .api import call
from .surroundings import environment

RUNTIME = pathlib.Path(__file__).parent / "lambda-runtime.ts"
NODE = os.environ.get("HOLDFAST_LOCAL_NODE", "node")
MAXIMUM_RETRIES = 2

slots = threading.BoundedSemaphore(4)
running = set()
unpacked = tempfile.TemporaryDirectory(prefix="holdfast-functions-")
unpacking = threading.Lock()


@dataclass
class Outcome:
    payload: str
    is_error: bool
    log: str
    response: dict | None = None
    """What it sent to CloudFormation, if it is the function of a custom resource."""


def run(function, event):
    with slots, tempfile.TemporaryDirectory(prefix="holdfast-call-") as folder:
        result = pathlib.Path(folder, "result.json")
        command = [NODE, str(RUNTIME), str(code_folder(function)), function.handler, str(result)]
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=surroundings_of(function),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        running.add(child)
        try:
            log, _ = child.communicate(json.dumps(event).encode(), timeout=int(function.timeout))
        except subprocess.TimeoutExpired:
            child.kill()
            log, _ = child.communicate()
            return failed("Sandbox.Timedout", f"Task timed out after {int(function.timeout)}.00 seconds", log)
        finally:
            running.discard(child)
        if not result.exists():
            return failed("Runtime.ExitError", f"Runtime exited with error: exit status {child.returncode}", log)
        said = json.loads(result.read_text())
    return Outcome(json.dumps(said["payload"]), said["isError"], log.decode(), said.get("response"))


def failed(kind, message, log):
    return Outcome(json.dumps({"errorType": kind, "errorMessage": message}), True, log.decode())


def surroundings_of(function):
    about = {
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": function.memory_size,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": function.timeout,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
        "NODE_NO_WARNINGS": "1",
        "NODE_COMPILE_CACHE": str(pathlib.Path(unpacked.name, "compiled")),
        "TZ": "UTC",
    }
    return environment(function.region, about, function.environment_vars)


def code_folder(function):
    folder = pathlib.Path(unpacked.name, hashlib.sha256(function.code_bytes).hexdigest())
    with unpacking:
        if not folder.exists():
            zipfile.ZipFile(io.BytesIO(function.code_bytes)).extractall(folder)
    return folder


def invoke_here(self, event=None):
    self.logs_backend.ensure_log_group(self.logs_group_name)
    outcome = run(self, event)
    self.save_logs(outcome.log)
    return outcome.payload, outcome.is_error, outcome.log


def invoke(self, body, request_headers, response_headers):
    if request_headers.get("x-amz-invocation-type") == "Event":
        apart(invoke_event, self, json.loads(body or "{}"))
        return ""
    return invoke_now(self, body, request_headers, response_headers)


def invoke_event(function, event):
    for _ in range(1 + getattr(function, "maximum_retries", MAXIMUM_RETRIES)):
        payload, is_error, _ = function._invoke_lambda(event)
        if not is_error:
            return
    target = getattr(function, "dead_letter_arn", None)
    if target is not None:
        bury(function, event, target, json.loads(payload).get("errorMessage", ""))


def bury(function, event, target, message):
    *_, account, name = target.split(":")
    said = {"RequestID": str(uuid.uuid4()), "ErrorCode": "200", "ErrorMessage": message or "unknown"}
    attributes = {key: {"DataType": "String", "StringValue": value} for key, value in said.items()}
    if ":sns:" in target:
        call("sns", "Publish", function.region, {"TopicArn": target, "Message": event, "MessageAttributes": attributes})
        return
    queue = call("sqs", "GetQueueUrl", function.region, {"QueueName": name, "QueueOwnerAWSAccountId": account})["QueueUrl"]
    call("sqs", "SendMessage", function.region, {"QueueUrl": queue, "MessageBody": event, "MessageAttributes": attributes})


def apart(work, *arguments):
    threading.Thread(target=work, args=arguments, daemon=True).start()


def send_sns_message(self, *arguments, **options):
    apart(lambda: send_sns_message_now(self, *arguments, **options))


def stop_all():
    for child in list(running):
        child.kill()
    unpacked.cleanup()


invoke_now = LambdaFunction.invoke
send_sns_message_now = LambdaBackend.send_sns_message


def install():
    LambdaFunction._invoke_lambda = invoke_here
    LambdaFunction.invoke = invoke
    LambdaBackend.send_sns_message = send_sns_message
