"""moto lets only an empty bucket have a lock configuration; S3 lets it be changed while the bucket is in use."""

from moto.s3.exceptions import InvalidBucketState
from moto.s3.models import S3Backend


def put_object_lock_configuration(self, bucket_name, lock_enabled, mode=None, days=None, years=None):
    bucket = self.get_bucket(bucket_name)
    if not bucket.is_versioned:
        raise InvalidBucketState("Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
    bucket.object_lock_enabled = bucket.object_lock_enabled or lock_enabled
    bucket.default_lock_mode, bucket.default_lock_days, bucket.default_lock_years = mode, days, years


def install():
    S3Backend.put_object_lock_configuration = put_object_lock_configuration
