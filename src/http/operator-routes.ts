/** How do the operator's levers look over HTTP? How sign-up is set, who set it so, and setting it. */
import { signUpBody } from "#contract/schemas.ts";
import type { OperatorSignUpAnswer } from "#contract/wire.ts";
import type { Operator } from "#operator/operator.ts";
import { checkBody, json, member, refuseFields, type Handlers } from "./handler.ts";

export function operatorHandlers({ operator }: { operator: Pick<Operator, "signUpChanges" | "setSignUp"> }): Handlers {
  return {
    "GET /api/operator/sign-up": async () => json((await operator.signUpChanges()) satisfies OperatorSignUpAnswer),
    "POST /api/operator/sign-up": async (context) => {
      const body = checkBody(signUpBody, context.body);
      if (!body.ok) return refuseFields(context, body.failure.fields);
      return json((await operator.setSignUp(member(context), body.value)) satisfies OperatorSignUpAnswer);
    },
  };
}
