/** What is in the built-in mailbox? The letters, newest first, each with its code ready to be copied. */
import { CODE_ALPHABET } from "#contract/schemas.ts";
import { frame } from "./frame.ts";
import { html, type Markup } from "./html.ts";
import { sayIn, type Say } from "./page-words.ts";
import type { SmallAssets } from "./small-assets.ts";
import type { MailboxLetter, MailboxView, PageContext } from "./views.ts";

const CODE = new RegExp(`(?<![A-Z0-9-])[${CODE_ALPHABET}]{4}-[${CODE_ALPHABET}]{4}(?![A-Z0-9-])`);
/** More letters than these would make the page heavy; the older ones' codes have ended long ago. */
const SHOWN = 8;
const TEXT_CHARS = 900;

export function mailboxPage(assets: SmallAssets, context: PageContext, view: MailboxView): string {
  const words = sayIn(context.language);
  const letters = view.letters.slice(0, SHOWN).map((one) => letter(words, context, one));
  const body = html`<h1>${words("mailbox.title")}</h1>
    <p class="lead">${words("mailbox.lead")}</p>
    <form method="get" action="/mailbox">
      <input type="hidden" name="token" value="${view.token}" /><button class="button quiet">${words("mailbox.look")}</button>
    </form>
    ${
      letters.length === 0
        ? html`<p class="empty">${words("mailbox.empty")}</p>`
        : html`<ul class="letters">
            ${letters}
          </ul>`
    }`;
  return frame(assets, context, {
    title: words("mailbox.title"),
    body,
    width: "text",
    scriptWords: ["mailbox.copy", "mailbox.copied"],
  });
}

function letter(words: Say, context: PageContext, { recipient, subject, text, createdAt }: MailboxLetter): Markup {
  const code = CODE.exec(`${subject}\n${text}`)?.[0];
  const at = new Date(createdAt);
  const time = new Intl.DateTimeFormat(context.language, { timeStyle: "medium", hourCycle: "h23", timeZone: "UTC" }).format(at);
  return html`<li>
    <p class="meta">${words("mailbox.to", { address: recipient })} · <time datetime="${at.toISOString()}">${time} UTC</time></p>
    <h2>${subject}</h2>
    ${code !== undefined && html`<p class="copy"><code data-copy>${code}</code></p>`}
    <details>
      <summary>${words("mailbox.whole")}</summary>
      <pre>${text.slice(0, TEXT_CHARS)}</pre>
    </details>
  </li>`;
}
