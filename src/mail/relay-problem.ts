/** What does doctor say about a relay that can't be used, and what is to be done? In our own words only. */
import type { BadRelayUrl, RelayAddress } from "./core/relay-url.ts";
import type { AttemptEnd, FailureWord } from "./core/verdict.ts";

export function relayUrlProblem({ part, name }: BadRelayUrl): string {
  switch (part) {
    case "url":
      return "SMTP_URL is no URL; expected smtp://user:password@host:587 or smtps://user:password@host:465, or several with blanks between.";
    case "scheme":
      return "SMTP_URL must begin with smtp:// or smtps://.";
    case "host":
      return "SMTP_URL names no host that a mail server could have.";
    case "port":
      return "SMTP_URL has a port that does not exist.";
    case "login":
      return "SMTP_URL needs both user and password, or neither; percent-encode special characters (@ is %40).";
    case "path":
      return "SMTP_URL must end after the port, or go on with ?starttls=, certificate= or connections=.";
    case "twice":
      return `SMTP_URL names the mail server ${name ?? ""} twice.`;
    case "setting":
      return `SMTP_URL has a setting ${name === undefined ? "that does not exist" : `"${name}" that has no such value`}; percent-encode "?" in a password (%3F), and see docs/operate/mail.md.`;
  }
}

export function relayProblem(address: RelayAddress, word: FailureWord, end: AttemptEnd): string {
  const server = `The mail server ${address.host}:${address.port}`;
  const status = end.tag === "replied" ? ` (status ${end.reply})` : "";
  switch (word) {
    case "relay-unknown":
      return `There is no mail server with the name ${address.host}. Check SMTP_URL for a typing error.`;
    case "relay-sign-in":
      return `${server} refuses the user and password of SMTP_URL${status}. Check both; some providers want a password made for this app.`;
    case "relay-tls":
      return `${server} has no TLS that can be trusted. Check the host name; for a server of your own with a certificate of its own add ?certificate=unchecked, and without TLS ?starttls=never.`;
    case "sender-refused":
      return `${server} takes no letters from MAIL_FROM${status}. Use an address of the account, or have its domain allowed there.`;
    case "relay-busy":
      return `${server} answers, but takes no letters from here now${status}. Ask its operator whether this machine may send.`;
    default:
      return `${server} can't be reached. Check host and port, and whether a firewall or your provider blocks the way out (port 25 often is; try 587 or 465).`;
  }
}
