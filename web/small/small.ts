/**
 * What does a small page gain where script runs? Sign-up without loading, forms that keep what was typed, and fields that
 * help. Every page works without it. It must stay so small that the page weighs at most 20 KB with it.
 */
import { enhanceFields } from "./fields.ts";
import { enhanceForm } from "./forms.ts";
import { recall } from "./kept.ts";
import { find } from "./page.ts";

enhanceFields(document);
const signUp = find<HTMLFormElement>("[data-sign-up]");
if (signUp !== null) {
  // as soon as somebody comes near the form; should it not arrive, the form is sent as a form
  const load = () =>
    void import("./sign-up.ts").then(
      ({ startSignUp }) => startSignUp(signUp),
      () => undefined,
    );
  if (recall() !== undefined) load();
  else signUp.addEventListener("focusin", load, { once: true });
}
for (const form of document.querySelectorAll<HTMLFormElement>("[data-json]")) enhanceForm(form, () => {});
const again = find<HTMLAnchorElement>("[data-after-seconds]");
if (again !== null) setTimeout(() => again.click(), Number(again.dataset["afterSeconds"]) * 1_000);
