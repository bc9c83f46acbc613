"""What is missing or wrong in moto's interpreter of state machines (an old copy of LocalStack's, without its parameter mapping).

JSONata is not there: state machines for this local AWS use JSONPath.
"""

import copy
import functools
import os
import re
import sys
import time
import types
import uuid

import botocore.session
import jsonpath_ng.ext
from moto.core.config import default_user_config
from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_ecs as ecs
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import StateTaskServiceCallback
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.program_state import ProgramRunning
from moto.stepfunctions.parser.asl.utils import json_path
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.parser.utils import camel_to_snake_case

from . import events, tasks
from .api import call

session = botocore.session.get_session()


@functools.lru_cache
def operation(service, action):
    model = session.get_service_model(service)
    return next((model.operation_model(name) for name in model.operation_names if camel_to_snake_case(name) == action), None)


def normalise_parameters(self, parameters, boto_service_name=None, service_action_name=None):
    """Step Functions writes member names with a capital, whatever the service does."""
    found = operation(self._get_boto_service_name(boto_service_name), self._get_boto_service_action(service_action_name))
    if found is not None and found.input_shape is not None:
        self._to_boto_request(parameters, found.input_shape)


def normalise_response(self, response, boto_service_name=None, service_action_name=None):
    found = operation(self._get_boto_service_name(boto_service_name), self._get_boto_service_action(service_action_name))
    if found is not None and found.output_shape is not None:
        self._from_boto_response(response, found.output_shape)


def eval_sync(self, env, sync_resolver, timeout_seconds, callback_endpoint, heartbeat_endpoint):
    """A `.sync` task waits for no token. moto waits for one too, and takes the end of the first attempt for a time-out of the second.

    It looks once whatever happened to the execution in the meantime: a task that was just started has to be stopped then.
    """
    found = sync_resolver()
    return found or eval_sync_of_moto(self, env, sync_resolver, timeout_seconds, None, heartbeat_endpoint)


class TaskWatch:
    """Waits for a task as `ecs:runTask.sync` does: it fails with the task, and stops it when the state is over before it."""

    def __init__(self, state, env, region, task):
        self.state, self.env, self.region, self.task = state, env, region, task

    def look(self):
        wish = {"cluster": self.task["ClusterArn"], "tasks": [self.task["TaskArn"]]}
        described = call("ecs", "DescribeTasks", self.region, wish)
        self.state._normalise_response(response=described, service_action_name="describe_tasks")
        return described["Tasks"][0]

    def outcome(self):
        while self.env.is_running():
            if not tasks.over[self.task["TaskArn"]].wait(0.2):
                continue
            task = self.look()
            if any(container.get("ExitCode") != 0 for container in task["Containers"]):
                raise self.failure(task)
            else:
                return task
        wish = {"cluster": self.task["ClusterArn"], "task": self.task["TaskArn"], "reason": "Task stopped by AWS Step Functions"}
        call("ecs", "StopTask", self.region, wish)
        raise TimeoutError

    def failure(self, task):
        name = StatesErrorName(typ=StatesErrorNameType.StatesTaskFailed)
        details = TaskFailedEventDetails(
            resource="runTask.sync", resourceType="ecs", error=name.error_name, cause=to_json_str(task, separators=(",", ":"))
        )
        return FailureEventException(
            FailureEvent(
                env=self.env,
                error_name=name,
                event_type=HistoryEventType.TaskFailed,
                event_details=EventDetails(taskFailedEventDetails=details),
            )
        )


def build_task_watch(self, env, resource_runtime_part, normalised_parameters, state_credentials):
    submitted = env.stack.pop()
    return TaskWatch(self, env, resource_runtime_part.region, submitted["Tasks"][0]).outcome


def start_execution(self, state_machine_arn, name=None, execution_input=None, trace_header=None):
    """Without a name every execution is called None, and there can be one."""
    return start_of_moto(self, state_machine_arn, name or str(uuid.uuid4()), execution_input, trace_header)


def copy_machine(self, memo):
    """An execution gets a copy of its machine; moto copies all earlier executions with it, which can't be copied."""
    copied = copy.copy(self)
    copied.executions = []
    return copied


def set_error(self, error):
    """What was stopped or timed out has not failed as well, when its states find that out."""
    if self._program_state is None or isinstance(self._program_state, ProgramRunning):
        set_error_of_moto(self, error)


def terminated(self):
    self._reflect_execution_status()
    events.execution_changed(self.execution)


def extract_json(path, data):
    """A path that can lead to one place only gives what is there; moto makes a list of it where an index is on the way."""
    found = extract_json_of_moto(path, data)
    can_be_many = re.search(r"\*|\.\.|\?|\[[^\]]*[:,]", path)
    return found if can_be_many else jsonpath_ng.ext.parse(path).find(data)[0].value


def replace_everywhere(old, new):
    """In all modules that have imported it by its name."""
    for module in list(sys.modules.values()):
        if module.__name__.startswith("moto.stepfunctions") and getattr(module, old.__name__, None) is old:
            setattr(module, old.__name__, new)


def at_most(seconds):
    """Five minutes later is right for AWS and too late for a test: `HOLDFAST_LOCAL_RETRY_SECONDS` is the longest wait."""
    return min(seconds, float(os.environ.get("HOLDFAST_LOCAL_RETRY_SECONDS", "inf")))


def sleep_before_retry(seconds):
    time.sleep(at_most(seconds))


def wait(self, env, wait_seconds):
    wait_of_moto(self, env, at_most(wait_seconds))


eval_sync_of_moto = StateTaskServiceCallback._eval_sync
start_of_moto = StepFunctionsParserBackend.start_execution
set_error_of_moto = Environment.set_error
extract_json_of_moto = json_path.extract_json
wait_of_moto = WaitFunction._wait_interval


def install():
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    StateTaskService._normalise_parameters = normalise_parameters
    StateTaskService._normalise_response = normalise_response
    StateTaskServiceCallback._eval_sync = eval_sync
    ecs.StateTaskServiceEcs._build_sync_resolver = build_task_watch
    ecs._SUPPORTED_API_PARAM_BINDINGS["runtask"] |= {"CapacityProviderStrategy", "Tags", "EnableECSManagedTags"}
    StepFunctionsParserBackend.start_execution = start_execution
    StateMachine.__deepcopy__ = copy_machine
    Environment.set_error = set_error
    BaseExecutionWorkerCommunication.terminated = terminated
    replace_everywhere(extract_json_of_moto, extract_json)
    WaitFunction._wait_interval = wait
    retrier_decl.time = types.SimpleNamespace(sleep=sleep_before_retry)
