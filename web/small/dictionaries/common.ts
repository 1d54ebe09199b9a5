/** Which passwords do attackers try first, and which keys are neighbours? */
export { default as graphs } from "@zxcvbn-ts/language-common/dist/adjacencyGraphs.json.mjs";
export { default as passwords } from "@zxcvbn-ts/language-common/dist/passwords.json.mjs";
