/**
 * How strong is the password that is being typed? Judged here, sent nowhere. Length by the server's own rule; the rest by
 * zxcvbn with the list of breached passwords and the words of the page's language. Loaded when somebody begins to type.
 */
import { ZxcvbnFactory } from "@zxcvbn-ts/core";
import type { Tools } from "./page.ts";

type Judge = (password: string, address: string) => number;
const QUIET_MS = 1_200;
let judge: Promise<Judge> | undefined;

/** Turns the hint of the field into its meter; judges on every input. */
export function startMeter(input: HTMLInputElement, { announce, find, language, say }: Tools): void {
  const minimum = input.minLength;
  const hint = find(`#${input.id}-hint`);
  if (hint === null) return;
  const sentence = hint.textContent;
  let quiet: ReturnType<typeof setTimeout> | undefined;
  const show = (text: string, score?: number) => {
    hint.classList.toggle("meter", score !== undefined);
    hint.dataset["score"] = String(score ?? "");
    if (hint.textContent === text) return;
    hint.textContent = text;
    clearTimeout(quiet);
    if (score !== undefined) quiet = setTimeout(() => announce(text), QUIET_MS);
  };
  const look = async () => {
    const password = input.value;
    const count = [...password].length;
    if (count === 0) return show(sentence);
    if (count < minimum) show(say("meter.short", { count, minimum }), 0);
    const address = find<HTMLInputElement>("[name=address]", input.form ?? document)?.value ?? "";
    const score = (await (judge ??= loadJudge(language)))(password, address);
    if (input.value === password && count >= minimum) show(say(`meter.${score}`), score);
  };
  const start = () => void look().catch(() => (judge = undefined));
  input.addEventListener("input", start);
  start();
}

async function loadJudge(language: string): Promise<Judge> {
  const [{ graphs, passwords }, { words }] = await Promise.all([
    import("./dictionaries/common.ts"),
    language === "es" ? import("./dictionaries/es.ts") : import("./dictionaries/en.ts"),
  ]);
  const factory = new ZxcvbnFactory({ graphs, dictionary: { passwords, words } });
  return (password, address) => factory.check(password, [address, ...address.split(/[^\p{L}\p{N}]+/u)]).score;
}
