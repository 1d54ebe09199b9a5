import { createTransport } from "nodemailer";

export const courier = createTransport({});
