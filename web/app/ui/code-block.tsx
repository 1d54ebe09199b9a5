/**
 * How does a block of code look? Its language, a button that copies it, and the code, which moves sideways by itself.
 * Colours come once it is finished; they change no sign of it and move nothing.
 */
import { useEffect, useState, type ReactNode } from "react";
import { webModelsEn } from "#contract/words/en/web-models.ts";
import { webModelsEs } from "#contract/words/es/web-models.ts";
import type { Piece } from "../lib/highlighted.ts";
import { useWordsOf } from "../lib/say.ts";
import { colourCode } from "./code-colours.ts";
import { CopyButton } from "./copy-button.tsx";

export function CodeBlock({ code, language, growing }: { code: string; language: string; growing: boolean }) {
  const say = useWordsOf<typeof webModelsEn>({ en: webModelsEn, es: webModelsEs });
  const pieces = useColours(code, language, growing);
  const name = language === "" ? say("code.label-plain") : say("code.label", { language });
  return (
    <figure className="hf-code">
      <figcaption className="flex min-h-9 items-center gap-2 border-b border-line ps-4 pe-1 text-s text-soft">
        <span className="min-w-0 flex-1 truncate">{language === "" ? say("code.label-plain") : language}</span>
        {!growing && <CopyButton text={code} words={say} />}
      </figcaption>
      <pre tabIndex={0} role="group" aria-label={name}>
        <code>{pieces === undefined ? code : show(pieces)}</code>
      </pre>
    </figure>
  );
}

/** `undefined` while there are no colours for exactly this code. */
function useColours(code: string, language: string, growing: boolean): Piece[] | undefined {
  const [coloured, setColoured] = useState<{ code: string; language: string; pieces: Piece[] }>();
  useEffect(() => {
    if (growing) return;
    let wanted = true;
    colourCode(code, language).then(
      (pieces) => wanted && pieces !== undefined && setColoured({ code, language, pieces }),
      // without the colours it reads just as well
      () => {},
    );
    return () => void (wanted = false);
  }, [code, language, growing]);
  return coloured?.code === code && coloured.language === language ? coloured.pieces : undefined;
}

function show(pieces: readonly Piece[]): ReactNode {
  return pieces.map((piece, index) =>
    typeof piece === "string" ? (
      piece
    ) : (
      <span key={index} className={piece.className}>
        {show(piece.pieces)}
      </span>
    ),
  );
}
