"""moto's log group drops its key and can't be updated; metric filters it does not know."""

from ..resource import Resource


class LogGroup(Resource):
    kind = "AWS::Logs::LogGroup"
    name_property = "LogGroupName"

    def put(self, properties):
        if not self.attributes:
            self.call("logs", "CreateLogGroup", {"LogGroupName": self.id, "KmsKeyId": properties.get("KmsKeyId")})
            self.attributes = {"Arn": f"arn:aws:logs:{self.region}:{self.account}:log-group:{self.id}:*"}
        if "RetentionInDays" in properties:
            days = properties["RetentionInDays"]
            self.call("logs", "PutRetentionPolicy", {"LogGroupName": self.id, "RetentionInDays": days})

    def remove(self):
        self.call("logs", "DeleteLogGroup", {"LogGroupName": self.id})


class MetricFilter(Resource):
    kind = "AWS::Logs::MetricFilter"
    name_property = "FilterName"

    def put(self, properties):
        self.call("logs", "PutMetricFilter", {**properties, "FilterName": self.id})
