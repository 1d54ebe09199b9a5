/** Which systems are measured? And what a run needs of each: a port, the processes that pay, and an end. */
import type { SystemName } from "./shots.ts";

export type Running = {
  port: number;
  /** Those that meet the flood first: the door, nginx, or the only one there is. */
  front(): number[];
  /** All of its processes, PostgreSQL included. */
  all(): number[];
  stop(): Promise<void>;
};

export type Sabotage = "lanes-off" | "fcfs" | "floors-off";
export const SABOTAGES: readonly Sabotage[] = ["lanes-off", "fcfs", "floors-off"];

export type StartOptions = { smtpPort: number; lettersPerSecond: number; sabotage: Sabotage | null; trustedProxyHops?: number };
export type StartSystem = (options: StartOptions) => Promise<Running>;

export type System = {
  name: SystemName;
  title: string;
  /** Has sessions and a registration of its own. */
  hasPeople: boolean;
};

export const SYSTEMS: readonly System[] = [
  { name: "holdfast", title: "Holdfast", hasPeople: true },
  { name: "bare", title: "bare node:http 429", hasPeople: false },
  { name: "bare-net", title: "bare node:net, one answer", hasPeople: false },
  { name: "nginx", title: "nginx limit_req + Express", hasPeople: true },
  { name: "express", title: "Express + express-rate-limit", hasPeople: true },
  { name: "fastify", title: "Fastify + @fastify/rate-limit", hasPeople: true },
  { name: "better-auth", title: "better-auth", hasPeople: true },
];

export function titleOf(name: SystemName): string {
  return SYSTEMS.find((system) => system.name === name)?.title ?? name;
}
