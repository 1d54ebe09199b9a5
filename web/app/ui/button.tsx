/** What does a button look like? One main action per view; everything else is quiet. At least 44 px where a finger may press. */
import type { ComponentProps } from "react";

export type ButtonTone = "main" | "plain" | "quiet" | "danger";
export type ButtonProps = ComponentProps<"button"> & {
  tone?: ButtonTone;
  /** `small` is for rows of actions beside text: 32 px high with a mouse, 44 px with a finger. */
  size?: "normal" | "small" | "icon";
};

const TONES: Record<ButtonTone, string> = {
  main: "bg-accent text-on-accent hover:bg-accent-strong",
  plain: "border border-field bg-surface text-ink hover:bg-ground",
  quiet: "text-soft hover:bg-ink/6 hover:text-ink",
  danger: "border border-danger bg-surface text-danger hover:bg-danger-soft",
};
const SIZES: Record<NonNullable<ButtonProps["size"]>, string> = {
  normal: "min-h-target px-4 text-m font-medium",
  small: "min-h-8 pointer-coarse:min-h-target px-2 text-s",
  icon: "size-target shrink-0",
};

export function buttonClass(tone: ButtonTone = "plain", size: NonNullable<ButtonProps["size"]> = "normal"): string {
  return (
    "inline-flex items-center justify-center gap-2 rounded-m transition-colors duration-100 select-none " +
    "disabled:cursor-not-allowed disabled:opacity-50 aria-disabled:cursor-not-allowed aria-disabled:opacity-50 " +
    `${TONES[tone]} ${SIZES[size]}`
  );
}

export function Button({ tone, size, className = "", type = "button", ...rest }: ButtonProps) {
  return <button type={type} className={`${buttonClass(tone, size)} ${className}`} {...rest} />;
}
