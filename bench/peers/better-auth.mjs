/** How is better-auth set up? Codes by e-mail, passwords and its own limiter switched on, on node:http, its tables in PostgreSQL. */
import { createServer } from "node:http";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { emailOTP } from "better-auth/plugins/email-otp";
import { openMail, openPool, port } from "./app.mjs";

const mail = openMail();
const options = {
  baseURL: `http://localhost:${port}`,
  secret: "a secret of the bench, good for nothing else",
  database: openPool(),
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: true },
  // it reads addresses from headers only: the wrapper below writes the socket's
  advanced: { ipAddress: { ipAddressHeaders: ["x-real-ip"] } },
  logger: { disabled: true },
  telemetry: { enabled: false },
  plugins: [emailOTP({ sendVerificationOTP: async ({ email, otp }) => mail(email, otp) })],
};
const { runMigrations } = await getMigrations(options);
await runMigrations();
const handle = toNodeHandler(betterAuth(options));

createServer((request, response) => {
  request.headers["x-real-ip"] = request.socket.remoteAddress;
  void handle(request, response);
}).listen(port, "127.0.0.1", () => process.send?.("ready"));
