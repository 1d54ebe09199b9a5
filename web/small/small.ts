/**
 * What does a small page gain where script runs? Sign-up without loading, forms that keep what was typed, and fields that
 * help. Every page works without it. It must stay so small that the page weighs at most 20 KB with it.
 */
import { enhanceFields } from "./fields.ts";
import { enhanceForm } from "./forms.ts";
import { find } from "./page.ts";
import { startSignUp } from "./sign-up.ts";

enhanceFields(document);
const step = find("#step");
const reloadSeconds = step?.dataset["reloadSeconds"];
if (step?.dataset["step"] !== undefined) startSignUp();
else if (reloadSeconds !== undefined) setTimeout(() => find<HTMLAnchorElement>("a.button")?.click(), Number(reloadSeconds) * 1_000);
else for (const form of document.querySelectorAll<HTMLFormElement>("[data-json]")) enhanceForm(form, () => {});
