# SPDX-License-Identifier: Apache-2.0
"""The warehouse: takes orders from its queue and keeps a delivery note for each in a bucket.

Event: messages of SQS, {"Records": [{"messageId", "body"}]}; each body is an order,
{"order": 17, "item": "lamp", "quantity": 2}. An order that cannot be served is reported and comes again.
"""

import json
import os

import boto3

s3 = boto3.client("s3")


def handler(event, context):
    failed = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            note = f"Order {order['order']}: {order['quantity']} x {order['item']}\n"
            s3.put_object(Bucket=os.environ["BUCKET"], Key=f"notes/{order['order']}.txt", Body=note.encode())
            print(note, end="")
        except (KeyError, ValueError) as error:
            print(f"{record['messageId']}: {error!r}")
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
