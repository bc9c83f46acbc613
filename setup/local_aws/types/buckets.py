"""moto's bucket takes encryption and tags only; a vault is made of the rest. Bucket policies it does not know at all."""

from moto.s3.models import s3_backends

from ..resource import Resource


class Bucket(Resource):
    kind = "AWS::S3::Bucket"
    name_property = "BucketName"

    def put(self, properties):
        if not self.attributes:
            self.create(properties)
        for name, (operation, convert) in SETTINGS.items():
            if name in properties:
                self.call("s3", operation, {"Bucket": self.id, **convert(properties[name])})
        if "LoggingConfiguration" in properties:
            self.log_to(properties["LoggingConfiguration"])

    def create(self, properties):
        place = {} if self.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        is_locked = properties.get("ObjectLockEnabled", False)
        self.call("s3", "CreateBucket", {"Bucket": self.id, "ObjectLockEnabledForBucket": is_locked, **place})
        self.attributes = {
            "Arn": f"arn:aws:s3:::{self.id}",
            "DomainName": f"{self.id}.s3.amazonaws.com",
            "RegionalDomainName": f"{self.id}.s3.{self.region}.amazonaws.com",
        }

    def log_to(self, logging):
        """Set past the API, which asks for a policy of the other bucket that CloudFormation makes only later."""
        target = {"TargetBucket": logging.get("DestinationBucketName", self.id), "TargetPrefix": logging.get("LogFilePrefix", "")}
        s3_backends[self.account]["aws"].buckets[self.id].logging = target

    def remove(self):
        self.call("s3", "DeleteBucket", {"Bucket": self.id})


class BucketPolicy(Resource):
    kind = "AWS::S3::BucketPolicy"

    def put(self, properties):
        self.id = properties["Bucket"]
        self.call("s3", "PutBucketPolicy", {"Bucket": self.id, "Policy": properties["PolicyDocument"]})

    def remove(self):
        self.call("s3", "DeleteBucketPolicy", {"Bucket": self.id})


def encryption(given):
    rules = [
        {"ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"], "BucketKeyEnabled": rule.get("BucketKeyEnabled")}
        for rule in given["ServerSideEncryptionConfiguration"]
    ]
    return {"ServerSideEncryptionConfiguration": {"Rules": rules}}


def lifecycle(given):
    return {"LifecycleConfiguration": {"Rules": [lifecycle_rule(rule) for rule in given["Rules"]]}}


def lifecycle_rule(rule):
    expiration = {"Days": rule.get("ExpirationInDays"), "ExpiredObjectDeleteMarker": rule.get("ExpiredObjectDeleteMarker")}
    old = {"NoncurrentDays": rule["NoncurrentVersionExpirationInDays"]} if "NoncurrentVersionExpirationInDays" in rule else None
    return {
        "ID": rule.get("Id"),
        "Status": rule["Status"],
        "Filter": lifecycle_filter(rule),
        "Expiration": {key: value for key, value in expiration.items() if value is not None} or None,
        "NoncurrentVersionExpiration": rule.get("NoncurrentVersionExpiration", old),
        "AbortIncompleteMultipartUpload": rule.get("AbortIncompleteMultipartUpload"),
        "Transitions": transitions(rule.get("Transitions"), "Days"),
        "NoncurrentVersionTransitions": transitions(rule.get("NoncurrentVersionTransitions"), "NoncurrentDays"),
    }


def lifecycle_filter(rule):
    """The API wants one condition by itself, and several below And."""
    tags = rule.get("TagFilters", [])
    sizes = {name: rule[name] for name in ("ObjectSizeGreaterThan", "ObjectSizeLessThan") if name in rule}
    prefix = {"Prefix": rule["Prefix"]} if "Prefix" in rule else {}
    if len(tags) + len(sizes) + len(prefix) > 1:
        return {"And": {**prefix, **sizes, **({"Tags": tags} if tags else {})}}
    return {"Tag": tags[0]} if tags else sizes or prefix or {"Prefix": ""}


def transitions(given, unit):
    if given is None:
        return None
    return [{"StorageClass": step["StorageClass"], unit: step["TransitionInDays"]} for step in given]


def replication(given):
    rules = [{**rule, "Filter": replication_filter(rule.get("Filter", {}))} for rule in given["Rules"]]
    return {"ReplicationConfiguration": {**given, "Rules": rules}}


def replication_filter(given):
    both = given.get("And")
    if both is not None:
        return {"And": {"Prefix": both.get("Prefix"), "Tags": both.get("TagFilters")}}
    return {"Prefix": given.get("Prefix"), "Tag": given.get("TagFilter")}


def notifications(given):
    return {"NotificationConfiguration": {**given, **({"EventBridgeConfiguration": {}} if "EventBridgeConfiguration" in given else {})}}


def as_it_is(name):
    return lambda given: {name: given}


SETTINGS = {
    "VersioningConfiguration": ("PutBucketVersioning", as_it_is("VersioningConfiguration")),
    "BucketEncryption": ("PutBucketEncryption", encryption),
    "ObjectLockConfiguration": ("PutObjectLockConfiguration", as_it_is("ObjectLockConfiguration")),
    "PublicAccessBlockConfiguration": ("PutPublicAccessBlock", as_it_is("PublicAccessBlockConfiguration")),
    "OwnershipControls": ("PutBucketOwnershipControls", as_it_is("OwnershipControls")),
    "LifecycleConfiguration": ("PutBucketLifecycleConfiguration", lifecycle),
    "ReplicationConfiguration": ("PutBucketReplication", replication),
    "NotificationConfiguration": ("PutBucketNotificationConfiguration", notifications),
    "Tags": ("PutBucketTagging", lambda tags: {"Tagging": {"TagSet": tags}}),
}
