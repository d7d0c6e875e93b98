#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Deploys the example with the aws command: eval "$(kiln env)"; examples/thumbnails/deploy.sh PICTURE
# Then uploads PICTURE and waits for its thumbnail, thumbnail.png in the current folder.
# PYTHON: the interpreter whose version the function gets (python3). LAYER: a folder that keeps Pillow.
set -euo pipefail
picture=$(realpath "${1:?usage: deploy.sh PICTURE}")
here=$(cd "$(dirname "$0")" && pwd)
PYTHON=${PYTHON:-python3}
LAYER=${LAYER:-$PWD/.pillow-layer}
name=thumbnails
bucket=$name-$(date +%s)-$RANDOM
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
runtime=python$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
account=$(aws sts get-caller-identity --query Account --output text)

echo "Layer: Pillow for $runtime"
[ -d "$LAYER/python/PIL" ] || "$PYTHON" -m pip install --quiet --target "$LAYER/python" pillow==11.3.0
(cd "$LAYER" && zip -qr "$work/layer.zip" python)
layer=$(aws lambda publish-layer-version --layer-name pillow --zip-file "fileb://$work/layer.zip" \
  --compatible-runtimes "$runtime" --query LayerVersionArn --output text)

echo "Role and function"
role=$(aws iam create-role --role-name $name --query Role.Arn --output text --assume-role-policy-document '{
  "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
  "Action": "sts:AssumeRole"}]}' 2>/dev/null || echo "arn:aws:iam::$account:role/$name")
aws iam put-role-policy --role-name $name --policy-name pictures --policy-document '{
  "Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::'$name'-*/pictures/*"},
    {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::'$name'-*/thumbnails/*"},
    {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}'
(cd "$here" && zip -qj "$work/function.zip" app.py)
aws lambda delete-function --function-name $name >/dev/null 2>&1 || true
function=$(aws lambda create-function --function-name $name --runtime "$runtime" --handler app.handler --role "$role" \
  --zip-file "fileb://$work/function.zip" --layers "$layer" --timeout 30 --memory-size 512 \
  --query FunctionArn --output text)
aws lambda wait function-active-v2 --function-name $name

echo "Bucket $bucket"
aws s3 mb "s3://$bucket" >/dev/null
aws lambda add-permission --function-name $name --statement-id "$bucket" --action lambda:InvokeFunction \
  --principal s3.amazonaws.com --source-arn "arn:aws:s3:::$bucket" --source-account "$account" >/dev/null
aws s3api put-bucket-notification-configuration --bucket "$bucket" --notification-configuration '{
  "LambdaFunctionConfigurations": [{"LambdaFunctionArn": "'"$function"'", "Events": ["s3:ObjectCreated:*"],
  "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "pictures/"}]}}}]}'

file=$(basename "$picture")
aws s3 cp --quiet "$picture" "s3://$bucket/pictures/$file"
aws s3api wait object-exists --bucket "$bucket" --key "thumbnails/${file%.*}.png"
aws s3 cp --quiet "s3://$bucket/thumbnails/${file%.*}.png" thumbnail.png
echo "thumbnail.png is the thumbnail of $file"
