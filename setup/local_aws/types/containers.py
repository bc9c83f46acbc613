"""moto's task definition takes containers and volumes only, and drops roles, sizes, platform and storage."""

from ..resource import Resource


class TaskDefinition(Resource):
    kind = "AWS::ECS::TaskDefinition"

    def put(self, properties):
        """Every change is a new revision. The one before is deregistered; CloudFormation does that at the end of the deployment."""
        before = self.id
        family = {"Family": self.name.replace(".", "-")}
        made = self.call("ecs", "RegisterTaskDefinition", {**family, **properties})["taskDefinition"]
        self.id = made["taskDefinitionArn"]
        self.attributes = {"TaskDefinitionArn": self.id}
        if before != self.name:
            self.call("ecs", "DeregisterTaskDefinition", {"TaskDefinition": before})

    def remove(self):
        self.call("ecs", "DeregisterTaskDefinition", {"TaskDefinition": self.id})
