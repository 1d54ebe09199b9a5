/**
 * What crosses the wire to a browser or a program? Types of answers; request bodies are in schemas.ts.
 * The web app imports these types and nothing else of the server.
 */

/** Times on the wire are milliseconds since 1970 (UTC). */
export type TimeMs = number;

export type Language = "en" | "es";
export const LANGUAGES: readonly Language[] = ["en", "es"];

// ---- the line and registration -------------------------------------------------------------------------------

/** What somebody wants a letter for: to sign up, or to choose a new password for a forgotten one. The same steps, under a path of that name. */
export type Way = "sign-up" | "recover";
export const WAYS: readonly Way[] = ["sign-up", "recover"];

/**
 * POST /sign-up/challenge. `effort`: how many leading zero bits SHA-256(SHA-256("holdfast-effort:" challenge) nonce) should have
 * to get ahead in the line; 0 in peace. The nonce is 8 bytes. Fewer bits count for less, none means waiting.
 */
export type ChallengeAnswer = { challenge: string; effort: number; expiresAt: TimeMs };

/** POST /sign-up/place and POST /sign-up/turn. Keep the newest `place`; ask again after `retryAfterSeconds`. */
export type PlaceAnswer = {
  place: string;
  turn: boolean;
  /** Absent when it can't be told: the capacity is unknown or zero, or the source already fills the whole line. */
  wait?: Wait;
  /** Bits of effort that this place has, and that a newcomer is asked for now; absent when both are 0. */
  effort?: { paid: number; wanted: number } | undefined;
  retryAfterSeconds: number;
};
/** With which confidence (0 to 1) the wait lies within the interval. */
export type Wait = { lowSeconds: number; highSeconds: number; confidence: number };

/** POST /sign-up/letter: the pending registration, sealed. The server keeps no copy. */
export type LetterAnswer = { envelope: string; expiresAt: TimeMs };

/**
 * POST /sign-up/trace, with the envelope: what became of its letter. `waiting`: for a mail server · `trying`: one is being given it ·
 * `put-off`: the reader's side asked to come again · `server-down`: no mail server takes it just now · `broken-off`: the connection
 * broke before the letter went · `unsure`: the mail server had it and never said whether it took it · `accepted`: it took it ·
 * `silent`: it had it twice and never said so · `refused`: there is no such mailbox · `failed`: it will not take it · `expired`: its code ended first · `entered`: so was its code.
 */
export type LetterTrace = {
  state:
    | "waiting"
    | "trying"
    | "put-off"
    | "server-down"
    | "broken-off"
    | "unsure"
    | "accepted"
    | "refused"
    | "failed"
    | "silent"
    | "expired"
    | "entered";
  /** The mail server that was tried last, "A" for the operator's first, "mailbox" for the built-in one; null: none was, or there is only one. */
  server: string | null;
  orderedAt: TimeMs;
  triedAt: TimeMs | null;
  acceptedAt: TimeMs | null;
  enteredAt: TimeMs | null;
  /** When it is tried again, if that is known. */
  nextTryAt: TimeMs | null;
  /** When to ask again; null: by itself nothing more will happen. */
  retryAfterSeconds: number | null;
};
export type AddressedTrace = LetterTrace & { address: string };
/** The same in the reader's language; `at` belongs into the gap {time} of the sentence. */
export type LetterStep = { sentence: string; at: TimeMs | null };
export type TraceAnswer = AddressedTrace & { steps: LetterStep[] };

/** GET /status.json: what the door measures now. `null`: not known just now. */
export type StatusAnswer = {
  version: string;
  now: TimeMs;
  /** Since when the door runs. */
  upSince: TimeMs;
  line: {
    /** Nobody is called: the capacity is unknown or zero. */
    standsStill: boolean;
    waiting: number;
    lettersPerSecond: number | null;
    /** For somebody who came now. */
    wait: Wait | null;
    /** Of the waits that people were told lately, the share that held; null: none has come to its end yet. */
    quotes: { decided: number; share: number | null };
  };
  health: Health | null;
  /** How the operator set registration. */
  signUp: SignUpSetting;
};
export type Health = {
  mail: "working" | "failing" | "mailbox" | "unknown";
  database: "working" | "failing";
  model: "local" | "server" | "guide" | "failing";
  lettersWaiting: number;
  oldestLetterSeconds: number;
};

/**
 * The operator's lever. `open`: letters go out as fast as the mail server takes them · `slow`: at the pace that the operator
 * chose · `invited`: only people who were invited · `closed`: nobody new. Members are never concerned.
 */
export type SignUpMode = "open" | "slow" | "invited" | "closed";
export const SIGN_UP_MODES = ["open", "slow", "invited", "closed"] as const satisfies readonly SignUpMode[];
/** `lettersPerMinute`: null unless slow. `since`: null while nobody ever set it. */
export type SignUpSetting = { mode: SignUpMode; lettersPerMinute: number | null; since: TimeMs | null };
export const SIGN_UP_UNSET: SignUpSetting = { mode: "open", lettersPerMinute: null, since: null };

/** One move of the lever. `by`: the operator's address. */
export type SignUpChange = { id: number; mode: SignUpMode; lettersPerMinute: number | null; at: TimeMs; by: string };
/** GET /api/operator/sign-up, and the answer to POST /api/operator/sign-up; the newest change comes first. */
export type OperatorSignUpAnswer = { setting: SignUpSetting; changes: SignUpChange[] };

// ---- mail, as an operator sees it ------------------------------------------------------------------------------

/** Why a letter was not taken. `relay-unknown`: there is no server of that name. docs/operate/mail.md says what to do about each. */
export type MailFailure =
  | "relay-unknown"
  | "relay-unreachable"
  | "relay-sign-in"
  | "relay-tls"
  | "relay-busy"
  | "sender-refused"
  | "asked-to-wait"
  | "dropped"
  | "cut-off"
  | "recipient-refused"
  | "letter-refused"
  | "unreadable";
/** `status`: what the server replied (SMTP); null: nothing. */
export type MailTrouble = { word: MailFailure; status: number | null };

/** `name`: "A" is the first of SMTP_URL. */
export type MailServer = {
  name: string;
  host: string;
  port: number;
  /** `unknown`: not reached yet · `slow`: it takes letters, and another one is so much quicker that it has them. */
  state: "unknown" | "working" | "slow" | "failing";
  why: MailFailure | null;
  /** When it last took a letter, refused one, or was looked after; null: never. */
  heardAt: TimeMs | null;
  /** It is left alone until then. */
  nextTryAt: TimeMs | null;
  connections: { used: number; allowed: number };
  /** How long it takes to accept a letter lately; null: it had none since Holdfast started. */
  acceptMs: number | null;
  /** Letters by how long it took to accept them; one more than `stepsMs`. */
  histogram: number[];
};

/** What waits for one large provider, or for all other domains together (`provider` null). `paused` and `slow` count domains. */
export type MailQueue = {
  provider: string | null;
  domains: number;
  letters: number;
  oldestSeconds: number;
  putOff: number;
  paused: number;
  slow: number;
};

/** Letters that came to an end in an hour. `inTime`: accepted within a minute of their order; `p50Ms`: from the order to that. */
export type EndedLetters = {
  accepted: number;
  inTime: number;
  p50Ms: number | null;
  p99Ms: number | null;
  refused: number;
  failed: number;
  expired: number;
};

/** GET /api/operator/mail. No other domain is named than those of large providers. */
export type OperatorMailAnswer = {
  now: TimeMs;
  /** `unusable`: SMTP_URL is set and can't be used · `nowhere`: it is not set, and nobody may open the built-in mailbox. */
  goesTo: "servers" | "mailbox" | "unusable" | "nowhere";
  mail: Health["mail"];
  servers: MailServer[];
  /** Upper ends of the histograms' steps; the last step has none. */
  stepsMs: number[];
  waiting: { letters: number; oldestSeconds: number; byDomain: MailQueue[] };
  /** Letters a second that newcomers get, of those that the operator allows. `slowedBy`: no server works, they are slow, the budget is nearly spent. */
  pace: { lettersPerSecond: number; allowed: number; slowedBy: "servers" | "queue" | "budget" | null };
  hour: {
    ordered: number;
    entered: number;
    /** Letters whose codes nobody entered, and how many there may be. */
    unused: { letters: number; budget: number };
    /** So few codes are entered that most letters were probably not wanted. */
    alarm: boolean;
    /** Orders, not people: who tries again counts again. */
    heldUp: { all: number; network: number; domain: number };
  } & EndedLetters;
};
/** POST /api/operator/mail/check: every server was asked, and no letter sent. `trouble` null: it would take letters. */
export type MailCheckAnswer = { servers: { name: string; trouble: MailTrouble | null }[] };
/** POST /api/operator/mail/test: how a letter to the operator's own address ended. `trouble` null: the server took it. */
export type MailTestAnswer = { server: string; tookMs: number; trouble: MailTrouble | null };

// ---- accounts ------------------------------------------------------------------------------------------------

export type Role = "member" | "operator";
export type Account = { id: string; address: string; role: Role; language: Language };

/** POST /sign-up/confirm, POST /sign-in, POST /first-operator (cookies come with it) and GET /api/me */
export type AccountAnswer = { account: Account };

// ---- chat ----------------------------------------------------------------------------------------------------

export type Conversation = {
  id: string;
  title: string;
  createdAt: TimeMs;
  updatedAt: TimeMs;
  /** Set while it can still be restored. */
  deletedAt: TimeMs | null;
  /** The last message of the branch that was looked at last. */
  leafMessageId: string | null;
};

/** `interrupted`: the server stopped in mid-answer. `stopped`: a person did. Neither is ever shown as finished. */
export type MessageState = "running" | "done" | "stopped" | "interrupted" | "failed";

/** Where the words of an answer went. `none`: nothing was handed to anybody yet. `unknown`: the ledger can't be read right now. */
export type EgressSummary =
  | { kind: "none" }
  | { kind: "unknown" }
  | { kind: "stayed"; requests: number }
  | { kind: "sent"; destinations: { name: string; host: string; bytes: number }[] };

export type Message = {
  id: string;
  conversationId: string;
  parentId: string | null;
  role: "user" | "assistant";
  text: string;
  reasoning: string;
  state: MessageState;
  /** Why it failed; the sentence is looked up under the code. */
  problemCode: string | null;
  /** It is `done` because the model had reached its length limit, not because it had said everything. */
  cutShort: boolean;
  modelId: string | null;
  modelName: string | null;
  createdAt: TimeMs;
  finishedAt: TimeMs | null;
  usage: { inputTokens: number; outputTokens: number } | null;
  egress: EgressSummary;
};

/**
 * GET /api/conversations (the next page: `?cursor=` with `nextCursor`). `seq` is the event sequence number that the
 * list includes: a browser that has no event yet opens its stream with `?after=` that number.
 */
export type ConversationsAnswer = { conversations: Conversation[]; nextCursor: string | null; seq: number };
/** GET /api/conversations/:id. `cursor` is the event sequence number that the snapshot includes. */
export type ConversationAnswer = { conversation: Conversation; messages: Message[]; cursor: number };
/** POST /api/conversations/:id/messages and POST /api/messages/:id/regenerate */
export type SendAnswer = { userMessage: Message | null; assistantMessage: Message };

/**
 * GET /api/events: server-sent events, one stream per browser. Each event's `id` is its sequence number;
 * resume with Last-Event-ID or `?after=`. The event name is always "message"; the data is one of these.
 * `at` is the length (in UTF-16 units) of what came before, so that a gap or a repeat shows.
 */
export type StreamEvent =
  | { kind: "conversation"; conversation: Conversation }
  | { kind: "message"; message: Message }
  | { kind: "part"; conversationId: string; messageId: string; channel: "text" | "reasoning"; at: number; text: string }
  | { kind: "reset" };

// ---- models --------------------------------------------------------------------------------------------------

/** A model that a member may choose. `where` says in one word whether the words leave this machine. */
export type ModelChoice = {
  id: string;
  name: string;
  provider: "guide" | "local" | "server";
  where: "here" | "away";
  host: string | null;
  contextTokens: number | null;
  isDefault: boolean;
};
/** GET /api/models */
export type ModelsAnswer = { models: ModelChoice[] };

export type CatalogueModel = {
  id: string;
  name: string;
  publisher: string;
  licence: string;
  parameters: string;
  fileName: string;
  sizeBytes: number;
  memoryBytes: number;
  contextTokens: number;
  /** On the hub: "owner/name", and the commit that the file is taken from. */
  repository: string;
  revision: string;
  /** Of the file's bytes (hex); what was downloaded is checked against it before it may be used. */
  sha256: string;
  /** What it is good for, in the reader's language. */
  note: string;
};
export type DownloadState = "waiting" | "running" | "checking" | "done" | "failed" | "cancelled";
export type Download = {
  id: string;
  modelId: string;
  state: DownloadState;
  receivedBytes: number;
  totalBytes: number;
  bytesPerSecond: number | null;
  problemCode: string | null;
};
/** GET /api/operator/models */
export type OperatorModelsAnswer = {
  connected: { name: string; url: string; configured: boolean; reachable: boolean; models: string[]; problemCode: string | null }[];
  local: { fileName: string; sizeBytes: number; loaded: boolean }[];
  /** The file of MODEL_FILE when it is not there or can't hold a conversation. */
  missingFile: string | null;
  /** `givenTokens`: the context that Holdfast gives it at most; `contextTokens` is what the model itself could take. */
  catalogue: (CatalogueModel & { present: boolean; givenTokens: number })[];
  downloads: Download[];
  freeBytes: number;
  memoryBytes: number;
  defaultModelId: string | null;
};

// ---- what left -----------------------------------------------------------------------------------------------

/** GET /api/messages/:id/egress */
export type EgressEntry = {
  id: string;
  at: TimeMs;
  purpose: "answer" | "title" | "model-list" | "download";
  destination: string;
  method: string;
  url: string;
  host: string;
  ip: string | null;
  stayed: boolean;
  requestBytes: number;
  requestSha256: string;
  state: "opened" | "answered" | "failed";
  responseStatus: number | null;
  responseBytes: number | null;
};
export type EgressAnswer = { entries: EgressEntry[] };
