/** What does a bare pooled nodemailer loop send? The courier's own words to as many people, over as many connections, and nothing kept. */
import { createTransport } from "nodemailer";
import { answerParent } from "../door/messages.ts";

export type LoopTask = { port: number; connections: number; many: number; from: number; subject: string; text: string; html: string };

/** Enough that no connection waits for the loop. */
const UNDERWAY_PER_CONNECTION = 4;

answerParent({
  async send({ port, connections, many, from, subject, text, html }: LoopTask) {
    const transport = createTransport({ pool: true, host: "127.0.0.1", port, maxConnections: connections, ignoreTLS: true });
    let next = from;
    const senders = Array.from({ length: connections * UNDERWAY_PER_CONNECTION }, async () => {
      while (next < from + many) {
        await transport.sendMail({
          from: "Holdfast <codes@chat.example.org>",
          to: `n${next++}@one.example`,
          subject,
          text,
          html,
          headers: { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", "Content-Language": "en" },
        });
      }
    });
    await Promise.all(senders);
    transport.close();
  },
});
