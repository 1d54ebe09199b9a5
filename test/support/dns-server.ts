/**
 * How does a test get a name server? A real one on a UDP port of this machine, with the zone that the test writes; a name can
 * also be answered with silence or an error, and what was asked is counted.
 */
import { createSocket } from "node:dgram";
import { AUTHORITATIVE_ANSWER, decode, encode, type Answer, type DecodedPacket } from "dns-packet";

type Afterwards = { after(work: () => unknown): unknown };
/** Entries by name; a name that is not there does not exist, but for the root ("."). `[]` is a name without entries. */
export type Zone = { [name: string]: Answer[] | "silent" | "servfail" | "refused" };

const ROOT: Answer[] = [{ type: "NS", name: "", ttl: 60, data: "a.root-servers.net" }];
const CODES = { servfail: 2, "no-such-name": 3, refused: 5 };

export async function startDnsServer(t: Afterwards, zone: Zone) {
  const socket = createSocket("udp4");
  const asked: string[] = [];
  /** What was asked about domains, without the root. */
  const questions = () => asked.filter((question) => question !== "NS .").length;
  const server = { zone, asked, questions, silent: false };
  socket.on("message", (bytes, from) => {
    const query = decode(bytes);
    const question = query.questions?.[0];
    if (question === undefined) return;
    const name = question.name.toLowerCase() || ".";
    asked.push(`${question.type} ${name}`);
    const entries = server.zone[name] ?? (name === "." ? ROOT : "no-such-name");
    if (server.silent || entries === "silent") return;
    const fitting = Array.isArray(entries) ? entries.filter(({ type }) => type === question.type) : [];
    const answers = fitting.map((entry) => ({ ...entry, name: question.name }));
    const code = Array.isArray(entries) ? 0 : CODES[entries];
    const packet: Partial<DecodedPacket> = { type: "response", flags: AUTHORITATIVE_ANSWER | code, answers, questions: [question] };
    socket.send(encode({ ...packet, id: query.id ?? 0 }), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  t.after(() => socket.close());
  return Object.assign(server, { address: `127.0.0.1:${socket.address().port}` });
}

export const mx = (exchange: string, preference = 10): Answer => ({ type: "MX", name: "", ttl: 60, data: { preference, exchange } });
export const a = (data = "192.0.2.1"): Answer => ({ type: "A", name: "", ttl: 60, data });
export const aaaa = (data = "2001:db8::1"): Answer => ({ type: "AAAA", name: "", ttl: 60, data });
