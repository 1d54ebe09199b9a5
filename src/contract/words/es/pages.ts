/** What does a person read on the small pages in Spanish? The keys are those of ../en/pages.ts. */
import type { Translated } from "../words.ts";
import type { pagesEn } from "../en/pages.ts";

export const pagesEs: Translated<typeof pagesEn> = {
  skip: "Ir al contenido",
  "foot.language": "Idioma",
  "foot.status": "Estado",
  "foot.manual": "Manual",
  "foot.more": "Más páginas",
  "foot.version": "Holdfast {version}",

  "home.title": "Holdfast, un asistente de IA que sigue abierto",
  "home.heading": "Un asistente de IA que sigue abierto.",
  "home.lead": "Pregunta, escribe, piensa, traduce. Lo administran las personas que lo ofrecen aquí, en una máquina propia.",
  "home.create": "Crear cuenta",
  "home.sign-in": "Iniciar sesión",
  "home.chat": "Ir al chat",
  "home.way-in.title": "Una entrada, también con mucha gente",
  "home.way-in.text":
    "Necesitas un correo electrónico, una contraseña y el código de nuestra carta. Si hay fila, primero sabes cuánto dura, y conservas tu lugar.",
  "home.leaves.title": "Nada sale a escondidas",
  "home.leaves.text": "Debajo de cada respuesta dice si tus palabras se quedaron en esta máquina o qué se envió y a quién, byte por byte.",
  "home.truth.title": "La verdad sobre cómo está",
  "home.truth.text": "La página de estado dice lo que se mide ahora mismo. A lo que no se sabe lo llama desconocido.",

  "busy.wait": "El registro puede ir lento: {wait}.",
  "busy.about": "aproximadamente {wait}",
  "busy.up-to": "hasta {wait}",
  "busy.unknown": "El registro puede ir lento; ahora mismo no se sabe cuánto tarda.",
  "busy.standing": "El registro está parado: ahora mismo no se pueden enviar cartas.",
  "busy.slow": {
    one: "El registro va despacio: el operador fijó una carta por minuto.",
    other: "El registro va despacio: el operador fijó {count} cartas por minuto.",
  },
  "busy.slow-wait": "Quien llega ahora espera {wait}.",
  "busy.slow-unknown": "Ahora mismo no se sabe cuánto tarda.",
  "busy.invited": "El registro es solo para personas invitadas.",
  "busy.closed": "El registro está cerrado.",

  "closed.closed.title": "El registro está cerrado",
  "closed.closed.text": "El operador no admite a nadie nuevo por ahora. Si tienes cuenta, entra como siempre.",
  "closed.invited.title": "Solo para personas invitadas",
  "closed.invited.text": "Este Holdfast solo admite a personas invitadas. Si tienes cuenta, entra como siempre.",
  "closed.since": "Desde el {time}.",
  "closed.code": "Si ya tienes una carta con un código, la página que lo pide todavía lo acepta.",

  "field.address": "Correo electrónico",
  "field.password": "Contraseña",
  "field.new-password": "Elige una contraseña",
  "field.new-password.hint": "Al menos {minimum} caracteres. Funcionan bien unas cuantas palabras sin relación entre sí.",
  "field.code": "Código de la carta",
  "field.code.hint": "Ocho letras y cifras, como ABCD‑2345.",
  "field.show": "Mostrar",
  "field.hide": "Ocultar",

  "step.of": "Paso {step} de {steps}",

  "sign-up.title": "Crear cuenta",
  "sign-up.lead": "Enviamos una carta con un código a tu dirección. Con el código eliges tu contraseña.",
  "sign-up.send": "Enviarme el código",
  "sign-up.have": "¿Ya tienes cuenta?",
  "sign-up.code": "Escribe el código",
  "sign-up.finish": "Crear cuenta",
  "sign-up.cookie.title": "Pulsa el botón otra vez, por favor",
  "sign-up.cookie.detail":
    "Tu registro se guarda en una cookie de tu propio navegador, y no había ninguna. Si esto continúa, permite las cookies de este sitio.",

  "recover.title": "¿Olvidaste tu contraseña?",
  "recover.lead":
    "Enviamos una carta con un código a tu dirección. Con el código eliges una contraseña nueva. Entonces se cierra la sesión en todos tus demás dispositivos.",
  "recover.have": "¿Ya la recordaste?",
  "recover.code": "Elige una contraseña nueva",
  "recover.finish": "Guardar la contraseña nueva",

  "wait.title": "Tienes un lugar en la fila",
  "wait.lead": "La carta para {address} sale cuando sea tu turno. Conservas tu lugar, y esta página continúa sola.",
  "wait.between": "{low} a {high}",
  "wait.until": "hasta que salga tu carta",
  "wait.confidence": "Se cumple para el {percent} de quienes esperan.",
  "wait.now": "En cualquier momento",
  "wait.unknown": "No se sabe ahora mismo",
  "wait.standing": "En este momento no salen cartas. La fila está parada, y continúa sola en cuanto salgan.",
  "wait.mail-down": "En este momento el servidor de correo no responde. La fila está parada, y continúa sola en cuanto responda.",
  "wait.look": "Mirar ahora",
  "wait.leave": "Mientras tanto puedes usar otras pestañas. Solo deja esta abierta.",
  "wait.why": "¿Por qué hay una fila?",
  "wait.because":
    "Las cartas salen a un ritmo constante, y las redes se turnan. Así una multitud de programas se espera a sí misma y no aparta a las personas.",
  "wait.change": "Usar otra dirección",

  "code.lead": "La carta para {address} está en camino. Debería llegar en menos de un minuto.",
  "code.late": "La carta para {address} ya debería haber llegado. Mira también en el correo no deseado.",
  "code.mailbox": "Este Holdfast no tiene servidor de correo: sus cartas están en el buzón integrado, cuyo enlace mostró la terminal.",
  "code.minutes": "El código vale diez minutos.",
  "code.none": "¿No llegó la carta?",
  "code.again.text": "Mira primero en el correo no deseado. Una carta nueva trae un código nuevo.",
  "code.again": "Enviar otra carta",
  "code.sent": "La carta está en camino.",

  "sign-in.title": "Iniciar sesión",
  "sign-in.none": "¿Aún no tienes cuenta?",
  "sign-in.already": "Ya has iniciado sesión.",
  "sign-out": "Cerrar sesión",

  "first.title": "Ser el primer operador",
  "first.lead": "El operador conecta modelos y cuida de este Holdfast. Este enlace funciona una sola vez.",
  "first.create": "Crear cuenta de operador",
  "first.no-token":
    "Esta página necesita el enlace que mostró la terminal al iniciar Holdfast. Abre ese enlace, con todo lo que sigue al signo de interrogación.",

  "mailbox.title": "Buzón integrado",
  "mailbox.lead": "No hay servidor de correo conectado, así que las cartas llegan aquí. Solo las ve quien tiene el enlace de esta página.",
  "mailbox.empty": "Todavía no hay cartas. En cuanto alguien pida un código, estará aquí.",
  "mailbox.look": "Mirar de nuevo",
  "mailbox.copy": "Copiar",
  "mailbox.copied": "Copiado",
  "mailbox.whole": "La carta entera",
  "mailbox.to": "Para {address}",

  "manual.title": "Manual",
  "manual.users": "Para todos",
  "manual.operate": "Para operadores",
  "manual.language": "El manual está, por ahora, en inglés.",

  "problem.number": "Número para el operador: {id}",
  "problem.retry": "Esta página lo intenta de nuevo sola.",
  "problem.place": "Conservas tu lugar en la fila.",
  "problem.again": "Intentar de nuevo",
  "problem.home": "A la página de inicio",

  "script.busy": "Un momento…",
  "script.offline": "Ahora mismo no hay conexión. No se pierde nada; continúa solo.",
  "script.retry": "Se intenta de nuevo solo en {wait}.",
  "script.failed": "No funcionó. Inténtalo de nuevo.",

  "meter.short": "{count} de {minimum} caracteres",
  "meter.0": "De las primeras que se adivinan",
  "meter.1": "Fácil de adivinar",
  "meter.2": "Podría ser mejor",
  "meter.3": "Buena",
  "meter.4": "Muy buena",
};
