export const inner = process.env["SMTP_URL"] ?? "inside of mail";
