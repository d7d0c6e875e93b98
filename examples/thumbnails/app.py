# SPDX-License-Identifier: Apache-2.0
"""Makes a thumbnail of every picture under pictures/, and keeps it under thumbnails/.

Event: an S3 notification, {"Records": [{"s3": {"bucket": {"name"}, "object": {"key"}}}]}; keys are form-encoded.
Pillow comes from a layer.
"""

import io
import urllib.parse

import boto3
from PIL import Image

PIXELS = 128
s3 = boto3.client("s3")


def handler(event, context):
    for record in event["Records"]:
        bucket = record["s3"]["bucket"]["name"]
        key = urllib.parse.unquote_plus(record["s3"]["object"]["key"])
        picture = Image.open(io.BytesIO(s3.get_object(Bucket=bucket, Key=key)["Body"].read()))
        picture.thumbnail((PIXELS, PIXELS))
        thumbnail = io.BytesIO()
        picture.save(thumbnail, "PNG")
        name = key.removeprefix("pictures/").rsplit(".", 1)[0]
        s3.put_object(Bucket=bucket, Key=f"thumbnails/{name}.png", Body=thumbnail.getvalue(), ContentType="image/png")
        print(f"{key}: {picture.width} x {picture.height}")
