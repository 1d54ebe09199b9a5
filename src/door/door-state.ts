/**
 * What does the door know about the rest of Holdfast right now? What the app told it, until that is too old to be true.
 * Pages and status.json read it; nothing here is kept per request.
 */
import type { Health, SignUpSetting, Wait } from "#contract/wire.ts";

export type DoorState = {
  /** null: the app has not said for ten seconds. */
  health(): Health | null;
  /** null: not known for ten seconds; then the line stands still. */
  lettersPerSecond(): number | null;
  /** How many wait, and what somebody who came now would be told. */
  line(): { waiting: number; standsStill: boolean; wait: Wait | null };
  /** Of the waits that people were told lately: how many came to their end, and the share that held. */
  quotes(): { decided: number; share: number | null };
  /** How the operator set sign-up, as told last; open while nobody has told. */
  signUp(): SignUpSetting;
  upSince: number;
};
