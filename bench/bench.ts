/** Which benchmarks are there, and how are they run? `npm run bench -- NAME [options]`; each is a program of its own beside this file. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const BENCHES: Record<string, string> = {
  door: "members and newcomers under floods of sign-ups and sign-ins, beside peers; the price of a refusal",
  line: "how long newcomers wait in the line, by size and spread of the flood; beside first come, first served",
  admission: "what one decision of the admission core costs",
  decision: "what the door's whole decision costs, from a parsed head to a verdict: with tokens, forged ones and none",
  oracle: "whether answers or their timing tell that an address has an account",
  mail: "the promise of a minute while relays fail; the courier's speed and memory, beside a bare nodemailer loop",
  start: "how long a warm start takes and what is held in memory when nobody comes; beside bare processes",
};

const HELP = `npm run bench -- NAME [options]

${Object.entries(BENCHES)
  .map(([name, purpose]) => `  ${name.padEnd(10)} ${purpose}`)
  .join("\n")}

npm run bench -- NAME --help says more. Results lie in bench/results/.
`;

const [name, ...words] = process.argv.slice(2);
process.exitCode = await main(name, words);

async function main(asked: string | undefined, rest: readonly string[]): Promise<number> {
  if (asked === undefined || asked === "--help" || asked === "-h") {
    console.log(HELP);
    return asked === undefined ? 2 : 0;
  }
  const file = fileURLToPath(new URL(`./${asked}.ts`, import.meta.url));
  if (!Object.hasOwn(BENCHES, asked) || !existsSync(file)) {
    console.error(`There is no benchmark "${asked.slice(0, 40)}".\n\n${HELP}`);
    return 2;
  }
  const child = spawn(process.execPath, [file, ...rest], { stdio: "inherit" });
  // Ctrl-C reaches both; the benchmark ends what it started, and then we end
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => signal === "SIGTERM" && child.kill(signal));
  return new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
}
