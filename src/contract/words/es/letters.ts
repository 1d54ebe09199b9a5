/** What does a letter with a code say in Spanish? The keys are those of ../en/letters.ts. */
import type { Translated } from "../words.ts";
import type { lettersEn } from "../en/letters.ts";

export const lettersEs: Translated<typeof lettersEn> = {
  subject: "{code} es tu código para {host}",
  intro: "Tu código para {host}:",
  use: {
    one: "Escríbelo en la página donde lo pediste. Vale durante {count} minuto y solo en ese navegador.",
    other: "Escríbelo en la página donde lo pediste. Vale durante {count} minutos y solo en ese navegador.",
  },
  account: "Ya hay una cuenta con esta dirección. Para entrar, inicia sesión con tu contraseña en {link}",
  warning:
    "¿No lo pediste? Quizá alguien se equivocó al escribir su dirección. Ignora esta carta: sin el código nadie puede registrarse con la tuya. No se lo des a nadie.",
};
