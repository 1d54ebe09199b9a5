/** What runs behind askInProcess of chat.ts? A small app with one chat, in a process that can be killed. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPool } from "#store/store.ts";
import { ask, openChat, type ChatProcessNews, type ChatProcessOrder } from "./chat.ts";

const { address, modelUrl, account, text } = JSON.parse(process.argv[2] ?? "{}") as ChatProcessOrder;
const sql = openPool(address, { connections: 5, name: "test-chat" });
const { chat } = openChat(sql, mkdtempSync(join(tmpdir(), "hf-chat-process-")), { modelUrl });
const tell = (news: ChatProcessNews) => process.send?.(news);
process.on("disconnect", () => process.exit(0));

await chat.start();
tell({ asked: await ask(chat, account, text) });
for await (const seen of chat.events(account.id, 0, new AbortController().signal)) tell({ seen });
