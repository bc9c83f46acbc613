"""Serves the local AWS on a free port until its standard input ends, so that it never outlives who started it."""

import os
import sys
import threading

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from . import (
    bucket_policies,
    custom_resources,
    deployments,
    events,
    functions,
    kms_ids,
    machines,
    parsed_templates,
    resource,
    tasks,
    types,
)
from .door import Door

for mend in (
    kms_ids,
    bucket_policies,
    parsed_templates,
    resource,
    types,
    deployments,
    custom_resources,
    functions,
    tasks,
    machines,
    events,
):
    mend.install()

moto = DomainDispatcherApplication(create_backend_app)
moto.debug = True
server = make_server("127.0.0.1", 0, Door(moto), threaded=True)
os.environ["MOTO_PORT"] = str(server.port)
print(f"listening on http://127.0.0.1:{server.port}", file=sys.stderr, flush=True)


def stop_with_parent():
    sys.stdin.buffer.read()
    tasks.stop_all()
    functions.stop_all()
    os._exit(0)


threading.Thread(target=stop_with_parent, daemon=True).start()
server.serve_forever()
