"""moto runs the function of a custom resource in Docker and waits for its answer for ever; here it runs at once, under node.

CDK's own pair that carries values to another region needs an SDK that only Lambda brings along; it is done here by itself.
"""

import uuid

from moto.awslambda.models import lambda_backends
from moto.cloudformation.custom_model import CustomModel

from .api import call
from .functions import run

# The runtime keeps what a function sends to this host (lambda-runtime.ts).
RESPONSE_URL = "https://custom-resource.invalid/response"


def create(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
    event = {"RequestType": "Create", "LogicalResourceId": kwargs["LogicalId"], "StackId": kwargs["StackId"]}
    made = CustomModel(region_name, str(uuid.uuid4()), kwargs["LogicalId"], resource_name)
    return answered(made, event, cloudformation_json, account_id)


def update(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
    event = {
        "RequestType": "Update",
        "LogicalResourceId": original_resource.logical_id,
        "PhysicalResourceId": original_resource.resource_name,
        "StackId": "",
    }
    return answered(original_resource, event, cloudformation_json, account_id)


def answered(resource, event, cloudformation_json, account_id):
    properties = cloudformation_json["Properties"]
    if cloudformation_json["Type"] in CARRIERS:
        resource.set_data(CARRIERS[cloudformation_json["Type"]](properties))
        return resource
    function = lambda_backends[account_id][resource.region_name].get_function(properties["ServiceToken"])
    rest = {"ResponseURL": RESPONSE_URL, "RequestId": resource.request_id, "ResourceProperties": properties}
    outcome = run(function, {**event, **rest, "ResourceType": cloudformation_json["Type"]})
    answer = outcome.response or {"Status": "FAILED", "Reason": f"no answer: {outcome.payload} {outcome.log}"}
    if answer["Status"] != "SUCCESS":
        raise RuntimeError(answer.get("Reason"))
    resource.resource_name = answer.get("PhysicalResourceId", resource.resource_name)
    resource.set_data(answer.get("Data", {}))
    return resource


def export(properties):
    """Parameters of SSM in the other region, named by CDK."""
    wish = properties["WriterProps"]
    for name, value in wish["exports"].items():
        call("ssm", "PutParameter", wish["region"], {"Name": name, "Value": value, "Type": "String", "Overwrite": True})
    return {}


def import_all(properties):
    wish = properties["ReaderProps"]
    names = wish["imports"]
    return {name: call("ssm", "GetParameter", wish["region"], {"Name": name})["Parameter"]["Value"] for name in names}


CARRIERS = {"Custom::CrossRegionExportWriter": export, "Custom::CrossRegionExportReader": import_all}


def install():
    CustomModel.create_from_cloudformation_json = classmethod(create)
    CustomModel.update_from_cloudformation_json = classmethod(update)
