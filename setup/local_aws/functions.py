"""moto runs Lambda functions in Docker. Here a function is a process of node with its own bundle and environment, and, as in Lambda, one that has
answered stays for the next event of the same function.

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
from .callers import kept_credentials_of
from .surroundings import environment

RUNTIME = pathlib.Path(__file__).parent / "lambda-runtime.ts"
NODE = os.environ.get("HOLDFAST_LOCAL_NODE", "node")
MAXIMUM_RETRIES = 2

MOST_WARM = 8
END_OF_ANSWER = b"\0"

slots = threading.BoundedSemaphore(4)
unpacked = tempfile.TemporaryDirectory(prefix="holdfast-functions-")
unpacking = threading.Lock()


@dataclass
class Outcome:
    payload: str
    is_error: bool
    log: str
    response: dict | None = None
    """What it sent to CloudFormation, if it is the function of a custom resource."""


class ExecutionEnvironment:
    """One process: it takes an event a line, and answers in a line behind what the handler printed."""

    def __init__(self, function):
        self.seconds = int(function.timeout)
        self.is_too_late = False
        self.child = subprocess.Popen(
            [NODE, str(RUNTIME), str(code_folder(function)), function.handler],
            cwd=unpacked.name,
            env=surroundings_of(function),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def serve(self, event):
        timer = threading.Timer(self.seconds, self.end_too_late)
        timer.start()
        try:
            self.child.stdin.write(json.dumps(event).encode() + b"\n")
            self.child.stdin.flush()
            return self.answer()
        except BrokenPipeError:
            return self.ended(b"")
        finally:
            timer.cancel()

    def answer(self):
        log = b""
        for line in self.child.stdout:
            printed, is_answer, said = line.partition(END_OF_ANSWER)
            log += printed
            if is_answer:
                answer = json.loads(said)
                return Outcome(json.dumps(answer["payload"]), answer["isError"], log.decode(), answer.get("response"))
        return self.ended(log)

    def ended(self, log):
        status = self.child.wait()
        if self.is_too_late:
            return failed("Sandbox.Timedout", f"Task timed out after {self.seconds}.00 seconds", log)
        return failed("Runtime.ExitError", f"Runtime exited with error: exit status {status}", log)

    def end_too_late(self):
        self.is_too_late = True
        self.child.kill()

    @property
    def is_alive(self):
        return self.child.poll() is None

    def end(self):
        self.child.kill()
        self.child.wait()


class Pool:
    """Environments that are at work, and those that wait for the next event of the same function, the longest waiting first."""

    def __init__(self):
        self.lock = threading.Lock()
        self.warm = []
        self.at_work = set()

    def take(self, function):
        kind = kind_of(function)
        with self.lock:
            fitting = [one for one in self.warm if one[0] == kind]
            if fitting:
                self.warm.remove(fitting[-1])
            environment = fitting[-1][1] if fitting else ExecutionEnvironment(function)
            self.at_work.add(environment)
        return kind, environment

    def give_back(self, kind, environment):
        with self.lock:
            self.at_work.discard(environment)
            if environment.is_alive:
                self.warm.append((kind, environment))
            surplus, self.warm = self.warm[:-MOST_WARM], self.warm[-MOST_WARM:]
        for _, unused in surplus:
            unused.end()

    def end(self):
        with self.lock:
            for environment in [*self.at_work, *(one for _, one in self.warm)]:
                environment.end()


pool = Pool()


def kind_of(function):
    """What a change of makes it another process: everything that a deployment can change."""
    code = hashlib.sha256(function.code_bytes).hexdigest()
    return (function.function_arn, code, function.handler, function.timeout, json.dumps(surroundings_of(function), sort_keys=True))


def run(function, event):
    with slots:
        kind, environment = pool.take(function)
        try:
            return environment.serve(event)
        finally:
            pool.give_back(kind, environment)


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
    role = kept_credentials_of(function.role, function.function_name, function.region)
    return environment(function.region, role, about, function.environment_vars)


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
    pool.end()
    unpacked.cleanup()


invoke_now = LambdaFunction.invoke
send_sns_message_now = LambdaBackend.send_sns_message


def install():
    LambdaFunction._invoke_lambda = invoke_here
    LambdaFunction.invoke = invoke
    LambdaBackend.send_sns_message = send_sns_message
