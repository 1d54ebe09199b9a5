import { mail } from "#src/mail/mail.ts";

export const reached = mail;
