import { config } from "./config.ts";
import { http } from "#http/http.ts";

export const main = config + http;
