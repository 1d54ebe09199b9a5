-- The ledger: one row per request that left, written before its first byte. Owned by src/egress/store.ts.

create table egress_entry (
  id uuid primary key,
  account_id uuid references account (id) on delete cascade,
  conversation_id uuid references conversation (id) on delete cascade,
  message_id uuid references message (id) on delete cascade,
  purpose text not null check (purpose in ('answer', 'title', 'model-list', 'download')),
  destination text not null,
  method text not null,
  url text not null,
  host text not null,
  ip text,
  -- true when the destination is this machine (loopback)
  stayed boolean not null,
  request_bytes bigint not null,
  request_sha256 bytea not null,
  request_body bytea not null,
  state text not null check (state in ('opened', 'answered', 'failed')),
  response_status integer,
  response_bytes bigint,
  opened_at timestamptz not null,
  closed_at timestamptz
);
create index egress_message on egress_entry (message_id, opened_at) where message_id is not null;
create index egress_account on egress_entry (account_id, opened_at);
