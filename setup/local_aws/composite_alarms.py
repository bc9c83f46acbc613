"""moto's put_metric_alarm takes the rule of a composite alarm too, and the operation that would bring it is missing."""

from moto.cloudwatch.responses import CloudWatchResponse


def put_composite_alarm(self):
    return self.put_metric_alarm()


def install():
    CloudWatchResponse.put_composite_alarm = put_composite_alarm
