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
