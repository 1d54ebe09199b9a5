/**
 * How does a flood speak to each system? Requests as bytes, made before they are needed where they can be. A shot may go on:
 * what it answers with is asked for on the same connection. Also the requests with which refusals are priced.
 */

export type SystemName = "holdfast" | "bare" | "bare-net" | "nginx" | "express" | "fastify" | "better-auth";
export type Variant = "sign-up" | "sign-in" | "saturate";
export type RefusalShape = "keep-alive" | "closing" | "with-body";

export type Answered = { status: number; head: string; body: string };
export type Shot = { bytes: Buffer; follow?: (answered: Answered) => Buffer | undefined };

/** One in so many runs the real protocol as far as a place. */
const REAL_EVERY = 10;
const JUNK = "A".repeat(120);

function request(method: "GET" | "POST", path: string, body?: string, headers: readonly string[] = [], type = "json"): Buffer {
  const lines = [`${method} ${path} HTTP/1.1`, "host: localhost", ...headers];
  if (body !== undefined) {
    lines.push(`content-type: application/${type === "json" ? "json" : "x-www-form-urlencoded"}`);
    lines.push(`content-length: ${Buffer.byteLength(body)}`);
  }
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body ?? ""}`);
}

/** The n-th request of a flood. */
export function shotFor(system: SystemName, variant: Variant): (n: number) => Shot {
  if (variant === "saturate") return () => ({ bytes: CHALLENGE_WITHOUT_BODY });
  if (variant === "sign-in") return signIn(system);
  if (system === "holdfast") return holdfastSignUp;
  if (system === "better-auth") {
    const path = "/api/auth/email-otp/send-verification-otp";
    return (n) => ({ bytes: request("POST", path, JSON.stringify({ email: flooder(n), type: "sign-in" })) });
  }
  return (n) => ({ bytes: request("POST", "/sign-up", JSON.stringify({ address: flooder(n), password: "a password of a flood" })) });
}

/** What is asked when the price of a refusal is measured. */
export function refusalShot(system: SystemName, shape: RefusalShape): Buffer {
  const path = system === "better-auth" ? "/api/auth/sign-in/email" : "/sign-up";
  const close = ["connection: close"];
  if (shape === "with-body") return request("POST", path, JSON.stringify({ address: flooder(1), password: "a password of a flood" }));
  // a GET, because a POST without a body is no request that everybody refuses in the same way
  const plain = system === "better-auth" ? "/api/auth/get-session" : path;
  return request("GET", plain, undefined, shape === "closing" ? close : []);
}

/** From a network and for a path that nobody else has, as the proxy in front tells it. */
export function strangerShot(n: number): Shot {
  const network = `${1 + (n >>> 16)}.${(n >>> 8) & 255}.${n & 255}.9`;
  return { bytes: request("GET", `/made-up/${n}`, undefined, [`x-forwarded-for: ${network}`]) };
}

const CHALLENGE_WITHOUT_BODY = request("POST", "/sign-up/challenge", "");
const REAL = request("POST", "/sign-up/challenge", "{}");
const JUNK_PLACE = request("POST", "/sign-up/place", JSON.stringify({ challenge: JUNK }));

function holdfastSignUp(n: number): Shot {
  if (n % REAL_EVERY === 0) return { bytes: REAL, follow: placeAfter };
  if (n % 2 === 0) return { bytes: JUNK_PLACE };
  return { bytes: request("POST", "/sign-up", `address=${encodeURIComponent(flooder(n))}&challenge=${JUNK}`, [], "form") };
}

function placeAfter({ status, head, body }: Answered): Buffer | undefined {
  const challenge = status === 200 ? /"challenge":"([^"]+)"/.exec(body)?.[1] : undefined;
  if (challenge === undefined) return undefined;
  const cookie = /\r\nset-cookie: ([^;\r]+)/i.exec(head)?.[1] ?? "";
  return request("POST", "/sign-up/place", JSON.stringify({ challenge }), [`cookie: ${cookie}`]);
}

/** Guessing: nobody's addresses and one that somebody has, all with a wrong password. */
function signIn(system: SystemName): (n: number) => Shot {
  const path = system === "better-auth" ? "/api/auth/sign-in/email" : "/sign-in";
  const name = system === "better-auth" ? "email" : "address";
  return (n) => ({
    bytes: request("POST", path, JSON.stringify({ [name]: n % 2 === 0 ? memberAddress(n % 20) : flooder(n), password: `a guess ${n}` })),
  });
}

/** One in ten is a victim who gets many, the others are nobody. */
function flooder(n: number): string {
  return n % 10 === 5 ? `victim-${n % 200}@victims.example` : `f${n}@flood.example`;
}

export function memberAddress(n: number): string {
  return `member-${n}@members.example`;
}
