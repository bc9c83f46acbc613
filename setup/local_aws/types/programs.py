"""moto puts state machines of a template where executions don't run, and forgets what a function has beside its code."""

import io
import json
import zipfile

from moto.awslambda.models import lambda_backends
from moto.cloudformation.exceptions import ValidationError

from ..functions import MAXIMUM_RETRIES
from ..resource import Resource


class StateMachine(Resource):
    kind = "AWS::StepFunctions::StateMachine"
    name_property = "StateMachineName"

    def put(self, properties):
        wish = {**properties, "Definition": definition_of(properties), "Type": properties.get("StateMachineType")}
        if self.attributes:
            self.call("stepfunctions", "UpdateStateMachine", {**wish, "StateMachineArn": self.id})
            return
        wish = {name: value for name, value in wish.items() if name != "Tags"}
        made = self.call("stepfunctions", "CreateStateMachine", {**wish, "Name": self.name[:80]})
        self.id = made["stateMachineArn"]
        self.attributes = {"Arn": self.id, "Name": self.name[:80]}

    def remove(self):
        self.call("stepfunctions", "DeleteStateMachine", {"StateMachineArn": self.id})


def definition_of(properties):
    definition = properties.get("DefinitionString") or json.dumps(properties["Definition"])
    for name, value in properties.get("DefinitionSubstitutions", {}).items():
        definition = definition.replace(f"${{{name}}}", str(value))
    if "JSONata" in definition:
        raise ValidationError(message="the local AWS knows JSONPath only, and this state machine is written in JSONata")
    return definition


class Function(Resource):
    kind = "AWS::Lambda::Function"
    name_property = "FunctionName"

    def put(self, properties):
        wish = {**{key: value for key, value in properties.items() if key != "Tags"}, "FunctionName": self.name[:64]}
        code = code_of(properties["Code"])
        if self.attributes:
            self.call("lambda", "UpdateFunctionCode", {"FunctionName": self.id, **code})
            self.call("lambda", "UpdateFunctionConfiguration", wish)
        else:
            made = self.call("lambda", "CreateFunction", {**wish, "Code": code})
            self.id = made["FunctionName"]
            self.attributes = {"Arn": made["FunctionArn"]}
        self.remember(properties)

    def remember(self, properties):
        function = lambda_backends[self.account][self.region].get_function(self.id)
        function.dead_letter_arn = properties.get("DeadLetterConfig", {}).get("TargetArn")

    def remove(self):
        self.call("lambda", "DeleteFunction", {"FunctionName": self.id})


def code_of(given):
    """Code that stands in the template is the text of one file."""
    if "ZipFile" not in given:
        return given
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("index.js", given["ZipFile"])
    return {"ZipFile": archive.getvalue()}


class EventInvokeConfig(Resource):
    kind = "AWS::Lambda::EventInvokeConfig"

    def put(self, properties):
        self.call("lambda", "PutFunctionEventInvokeConfig", properties)
        function = lambda_backends[self.account][self.region].get_function(properties["FunctionName"])
        function.maximum_retries = int(properties.get("MaximumRetryAttempts", MAXIMUM_RETRIES))
