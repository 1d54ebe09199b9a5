/** Is the operator's own PostgreSQL one that Holdfast can use? The supervisor's only statement. */
import type { Sql } from "#store/store.ts";

/** E.g. 180004. */
export async function serverVersion(sql: Sql): Promise<number> {
  const [row] = await sql<{ version: string }[]>`select current_setting('server_version_num') as version`;
  return Number(row?.version ?? 0);
}
