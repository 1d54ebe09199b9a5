/**
 * Which way may imports point? One table of modules; every rule below is derived from it.
 * The parser must stay swc: beside TypeScript 7 the default one cruises no module and reports success.
 * `npm run check` also fails when a file of src/ was not seen.
 */

/** What each module of src/ may import, besides itself. A module that is missing here may import nothing. */
const MAY_IMPORT = {
  kit: [],
  contract: ["kit"],
  line: ["kit", "contract"],
  store: ["kit", "contract", "line"],
  admission: ["kit", "contract", "line"],
  egress: ["kit", "contract", "line", "store"],
  mail: ["kit", "contract", "line", "store"],
  status: ["kit", "contract", "line", "store"],
  identity: ["kit", "contract", "line", "store", "egress", "mail", "status"],
  assistant: ["kit", "contract", "line", "store", "egress", "mail", "status"],
  operator: ["kit", "contract", "line", "store", "egress", "mail", "status", "identity", "assistant"],
  http: ["kit", "contract", "line", "store", "egress", "mail", "status", "identity", "assistant", "operator"],
  // the door knows no account: what it decides, it decides from tokens and measurements
  door: ["kit", "contract", "line", "admission"],
  // a process of its own that starts the others; what runs inside them it must not pull in
  supervisor: ["kit", "contract", "store", "config"],
  config: ["kit", "contract"],
  cli: [
    "kit",
    "contract",
    "line",
    "store",
    "egress",
    "mail",
    "status",
    "identity",
    "assistant",
    "operator",
    "supervisor",
    "config",
    "main",
  ],
  main: ["kit", "contract", "store", "supervisor", "config"],
};

/** Modules in which every file is a front: words and shapes, without a decision of their own. */
const OPEN = ["kit", "contract"];
/** Further fronts of a module, each with its reason. */
const MORE_FRONTS = [
  // PostgreSQL itself, for who starts it (the supervisor, tests); the pool is the other front
  "store/embedded-postgres",
];
/** Single files of src/ that belong to a module of the table. */
const SINGLE_FILES = { config: ["config", "settings"], main: ["main"] };

const TESTS = String.raw`\.test\.ts$`;
const modules = Object.keys(MAY_IMPORT);

function pathOf(name) {
  const single = SINGLE_FILES[name];
  return single === undefined ? `^src/${name}/` : `^src/(${single.join("|")})\\.ts$`;
}

const directions = modules.map((name) => ({
  name: `direction-of-${name}`,
  severity: "error",
  comment: `src/${name} may import ${MAY_IMPORT[name].join(", ") || "nothing else of ours"}.`,
  from: { path: pathOf(name), pathNot: TESTS },
  to: { path: "^(src|web|test|check|bench|drill)/", pathNot: [name, ...MAY_IMPORT[name]].map(pathOf) },
}));

const folders = modules.filter((name) => SINGLE_FILES[name] === undefined && !OPEN.includes(name));
const frontDoors = folders.map((name) => ({
  name: `front-of-${name}`,
  severity: "error",
  comment: `Others enter src/${name} only by src/${name}/${name}.ts.`,
  // test/ starts parts of the server by themselves; a module's own tests stand beside its files
  from: { path: "^(src|bench|drill)/", pathNot: `^src/${name}/` },
  to: {
    path: `^src/${name}/`,
    pathNot: [`^src/${name}/${name}\\.ts$`, ...MORE_FRONTS.map((front) => `^src/${front}\\.ts$`)],
  },
}));

export default {
  forbidden: [
    ...directions,
    ...frontDoors,
    {
      name: "direction-of-tests",
      severity: "error",
      comment: "A test beside a file uses what that module may use, test/support, and nothing of the web app.",
      from: { path: `^src/.*${TESTS}` },
      to: { path: "^(web|check|bench|drill)/" },
    },
    {
      name: "known-module",
      severity: "error",
      comment: "A new module needs a line in MAY_IMPORT (.dependency-cruiser.mjs).",
      from: { path: "^src/", pathNot: [...modules.map(pathOf), String.raw`^src/[^/]+\.test\.ts$`] },
      to: {},
    },
    {
      name: "direction-of-web",
      severity: "error",
      comment: "The web app may import only itself and src/contract.",
      from: { path: "^web/" },
      to: { path: "^(src|test|check|bench|drill)/", pathNot: "^src/contract/" },
    },
    {
      name: "resolvable",
      severity: "error",
      comment: "An import must lead somewhere.",
      from: { pathNot: "^web/" },
      to: { couldNotResolve: true },
    },
    {
      name: "resolvable-in-web",
      severity: "error",
      comment: "An import must lead somewhere. (Of #contract/ Vite and tsc know where.)",
      from: { path: "^web/" },
      to: { couldNotResolve: true, pathNot: "^#contract/" },
    },
    {
      name: "runs-without-dev-dependencies",
      severity: "error",
      comment: "A production install has no devDependencies: what runs there may not import one.",
      from: { path: "^src/", pathNot: TESTS },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"] },
    },
  ],
  options: {
    parser: "swc",
    doNotFollow: { path: "node_modules" },
    // bench/peers/ is a package of its own, whose packages come on demand
    exclude: { path: ["^test/support/seeded/", "^web/dist/", "^bench/peers/", "^(third_party|docs|data)/"] },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    moduleSystems: ["es6"],
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      mainFields: ["module", "main", "types"],
      extensions: [".ts", ".tsx", ".mjs", ".js", ".d.ts", ".json", ".css"],
    },
  },
};
