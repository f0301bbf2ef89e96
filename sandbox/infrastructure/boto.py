"""Calls AWS for a TypeScript program: each line of the input is a list of calls, each line of the output their answers.

A call is `{"service": "ec2", "operation": "describe_vpcs", "parameters": {...}}`. botocore checks the parameters by AWS's
own model before it sends them. The calls are made in order; after one that fails the line is `{"error": ...}`.
"""

import ast
import functools
import json
import sys

import boto3

client = functools.cache(boto3.client)


def answer(call):
    content = getattr(client(call["service"]), call["operation"])(**call.get("parameters", {}))
    content.pop("ResponseMetadata", None)
    if isinstance(content.get("PolicyDocument"), str):
        # moto keeps the inline policy of a stack's role as Python prints it, where AWS has JSON.
        content["PolicyDocument"] = ast.literal_eval(content["PolicyDocument"])
    return content


for line in sys.stdin:
    try:
        answers = [answer(call) for call in json.loads(line)]
    except Exception as error:
        answers = {"error": str(error)}
    print(json.dumps(answers, default=str), flush=True)
