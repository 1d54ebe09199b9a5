import { door } from "#src/door/door.ts";

export const reached = door;
