"""
moto lets only an empty bucket have a lock configuration, answers a question about retention with the object, and takes a
retention that is over. S3 lets the configuration be changed while the bucket is in use, says what it knows, and refuses.
"""

import functools
from datetime import datetime, timezone

from moto.s3.exceptions import InvalidArgumentError, InvalidBucketState, LockNotEnabled
from moto.s3.models import S3Backend
from moto.s3.responses import S3Response

NONE = "<Error><Code>NoSuchObjectLockConfiguration</Code><Message>The specified object does not have a ObjectLock configuration</Message></Error>"
RETENTION = "<Retention><Mode>{}</Mode><RetainUntilDate>{}</RetainUntilDate></Retention>"


def put_object_lock_configuration(self, bucket_name, lock_enabled, mode=None, days=None, years=None):
    bucket = self.get_bucket(bucket_name)
    if not bucket.is_versioned:
        raise InvalidBucketState("Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
    bucket.object_lock_enabled = bucket.object_lock_enabled or lock_enabled
    bucket.default_lock_mode, bucket.default_lock_days, bucket.default_lock_years = mode, days, years


def get_object_retention(self):
    if not self.backend.get_bucket(self.bucket_name).object_lock_enabled:
        raise LockNotEnabled
    key, _ = self._get_key()
    headers = self._get_cors_headers_other()
    if not key.lock_until:
        return 404, headers, NONE
    return 200, headers, RETENTION.format(key.lock_mode, key.lock_until)


def answers_retention(method):
    @functools.wraps(method)
    def answer(self, query, key_name):
        if "retention" in query:
            self._set_action("KEY", "GET", query)
            self._authenticate_and_authorize_s3_action(bucket_name=self.bucket_name, key_name=key_name)
            return get_object_retention(self)
        return method(self, query=query, key_name=key_name)

    return answer


def refuses_the_past(method):
    @functools.wraps(method)
    def put(self, bucket_name, key_name, version_id, retention):
        until = datetime.fromisoformat(retention[1].replace("Z", "+00:00"))
        if until <= datetime.now(timezone.utc):
            raise InvalidArgumentError("The retain until date must be in the future!", "RetainUntilDate", retention[1])
        return method(self, bucket_name, key_name, version_id=version_id, retention=retention)

    return put


def install():
    S3Backend.put_object_lock_configuration = put_object_lock_configuration
    S3Backend.put_object_retention = refuses_the_past(S3Backend.put_object_retention)
    S3Response._key_response_get = answers_retention(S3Response._key_response_get)
