#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Deploys the example with the aws command: eval "$(kiln env)"; examples/orders/deploy.sh [E-MAIL ADDRESS]
# An order is published to a topic; the topic sends it to the address (the server needs --smtp) and to the queue of the
# warehouse, whose consumer is a function. Then publishes an order and waits for its delivery note.
# PYTHON: the interpreter whose version the function gets (python3).
set -euo pipefail
address=${1:-}
here=$(cd "$(dirname "$0")" && pwd)
PYTHON=${PYTHON:-python3}
name=orders
bucket=$name-$(date +%s)-$RANDOM
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
runtime=python$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
account=$(aws sts get-caller-identity --query Account --output text)

# Version 1 of the aws command looks for SQS on AWS unless it is told here.
sqs() { aws ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} sqs "$@"; }

echo "Topic and queue"
topic=$(aws sns create-topic --name $name --query TopicArn --output text)
url=$(sqs create-queue --queue-name $name-warehouse --query QueueUrl --output text)
queue=$(sqs get-queue-attributes --queue-url "$url" --attribute-names QueueArn --query Attributes.QueueArn --output text)
cat >"$work/attributes.json" <<END
{"Policy": "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"sns.amazonaws.com\"}, \"Action\": \"sqs:SendMessage\", \"Resource\": \"$queue\", \"Condition\": {\"ArnEquals\": {\"aws:SourceArn\": \"$topic\"}}}]}"}
END
sqs set-queue-attributes --queue-url "$url" --attributes "file://$work/attributes.json"
aws sns subscribe --topic-arn "$topic" --protocol sqs --notification-endpoint "$queue" \
  --attributes '{"RawMessageDelivery": "true", "FilterPolicy": "{\"kind\": [\"order\"]}"}' >/dev/null
if [ -n "$address" ]; then
  aws sns subscribe --topic-arn "$topic" --protocol email --notification-endpoint "$address" >/dev/null
  echo "$address has to follow the link in the mail it gets"
fi

echo "Function"
aws s3 mb "s3://$bucket" >/dev/null
role=$(aws iam create-role --role-name $name --query Role.Arn --output text --assume-role-policy-document '{
  "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
  "Action": "sts:AssumeRole"}]}' 2>/dev/null || echo "arn:aws:iam::$account:role/$name")
aws iam attach-role-policy --role-name $name --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole
aws iam put-role-policy --role-name $name --policy-name notes --policy-document '{
  "Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::'$name'-*/notes/*"}]}'
(cd "$here" && zip -qj "$work/function.zip" app.py)
for old in $(aws lambda list-event-source-mappings --event-source-arn "$queue" --query 'EventSourceMappings[].UUID' --output text); do
  aws lambda delete-event-source-mapping --uuid "$old" >/dev/null
done
aws lambda delete-function --function-name $name >/dev/null 2>&1 || true
aws lambda create-function --function-name $name --runtime "$runtime" --handler app.handler --role "$role" \
  --zip-file "fileb://$work/function.zip" --timeout 20 --environment "Variables={BUCKET=$bucket}" >/dev/null
aws lambda wait function-active-v2 --function-name $name
aws lambda create-event-source-mapping --function-name $name --event-source-arn "$queue" --batch-size 10 \
  --function-response-types ReportBatchItemFailures >/dev/null

aws sns publish --topic-arn "$topic" --message '{"order": 17, "item": "lamp", "quantity": 2}' \
  --message-attributes '{"kind": {"DataType": "String", "StringValue": "order"}}' >/dev/null
aws s3api wait object-exists --bucket "$bucket" --key notes/17.txt
aws s3 cp --quiet "s3://$bucket/notes/17.txt" -
