/**
 * Does the newest word stay in view? Only while the reader is at the end; who scrolls up to read is left in peace until
 * they come back down or ask for it.
 */
import { useCallback, useEffect, useRef, useState, type RefObject } from "react";

const NEAR_PX = 56;

export type Stick = {
  scroller: RefObject<HTMLDivElement | null>;
  content: RefObject<HTMLDivElement | null>;
  atEnd: boolean;
  /** Goes to the end and stays there. */
  toEnd: (how?: ScrollBehavior) => void;
};

/** `key` changes when another conversation is shown: that begins at its end. null: nothing was said yet, and what is there begins on top. */
export function useStickToEnd(key: string | null): Stick {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const sticking = useRef(true);
  const lastTop = useRef(0);
  const [atEnd, setAtEnd] = useState(true);

  const toEnd = useCallback((how: ScrollBehavior = "instant") => {
    sticking.current = true;
    setAtEnd(true);
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight, behavior: how });
  }, []);

  useEffect(() => {
    const box = scroller.current;
    const inner = content.current;
    if (box === null || inner === null) return;
    sticking.current = key !== null;
    box.scrollTop = key === null ? 0 : box.scrollHeight;
    const onScroll = () => {
      if (key === null) return setAtEnd(true);
      const left = box.scrollHeight - box.clientHeight - box.scrollTop;
      const up = box.scrollTop < lastTop.current - 1;
      lastTop.current = box.scrollTop;
      if (left <= NEAR_PX) sticking.current = true;
      else if (up) sticking.current = false;
      setAtEnd(sticking.current || left <= NEAR_PX);
    };
    const onGrow = () => {
      if (!sticking.current) return onScroll();
      box.scrollTop = box.scrollHeight;
      setAtEnd(true);
    };
    box.addEventListener("scroll", onScroll, { passive: true });
    const watch = new ResizeObserver(onGrow);
    watch.observe(inner);
    watch.observe(box);
    return () => {
      box.removeEventListener("scroll", onScroll);
      watch.disconnect();
    };
  }, [key]);

  return { scroller, content, atEnd, toEnd };
}
