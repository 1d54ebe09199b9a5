/** Which gates are there, in the order in which they are asked? The quick and most often failing ones first. */
import { deadCode } from "./dead-code.ts";
import { format } from "./format.ts";
import type { Gate } from "./gate.ts";
import { graph } from "./graph.ts";
import { lint } from "./lint.ts";
import { places } from "./places-gate.ts";
import { types } from "./types.ts";

export const GATES: readonly Gate[] = [format, types, places, graph, lint, deadCode];
