"""moto's tasks only pretend to run, and always with exit code 0. Here the first container of a task is a process of this machine.

`HOLDFAST_LOCAL_TASKS` is a JSON file {name of a container or an image: command that stands for the image's entry point}, read anew at each
start. An image that is not there, a secret or a log group that is missing: the task stops without ever having started, as on AWS.
"""

import datetime
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import threading
import time

from moto.ecs.exceptions import EcsClientException
from moto.ecs.models import EC2ContainerServiceBackend, Task
from moto.logs.models import logs_backends

from . import events
from .api import ACCOUNT, call
from .callers import credentials_of
from .surroundings import environment

STOP_TIMEOUT = 30
OUT_OF_MEMORY = 137
STOP_CODES = {"Your Spot Task was interrupted.": "SpotInterruption"}
"""By the reason: whoever stops a task in the words of Fargate Spot is Fargate Spot."""

running = set()
over = {}
"""By the ARN of a task: whether it has stopped."""


class NeverStarted(Exception):
    """Its text is the stopped reason."""


class Process:
    """One task's process, from its start to the event that it stopped."""

    def __init__(self, task, container, role):
        self.task, self.container, self.role = task, container, role
        overrides = task.overrides.get("containerOverrides") or []
        self.override = next((one for one in overrides if one.get("name") == container["name"]), {})
        self.log = Log(container, task)
        self.stop_reason = None
        self.folder = tempfile.TemporaryDirectory(prefix="holdfast-task-")

    def start(self):
        command = (self.container.get("entryPoint") or program_of(self.container)) + (
            self.override.get("command") or self.container.get("command") or []
        )
        surroundings = self.surroundings()
        self.log.open()
        try:
            self.child = subprocess.Popen(
                command,
                cwd=self.folder.name,
                env=surroundings,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as cause:
            raise NeverStarted(f"CannotStartContainerError: {cause}") from cause
        running.add(self)
        threading.Thread(target=self.follow, daemon=True).start()

    def surroundings(self):
        def pairs(given):
            return {one["name"]: one["value"] for one in given or []}

        secrets = {one["name"]: secret(one["valueFrom"], self.task.region_name) for one in self.container.get("secrets") or []}
        role = credentials_of(self.role, self.task.id, self.task.region_name)
        given = role, pairs(self.container.get("environment")), secrets, pairs(self.override.get("environment"))
        return environment(self.task.region_name, *given)

    def follow(self):
        for line in self.child.stdout:
            self.log.write(line.decode(errors="replace").rstrip("\n"))
        code = self.child.wait()
        running.discard(self)
        self.folder.cleanup()
        container = self.task.containers[0]
        container.exitCode = code if code >= 0 else 128 - code
        if container.exitCode == OUT_OF_MEMORY and self.stop_reason is None:
            container.reason = "OutOfMemoryError: Container killed due to memory usage"
        by_itself = self.stop_reason is None
        stopped(
            self.task,
            "Essential container in task exited" if by_itself else self.stop_reason,
            "EssentialContainerExited" if by_itself else STOP_CODES.get(self.stop_reason, "UserInitiated"),
        )

    def stop(self, reason):
        """SIGTERM, and SIGKILL when its stopTimeout is over."""
        if self not in running:
            return
        self.stop_reason = self.stop_reason or reason or "Task stopped by user"
        self.signal(signal.SIGTERM)
        patience = threading.Timer(int(self.container.get("stopTimeout") or STOP_TIMEOUT), self.signal, [signal.SIGKILL])
        patience.daemon = True
        patience.start()

    def signal(self, number):
        try:
            os.killpg(self.child.pid, number)
        except ProcessLookupError:
            pass


class Log:
    """The awslogs driver: lines of a task in the stream prefix/container/task id."""

    def __init__(self, container, task):
        self.options = (container.get("logConfiguration") or {}).get("options") or {}
        self.group = self.options.get("awslogs-group")
        self.stream = f"{self.options.get('awslogs-stream-prefix')}/{container['name']}/{task.id}"
        self.backend = logs_backends[ACCOUNT][self.options.get("awslogs-region", task.region_name)]

    def open(self):
        if self.group is None:
            return
        if self.options.get("awslogs-create-group") == "true":
            self.backend.ensure_log_group(self.group)
        if self.group not in self.backend.groups:
            raise NeverStarted(f"ResourceInitializationError: failed to validate logger args: log group {self.group} does not exist")
        self.backend.create_log_stream(self.group, self.stream)

    def write(self, line):
        if self.group is not None and line != "":
            event = {"timestamp": int(time.time() * 1000), "message": line}
            self.backend.put_log_events(self.group, self.stream, [event])


def program_of(container):
    """An image that CDK built goes by the container's name; one of a registry by its own."""
    path = pathlib.Path(os.environ.get("HOLDFAST_LOCAL_TASKS", "/nonexistent"))
    programs = json.loads(path.read_text()) if path.exists() else {}
    image = container["image"]
    name = container["name"] if "container-assets" in image else image
    if name not in programs:
        raise NeverStarted(f"CannotPullContainerError: pull image manifest has been retried 5 time(s): {image}: not found")
    return programs[name]


def secret(source, region):
    """`valueFrom`: an ARN of a secret, with the JSON field after it, or a parameter of SSM."""
    try:
        if ":secretsmanager:" not in source:
            return call("ssm", "GetParameter", region, {"Name": source.split(":parameter")[-1], "WithDecryption": True})["Parameter"]["Value"]
        parts = source.split(":")
        value = call("secretsmanager", "GetSecretValue", region, {"SecretId": ":".join(parts[:7])})["SecretString"]
        field = parts[7] if len(parts) > 7 else ""
        return json.loads(value)[field] if field else value
    except Exception as cause:
        raise NeverStarted(f"ResourceInitializationError: unable to pull secrets or registry auth: {cause}") from cause


def stopped(task, reason, code):
    task.stopped_reason, task.stop_code = reason, code
    task.stopped_at = datetime.datetime.now(datetime.timezone.utc)
    task.containers[0].last_status = "STOPPED"
    task.desired_status = task.last_status = "STOPPED"
    over[task.task_arn].set()
    events.task_changed(task)


def begin(self, cluster, task_definition, *arguments, **options):
    begin_of_moto(self, cluster, task_definition, *arguments, **options)
    over[self.task_arn] = threading.Event()
    container = task_definition.container_definitions[0]
    self.containers[0].exitCode = None
    self.task_definition_arn = task_definition.arn
    self.process = Process(self, container, getattr(task_definition, "task_role_arn", None))
    self.created_at = datetime.datetime.now(datetime.timezone.utc)
    try:
        self.process.start()
        self.started_at = self.created_at
        self.containers[0].last_status = "RUNNING"
    except NeverStarted as cause:
        self.process.folder.cleanup()
        self.containers[0].reason = str(cause)
        stopped(self, str(cause), "TaskFailedToStart")


def run_task(self, cluster_str, task_definition_str, count, overrides, started_by, tags, launch_type, *rest, **options):
    """A capacity provider strategy (Spot) has no launch type; all there is here is Fargate. moto runs deregistered revisions too."""
    if self.describe_task_definition(task_definition_str).status == "INACTIVE":
        raise EcsClientException("TaskDefinition is inactive")
    kind = launch_type or "FARGATE"
    return run_task_of_moto(self, cluster_str, task_definition_str, count, overrides, started_by, tags, kind, *rest, **options)


def describe_tasks(self, cluster_str, tasks):
    """moto looks through its tasks in place, and fails when another thread adds one."""
    self._get_cluster(cluster_str)
    wanted = {one.split("/")[-1] for one in tasks}
    there = [item for cluster in list(self.tasks.values()) for item in list(cluster.items())]
    return [task for arn, task in there if arn.split("/")[-1] in wanted]


def stop_task(self, cluster_str, task_str, reason):
    task = self.describe_tasks(cluster_str, [task_str])[0]
    task.desired_status = "STOPPED"
    task.process.stop(reason)
    return task


def no_requirements(task_definition):
    """On Fargate the size may stand at the task alone; moto wants it at each container."""
    return {"CPU": 0, "MEMORY": 0, "PORTS": [], "PORTS_UDP": []}


def stop_all():
    for process in list(running):
        process.signal(signal.SIGKILL)
        process.folder.cleanup()


begin_of_moto = Task.__init__
run_task_of_moto = EC2ContainerServiceBackend.run_task


def install():
    Task.__init__ = begin
    Task.advance = lambda self: None
    EC2ContainerServiceBackend.run_task = run_task
    EC2ContainerServiceBackend.describe_tasks = describe_tasks
    EC2ContainerServiceBackend.stop_task = stop_task
    EC2ContainerServiceBackend._calculate_task_resource_requirements = staticmethod(no_requirements)
