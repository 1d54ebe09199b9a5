/** Is a request read as it should be? Which headers pass, whose origin counts, who wants a page, what a body may be. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { headersToApp, headersToClient } from "./headers.ts";
import { ROUTES } from "#contract/routes.ts";
import { parseBody } from "./request-body.ts";
import { isForeign, isOtherLoopback, wantsPage } from "./request-origin.ts";
import { findRoute } from "./route-match.ts";

test("headers that concern one connection, or claim who somebody is, do not pass; naming a header does not unframe a body", () => {
  const kept = headersToApp(
    {
      accept: "*/*",
      cookie: "a=b",
      connection: "keep-alive, X-Mine , cookie, content-length, content-type",
      "content-length": "2",
      "content-type": "application/json",
      "x-mine": "1",
      "x-holdfast-place": "p",
      "x-forwarded-for": "203.0.113.9",
      "x-forwarded-proto": "https",
      "x-real-ip": "203.0.113.9",
      forwarded: "for=203.0.113.9",
      host: "evil.example",
      te: "trailers",
      "transfer-encoding": "chunked",
      upgrade: "h2c",
      "http2-settings": "x",
      expect: "100-continue",
    },
    { "x-holdfast-lane": "stranger" },
  );
  assert.deepEqual(kept, {
    accept: "*/*",
    cookie: "a=b",
    "content-length": "2",
    "content-type": "application/json",
    host: "app",
    "x-holdfast-lane": "stranger",
  });
  const raw = ["Set-Cookie", "a=1", "set-cookie", "b=2", "Connection", "close, x-mine", "X-Mine", "1", "X-Holdfast-Door", "s", "Age", "1"];
  assert.deepEqual(headersToClient(raw, "close, x-mine"), ["Set-Cookie", "a=1", "set-cookie", "b=2", "Age", "1"]);
});

test("a change is ours from our own origin, or from a program that says nothing about origins", () => {
  const own = "https://holdfast.example";
  for (const [headers, foreign] of [
    [{}, false],
    [{ origin: own }, false],
    [{ origin: own, "sec-fetch-site": "same-origin" }, false],
    [{ "sec-fetch-site": "none" }, false],
    [{ origin: `${own}:8443` }, true],
    [{ origin: "http://holdfast.example" }, true],
    [{ origin: `${own}.evil.example` }, true],
    [{ origin: "null" }, true],
    [{ origin: "" }, true],
    [{ origin: `${own}, ${own}` }, true],
    [{ "sec-fetch-site": "same-site" }, true],
    [{ "sec-fetch-site": "cross-site" }, true],
    [{ "sec-fetch-site": "" }, true],
    [{ origin: own, "sec-fetch-site": "cross-site" }, true],
  ] as const) {
    for (const method of ["POST", "PATCH", "DELETE", "PUT", "post"]) {
      assert.equal(isForeign(method, headers, own), foreign, `${method} ${JSON.stringify(headers)}`);
    }
    for (const method of ["GET", "HEAD"]) assert.equal(isForeign(method, headers, own), false);
  }
});

test("a person gets a page, a program JSON", () => {
  for (const [headers, page] of [
    [{ accept: "text/html,application/xhtml+xml;q=0.9" }, true],
    [{ accept: "application/xml, text/html" }, true],
    [{ "content-type": "application/x-www-form-urlencoded" }, true],
    [{ "content-type": "Application/X-WWW-Form-URLencoded; charset=utf-8", accept: "*/*" }, true],
    [{ accept: "*/*" }, false],
    [{}, false],
    [{ accept: "text/htmlx" }, false],
    [{ accept: "application/json", "content-type": "application/json" }, false],
    [{ accept: "text/html", "content-type": "application/json" }, false],
  ] as const) {
    assert.equal(wantsPage(headers), page, JSON.stringify(headers));
  }
});

test("only another name of this same machine is led to the public one", () => {
  for (const [host, publicUrl, other] of [
    ["127.0.0.1:8480", "http://localhost:8480", true],
    ["[::1]:8480", "http://localhost:8480", true],
    ["localhost:8480", "http://127.0.0.1:8480", true],
    ["localhost:8480", "http://localhost:8480", false],
    ["localhost", "https://holdfast.example", false],
    ["evil.example", "http://localhost:8480", false],
    [undefined, "http://localhost:8480", false],
  ] as const) {
    assert.equal(isOtherLoopback(host, publicUrl), other, `${host} ${publicUrl}`);
  }
});

test("a body is an object in JSON or a form, in well-formed UTF-8, or it is refused", () => {
  const json = "application/json; charset=utf-8";
  const form = "application/x-www-form-urlencoded";
  const read = (text: string | Uint8Array, type: string | undefined) => {
    const parsed = parseBody(typeof text === "string" ? Buffer.from(text) : text, type);
    return parsed.ok ? parsed.value : parsed.failure.tag;
  };
  assert.deepEqual(read("", undefined), undefined);
  assert.deepEqual(read('{"a":[1]}', json), { a: [1] });
  assert.deepEqual(read("a=1+2&b=%C3%A9&a=3&c&=d", form), { a: "3", b: "é", c: "", "": "d" });
  for (const text of ["[]", "null", "1", '"a"', "{", "{} {}"]) assert.equal(read(text, json), "bad-request", text);
  for (const text of ["a=%", "a=%zz", "a=%ff", "%ff=a"]) assert.equal(read(text, form), "bad-request", text);
  for (const type of [json, form]) assert.equal(read(Buffer.from([0x61, 0xff]), type), "bad-request", type);
  for (const type of [undefined, "text/plain", "application/jsonx", "multipart/form-data; boundary=x"]) {
    assert.equal(read("{}", type), "unsupported-media", type ?? "no type");
  }
  const parsed = parseBody(Buffer.from('{"__proto__":{"turn":true}}'), json);
  assert.ok(parsed.ok);
  assert.equal(({} as { turn?: boolean }).turn, undefined, "nothing is taught to all objects");
  assert.ok(Object.hasOwn(read("__proto__=x", form) as object, "__proto__"), "a field by that name is a field");
});

test("a segment that some readers take for a step to another path is no segment of ours", () => {
  for (const segment of ["..", ".", "%2e", "%2E%2e", ".%2e", "%2e.", "a\\b", "\\", "a#b", "#", "%zz", "%ff", ""]) {
    assert.equal(findRoute("GET", `/chat/${segment}`), undefined, segment);
    assert.equal(findRoute("GET", `/api/messages/${segment}/egress`), undefined, segment);
  }
  for (const segment of ["...", "a..b", "a.b", "%41", "a%2Fb", "~"]) {
    assert.ok("route" in (findRoute("GET", `/chat/${segment}`) ?? {}), segment);
  }
});

test("each route of the table is found by the path that it describes, the door's own before the app's", () => {
  for (const { method, path, at } of ROUTES) {
    const found = findRoute(method, path.replaceAll(/:\w+/g, "x"));
    assert.ok(found !== undefined && "route" in found, `${method} ${path}`);
    assert.equal(found.route.path, path);
    assert.ok(at === "door" || found.route.at === "app" || ROUTES.some((other) => other.at === "door" && other.path === path), path);
  }
  assert.deepEqual(findRoute("DELETE", "/sign-in"), { allow: ["GET", "POST"] });
  for (const path of ["/constructor", "/__proto__", "/sign-in/", "//", " /sign-in", "/SIGN-IN"])
    assert.equal(findRoute("GET", path), undefined, path);
});
