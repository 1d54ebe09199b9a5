/**
 * What does a person read on the status page? Per part what is measured now, in a word and a sentence.
 * What was not heard of is called unknown, never working.
 */
import type { Catalogue } from "../words.ts";

export const statusEn = {
  title: "Status",
  "all.working": "All parts that are measured work.",
  "all.failing": "Not everything works just now.",
  "all.unknown": "Not everything is known just now.",
  measured: "Measured when you opened this page, at {time} UTC.",
  look: "Measure again",
  unseen: "What this page can't see: a flood that fills the network before it reaches this machine. Its provider can.",

  "door.name": "Door",
  "door.open.state": "Open",
  "door.open.text": "This page came through it.",

  "app.name": "Accounts and chat",
  "app.working.state": "Working",
  "app.working.text": "Reported within the last seconds.",
  "app.unknown.state": "Unknown",
  "app.unknown.text": "Nothing was heard from this part lately. It may be starting again.",

  "mail.name": "Letters",
  "mail.working.state": "Working",
  "mail.working.text": "The mail server takes letters.",
  "mail.failing.state": "Failing",
  "mail.failing.text": "The mail server does not take letters. Whoever signs up keeps the place in the line.",
  "mail.mailbox.state": "Built-in mailbox",
  "mail.mailbox.text": "No mail server is connected; the operator reads the codes in the built-in mailbox.",
  "mail.unknown.state": "Unknown",
  "mail.unknown.text": "No letter has gone out lately, so nobody can tell.",
  "mail.unheard.state": "Unknown",
  "mail.unheard.text": "The part that sends them was not heard from lately.",

  "database.name": "Database",
  "database.working.state": "Working",
  "database.working.text": "It answers.",
  "database.failing.state": "Failing",
  "database.failing.text": "It does not answer. Nothing new can be saved until it does.",
  "database.unknown.state": "Unknown",
  "database.unknown.text": "The part that asks it was not heard from lately.",

  "model.name": "Model",
  "model.local.state": "On this machine",
  "model.local.text": "Answers are written by a model that runs on this machine.",
  "model.server.state": "Model server",
  "model.server.text": "Answers are written by a model server that the operator connected.",
  "model.guide.state": "Guide only",
  "model.guide.text": "No language model is connected. The built-in guide answers from the manual.",
  "model.failing.state": "Failing",
  "model.failing.text": "The model can't be reached. Conversations are kept.",
  "model.unknown.state": "Unknown",
  "model.unknown.text": "The part that uses it was not heard from lately.",

  "outbox.waiting": {
    one: "One letter waits to be sent, for {age} now.",
    other: "{count} letters wait to be sent, the oldest for {age} now.",
  },

  "sign-up.name": "Registration",
  "sign-up.open.state": "Open",
  "sign-up.open.text": "Whoever has an e-mail address can register.",
  "sign-up.slow.state": "Slow",
  "sign-up.slow.text": {
    one: "The operator lets one letter a minute go out.",
    other: "The operator lets {count} letters a minute go out.",
  },
  "sign-up.invited.state": "Only for people who were invited",
  "sign-up.invited.text": "The operator set it so. Whoever has an account signs in as always.",
  "sign-up.closed.state": "Closed",
  "sign-up.closed.text": "The operator takes nobody new. Whoever has an account signs in as always.",
  "sign-up.since": "Since {time}.",

  "line.name": "Line for letters",
  "line.empty.state": "Nobody waits",
  "line.empty.text": "Whoever signs up now gets the letter at once.",
  "line.waiting.state": { one: "{count} place taken", other: "{count} places taken" },
  "line.waiting.text": "Who comes now waits {wait} for the letter. This holds for {percent} of those who wait.",
  "line.quotes": "Of the last {count} waits that were told, {percent} held.",
  "line.waiting-unknown.text": "How long somebody who comes now would wait is not known.",
  "line.standing.state": "Stands still",
  "line.standing.text": "No letters can go out just now. Places are kept.",
  between: "{low} to {high}",
  soon: "a moment",
} as const satisfies Catalogue;
