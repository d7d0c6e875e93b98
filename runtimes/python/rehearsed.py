# SPDX-License-Identifier: Apache-2.0
"""The function of a rehearsal (rehearsal.py): it makes what _KILN_REHEARSED names."""
import os

if os.environ["_KILN_REHEARSED"]:
    import boto3

    if os.environ["_KILN_REHEARSED"] != "boto3":
        boto3.client(os.environ["_KILN_REHEARSED"])


def handler(event, context):
    return event
