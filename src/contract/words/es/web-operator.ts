/** ¿Qué se lee en la página con la que el operador dispone el registro? */
import type { Translated } from "../words.ts";
import type { webOperatorEn } from "../en/web-operator.ts";

export const webOperatorEs: Translated<typeof webOperatorEn> = {
  "sign-up.title": "Registro",
  "sign-up.back": "Volver al chat",
  "sign-up.status": "Página de estado",
  "sign-up.intro": "Quién puede crear una cuenta aquí. Los miembros no notan nada: entran y conversan como siempre.",
  "sign-up.loading": "Se está consultando cómo está el registro",
  "sign-up.failed": "No se pudo consultar cómo está el registro.",

  "sign-up.now": "Ahora",
  "sign-up.never": "Está así desde el principio.",
  "sign-up.since": "Lo dispuso {who}, {when}.",

  "sign-up.choose": "Ponerlo en",
  "sign-up.open": "Abierto",
  "sign-up.open-see":
    "Quien tiene una dirección de correo puede registrarse. En calma la gente no ve ninguna fila, y cuando la hay ve cuánto tarda.",
  "sign-up.slow": "Lento",
  "sign-up.slow-see":
    "Las cartas para quienes llegan salen al ritmo que elijas. Todas las páginas lo dicen, y cuánto espera quien llega ahora. Los lugares en la fila se conservan.",
  "sign-up.slow-pace": "Cartas por minuto",
  "sign-up.slow-now": { one: "Lento: una carta por minuto", other: "Lento: {count} cartas por minuto" },
  "sign-up.invited": "Solo personas invitadas",
  "sign-up.invited-see":
    "La página de registro dice que este Holdfast solo admite a personas invitadas. Todavía no se pueden enviar invitaciones, así que por ahora solo entra quien tiene cuenta.",
  "sign-up.closed": "Cerrado",
  "sign-up.closed-see":
    "La página de registro dice que el registro está cerrado, y desde cuándo. Quien espera en la fila se entera. Quien ya tiene un código puede usarlo mientras valga, diez minutos como máximo.",
  "sign-up.set": "Ponerlo así",
  "sign-up.same": "Ya está así.",
  "sign-up.done": "Registro: {mode}. La gente lo ve en dos segundos.",
  "sign-up.undo": "Devolverlo",
  "sign-up.undo-to": "Devolverlo a «{mode}»",

  "sign-up.changes": "Cambios",
  "sign-up.changes-hint": "Cada uno queda anotado, el más reciente primero; se muestran los últimos veinte.",
  "sign-up.changes-none": "Nadie lo ha cambiado todavía.",
};
