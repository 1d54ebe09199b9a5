/** Where do the letters of every system go? A mail server that keeps of each letter only when, to whom, and the code in it. */
import { createServer, type AddressInfo } from "node:net";

export type Sink = {
  port: number;
  /** The newest code for an address, as soon as there is one that came after `sinceMs`; rejects when `signal` aborts. */
  codeFor(address: string, sinceMs: number, signal: AbortSignal): Promise<string>;
  close(): void;
  /** When each letter came, in ms on this process's clock; and how many the most written-to recipient got. */
  report(): { at: number[]; perRecipient: Map<string, number> };
};

/** Ours ("ABCD-EFGH") or six digits. */
const CODE = /\b([2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}|\d{6})\b/;

export function openSink(): Promise<Sink> {
  const at: number[] = [];
  const perRecipient = new Map<string, number>();
  const newest = new Map<string, { code: string; at: number }>();
  const waiting = new Map<string, () => void>();

  function keep(recipients: readonly string[], raw: string): void {
    const now = performance.now();
    // soft line breaks of quoted-printable; the subject and the text come first, the code of an HTML part is the same
    const words = raw.replaceAll("=\r\n", "").replace(/[\s\S]*?(?=^subject:)/im, "");
    const code = CODE.exec(words)?.[1];
    for (const address of recipients) {
      at.push(now);
      perRecipient.set(address, (perRecipient.get(address) ?? 0) + 1);
      if (code !== undefined) newest.set(address, { code, at: now });
      waiting.get(address)?.();
    }
  }

  const server = createServer((socket) => {
    let text = "";
    let inLetter = false;
    let recipients: string[] = [];
    const say = (line: string) => void socket.write(`${line}\r\n`);
    const hear = (line: string) => {
      const word = line.slice(0, 4).toUpperCase();
      if (word === "EHLO") say("250-sink\r\n250-PIPELINING\r\n250 8BITMIME");
      else if (word === "RCPT") {
        recipients.push(/<([^>]*)>/.exec(line)?.[1]?.toLowerCase() ?? "");
        say("250 ok");
      } else if (word === "DATA") {
        inLetter = true;
        say("354 go on");
      } else if (word === "QUIT") {
        say("221 bye");
        socket.end();
      } else {
        if (word === "RSET" || word === "MAIL") recipients = [];
        say("250 ok");
      }
    };
    socket.setEncoding("latin1").on("error", () => {});
    socket.on("data", (chunk: string) => {
      text += chunk;
      for (;;) {
        const mark = inLetter ? "\r\n.\r\n" : "\r\n";
        const end = text.indexOf(mark);
        if (end < 0) return;
        const piece = text.slice(0, end);
        text = text.slice(end + mark.length);
        if (inLetter) {
          inLetter = false;
          keep(recipients, piece);
          say("250 kept");
        } else hear(piece);
      }
    });
    say("220 sink");
  });

  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve({
        port: (server.address() as AddressInfo).port,
        codeFor: (address, sinceMs, signal) =>
          new Promise((found, reject) => {
            const look = () => {
              const letter = newest.get(address);
              if (letter === undefined || letter.at < sinceMs) return;
              waiting.delete(address);
              found(letter.code);
            };
            waiting.set(address, look);
            signal.addEventListener("abort", () => reject(new Error("no letter came")), { once: true });
            look();
          }),
        close: () => server.close(),
        report: () => ({ at: [...at], perRecipient }),
      });
    });
  });
}
