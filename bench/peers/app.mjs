/**
 * What does the usual sign-up do behind a limiter? A hash, a row and a letter per request, a code that makes a session,
 * and a session check: what Express and Fastify get in front of here. PostgreSQL by PGHOST, letters to SMTP_PORT.
 */
import { randomBytes, randomInt } from "node:crypto";
import { hash, verify } from "@node-rs/argon2";
import nodemailer from "nodemailer";
import pg from "pg";

const TABLES = `
  create table if not exists person (address text primary key, hash text not null, verified boolean not null default false, code text);
  create table if not exists session (id text primary key, address text not null)`;

export const port = Number(process.env.PORT);

export function openPool() {
  return new pg.Pool({ host: process.env.PGHOST, user: process.env.PGUSER, database: process.env.PGDATABASE, max: 10 });
}

export function openMail() {
  const transport = nodemailer.createTransport({ host: "127.0.0.1", port: Number(process.env.SMTP_PORT), pool: true, maxConnections: 5 });
  return (to, code) => {
    const letter = { from: "codes@localhost", to, subject: `Your code: ${code}`, text: `Your code is ${code}` };
    // as in most examples: nobody waits for the letter
    transport.sendMail(letter).catch(() => {});
  };
}

/** The four things that people do, each as `[status, body, cookie?]`. */
export async function openApp() {
  const pool = openPool();
  await pool.query(TABLES);
  const mail = openMail();
  const newSession = async (address) => {
    const id = randomBytes(24).toString("base64url");
    await pool.query("insert into session (id, address) values ($1, $2)", [id, address]);
    return `sid=${id}; Path=/; HttpOnly`;
  };
  return {
    async signUp({ address, password }) {
      if (typeof address !== "string" || typeof password !== "string") return [400, { error: "address and password" }];
      const hashed = await hash(password);
      const code = String(randomInt(1_000_000)).padStart(6, "0");
      await pool.query(
        "insert into person (address, hash, code) values ($1, $2, $3) on conflict (address) do update set hash = $2, code = $3 where not person.verified",
        [address, hashed, code],
      );
      mail(address, code);
      return [202, { sent: true }];
    },
    async confirm({ address, code }) {
      const done = await pool.query("update person set verified = true, code = null where address = $1 and code = $2", [address, code]);
      if (done.rowCount !== 1) return [400, { error: "wrong code" }];
      return [200, { address }, await newSession(address)];
    },
    async signIn({ address, password }) {
      const { rows } = await pool.query("select hash from person where address = $1 and verified", [address]);
      // the same work for an address that nobody has
      const right = await verify(rows[0]?.hash ?? (await nobody), String(password));
      return right && rows.length === 1 ? [200, { address }, await newSession(address)] : [401, { error: "no" }];
    },
    async me(cookies) {
      const id = /(?:^|;\s*)sid=([\w-]+)/.exec(cookies ?? "")?.[1];
      const { rows } = id === undefined ? { rows: [] } : await pool.query("select address from session where id = $1", [id]);
      return rows.length === 1 ? [200, rows[0]] : [401, { error: "sign in" }];
    },
  };
}

const nobody = hash(randomBytes(9).toString("base64url"));
