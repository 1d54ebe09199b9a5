/**
 * What does a chunk of a server-sent event stream contain? Events by the standard's rules (id, data, comments as signs
 * of life), whatever way the bytes were cut. Pure; reading the network is api/event-stream.ts.
 */

export type SseEvent = { id: string; data: string };

export type SseState = {
  /** The line that is not ended yet. */
  readonly rest: string;
  readonly data: readonly string[];
  readonly id: string;
};

export const SSE_START: SseState = { rest: "", data: [], id: "" };

export type SseStep = {
  state: SseState;
  events: SseEvent[];
  /** A comment line came: the server says that it is still there. */
  heartbeat: boolean;
};

/** Takes the next piece of the stream. Events without data are swallowed, as the standard has it. */
export function readSse(state: SseState, chunk: string): SseStep {
  const lines = (state.rest + chunk).replaceAll("\r\n", "\n").split("\n");
  const rest = lines.pop() ?? "";
  const events: SseEvent[] = [];
  let data = [...state.data];
  let id = state.id;
  let heartbeat = false;
  for (const line of lines) {
    if (line === "") {
      if (data.length > 0) events.push({ id, data: data.join("\n") });
      data = [];
    } else if (line.startsWith(":")) {
      heartbeat = true;
    } else {
      const [field, value] = splitField(line);
      if (field === "data") data.push(value);
      if (field === "id") id = value;
    }
  }
  return { state: { rest, data, id }, events, heartbeat };
}

function splitField(line: string): [field: string, value: string] {
  const colon = line.indexOf(":");
  if (colon < 0) return [line, ""];
  const value = line.slice(colon + 1);
  return [line.slice(0, colon), value.startsWith(" ") ? value.slice(1) : value];
}
