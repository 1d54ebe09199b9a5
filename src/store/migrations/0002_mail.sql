-- Letters: one row per turn in the line. Owned by src/mail/store.ts.

create table outbox (
  -- also the id of the envelope in the applicant's browser
  id uuid primary key,
  -- the place in the line that paid for it: a place buys one letter
  place_id bytea not null unique,
  -- keyed MAC of the address, for the limit per recipient; the address itself is only in the body
  recipient_mac bytea not null,
  -- sealed: address, code, language. Erased when the relay has it or when the deadline is past
  body bytea,
  state text not null check (state in ('queued', 'sending', 'relayed', 'failed', 'expired')),
  known_device boolean not null,
  tries_left integer not null check (tries_left >= 0),
  attempts integer not null default 0,
  -- a word of ours, never the relay's text
  last_failure text,
  created_at timestamptz not null,
  deadline_at timestamptz not null,
  next_attempt_at timestamptz not null,
  locked_until timestamptz,
  relayed_at timestamptz,
  confirmed_at timestamptz
);
create index outbox_due on outbox (next_attempt_at) where state in ('queued', 'sending');
create index outbox_recipient on outbox (recipient_mac, created_at);

-- What the built-in mailbox shows while no relay is set. Small and short-lived.
create table mailbox_letter (
  id uuid primary key,
  recipient text not null,
  subject text not null,
  body_text text not null,
  body_html text not null,
  created_at timestamptz not null
);
