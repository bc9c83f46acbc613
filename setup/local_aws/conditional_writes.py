"""S3 and DynamoDB decide which of two conditional writes is the first. moto looks, and then stores: two that look at once both succeed."""

import functools
import threading

from moto.dynamodb.models import DynamoDBBackend
from moto.s3.responses import S3Response

making = threading.Lock()
locks = {}
writing_items = threading.Lock()


def lock_of(bucket, key):
    with making:
        return locks.setdefault((bucket, key), threading.Lock())


def one_at_a_time(method):
    @functools.wraps(method)
    def alone(self, *args, **kwargs):
        if self.headers.get("If-None-Match") is None:
            return method(self, *args, **kwargs)
        with lock_of(self.bucket_name, self.parse_key_name()):
            return method(self, *args, **kwargs)

    return alone


def item_by_item(method):
    @functools.wraps(method)
    def alone(self, *args, **kwargs):
        with writing_items:
            return method(self, *args, **kwargs)

    return alone


def install():
    for name in ("put_item", "update_item", "delete_item"):
        setattr(DynamoDBBackend, name, item_by_item(getattr(DynamoDBBackend, name)))
    S3Response._key_response_put = one_at_a_time(S3Response._key_response_put)
    S3Response._key_response_post = one_at_a_time(S3Response._key_response_post)
