/** Does a request stay below its destination, and is a redirect followed only where that is safe? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { mayConnect, redirectUrl, shownUrl, targetUrl, type Destination } from "./destination.ts";

const at = (baseUrl: string): Destination => ({ name: "x", baseUrl, headers: {}, redirects: "never" });
const target = (baseUrl: string, path: string) => targetUrl(at(baseUrl), path)?.href;

test("a path is joined below the base URL, with or without its last slash", () => {
  assert.equal(target("https://api.example.com/v1", "/models"), "https://api.example.com/v1/models");
  assert.equal(target("https://api.example.com/v1/", "/models"), "https://api.example.com/v1/models");
  assert.equal(target("http://127.0.0.1:11434", "/v1/models"), "http://127.0.0.1:11434/v1/models");
});

test("a path can't climb out of its base URL or change the host", () => {
  for (const path of ["/../admin", "/%2e%2e/admin", "//evil.example.com/", "models", "@evil.example.com", "/..\\..\\x"]) {
    const url = targetUrl(at("https://api.example.com/v1"), path);
    assert.ok(url === undefined || url.href.startsWith("https://api.example.com/v1/"), `${path} became ${url?.href}`);
  }
  assert.equal(target("https://api.example.com/v1", "/../admin"), undefined);
  assert.equal(target("https://api.example.com/v1", "models"), undefined);
});

test("only web addresses are destinations", () => {
  assert.equal(target("file:///etc/", "/passwd"), undefined);
  assert.equal(target("nonsense", "/x"), undefined);
});

test("a redirect is followed to https, or to the same origin on this machine", () => {
  const hub = new URL("https://hub.example.com/a");
  const local = new URL("http://127.0.0.1:9000/a");
  assert.equal(redirectUrl(hub, "https://cdn.example.net/b?sig=1", "public")?.href, "https://cdn.example.net/b?sig=1");
  assert.equal(redirectUrl(hub, "/b", "public")?.href, "https://hub.example.com/b");
  assert.equal(redirectUrl(hub, "http://cdn.example.net/b", "public"), undefined);
  assert.equal(redirectUrl(hub, "https://user:pass@cdn.example.net/b", "public"), undefined);
  assert.equal(redirectUrl(hub, null, "public"), undefined);
  assert.equal(redirectUrl(local, "/b", "loopback")?.href, "http://127.0.0.1:9000/b");
  assert.equal(redirectUrl(local, "http://127.0.0.1:9001/b", "loopback"), undefined);
  assert.equal(redirectUrl(new URL("http://10.0.0.1/a"), "/b", "private"), undefined);
  assert.equal(redirectUrl(hub, "file:///etc/passwd", "public"), undefined);
});

test("a redirect never leads from outside to the inside", () => {
  assert.ok(mayConnect("loopback", null) && mayConnect("private", null) && mayConnect("public", null));
  assert.ok(mayConnect("public", "public") && mayConnect("private", "private") && mayConnect("public", "loopback"));
  assert.ok(!mayConnect("private", "public") && !mayConnect("loopback", "public") && !mayConnect("loopback", "private"));
  assert.ok(!mayConnect("forbidden", null));
});

test("the ledger shows no password of a URL and no ticket of a redirect", () => {
  assert.equal(shownUrl(new URL("https://me:secret@a.example.com/x?y=1#z"), false), "https://a.example.com/x?y=1");
  assert.equal(shownUrl(new URL("https://cdn.example.com/x?X-Signature=abc"), true), "https://cdn.example.com/x?***");
});
