"""moto reads every template as YAML, in Python, several times a deployment: seconds for a stack of 400 resources.

What CDK sends is JSON, or YAML of its own bootstrap stack; each text is parsed once.
"""

import copy
import functools
import json

import yaml
from moto.cloudformation import models, responses
from moto.cloudformation.utils import yaml_tag_constructor


@functools.lru_cache(maxsize=32)
def parsed_once(template):
    try:
        return json.loads(template)
    except ValueError:
        yaml.add_multi_constructor("", yaml_tag_constructor)
        return yaml.load(template, Loader=yaml.Loader)


def parse(template):
    return copy.deepcopy(parsed_once(template))


def parse_change_set(self):
    self.template_dict = parse(self.template)


def summarize(template):
    parts = parse(template)
    kinds = [part["Type"] for part in parts["Resources"].values()]
    parameters = [
        {"ParameterKey": key, "ParameterType": slot.get("Type", "String"), "DefaultValue": slot.get("Default")}
        for key, slot in parts.get("Parameters", {}).items()
    ]
    return {"ResourceTypes": kinds, "Parameters": parameters, "Description": parts.get("Description")}


def install():
    models.Stack.parse_template = staticmethod(parse)
    models.ChangeSet._parse_template = parse_change_set
    responses.get_template_summary_response_from_template = summarize
