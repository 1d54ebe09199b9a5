/** Where is it kept which model the operator made the default? One row per choice in `model_choice`. */
import type { Pool } from "#store/store.ts";

const DEFAULT_MODEL = "default-model";

export async function readDefaultModel(sql: Pool): Promise<string | null> {
  const [row] = await sql<{ value: string }[]>`select value from model_choice where key = ${DEFAULT_MODEL}`;
  return row?.value ?? null;
}

export async function writeDefaultModel(sql: Pool, modelId: string, now: number): Promise<void> {
  await sql`
    insert into model_choice (key, value, updated_at) values (${DEFAULT_MODEL}, ${modelId}, ${new Date(now)})
    on conflict (key) do update set value = excluded.value, updated_at = excluded.updated_at`;
}
