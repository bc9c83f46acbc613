"""The CloudFormation types of our own, by service."""

from . import buckets, containers, keys, logs, messages, programs, trails, watches


def install():
    """Importing them is enough: each class enters itself."""
    return (buckets, containers, keys, logs, messages, programs, trails, watches)
