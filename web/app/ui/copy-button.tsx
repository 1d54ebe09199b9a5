/** How does text get onto the clipboard? The button says that it did for two seconds, or why it could not. */
import { useEffect, useState } from "react";
import type { webModelsEn } from "#contract/words/en/web-models.ts";
import type { Say } from "../lib/say.ts";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";
import { toast } from "./toast.tsx";

const SAID_MS = 2_000;

type CopyButtonProps = {
  text: string;
  words: Say<typeof webModelsEn>;
  /** Of the words only; the picture always stands there. */
  className?: string;
};

export function CopyButton({ text, words, className }: CopyButtonProps) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      toast({ text: words("code.copy-failed"), tone: "danger" });
    }
  };
  return (
    <Button tone="quiet" size="small" onClick={() => void copy()}>
      <Icon name={copied ? "check" : "copy"} className="size-4" />
      <span aria-live="polite" className={className}>
        {words(copied ? "code.copied" : "code.copy")}
      </span>
    </Button>
  );
}
