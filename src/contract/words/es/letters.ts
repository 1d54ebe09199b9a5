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
  account: "Ya tienes una cuenta aquí. Para entrar basta con iniciar sesión con tu contraseña: {link}",
  forgot:
    "¿Olvidaste tu contraseña? Entonces escribe el código: la contraseña que elijas allí será la nueva, y se cerrará la sesión en todos tus demás dispositivos.",
  "account.warning": "¿No lo pediste? No hagas nada: sin este código nadie entra y nada cambia. No se lo des a nadie.",
  "no-account":
    "No hay ninguna cuenta con esta dirección; quizá te registraste con otra. Mientras el registro esté abierto, el código crea una cuenta con la contraseña que elijas.",
  "not-me": "¿No quieres más cartas así? Dilo aquí: {link}",
  warning:
    "¿No lo pediste? Quizá alguien se equivocó al escribir su dirección. Ignora esta carta: sin el código nadie puede registrarse con la tuya. No se lo des a nadie.",
  "test.subject": "Carta de prueba de {host}",
  "test.text": "Esta es la carta de prueba que pediste en la página de correo de {host}. Llegó por el servidor de correo {server}.",
  "test.why": "Si está entre el correo no deseado, busca en su código fuente spf, dkim y dmarc: tus códigos estarían allí también.",
};
