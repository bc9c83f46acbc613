"""Serves the local AWS on a free port until its standard input ends, so that it never outlives who started it."""

import os
import signal
import sys
import threading

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from . import (
    bucket_policies,
    composite_alarms,
    conditional_writes,
    custom_resources,
    deployments,
    events,
    functions,
    key_states,
    kms_ids,
    machines,
    object_lock,
    parsed_templates,
    rds_snapshots,
    reads,
    resource,
    signed_digests,
    stack_outputs,
    stack_removals,
    tasks,
    types,
)
from .door import Door
from .reads import Reads
from .sessions import Sessions

for mend in (
    kms_ids,
    key_states,
    rds_snapshots,
    object_lock,
    bucket_policies,
    composite_alarms,
    conditional_writes,
    parsed_templates,
    resource,
    signed_digests,
    stack_outputs,
    stack_removals,
    types,
    deployments,
    custom_resources,
    functions,
    tasks,
    machines,
    events,
    reads,
):
    mend.install()

moto = DomainDispatcherApplication(create_backend_app)
moto.debug = True
server = make_server("127.0.0.1", 0, Door(Sessions(Reads(moto))), threaded=True)
os.environ["MOTO_PORT"] = str(server.port)
print(f"listening on http://127.0.0.1:{server.port}", file=sys.stderr, flush=True)


def stop(*_):
    tasks.stop_all()
    functions.stop_all()
    os._exit(0)


def stop_with_parent():
    sys.stdin.buffer.read()
    stop()


signal.signal(signal.SIGTERM, stop)
threading.Thread(target=stop_with_parent, daemon=True).start()
server.serve_forever()
