/**
 * Where does a file reach for a power (places.ts)? Reads its syntax tree, so words in comments, texts and types do not
 * count. A local name that hides a global counts as the global: call it something else. Not proof against somebody who
 * means to hide it, as in `globalThis["fe" + "tch"]`; reviews are for that.
 */
import { parseSync, Visitor, type Argument, type Expression, type Node } from "oxc-parser";
import type { Reach } from "./places.ts";

export type Use = { line: number; what: string };

const GLOBAL_OBJECTS = new Set(["globalThis", "window", "self", "global"]);
const STATEMENT =
  /^\s*(--[^\n]*\n\s*)*(select|insert|update|delete|merge|with|create|alter|drop|truncate|begin|commit|rollback|savepoint|lock|listen|notify|copy|set|show|vacuum|analyze|explain|grant|revoke|call|do)\b/i;

/** Every use in one file. Throws when the file can't be parsed. */
export function scanUses(path: string, text: string, reach: Reach): Use[] {
  const parsed = parseSync(path, text);
  const broken = parsed.errors.find(({ severity }) => severity === "Error");
  if (broken !== undefined) throw new Error(`${path}: ${broken.message}`);
  const uses: Use[] = [];
  const found = (what: string, at: number) => uses.push({ what, line: text.slice(0, at).split("\n").length });

  const globals = new Set(reach.globals);
  const members = new Set(reach.members);
  const properties = new Set(reach.properties);
  /** Offsets of names that are no reference: keys, property names, names in types. */
  const names = new Set<number>();
  const notAReference = (node: Node) => names.add(node.start);

  function importOf(source: string, name: string, at: number): void {
    const wanted = Object.entries(reach.imports ?? {}).find(([known]) => samePackage(known, source))?.[1];
    if (wanted === undefined) return;
    if (wanted === "*" || name === "*" || name === "default") found(source, at);
    else if (wanted.includes(name)) found(`${name} of ${source}`, at);
  }
  for (const { moduleRequest, entries, start } of parsed.module.staticImports) {
    if (entries.length === 0) importOf(moduleRequest.value, "*", start);
    for (const { importName, isType } of entries) {
      if (!isType) importOf(moduleRequest.value, nameOf(importName), start);
    }
  }
  for (const { entries } of parsed.module.staticExports) {
    for (const { moduleRequest, importName, isType, start } of entries) {
      if (moduleRequest !== null && !isType) importOf(moduleRequest.value, nameOf(importName), start);
    }
  }

  function memberOf(object: Expression, property: string, at: number): void {
    if (properties.has(property)) found(property, at);
    if (object.type === "Identifier" && GLOBAL_OBJECTS.has(object.name) && globals.has(property)) found(property, at);
    const path = pathOf(object);
    if (path !== undefined && members.has(`${path}.${property}`)) found(`${path}.${property}`, at);
  }

  new Visitor({
    MemberExpression(node) {
      if (!node.computed) notAReference(node.property);
      const property = node.computed ? textOf(node.property) : node.property.name;
      if (property !== undefined) memberOf(node.object, property, node.start);
    },
    VariableDeclarator({ id, init }) {
      if (id.type !== "ObjectPattern" || init === null) return;
      for (const part of id.properties) {
        if (part.type === "Property" && part.key.type === "Identifier") memberOf(init, part.key.name, part.start);
      }
    },
    Property(node) {
      if (node.computed || node.shorthand) return;
      notAReference(node.key);
      if (node.key.type === "Identifier" && properties.has(node.key.name)) found(node.key.name, node.start);
    },
    MethodDefinition: ({ key, computed }) => void (computed || notAReference(key)),
    PropertyDefinition: ({ key, computed }) => void (computed || notAReference(key)),
    LabeledStatement: ({ label }) => void notAReference(label),
    TSTypeQuery: ({ exprName }) => void notAReference(exprName),
    TSPropertySignature: ({ key }) => void notAReference(key),
    TSMethodSignature: ({ key }) => void notAReference(key),
    TSTypeReference: ({ typeName }) => void notAReference(typeName),
    ImportSpecifier: ({ imported }) => void notAReference(imported),
    JSXAttribute: ({ name, start }) => {
      if (name.type === "JSXIdentifier" && properties.has(name.name)) found(name.name, start);
    },
    ClassDeclaration: ({ start }) => impure("class", start),
    ClassExpression: ({ start }) => impure("class", start),
    ThrowStatement: ({ start }) => impure("throw", start),
    AwaitExpression: ({ start }) => impure("await", start),
    FunctionDeclaration: ({ async, start }) => void (async && impure("async", start)),
    FunctionExpression: ({ async, start }) => void (async && impure("async", start)),
    ArrowFunctionExpression: ({ async, start }) => void (async && impure("async", start)),
    Identifier({ name, start }) {
      if (name === "Promise" && !names.has(start)) impure("Promise", start);
      if (globals.has(name) && !names.has(start)) found(name, start);
    },
    NewExpression: ({ callee, arguments: given, start }) => presentDate(callee, given, start),
    CallExpression({ callee, arguments: given, start }) {
      if (callee.type === "Identifier" && callee.name === "Date" && reach.presentDate) found("Date()", start);
      const loaded = given[0] === undefined ? undefined : textOf(given[0]);
      const loads = callee.type === "Identifier" ? callee.name === "require" : pathOf(callee)?.endsWith(".getBuiltinModule");
      if (loads && loaded !== undefined) importOf(loaded, "*", start);
    },
    ImportExpression({ source, start }) {
      const loaded = textOf(source);
      if (loaded !== undefined) importOf(loaded, "*", start);
      else if (reach.computedImport) found("import() of a computed name", start);
    },
    TaggedTemplateExpression({ quasi, start }) {
      if (reach.sql && STATEMENT.test(quasi.quasis[0]?.value.raw ?? "")) found("a statement of SQL", start);
    },
  }).visit(parsed.program);

  function impure(what: string, at: number): void {
    if (reach.impure) found(what, at);
  }
  function presentDate(callee: Expression, given: Argument[], at: number): void {
    const isDate = callee.type === "Identifier" && callee.name === "Date";
    if (reach.presentDate && isDate && given.length === 0) found("new Date()", at);
  }
  return uses;
}

function samePackage(known: string, source: string): boolean {
  const plain = source.replace(/^node:/, "");
  const wanted = known.replace(/^node:/, "");
  return plain === wanted || (!known.startsWith("node:") && plain.startsWith(`${wanted}/`));
}

function nameOf(imported: { kind: string; name: string | null }): string {
  return imported.kind === "Name" ? (imported.name ?? "*") : imported.kind === "Default" ? "default" : "*";
}

function textOf(node: Node): string | undefined {
  return node.type === "Literal" && typeof node.value === "string" ? node.value : undefined;
}

/** `a.b` as text, without a leading globalThis. */
function pathOf(node: Expression): string | undefined {
  if (node.type === "Identifier") return node.name;
  if (node.type !== "MemberExpression" || node.computed) return undefined;
  const object = pathOf(node.object);
  if (object === undefined) return undefined;
  return GLOBAL_OBJECTS.has(object) ? node.property.name : `${object}.${node.property.name}`;
}
