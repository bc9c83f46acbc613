"""moto drops the policies of topics and queues, subscriptions that stand by themselves, and the subscribers of a topic that changes."""

from ..resource import Resource

SUBSCRIPTION_SETTINGS = ("FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy", "DeliveryPolicy")


class Topic(Resource):
    kind = "AWS::SNS::Topic"
    name_property = "TopicName"

    def put(self, properties):
        settings = {name: properties[name] for name in ("DisplayName", "KmsMasterKeyId", "SignatureVersion") if name in properties}
        if not self.attributes:
            self.id = self.call("sns", "CreateTopic", {"Name": self.name})["TopicArn"]
            self.attributes = {"TopicArn": self.id, "TopicName": self.name}
            for wish in properties.get("Subscription", []):
                self.call("sns", "Subscribe", {"TopicArn": self.id, **wish})
        for name, value in settings.items():
            self.call("sns", "SetTopicAttributes", {"TopicArn": self.id, "AttributeName": name, "AttributeValue": value})

    def remove(self):
        self.call("sns", "DeleteTopic", {"TopicArn": self.id})


class Subscription(Resource):
    kind = "AWS::SNS::Subscription"

    def put(self, properties):
        """Another endpoint is another subscription; one that needs a person's consent would need it again."""
        if self.attributes:
            self.remove()
        settings = {name: text_of(properties[name]) for name in SUBSCRIPTION_SETTINGS if name in properties}
        wish = {name: properties.get(name) for name in ("TopicArn", "Protocol", "Endpoint")}
        self.id = self.call("sns", "Subscribe", {**wish, "Attributes": settings})["SubscriptionArn"]
        self.attributes = {"Arn": self.id}

    def remove(self):
        self.call("sns", "Unsubscribe", {"SubscriptionArn": self.id})


class TopicPolicy(Resource):
    kind = "AWS::SNS::TopicPolicy"

    def put(self, properties):
        for topic in properties["Topics"]:
            wish = {"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": properties["PolicyDocument"]}
            self.call("sns", "SetTopicAttributes", wish)


class QueuePolicy(Resource):
    kind = "AWS::SQS::QueuePolicy"

    def put(self, properties):
        for queue in properties["Queues"]:
            self.call("sqs", "SetQueueAttributes", {"QueueUrl": queue, "Attributes": {"Policy": properties["PolicyDocument"]}})


def text_of(value):
    """Settings of a subscription are texts; a boolean is its lower-case word."""
    return str(value).lower() if isinstance(value, bool) else value
