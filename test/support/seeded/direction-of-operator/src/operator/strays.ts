import { http } from "#src/http/http.ts";

export const reached = http;
