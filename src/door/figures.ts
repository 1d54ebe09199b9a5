/** What can be read off the door at any moment? Each figure is taken from its owner when it is asked for; nothing is kept here. */
import type { Health, SignUpSetting, Wait } from "#contract/wire.ts";

export type DoorFigures = {
  /** The share that is refused for want of room (0 to 1), and the bits of effort that strangers are asked for. */
  admission(): { pressure: number; effort: number };
  connections(): number;
  line(): { waiting: number; standsStill: boolean; wait: Wait | null };
  /** Of the waits that people were told lately. */
  quotes(): { share: number | null; decided: number; held: number; early: number; late: number };
  lettersPerSecond(): number | null;
  signUp(): SignUpSetting;
  health(): Health | null;
};
