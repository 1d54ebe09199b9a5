/** Is a cookie of ours read only under the name that browsers guard? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { COOKIES, readCookie, readCookies } from "./cookies.ts";

test("a browser's cookie is found among others", () => {
  const header = `theme=dark; ${COOKIES.session}=abc=; ${COOKIES.pass}=p;\t${COOKIES.device}=d`;
  assert.equal(readCookie(header, COOKIES.session), "abc=");
  assert.equal(readCookie(header, COOKIES.device), "d");
  assert.equal(readCookie(header, COOKIES.browser), undefined);
  assert.equal(readCookie(undefined, COOKIES.session), undefined);
});

test("a neighbouring site can't slip somebody a session under a name that only looks like ours", () => {
  // browsers let no other host set a cookie whose name begins with __Host-; one that begins with a foreign blank they do
  for (const blank of ["\u00a0", "\u0085", "\u2000", "\ufeff", "\u2028", "\v", "\f"]) {
    assert.equal(readCookie(`${blank}${COOKIES.session}=theirs`, COOKIES.session), undefined, JSON.stringify(blank));
    assert.equal(readCookie(`${blank}${COOKIES.session}=theirs; ${COOKIES.session}=mine`, COOKIES.session), "mine");
    assert.equal(readCookie(`${COOKIES.session}${blank}=theirs`, COOKIES.session), undefined, JSON.stringify(blank));
  }
});

test("of two cookies of one name the first counts, and a header of nothing but cookies is read only so far", () => {
  assert.deepEqual(readCookies(`${COOKIES.pass}=a; ${COOKIES.pass}=b; ${COOKIES.place}=; __Host-holdfast-other=x`), {
    [COOKIES.pass]: "a",
    [COOKIES.place]: "",
  });
  assert.deepEqual(readCookies(`${"a=b; ".repeat(2_000)}${COOKIES.pass}=a`), {});
  assert.deepEqual(readCookies("__proto__=x; constructor=y; __Host-holdfast-=z"), {});
});
