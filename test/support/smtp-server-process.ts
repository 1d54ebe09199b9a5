/** What runs behind smtp-server.ts? A process with the smtp-server package, a fault that can be changed, and a record of every letter. */
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { SMTPServer, type SMTPServerSession } from "smtp-server";
import { RELAY_WORDS, type Command, type Report, type SmtpFault, type SmtpServerOptions, type StoredLetter } from "./smtp-server.ts";

const options = JSON.parse(process.argv[2] ?? "{}") as SmtpServerOptions;
const letters: StoredLetter[] = [];
const sockets = new Set<Socket>();
let fault: SmtpFault | null = null;
let connections = 0;

type Done = (error?: Error | null) => void;
type Moment = "connect" | "sender" | "recipient" | "data" | "content" | "stored";

const smtp = new SMTPServer({
  secure: options.tls === "implicit",
  hideSTARTTLS: options.tls !== "starttls",
  authOptional: options.login === undefined,
  disabledCommands: options.login === undefined ? ["AUTH"] : [],
  allowInsecureAuth: true,
  disableReverseLookup: true,
  logger: false,
  onConnect(session, done) {
    connections += 1;
    answer("connect", session, [], done);
  },
  onAuth({ username, password }, _session, done) {
    const right = options.login?.user === username && options.login?.password === password;
    if (right) done(null, { user: username });
    else done(refusal(535, "5.7.8"));
  },
  onMailFrom: (_address, session, done) => answer("sender", session, [], done),
  onRcptTo: ({ address }, session, done) => answer("recipient", session, [address], done),
  onData(stream, session, done) {
    const to = session.envelope.rcptTo.map(({ address }) => address);
    const pieces: Buffer[] = [];
    stream.on("data", (piece: Buffer) => {
      pieces.push(piece);
      if (isDue("content", to)) cut(session);
    });
    stream.on("end", () => {
      if (isDue("content", to)) return;
      if (!isDue("data", to) || fault?.kind === "hang") {
        const from = session.envelope.mailFrom === false ? "" : session.envelope.mailFrom.address;
        letters.push({ to, from, raw: Buffer.concat(pieces).toString("utf8"), at: Date.now() });
      }
      if (isDue("stored", to)) cut(session);
      else answer("data", session, to, done);
    });
  },
});
smtp.on("error", () => {});

/** Does the fault concern this moment and recipient? */
function isDue(moment: Moment, to: string[]): boolean {
  if (fault === null || fault.kind === "refuse" || fault.kind === "slow") return false;
  return fault.at === moment && (fault.to === undefined || to.includes(fault.to));
}

function answer(moment: Moment, session: SMTPServerSession, to: string[], done: Done): void {
  if (fault?.kind === "slow") {
    setTimeout(() => done(), fault.delayMs);
    return;
  }
  if (fault === null || !isDue(moment, to)) done();
  else if (fault.kind === "reply") done(refusal(fault.status, fault.enhanced));
  else if (fault.kind === "drop") cut(session);
}

function refusal(status: number, enhanced?: string): Error {
  return Object.assign(new Error(`${enhanced === undefined ? "" : `${enhanced} `}${RELAY_WORDS}`), { responseCode: status });
}

/** What was received before is gone with the connection, as when a machine dies. */
function cut(session: SMTPServerSession): void {
  for (const socket of sockets) if (socket.remotePort === session.remotePort) socket.destroy();
}

// a listener of our own, so that it can be taken away and put back on the same port
let listener: Server | undefined;
function listen(port: number, ready: (port: number) => void): void {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
    smtp.server.emit("connection", socket);
  });
  server.listen(port, "127.0.0.1", () => ready((server.address() as AddressInfo).port));
  listener = server;
}

let port = options.port ?? 0;
process.on("message", ({ id, command }: { id: number; command: Command }) => {
  const report = () => void process.send?.({ id, report: { letters, connections } satisfies Report });
  if (command.kind === "report") {
    report();
    return;
  }
  fault = command.fault;
  if (fault?.kind === "refuse") {
    for (const socket of sockets) socket.destroy();
    if (listener === undefined) report();
    else listener.close(report);
    listener = undefined;
  } else if (listener === undefined) listen(port, report);
  else report();
});
process.on("disconnect", () => process.exit(0));
listen(port, (bound) => {
  port = bound;
  process.send?.({ port });
});
