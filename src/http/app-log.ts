/**
 * What of a fault is written into the log? What and where, but no words of people: PostgreSQL tells a refused row whole in its
 * `detail` and the text that it could not read in its `where`.
 */
import { stdSerializers } from "pino";

const ROWS = ["detail", "where", "internal_query", "hint", "query", "parameters", "args"];

export const LOG_SERIALIZERS = {
  err(error: unknown): unknown {
    const told = stdSerializers.err(error as Error) as unknown;
    if (typeof told !== "object" || told === null || !("severity" in told)) return told;
    return Object.fromEntries(Object.entries(told).filter(([name]) => !ROWS.includes(name)));
  },
};
