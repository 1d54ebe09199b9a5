/** Which passwords does a newcomer get away with? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { commonPasswords } from "../common-passwords.ts";
import { canonicalPassword, judgePassword } from "./password.ts";

const ADDRESS = "ada.lovelace@example.org";
const judge = (password: string) => judgePassword(password, ADDRESS, commonPasswords());

test("a few words that don't belong together are good, in any script", () => {
  for (const password of [
    "plover-marigold-27-lantern",
    "correct horse battery staple",
    "three blind foxes",
    "tres zorros ciegos",
    "蓝色的灯塔在雨中唱歌吧",
    "Xk2#vq9L!m",
    "u7Rk-2pQx-99",
    "🦊🐢🦉🐝🦀🐙🦆🐎🦂🐫",
  ]) {
    assert.equal(judge(password), undefined, password);
  }
});

test("a short one is refused, counted in characters and not in bytes", () => {
  assert.equal(judge("Xk2#vq9L!"), "password-short");
  assert.equal(judge("🦊🐢🦉🐝🦀"), "password-short");
  assert.equal(judge(""), "password-short");
});

test("a commonly breached one is refused in its usual disguises", () => {
  for (const password of [
    "password123",
    "Password1234!",
    "P@ssw0rd2026",
    "1234567890",
    "qwertyuiop",
    "!!!iloveyou!!!",
    "sunshine2026",
    "SunshineSunshine",
    "basketball",
    "1q2w3e4r5t",
    "L3tm31n!!!!",
  ]) {
    assert.equal(judge(password), "password-common", password);
  }
});

test("one that is made of the address is refused", () => {
  for (const password of ["ada.lovelace@example.org", "Lovelace1815", "lovelace2026!", "example123456", "ADA.LOVELACE99"]) {
    assert.equal(judge(password), "password-address", password);
  }
  assert.equal(judge("lovelace met babbage"), undefined);
});

test("one that repeats itself or follows the keyboard is refused", () => {
  for (const password of ["zzzzzzzzzzzz", "xyxyxyxyxyxy", "wxyzwxyzwxyz", "cdefghijklm", "98765432109876", "asdfghjkl;asdfghjkl"]) {
    assert.notEqual(judge(password), undefined, password);
  }
});

test("the same password typed on two keyboards is the same password", () => {
  assert.equal(canonicalPassword("contrasen\u0303a larga"), canonicalPassword("contrase\u00f1a larga"));
});
