-- Several relays for one outbox, and what the reader of a letter is told about its way. Owned by src/mail/store.ts.

alter table outbox
  -- which receiving domain: 24 bits of a keyed hash, so that no row names it
  add column domain_cell integer not null default 0,
  -- which relay was tried last: a hash of its address and user, never those themselves
  add column relay text,
  -- that relay may have the letter, though it never said so: no other one is given it
  add column data_begun boolean not null default false,
  -- when that was
  add column tried_at timestamptz;

alter table outbox
  -- which network asked for it: 24 bits of a keyed hash; null: not known
  add column source_cell integer;
-- letters of the last hour are counted when Holdfast starts
create index outbox_created on outbox using brin (created_at);

-- Addresses whose owner asked for no more letters, as keyed hashes.
create table letter_stop (
  recipient_mac bytea primary key,
  stopped_at timestamptz not null
);
