/** Which are the common English words? */
export { default as words } from "@zxcvbn-ts/language-en/dist/commonWords.json.mjs";
