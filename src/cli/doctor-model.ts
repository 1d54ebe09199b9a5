/** Can somebody answer? The configured model server is asked for its list of models (an entry in the ledger, like every request). */
import { existsSync } from "node:fs";
import { pino } from "pino";
import { systemDice } from "#kit/dice.ts";
import { systemClock } from "#kit/time.ts";
import type { Running, Settings } from "#supervisor/supervisor.ts";
import type { Found } from "./doctor-checks.ts";

export async function lookAtModel({ config }: Settings, running: Running | undefined): Promise<Found> {
  const { model, dataDir, databaseUrl } = config;
  if (model.file !== null && !existsSync(model.file))
    return { verdict: "fail", text: `${model.file} is not there`, todo: "Correct MODEL_FILE. Until then nobody answers in its place." };
  const [{ canRun, createAssistant }, { createEgress }, { answers, openPool }] = await Promise.all([
    import("#assistant/assistant.ts"),
    import("#egress/egress.ts"),
    import("#store/store.ts"),
  ]);
  if (model.file !== null && !(await canRun(model.file)))
    return {
      verdict: "fail",
      text: `${model.file} can't hold a conversation`,
      todo: "MODEL_FILE has to be a whole .gguf file with a chat template inside, as instruct models have.",
    };
  const address =
    databaseUrl !== null
      ? { url: databaseUrl }
      : running?.socketDir == null
        ? undefined
        : { socketDir: running.socketDir, name: "postgres", user: "holdfast" };
  if (address === undefined) return notAsked(model, "start Holdfast");
  const sql = openPool(address, { connections: 2, name: "doctor" });
  const log = pino({ level: "silent" });
  try {
    // one that does not answer is told where the database is looked at
    if (!(await answers(sql))) return notAsked(model, "see to the database");
    const [clock, dice] = [systemClock, systemDice];
    const egress = createEgress({ sql, clock, dice, log, destinations: [] });
    const { models } = createAssistant({ sql, clock, dice, log, egress, settings: model, dataDir, socket: "", wantModel: () => {} });
    const { connected, local } = await models.operatorView("en");
    const [server] = connected;
    if (server !== undefined && !server.reachable) {
      return {
        verdict: "fail",
        text: `${hostOf(server.url)} does not answer${server.problemCode === null ? "" : ` (${server.problemCode})`}`,
        todo: "Check that the model server runs, MODEL_URL and MODEL_KEY (docs/operate/models.md).",
      };
    }
    if (server !== undefined) {
      const wanted = model.name !== null && !server.models.includes(model.name) ? model.name : undefined;
      if (server.models.length === 0)
        return { verdict: "fail", text: `${hostOf(server.url)} answers, but offers no model`, todo: "Load a model there." };
      if (wanted !== undefined)
        return {
          verdict: "warn",
          text: `${hostOf(server.url)} does not list ${wanted}`,
          todo: `It offers ${server.models.slice(0, 5).join(", ")}. Correct MODEL_NAME.`,
        };
      return {
        verdict: "ok",
        text: `${hostOf(server.url)} offers ${server.models.length === 1 ? (server.models[0] ?? "one") : `${server.models.length} models`}`,
      };
    }
    if (local.length > 0)
      return { verdict: "ok", text: `${local.length === 1 ? (local[0]?.fileName ?? "one") : `${local.length} files`} on this machine` };
    return { verdict: "ok", text: "none configured: one that runs on this machine is found by itself, else the guide answers" };
  } finally {
    await sql.end({ timeout: 2 });
  }
}

function notAsked(model: Settings["config"]["model"], first: string): Found {
  if (model.url !== null) {
    return {
      verdict: "warn",
      text: `${hostOf(model.url)} was not asked`,
      todo: `Nothing leaves without an entry in the ledger, and the ledger is in the database: ${first}, then ask doctor again.`,
    };
  }
  return { verdict: "ok", text: model.file ?? "looked for when Holdfast runs; without one the guide answers" };
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? url;
}
