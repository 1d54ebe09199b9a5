/**
 * How does each thing that Markdown knows look? Tokens of marked become React elements, and what is no Markdown (raw HTML,
 * unknown tokens) stays the text that it was. Links say to whom they lead; a picture is such a link and never loaded.
 */
import { Fragment, type ReactNode } from "react";
import { webModelsEn } from "#contract/words/en/web-models.ts";
import { webModelsEs } from "#contract/words/es/web-models.ts";
import { withoutEntities } from "../lib/entities.ts";
import { linkTarget, wordsNameHost } from "../lib/links.ts";
import type { Token, Tokens } from "../lib/markdown-lex.ts";
import { useWordsOf } from "../lib/say.ts";
import { CodeBlock } from "./code-block.tsx";
import { Icon } from "./icon.tsx";

const WORDS = { en: webModelsEn, es: webModelsEs };
const LOWEST_HEADING = 6;

/** What stands below one another. */
export function BlockTokens({ tokens, headingLevel }: { tokens: readonly Token[]; headingLevel: number }): ReactNode {
  return tokens.map((token, index) => <BlockToken key={index} token={token} headingLevel={headingLevel} />);
}

function BlockToken({ token, headingLevel }: { token: Token; headingLevel: number }): ReactNode {
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "hr":
      return <hr className="my-6 border-line" />;
    case "paragraph":
      return (
        <p>
          <Inline tokens={token.tokens ?? []} />
        </p>
      );
    // words of a list item without blank lines around it
    case "text":
      return <Inline tokens={token.tokens ?? [token]} />;
    case "heading":
      return <Heading token={token as Tokens.Heading} headingLevel={headingLevel} />;
    case "blockquote":
      return (
        <blockquote>
          <BlockTokens tokens={token.tokens ?? []} headingLevel={headingLevel} />
        </blockquote>
      );
    case "list":
      return <List token={token as Tokens.List} headingLevel={headingLevel} />;
    case "code":
      return (
        <CodeBlock
          code={(token as Tokens.Code).text}
          language={((token as Tokens.Code).lang ?? "").split(/[\s{]/)[0] ?? ""}
          growing={false}
        />
      );
    case "table":
      return <Table token={token as Tokens.Table} />;
    case "html":
      return <p className="whitespace-pre-wrap">{token.raw.trimEnd()}</p>;
    default:
      return <Inline tokens={[token]} />;
  }
}

function Heading({ token, headingLevel }: { token: Tokens.Heading; headingLevel: number }) {
  const Tag = `h${Math.min(headingLevel, LOWEST_HEADING)}` as "h3";
  // models begin at any depth and leave some out: one level for the outline, the depth for the eye
  return (
    <Tag data-depth={token.depth}>
      <Inline tokens={token.tokens} />
    </Tag>
  );
}

function List({ token, headingLevel }: { token: Tokens.List; headingLevel: number }) {
  const items = token.items.map((item, index) => (
    <li key={index} data-task={item.task ? true : undefined}>
      <BlockTokens tokens={item.tokens} headingLevel={headingLevel} />
    </li>
  ));
  if (!token.ordered) return <ul>{items}</ul>;
  return <ol start={token.start === "" || token.start === 1 ? undefined : token.start}>{items}</ol>;
}

function Table({ token }: { token: Tokens.Table }) {
  const say = useWordsOf<typeof webModelsEn>(WORDS);
  const align = (index: number) => ({ left: "text-start", center: "text-center", right: "text-end" })[token.align[index] ?? "left"];
  return (
    // focusable, so that a wide one can be moved with the keyboard
    <div className="hf-scroll" role="group" aria-label={say("md.table")} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {token.header.map((cell, index) => (
              <th key={index} scope="col" className={align(index)}>
                <Inline tokens={cell.tokens} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {token.rows.map((row, at) => (
            <tr key={at}>
              {row.map((cell, index) => (
                <td key={index} className={align(index)}>
                  <Inline tokens={cell.tokens} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What stands beside one another. */
function Inline({ tokens }: { tokens: readonly Token[] }): ReactNode {
  return tokens.map((token, index) => <Fragment key={index}>{inline(token)}</Fragment>);
}

function inline(token: Token): ReactNode {
  switch (token.type) {
    case "text":
      return token.tokens === undefined ? withoutEntities((token as Tokens.Text).text) : <Inline tokens={token.tokens} />;
    case "escape":
      return (token as Tokens.Escape).text;
    case "strong":
      return (
        <strong>
          <Inline tokens={token.tokens ?? []} />
        </strong>
      );
    case "em":
      return (
        <em>
          <Inline tokens={token.tokens ?? []} />
        </em>
      );
    case "del":
      return (
        <del>
          <Inline tokens={token.tokens ?? []} />
        </del>
      );
    case "codespan":
      return <code>{(token as Tokens.Codespan).text}</code>;
    case "br":
      return <br />;
    case "checkbox":
      return <TaskMark done={(token as Tokens.Checkbox).checked} />;
    case "link":
      return <Link href={(token as Tokens.Link).href} words={(token as Tokens.Link).text} tokens={token.tokens ?? []} />;
    case "image":
      return <Picture token={token as Tokens.Image} />;
    default:
      return token.raw;
  }
}

function TaskMark({ done }: { done: boolean }) {
  const say = useWordsOf<typeof webModelsEn>(WORDS);
  return <span role="img" aria-label={say(done ? "md.task-done" : "md.task-open")} className="hf-task" data-done={done} />;
}

function Link({ href, words, tokens }: { href: string; words: string; tokens: readonly Token[] }) {
  const target = linkTarget(href, location.origin);
  if (target.kind === "inert") {
    return (
      <>
        <Inline tokens={tokens} /> <span className="text-soft">({href})</span>
      </>
    );
  }
  if (target.kind === "own" || target.kind === "mail") {
    const address = target.kind === "mail" ? target.href.slice("mailto:".length) : undefined;
    return (
      <>
        <a href={target.href}>
          <Inline tokens={tokens} />
        </a>
        {address !== undefined && address.toLowerCase() !== words.trim().toLowerCase() && <span className="text-soft"> ({address})</span>}
      </>
    );
  }
  return (
    <ForeignLink href={target.href} host={target.host} named={wordsNameHost(words, target.host)}>
      <Inline tokens={tokens} />
    </ForeignLink>
  );
}

/** Opens beside the chat and tells the other side nothing about where it was pressed. */
function ForeignLink({ href, host, named, children }: { href: string; host: string; named: boolean; children: ReactNode }) {
  const say = useWordsOf<typeof webModelsEn>(WORDS);
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow" title={say("md.leads-to", { host })}>
      {children}
      {!named && <span className="font-normal text-soft"> ({host})</span>}
      <Icon name="away" className="ms-0.5 inline-block size-3.5 align-[-0.125em]" />
    </a>
  );
}

function Picture({ token }: { token: Tokens.Image }) {
  const say = useWordsOf<typeof webModelsEn>(WORDS);
  const alt = withoutEntities(token.text);
  const words = alt === "" ? say("md.picture-nameless") : say("md.picture", { alt });
  const target = linkTarget(token.href, location.origin);
  if (target.kind === "foreign") {
    return (
      <ForeignLink href={target.href} host={target.host} named={false}>
        {words}
      </ForeignLink>
    );
  }
  return target.kind === "own" ? <a href={target.href}>{words}</a> : <span className="text-soft">{words}</span>;
}
