"""moto keeps trails by their API, and does not know them in a template. Nothing is recorded."""

from ..resource import Resource


class Trail(Resource):
    kind = "AWS::CloudTrail::Trail"
    name_property = "TrailName"

    def put(self, properties):
        operation = "UpdateTrail" if self.attributes else "CreateTrail"
        wish = {name: value for name, value in properties.items() if name not in ("Tags", "TagsList")}
        made = self.call("cloudtrail", operation, {**wish, "Name": self.id})
        self.attributes = {"Arn": made["TrailARN"]}
        if properties.get("IsLogging", True) in (True, "true"):
            self.call("cloudtrail", "StartLogging", {"Name": self.id})
        if "EventSelectors" in properties or "AdvancedEventSelectors" in properties:
            self.call("cloudtrail", "PutEventSelectors", {**properties, "TrailName": self.id})

    def remove(self):
        self.call("cloudtrail", "DeleteTrail", {"Name": self.id})

