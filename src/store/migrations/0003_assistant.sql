-- Conversations, messages as a tree, and the append-only log that streams are read from. Owned by src/assistant/store.ts.

create table conversation (
  id uuid primary key,
  account_id uuid not null references account (id) on delete cascade,
  title text not null,
  leaf_message_id uuid,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz
);
create index conversation_account on conversation (account_id, updated_at desc, id);

create table message (
  id uuid primary key,
  conversation_id uuid not null references conversation (id) on delete cascade,
  parent_id uuid references message (id) on delete cascade,
  role text not null check (role in ('user', 'assistant')),
  text text not null,
  reasoning text not null default '',
  state text not null check (state in ('running', 'done', 'stopped', 'interrupted', 'failed')),
  problem_code text,
  model_id text,
  model_name text,
  input_tokens integer,
  output_tokens integer,
  created_at timestamptz not null,
  finished_at timestamptz
);
create index message_conversation on message (conversation_id, created_at, id);
create index message_running on message (id) where state = 'running';

-- One row per account: its last event number. Locked while events are appended, so numbers are gapless and in order.
create table event_stream (
  account_id uuid primary key references account (id) on delete cascade,
  last_seq bigint not null default 0,
  -- events up to here were pruned; a reader behind it starts afresh
  pruned_seq bigint not null default 0
);

create table event (
  account_id uuid not null references account (id) on delete cascade,
  seq bigint not null,
  message_id uuid,
  body jsonb not null,
  created_at timestamptz not null,
  primary key (account_id, seq)
);
create index event_message on event (message_id, seq) where message_id is not null;

-- Operator's choices about models (key → value).
create table model_choice (
  key text primary key,
  value text not null,
  updated_at timestamptz not null
);
