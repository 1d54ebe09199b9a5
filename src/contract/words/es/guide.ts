/** What does the built-in guide say in Spanish around what it quotes from the manual? The keys are those of ../en/guide.ts. */
import type { Translated } from "../words.ts";
import type { guideEn } from "../en/guide.ts";

export const guideEs: Translated<typeof guideEn> = {
  name: "Guía de Holdfast",
  who: "Soy la guía integrada en Holdfast, no un modelo de lenguaje: busco tu pregunta en el manual y cito lo que dice. El manual está, por ahora, en inglés.",
  "who-again": "Del manual, que está en inglés. Soy la guía, no un modelo de lenguaje.",
  quoted: "**{page} › {heading}** ([abrir la página]({link}))",
  "quoted-page": "**{page}** ([abrir la página]({link}))",
  "quoted-unlinked": "**{page} › {heading}**",
  continues: "*La sección sigue; abre la página para leer el resto.*",
  also: "Mira también: {links}",
  nothing: "No encontré nada sobre eso en el manual. Pregúntame por Holdfast mismo; estas son sus páginas: {links}",
  hello: "Pregúntame por Holdfast mismo; estas son las páginas del manual: {links}",
  connect:
    "Para hablar aquí con un modelo de lenguaje, el operador conecta uno: al iniciar Ollama, el servidor de llama.cpp, vLLM o LM Studio en la misma máquina, Holdfast lo encuentra solo; también puede nombrar otro servidor en los ajustes o descargar un modelo pequeño en la página Modelos. [Cómo conectar un modelo]({link})",
};
