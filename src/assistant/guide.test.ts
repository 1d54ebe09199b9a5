/** Does the guide quote the manual, in the reader's language, and never pass for a language model? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "#kit/time.ts";
import { inPieces } from "./core/guide-answer.ts";
import { questionTerms } from "./core/guide-terms.ts";
import { sectionsOf } from "./core/manual-sections.ts";
import { createGuide } from "./guide.ts";
import type { GenerationRequest } from "./provider.ts";

const FILES = [
  {
    path: "docs/operate/mail.md",
    markdown:
      "# Mail\n\nHow letters get out.\n\n## Connecting a relay\n\nSet `SMTP_URL`:\n\n```sh\n# not a heading\nSMTP_URL=smtps://user@smtp.example.com\n```\n\nSee [settings](settings.md#mail) and [design](../design/overview.md) and [nodemailer](https://nodemailer.com).\n\n## The built-in mailbox\n\nIt is open only on this machine.\n",
  },
  {
    path: "docs/users/sign-up.md",
    markdown:
      "# Signing up\n\n## The code\n\nThe letter brings a code of eight symbols. It is valid for ten minutes.\n\n## A good password\n\nAt least ten characters.\n",
  },
  {
    path: "README.md",
    markdown:
      "# Holdfast\n\n<picture>\n<img src=x>\n</picture>\n\n## Two commands\n\nRun `npm ci && npm start`; read [mail](docs/operate/mail.md).\n",
  },
];
const guide = createGuide({ clock: { ...systemClock, sleep: async () => {} }, files: FILES });

async function answer(question: string, more: Partial<GenerationRequest> = {}, asked = guide): Promise<string> {
  let text = "";
  const request: GenerationRequest = {
    modelId: "guide/manual",
    turns: [{ role: "user", text: question }],
    language: "en",
    maxOutputTokens: null,
    purpose: "answer",
    accountId: "a",
    conversationId: "c",
    messageId: "m",
    ...more,
  };
  const parts = await Array.fromAsync(asked.stream(request, new AbortController().signal));
  for (const part of parts) if (part.kind === "text") text += part.text;
  assert.deepEqual(parts.at(-1), { kind: "finish", reason: "stop" });
  return text;
}

test("a question is answered with the passage itself, where it stands, and a link to it", async () => {
  const text = await answer("How do I connect a mail relay?");
  assert.match(text, /\*\*Mail › Connecting a relay\*\* \(\[open the page\]\(\/manual\/operate\/mail#connecting-a-relay\)\)/);
  assert.match(text, /^> SMTP_URL=smtps:\/\/user@smtp\.example\.com$/m);
  assert.match(text, /not a language model/);
  assert.match(text, /\[How to connect a model\]\(\/manual\/operate\/models\)/);
});

test("links in a passage lead into Holdfast; links to files that are no pages become words", async () => {
  const text = await answer("connecting a relay");
  assert.match(text, /\[settings\]\(\/manual\/operate\/settings#mail\) and design and \[nodemailer\]\(https:\/\/nodemailer\.com\)/);
});

test("somebody who asks in Spanish finds the English passage, framed in Spanish", async () => {
  const text = await answer("¿Cuánto vale el código de la carta?", { language: "es" });
  assert.match(text, /no un modelo de lenguaje/);
  assert.match(text, /Signing up › The code/);
  assert.match(text, /> The letter brings a code/);
});

test("what the manual does not say is not made up: the pages are named instead", async () => {
  for (const question of ["What is the capital of France?", "Bake me some bread", "👩‍💻"]) {
    const text = await answer(question);
    assert.doesNotMatch(text, /^>/m, question);
    assert.match(text, /\[Mail\]\(\/manual\/operate\/mail\) · \[Signing up\]\(\/manual\/users\/sign-up\)/);
  }
});

test("a greeting is not searched for", async () => {
  assert.match(await answer("Hello!"), /Ask me about Holdfast itself; these are the manual's pages/);
});

test("a second answer introduces the guide briefly, and still says what it is", async () => {
  const turns = [
    { role: "user" as const, text: "hi" },
    { role: "assistant" as const, text: "…" },
    { role: "user" as const, text: "the code?" },
  ];
  const text = await answer("", { turns });
  assert.match(text, /^From the manual\. I am the guide, not a language model\./);
});

test("a passage of the README is quoted without a link, since it is no page of the manual", async () => {
  const text = await answer("two commands npm start");
  assert.match(text, /\*\*Holdfast › Two commands\*\*\n/);
  assert.match(text, /\[mail\]\(\/manual\/operate\/mail\)/);
  assert.doesNotMatch(text, /picture|img/);
});

test("a long passage is cut between paragraphs, and says so", async () => {
  const long = createGuide({
    clock: { ...systemClock, sleep: async () => {} },
    files: [{ path: "docs/users/long.md", markdown: `# Long\n\n## Zebra\n\n${"A paragraph about stripes.\n\n".repeat(200)}` }],
  });
  const request = {
    modelId: "guide/manual",
    turns: [{ role: "user" as const, text: "zebra" }],
    language: "en" as const,
    maxOutputTokens: null,
    purpose: "answer" as const,
    accountId: "a",
    conversationId: "c",
    messageId: "m",
  };
  const parts = await Array.fromAsync(long.stream(request, new AbortController().signal));
  const text = parts.map((part) => (part.kind === "text" ? part.text : "")).join("");
  assert.ok(text.length < 4_000);
  assert.match(text, /The section goes on/);
});

test("a person who stops the guide hears no more of it", async () => {
  const stop = new AbortController();
  const heard: unknown[] = [];
  const slow = createGuide({ clock: systemClock, files: FILES });
  const request = {
    modelId: "guide/manual",
    turns: [{ role: "user" as const, text: "code" }],
    language: "en" as const,
    maxOutputTokens: null,
    purpose: "answer" as const,
    accountId: "a",
    conversationId: "c",
    messageId: "m",
  };
  for await (const part of slow.stream(request, stop.signal)) {
    heard.push(part);
    if (heard.length === 3) stop.abort();
  }
  assert.equal(heard.length, 3);
});

test("headings inside code are no sections, and each section knows its anchor", () => {
  const sections = sectionsOf(FILES[0] ?? { path: "", markdown: "" });
  assert.deepEqual(
    sections.map(({ heading, link }) => [heading, link]),
    [
      ["", "/manual/operate/mail"],
      ["Connecting a relay", "/manual/operate/mail#connecting-a-relay"],
      ["The built-in mailbox", "/manual/operate/mail#the-built-in-mailbox"],
    ],
  );
});

test("pieces put together are the answer, and there are never more than asked for", () => {
  const text = "one two\n\nthree   four five";
  for (const count of [1, 2, 3, 100]) {
    const pieces = inPieces(text, count);
    assert.equal(pieces.join(""), text);
    assert.ok(pieces.length <= count);
  }
});

test("only words that carry meaning are looked up", () => {
  assert.deepEqual(questionTerms("How do I change my password?"), ["change", "password"]);
  assert.deepEqual(questionTerms("¿Cómo cambio mi contraseña?"), ["change", "password"]);
  assert.deepEqual(questionTerms("hello!"), []);
});

const ASKED = [
  ["How do I connect a model?", "Connecting a model"],
  ["How do I set up mail?", "Mail"],
  ["How do I make a backup?", "Backup"],
  ["how can i get https", "Proxy and https"],
  ["What leaves this machine?", "What left this machine"],
  ["I forgot my password", "A forgotten password"],
  ["How do I update Holdfast?", "Updating"],
  ["What is Holdfast?", "Holdfast"],
  ["edit a message", "Asking again, editing, versions"],
  ["no letter came", "No letter came"],
  ["¿Cómo conecto un modelo?", "Connecting a model"],
  ["¿Cómo hago una copia de seguridad?", "Backup"],
] as const;

test("what newcomers ask first leads to the passage of this version's manual that answers it", async () => {
  const real = createGuide({ clock: { ...systemClock, sleep: async () => {} } });
  for (const [question, heading] of ASKED) {
    const text = await answer(question, {}, real);
    assert.equal(/\*\*(?:[^*]* › )?([^*]*)\*\*/.exec(text)?.[1], heading, question);
  }
  assert.match(await answer("What's the capital of France?", {}, real), /I found nothing about that/);
});

test("the guide over the manual of this version knows where problems are explained", async () => {
  const real = createGuide({ clock: { ...systemClock, sleep: async () => {} } });
  assert.deepEqual(
    (await real.models()).map(({ id, where }) => [id, where]),
    [["guide/manual", "here"]],
  );
  const request = {
    modelId: "guide/manual",
    turns: [{ role: "user" as const, text: "What does letter-limit mean?" }],
    language: "en" as const,
    maxOutputTokens: null,
    purpose: "answer" as const,
    accountId: "a",
    conversationId: "c",
    messageId: "m",
  };
  const parts = await Array.fromAsync(real.stream(request, new AbortController().signal));
  assert.match(parts.map((part) => (part.kind === "text" ? part.text : "")).join(""), /\/manual\/users\/problems#letter-limit/);
});
