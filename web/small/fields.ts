/** What makes typing easier? A password that can be shown, its strength, a code that takes whatever is pasted, copying. */
import { CODE_ALPHABET } from "#contract/limits.ts";
import { addButton, find, say, tools } from "./page.ts";

const CODE = new RegExp(`(?<![A-Z0-9])([${CODE_ALPHABET}]{4})[\\s\\p{Dash}]?([${CODE_ALPHABET}]{4})(?![A-Z0-9])`, "u");

export function enhanceFields(within: ParentNode): void {
  for (const secret of within.querySelectorAll(".secret")) {
    const input = find<HTMLInputElement>("input", secret);
    if (input !== null) showable(secret, input);
  }
  const code = find<HTMLInputElement>("#code", within);
  if (code !== null) takesCodes(code);
  for (const element of within.querySelectorAll("[data-copy]")) {
    addButton(element.parentElement ?? element, say("mailbox.copy"), "button quiet", (button) => {
      void navigator.clipboard.writeText(element.textContent).then(() => {
        button.textContent = say("mailbox.copied");
        setTimeout(() => (button.textContent = say("mailbox.copy")), 2_000);
      });
    });
  }
}

function showable(secret: Element, input: HTMLInputElement): void {
  addButton(secret, say("field.show"), "", (button) => {
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.ariaPressed = String(!shown);
    button.textContent = say(shown ? "field.show" : "field.hide");
  });
  // a password manager and the browser's history must see a password when it is sent
  input.form?.addEventListener("submit", () => (input.type = "password"), true);
  if (input.dataset["meter"] === undefined) return;
  const load = () => {
    void import("./meter.ts").then(
      ({ startMeter }) => startMeter(input, tools),
      () => input.addEventListener("input", load, { once: true }),
    );
  };
  input.addEventListener("input", load, { once: true });
}

function takesCodes(input: HTMLInputElement): void {
  input.addEventListener("paste", (event) => {
    const found = CODE.exec((event.clipboardData?.getData("text") ?? "").normalize("NFKC").toUpperCase());
    if (found === null) return;
    event.preventDefault();
    input.value = `${found[1]}-${found[2]}`;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
