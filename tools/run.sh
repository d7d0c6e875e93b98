#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `make run`: a server, one deployed function, one answer, its log; then the foreground.
set -euo pipefail
cd "$(dirname "$0")/.."
kiln=build/release/kiln
export KILN_ENDPOINT=http://127.0.0.1:${KILN_PORT:-4566}

"$kiln" dev --port "${KILN_PORT:-4566}" &
server=$!
trap 'kill -INT $server 2>/dev/null || true' INT TERM

for _ in $(seq 100); do
  curl -fs "$KILN_ENDPOINT/_kiln/health" >/dev/null 2>&1 && break
  kill -0 $server 2>/dev/null || { wait $server; exit $?; }
  sleep 0.05
done
"$kiln" deploy examples/hello
echo '$ kiln invoke hello '"'"'{"name": "Ravi"}'"'"
"$kiln" invoke hello '{"name": "Ravi"}'
echo '$ kiln logs hello'
"$kiln" logs hello --since 1
cat <<EOF

Go on with any AWS client, in another terminal:
  eval "\$($kiln env)"
  aws lambda invoke --function-name hello output.txt && cat output.txt
  aws logs filter-log-events --log-group-name /aws/lambda/hello
Ctrl-C stops the server; the state stays in .kiln.
EOF
while kill -0 $server 2>/dev/null; do wait $server || true; done
