/** Which domains take mail, by a real name server; and what do silent ones cost the people who wait for an answer? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock, type Clock } from "#kit/time.ts";
import { a, aaaa, mx, startDnsServer, type Zone } from "#support/dns-server.ts";
import { createMailDomains } from "./mail-domain.ts";

type Test = { after(work: () => unknown): unknown };

/** A name server with this zone, and a clock that can be set ahead. */
async function asker(t: Test, zone: Zone) {
  const server = await startDnsServer(t, zone);
  const world = { aheadMs: 0 };
  const clock: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() + world.aheadMs };
  return { server, world, domains: createMailDomains({ clock, servers: [server.address] }) };
}

test("a domain takes mail when it names where to, or has an address of its own", async (t) => {
  const { domains } = await asker(t, {
    "plain.com": [mx("mx.plain.com")],
    "several.com": [mx("", 0), mx("mx.several.com")],
    "v4.com": [a()],
    "v6.com": [aaaa()],
  });
  for (const domain of ["plain.com", "several.com", "v4.com", "v6.com"]) assert.equal(await domains.check(domain), "takes-mail", domain);
});

test("a domain that says so, or has nothing, takes none; one that does not exist is told apart", async (t) => {
  const { domains, server } = await asker(t, { "null.com": [mx(".", 0), a()], "nothing.com": [] });
  assert.equal(await domains.check("null.com"), "takes-none");
  assert.equal(await domains.check("nothing.com"), "takes-none");
  assert.equal(await domains.check("gone.com"), "no-such-domain");
  assert.deepEqual(
    server.asked.filter((question) => question.endsWith("null.com")),
    ["MX null.com"],
    "where mail is refused outright, its address is not asked for",
  );
});

test("name servers that can't say leave it open", async (t) => {
  const { domains } = await asker(t, { "broken.com": "servfail", "shut.com": "refused" });
  assert.equal(await domains.check("broken.com"), "unknown");
  assert.equal(await domains.check("shut.com"), "unknown");
});

test("name servers that know only their own network refuse nobody: they don't know the root", async (t) => {
  const { domains } = await asker(t, { ".": "refused", "here.com": [mx("mx.here.com")], "bare.com": [] });
  assert.equal(await domains.check("gmail.com"), "unknown");
  assert.equal(await domains.check("bare.com"), "unknown");
  assert.equal(await domains.check("here.com"), "takes-mail");
});

test("names of this network and of manuals are never asked for", async (t) => {
  const { domains, server } = await asker(t, {});
  for (const domain of ["example.org", "a.example.com", "x.test", "box.local", "mail.internal", "abc.onion", "localhost"]) {
    assert.equal(await domains.check(domain), "unknown", domain);
  }
  assert.deepEqual(server.asked, []);
});

test("an answer is kept for a while: a refusal for minutes, a domain that takes mail for an hour", async (t) => {
  const { domains, server, world } = await asker(t, { "plain.com": [mx("mx.plain.com")] });
  const { questions } = server;
  await domains.check("plain.com");
  assert.equal(await domains.check("new.com"), "no-such-domain");
  const before = questions();
  await domains.check("plain.com");
  await domains.check("new.com");
  assert.equal(questions(), before);
  server.zone["new.com"] = [mx("mx.new.com")];
  world.aheadMs += 6 * 60_000;
  assert.equal(await domains.check("new.com"), "takes-mail", "somebody has set it up meanwhile");
  await domains.check("plain.com");
  assert.equal(questions(), before + 1);
  world.aheadMs += 61 * 60_000;
  await domains.check("plain.com");
  assert.equal(questions(), before + 2);
});

test("many who ask for the same domain at once are one question", async (t) => {
  const { domains, server } = await asker(t, { "plain.com": [mx("mx.plain.com")] });
  const verdicts = await Promise.all(Array.from({ length: 200 }, () => domains.check("plain.com")));
  assert.deepEqual(new Set(verdicts), new Set(["takes-mail"]));
  assert.equal(server.asked.length, 1);
});

test("strangers who name thousands of domains are let through unasked beyond 64 at once, and little of them stays", async (t) => {
  const { domains, server, world } = await asker(t, {});
  const verdicts = await Promise.all(Array.from({ length: 1_000 }, (_, number) => domains.check(`n${number}.com`)));
  assert.equal(verdicts.filter((verdict) => verdict === "no-such-domain").length, 64);
  assert.equal(verdicts.filter((verdict) => verdict === "unknown").length, 1_000 - 64);
  assert.equal(server.questions(), 64);
  for (let number = 1_000; number < 2_000; number += 1) {
    if (number % 50 === 0) world.aheadMs += 1_000;
    assert.equal(await domains.check(`n${number}.com`), "no-such-domain");
  }
  const before = server.questions();
  world.aheadMs += 1_000;
  await domains.check("n1999.com");
  assert.equal(server.questions(), before, "the newest are kept");
  await domains.check("n1000.com");
  assert.equal(server.questions(), before + 1, "the oldest have gone");
});

test("however many domains are named one after the other, name servers are asked a hundred times a second", async (t) => {
  const server = await startDnsServer(t, {});
  const world = { now: 0 };
  const domains = createMailDomains({ clock: { ...systemClock, monotonic: () => world.now }, servers: [server.address] });
  for (let number = 0; number < 150; number += 1) await domains.check(`n${number}.com`);
  assert.equal(server.questions(), 100);
  world.now += 1_000;
  assert.equal(await domains.check("next.com"), "no-such-domain");
});

test("silent name servers cost a moment a few times, and nothing for the next half minute", async (t) => {
  const { domains, server, world } = await asker(t, { "plain.com": [mx("mx.plain.com")] });
  server.silent = true;
  await Promise.all(["one.com", "two.com", "three.com"].map(async (name) => assert.equal(await domains.check(name), "unknown")));
  // the name servers are asked for the root, and are silent there too
  await until(() => server.asked.includes("NS ."), "the root is asked for");
  const rests = () => Promise.race([domains.check("probe.com").then(() => true), systemClock.sleep(200).then(() => false)]);
  await until(rests, "they are left alone");
  const before = server.asked.length;
  server.silent = false;
  assert.equal(await domains.check("plain.com"), "unknown");
  assert.equal(server.asked.length, before, "nobody was asked");
  world.aheadMs += 31_000;
  assert.equal(await domains.check("plain.com"), "takes-mail", "they are asked again afterwards");
});

test("a stranger's own silent servers don't switch the check off for others", async (t) => {
  const zone: Zone = { "plain.com": [mx("mx.plain.com")] };
  for (let number = 0; number < 6; number += 1) zone[`tar${number}.com`] = "silent";
  const { domains, server } = await asker(t, zone);
  await Promise.all(Array.from({ length: 6 }, async (_, number) => assert.equal(await domains.check(`tar${number}.com`), "unknown")));
  await until(() => server.asked.includes("NS ."), "the root is asked for");
  assert.equal(await domains.check("gone.com"), "no-such-domain");
  assert.equal(await domains.check("plain.com"), "takes-mail");
});

test("nobody waits longer than a second and a half for an answer, and no name server at all costs nothing", async (t) => {
  const waits: number[] = [];
  const clock: Clock = {
    ...systemClock,
    after(delayMs, work) {
      waits.push(delayMs);
      return systemClock.after(delayMs, work);
    },
  };
  const server = await startDnsServer(t, { "tar.com": "silent" });
  const watched = createMailDomains({ clock, servers: [server.address] });
  assert.equal(await watched.check("tar.com"), "unknown");
  assert.deepEqual(waits, [1_500]);
  const nobody = createMailDomains({ clock: systemClock, servers: ["127.0.0.1:1"] });
  for (const name of ["one.com", "two.com", "three.com", "four.com"]) assert.equal(await nobody.check(name), "unknown");
});

async function until(look: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tried = 0; tried < 200; tried += 1) {
    if (await look()) return;
    await systemClock.sleep(20);
  }
  assert.fail(`${what} within a while`);
}
