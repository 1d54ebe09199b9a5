-- Whether an answer ended because the model had reached its length limit. Used by src/assistant/store.ts.

alter table message add column cut_short boolean not null default false;
