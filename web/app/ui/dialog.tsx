/**
 * What does a question or a detail in front of the page look like? The browser's own dialog: focus, Escape, what lies
 * behind is inert. A press beside it closes it. Nothing in it is rendered while it is closed.
 */
import { useEffect, useId, useRef, type ReactNode } from "react";
import { useWords } from "../lib/say.ts";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";
import { hostToasts } from "./toast.tsx";

export type DialogProps = {
  open: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  /** Buttons in a row at the end. */
  actions?: ReactNode;
  wide?: boolean;
};

export function Dialog({ open, onClose, title, children, actions, wide = false }: DialogProps) {
  const say = useWords();
  const titleId = useId();
  return (
    <ModalFrame open={open} onClose={onClose} className="hf-dialog" labelledBy={titleId} wide={wide}>
      <div className="flex max-h-[inherit] flex-col">
        <header className="flex items-center gap-2 border-b border-line py-2 ps-5 pe-2">
          <h2 id={titleId} ref={focusFirst} tabIndex={-1} className="min-w-0 flex-1 text-m font-semibold outline-none">
            {title}
          </h2>
          <Button tone="quiet" size="icon" onClick={onClose} aria-label={say("close")}>
            <Icon name="close" />
          </Button>
        </header>
        <div className="min-h-0 overflow-y-auto px-5 py-4">{children}</div>
        {actions !== undefined && <footer className="flex flex-wrap justify-end gap-2 border-t border-line px-5 py-3">{actions}</footer>}
      </div>
    </ModalFrame>
  );
}

/** A panel at the left edge: the sidebar on a phone. */
export function Drawer({ open, onClose, label, children }: { open: boolean; onClose: () => void; label: string; children: ReactNode }) {
  return (
    <ModalFrame open={open} onClose={onClose} className="hf-drawer" label={label}>
      {children}
    </ModalFrame>
  );
}

type FrameProps = {
  open: boolean;
  onClose: () => void;
  className: string;
  children: ReactNode;
  label?: string;
  labelledBy?: string;
  wide?: boolean;
};

function ModalFrame({ open, onClose, className, children, label, labelledBy, wide }: FrameProps) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    if (dialog === null || dialog.open === open) return;
    if (open) dialog.showModal();
    else dialog.close();
  }, [open]);
  useEffect(() => (open && ref.current !== null ? hostToasts(ref.current) : undefined), [open]);
  return (
    <dialog
      ref={ref}
      className={className}
      data-wide={wide}
      aria-label={label}
      aria-labelledby={labelledBy}
      onClose={onClose}
      onMouseDown={(event) => {
        if (event.target === event.currentTarget && isBeside(event)) onClose();
      }}
    >
      {open && children}
    </dialog>
  );
}

/** Reading begins at the title, not at the button that closes. */
function focusFirst(title: HTMLElement | null): void {
  if (title !== null) queueMicrotask(() => title.focus());
}

function isBeside(event: { currentTarget: HTMLElement; clientX: number; clientY: number }): boolean {
  const box = event.currentTarget.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}
