/** Which pictures stand beside words? Drawn here, 20 by 20, in the colour of the text. Never alone without a name. */
import type { ReactNode } from "react";

const SHAPES = {
  menu: <path d="M3 6h14M3 10h14M3 14h9" />,
  close: <path d="m5 5 10 10M15 5 5 15" />,
  plus: <path d="M10 4v12M4 10h12" />,
  send: <path d="M10 16V4.5M5 9l5-5 5 5" />,
  stop: <rect x="5.5" y="5.5" width="9" height="9" rx="1.5" fill="currentColor" />,
  copy: (
    <path d="M7 7V4.5A1.5 1.5 0 0 1 8.5 3h7A1.5 1.5 0 0 1 17 4.500v7a1.5 1.5 0 0 1-1.5 1.500H13M4.5 7h7A1.5 1.5 0 0 1 13 8.500v7a1.5 1.5 0 0 1-1.5 1.500h-7A1.5 1.5 0 0 1 3 15.500v-7A1.5 1.5 0 0 1 4.5 7Z" />
  ),
  check: <path d="m4 10.5 4 4 8-9" />,
  again: <path d="M16.5 10a6.5 6.5 0 1 1-2-4.700L17 7.500M17 3.500v4h-4" />,
  edit: (
    <path d="M11.5 5.5 3.5 13.500V16.500h3l8-8m-3-3 1.800-1.800a1.400 1.400 0 0 1 2 0l1 1a1.400 1.400 0 0 1 0 2l-1.800 1.800m-3-3 3 3" />
  ),
  more: <path d="M4.5 10h.01M10 10h.01M15.5 10h.01" strokeWidth="2.4" />,
  trash: <path d="M3.5 5.500h13M8 5.500V3.500h4v2M5 5.500l.8 11h8.400l.8-11M8.5 9v4.500M11.5 9v4.5" />,
  left: <path d="m12 5-5 5 5 5" />,
  right: <path d="m8 5 5 5-5 5" />,
  down: <path d="m5 8 5 5 5-5" />,
  newest: <path d="M10 4v11.500M5 11l5 5 5-5" />,
  sidebar: (
    <path d="M4.5 3.500h11a1.5 1.5 0 0 1 1.5 1.500v10a1.5 1.5 0 0 1-1.5 1.500h-11A1.5 1.5 0 0 1 3 15V5a1.5 1.5 0 0 1 1.5-1.500ZM8 3.500v13" />
  ),
  chat: (
    <path d="M4.5 4h11A1.5 1.5 0 0 1 17 5.500v7a1.5 1.5 0 0 1-1.5 1.500H9l-4 3v-3h-.5A1.5 1.5 0 0 1 3 12.500v-7A1.5 1.5 0 0 1 4.5 4Z" />
  ),
  alert: <path d="M10 6.500v4.200M10 13.700h.01M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14Z" />,
  lock: <path d="M6.5 9V6.500a3.5 3.5 0 0 1 7 0V9M5.5 9h9A1 1 0 0 1 15.5 10v6a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1Z" />,
  away: <path d="M8 4.500H5A1.5 1.5 0 0 0 3.5 6v9A1.5 1.5 0 0 0 5 16.500h9a1.5 1.5 0 0 0 1.5-1.500v-3M11.5 3.500h5v5M16 4l-7 7" />,
} as const satisfies Record<string, ReactNode>;

export type IconName = keyof typeof SHAPES;

export function Icon({ name, className = "" }: { name: IconName; className?: string }) {
  return (
    <svg
      viewBox="0 0 20 20"
      className={`size-5 shrink-0 ${className}`}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {SHAPES[name]}
    </svg>
  );
}
