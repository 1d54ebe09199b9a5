/**
 * How does an answer in Markdown look while it streams in and afterwards? Finished blocks are drawn once; only the tail is
 * drawn again with each piece. Blocks of code are code-block.tsx, everything inside a block is markdown-tokens.tsx.
 * Nothing becomes HTML by itself, and nothing is loaded from anywhere.
 */
import { memo, useMemo } from "react";
import { createBlockSplitter, type Block, type Definitions } from "../lib/markdown-blocks.ts";
import { lexBlock, mendTail } from "../lib/markdown-lex.ts";
import { CodeBlock } from "./code-block.tsx";
import { BlockTokens } from "./markdown-tokens.tsx";
import "./markdown.css";

export type MarkdownProps = {
  text: string;
  /** True while more may come. */
  streaming?: boolean;
  /** The level of the highest heading in the answer, one below what it stands under. */
  headingLevel?: number;
};

export function Markdown({ text, streaming = false, headingLevel = 3 }: MarkdownProps) {
  const { blocks, tail, definitions } = useBlocks(text, streaming);
  return (
    <div className="hf-markdown min-w-0 break-words">
      {blocks.map((block, index) => (
        <BlockView key={index} block={block} definitions={definitions} headingLevel={headingLevel} growing={false} />
      ))}
      {/* under the key that it will have when it is finished, so that it stays where it is */}
      {tail !== undefined && (
        <BlockView key={blocks.length} block={tail} definitions={definitions} headingLevel={headingLevel} growing={streaming} />
      )}
    </div>
  );
}

/** Reads on where it stopped, as long as the text only grows. */
function useBlocks(text: string, streaming: boolean): BlocksNow {
  const read = useMemo(() => createReader(), []);
  return read(text, streaming);
}

type BlocksNow = { blocks: readonly Block[]; tail: Block | undefined; definitions: Definitions };

function createReader(): (text: string, streaming: boolean) => BlocksNow {
  let splitter = createBlockSplitter();
  let known = "";
  let ended = false;
  // a drawing that React throws away has read ahead; that does no harm, since what it read comes again
  return (text, streaming) => {
    if (ended ? known !== text || streaming : !text.startsWith(known)) {
      splitter = createBlockSplitter();
      known = "";
      ended = false;
    }
    if (text.length > known.length) splitter.push(text.slice(known.length));
    known = text;
    if (!streaming && !ended) {
      if (!text.endsWith("\n")) splitter.push("\n");
      ended = true;
    }
    return { blocks: splitter.blocks(), tail: splitter.tail(), definitions: splitter.definitions() };
  };
}

type BlockViewProps = { block: Block; definitions: Definitions; headingLevel: number; growing: boolean };

const BlockView = memo(function BlockView({ block, definitions, headingLevel, growing }: BlockViewProps) {
  if (block.kind === "code") return <CodeBlock code={block.code} language={block.language} growing={growing} />;
  return <Flow source={growing ? mendTail(block.source) : block.source} definitions={definitions} headingLevel={headingLevel} />;
}, sameBlock);

function sameBlock(before: BlockViewProps, now: BlockViewProps): boolean {
  if (before.growing !== now.growing || before.headingLevel !== now.headingLevel) return false;
  if (before.block.kind === "code") {
    return now.block.kind === "code" && before.block.code === now.block.code && before.block.language === now.block.language;
  }
  return now.block.kind === "flow" && before.block.source === now.block.source && before.definitions === now.definitions;
}

function Flow({ source, definitions, headingLevel }: { source: string; definitions: Definitions; headingLevel: number }) {
  const tokens = useMemo(() => lexBlock(source, definitions), [source, definitions]);
  return <BlockTokens tokens={tokens} headingLevel={headingLevel} />;
}
