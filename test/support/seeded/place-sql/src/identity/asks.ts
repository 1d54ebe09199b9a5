type Sql = (parts: TemplateStringsArray) => unknown;

export const accounts = (sql: Sql) => sql`select id from account`;
