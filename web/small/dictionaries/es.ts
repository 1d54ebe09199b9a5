/** Which are the common Spanish words? */
export { default as words } from "@zxcvbn-ts/language-es-es/dist/commonWords.json.mjs";
