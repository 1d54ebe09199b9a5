/** What does a letter with a code say in English? The code stands in the subject, so that a notification shows it. */
import type { Catalogue } from "../words.ts";

export const lettersEn = {
  subject: "{code} is your code for {host}",
  intro: "Your code for {host}:",
  use: {
    one: "Type it on the page where you asked for it. It works for {count} minute, in that browser only.",
    other: "Type it on the page where you asked for it. It works for {count} minutes, in that browser only.",
  },
  account: "You already have an account here. To get in, signing in with your password is enough: {link}",
  forgot:
    "You forgot your password? Then type the code: the password that you choose there becomes the new one, and all your other devices are signed out.",
  "account.warning": "You did not ask for it? Do nothing: without this code nobody gets in, and nothing changes. Give it to nobody.",
  "no-account":
    "There is no account with this address; maybe you signed up with another one. While registration is open, the code makes an account, with the password that you choose.",
  "not-me": "You want no more of these letters? Say so here: {link}",
  warning:
    "You did not ask for it? Somebody may have mistyped an address. Ignore this letter: without the code nobody can register with yours. Give it to nobody.",
  "test.subject": "Test letter from {host}",
  "test.text": "This is the test letter that you asked for on the mail page of {host}. It came through mail server {server}.",
  "test.why": "If it lies among the unwanted mail, look in its source for spf, dkim and dmarc: your codes would lie there too.",
} as const satisfies Catalogue;
