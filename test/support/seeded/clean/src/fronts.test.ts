import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { contract } from "#contract/contract.ts";
import { line } from "#line/line.ts";
import { store } from "#store/store.ts";
import { admission } from "#admission/admission.ts";
import { egress } from "#egress/egress.ts";
import { mail } from "#mail/mail.ts";
import { status } from "#status/status.ts";
import { identity } from "#identity/identity.ts";
import { assistant } from "#assistant/assistant.ts";
import { operator } from "#operator/operator.ts";
import { http } from "#http/http.ts";
import { door } from "#door/door.ts";
import { supervisor } from "#src/supervisor/supervisor.ts";
import { cli } from "#cli/cli.ts";

test("every module says its name", () => {
  const said = [line, store, admission, egress, mail, status, identity, assistant, operator, http, door, supervisor, cli, contract];
  fc.assert(fc.property(fc.constantFrom(...said), (name) => assert.ok(name.length > 1)));
});
