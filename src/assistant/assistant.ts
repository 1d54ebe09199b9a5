/**
 * What does the rest of Holdfast get of the assistant? Conversations that survive every disconnect, and the models that
 * answer in them. What a model is to us stands in provider.ts.
 */
import { createChat, type Chat } from "./chat.ts";
import { createModels, type Models, type ModelsParts } from "./models.ts";

export { pullModel } from "./downloads.ts";
export { canRun } from "./local-model-files.ts";
export { catalogueIn, modelsFolder } from "./models.ts";
export type { Chat, Models };

export function createAssistant(parts: ModelsParts): { chat: Chat; models: Models } {
  const { sql, clock, dice, log, egress } = parts;
  const models = createModels(parts);
  return { chat: createChat({ sql, clock, dice, log, models, egress }), models };
}
