"""moto keeps alarms and schedules by their API, and does not know them in a template. They are stored; they never ring or fire."""

from ..resource import Resource


class Alarm(Resource):
    kind = "AWS::CloudWatch::Alarm"
    name_property = "AlarmName"
    operation = "PutMetricAlarm"

    def put(self, properties):
        wish = {name: value for name, value in properties.items() if name != "Tags"}
        self.call("cloudwatch", self.operation, {**wish, "AlarmName": self.id})
        self.attributes = {"Arn": f"arn:aws:cloudwatch:{self.region}:{self.account}:alarm:{self.id}"}

    def remove(self):
        self.call("cloudwatch", "DeleteAlarms", {"AlarmNames": [self.id]})


class CompositeAlarm(Alarm):
    kind = "AWS::CloudWatch::CompositeAlarm"
    operation = "PutCompositeAlarm"


class ScheduleGroup(Resource):
    kind = "AWS::Scheduler::ScheduleGroup"
    name_property = "Name"

    def put(self, properties):
        if not self.attributes:
            made = self.call("scheduler", "CreateScheduleGroup", {"Name": self.id})
            self.attributes = {"Arn": made["ScheduleGroupArn"]}


class Schedule(Resource):
    kind = "AWS::Scheduler::Schedule"
    name_property = "Name"

    def put(self, properties):
        self.id = self.name[:64]
        self.group = properties.get("GroupName")
        operation = "UpdateSchedule" if self.attributes else "CreateSchedule"
        made = self.call("scheduler", operation, {**properties, "Name": self.id})
        self.attributes = {"Arn": made["ScheduleArn"]}

    def remove(self):
        self.call("scheduler", "DeleteSchedule", {"Name": self.id, "GroupName": self.group})
