-- Every move of the lever that sets sign-up: who, when, to what. The newest row counts, and none is ever altered.
-- Owned by src/operator/store.ts.

create table sign_up_change (
  id bigint generated always as identity primary key,
  mode text not null check (mode in ('open', 'slow', 'invited', 'closed')),
  letters_per_minute integer check (letters_per_minute between 1 and 6000),
  set_at timestamptz not null,
  -- who it was then: the record outlives the account
  account_id uuid not null,
  account_address text not null,
  check ((mode = 'slow') = (letters_per_minute is not null))
);
