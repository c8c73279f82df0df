"""Reads {"document": …, "samples": [{"of": message or schema, "body": …}]} and prints a line per thing that is wrong.
Also prints what should be wrong and is not: every sample without one of its required members."""
import json
import pathlib
import sys

import jsonschema

given = json.load(sys.stdin)
document = given["document"]

# Debian 12's jsonschema takes every member named $id for the id of a schema, and stumbles over a *property* of that
# name. The document has none, so that nothing is lost without its rule.
official = json.loads(
    pathlib.Path(__file__).with_name("asyncapi-3.0.0.json").read_text(),
    object_hook=lambda members: {k: v for k, v in members.items() if k != "$id" or isinstance(v, str)})
for error in jsonschema.Draft7Validator(official).iter_errors(document):
    print("document:", "/".join(map(str, error.absolute_path)), error.message[:300])

resolver = jsonschema.RefResolver("", document)


def pointers(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for member in value.values():
            yield from pointers(member)
    elif isinstance(value, list):
        for item in value:
            yield from pointers(item)


for pointer in sorted(set(pointers(document))):
    try:
        resolver.resolve(pointer)
    except jsonschema.RefResolutionError:
        print("document: nothing is at", pointer)

for name, schema in document["components"]["schemas"].items():
    jsonschema.Draft7Validator.check_schema(schema)
    for example in schema.get("examples", []):
        if not jsonschema.Draft7Validator(schema, resolver=resolver).is_valid(example):
            print(name, "does not take its own example")

for sample in given["samples"]:
    name, body = sample["of"], sample["body"]
    message = document["components"]["messages"].get(name)
    schema = message["payload"] if message else {"$ref": f"#/components/schemas/{name}"}
    validator = jsonschema.Draft7Validator(schema, resolver=resolver)
    for error in validator.iter_errors(body):
        print(name, "/".join(map(str, error.absolute_path)), error.message[:300])
    _, definition = resolver.resolve(schema["$ref"])
    for required in definition.get("required", []):
        if validator.is_valid({key: value for key, value in body.items() if key != required}):
            print(name, "is taken without", required)
print("checked", len(given["samples"]), "samples")
