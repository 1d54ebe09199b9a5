/**
 * Where is the API of a model server, given what an operator pasted? With or without /v1, with a slash or a whole
 * endpoint at its end, with a login in it. Pure.
 */

/** `prefixes` are tried in order until one answers like the OpenAI protocol. */
export type ApiAddress = { name: string; baseUrl: string; prefixes: string[]; headers: Record<string, string> };

/** `undefined` when it is not a web address. */
export function apiAddress(pasted: string, key: string | null): ApiAddress | undefined {
  const url = URL.parse(pasted.trim());
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  const path = url.pathname
    .replace(/\/+$/, "")
    .replace(/\/(?:chat\/completions|completions|models|responses)$/, "")
    .replace(/\/+$/, "");
  const versioned = path.split("/").some((segment) => /^v\d+[a-z0-9]*$/i.test(segment));
  return {
    name: url.host,
    baseUrl: url.origin + path,
    prefixes: versioned ? [""] : ["/v1", ""],
    headers: credentials(url, key),
  };
}

function credentials(url: URL, key: string | null): Record<string, string> {
  if (key !== null && key !== "") return { authorization: `Bearer ${key}` };
  if (url.username === "" && url.password === "") return {};
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { authorization: `Basic ${Buffer.from(login).toString("base64")}` };
}
