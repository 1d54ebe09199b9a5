/** Can the door listen where it is told to? Asked before anything else starts, so that the answer comes at once. */
import { createServer } from "node:net";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";

export type PortUnusable = { tag: "port"; sentence: string };

export function checkPort(host: string, port: number): Promise<Outcome<void, PortUnusable>> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(fail({ tag: "port", sentence: whyNot(error.code, host, port) })));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(succeed(undefined))));
  });
}

function whyNot(code: string | undefined, host: string, port: number): string {
  switch (code) {
    case "EADDRINUSE":
      return `Another program already listens on port ${port} of ${host}. Stop it, or choose another port: PORT=${port + 1} npm start`;
    case "EACCES":
      return `This user may not listen on port ${port}: the ports below 1024 belong to root. Choose another (PORT=8480) and put a proxy in front, see docs/operate/proxy-and-https.md.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `HOST=${host} is no address of this machine. Use 127.0.0.1 for this machine only, or 0.0.0.0 for all its networks.`;
    default:
      return `Holdfast can't listen on port ${port} of ${host} (${code ?? "for an unknown reason"}).`;
  }
}
