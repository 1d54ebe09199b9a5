import { hash } from "@node-rs/argon2";

export const hashed = hash("secret");
