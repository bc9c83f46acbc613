"""moto does not know `Fn::GetStackOutput`, by which CDK takes a value from a stack of another region."""

from moto.cloudformation import models, parsing

from .api import ACCOUNT

clean_json_of_moto = parsing.clean_json


def clean_json(part, resources_map):
    if not isinstance(part, dict) or "Fn::GetStackOutput" not in part:
        return clean_json_of_moto(part, resources_map)
    wish = clean_json(part["Fn::GetStackOutput"], resources_map)
    stack = models.cloudformation_backends[ACCOUNT][wish["Region"]].get_stack(wish["StackName"])
    return stack.output_map[wish["OutputName"]].value


def install():
    parsing.clean_json = clean_json
