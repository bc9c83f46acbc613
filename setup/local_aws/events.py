"""moto sends no events of executions and tasks, and its rules reach no functions, topics or machines.

Both are a stack's backstop: "an execution failed", "a task never started" go to the default bus here, and rules reach their targets.
"""

import copy
import json
import re
import threading
import uuid

from moto.core.utils import utcnow
from moto.events.models import Rule, events_backends

from .api import ACCOUNT, call


def put(region, source, kind, resource, detail):
    event = {"Source": source, "DetailType": kind, "Detail": json.dumps(detail), "Resources": [resource]}
    events_backends[ACCOUNT][region].put_events([event])


def execution_changed(execution):
    detail = {
        "executionArn": execution.exec_arn,
        "stateMachineArn": execution.state_machine.arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": milliseconds(execution.start_date),
        "stopDate": milliseconds(execution.stop_date),
        "input": json.dumps(execution.input_data),
        "output": json.dumps(execution.output) if execution.output is not None else None,
        "error": execution.error,
        "cause": execution.cause,
    }
    put(execution.region_name, "aws.states", "Step Functions Execution Status Change", execution.exec_arn, detail)


def task_changed(task):
    container = task.containers[0]
    detail = {
        "taskArn": task.task_arn,
        "clusterArn": task.cluster_arn,
        "taskDefinitionArn": task.task_definition_arn,
        "lastStatus": task.last_status,
        "desiredStatus": task.desired_status,
        "stopCode": task.stop_code,
        "stoppedReason": task.stopped_reason,
        "startedBy": task.started_by,
        "group": task.group,
        "overrides": task.overrides,
        "containers": [{"name": container.name, "lastStatus": container.last_status, "exitCode": container.exitCode}],
    }
    put(task.region_name, "aws.ecs", "ECS Task State Change", task.task_arn, detail)


def milliseconds(moment):
    return None if moment is None else int(moment.timestamp() * 1000)


def send_to_targets(self, original_event, transform_input=True):
    if not self.state.startswith("ENABLED") or not self.event_pattern.matches_event(original_event):
        return
    event = {**original_event, "time": utcnow().strftime("%Y-%m-%dT%H:%M:%SZ")}
    for target in self.targets:
        threading.Thread(target=deliver, args=(self, target, event, original_event, transform_input), daemon=True).start()


def deliver(rule, target, event, original_event, transform_input):
    send = SENDERS.get(target["Arn"].split(":")[2])
    if send is not None:
        send(rule.region_name, target, message_of(target, event))
        return
    rest = copy.copy(rule)
    rest.targets = [target]
    send_of_moto(rest, original_event, transform_input)


def message_of(target, event):
    """As text: a fixed input, a template that was filled in, or the event itself."""
    if "Input" in target:
        return target["Input"]
    if "InputTransformer" not in target:
        return json.dumps(event)
    transformer = target["InputTransformer"]
    paths = transformer.get("InputPathsMap", {})
    return filled(transformer["InputTemplate"], {name: value_at(event, path) for name, path in paths.items()})


def value_at(event, path):
    for name in path.split(".")[1:]:
        event = event.get(name) if isinstance(event, dict) else None
    return event


def filled(template, values):
    """<name> is a value as JSON, and within a string its text."""

    def fill(found):
        if found["name"] is not None:
            return json.dumps(values.get(found["name"]))
        return re.sub(r"<([\w.-]+)>", lambda within: as_text(values.get(within[1])), found[0])

    return re.sub(r'"(?:[^"\\]|\\.)*"|<(?P<name>[\w.-]+)>', fill, template)


def as_text(value):
    return json.dumps(value if isinstance(value, str) else json.dumps(value))[1:-1]


def to_function(region, target, message):
    call("lambda", "Invoke", region, {"FunctionName": target["Arn"], "InvocationType": "Event", "Payload": message.encode()})


def to_topic(region, target, message):
    call("sns", "Publish", region, {"TopicArn": target["Arn"], "Message": message})


def to_queue(region, target, message):
    queue = call("sqs", "GetQueueUrl", region, {"QueueName": target["Arn"].split(":")[-1]})["QueueUrl"]
    group = target.get("SqsParameters", {}).get("MessageGroupId")
    call("sqs", "SendMessage", region, {"QueueUrl": queue, "MessageBody": message, "MessageGroupId": group})


def to_machine(region, target, message):
    call("stepfunctions", "StartExecution", region, {"StateMachineArn": target["Arn"], "Input": message, "Name": str(uuid.uuid4())})


SENDERS = {"lambda": to_function, "sns": to_topic, "sqs": to_queue, "states": to_machine}

send_of_moto = Rule.send_to_targets


def install():
    Rule.send_to_targets = send_to_targets
