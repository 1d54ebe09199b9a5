/**
 * What does a person read on the small pages: home, sign-up, waiting, code, sign-in, first operator, mailbox, manual?
 * The status page has words of its own (status.ts), refusals too (problems.ts).
 */
import type { Catalogue } from "../words.ts";

export const pagesEn = {
  skip: "Skip to the content",
  "foot.language": "Language",
  "foot.status": "Status",
  "foot.manual": "Manual",
  "foot.more": "More pages",
  "foot.version": "Holdfast {version}",

  "home.title": "Holdfast, an AI assistant that stays open",
  "home.heading": "An AI assistant that stays open.",
  "home.lead": "Ask, write, think, translate. It is run by the people who offer it here, on a machine of their own.",
  "home.create": "Create account",
  "home.sign-in": "Sign in",
  "home.chat": "Go to the chat",
  "home.way-in.title": "A way in, also when it is crowded",
  "home.way-in.text":
    "You need an e-mail address, a password and the code from our letter. If there is a line, you hear first how long it is, and you keep your place.",
  "home.leaves.title": "Nothing leaves in secret",
  "home.leaves.text": "Under each answer stands whether your words stayed on this machine or what was sent to whom, byte for byte.",
  "home.truth.title": "The truth about how it is",
  "home.truth.text": "The status page says what is measured right now. What is not known, it calls unknown.",

  "busy.wait": "Registration may be busy: {wait}.",
  "busy.about": "about {wait}",
  "busy.up-to": "up to {wait}",
  "busy.unknown": "Registration may be busy; how long it takes is not known just now.",
  "busy.standing": "Registration stands still: letters can't be sent just now.",
  "busy.slow": {
    one: "Registration goes slowly: the operator set one letter a minute.",
    other: "Registration goes slowly: the operator set {count} letters a minute.",
  },
  "busy.slow-wait": "Whoever comes now waits {wait}.",
  "busy.slow-unknown": "How long it takes is not known just now.",
  "busy.invited": "Registration is only for people who were invited.",
  "busy.closed": "Registration is closed.",

  "closed.closed.title": "Registration is closed",
  "closed.closed.text": "The operator of this Holdfast takes nobody new just now. If you have an account, sign in as always.",
  "closed.invited.title": "Only for people who were invited",
  "closed.invited.text": "This Holdfast takes only people who were invited. If you have an account, sign in as always.",
  "closed.since": "Since {time}.",
  "closed.code": "If you have a letter with a code already, the page that asks for it still takes it.",

  "field.address": "E-mail address",
  "field.password": "Password",
  "field.new-password": "Choose a password",
  "field.new-password.hint": "At least {minimum} characters. A few words that don't belong together work well.",
  "field.code": "Code from the letter",
  "field.code.hint": "Eight letters and digits, like ABCD‑2345.",
  "field.show": "Show",
  "field.hide": "Hide",

  "step.of": "Step {step} of {steps}",

  "sign-up.title": "Create account",
  "sign-up.lead": "We send a letter with a code to your address. With the code you choose your password.",
  "sign-up.send": "Send me the code",
  "sign-up.meant": "Did you mean {suggestion}?",
  "sign-up.meant.detail": "What you typed looks like a typing error.",
  "sign-up.meant.yes": "Yes, send the code there",
  "sign-up.meant.no": "No, keep what I typed",
  "sign-up.have": "You have an account?",
  "sign-up.code": "Enter the code",
  "sign-up.finish": "Create account",
  "sign-up.cookie.title": "Please press the button once more",
  "sign-up.cookie.detail":
    "Your sign-up is kept in a cookie of your own browser, and there was none. If this stays, allow cookies for this site.",

  "recover.title": "Forgot your password?",
  "recover.lead":
    "We send a letter with a code to your address. With the code you choose a new password. All your other devices are signed out then.",
  "recover.have": "It came back to you?",
  "recover.code": "Choose a new password",
  "recover.finish": "Set the new password",

  "wait.title": "You have a place in the line",
  "wait.lead": "The letter to {address} goes out when it is your turn. You keep your place, and this page goes on by itself.",
  "wait.between": "{low} to {high}",
  "wait.until": "until your letter goes out",
  "wait.confidence": "This holds for {percent} of those who wait.",
  "wait.now": "Any moment now",
  "wait.unknown": "Not known just now",
  "wait.standing": "Letters are not going out at the moment. The line stands still, and goes on by itself as soon as they do.",
  "wait.mail-down": "The mail server does not answer at the moment. The line stands still, and goes on by itself as soon as it does.",
  "wait.look": "Look now",
  "wait.leave": "You can use other tabs meanwhile. Just leave this one open.",
  "wait.why": "Why is there a line?",
  "wait.because":
    "Letters go out at a steady pace, and networks take turns. So a crowd of programs waits for itself and does not push people aside.",
  "wait.change": "Use another address",

  "code.lead": "The letter to {address} is on its way. It should be there within a minute.",
  "code.late": "The letter to {address} should be there by now. Please look among the unwanted mail as well.",
  "code.mailbox": "This Holdfast has no mail server: its letters are in the built-in mailbox, whose link the terminal printed.",
  "code.minutes": "The code is good for ten minutes.",
  "code.none": "No letter?",
  "code.again.text": "Look among the unwanted mail first. A new letter brings a new code.",
  "code.again": "Send another letter",
  "code.sent": "The letter is on its way.",

  "trace.title": "The way of your letter",
  "trace.ordered": "Ordered at {time}.",
  "trace.handed": "Handed to the mail server{server} at {time}.",
  "trace.waiting": "It waits for a free line to the mail server.",
  "trace.accepted": "Accepted at {time}. Now it is with your provider, who usually delivers within seconds.",
  "trace.in-mailbox": "Put into the built-in mailbox at {time}.",
  "trace.put-off": "Your provider asked us to come again a little later, as some do with senders that are new to them. Next try at {time}.",
  "trace.server-down": "The mail server does not take letters just now. Yours is kept. Next try at {time}.",
  "trace.broken-off": "The connection broke off. Next try at {time}.",
  "trace.unsure":
    "The mail server fell silent before it said whether it took your letter. It may still come; we ask the same server again at {time}. Another letter can go another way.",
  "trace.silent":
    "The mail server fell silent twice before it said whether it took your letter. It may still come. Another letter can go another way.",
  "trace.refused": "Your provider says that there is no mailbox {address}. Is that spelt right?",
  "trace.failed": "The mail server will not take this letter, and the operator can see why. Another letter may go another way.",
  "trace.expired": "The letter could not be sent before its code ended. Please ask for another one.",
  "trace.entered": "Its code was entered at {time}.",

  "not-me.asked.title": "Was this letter not for you?",
  "not-me.asked":
    "Somebody typed your address here, perhaps by mistake. Without the code nobody gets in. If you want no more such letters, say so.",
  "not-me.stopped.title": "You get no more letters",
  "not-me.stopped":
    "No letters go from here to your address any more, whoever asks for them. Keep this link if you ever want to undo that.",
  "not-me.allowed.title": "Letters may come again",
  "not-me.allowed": "Letters with codes go to your address again when somebody asks for one here.",
  "not-me.stop": "Send me no more letters",
  "not-me.allow": "Allow letters again",

  "sign-in.title": "Sign in",
  "sign-in.none": "No account yet?",
  "sign-in.already": "You are signed in already.",
  "sign-out": "Sign out",

  "first.title": "Become the first operator",
  "first.lead": "The operator connects models and looks after this Holdfast. This link works once.",
  "first.create": "Create operator account",
  "first.no-token":
    "This page needs the link that the terminal printed when Holdfast started. Open that link, with everything after the question mark.",

  "mailbox.title": "Built-in mailbox",
  "mailbox.lead": "No mail server is connected, so letters land here. Only people who have the link of this page see them.",
  "mailbox.empty": "No letter yet. As soon as somebody asks for a code, it is here.",
  "mailbox.look": "Look again",
  "mailbox.copy": "Copy",
  "mailbox.copied": "Copied",
  "mailbox.whole": "The whole letter",
  "mailbox.to": "To {address}",

  "manual.title": "Manual",
  "manual.users": "For everybody",
  "manual.operate": "For operators",
  "manual.language": "The manual is in English for now.",

  "problem.number": "Number for the operator: {id}",
  "problem.retry": "This page tries again by itself.",
  "problem.place": "You keep your place in the line.",
  "problem.again": "Try again",
  "problem.home": "To the start page",

  "script.busy": "One moment…",
  "script.offline": "No connection just now. Nothing is lost; it goes on by itself.",
  "script.retry": "It is tried again by itself in {wait}.",
  "script.failed": "That did not work. Please try again.",

  "meter.short": "{count} of {minimum} characters",
  "meter.0": "Among the first that are guessed",
  "meter.1": "Easy to guess",
  "meter.2": "Could be better",
  "meter.3": "Good",
  "meter.4": "Very good",
} as const satisfies Catalogue;
