/** What is each model of the catalogue good for, in Spanish? The keys are those of ../en/models.ts. */
import type { Translated } from "../words.ts";
import type { modelsEn } from "../en/models.ts";

export const modelsEs: Translated<typeof modelsEn> = {
  "note.qwen3-0.6b": "El más pequeño: para probar y para máquinas con poca memoria. Sabe poco y se equivoca a menudo.",
  "note.qwen2.5-1.5b-instruct": "Responde enseguida, sin pensar antes; lo más rápido que sirve en un procesador corriente. 29 idiomas.",
  "note.qwen3-1.7b": "Piensa antes de responder: más lento, y mejor en cuentas y lógica. Más de 100 idiomas.",
  "note.smollm3-3b": "Piensa antes de responder. Inglés, español, francés, alemán, italiano y portugués. Hecho con datos publicados.",
  "note.granite-4.0-micro": "Responde enseguida. Bueno siguiendo instrucciones y resumiendo. Doce idiomas, entre ellos el español.",
  "note.qwen3-4b": "El más capaz de aquí. Piensa antes de responder; pide un procesador rápido y paciencia.",
};
