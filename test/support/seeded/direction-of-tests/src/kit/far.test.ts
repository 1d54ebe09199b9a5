import { app } from "../../web/app/main.tsx";

export const reached = app;
