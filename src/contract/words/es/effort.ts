/** What does a person read while their device does a sum to get ahead in the line? Loaded by the small pages only then. */
import type { Catalogue } from "../words.ts";

export const effortEs = {
  "effort.title": "Primero, una pequeña cuenta",
  "effort.lead": "Tu dispositivo hace una pequeña cuenta para que avances en la fila.",
  "effort.moment": "Un momento…",
  "effort.about": "Cerca de {wait}",
  "effort.longer": "Un poco más",
  "effort.progress": "Avance de la cuenta",
  "effort.wait": "Prefiero esperar",
  "effort.done": "La cuenta está hecha.",
  "effort.none": "La cuenta no salió en este dispositivo. Conservas tu lugar, y tu turno llega sin ella.",
  "effort.ahead": "Avanzar en la fila",
  "effort.why": "¿Para qué sirve?",
  "effort.because":
    "Cuando muchos piden cartas a la vez, un poco de trabajo distingue algo entre personas y programas: a ti te cuesta segundos, y a un programa que pide mil veces, mil veces más. Hace falta algo de suerte, así que puede tardar más de lo previsto; al cabo de minuto y medio, como mucho, vale lo hecho hasta entonces. Sin ella tu turno también llega, solo que más tarde.",
} as const satisfies Catalogue;
