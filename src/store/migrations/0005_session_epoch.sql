-- When an account's session epoch was raised: passes older than a day are dead anyway, so the door is told the recent ones only.
-- Owned by src/identity/store.ts.

alter table account add column session_epoch_raised_at timestamptz;
create index account_epoch_raised on account (session_epoch_raised_at) where session_epoch_raised_at is not null;
create index session_expiry on session (expires_at);
