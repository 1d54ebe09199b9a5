/** How is Express set up? With express-rate-limit as its documentation says: by address, 100 in 15 minutes. LIMITER=off: a proxy in front limits. */
import express from "express";
import { rateLimit } from "express-rate-limit";
import { openApp, port } from "./app.mjs";

const app = express();
const people = await openApp();
const limiter = rateLimit({ windowMs: 15 * 60 * 1000, limit: 100, standardHeaders: "draft-8", legacyHeaders: false });
const limited = process.env.LIMITER === "off" ? [] : [limiter];
const route = (work) => async (request, response) => {
  const [status, body, cookie] = await work(request);
  if (cookie !== undefined) response.set("set-cookie", cookie);
  response.status(status).json(body);
};

app.get("/sign-up", ...limited, (_request, response) => void response.send("sign up"));
app.post(
  "/sign-up",
  ...limited,
  express.json(),
  route(({ body }) => people.signUp(body ?? {})),
);
app.post(
  "/confirm",
  ...limited,
  express.json(),
  route(({ body }) => people.confirm(body ?? {})),
);
app.post(
  "/sign-in",
  ...limited,
  express.json(),
  route(({ body }) => people.signIn(body ?? {})),
);
app.get(
  "/api/me",
  route(({ headers }) => people.me(headers.cookie)),
);
app.listen(port, "127.0.0.1", () => process.send?.("ready"));
