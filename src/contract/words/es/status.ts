/** What does a person read on the status page in Spanish? The keys are those of ../en/status.ts. */
import type { Translated } from "../words.ts";
import type { statusEn } from "../en/status.ts";

export const statusEs: Translated<typeof statusEn> = {
  title: "Estado",
  "all.working": "Todas las partes que se miden funcionan.",
  "all.failing": "Ahora mismo no funciona todo.",
  "all.unknown": "Ahora mismo no se sabe todo.",
  measured: "Medido al abrir esta página, a las {time} UTC.",
  look: "Medir de nuevo",

  "door.name": "Puerta",
  "door.open.state": "Abierta",
  "door.open.text": "Esta página pasó por ella.",

  "app.name": "Cuentas y chat",
  "app.working.state": "Funciona",
  "app.working.text": "Dio noticias en los últimos segundos.",
  "app.unknown.state": "Desconocido",
  "app.unknown.text": "Hace un rato que no se sabe de esta parte. Quizá está arrancando de nuevo.",

  "mail.name": "Cartas",
  "mail.working.state": "Funciona",
  "mail.working.text": "El servidor de correo acepta cartas.",
  "mail.failing.state": "Falla",
  "mail.failing.text": "El servidor de correo no acepta cartas. Quien se registra conserva su lugar en la fila.",
  "mail.mailbox.state": "Buzón integrado",
  "mail.mailbox.text": "No hay servidor de correo conectado; el operador lee los códigos en el buzón integrado.",
  "mail.unknown.state": "Desconocido",
  "mail.unknown.text": "Últimamente no ha salido ninguna carta, así que nadie puede saberlo.",
  "mail.unheard.state": "Desconocido",
  "mail.unheard.text": "Hace un rato que no se sabe de la parte que las envía.",

  "database.name": "Base de datos",
  "database.working.state": "Funciona",
  "database.working.text": "Responde.",
  "database.failing.state": "Falla",
  "database.failing.text": "No responde. No se puede guardar nada nuevo hasta que responda.",
  "database.unknown.state": "Desconocido",
  "database.unknown.text": "Hace un rato que no se sabe de la parte que la consulta.",

  "model.name": "Modelo",
  "model.local.state": "En esta máquina",
  "model.local.text": "Las respuestas las escribe un modelo que funciona en esta máquina.",
  "model.server.state": "Servidor de modelos",
  "model.server.text": "Las respuestas las escribe un servidor de modelos que conectó el operador.",
  "model.guide.state": "Solo la guía",
  "model.guide.text": "No hay ningún modelo de lenguaje conectado. La guía integrada responde con el manual.",
  "model.failing.state": "Falla",
  "model.failing.text": "No se puede llegar al modelo. Las conversaciones se conservan.",
  "model.unknown.state": "Desconocido",
  "model.unknown.text": "Hace un rato que no se sabe de la parte que lo usa.",

  "outbox.waiting": {
    one: "Una carta espera a salir, desde hace {age}.",
    other: "{count} cartas esperan a salir, la más antigua desde hace {age}.",
  },

  "sign-up.name": "Registro",
  "sign-up.open.state": "Abierto",
  "sign-up.open.text": "Quien tiene una dirección de correo puede registrarse.",
  "sign-up.slow.state": "Lento",
  "sign-up.slow.text": {
    one: "El operador deja salir una carta por minuto.",
    other: "El operador deja salir {count} cartas por minuto.",
  },
  "sign-up.invited.state": "Solo para personas invitadas",
  "sign-up.invited.text": "El operador lo dispuso así. Quien tiene cuenta entra como siempre.",
  "sign-up.closed.state": "Cerrado",
  "sign-up.closed.text": "El operador no admite a nadie nuevo. Quien tiene cuenta entra como siempre.",
  "sign-up.since": "Desde el {time}.",

  "line.name": "Fila para las cartas",
  "line.empty.state": "Nadie espera",
  "line.empty.text": "Quien se registra ahora recibe la carta enseguida.",
  "line.waiting.state": { one: "{count} lugar ocupado", other: "{count} lugares ocupados" },
  "line.waiting.text": "Quien llega ahora espera la carta {wait}. Se cumple para el {percent} de quienes esperan.",
  "line.waiting-unknown.text": "No se sabe cuánto esperaría quien llega ahora.",
  "line.standing.state": "Está parada",
  "line.standing.text": "Ahora mismo no pueden salir cartas. Los lugares se conservan.",
  between: "de {low} a {high}",
  soon: "un momento",
};
