import { assistant } from "#src/assistant/assistant.ts";

export const reached = assistant;
