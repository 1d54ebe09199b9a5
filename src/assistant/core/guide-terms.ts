/**
 * Which words of a question are looked up in the manual? Those that carry meaning, and for Spanish words the English
 * ones that the manual uses. Pure.
 */

const SILENT = new Set(
  `a about am an and any are as at be been but by can could did do does doing done for from get gets getting give go had has have help how i if in into is it its
  just know let make makes making me my need no not of on or our please set should so some somebody someone tell than that the
  their them then there these they this to up us use using want was we were what when where which who why will with would you
  your hi hello hey thanks thank question work works long mode mine don doesn didn isn won couldn wouldn
  al algo como con cual cuál cuáles cuando cuándo cómo da de del desde donde dónde el ella en eres es esta está este esto estoy
  estás favor ha hace hacer hago haces haga hay hola la las le lo los me mi mis muy más ni no nos o para pero por porque puede puedes puedo que
  qué quien quién quiero se ser si sin sobre son su sus también te tengo ti tiene tienes tu tus un una unas uno unos usar y ya yo`.split(
    /\s+/,
  ),
);

const SPANISH: Readonly<Record<string, string>> = {
  abierto: "open",
  abrir: "open",
  actualizar: "update",
  ajuste: "settings",
  ajustes: "settings",
  almacena: "stored",
  anclar: "pin",
  actualizo: "update",
  apagar: "stop",
  archivo: "file",
  arrancar: "start",
  ataque: "attack",
  bandeja: "mailbox",
  base: "database",
  borrador: "draft",
  borrar: "delete",
  borro: "delete",
  buzón: "mailbox",
  carta: "letter",
  cerrar: "close",
  certificado: "https",
  clave: "key",
  claves: "keys",
  cambiar: "change",
  cambio: "change",
  conectar: "connecting",
  conecto: "connecting",
  configuración: "settings",
  configurar: "settings",
  contraseña: "password",
  conversación: "conversation",
  conversaciones: "conversations",
  copia: "backup",
  correo: "mail",
  cuenta: "account",
  código: "code",
  datos: "data",
  deshacer: "undo",
  descargar: "download",
  detener: "stop",
  dirección: "address",
  disco: "disk",
  editar: "edit",
  eliminar: "delete",
  elimino: "delete",
  enviar: "send",
  envía: "sent",
  error: "problem",
  espera: "wait",
  esperar: "wait",
  fallo: "failed",
  fila: "line",
  guardar: "kept",
  historial: "conversations",
  idioma: "language",
  iniciar: "start",
  instalar: "install",
  letra: "letter",
  línea: "line",
  máquina: "machine",
  memoria: "memory",
  mensaje: "message",
  mensajes: "messages",
  modelo: "model",
  modelos: "models",
  olvidado: "forgotten",
  olvidé: "forgotten",
  operador: "operator",
  parar: "stop",
  pregunta: "question",
  privacidad: "leaves",
  problema: "problem",
  puerto: "port",
  rama: "branch",
  razonamiento: "reasoning",
  reanudar: "resume",
  recargar: "reload",
  recuperar: "restore",
  red: "network",
  regenerar: "regenerate",
  registrar: "account",
  registrarme: "account",
  registrarse: "account",
  registro: "account",
  renombrar: "rename",
  respaldo: "backup",
  respuesta: "answer",
  respuestas: "answers",
  restaurar: "restore",
  sale: "leaves",
  salir: "leaves",
  seguridad: "security",
  servidor: "server",
  sesión: "sign-in",
  título: "title",
  turno: "turn",
  usuario: "user",
};

const ENGLISH: Readonly<Record<string, string>> = {
  email: "mail",
  emails: "mail",
  login: "sign-in",
  logout: "sign-out",
  privacy: "leaves",
  private: "leaves",
  queue: "line",
  register: "account",
  registration: "account",
  signup: "account",
  reset: "forgotten",
  session: "sign-in",
  ssl: "https",
  stored: "kept",
  tls: "https",
};

/** The words to look up, at most 24, lower-cased, none twice. */
export function questionTerms(question: string): string[] {
  const words =
    question
      .slice(0, 2_000)
      .toLowerCase()
      .replaceAll(/copias? de seguridad/g, "respaldo")
      .match(/[\p{L}\p{N}_][\p{L}\p{N}_'’-]*/gu) ?? [];
  const terms = words
    .map((word) => word.replace(/['’]\p{L}{0,2}$/u, ""))
    .filter((word) => /\p{L}/u.test(word) && !SILENT.has(word))
    .map((word) => SPANISH[word] ?? ENGLISH[word] ?? word);
  // the product's own name stands everywhere: it is looked up only when nothing else was asked about
  const told = terms.filter((term) => term !== "holdfast");
  return [...new Set(told.length === 0 ? terms : told)].slice(0, 24);
}

const IRREGULAR: Readonly<Record<string, string>> = {
  leave: "left",
  leaves: "left",
  sent: "send",
  forgot: "forget",
  forgotten: "forget",
  made: "make",
};

/** One form for the forms of an English word, on both sides of the index: "updating" is found by "update". */
export function stem(word: string): string {
  const irregular = IRREGULAR[word];
  if (irregular !== undefined) return irregular;
  if (word.length <= 3 || !/^[a-z]+$/.test(word)) return word;
  const bare = word
    .replace(/ies$/, "y")
    .replace(/(?<=[^su])s$/, "")
    .replace(/(?<=.{3})(?:ing|ed)$/, "");
  return bare.replace(/([bdgmnprt])\1$/, "$1").replace(/(?<=.{3})e$/, "");
}

/** How the manual and questions are cut into words for the index: "sign-up" is found by "sign" and "up" too. */
export function indexTokens(text: string): string[] {
  return (text.toLowerCase().match(/[\p{L}\p{N}_-]+/gu) ?? [])
    .flatMap((word) => (word.includes("-") ? [word, ...word.split("-")] : [word]))
    .filter((word) => word !== "");
}
