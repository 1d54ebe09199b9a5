/**
 * What is a gate? A question about a tree of files, answered with how many files it looked at and what it found.
 * A gate that looked at no file has not answered: check.ts fails it. Gates take the tree's root, so that seeds.ts can
 * show them a tree with one violation.
 */

export type Finding = { rule: string; path: string; line?: number; sentence: string };
export type Answer = { files: number; findings: Finding[] };

export type Gate = {
  name: string;
  /** The question, for `--help`. */
  asks: string;
  /** What to do when it fails, if one command does it. */
  advice?: string;
  look(root: string): Promise<Answer>;
};
