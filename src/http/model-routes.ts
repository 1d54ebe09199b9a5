/** How do models look over HTTP: what a member may choose, and what the operator sees, downloads and makes the default? */
import { defaultModelBody, downloadBody } from "#contract/schemas.ts";
import type { Download, ModelsAnswer, OperatorModelsAnswer } from "#contract/wire.ts";
import type { Models } from "#assistant/assistant.ts";
import { checkBody, idOf, json, refuse, refuseFields, type Handler, type Handlers } from "./handler.ts";

export function modelHandlers({ models }: { models: Models }): Handlers {
  const startDownload: Handler = async (context) => {
    const body = checkBody(downloadBody, context.body);
    if (!body.ok) return refuseFields(context, body.failure.fields);
    const started = await models.startDownload(body.value.modelId);
    return started.ok ? json(started.value satisfies Download) : refuse(started.failure.tag);
  };

  const cancelDownload: Handler = async (context) => {
    const id = idOf(context);
    const known = id !== undefined && (await models.cancelDownload(id));
    return known ? json({}) : refuse("not-found");
  };

  const setDefault: Handler = async (context) => {
    const body = checkBody(defaultModelBody, context.body);
    if (!body.ok) return refuseFields(context, body.failure.fields);
    return (await models.setDefault(body.value.modelId)) ? json({}) : refuse("not-found");
  };

  return {
    "GET /api/models": async () => json({ models: await models.list() } satisfies ModelsAnswer),
    "GET /api/operator/models": async ({ language }) => json((await models.operatorView(language)) satisfies OperatorModelsAnswer),
    "POST /api/operator/downloads": startDownload,
    "DELETE /api/operator/downloads/:id": cancelDownload,
    "POST /api/operator/default-model": setDefault,
  };
}
