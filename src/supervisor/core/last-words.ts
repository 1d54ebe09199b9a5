/** What should the person know once Holdfast is up? The links, and a sentence for each thing that is not obvious. Pure. */
import type { Config } from "#src/config.ts";

export type Up = {
  config: Pick<Config, "publicUrl" | "host" | "mailbox" | "smtpUrl" | "trustedProxyHops">;
  publicUrlGiven: boolean;
  firstOperatorToken: string | undefined;
  mailboxToken: string | null;
  logPath: string;
};

export function linksOf({ config: { publicUrl }, firstOperatorToken, mailboxToken }: Up): { name: string; url: string }[] {
  const link = (path: string, token: string) => `${publicUrl}/${path}?token=${encodeURIComponent(token)}`;
  return [
    { name: "Open it", url: publicUrl },
    ...(firstOperatorToken === undefined ? [] : [{ name: "First operator", url: link("first-operator", firstOperatorToken) }]),
    ...(mailboxToken === null ? [] : [{ name: "Mailbox", url: link("mailbox", mailboxToken) }]),
  ];
}

export function sentencesOf({ config, publicUrlGiven, firstOperatorToken, logPath }: Up): string[] {
  const sentences: string[] = [];
  if (firstOperatorToken !== undefined) sentences.push("The first-operator link makes the account that runs this Holdfast; it works once.");
  if (config.mailbox) sentences.push("Letters land in the mailbox page until SMTP_URL is set (docs/operate/mail.md).");
  else if (config.smtpUrl === null) {
    sentences.push(
      "No letter goes out: SMTP_URL is not set, and the mailbox page is closed because others can reach this Holdfast (docs/operate/mail.md).",
    );
  }
  if (!publicUrlGiven && !["127.0.0.1", "localhost", "::1"].includes(config.host)) {
    sentences.push(
      "Other machines reach this port, but browsers sign in only over https: set PUBLIC_URL (docs/operate/proxy-and-https.md).",
    );
  }
  if (config.publicUrl.startsWith("https:") && config.trustedProxyHops === 0) {
    sentences.push(
      "PUBLIC_URL is https, but no proxy is trusted (TRUSTED_PROXY_HOPS=0): behind one, everybody looks like one visitor (docs/operate/proxy-and-https.md).",
    );
  }
  sentences.push(`The log is in ${logPath}. Ctrl-C stops everything in order.`);
  return sentences;
}
