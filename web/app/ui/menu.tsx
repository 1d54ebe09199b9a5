/**
 * How does a list of choices open beside a button? The menu button pattern: arrows, Home, End, first letters, Escape;
 * focus comes back to the button. A native popover, so it lies above dialogs and closes when something else is pressed.
 */
import { createContext, use, useEffect, useId, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { Icon } from "./icon.tsx";

export type MenuTrigger = {
  ref: (element: HTMLButtonElement | null) => void;
  onClick: () => void;
  "aria-haspopup": "menu";
  "aria-expanded": boolean;
  "aria-controls": string;
};
export type MenuProps = {
  /** Name for screen readers. */
  label: string;
  /** Spread what it is given onto a <Button>. */
  trigger: (props: MenuTrigger) => ReactNode;
  children: ReactNode;
  align?: "start" | "end";
};

const GAP_PX = 6;
const EDGE_PX = 8;
const Closing = createContext<() => void>(() => {});

export function Menu({ label, trigger, children, align = "start" }: MenuProps) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const typed = useRef({ text: "", at: 0 });

  useLayoutEffect(() => {
    const menu = panel.current;
    if (!open || menu === null) return;
    menu.showPopover();
    const settle = () => button.current !== null && place(menu, button.current, align);
    settle();
    firstFocus(itemsOf(menu))?.focus({ preventScroll: true });
    addEventListener("scroll", settle, { capture: true, passive: true });
    addEventListener("resize", settle);
    return () => {
      removeEventListener("scroll", settle, { capture: true });
      removeEventListener("resize", settle);
      // gone with its items: an empty box would stay
      if (menu.matches(":popover-open")) menu.hidePopover();
    };
  }, [open, align]);

  useEffect(() => {
    const menu = panel.current;
    if (!open || menu === null) return;
    const toggled = (event: Event) => {
      if ((event as ToggleEvent).newState === "closed") setOpen(false);
    };
    menu.addEventListener("toggle", toggled);
    return () => menu.removeEventListener("toggle", toggled);
  }, [open]);

  const close = () => {
    const hadFocus = panel.current?.contains(document.activeElement) === true;
    setOpen(false);
    if (hadFocus) button.current?.focus({ preventScroll: true });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const menu = panel.current;
    if (menu === null) return;
    const items = itemsOf(menu);
    const here = items.findIndex((item) => item === document.activeElement);
    const go = (index: number) => {
      event.preventDefault();
      items.at(index % items.length)?.focus();
    };
    if (event.key === "ArrowDown") go(here + 1);
    else if (event.key === "ArrowUp") go(here <= 0 ? -1 : here - 1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(-1);
    else if (event.key === "Tab") close();
    else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey) {
      const now = event.timeStamp;
      typed.current = { text: (now - typed.current.at < 700 ? typed.current.text : "") + event.key.toLowerCase(), at: now };
      const { text } = typed.current;
      const from = text.length === 1 ? here + 1 : Math.max(here, 0);
      const turned = [...items.slice(from), ...items.slice(0, from)];
      turned.find((item) => (item.textContent ?? "").trim().toLowerCase().startsWith(text))?.focus();
    }
  };

  return (
    <>
      {trigger({
        ref: (element) => void (button.current = element),
        onClick: () => setOpen((was) => !was),
        "aria-haspopup": "menu",
        "aria-expanded": open,
        "aria-controls": id,
      })}
      <div ref={panel} id={id} popover="auto" role="menu" aria-label={label} tabIndex={-1} className="hf-menu" onKeyDown={onKeyDown}>
        {open && <Closing value={close}>{children}</Closing>}
      </div>
    </>
  );
}

export type MenuItemProps = {
  children: ReactNode;
  onSelect: () => void;
  /** A second line. */
  note?: ReactNode;
  icon?: ReactNode;
  danger?: boolean;
  /** Set for one of several: a radio item. The menu stays open when `stay` is set. */
  checked?: boolean;
  stay?: boolean;
};

export function MenuItem({ children, onSelect, note, icon, danger = false, checked, stay = false }: MenuItemProps) {
  const close = use(Closing);
  return (
    <button
      type="button"
      role={checked === undefined ? "menuitem" : "menuitemradio"}
      aria-checked={checked}
      tabIndex={-1}
      className={
        "flex min-h-10 w-full items-center gap-3 rounded-chip px-3 py-1.5 text-start text-s pointer-coarse:min-h-target " +
        "hover:bg-ink/6 focus:bg-ink/6 focus:outline-offset-[-2px] " +
        (danger ? "text-danger" : "text-ink")
      }
      onPointerMove={(event) => event.pointerType === "mouse" && event.currentTarget.focus({ preventScroll: true })}
      onClick={() => {
        if (!stay) close();
        onSelect();
      }}
    >
      {icon}
      <span className="min-w-0 flex-1">
        <span className="block break-words">{children}</span>
        {note !== undefined && <span className="block text-xs text-soft">{note}</span>}
      </span>
      {checked === true && <Icon name="check" className="text-accent" />}
      {checked === false && <span className="w-5" />}
    </button>
  );
}

/** A link to another page, as an item. */
export function MenuLink({
  href,
  children,
  icon,
  onSelect,
}: {
  href: string;
  children: ReactNode;
  icon?: ReactNode;
  onSelect?: () => void;
}) {
  const close = use(Closing);
  return (
    <a
      href={href}
      role="menuitem"
      tabIndex={-1}
      className="flex min-h-10 items-center gap-3 rounded-chip px-3 py-1.5 text-s text-ink hover:bg-ink/6 focus:bg-ink/6 pointer-coarse:min-h-target"
      onClick={(event) => {
        close();
        if (onSelect === undefined || event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        onSelect();
      }}
    >
      {icon}
      {children}
    </a>
  );
}

/** Items that belong together, under a heading. */
export function MenuGroup({ label, children }: { label: string; children: ReactNode }) {
  const id = useId();
  return (
    <div role="group" aria-labelledby={id} className="py-1 not-first:mt-1 not-first:border-t not-first:border-line">
      <div id={id} role="presentation" className="px-3 pt-1.5 pb-1 text-xs font-medium text-soft">
        {label}
      </div>
      {children}
    </div>
  );
}

export function MenuLine() {
  return <div role="separator" className="my-1 h-px bg-line" />;
}

function itemsOf(menu: HTMLElement): HTMLElement[] {
  return [...menu.querySelectorAll<HTMLElement>('[role="menuitem"],[role="menuitemradio"]')];
}

/** The chosen one where the menu is a single choice, else the first. */
function firstFocus(items: HTMLElement[]): HTMLElement | undefined {
  const first = items[0];
  if (first?.getAttribute("role") !== "menuitemradio") return first;
  return items.find((item) => item.getAttribute("aria-checked") === "true") ?? first;
}

/** Below the button where there is room, else above; never over the edge of the window. */
function place(menu: HTMLElement, button: HTMLElement, align: "start" | "end"): void {
  const anchor = button.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const roomBelow = innerHeight - anchor.bottom - GAP_PX - EDGE_PX;
  const above = height > roomBelow && anchor.top > innerHeight - anchor.bottom;
  const top = above ? anchor.top - GAP_PX - height : anchor.bottom + GAP_PX;
  const left = align === "start" ? anchor.left : anchor.right - width;
  menu.style.top = `${Math.max(EDGE_PX, Math.min(top, innerHeight - height - EDGE_PX))}px`;
  menu.style.left = `${Math.max(EDGE_PX, Math.min(left, innerWidth - width - EDGE_PX))}px`;
}
