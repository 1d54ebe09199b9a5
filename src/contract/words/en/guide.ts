/** What does the built-in guide say around what it quotes from the manual? Markdown; a person reads it as an answer in the chat. */
import type { Catalogue } from "../words.ts";

export const guideEn = {
  name: "Guide to Holdfast",
  who: "I am the guide that is built into Holdfast, not a language model: I look your question up in the manual and quote what it says.",
  "who-again": "From the manual. I am the guide, not a language model.",
  quoted: "**{page} › {heading}** ([open the page]({link}))",
  "quoted-page": "**{page}** ([open the page]({link}))",
  "quoted-unlinked": "**{page} › {heading}**",
  continues: "*The section goes on; open the page to read the rest.*",
  also: "See also: {links}",
  nothing: "I found nothing about that in the manual. Ask me about Holdfast itself; these are its pages: {links}",
  hello: "Ask me about Holdfast itself; these are the manual's pages: {links}",
  connect:
    "To talk to a language model here, the operator connects one: start Ollama, llama.cpp's server, vLLM or LM Studio on the same machine and Holdfast finds it by itself, name any other server in the settings, or download a small model on the Models page. [How to connect a model]({link})",
} as const satisfies Catalogue;
