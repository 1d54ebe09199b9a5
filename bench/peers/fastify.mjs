/** How is Fastify set up? With @fastify/rate-limit as its documentation says: by address, 100 in a minute, on the routes for strangers. */
import rateLimit from "@fastify/rate-limit";
import Fastify from "fastify";
import { openApp, port } from "./app.mjs";

const app = Fastify();
const people = await openApp();
await app.register(rateLimit, { global: false });
const limited = { config: { rateLimit: { max: 100, timeWindow: "1 minute" } } };
const route = (work) => async (request, reply) => {
  const [status, body, cookie] = await work(request);
  if (cookie !== undefined) reply.header("set-cookie", cookie);
  return reply.code(status).send(body);
};

app.get("/sign-up", limited, async () => "sign up");
app.post(
  "/sign-up",
  limited,
  route(({ body }) => people.signUp(body ?? {})),
);
app.post(
  "/confirm",
  limited,
  route(({ body }) => people.confirm(body ?? {})),
);
app.post(
  "/sign-in",
  limited,
  route(({ body }) => people.signIn(body ?? {})),
);
app.get(
  "/api/me",
  route(({ headers }) => people.me(headers.cookie)),
);
await app.listen({ port, host: "127.0.0.1" });
process.send?.("ready");
