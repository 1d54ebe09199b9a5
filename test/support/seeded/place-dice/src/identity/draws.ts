import { randomBytes } from "node:crypto";

export const secret = () => randomBytes(16);
