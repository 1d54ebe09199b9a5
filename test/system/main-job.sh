#!/bin/sh
# Register, confirm, chat and read the streamed answer, with curl alone.
# usage: main-job.sh http://localhost:8480 'http://localhost:8480/mailbox?token=…' ada@example.org 'a long password'
set -eu
url=$1 mailbox=$2 address=$3 password=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

post() { # path, JSON
  curl -sS --fail-with-body --max-time 30 -b "$work/cookies" -c "$work/cookies" -H 'content-type: application/json' -H 'accept: application/json' -d "$2" "$url$1"
}
field() { # name of a text field of the JSON on standard input
  sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"
}
uuid() {
  cat /proc/sys/kernel/random/uuid
}
letter() {
  curl -sS --max-time 10 -H 'accept: application/json' "$mailbox"
}

challenge=$(post /sign-up/challenge '{}' | field challenge)
answer=$(post /sign-up/place "{\"challenge\":\"$challenge\"}")
while ! printf '%s' "$answer" | grep -q '"turn":true'; do
  sleep 1
  answer=$(post /sign-up/turn "{\"place\":\"$(printf '%s' "$answer" | field place)\"}")
done
place=$(printf '%s' "$answer" | field place)
envelope=$(post /sign-up/letter "{\"place\":\"$place\",\"address\":\"$address\"}" | field envelope)
echo "the letter is on its way to $address"

code=
for _ in $(seq 100); do
  code=$(letter | grep -o '[2-9A-HJ-NP-Z]\{4\}-[2-9A-HJ-NP-Z]\{4\}' | head -n 1) || code=
  [ -n "$code" ] && break
  sleep 0.2
done
echo "the code is $code"

post /sign-up/confirm "{\"envelope\":\"$envelope\",\"code\":\"$code\",\"password\":\"$password\"}"
echo

conversation=$(uuid)
post /api/conversations "{\"id\":\"$conversation\"}" >"$work/conversation"
# the stream is read from before the question, so that nothing can be missed
curl -sS -N --max-time 60 -b "$work/cookies" -H 'accept: text/event-stream' "$url/api/events?after=0" >"$work/events" 2>/dev/null &
reader=$!
post "/api/conversations/$conversation/messages" "{\"id\":\"$(uuid)\",\"parentId\":null,\"text\":\"How do I connect a model?\"}" >"$work/sent"
for _ in $(seq 150); do
  grep -q '"role":"assistant".*"state":"done"' "$work/events" && break
  sleep 0.2
done
kill "$reader" 2>/dev/null || true
echo "$(grep -c '"kind":"part"' "$work/events") pieces of the answer streamed in:"
grep '"kind":"part"' "$work/events" | field text | tr -d '\n'
echo
grep -o '"role":"assistant".*"state":"done"' "$work/events" | tail -n 1 | grep -o '"state":"done"'
