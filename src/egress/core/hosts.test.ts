/** Are the machine's own names and search list read the way its other programs read them? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { candidateNames, isLocalhost, parseHosts, parseSearchList } from "./hosts.ts";

test("a name in the hosts file has its addresses, whatever its case, and comments count for nothing", () => {
  const hosts = parseHosts(
    "127.0.0.1 localhost Box\n# 9.9.9.9 box\n::1\tlocalhost ip6 # tail\n10.0.0.7 gpu.lan gpu\n10.0.0.8 gpu\nnonsense name\n",
  );
  assert.deepEqual(hosts.get("box"), ["127.0.0.1"]);
  assert.deepEqual(hosts.get("localhost"), ["127.0.0.1", "::1"]);
  assert.deepEqual(hosts.get("gpu"), ["10.0.0.7", "10.0.0.8"]);
  assert.equal(hosts.get("name"), undefined);
  assert.equal(hosts.get("tail"), undefined);
});

test("a short name is tried in the cluster's search domains first", () => {
  const list = parseSearchList("nameserver 10.96.0.10\nsearch models.svc.cluster.local svc.cluster.local\noptions ndots:5\n");
  assert.deepEqual(candidateNames("vllm", list), ["vllm.models.svc.cluster.local", "vllm.svc.cluster.local", "vllm"]);
  assert.deepEqual(candidateNames("api.example.com", list), ["api.example.com"]);
});

test("localhost and the names below it mean this machine", () => {
  assert.ok(isLocalhost("localhost") && isLocalhost("LOCALHOST.") && isLocalhost("a.localhost"));
  assert.ok(!isLocalhost("localhost.example.com") && !isLocalhost("notlocalhost"));
});
