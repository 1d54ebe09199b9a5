/** What does a state look like that a person must know of? A line or a card, coloured and in words, with what to do about it. */
import type { ReactNode } from "react";
import { Icon, type IconName } from "./icon.tsx";

export type NoticeTone = "plain" | "warn" | "danger";

const TONES: Record<NoticeTone, string> = {
  plain: "border-line bg-ground text-soft",
  warn: "border-warn/30 bg-warn-soft text-warn",
  danger: "border-danger/30 bg-danger-soft text-danger",
};

export function Notice({
  tone = "plain",
  icon = "alert",
  title,
  children,
  actions,
}: {
  tone?: NoticeTone;
  icon?: IconName;
  title?: string;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className={`flex gap-3 rounded-m border px-4 py-3 text-s ${TONES[tone]}`}>
      <Icon name={icon} />
      <div className="min-w-0 flex-1">
        {title !== undefined && <p className="font-semibold">{title}</p>}
        {children !== undefined && <div className={title === undefined ? "" : "text-ink"}>{children}</div>}
        {actions !== undefined && <div className="mt-2 flex flex-wrap gap-2">{actions}</div>}
      </div>
    </div>
  );
}
