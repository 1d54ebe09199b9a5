/**
 * How is the page laid out? The list at the side (a drawer where there is no room), and the page itself, exactly as high
 * as what is visible of the window, so that the message box stays above a phone's keyboard.
 */
import { useEffect, useMemo, useState, type ReactNode } from "react";
import { useLocation } from "wouter";
import { useWords } from "../../lib/say.ts";
import { remember, useRemembered } from "../../lib/remembered.ts";
import { useLasting } from "../../lib/use-lasting.ts";
import { useOnline, useWide } from "../../lib/use-media.ts";
import { useShortcuts } from "../../lib/use-shortcuts.ts";
import { Button } from "../../ui/button.tsx";
import { Drawer } from "../../ui/dialog.tsx";
import { Icon } from "../../ui/icon.tsx";
import { KeysDialog } from "./keys-dialog.tsx";
import { useChat } from "./session.ts";
import { Sidebar } from "./sidebar.tsx";

const SIDEBAR = "holdfast.sidebar";
const LOST_MS = 2_500;

export type FrameProps = {
  currentId: string | null;
  title: string;
  /** At the end of the top line. */
  action?: ReactNode;
  onFocusMessage: () => void;
  children: ReactNode;
};

export function Frame({ currentId, title, action, onFocusMessage, children }: FrameProps) {
  const say = useWords();
  const wide = useWide();
  const [, go] = useLocation();
  const hidden = useRemembered(SIDEBAR) === "hidden";
  const [drawer, setDrawer] = useState(false);
  const [keys, setKeys] = useState(false);
  useVisibleHeight();
  useEffect(() => {
    document.title = `${title} · Holdfast`;
  }, [title]);
  useEffect(() => {
    if (wide) setDrawer(false);
  }, [wide]);

  const toggle = () => (wide ? remember(SIDEBAR, hidden ? null : "hidden") : setDrawer((was) => !was));
  useShortcuts(
    useMemo(
      () => ({ newChat: () => go("/chat"), message: onFocusMessage, list: toggle, help: () => setKeys(true) }),
      // toggle is new each time and depends on exactly these
      // oxlint-disable-next-line react-hooks/exhaustive-deps
      [go, onFocusMessage, wide, hidden],
    ),
  );
  const sidebar = (
    <Sidebar currentId={currentId} onHide={toggle} drawer={!wide} onChosen={() => setDrawer(false)} onShowKeys={() => setKeys(true)} />
  );
  return (
    <div className="flex h-[var(--visible-height,100dvh)] overflow-hidden bg-surface text-ink">
      {wide && !hidden && <aside className="w-72 shrink-0 border-e border-line bg-ground">{sidebar}</aside>}
      {!wide && (
        <Drawer open={drawer} onClose={() => setDrawer(false)} label={say("list.label")}>
          {sidebar}
        </Drawer>
      )}
      <div className="flex min-w-0 flex-1 flex-col">
        <header className="flex min-h-15 items-center gap-1 border-b border-line px-2 sm:px-3">
          {(!wide || hidden) && (
            <Button tone="quiet" size="icon" aria-label={say("list.open")} aria-expanded={wide ? false : drawer} onClick={toggle}>
              <Icon name={wide ? "sidebar" : "menu"} />
            </Button>
          )}
          <h1 className="min-w-0 flex-1 truncate px-2 font-semibold">{title}</h1>
          {action}
        </header>
        <main className="relative flex min-h-0 flex-1 flex-col">
          <ConnectionBar />
          {children}
        </main>
      </div>
      <KeysDialog open={keys} onClose={() => setKeys(false)} />
    </div>
  );
}

/** Lies over the page instead of pushing it down. Short interruptions are not worth a word. */
function ConnectionBar() {
  const say = useWords();
  const online = useOnline();
  const connection = useChat((view) => view.connection);
  const lost = useLasting(connection === "lost", LOST_MS);
  const words = !online ? say("line.offline") : lost ? say("line.lost") : "";
  return (
    <div role="status" className="pointer-events-none absolute inset-x-0 top-0 z-20 flex justify-center px-3 pt-2">
      {words !== "" && (
        <p className="pointer-events-auto max-w-3xl rounded-m border border-warn/30 bg-warn-soft px-4 py-2 text-s text-warn shadow-raised">
          {words}
        </p>
      )}
    </div>
  );
}

/** Safari leaves the page as high as it was when a keyboard comes up; what is visible is known all the same. */
function useVisibleHeight(): void {
  useEffect(() => {
    const view = window.visualViewport;
    if (view === null) return;
    const measure = () => {
      // zooming in with two fingers also makes it smaller, and is no reason to lay out anew
      document.documentElement.style.setProperty("--visible-height", `${Math.round(view.height * view.scale)}px`);
      if (view.scale === 1) scrollTo(0, 0);
    };
    measure();
    view.addEventListener("resize", measure);
    return () => view.removeEventListener("resize", measure);
  }, []);
}
