"""CloudFormation types of our own, beside moto's and instead of those that drop properties without a word.

A template with a type that nobody knows is refused: moto would leave the resource out and call the stack complete.
"""

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.core.common_models import CloudFormationModel

from .api import call

# Nothing that runs here could notice them.
WITHOUT_EFFECT = (
    "AWS::CDK::Metadata",
    "AWS::CloudFormation::WaitCondition",
    "AWS::CloudFormation::WaitConditionHandle",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::ECS::ClusterCapacityProviderAssociations",
    "AWS::KMS::Grant",
)

ours = {}


class Resource(CloudFormationModel):
    """A type that is made by calls to the API of its service: a subclass names it and says how it is put there."""

    kind = ""
    name_property = ""

    def __init_subclass__(cls):
        super().__init_subclass__()
        ours[cls.kind] = cls

    def __init__(self, name, region, account):
        self.name, self.region, self.account = name, region, account
        self.id, self.attributes = name, {}

    def put(self, properties):
        """Makes the resource, or brings one that is there up to date; sets its id and its attributes."""

    def remove(self):
        """Takes the resource away. A resource without this stays."""

    def call(self, service, operation, properties, region=None):
        return call(service, operation, region or self.region, properties)

    @property
    def physical_resource_id(self):
        return self.id

    @classmethod
    def cloudformation_name_type(cls):
        return cls.name_property

    @classmethod
    def cloudformation_type(cls):
        return cls.kind

    @classmethod
    def has_cfn_attr(cls, attr):
        return True

    def get_cfn_attribute(self, attribute_name):
        if attribute_name not in self.attributes:
            raise ValidationError(message=f"the local AWS does not know {self.kind}.{attribute_name}")
        return self.attributes[attribute_name]

    def is_created(self):
        return True

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        made = cls(resource_name, region_name, account_id)
        made.put(cloudformation_json["Properties"])
        return made

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name
    ):
        original_resource.put(cloudformation_json["Properties"])
        return original_resource

    def delete(self, account_id, region_name):
        self.remove()


def known_types():
    theirs = {model.cloudformation_type(): model for model in CloudFormationModel.__subclasses__() if model is not Resource}
    return {**theirs, **ours}


def class_of(resource_type):
    if resource_type.startswith("Custom::") or resource_type == "AWS::CloudFormation::CustomResource":
        return parsing.CustomModel
    if resource_type in WITHOUT_EFFECT:
        return None
    if resource_type not in known_types():
        raise ValidationError(message=f"the local AWS does not know the type {resource_type}: add it to setup/local_aws/types")
    return known_types()[resource_type]


def install():
    parsing.get_model_map = known_types
    parsing.get_model_list = lambda: list(known_types().values())
    parsing.resource_class_from_type = class_of
