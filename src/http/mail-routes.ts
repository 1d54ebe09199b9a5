/** How does the operator's view of mail look over HTTP? What is measured, a look at the servers, and a letter to try them with. */
import { mailTestBody } from "#contract/schemas.ts";
import type { MailCheckAnswer, MailTestAnswer, OperatorMailAnswer } from "#contract/wire.ts";
import { SECOND_MS } from "#kit/time.ts";
import type { Mail } from "#mail/mail.ts";
import { checkBody, json, member, refuse, refuseFields, type Handlers } from "./handler.ts";

export function mailHandlers({ mail }: { mail: Mail["forOperator"] }): Handlers {
  return {
    "GET /api/operator/mail": async () => json((await mail.view()) satisfies OperatorMailAnswer),
    "POST /api/operator/mail/check": async () => json((await mail.check()) satisfies MailCheckAnswer),
    "POST /api/operator/mail/test": async (context) => {
      const body = checkBody(mailTestBody, context.body);
      if (!body.ok) return refuseFields(context, body.failure.fields);
      const sent = await mail.send(member(context), body.value.server);
      if (sent.ok) return json(sent.value satisfies MailTestAnswer);
      const { failure } = sent;
      return refuse(failure.tag, failure.tag === "letter-limit" ? { retryAfterSeconds: failure.retryAfterMs / SECOND_MS } : {});
    },
  };
}
