-- What deleting a conversation cascades through, how a question finds its answers, and which conversations wait for the sweep.
-- Used by src/assistant/store.ts.

create index message_parent on message (parent_id) where parent_id is not null;
create index egress_conversation on egress_entry (conversation_id) where conversation_id is not null;
create index conversation_deleted on conversation (deleted_at) where deleted_at is not null;
