/** What does a letter with a code say in English? The code stands in the subject, so that a notification shows it. */
import type { Catalogue } from "../words.ts";

export const lettersEn = {
  subject: "{code} is your code for {host}",
  intro: "Your code for {host}:",
  use: {
    one: "Type it on the page where you asked for it. It works for {count} minute, in that browser only.",
    other: "Type it on the page where you asked for it. It works for {count} minutes, in that browser only.",
  },
  account: "There is an account with this address already. To get in, sign in with your password at {link}",
  warning:
    "You did not ask for it? Somebody may have mistyped an address. Ignore this letter: without the code nobody can register with yours. Give it to nobody.",
} as const satisfies Catalogue;
