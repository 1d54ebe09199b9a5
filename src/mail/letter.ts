/**
 * What does the letter with a code look like? Words in the reader's language, as text and as HTML; then the bytes for the relay.
 * The same letter gives the same bytes each time it is sent. Nothing that a stranger typed is in it, and it loads nothing from anywhere.
 */
import { domainToASCII } from "node:url";
import MailComposer from "nodemailer/lib/mail-composer";
import { MINUTE_MS } from "#kit/time.ts";
import type { Language, Way } from "#contract/wire.ts";
import { lettersEn } from "#contract/words/en/letters.ts";
import { lettersEs } from "#contract/words/es/letters.ts";
import { say, type Values } from "#contract/words/words.ts";

/** A letter of the outbox, opened. */
export type CodeLetter = {
  id: string;
  address: string;
  /** As it is shown: `XXXX-XXXX`. */
  code: string;
  language: Language;
  way: Way;
  createdAt: number;
  expiresAt: number;
  /** The address has an account already. */
  hasAccount: boolean;
  /** With which its reader can say that they want no more. */
  recipientLink: string;
};

export type Written = { subject: string; text: string; html: string };
export type Sender = { name: string; address: string };

const CATALOGUES = { en: lettersEn, es: lettersEs };

/** Writes the letter for the Holdfast at `publicUrl`. */
export function writeLetter(letter: CodeLetter, publicUrl: string): Written {
  const { code, language } = letter;
  const url = new URL(publicUrl);
  const words = (key: keyof typeof lettersEn, values: Values = {}) =>
    say(CATALOGUES[language], language, key, { host: url.host, ...values });
  const link = new URL("/sign-in", url).href;
  const stop = new URL(`/not-me?t=${letter.recipientLink}`, url).href;
  const minutes = Math.max(1, Math.round((letter.expiresAt - letter.createdAt) / MINUTE_MS));
  const after = [words("use", { count: minutes }), ...said(letter).map((key) => words(key, { link })), words("not-me", { link: stop })];
  return {
    subject: words("subject", { code }),
    // the last line binds the code to the site for autofill (wicg.github.io/sms-one-time-codes)
    text: [words("intro"), code, ...after, `@${url.hostname} #${code}`].join("\n\n") + "\n",
    html: page(
      language,
      words("intro"),
      code,
      after.map((line) => linked(line, line.includes(stop) ? stop : link)),
    ),
  };
}

/** What the code does, and what to do for somebody who did not ask for it. */
function said({ hasAccount, way }: CodeLetter): (keyof typeof lettersEn)[] {
  if (hasAccount) return ["account", "forgot", "account.warning"];
  return way === "recover" ? ["no-account", "warning"] : ["warning"];
}

/** No colours but a grey that is readable on both: the reader's own program chooses light or dark. */
function page(language: Language, intro: string, code: string, after: string[]): string {
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<style>:root { color-scheme: light dark; supported-color-schemes: light dark; }</style>
</head>
<body style="margin:0;padding:24px 16px;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif">
<div style="max-width:480px;margin:0 auto">
<p style="margin:0 0 12px">${escape(intro)}</p>
<p style="margin:0 0 16px;padding:16px;border:1px solid #808080;border-radius:8px;text-align:center;font:700 28px/1.3 ui-monospace,Menlo,Consolas,monospace;letter-spacing:1px">
${code}
</p>
${after.map((line) => `<p style="margin:0 0 12px">${line}</p>`).join("\n")}
</div>
</body>
</html>
`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function linked(line: string, link: string): string {
  return escape(line).replace(escape(link), (shown) => `<a href="${shown}">${shown}</a>`);
}

/** The letter as the relay gets it (RFC 5322). The Message-ID is the letter's own: whoever gets it twice has it once. */
export async function toMessage(
  letter: Pick<CodeLetter, "id" | "address" | "language" | "createdAt">,
  written: Pick<Written, "subject" | "text"> & { html?: string },
  sender: Sender,
): Promise<Buffer> {
  const domain = sender.address.slice(sender.address.lastIndexOf("@") + 1);
  // without its hyphens: two groups of a UUID may look like a code
  const id = letter.id.replaceAll("-", "");
  const composer = new MailComposer({
    from: sender,
    to: { name: "", address: letter.address },
    subject: written.subject,
    text: written.text,
    ...(written.html === undefined ? {} : { html: written.html }),
    messageId: `<${id}@${domain}>`,
    date: new Date(letter.createdAt),
    baseBoundary: id,
    headers: { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", "Content-Language": letter.language },
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return composer.compile().build();
}

/** MAIL_FROM in its parts: `Name <address>` or an address alone. The domain in ASCII, as relays know it. */
export function readSender(mailFrom: string): Sender {
  const [, name = "", inside] = /^([^<>]*?)\s*<([^<>]+)>$/.exec(mailFrom.trim()) ?? [];
  const address = inside ?? mailFrom.trim();
  const at = address.lastIndexOf("@");
  const domain = domainToASCII(address.slice(at + 1));
  return { name, address: domain === "" ? address : `${address.slice(0, at)}@${domain}` };
}
