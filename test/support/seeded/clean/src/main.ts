import { config } from "./config.ts";
import { supervisor } from "#src/supervisor/supervisor.ts";

export const main = config + supervisor;
