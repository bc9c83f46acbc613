"""S3 decides which of two conditional writes of a key is the first. moto looks, and then stores: two that look at once both succeed."""

import functools
import threading

from moto.s3.responses import S3Response

making = threading.Lock()
locks = {}


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


def install():
    S3Response._key_response_put = one_at_a_time(S3Response._key_response_put)
    S3Response._key_response_post = one_at_a_time(S3Response._key_response_post)
