import { setTimeout as pause } from "node:timers/promises";

export const wait = () => pause(1);
