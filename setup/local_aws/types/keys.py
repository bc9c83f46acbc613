"""moto's key is never a multi-Region key, replica keys it does not know; nor does it know secrets in a template."""

from ..resource import Resource


class Key(Resource):
    kind = "AWS::KMS::Key"

    def put(self, properties):
        if not self.attributes:
            wish = {name: value for name, value in properties.items() if name != "Tags"}
            made = self.call("kms", "CreateKey", {**wish, "Policy": properties["KeyPolicy"]})["KeyMetadata"]
            self.id = made["KeyId"]
            self.attributes = {"Arn": made["Arn"], "KeyId": self.id}
        self.call("kms", "PutKeyPolicy", {"KeyId": self.id, "PolicyName": "default", "Policy": properties["KeyPolicy"]})
        if properties.get("EnableKeyRotation") in (True, "true"):
            self.call("kms", "EnableKeyRotation", {"KeyId": self.id})

    def remove(self):
        self.call("kms", "ScheduleKeyDeletion", {"KeyId": self.id, "PendingWindowInDays": 30})


class ReplicaKey(Resource):
    kind = "AWS::KMS::ReplicaKey"

    def put(self, properties):
        if not self.attributes:
            primary = properties["PrimaryKeyArn"]
            self.id = primary.split("/")[1]
            wish = {"KeyId": self.id, "ReplicaRegion": self.region}
            made = self.call("kms", "ReplicateKey", wish, region=primary.split(":")[3])["ReplicaKeyMetadata"]
            self.attributes = {"Arn": made["Arn"], "KeyId": self.id}
        self.call("kms", "PutKeyPolicy", {"KeyId": self.id, "PolicyName": "default", "Policy": properties["KeyPolicy"]})


class Secret(Resource):
    kind = "AWS::SecretsManager::Secret"
    name_property = "Name"

    def put(self, properties):
        if self.attributes:
            return
        text = properties.get("SecretString", self.generated(properties.get("GenerateSecretString", {})))
        self.id = self.call("secretsmanager", "CreateSecret", {"Name": self.name, "SecretString": text})["ARN"]
        self.attributes = {"Id": self.id}

    def generated(self, wish):
        return self.call("secretsmanager", "GetRandomPassword", wish)["RandomPassword"]

    def remove(self):
        self.call("secretsmanager", "DeleteSecret", {"SecretId": self.id})
