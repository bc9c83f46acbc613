"""
moto's snapshots are there at once, never fail, and are copied whatever their state. RDS takes its time: here one is `creating` when
somebody looks for the first time, and `available` from the second look on; those of a server whose name ends in `-failing` are `failed`
then. A name of a cluster's snapshot has 63 letters, and a key must be there and enabled.
"""

import functools

from moto.rds.exceptions import InvalidParameterValue, KMSKeyNotAccessibleFault, RDSClientError
from moto.rds.models import RDSBackend

LETTERS_OF_CLUSTERS = 63
BEGUN, LOOKED_AT = "begun", "looked at"


def server_of(snapshot):
    return getattr(snapshot, "db_cluster_identifier", None) or snapshot.db_instance_identifier


def begins(method):
    @functools.wraps(method)
    def begin(self, *args, **options):
        snapshot = method(self, *args, **options)
        if snapshot.snapshot_type == "manual":
            snapshot.progress, snapshot.status = BEGUN, "creating"
        return snapshot

    return begin


def looks(method):
    @functools.wraps(method)
    def look(self, *args, **options):
        snapshots = method(self, *args, **options)
        for snapshot in snapshots:
            if getattr(snapshot, "progress", None) == BEGUN:
                snapshot.progress = LOOKED_AT
            elif getattr(snapshot, "progress", None) == LOOKED_AT:
                snapshot.progress = None
                snapshot.status = "failed" if server_of(snapshot).endswith("-failing") else "available"
        return snapshots

    return look


def copies(method, get, name):
    @functools.wraps(method)
    def copy(self, *args, **options):
        source = getattr(self, get)(options[f"source_{name}_identifier"])
        if source.status != "available":
            raise RDSClientError("InvalidDBSnapshotState", f"{options[f'source_{name}_identifier']} is {source.status}")
        return method(self, *args, **options)

    return copy


def create_db_cluster_snapshot(self, db_cluster_identifier, db_cluster_snapshot_identifier, snapshot_type="manual", **options):
    if snapshot_type == "manual" and len(db_cluster_snapshot_identifier) > LETTERS_OF_CLUSTERS:
        raise InvalidParameterValue(f"{db_cluster_snapshot_identifier} has more than {LETTERS_OF_CLUSTERS} letters")
    return create_of_moto(self, db_cluster_identifier, db_cluster_snapshot_identifier, snapshot_type, **options)


def validate_kms_key(self, kms_key_id):
    try:
        arn = validate_of_moto(self, kms_key_id)
        key = self.get_backend("kms", self.region_name, self.account_id).describe_key(arn)
    except Exception:
        raise KMSKeyNotAccessibleFault(kms_key_id) from None
    if key.key_state != "Enabled":
        raise KMSKeyNotAccessibleFault(kms_key_id)
    return arn


create_of_moto = RDSBackend.create_db_cluster_snapshot
validate_of_moto = RDSBackend._validate_kms_key


def install():
    RDSBackend._validate_kms_key = validate_kms_key
    RDSBackend.create_db_snapshot = begins(RDSBackend.create_db_snapshot)
    RDSBackend.create_db_cluster_snapshot = begins(create_db_cluster_snapshot)
    RDSBackend.copy_db_snapshot = begins(copies(RDSBackend.copy_db_snapshot, "get_db_snapshot", "db_snapshot"))
    RDSBackend.copy_db_cluster_snapshot = begins(
        copies(RDSBackend.copy_db_cluster_snapshot, "get_db_cluster_snapshot", "db_cluster_snapshot")
    )
    RDSBackend.describe_db_snapshots = looks(RDSBackend.describe_db_snapshots)
    RDSBackend.describe_db_cluster_snapshots = looks(RDSBackend.describe_db_cluster_snapshots)
