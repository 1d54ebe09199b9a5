/** The single lists of the zxcvbn language packages: their front brings all lists along, some of half a megabyte. */
declare module "@zxcvbn-ts/language-common/dist/adjacencyGraphs.json.mjs" {
  const graphs: Record<string, Record<string, (string | null)[]>>;
  export default graphs;
}
declare module "@zxcvbn-ts/language-common/dist/passwords.json.mjs" {
  const list: string[];
  export default list;
}
declare module "@zxcvbn-ts/language-en/dist/commonWords.json.mjs" {
  const list: string[];
  export default list;
}
declare module "@zxcvbn-ts/language-es-es/dist/commonWords.json.mjs" {
  const list: string[];
  export default list;
}
