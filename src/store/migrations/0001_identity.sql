-- Accounts, the devices they were seen on, and their sessions. Owned by src/identity/store.ts.

create table account (
  id uuid primary key,
  address text not null,
  -- lower-cased; two accounts never share one
  address_key text not null unique,
  password_hash text not null,
  role text not null check (role in ('member', 'operator')),
  language text not null check (language in ('en', 'es')),
  -- days since 1970 on the day of registration; splits the member lane by age
  cohort integer not null,
  -- raised when every pass of the account must die
  session_epoch integer not null default 0,
  created_at timestamptz not null
);

create table device (
  id uuid primary key,
  account_id uuid not null references account (id) on delete cascade,
  label text not null,
  created_at timestamptz not null,
  last_seen_at timestamptz not null
);
create index device_account on device (account_id);

create table session (
  id uuid primary key,
  token_sha256 bytea not null unique,
  account_id uuid not null references account (id) on delete cascade,
  device_id uuid not null references device (id) on delete cascade,
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz
);
create index session_account on session (account_id);

-- The one-time link that makes the first operator: one row at most.
create table first_operator (
  only_row boolean primary key default true check (only_row),
  token_sha256 bytea not null,
  created_at timestamptz not null,
  used_at timestamptz
);
