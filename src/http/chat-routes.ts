/**
 * How do conversations look over HTTP? Ids and bodies are checked here, tags become problem codes. What is somebody else's is
 * answered like what is not there, and so is an id that can't be one.
 */
import { conversationBody, conversationPatch, messageBody, regenerateBody } from "#contract/schemas.ts";
import type { ConversationAnswer, ConversationsAnswer, SendAnswer } from "#contract/wire.ts";
import type { Chat } from "#assistant/assistant.ts";
import { checkBody, idOf, json, member, refuse, refuseFields, type Handler, type Handlers } from "./handler.ts";

export function chatHandlers({ chat }: { chat: Chat }): Handlers {
  const list: Handler = async (context) => {
    const conversations = await chat.list(member(context).id, context.query.get("cursor"));
    return conversations === undefined ? refuse("bad-request") : json(conversations satisfies ConversationsAnswer);
  };

  const create: Handler = async (context) => {
    const body = checkBody(conversationBody, context.body);
    if (!body.ok) return refuseFields(context, body.failure.fields);
    return found(await chat.create(member(context).id, body.value.id));
  };

  const read: Handler = async (context) => {
    const id = idOf(context);
    const answer = id === undefined ? undefined : await chat.read(member(context).id, id);
    return found(answer satisfies ConversationAnswer | undefined);
  };

  const change: Handler = async (context) => {
    const id = idOf(context);
    if (id === undefined) return refuse("not-found");
    const body = checkBody(conversationPatch, context.body);
    if (!body.ok) return refuseFields(context, body.failure.fields);
    const { title, leafMessageId } = body.value;
    const patch = { ...(title === undefined ? {} : { title }), ...(leafMessageId === undefined ? {} : { leafMessageId }) };
    return found(await chat.change(member(context).id, id, patch));
  };

  const remove: Handler = async (context) => {
    const id = idOf(context);
    return found(id === undefined ? undefined : await chat.remove(member(context).id, id));
  };

  const restore: Handler = async (context) => {
    const id = idOf(context);
    return found(id === undefined ? undefined : await chat.restore(member(context).id, id));
  };

  const send: Handler = async (context) => {
    const id = idOf(context);
    if (id === undefined) return refuse("not-found");
    const body = checkBody(messageBody, context.body);
    if (!body.ok) return refuseFields(context, body.failure.fields);
    const sent = await chat.send(member(context), id, { ...body.value, modelId: body.value.modelId ?? null });
    return sent.ok ? json(sent.value satisfies SendAnswer) : refuse(sent.failure.tag);
  };

  const regenerate: Handler = async (context) => {
    const id = idOf(context);
    if (id === undefined) return refuse("not-found");
    const body = checkBody(regenerateBody, context.body);
    if (!body.ok) return refuseFields(context, body.failure.fields);
    const sent = await chat.regenerate(member(context), id, { ...body.value, modelId: body.value.modelId ?? null });
    return sent.ok ? json(sent.value satisfies SendAnswer) : refuse(sent.failure.tag);
  };

  const stop: Handler = async (context) => {
    const id = idOf(context);
    const stopped = id !== undefined && (await chat.stop(member(context).id, id));
    return stopped ? json({}) : refuse("not-found");
  };

  return {
    "GET /api/conversations": list,
    "POST /api/conversations": create,
    "GET /api/conversations/:id": read,
    "PATCH /api/conversations/:id": change,
    "DELETE /api/conversations/:id": remove,
    "POST /api/conversations/:id/restore": restore,
    "POST /api/conversations/:id/messages": send,
    "POST /api/messages/:id/regenerate": regenerate,
    "POST /api/messages/:id/stop": stop,
  };
}

function found(answer: object | undefined): Response {
  return answer === undefined ? refuse("not-found") : json(answer);
}
